import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import type { Enricher } from '../../../src/flowd/components.ts'
import type { SampleReport } from '../../../src/flowd/sample.ts'
import type { UnitContext } from '../../../src/flowd/unit.ts'
import { type FiveTuple, flowKey } from '../../../src/scitags/index.ts'
import { flowOf, startEvent } from './flows.ts'
import { unitContext } from './unit-context.ts'

/** A TCP connection of a test; its ends are told as from the end that the enricher watches. */
export interface TestConnection {
  flow: FiveTuple
  /** Sends from the watched end; resolves when the bytes are handed to the kernel. */
  send(bytes: number): Promise<void>
  /** Closes it by a FIN from the watched end. */
  close(): Promise<void>
}

/** How the suite drives one enricher. */
export interface EnricherHarness {
  create(context: UnitContext, periodMs: number): Enricher
  /** Opens a connection to one and the same peer; called after the enricher has started, too. */
  connect(family: 'ipv6' | 'ipv4'): Promise<TestConnection>
}

const PERIOD_MS = 100

/** What every enricher keeps to; each implementation runs it. */
export function describeEnricher(name: string, harness: EnricherHarness): void {
  describe(`${name} as an enricher`, () => {
    const started: Enricher[] = []
    afterEach(async () => {
      for (const enricher of started.splice(0)) await enricher.stop()
    })

    async function running() {
      const enricher = harness.create(unitContext(), PERIOD_MS)
      const reports: SampleReport[] = []
      await enricher.start(report => reports.push(report))
      started.push(enricher)
      const flowOfTuple = (flow: FiveTuple) => flowOf(startEvent(1, { flow }))
      return {
        enricher,
        reports,
        follow: ({ flow }: TestConnection) => enricher.handle({ kind: 'start', flow: flowOfTuple(flow) }),
        forget: ({ flow }: TestConnection) =>
          enricher.handle({ kind: 'end', flow: flowOfTuple(flow), reason: 'event' }),
        of: ({ flow }: TestConnection) => reports.filter(({ key }) => key === flowKey(flow)),
        last: ({ flow }: TestConnection) =>
          reports.findLast(({ key, sample }) => key === flowKey(flow) && sample !== undefined)?.sample,
      }
    }

    it.each(['ipv6', 'ipv4'] as const)('samples a flow over %s again and again, under its own name', async family => {
      const { follow, of, last } = await running()
      const connection = await harness.connect(family)
      follow(connection)
      const beforeUs = Date.now() * 1000
      const sampledAfterMore = async () => {
        await connection.send(10_000)
        await delay(PERIOD_MS)
        return of(connection).length >= 3 && (last(connection)?.tcpInfo.bytesSent ?? 0) >= 40_000
      }
      await expect.poll(sampledAfterMore).toBe(true)
      const sample = last(connection)
      expect(sample).toMatchObject({ source: name, tcpInfo: { state: 1 } })
      expect(sample?.congestion).toMatch(/^[a-z]+\d?$/)
      expect(sample?.takenUs).toBeGreaterThan(beforeUs)
      expect(sample?.takenUs).toBeLessThanOrEqual(Date.now() * 1000 + 1000)
      await connection.close()
    })

    it('tells connections apart that differ in one port only', async () => {
      const { follow, last } = await running()
      const [one, other] = [await harness.connect('ipv6'), await harness.connect('ipv6')]
      for (const connection of [one, other]) follow(connection)
      for (let round = 0; round < 5; round += 1) {
        await one.send(1000)
        await other.send(20_000)
        await delay(PERIOD_MS)
      }
      await expect.poll(() => last(other)?.tcpInfo.bytesSent).toBeGreaterThanOrEqual(80_000)
      await expect.poll(() => last(one)?.tcpInfo.bytesSent).toBeGreaterThanOrEqual(4000)
      const { bytesSent = 0, bytesRetrans = 0 } = last(one)?.tcpInfo ?? {}
      expect(bytesSent - bytesRetrans).toBeLessThanOrEqual(5000)
      for (const connection of [one, other]) await connection.close()
    })

    it('reports the death of the socket once, with its totals if it has them', async () => {
      const { follow, of } = await running()
      const connection = await harness.connect('ipv6')
      follow(connection)
      await connection.send(12_345)
      await expect.poll(() => of(connection).length).toBeGreaterThan(0)
      await connection.close()
      await expect.poll(() => of(connection).filter(({ gone }) => gone).length).toBe(1)
      const totals = of(connection).find(({ gone }) => gone)?.sample
      if (totals !== undefined) expect(totals.tcpInfo.bytesAcked).toBeGreaterThanOrEqual(12_345)
    })

    it('says nothing of flows that it was not told of, nor of those that ended', async () => {
      const { enricher, follow, forget, of, reports } = await running()
      const [ended, unknown] = [await harness.connect('ipv6'), await harness.connect('ipv6')]
      follow(ended)
      await ended.send(1000)
      await expect.poll(() => of(ended).length).toBeGreaterThan(0)
      forget(ended)
      // What was read before may still be on its way.
      await delay(PERIOD_MS)
      const before = reports.length
      for (let round = 0; round < 3; round += 1) {
        for (const connection of [ended, unknown]) await connection.send(1000)
        await delay(PERIOD_MS)
      }
      for (const connection of [ended, unknown]) await connection.close()
      await enricher.stop()
      expect(reports.slice(before)).toEqual([])
    })

    it('takes a flow back that it is told of twice, and one that ends twice', async () => {
      const { enricher, follow, forget, of } = await running()
      const connection = await harness.connect('ipv6')
      follow(connection)
      enricher.handle({ kind: 'resume', flow: flowOf(startEvent(1, { flow: connection.flow })) })
      forget(connection)
      forget(connection)
      follow(connection)
      await connection.send(1000)
      await expect.poll(() => of(connection).length).toBeGreaterThan(0)
      await connection.close()
    })

    it('reports nothing after its stop, which may come twice, or without a start', async () => {
      const { enricher, follow, reports } = await running()
      const connection = await harness.connect('ipv6')
      follow(connection)
      await connection.send(1000)
      await enricher.stop()
      await enricher.stop()
      const before = reports.length
      await connection.send(1000)
      await delay(2 * PERIOD_MS)
      follow(connection)
      expect(reports).toHaveLength(before)
      await connection.close()
      await harness.create(unitContext(), PERIOD_MS).stop()
    })
  })
}
