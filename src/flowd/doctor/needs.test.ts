import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { testFolder } from '../../../test/support/test-folder.ts'
import { loadFlowdConfiguration } from '../configuration/index.ts'
import { needsOf } from './needs.ts'

const folder = testFolder()

function needs(text: string) {
  const conf = join(folder, 'flowd.yaml')
  writeFileSync(conf, text)
  return Object.fromEntries(needsOf(loadFlowdConfiguration({ conf, calledAsFlowdGo: false })))
}

describe('what the units need of the host', () => {
  it('is nothing when none is on, or none that needs anything', () => {
    expect(needs('')).toEqual({})
    expect(needs('plugins: {namedPipe: {}}\nenrichers: {period: 5000}')).toEqual({})
  })

  it('is told with the units that need it', () => {
    expect(needs('backends: {marker: {}}\nplugins: {iperf3: {}}')).toMatchObject({
      CAP_BPF: ['plugins.iperf3', 'backends.marker'],
      cgroup: ['plugins.iperf3'],
    })
  })

  it('depends on the options of a unit', () => {
    expect(needs('plugins: {netlink: {}}')).toEqual({})
    expect(needs('plugins: {netlink: {watch: socketOps}}')).toMatchObject({
      CAP_BPF: ['plugins.netlink'],
      cgroup: ['plugins.netlink'],
    })
  })

  it('counts the units of modules from outside, those only that are on', () => {
    const unit = (need: string) =>
      `{ options: { type: 'object', properties: {} }, needs: ['${need}'], create: () => ({}) }`
    writeFileSync(
      join(folder, 'probe.mjs'),
      `export const plugins = { probe: ${unit('btf')} }
       export const enrichers = { probe: ${unit('CAP_PERFMON')}, other: ${unit('cgroup')} }`,
    )
    expect(needs('modules: [./probe.mjs]\nplugins: {probe: {}}\nenrichers: {probe: {}}')).toEqual({
      btf: ['plugins.probe'],
      CAP_PERFMON: ['enrichers.probe'],
    })
  })
})
