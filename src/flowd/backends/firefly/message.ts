import type { Firefly, FireflyState, TimestampUs } from '../../../scitags/index.ts'
import type { ForeignBlocks } from '../../event.ts'
import type { Flow } from '../../flow.ts'

/** What is said of a flow. A start tells a usage only if its event did: nothing was read of the flow yet. */
export function fireflyOf(
  state: FireflyState,
  flow: Flow,
  blocks: ForeignBlocks | undefined,
  nowUs: TimestampUs,
): Firefly {
  const { tuple, experiment, activity, application, startTimeUs, endTimeUs, usage } = flow
  return {
    state,
    currentTimeUs: nowUs,
    startTimeUs,
    flow: tuple,
    experiment,
    activity,
    application,
    ...(state === 'end' ? { endTimeUs: endTimeUs ?? nowUs } : {}),
    ...(usage === undefined ? {} : { usage }),
    ...(blocks === undefined ? {} : { blocks }),
  }
}
