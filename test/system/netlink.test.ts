import { readlinkSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  addAddress,
  createVeth,
  findLink,
  inNetworkNamespace,
  listAddresses,
  listFilters,
  listLinks,
  listQdiscs,
  NETLINK,
  NetlinkSocket,
  setLinkUp,
} from '../../src/linux/index.ts'
import { Laboratory, type TestNamespace } from '../support/namespace.ts'

const laboratory = new Laboratory()
let namespace: TestNamespace
let socket: NetlinkSocket

beforeAll(() => {
  namespace = laboratory.namespace()
  socket = inNetworkNamespace(namespace.path, () => NetlinkSocket.open(NETLINK.ROUTE))
})
afterAll(async () => {
  socket.close()
  await laboratory.close()
})

interface IpLink {
  ifname: string
  ifindex: number
  link_type: string
  mtu: number
  flags: string[]
  address: string
}

describe('rtnetlink, judged by iproute2', () => {
  it('makes a veth pair, turns it on, addresses it, and sees what ip sees', () => {
    createVeth(socket, { name: 'left' }, { name: 'right' })
    const left = findLink(socket, 'left')!
    setLinkUp(socket, left.index)
    addAddress(socket, { interfaceIndex: left.index, address: '2001:db8::1', prefixLength: 64 })
    addAddress(socket, { interfaceIndex: left.index, address: '192.0.2.1', prefixLength: 24 })

    const seen = JSON.parse(namespace.exec('ip', '-json', 'link')) as IpLink[]
    const ours = listLinks(socket).map(link => [link.index, link.name, link.mtu, link.up, link.hardwareAddress])
    expect(ours).toEqual(
      seen.map(link => [link.ifindex, link.ifname, link.mtu, link.flags.includes('UP'), link.address]),
    )
    expect(left).toMatchObject({ kind: 'veth', arphrd: 1 })

    const addresses = listAddresses(socket).filter(address => address.interfaceIndex === left.index)
    expect(addresses).toContainEqual({
      interfaceIndex: left.index,
      family: 'ipv6',
      address: '2001:db8::1',
      prefixLength: 64,
    })
    expect(addresses).toContainEqual({
      interfaceIndex: left.index,
      family: 'ipv4',
      address: '192.0.2.1',
      prefixLength: 24,
    })
    expect(namespace.exec('ip', '-6', 'address', 'show', 'dev', 'left')).not.toContain('tentative')
  })

  it('reports a refusal in the words of the kernel', () => {
    expect(() => addAddress(socket, { interfaceIndex: 999, address: '2001:db8::9', prefixLength: 64 })).toThrow(
      /address 2001:db8::9\/64 on interface 999: ENODEV.*Unable to find the interface/,
    )
    expect(() => createVeth(socket, { name: 'left' }, { name: 'other' })).toThrow(/veth pair left, other: EEXIST/)
  })

  it('finds qdiscs and filters with handle, priority and kind', () => {
    const { index } = findLink(socket, 'right')!
    namespace.exec('tc', 'qdisc', 'add', 'dev', 'right', 'clsact')
    const program = ['bpf', 'bytecode', '1,6 0 0 0', 'flowid', '1:1']
    namespace.exec('tc', 'filter', 'add', 'dev', 'right', 'egress', 'pref', '77', 'protocol', 'all', ...program)
    const clsact = { interfaceIndex: index, kind: 'clsact', handle: 0xffff0000 }
    expect(listQdiscs(socket)).toContainEqual(expect.objectContaining(clsact))
    expect(listFilters(socket, index, 'egress')).toEqual([
      expect.objectContaining({ kind: 'bpf', handle: 1, priority: 77, parent: 0xfffffff3, interfaceIndex: index }),
    ])
    expect(listFilters(socket, index, 'ingress')).toEqual([])
  })

  it('makes a pair with the numbers that are asked for, one end in the namespace of a process', async () => {
    const other = laboratory.namespace()
    const sleeper = other.spawn('sleep', ['60'])
    const network = (process: string | number) => readlinkSync(`/proc/${process}/ns/net`)
    await expect.poll(() => network(sleeper.pid!)).not.toBe(network('self'))
    createVeth(socket, { name: 'stays', index: 66 }, { name: 'goes', index: 77, pid: sleeper.pid! })
    expect(findLink(socket, 'stays')).toMatchObject({ index: 66 })
    expect(findLink(socket, 'goes')).toBeUndefined()
    using there = inNetworkNamespace(other.path, () => NetlinkSocket.open(NETLINK.ROUTE))
    expect(findLink(there, 'goes')).toMatchObject({ kind: 'veth', index: 77 })
  })
})
