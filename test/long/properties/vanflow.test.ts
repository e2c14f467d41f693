import { describe, it } from 'vitest'
import { decoderSurvives, decodersAgree } from '../../support/properties/vanflow.ts'

const CASES = 1_000_000

describe('the decoder of VAN-Flow messages, a million times', () => {
  it("agrees with rhea's on random values in every encoding", () => decodersAgree(CASES))
  it('survives any bytes', () => decoderSurvives(CASES))
})
