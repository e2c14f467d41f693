import { test } from 'vitest'
import { viewEqualsNetwork } from '../../support/properties/graph.ts'

test('a million random events: the view equals the network', () => viewEqualsNetwork(1_000_000, 1000))
