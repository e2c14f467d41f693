import { familyHead, labelText } from '../../../../common/index.ts'
import type { Registry } from '../../../../scitags/index.ts'
import { activityName, experimentName } from '../names.ts'
import { readLines } from '../read-family.ts'
import { Activity, type ActivityOf } from './activity.ts'
import { ACTIVITY_FAMILIES, RTT } from './families.ts'

const LABELS = ['experiment', 'experiment_id', 'activity', 'activity_id', 'interface']
const OTHER = labelText(LABELS, ['other', '', 'other', '', 'other'])

/**
 * The sums by experiment, activity and interface. Whoever declares flows chooses ids, so there are at most so many;
 * beyond that all count in one whose labels are `other`.
 */
export class Activities {
  readonly #most: number
  readonly #activities = new Map<string, Activity>()
  readonly #others = new Activity(undefined)
  #refused = 0

  constructor(most: number) {
    this.#most = most
  }

  /** How many flows were counted under `other`. */
  get refused(): number {
    return this.#refused
  }

  /** Where a flow counts. */
  of(of: ActivityOf): Activity {
    const key = `${of.experiment} ${of.activity} ${of.interfaceName}`
    const known = this.#activities.get(key)
    if (known !== undefined) return known
    if (this.#activities.size >= this.#most) {
      this.#refused += 1
      return this.#others
    }
    const activity = new Activity(of)
    this.#activities.set(key, activity)
    return activity
  }

  /** The families, under the names that are in force now. */
  *parts(registry: Registry): Generator<string> {
    const rows = [...this.#activities.values()].map(activity => [labelsOf(activity, registry), activity] as const)
    if (this.#refused > 0) rows.push([OTHER, this.#others])
    for (const family of ACTIVITY_FAMILIES) {
      yield familyHead(family)
      for (const [labels, activity] of rows) yield readLines(family, labels, activity)
    }
    yield familyHead(RTT)
    for (const [labels, { rtt }] of rows) yield rtt.lines(RTT.name, labels)
  }
}

function labelsOf({ of }: Activity, registry: Registry): string {
  if (of === undefined) return OTHER
  const { experiment, activity, interfaceName } = of
  return labelText(LABELS, [
    experimentName(registry, experiment),
    String(experiment),
    activityName(registry, experiment, activity),
    String(activity),
    interfaceName,
  ])
}
