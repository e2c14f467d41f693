import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { startEvent } from '../../../test/support/flowd/flows.ts'
import { unitContext } from '../../../test/support/flowd/unit-context.ts'
import { testFolder } from '../../../test/support/test-folder.ts'
import { isTidemarkError, messageOf } from '../../common/index.ts'
import { REGISTRY_SNAPSHOT, Registry } from '../../scitags/index.ts'
import type { Plugin } from '../components.ts'
import { effectiveFlowdValues, loadFlowdConfiguration } from '../configuration/index.ts'
import type { FlowEvent } from '../event.ts'
import type { UnitDefinition } from '../unit.ts'
import { loadModules } from './load-modules.ts'
import { readModuleEvent } from './module-event.ts'

const folder = testFolder()
const configuration = join(folder, 'flowd.yaml')

function module(name: string, text: string): string {
  writeFileSync(join(folder, name), text)
  return `./${name}`
}

const options = `{ type: 'object', properties: { path: { type: 'string', default: '/x', description: 'A path.' } }, required: ['path'] }`

/** A plugin that emits what it is given. */
const echo = module(
  'echo.mjs',
  `export const plugins = { echo: { options: ${options}, create: () => ({ start: async emit => { globalThis.echo = emit }, stop: async () => undefined }) } }`,
)

describe('modules from outside', () => {
  it('bring units beside those of the program', () => {
    const { plugins, backends } = loadModules(configuration, [echo])
    expect(Object.keys(plugins)).toContain('echo')
    expect(Object.keys(plugins)).toContain('namedPipe')
    expect(Object.keys(backends)).toContain('marker')
  })

  it('are found by the name of an npm package that lies beside the configuration', () => {
    const home = join(folder, 'node_modules/@site/tidemark-echo')
    mkdirSync(home, { recursive: true })
    writeFileSync(
      join(home, 'package.json'),
      '{ "name": "@site/tidemark-echo", "type": "module", "exports": "./main.js" }',
    )
    copyFileSync(join(folder, 'echo.mjs'), join(home, 'main.js'))
    expect(Object.keys(loadModules(configuration, ['@site/tidemark-echo']).plugins)).toContain('echo')
  })

  it('have sections in the configuration, with defaults, warnings and origins as others have', () => {
    writeFileSync(configuration, `modules: [${echo}]\nplugins:\n  echo:\n    pth: 1\nbackends: { firefly: {} }\n`)
    const loaded = loadFlowdConfiguration({ conf: configuration, calledAsFlowdGo: false })
    expect(loaded.values.plugins).toEqual({ echo: { path: '/x' } })
    expect(loaded.warnings.map(({ message }) => message)).toEqual(["unknown key, ignored; did you mean 'path'?"])
    const rows = effectiveFlowdValues(loaded)
    expect(rows.find(row => row.key === 'plugins.echo.path')).toMatchObject({ value: '/x', origin: 'default' })
  })

  it.each([
    ['./absent.mjs', /Cannot find module '.\/absent.mjs'$/],
    ['no-such-package', /Cannot find module 'no-such-package'$/],
    [module('broken.mjs', 'export const plugins = {'), /'node --check' shows where/],
    [module('throwing.mjs', 'throw new Error("no licence")'), /no licence/],
    [module('empty.mjs', 'export const other = 1'), /exports none of plugins, backends, enrichers/],
    [module('list.mjs', 'export const plugins = 1'), /'plugins' is not an object/],
    [module('taken.mjs', `export const plugins = { api: {} }`), /'plugins.api' is there already/],
    [module('name.mjs', `export const backends = { 'a b': {} }`), /'backends.a b' is not a name in camelCase/],
    [module('null.mjs', `export const backends = { a: null }`), /'backends.a' is not an object/],
    [
      module('schema.mjs', `export const backends = { a: { options: {} } }`),
      /'backends.a.options' is not a JSON schema/,
    ],
    [
      module('needs.mjs', `export const backends = { a: { options: ${options}, create: () => ({}), needs: 'btf' } }`),
      /'backends.a.needs' is not a list of some of CAP_NET_BIND_SERVICE, .*btf/,
    ],
    [
      module('root.mjs', `export const backends = { a: { options: ${options}, create: () => ({}), needs: ['root'] } }`),
      /'backends.a.needs' is not a list of some of/,
    ],
    [module('create.mjs', `export const enrichers = { a: { options: ${options} } }`), /'enrichers.a.create' is not a/],
  ])('are refused with the reason: %s', (name, reason) => {
    let failure: unknown
    try {
      loadModules(configuration, [name])
    } catch (error) {
      failure = error
    }
    expect(isTidemarkError(failure, 'MODULE_UNUSABLE')).toBe(true)
    expect(messageOf(failure)).toMatch(reason)
  })

  it('emit only events that are right', async () => {
    const plugins: Readonly<Record<string, UnitDefinition<Plugin>>> = loadModules(configuration, [echo]).plugins
    const events: FlowEvent[] = []
    const context = unitContext()
    const plugin = plugins['echo']?.create({}, context)
    await plugin?.start(event => events.push(event))
    const { echo: emit } = globalThis as unknown as { echo: (event: object) => void }
    const { protocol, source, destination } = startEvent(1).flow
    const flow = { protocol, source, destination }
    emit({ state: 'start', flow, experiment: 'cms', activity: 14, usage: { sentBytes: 1, receivedBytes: 2 } })
    expect(events).toMatchObject([{ ...startEvent(1), origin: 'echo', usage: { sentBytes: 1, receivedBytes: 2 } }])
    expect(() => emit({ state: 'start', flow, experiment: 5000, activity: 1 })).toThrow(/experiment: not in 0-1023/)
    expect(events).toHaveLength(1)
    const account = context.metrics.stage('plugin echo')
    expect([account.received, account.passed, account.dropped('ids')]).toEqual([2, 1, 1])
    await plugin?.stop()
  })

  it('cannot crash the reader of their events', () => {
    const registry = new Registry(REGISTRY_SNAPSHOT)
    const near = fc.record(
      {
        state: fc.constantFrom('start', 'end', 'paused'),
        flow: fc.oneof(fc.anything(), fc.constant(startEvent(1).flow)),
        experiment: fc.oneof(fc.anything(), fc.constant(3)),
        activity: fc.oneof(fc.anything(), fc.constant(14)),
        usage: fc.anything(),
        startTimeUs: fc.anything(),
        application: fc.anything(),
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(fc.oneof(fc.anything(), near), value => {
        const read = readModuleEvent(value, registry, 'x')
        if (read.ok) expect(read.value.experiment).toBeLessThanOrEqual(1023)
        else expect(read.problem).not.toBe('')
      }),
      { numRuns: 5000 },
    )
  })
})
