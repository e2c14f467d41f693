import { it } from 'vitest'
import { stunRepliesSurvive } from '../../support/properties/stun.ts'

it('STUN replies of any bytes never crash the decoder (a million)', () => stunRepliesSurvive(1_000_000))
