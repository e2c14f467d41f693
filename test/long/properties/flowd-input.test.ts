import { describe, it } from 'vitest'
import { eventLinesRoundTrip, eventLinesSurvive } from '../../support/properties/event-line.ts'
import { datagramsSurvive } from '../../support/properties/firefly-receiver.ts'
import { flowIdsRoundTrip, flowIdsSurvive } from '../../support/properties/flow-id.ts'
import { cutLinesCostNoOther, pipeBytesSurvive } from '../../support/properties/pipe.ts'

const CASES = 1_000_000

describe('what flowd is told, a million times', () => {
  it('event lines mean what they say', () => eventLinesRoundTrip(CASES))
  it('any line survives its reading', () => eventLinesSurvive(CASES))
  it('any bytes survive the pipe', () => pipeBytesSurvive(CASES))
  it('a line that was cut costs no other', () => cutLinesCostNoOther(CASES))
  it('any datagram survives its reading', () => datagramsSurvive(CASES))
  it('FlowIDs are read as they were written', () => flowIdsRoundTrip(CASES))
  it('any JSON survives its reading as a FlowID', () => flowIdsSurvive(CASES))
})
