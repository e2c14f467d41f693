import { it } from 'vitest'
import { httpBodiesSurvive } from '../../support/properties/http-body.ts'

// Apart from the other input of flowd, since it takes as long as all of that together.
it('any body survives its request, a million times', () => httpBodiesSurvive(1_000_000))
