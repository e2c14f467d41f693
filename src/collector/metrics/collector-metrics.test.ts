import { describe, expect, it } from 'vitest'
import { T } from '../../../test/support/told-graph.ts'
import { ToldNetwork } from '../../../test/support/told-network.ts'
import { Metrics } from '../../common/index.ts'
import { WatchHub } from '../api/index.ts'
import { CollectorMetrics } from './collector-metrics.ts'

describe('/metrics', () => {
  it('is valid text with all families, each once, in blocks', async () => {
    const network = new ToldNetwork()
    network.tellSites()
    network.tellProcesses()
    const metrics = new CollectorMetrics({
      view: network.view,
      hub: new WatchHub(network.api),
      metrics: new Metrics({ prefix: 'tidemark_collector' }),
    })
    await metrics.start()
    network.tell('SITE', 'odd', { startTime: T, name: 'a"b\\c\nd', 32: '1' })
    network.tellConnection('fz6wq:3', { octets: 5, latency: 3, processLatency: 2, endTime: T + 1 })
    network.tell('BIFLOW_APP', 'fz6wq:4', { parent: 'fz6wq:3', startTime: T, method: 'GET', endTime: T + 1 })
    const blocks: string[] = []
    for await (const block of metrics.blocks()) blocks.push(block)
    await metrics.stop()
    const lines = blocks.join('').trimEnd().split('\n')
    const families = lines.filter(line => line.startsWith('# TYPE ')).map(line => line.split(' ')[2])
    expect(new Set(families).size).toBe(families.length)
    expect(families).toEqual(expect.arrayContaining(['skupper_sent_bytes_total', 'skupper_requests_total']))
    const label = '[a-z_]+="(?:[^"\\\\]|\\\\["\\\\n])*"'
    const sample = new RegExp(`^[a-z_]+(?:\\{${label}(?:,${label})*\\})? (?:[0-9.e+-]+|NaN|[+]Inf)$`)
    const wrong = lines.filter(line => line !== '' && !line.startsWith('# ') && !sample.test(line))
    expect(wrong).toEqual([])
    expect(lines).toContain('skupper_site_info{site_id="odd",name="a\\"b\\\\c\\nd",version="1"} 1')
    expect(lines).toContain('tidemark_collector_watchers 0')
    expect(lines.find(line => line.startsWith('skupper_internal_latency_seconds_count'))).toMatch(/ 1$/)
  })
})
