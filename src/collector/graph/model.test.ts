import { test } from 'vitest'
import { viewEqualsNetwork } from '../../../test/support/properties/graph.ts'

test('50,000 random events: the view equals the network', () => viewEqualsNetwork(50_000))
