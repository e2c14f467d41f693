import { closeSync } from 'node:fs'
import { BpfObject, type BpfProgram, inNetworkNamespace, type Link } from '../../src/linux/index.ts'
import { libbpf } from '../../src/linux/libbpf.ts'
import { linkOf } from './links.ts'
import type { TestNamespace } from './namespace.ts'

/** What a probe saw of the packets with the same ports, label and traffic class. */
export interface SeenPackets {
  sourcePort: number
  destinationPort: number
  label: number
  trafficClass: number
  protocol: number
  packets: number
  bytes: number
  /** Bytes of the largest one; above 65,589 it was IPv6 BIG TCP. */
  largest: number
}

const ATTACH_TYPE = { ingress: 46, egress: 47 } as const
const BPF_F_BEFORE = 1 << 3

/** A program of somebody else, which stands where it is told: one that counts, or one that loses packets. */
export class Probe {
  readonly #name: string
  readonly #object: BpfObject
  readonly #links: number[] = []

  constructor(name: 'probe_count' | 'probe_lose' = 'probe_count') {
    this.#name = name
    this.#object = BpfObject.load({ path: 'test/support/bpf/probe.bpf.o', program: name })
  }

  get program(): BpfProgram {
    return this.#object.program(this.#name)
  }

  /** Attaches by TCX, as the first or the last of what is there now. */
  attach(namespace: TestNamespace, where: keyof typeof ATTACH_TYPE, place: 'first' | 'last' = 'last'): this {
    inNetworkNamespace(namespace.path, () => {
      const link: Link = linkOf('eth0')
      const options = Buffer.alloc(16)
      options.writeBigUInt64LE(16n)
      options.writeUInt32LE(place === 'first' ? BPF_F_BEFORE : 0, 8)
      const fd = libbpf().bpf_link_create(this.program.fd, link.index, ATTACH_TYPE[where], options)
      if (fd < 0) throw new Error(`cannot attach the probe: ${fd}`)
      this.#links.push(fd)
    })
    return this
  }

  /** What it saw so far, of packets with that destination port. */
  seen(destinationPort: number): SeenPackets[] {
    const map = this.#object.map('probe_seen')
    const rows = [...map.keys()].map(key => ({ key, value: map.get(key) ?? Buffer.alloc(24) }))
    return rows
      .map(({ key, value }) => ({
        sourcePort: key.readUInt16BE(0),
        destinationPort: key.readUInt16BE(2),
        label: key.readUInt32LE(4),
        trafficClass: key[8] ?? 0,
        protocol: key[9] ?? 0,
        packets: Number(value.readBigUInt64LE(0)),
        bytes: Number(value.readBigUInt64LE(8)),
        largest: Number(value.readBigUInt64LE(16)),
      }))
      .filter(row => row.destinationPort === destinationPort)
  }

  /** Forgets what it saw. */
  reset(): void {
    const map = this.#object.map('probe_seen')
    for (const key of [...map.keys()]) map.delete(key)
  }

  close(): void {
    for (const fd of this.#links.splice(0)) closeSync(fd)
    this.#object.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }
}
