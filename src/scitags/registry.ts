import type { RegistryActivity, RegistryDocument } from './registry-document.ts'
import snapshot from './registry-snapshot.json' with { type: 'json' }

/** The list that is part of this program, dated by its `modified`. */
export const REGISTRY_SNAPSHOT: RegistryDocument = snapshot

/**
 * Names and ids of experiments and activities, both ways. Names are compared without regard to case, spaces, hyphens
 * and underscores (`data-challenge` is `Data Challenge`), so that they can be written where spaces separate.
 */
export class Registry {
  readonly document: RegistryDocument
  readonly #experimentIds = new Map<string, number>()
  readonly #experimentNames = new Map<number, string>()
  readonly #activityIds = new Map<string, number>()
  readonly #activityNames = new Map<string, string>()
  readonly #activities = new Map<number, readonly RegistryActivity[]>()

  constructor(document: RegistryDocument) {
    this.document = document
    for (const { expName, expId, activities } of document.experiments) {
      setOnce(this.#experimentIds, plain(expName), expId)
      this.#experimentNames.set(expId, expName)
      this.#activities.set(expId, activities)
      for (const { activityName, activityId } of activities) {
        setOnce(this.#activityIds, `${expId} ${plain(activityName)}`, activityId)
        this.#activityNames.set(`${expId} ${activityId}`, activityName)
      }
    }
  }

  /** The id of a name; undefined when no experiment has it. */
  experimentId(name: string): number | undefined {
    return this.#experimentIds.get(plain(name))
  }

  experimentName(id: number): string | undefined {
    return this.#experimentNames.get(id)
  }

  /** The id of an activity's name within an experiment; undefined when it has no such activity. */
  activityId(experiment: number, name: string): number | undefined {
    return this.#activityIds.get(`${experiment} ${plain(name)}`)
  }

  activityName(experiment: number, id: number): string | undefined {
    return this.#activityNames.get(`${experiment} ${id}`)
  }

  /** The activities of an experiment; empty for an unknown one. */
  activities(experiment: number): readonly RegistryActivity[] {
    return this.#activities.get(experiment) ?? []
  }
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[\s_-]+/g, '')
}

function setOnce(map: Map<string, number>, key: string, id: number): void {
  if (!map.has(key)) map.set(key, id)
}
