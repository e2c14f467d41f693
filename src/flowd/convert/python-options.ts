import { isIP } from 'node:net'
import { ACTIVITY_MAX, EXPERIMENT_MAX } from '../../scitags/index.ts'
import { type Assignment, describeValue, isSequence, isTruthy, type PythonValue, type Unread } from './python/index.ts'

/** Something that the conversion could not carry over as it stands. */
export interface ConversionWarning {
  /** Where it stands in the file, counted from 1; undefined when it is missing there. */
  line: number | undefined
  /** What it is about, and what about it. */
  message: string
  /** What to do. */
  remedy: string
}

const PORT_MAX = 65_535
/** A name as registries have them, which is no number. */
const NAME = /^\p{L}[\p{L}\p{N} _./+-]*$/u
const HOST = /^[\p{L}\p{N}.:_-]+$/u

/** The options of a Python flowd, each read as what it has to be. What cannot be used becomes a warning. */
export class PythonOptions {
  readonly warnings: ConversionWarning[] = []
  readonly #assignments: ReadonlyMap<string, Assignment>
  readonly #unread: ReadonlySet<string>
  readonly #used = new Set<string>()

  constructor(assignments: ReadonlyMap<string, Assignment>, unread: readonly Unread[]) {
    this.#assignments = assignments
    this.#unread = new Set(unread.flatMap(({ name }) => (name === undefined ? [] : [name])))
    for (const { line, name, reason } of unread) {
      const remedy = name === undefined ? 'see whether it changes an option' : 'put its value into the result by hand'
      this.warnings.push({ line, message: `${name ?? 'what stands there'} ${reason}`, remedy })
    }
  }

  warn(option: string, message: string, remedy: string): void {
    this.warnings.push({ line: this.#assignments.get(option)?.line, message: `${option} ${message}`, remedy })
  }

  /** Whether the file sets an option, be it in a way that cannot be read, which is a warning of its own. */
  has(option: string): boolean {
    return this.#assignments.has(option) || this.#unread.has(option)
  }

  /** Text that is not empty. */
  text(option: string): string | undefined {
    return this.#read(option, 'a text', value =>
      typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined,
    )
  }

  /** The parts of a text with commas, without blanks around them. */
  words(option: string): string[] {
    const read = (value: PythonValue) =>
      typeof value === 'string' ? value.split(',').map(word => word.trim()) : undefined
    return (this.#read(option, 'names with commas between', read) ?? []).filter(word => word !== '')
  }

  /** A host name or address. */
  host(option: string): string | undefined {
    const read = (value: PythonValue) => (typeof value === 'string' && HOST.test(value) ? value : undefined)
    return this.#read(option, 'a host', read)
  }

  ipAddress(option: string, version: 4 | 6): string | undefined {
    const read = (value: PythonValue) => (typeof value === 'string' && isIP(value) === version ? value : undefined)
    return this.#read(option, `an IPv${version} address`, read)
  }

  port(option: string): number | undefined {
    return this.#read(option, `a port from 1 to ${PORT_MAX}`, value => integer(value, 1, PORT_MAX))
  }

  /** Python's truth: anything but False, None, 0 and what is empty. */
  isTrue(option: string): boolean {
    return this.#read(option, 'a value', isTruthy) ?? false
  }

  experiment(option: string): string | number | undefined {
    return this.#id(option, EXPERIMENT_MAX)
  }

  activity(option: string): string | number | undefined {
    return this.#id(option, ACTIVITY_MAX)
  }

  /**
   * Networks in CIDR form, in any iterable; a bare text, which Python flowd refuses, is taken as its author meant it.
   */
  networks(option: string): string[] {
    const texts = this.#read(option, 'a list of networks', value => {
      if (typeof value === 'string') return value.split(/[\s,]+/).filter(word => word !== '')
      return isSequence(value)
        ? value.items.map(item => (typeof item === 'string' ? item.trim() : describeValue(item)))
        : undefined
    })
    return (texts ?? []).filter(text => {
      const good = isNetwork(text)
      if (!good)
        this.warn(
          option,
          `names ${JSON.stringify(text)}, which is no network`,
          'write it as 192.0.2.0/24 or 2001:db8::/32',
        )
      return good
    })
  }

  /** Options that stand in the file and were not asked for. */
  unused(): string[] {
    return [...this.#assignments.keys()].filter(option => !this.#used.has(option))
  }

  #id(option: string, maximum: number): string | number | undefined {
    return this.#read(option, `an id from 0 to ${maximum} or a name of the registry`, value =>
      typeof value === 'string' && NAME.test(value.trim()) ? value.trim() : integer(value, 0, maximum),
    )
  }

  #read<T>(option: string, expected: string, read: (value: PythonValue) => T | undefined): T | undefined {
    this.#used.add(option)
    const assignment = this.#assignments.get(option)
    // None is what an option is that nobody set.
    if (assignment === undefined || assignment.value === null) return undefined
    const value = read(assignment.value)
    if (value === undefined) {
      this.warn(
        option,
        `is ${describeValue(assignment.value)}, expected ${expected}`,
        'put its value into the result by hand',
      )
    }
    return value
  }
}

function integer(value: PythonValue, minimum: number, maximum: number): number | undefined {
  const number = typeof value === 'string' && /^\s*\d+\s*$/.test(value) ? Number(value) : value
  return typeof number === 'number' && Number.isInteger(number) && number >= minimum && number <= maximum
    ? number
    : undefined
}

function isNetwork(text: string): boolean {
  const [, address = '', prefix] = /^([\da-fA-F.:]+)(?:\/(\d{1,3}))?$/.exec(text) ?? []
  const family = isIP(address)
  return family > 0 && (prefix === undefined || Number(prefix) <= (family === 4 ? 32 : 128))
}
