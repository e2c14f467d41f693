import { describe, it } from 'vitest'
import { decoderSurvives, decodersAgree } from '../../test/support/properties/vanflow.ts'

const CASES = 20_000

describe('the decoder', () => {
  it("agrees with rhea's on random values in every encoding", () => decodersAgree(CASES), 60_000)
  it('survives any bytes', () => decoderSurvives(CASES), 60_000)
})
