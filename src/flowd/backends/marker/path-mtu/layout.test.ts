import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { decodePath, encodeLearnerSettings, encodePath, PATH_PROGRAM_NAME, PATHS_MAP, SETTLING_MS } from './layout.ts'

const header = readFileSync('bpf/path-mtu.h', 'utf8')

it('names what the program names', () => {
  expect(header).toContain(`} ${PATHS_MAP} SEC(".maps");`)
  expect(readFileSync('bpf/path-mtu.bpf.c', 'utf8')).toContain(`int ${PATH_PROGRAM_NAME}(struct __sk_buff *skb)`)
})

it('has the same settings in the same order', () => {
  const body = /struct path_settings \{([^}]*)\}/.exec(header)?.[1] ?? ''
  expect([...body.matchAll(/^\t(__u32|__u64) (\w+);/gm)].map(match => match.slice(1))).toEqual([
    ['__u32', 'l2_header_bytes'],
    ['__u32', 'match_all'],
    ['__u64', 'lifetime_ns'],
  ])
  const settings = encodeLearnerSettings({ linkHeaderBytes: 14, matchAll: true, lifetimeMs: 1 })
  expect(settings.toString('hex')).toBe('0e0000000100000040420f0000000000')
})

it('has the same path in the same order', () => {
  const body = /struct path \{([^}]*)\}/.exec(header)?.[1] ?? ''
  expect([...body.matchAll(/^\t(__u32|__u64) (\w+);/gm)].map(match => match.slice(1))).toEqual([
    ['__u64', 'settled_ns'],
    ['__u64', 'until_ns'],
    ['__u64', 'mtu'],
  ])
  const path = encodePath({ mtu: 1400, settlingMs: 1000, lifetimeMs: 2000 }, 5n)
  expect(path.readBigUInt64LE(0)).toBe(1_000_000_005n)
  expect(path.subarray(16).toString('hex')).toBe('7805000000000000')
  expect(decodePath(path)).toEqual({ mtu: 1400, untilNs: 2_000_000_005n })
})

it('waits as long as the program for the host to take notice', () => {
  const settlingNs = /#define SETTLING_NS (\d+)ULL/.exec(readFileSync('bpf/path-mtu.bpf.c', 'utf8'))?.[1]
  expect(Number(settlingNs)).toBe(SETTLING_MS * 1_000_000)
})
