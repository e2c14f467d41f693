import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Laboratory, type TestNamespace } from '../support/namespace.ts'

const ASKER = fileURLToPath(new URL('../support/stun-child.ts', import.meta.url))
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

/** Asks from the left host until the server, which says nothing when it is ready, answers. */
async function ask(server: string): Promise<unknown> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return JSON.parse(left.exec(process.execPath, ASKER, server, '3478'))
    } catch (error) {
      if (attempt === 20) throw error
      await sleep(250)
    }
  }
}

describe('STUN against coturn', () => {
  it.each([
    ['192.0.2.2', '192.0.2.1'],
    ['2001:db8:1::2', '2001:db8:1::1'],
  ])('%s tells the asker that it is %s', async (server, address) => {
    const answer = await ask(server)
    expect(answer).toMatchObject({ address })
    expect((answer as { port: number }).port).toBeGreaterThan(1023)
  })
})
