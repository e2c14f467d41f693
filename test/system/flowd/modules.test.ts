import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { FlowdProcess, runTidemark } from '../../support/flowd/flowd-process.ts'
import { startEvent } from '../../support/flowd/flows.ts'
import { testFolder } from '../../support/test-folder.ts'

const EXAMPLE = resolve('test/fixtures/modules/transfers.mjs')
const folder = testFolder()

describe('a module from outside', () => {
  it('is the one that the how-to shows', () => {
    expect(readFileSync('docs/how-to/write-a-plugin-or-backend.md', 'utf8')).toContain(readFileSync(EXAMPLE, 'utf8'))
  })

  it('brings a plugin and a backend to a running flowd', async () => {
    const [events, ended] = [join(folder, 'transfers.jsonl'), join(folder, 'ended.jsonl')]
    writeFileSync(events, '')
    await using flowd = await new FlowdProcess({
      configuration: {
        modules: [EXAMPLE],
        plugins: { transferLog: { path: events } },
        backends: { endedFlows: { path: ended } },
      },
    }).ready()
    expect(await flowd.control.health()).toMatchObject({ plugins: ['transferLog'], backends: ['endedFlows'] })
    const { flow } = startEvent(4711)
    const event = { flow, experiment: 'atlas', activity: 2 }
    appendFileSync(events, `${JSON.stringify({ ...event, state: 'start' })}\n{"state": "start"}\nnonsense\n`)
    await expect.poll(() => flowd.control.flows()).toHaveLength(1)
    await expect.poll(() => flowd.stderr).toContain('flow.protocol: neither')
    expect(flowd.stderr).toContain('nonsense')
    const usage = { sentBytes: 12, receivedBytes: 3 }
    appendFileSync(events, `${JSON.stringify({ ...event, state: 'end', usage })}\n`)
    await expect.poll(() => readFileSync(ended, 'utf8')).not.toBe('')
    expect(JSON.parse(readFileSync(ended, 'utf8'))).toMatchObject({
      tuple: flow,
      experiment: 2,
      usage,
      reason: 'event',
    })
    expect(await flowd.stop()).toBe(0)
  })

  it('that cannot be used keeps flowd from starting, with exit code 78 and the reason', async () => {
    const conf = join(folder, 'absent.yaml')
    writeFileSync(conf, 'modules: [./absent.mjs]\n')
    const { code, stderr } = await runTidemark(['flowd', 'run', '--conf', conf])
    expect(code).toBe(78)
    expect(stderr).toContain("the module './absent.mjs' cannot be used")
  })
})
