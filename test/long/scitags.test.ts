import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { describe, it } from 'vitest'
import { FIREFLY_SCHEMA } from '../../src/scitags/index.ts'
import {
  firefliesRoundTrip,
  firefliesSurvive,
  syslogHeadersRoundTrip,
  syslogHeadersSurvive,
} from '../support/properties/scitags.ts'

const CASES = 1_000_000

describe('scitags, a million times', () => {
  it('syslog headers are read as they were written', () => syslogHeadersRoundTrip(CASES))
  it('any text survives the reading of headers', () => syslogHeadersSurvive(CASES))
  it('fireflies are read as they were written, and conform', () => {
    const ajv = new Ajv2020({ strict: false })
    addFormats.default(ajv)
    firefliesRoundTrip(CASES, ajv.compile(FIREFLY_SCHEMA))
  })
  it('any datagram survives the reading of fireflies', () => firefliesSurvive(CASES))
})
