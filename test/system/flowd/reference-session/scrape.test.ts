import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { describe, expect, it, vi } from 'vitest'
import { FlowdProcess } from '../../../support/flowd/flowd-process.ts'
import { mayDiffer } from '../../../support/flowd/reference-daemon.ts'
import { freePort } from '../../../support/free-port.ts'

describe('the scrape', () => {
  /** The metrics that flowd-go documents to export, all of them gauges. */
  const NAMES = (
    'retrans rto ato rtt rtt_var minrtt pmtu mss advmss cwnd ssthresh bytes_sent_total bytes_acked_total ' +
    'bytes_received_total segs_out_total segs_in_total data_segs_out_total data_segs_in_total lastsnd lastrcv lastack ' +
    'pacing_rate delivery_rate delivered busy rwnd_limited rcv_space rcv_ssthresh rcv_snd_wnd rcv_ca_info'
  )
    .split(' ')
    .map(name => `flow_tcp_${name}`)

  it('has the names and labels of flowd-go on its port', async () => {
    const server = createServer().listen(0, '::1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const client = connect(port, '::1')
    await once(client, 'connect')
    const netlinkPort = await freePort()
    try {
      await using daemon = await new FlowdProcess({
        configuration: {
          compatibility: 'flowd-go',
          backends: { prometheus: { netlinkPort, skopsPort: 0 } },
          enrichers: { period: 100, netlink: {} },
        },
      }).ready()
      await daemon.control.send([`start tcp ::1 ${client.localPort} ::1 ${port} 2 16`])
      const text = await vi.waitFor(
        async () => {
          const answer = await (await fetch(`http://127.0.0.1:${netlinkPort}/metrics`)).text()
          expect(answer).toContain('flow_tcp_rtt{')
          return answer
        },
        { timeout: 20_000, interval: 100 },
      )
      const exported = new Set([...text.matchAll(/^(flow_\w+)\{/gm)].map(match => match[1]))
      // What flowd-go registers and never sets.
      mayDiffer('`flow_tcp_rcvmss` is never set')
      expect([...exported].toSorted()).toEqual([...NAMES, 'flow_tcp_rcvmss'].toSorted())
      const labels = /^flow_tcp_rtt\{(.*?)\} /m.exec(text)?.[1]?.split(',').toSorted()
      mayDiffer('the prometheus label `flow` holds two addresses of a function')
      expect(labels).toEqual([
        'act="16"',
        'dst="::1"',
        'exp="2"',
        'flavour="Netlink"',
        `flow="<${client.localPort}:${port}>"`,
        'src="::1"',
      ])
      expect(await daemon.stop()).toBe(0)
    } finally {
      client.destroy()
      server.close()
    }
  })
})
