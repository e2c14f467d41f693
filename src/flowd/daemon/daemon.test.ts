import { expect, it } from 'vitest'
import { silentLogger } from '../../common/index.ts'
import { defaultFlowdConfiguration } from '../configuration/index.ts'
import { Daemon } from './daemon.ts'

it('takes no events and reloads nothing before it is started, nor while it stops', async () => {
  const loaded = defaultFlowdConfiguration({ conf: undefined, calledAsFlowdGo: false })
  const load = () => {
    throw new Error('the configuration was read')
  }
  const daemon = new Daemon({ loaded, load, log: silentLogger, journalPath: undefined, without: [] })
  const refusal = { code: 'FLOWD_NOT_READY' }
  await expect(daemon.reload()).rejects.toMatchObject(refusal)
  expect(() => daemon.send([])).toThrow('flowd takes no events')
  await daemon.stop()
  await expect(daemon.reload()).rejects.toMatchObject(refusal)
})
