import { describe, expect, it } from 'vitest'
import { EVERY_PORT } from '../../sock-ops/index.ts'
import { complaintsOfPorts } from './port-ranges.ts'

describe('ranges of ports', () => {
  it.each([
    {},
    { minSourcePort: 5201 },
    { maxSourcePort: 5201 },
    { minSourcePort: 5201, maxSourcePort: 5201 },
    { minDestinationPort: 5000, maxDestinationPort: 6000 },
  ])('%j may be', change => {
    expect(complaintsOfPorts({ ...EVERY_PORT, ...change })).toEqual([])
  })

  it('are not the wrong way round, in which no port is', () => {
    const both = { minSourcePort: 2, maxSourcePort: 1, minDestinationPort: 6000, maxDestinationPort: 5000 }
    const complaints = complaintsOfPorts(both)
    expect(complaints.map(({ key }) => key)).toEqual(['maxSourcePort', 'maxDestinationPort'])
    expect(complaints[1]?.message).toMatch(/^is 5000, less than minDestinationPort \(6000\).*exchange them/)
  })
})
