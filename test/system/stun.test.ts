import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AddressSample } from '../../src/flowd/index.ts'
import { Laboratory, type TestNamespace } from '../support/namespace.ts'

const COMMAND = fileURLToPath(new URL('../../bin/tidemark', import.meta.url))
const laboratory = new Laboratory()
let left: TestNamespace

beforeAll(() => {
  const pair = laboratory.pair()
  left = pair.left
  const listen = ['192.0.2.2', '2001:db8:1::2'].flatMap(address => ['--listening-ip', address])
  const quiet = ['--no-cli', '--no-tls', '--no-dtls', '--no-auth', '--log-file', '/dev/null', '--pidfile', '/dev/null']
  pair.right.spawn('turnserver', ['-n', ...listen, '--listening-port', '3478', ...quiet], { stdio: 'ignore' })
})
afterAll(() => laboratory.close())

function sample(): AddressSample[] {
  const servers = ['--stun-server', '192.0.2.2', '--stun-server', '[2001:db8:1::2]:3478']
  return JSON.parse(left.exec(COMMAND, 'flowd', 'stun', 'sample', ...servers, '-o', 'json')) as AddressSample[]
}

describe('flowd stun sample against coturn', () => {
  it('says how the private addresses of both families are seen', async () => {
    let samples: AddressSample[] = []
    const seen = () => {
      samples = sample()
      const answered = samples.filter(({ seenAs }) => seenAs !== undefined)
      return answered.map(({ address, seenAs, source }) => [address, seenAs, source])
    }
    // The server says nothing when it is ready.
    await expect.poll(seen, { interval: 250, timeout: 60_000 }).toEqual([
      ['192.0.2.1', '192.0.2.1', '192.0.2.2'],
      ['2001:db8:1::1', '2001:db8:1::1', '[2001:db8:1::2]:3478'],
    ])
    expect(samples.find(({ address }) => address === '::1')).toEqual({ address: '::1', reach: 'loopback' })
    expect(samples.find(({ address }) => address.startsWith('fe80'))).toMatchObject({ reach: 'link-local' })
  })
})
