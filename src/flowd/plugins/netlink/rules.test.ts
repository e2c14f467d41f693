import fc from 'fast-check'
import ipaddr from 'ipaddr.js'
import { describe, expect, it } from 'vitest'
import { parseConfiguration } from '../../../common/index.ts'
import { addressFamily, canonicalAddress, type FiveTuple } from '../../../scitags/index.ts'
import { networkSet } from '../../addresses/index.ts'
import type { HostSocket } from '../socket-watch/index.ts'
import { NETLINK_OPTIONS, type NetlinkOptions } from './options.ts'
import { portSet } from './ports.ts'
import { Rules } from './rules.ts'

interface SocketParts {
  source?: string
  destination?: string
  sourcePort?: number
  destinationPort?: number
  protocol?: FiveTuple['protocol']
  uid?: number
}

function socketOf(parts: SocketParts = {}): HostSocket {
  const { source = '2001:1458::1', destination = '2a00:1450::1', protocol = 'tcp', uid = 1000 } = parts
  return {
    cookie: '0',
    uid,
    cgroupId: undefined,
    tuple: {
      protocol,
      family: addressFamily(source),
      source: { address: source, port: parts.sourcePort ?? 40_000 },
      destination: { address: destination, port: parts.destinationPort ?? 1094 },
    },
  }
}

/** The options as they are read from a file. */
function optionsOf(section: object): NetlinkOptions {
  return parseConfiguration(NETLINK_OPTIONS, JSON.stringify(section), 'test').values
}

/** The experiment of the rule that a socket fits. */
function found(section: object, parts?: SocketParts): string | number | undefined {
  return new Rules(optionsOf(section)).find(socketOf(parts))?.experiment
}

const rule = (criteria: object, experiment: string | number = 1) => ({ ...criteria, experiment, activity: 1 })

describe('the rules of the plugin netlink', () => {
  it('match by each criterion', () => {
    const criteria: [object, SocketParts, SocketParts][] = [
      [{ destinationNetworks: ['2a00::/16', '8.8.8.8'] }, {}, { destination: '2a01::1' }],
      [{ destinationNetworks: ['2a00::/16', '8.8.8.8'] }, { destination: '8.8.8.8' }, { destination: '8.8.4.4' }],
      [{ sourceNetworks: ['2001:1458::/32'] }, {}, { source: '2001:1459::1' }],
      [{ sourcePorts: ['5000-5010', 40_000] }, {}, { sourcePort: 4999 }],
      [{ destinationPorts: [1094, '1096-1097'] }, { destinationPort: 1096 }, { destinationPort: 1095 }],
      [{ protocol: 'UDP' }, { protocol: 'udp' }, {}],
      [{ user: 'root' }, { uid: 0 }, {}],
      [{ user: 1000 }, {}, { uid: 1001 }],
    ]
    for (const [wanted, fitting, other] of criteria) {
      expect(found({ rules: [rule(wanted)] }, fitting)).toBe(1)
      expect(found({ rules: [rule(wanted)] }, other)).toBeUndefined()
    }
  })

  it('want all that a rule says, and the first that fits counts', () => {
    const rules = [
      rule({ destinationPorts: [1094], user: 0 }, 'atlas'),
      rule({ destinationPorts: [1094] }, 'cms'),
      rule({}, 3),
    ]
    expect(found({ rules }, { uid: 0 })).toBe('atlas')
    expect(found({ rules }, {})).toBe('cms')
    expect(found({ rules }, { destinationPort: 1 })).toBe(3)
    expect(found({ rules: [] })).toBeUndefined()
  })

  it('leave out what is internal, and private destinations unless they are named', () => {
    const anything = { rules: [rule({})] }
    for (const destination of ['10.0.0.1', 'fd00::1', '2001:db8::1', '::1', '127.0.0.1', 'fe80::1', '192.168.1.1']) {
      expect(found(anything, { destination })).toBeUndefined()
      expect(found({ ...anything, privateDestinations: true }, { destination })).toBe(1)
      expect(found({ rules: [rule({ destinationNetworks: [destination] })] }, { destination })).toBe(1)
      const internal = { ...anything, privateDestinations: true, internalNetworks: [destination] }
      expect(found(internal, { destination })).toBeUndefined()
    }
    const named = { internalNetworks: ['2a00::/16'], rules: [rule({ destinationNetworks: ['::/0'] })] }
    expect(found(named)).toBeUndefined()
    expect(found(named, { destination: '2a01::1' })).toBe(1)
  })

  it('name the rule and the key of what is wrong', () => {
    const broken = {
      internalNetworks: ['10.0.0.0/33'],
      rules: [
        rule({ destinationNetworks: ['2001:db8::/129'], sourcePorts: ['10-5'] }),
        { experiment: 2000, activity: 'default', user: '' },
        rule({ sourceNetworks: [], cgroup: '/' }, '12x'),
        'cms',
      ],
    }
    const problems = (() => {
      try {
        optionsOf(broken)
      } catch (error) {
        return String(error)
      }
      return ''
    })()
    for (const key of [
      'internalNetworks[0]',
      'rules[0].destinationNetworks[0]',
      'rules[0].sourcePorts[0]',
      'rules[1].experiment',
      'rules[1].user',
      'rules[2].sourceNetworks',
      'rules[2].cgroup',
      'rules[3]',
    ]) {
      expect(problems).toContain(`${key}: `)
    }
    expect(() => new Rules(optionsOf({ rules: [rule({}), rule({ user: 'nobody-knows-me' })] }))).toThrow(
      "plugins.netlink.rules[1].user cannot be used: there is no user 'nobody-knows-me'",
    )
  })
})

