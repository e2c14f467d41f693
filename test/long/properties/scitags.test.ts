import { describe, it } from 'vitest'
import { conformsToFireflySchema } from '../../support/firefly-schema.ts'
import { sentFirefliesConform } from '../../support/properties/firefly-statistics.ts'
import {
  firefliesRoundTrip,
  firefliesSurvive,
  syslogHeadersRoundTrip,
  syslogHeadersSurvive,
} from '../../support/properties/scitags.ts'

const CASES = 1_000_000

describe('scitags, a million times', () => {
  it('syslog headers are read as they were written', () => syslogHeadersRoundTrip(CASES))
  it('any text survives the reading of headers', () => syslogHeadersSurvive(CASES))
  it('fireflies are read as they were written, and conform', () => firefliesRoundTrip(CASES, conformsToFireflySchema))
  it('fireflies that the backend writes conform, whatever was read of the flow', () =>
    sentFirefliesConform(CASES / 5, conformsToFireflySchema))
  it('any datagram survives the reading of fireflies', () => firefliesSurvive(CASES))
})
