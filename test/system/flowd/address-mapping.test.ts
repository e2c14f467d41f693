import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FireflyReceiver } from '../../support/flowd/firefly-receiver.ts'
import { FlowdProcess } from '../../support/flowd/flowd-process.ts'
import { Laboratory, type TestNamespace } from '../../support/namespace.ts'

/** The private network of the host, the outer addresses of its router, and a server beyond. */
const HOST = { ipv4: '10.0.0.2', ipv6: 'fd00:1::2' }
const ROUTER = { ipv4: '198.51.100.1', ipv6: '2001:db8:9::1' }
const SERVER = { ipv4: '198.51.100.2', ipv6: '2001:db8:9::2' }

/** Tells who asks how they are seen, half a second later. */
const SLOW_SERVICE = `
import http.server, json, socket, time
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        time.sleep(0.5)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({'ip': self.client_address[0].removeprefix('::ffff:')}).encode())
    def log_message(self, *words):
        pass
class Server(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6
Server(('::', 8099), Handler).serve_forever()
`

const laboratory = new Laboratory()
let host: TestNamespace
let collector: FireflyReceiver

beforeAll(async () => {
  host = laboratory.namespace()
  const router = laboratory.namespace()
  const server = laboratory.namespace()
  laboratory.connect(
    { namespace: host, interfaceName: 'eth0', addresses: [`${HOST.ipv4}/24`, `${HOST.ipv6}/64`] },
    { namespace: router, interfaceName: 'inside', addresses: ['10.0.0.1/24', 'fd00:1::1/64'] },
  )
  laboratory.connect(
    { namespace: router, interfaceName: 'outside', addresses: [`${ROUTER.ipv4}/24`, `${ROUTER.ipv6}/64`] },
    { namespace: server, interfaceName: 'eth0', addresses: [`${SERVER.ipv4}/24`, `${SERVER.ipv6}/64`] },
  )
  host.exec('ip', 'route', 'add', 'default', 'via', '10.0.0.1')
  host.exec('ip', '-6', 'route', 'add', 'default', 'via', 'fd00:1::1')
  router.exec('sysctl', '-qw', 'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1')
  for (const command of ['iptables', 'ip6tables']) {
    router.exec(command, '-t', 'nat', '-A', 'POSTROUTING', '-o', 'outside', '-j', 'MASQUERADE')
  }
  const listen = Object.values(SERVER).flatMap(address => ['--listening-ip', address])
  const quiet = ['--no-cli', '--no-tls', '--no-dtls', '--no-auth', '--log-file', '/dev/null', '--pidfile', '/dev/null']
  server.spawn('turnserver', ['-n', ...listen, '--listening-port', '3478', ...quiet], { stdio: 'ignore' })
  server.spawn('python3', ['-c', SLOW_SERVICE], { stdio: 'ignore' })
  // Neither says when it is ready.
  const listening = () => `${server.exec('ss', '-Hlun')}\n${server.exec('ss', '-Hltn')}`
  while (!/:3478\b[\s\S]*:3478\b[\s\S]*:8099\b/.test(listening())) await delay(100)
  collector = await new FireflyReceiver(server, 10_514).ready()
})
afterAll(() => laboratory.close())

describe('flowd on a host behind a router that translates addresses', () => {
  const bracketed = `[${SERVER.ipv6}]`
  it.each([
    ['coturn sees', { stunServers: [`${SERVER.ipv4}:3478`, `${bracketed}:3478`] }],
    [
      'a slow web service sees',
      { stunServers: [], httpServices: [`http://${SERVER.ipv4}:8099`, `http://${bracketed}:8099`] },
    ],
  ])('announces flows under the addresses that %s, from the first start to the last end', async (_, stun) => {
    await using flowd = await new FlowdProcess({
      spawn: host.spawn,
      configuration: {
        backends: {
          firefly: {
            sendToDestination: false,
            collectors: [{ address: SERVER.ipv4 }],
            stun,
          },
        },
      },
    }).ready()
    collector.fireflies.splice(0)
    for (const [family, port] of [
      ['ipv4', 40_004],
      ['ipv6', 40_006],
    ] as const) {
      const flow = `tcp ${HOST[family]} ${port} ${SERVER[family]} 1094 2 9`
      await flowd.control.send([`start ${flow}`])
      await flowd.control.send([`end ${flow}`])
      for (const state of ['start', 'end']) {
        const { 'flow-id': id } = await collector.one(state, port)
        expect([state, id['src-ip'], id['dst-ip']]).toEqual([state, ROUTER[family], SERVER[family]])
      }
    }
  })
})