describe('sets', () => {
  const port = fc.integer({ min: 1, max: 65_535 })
  const range = fc.tuple(port, port).map(([one, other]) => [Math.min(one, other), Math.max(one, other)] as const)

  it('of ports hold what their ranges say', () => {
    fc.assert(
      fc.property(fc.array(range, { maxLength: 5 }), port, (ranges, candidate) => {
        const texts = ranges.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`))
        const expected = ranges.some(([first, last]) => candidate >= first && candidate <= last)
        return portSet(texts)(candidate) === expected
      }),
      { numRuns: 20_000 },
    )
  })

  it('of networks hold what another library says', () => {
    const network = fc.oneof(
      fc.tuple(fc.ipV4(), fc.nat(32)).map(([address, length]) => `${address}/${length}`),
      fc.tuple(fc.ipV6(), fc.nat(128)).map(([address, length]) => `${address}/${length}`),
      fc.ipV4(),
      fc.ipV6(),
    )
    const address = fc.oneof(fc.ipV4(), fc.ipV6())
    // That library takes ::1.2.3.4 for IPv4-mapped when it is written so.
    const parse = (text: string) => ipaddr.parse(canonicalAddress(text) ?? '')
    /** An address that has the first bits of a network, so that one in two is inside. */
    const near = (text: string, change: number) => {
      const bytes = parse(text.split('/')[0] ?? '').toByteArray()
      const byte = Math.floor(change / 8) % bytes.length
      bytes[byte] = (bytes[byte] ?? 0) ^ (1 << (change % 8))
      return ipaddr.fromByteArray(bytes).toString()
    }
    const isInside = (candidate: string, text: string) => {
      const [base = '', length] = text.split('/')
      const [one, other] = [parse(candidate), parse(base)]
      if (one.kind() !== other.kind()) return false
      const bits = length === undefined ? other.toByteArray().length * 8 : Number(length)
      return one.match([other, bits] as never)
    }
    fc.assert(
      fc.property(
        fc.array(network, { minLength: 1, maxLength: 4 }),
        address,
        fc.nat(127),
        (networks, other, change) => {
          const has = networkSet(networks)
          for (const candidate of [other, near(networks[0] ?? '', change)]) {
            const text = canonicalAddress(candidate) ?? ''
            expect(has(text)).toBe(networks.some(one => isInside(text, one)))
          }
        },
      ),
      { numRuns: 20_000 },
    )
  })
})
