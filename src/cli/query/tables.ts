import type { ApiObject } from './api-client.ts'

/** What a query has read: from each of its sources, the objects by their id, in their latest state. */
export class Tables {
  readonly #tables = new Map<string, Map<string, ApiObject>>()

  /** Takes in objects of a source: a later state replaces an earlier one. */
  merge(source: string, objects: readonly ApiObject[]): void {
    const table = this.#tables.get(source) ?? new Map<string, ApiObject>()
    for (const object of objects) table.set(text(object, 'identity'), object)
    this.#tables.set(source, table)
  }

  /** Forgets the oldest of the ended objects of a source, for a watch that runs for days. */
  forgetEnded(source: string, keep: number): void {
    const table = this.#tables.get(source)
    if (table === undefined) return
    const ended = [...table].filter(([, object]) => hasEnded(object))
    for (const [id] of ended.slice(0, Math.max(0, ended.length - keep))) table.delete(id)
  }

  all(source: string): ApiObject[] {
    return [...(this.#tables.get(source)?.values() ?? [])]
  }

  /** The objects of a source that live, or all. */
  shown(source: string, includeEnded: boolean): ApiObject[] {
    return this.all(source).filter(object => includeEnded || !hasEnded(object))
  }

  /** The object of an id, in whichever source it was. */
  find(id: string): ApiObject | undefined {
    for (const table of this.#tables.values()) {
      const object = table.get(id)
      if (object !== undefined) return object
    }
    return undefined
  }

  /** The nearest object of a type that an object hangs below, itself included; ids that form a ring lead nowhere. */
  ancestor(object: ApiObject, recordType: string): ApiObject | undefined {
    const passed = new Set<ApiObject>()
    let current: ApiObject | undefined = object
    while (current !== undefined && !passed.has(current)) {
      if (text(current, 'recordType') === recordType) return current
      passed.add(current)
      current = this.find(text(current, 'parent'))
    }
    return undefined
  }

  /** The name of the site that an object belongs to; empty while unknown. */
  siteName(object: ApiObject): string {
    const site = this.ancestor(object, 'SITE')
    return site === undefined ? '' : text(site, 'name')
  }
}

/** A text attribute; empty when the object has none. */
export function text(object: ApiObject | undefined, name: string): string {
  const value = object?.[name]
  return value === undefined || value === null ? '' : String(value)
}

/** A number, or undefined when the object has none. */
export function number(object: ApiObject | undefined, name: string): number | undefined {
  const value = object?.[name]
  return typeof value === 'number' ? value : undefined
}

/** Whether an object has ended. */
export function hasEnded(object: ApiObject): boolean {
  return object['endTime'] !== undefined
}

/** Why an object has ended: its source reported it, or the collector's reason; empty while it lives. */
export function endReason(object: ApiObject): string {
  return hasEnded(object) ? text(object, 'endReason') || 'reported' : ''
}
