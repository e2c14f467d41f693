import { expect, it } from 'vitest'
import { componentId } from './component-id.ts'

it("makes the component ids of Skupper's network-observer (vector 41)", () => {
  expect(componentId('servers')).toBe('pg-a5d97e42d5983d3a')
  expect(componentId('clients')).toBe('pg-36e3a9c371bac33e')
})
