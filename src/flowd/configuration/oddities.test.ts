import { describe, expect, it } from 'vitest'
import { formatProblem, parseConfiguration } from '../../common/index.ts'
import { FLOWD_CONFIGURATION } from './configuration.ts'
import { withOddities } from './oddities.ts'

function warningsOf(text: string, profile?: string): string[] {
  const loaded = parseConfiguration(FLOWD_CONFIGURATION, text, 'f', profile === undefined ? {} : { profile })
  return withOddities(loaded).warnings.map(formatProblem)
}

const API = 'plugins: {api: {}}'
const SENT = 'backends: {firefly: {}}'

describe('what is odd about a configuration', () => {
  it.each([
    ['', ['plugins: none is on', 'backends: none is on']],
    [SENT, ['plugins: none is on']],
    [`plugins: {perfsonar: {}}\n${SENT}`, ['plugins.perfsonar.experimentId: is 0']],
    [`${API}\nbackends: {marker: {}}`, ['backends.marker.targetInterfaces: is not set, so only lo']],
    [
      `${API}\nbackends: {marker: {targetInterfaces: [a], discoverInterfaces: true}}`,
      [':2:1: backends.marker.targetInterfaces: has no effect beside'],
    ],
    [
      `${API}\nbackends: {marker: {targetInterfaces: []}}`,
      [':2:1: backends.marker.targetInterfaces: is empty, so nothing is marked'],
    ],
    [
      `${SENT}\nplugins:\n  netlink: {rules: [{experiment: 1, activity: 1, user: root}, {experiment: 1, activity: 1, user: nobody-here}]}`,
      ["plugins.netlink.rules[1].user: there is no user 'nobody-here' in /etc/passwd"],
    ],
    [
      `${SENT}\nplugins:\n  namedPipe: {owner: nobody-here, group: '0'}`,
      [":3:1: plugins.namedPipe.owner: there is no user 'nobody-here'"],
    ],
    [`${API}\nbackends: {firefly: {sendToDestination: false}}`, ['backends.firefly: sends to nobody']],
    [
      `${API}\nbackends: {firefly: {collectorAddress: here}}`,
      [':2:1: backends.firefly.collectorAddress: has no effect without'],
    ],
    [
      `${API}\nbackends: {firefly: {enrich: true}}\nenrichers: {period: 5}`,
      [':2:1: backends.firefly.enrich: has no statistics'],
    ],
    [
      `${API}\nbackends: {prometheus: {netlinkPort: 1, skopsPort: 2}}`,
      [':2:1: backends.prometheus.netlinkPort: has no effect without', ':2:1: backends.prometheus.skopsPort: has'],
    ],
    [
      `${API}\nbackends: {prometheus: {port: 1, legacyNames: true}}`,
      [':2:1: backends.prometheus.port: has no effect with legacyNames'],
    ],
  ])('is told: %j', (text, beginnings) => {
    const warnings = warningsOf(text)
    expect(warnings).toHaveLength(beginnings.length)
    for (const [index, beginning] of beginnings.entries()) expect(warnings[index]).toContain(beginning)
  })

  it.each([
    `${API}\n${SENT}`,
    'plugins: {firefly: {fireflyReceivers: [{address: relay.example.org}]}}',
    `plugins: {perfsonar: {experimentId: atlas}}\nbackends: {marker: {targetInterfaces: [lo]}}`,
    `${API}\nbackends: {marker: {discoverInterfaces: true}}`,
    `${API}\nbackends: {marker: {targetInterfaces: [], discoverInterfaces: true}}`,
    `${API}\nbackends: {firefly: {sendToDestination: false, collectors: [{address: here}], enrich: true}}\nenrichers: {skops: {}}`,
    `${API}\nbackends: {firefly: {collectorAddress: here, sendToCollector: true}}`,
  ])('is not found in what is as it should be: %j', text => expect(warningsOf(text)).toEqual([]))

  const open = (section: string) => `${section}.bindAddress: lets in everyone who reaches 0.0.0.0, as flowd-go does`

  it('tells of each server that is open because flowd-go’s are', () => {
    const servers = "plugins: {api: {bindAddress: '0.0.0.0'}}\nbackends: {prometheus: {bindAddress: '0.0.0.0'}}"
    const [api = '', prometheus = '', ...more] = warningsOf(servers, 'flowd-go')
    expect(more).toEqual([])
    expect(api).toContain(`:1:1: ${open('plugins.api')}, without TLS (certificateFile, keyFile) and without tokenFile`)
    expect(prometheus).toContain(`:2:1: ${open('backends.prometheus')}`)
    expect(warningsOf(servers)).toEqual([])
  })

  it.each([
    `plugins: {api: {bindAddress: '0.0.0.0', access: open}}\n${SENT}`,
    `plugins: {api: {bindAddress: '0.0.0.0', certificateFile: c, keyFile: k, tokenFile: t}}\n${SENT}`,
    `plugins: {api: {bindAddress: '::1'}}\n${SENT}`,
  ])('does not tell where it is meant, guarded or for this host only: %j', text => {
    expect(warningsOf(text, 'flowd-go')).toEqual([])
  })

  it("knows flowd-go's ports", () => {
    expect(warningsOf(`${API}\nbackends: {prometheus: {netlinkPort: 1}}`, 'flowd-go')).toEqual([])
  })
})
