import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { testFolder } from '../../test/support/test-folder.ts'
import { ServiceNotifier } from './sd-notify.ts'

const folder = testFolder()

function rethrow(failure: unknown): void {
  throw failure
}

/** Plays the service manager: receives `count` datagrams (Node's dgram has no Unix sockets, Python has). */
async function serviceManager(address: string, count: number) {
  const script = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
a = sys.argv[1]
s.bind('\\0' + a[1:] if a.startswith('@') else a)
print('bound', flush=True)
for _ in range(int(sys.argv[2])): print(repr(s.recv(4096).decode()), flush=True)
`
  const child = spawn('python3', ['-c', script, address, String(count)], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  const closed = once(child, 'close')
  await once(child.stdout, 'data')
  return async () => {
    await closed
    return output.trim().split('\n').slice(1)
  }
}

describe.skipIf(process.platform !== 'linux')('ServiceNotifier', () => {
  it('sends readiness, reloading and stopping to a socket file', async () => {
    const received = await serviceManager(join(folder, 'notify'), 3)
    const notifier = new ServiceNotifier({ NOTIFY_SOCKET: join(folder, 'notify') }, rethrow)
    notifier.ready('2 plugins')
    notifier.reloading()
    notifier.stopping()
    const messages = await received()
    expect(messages[0]).toBe("'READY=1\\nSTATUS=2 plugins'")
    expect(messages[1]).toMatch(/^'RELOADING=1\\nMONOTONIC_USEC=\d+'$/)
    expect(messages[2]).toBe("'STOPPING=1'")
  })

  it('sends signs of life to an abstract socket at half the period asked for', async () => {
    const failures: unknown[] = []
    const address = `@tidemark-notify-${process.pid}`
    const received = await serviceManager(address, 3)
    const notifier = new ServiceNotifier({ NOTIFY_SOCKET: address, WATCHDOG_USEC: '20000' }, failure =>
      failures.push(failure),
    )
    notifier.ready('up')
    expect((await received()).slice(1)).toEqual(["'WATCHDOG=1'", "'WATCHDOG=1'"])
    notifier.stopping()
    expect(String(failures.at(-1))).toContain('ECONNREFUSED')
  })

  it('says nothing more once it has said that it stops, also where a reload was under way', async () => {
    const environment = { NOTIFY_SOCKET: join(folder, 'stopping'), WATCHDOG_USEC: '20000' }
    const received = await serviceManager(environment.NOTIFY_SOCKET, 3)
    const notifier = new ServiceNotifier(environment, rethrow)
    notifier.reloading()
    notifier.stopping()
    notifier.ready('read again')
    notifier.reloading()
    new ServiceNotifier({ NOTIFY_SOCKET: environment.NOTIFY_SOCKET }, rethrow).ready('next')
    const [, ...messages] = await received()
    expect(messages).toEqual(["'STOPPING=1'", "'READY=1\\nSTATUS=next'"])
  })

  it('does nothing outside a service manager', () => {
    const notifier = new ServiceNotifier({}, rethrow)
    expect(() => {
      notifier.ready('up')
      notifier.reloading()
      notifier.stopping()
    }).not.toThrow()
  })
})
