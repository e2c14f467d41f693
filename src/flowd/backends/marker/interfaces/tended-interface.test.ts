import { beforeEach, describe, expect, it } from 'vitest'
import { type LoggedLine, unitContext } from '../../../../../test/support/flowd/unit-context.ts'
import type { Link, NetlinkSocket } from '../../../../linux/index.ts'
import type { Attachment } from '../attachment.ts'
import { TendedInterface } from './tended-interface.ts'

const MINUTE_MS = 60_000
const LINK: Link = {
  index: 7,
  name: 'eth0',
  arphrd: 1,
  up: true,
  running: true,
  mtu: 1500,
  gsoMaxBytes: 65_536,
  kind: 'veth',
  hardwareAddress: '',
}
/** Nothing is asked of the kernel here. */
const SOCKET = {} as NetlinkSocket

/** The kernel as far as it is needed here: it holds the program or not, and refuses it or not. */
class KernelStandIn implements Attachment {
  readonly how = 'clsact'
  refusal: string | undefined
  holds = false
  ownsQdisc = true

  isInPlace = () => this.holds
  disownQdisc = () => {
    this.ownsQdisc = false
  }
  putBack = () => {
    if (this.refusal !== undefined) throw new Error(this.refusal)
    this.holds = true
    return this
  }
  detach = () => {
    this.holds = false
  }
}

let kernel: KernelStandIn
let lines: LoggedLine[]
let nowMs: number
let tended: TendedInterface
let counts: { attachments: number; failures: number; removals: number }

beforeEach(() => {
  const { log, lines: logged } = unitContext()
  lines = logged
  kernel = new KernelStandIn()
  counts = { attachments: 0, failures: 0, removals: 0 }
  nowMs = 1000
  const attach = () => kernel.putBack()
  tended = new TendedInterface(LINK, { attach, log, now: () => nowMs }, counts)
})

/** Waits for what is due next, and returns how long that took. */
function waitForNext(): number {
  const waitedMs = tended.dueMs - nowMs
  nowMs = tended.dueMs
  tended.look(SOCKET)
  return waitedMs
}

/** Somebody removes the program, which is found at the next look. */
function removeIt(): void {
  kernel.holds = false
  waitForNext()
}

const told = () => lines.map(({ level, message }) => `${level} ${message}`)
const REFUSED = 'error nothing of the interface can be marked: it is tried again, after growing pauses'
const BEGUN = 'info marking what leaves'
const REMOVED = 'warn somebody removed the program from the interface: it is put back'
const CONTESTED =
  'warn somebody removes the program from the interface again and again: it is put back, after growing pauses'

describe('an interface that the kernel refuses the program for', () => {
  it('is tried again after growing pauses, of which is said how it began and how it ended', () => {
    kernel.refusal = 'no memory'
    tended.tryToAttach(SOCKET)
    expect(tended.problem).toBe('no memory')
    const pauses = Array.from({ length: 11 }, waitForNext)
    expect(pauses.map(ms => ms / 1000)).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300])
    expect(told()).toEqual([REFUSED])
    kernel.refusal = undefined
    waitForNext()
    expect(tended.problem).toBeUndefined()
    expect(told()).toEqual([REFUSED, BEGUN])
    expect(counts).toEqual({ attachments: 1, failures: 12, removals: 0 })
  })

  it('is told of again when the reason changes, and begins with a short pause the next time', () => {
    for (const reason of ['one', 'one', 'other']) {
      kernel.refusal = reason
      if (tended.problem === undefined) tended.tryToAttach(SOCKET)
      else waitForNext()
    }
    expect(lines.map(({ fields }) => fields['reason'])).toEqual(['one', 'other'])
    kernel.refusal = undefined
    waitForNext()
    kernel.refusal = 'one'
    removeIt()
    expect(tended.problem).toBe('one')
    expect(tended.dueMs - nowMs).toBe(1000)
    expect(told().slice(2)).toEqual([BEGUN, REMOVED, REFUSED])
  })
})

describe('an interface that somebody removes the program from', () => {
  beforeEach(() => tended.attach(SOCKET))

  it('gets it back at once', () => {
    removeIt()
    expect(kernel.holds).toBe(true)
    expect(tended.problem).toBeUndefined()
    expect(told()).toEqual([BEGUN, REMOVED, BEGUN])
    expect(lines[1]?.fields).toEqual({ interface: 'eth0', how: 'clsact' })
    expect(counts).toEqual({ attachments: 2, failures: 0, removals: 1 })
  })

  it('gets it back after growing pauses when that happens again and again, of which is said once', () => {
    removeIt()
    const pauses = Array.from({ length: 10 }, () => {
      removeIt()
      expect(tended.problem).toMatch(/^somebody removed the program, \d+ times by now/)
      return waitForNext() / 1000
    })
    expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300])
    expect(kernel.holds).toBe(true)
    expect(told()).toEqual([BEGUN, REMOVED, BEGUN, CONTESTED])
    expect(counts.removals).toBe(11)
  })

  it('has peace when it stood for ten minutes: then the next removal is a first one', () => {
    removeIt()
    removeIt()
    waitForNext()
    const since = nowMs
    while (nowMs < since + 10 * MINUTE_MS) waitForNext()
    expect(told().at(-1)).toBe('info nobody removes the program any more')
    const before = told().length
    removeIt()
    expect(kernel.holds).toBe(true)
    expect(told().slice(before)).toEqual([REMOVED, BEGUN])
  })

  it('keeps the qdisc that was made for it unless that may have been removed as well', () => {
    kernel.holds = false
    tended.lookForRemoval(SOCKET, 'filter')
    expect(kernel).toMatchObject({ holds: true, ownsQdisc: true })
    // Told late: what was removed then is back already.
    tended.lookForRemoval(SOCKET, 'qdisc')
    expect(kernel).toMatchObject({ holds: true, ownsQdisc: true })
    kernel.holds = false
    tended.lookForRemoval(SOCKET, 'filter')
    expect(kernel).toMatchObject({ holds: false, ownsQdisc: true })
    tended.lookForRemoval(SOCKET, 'qdisc')
    expect(kernel.ownsQdisc).toBe(false)
    expect(counts.removals).toBe(2)
  })

  it('is let go of while it waits, and has nothing to do with what has come in its place', () => {
    kernel.holds = false
    tended.lookForRemoval(SOCKET, 'filter')
    tended.release(SOCKET, true)
    tended.release(SOCKET, true)
    expect(kernel).toMatchObject({ holds: false, ownsQdisc: false })
  })
})
