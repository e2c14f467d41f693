import type { PortRanges } from '../../sock-ops/index.ts'
import type { UnitComplaint } from '../../unit.ts'

/** What is wrong with the bounds of ports: a range that no port is in would tag nothing, without a word. */
export function complaintsOfPorts(ranges: PortRanges): readonly UnitComplaint[] {
  return (['Source', 'Destination'] as const).flatMap(end => {
    const [least, most] = [ranges[`min${end}Port`], ranges[`max${end}Port`]]
    // 0 is no bound.
    if (most === 0 || least <= most) return []
    const message = `is ${most}, less than min${end}Port (${least}), so that no connection fits: exchange them, or give 0 for no such bound`
    return [{ key: `max${end}Port`, message }]
  })
}
