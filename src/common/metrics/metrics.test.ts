import { describe, expect, it } from 'vitest'
import { Metrics } from './metrics.ts'

describe('Metrics', () => {
  it('exports counters and gauges under the names given', async () => {
    const metrics = new Metrics({ prefix: 'test' })
    const bytes = metrics.counter('bytes_total', 'Bytes.', ['direction'])
    bytes.labels({ direction: 'in' }).inc(3)
    bytes.labels({ direction: 'in' }).inc()
    metrics.gauge('live', 'Live.').labels({}).set(7)
    metrics.gaugeOf('size', 'Size.', () => 9)
    let kernelCount = 5
    metrics.counterOf('packets_total', 'Packets.', () => kernelCount)
    kernelCount = 6
    const text = await metrics.text()
    expect(text).toContain('bytes_total{direction="in"} 4\n')
    expect(text).toContain('\nlive 7\n')
    expect(text).toContain('\nsize 9\n')
    expect(text).toContain('\npackets_total 6\n')
    expect(text).not.toContain('process_cpu')
  })

  it('exports what each stage received, passed and dropped, the same on each scrape', async () => {
    const metrics = new Metrics({ prefix: 'test' })
    const pipe = metrics.stage('pipe')
    pipe.received += 10
    pipe.passed += 7
    pipe.drop('syntax', 2)
    pipe.drop('full')
    expect(metrics.stage('pipe')).toBe(pipe)
    expect(pipe.dropped()).toBe(3)
    expect(pipe.dropped('syntax')).toBe(2)
    await metrics.text()
    const text = await metrics.text()
    expect(text).toContain('test_received_total{stage="pipe"} 10\n')
    expect(text).toContain('test_passed_total{stage="pipe"} 7\n')
    expect(text).toContain('test_dropped_total{stage="pipe",cause="syntax"} 2\n')
    expect(text).toContain('test_dropped_total{stage="pipe",cause="full"} 1\n')
  })

  it('bounds the series of a metric, counts what it refused, and reuses the room of removed ones', async () => {
    const metrics = new Metrics({ prefix: 'test', maxSeries: 2 })
    const flows = metrics.gauge('flow_rtt', 'Rtt.', ['flow'])
    for (const flow of ['a', 'b', 'c', 'c']) flows.labels({ flow }).set(1)
    const full = await metrics.text()
    expect(full).not.toContain('flow="c"')
    expect(full).toContain('test_series_refused_total{metric="flow_rtt"} 2\n')
    flows.remove({ flow: 'a' })
    flows.labels({ flow: 'c' }).set(1)
    const after = await metrics.text()
    expect(after).toContain('flow_rtt{flow="c"} 1\n')
    expect(after).not.toContain('flow="a"')
  })

  it('gives a restarted component the metric that it had', async () => {
    const metrics = new Metrics({ prefix: 'test' })
    for (const size of [1, 2]) {
      metrics.counter('lines_total', 'Lines.').labels({}).inc()
      metrics.gaugeOf('size', 'Size.', () => size)
    }
    const text = await metrics.text()
    expect(text).toContain('\nlines_total 2\n')
    expect(text).toContain('\nsize 2\n')
  })

  it('forgets a metric that is removed', async () => {
    const metrics = new Metrics({ prefix: 'test', processMetrics: true })
    metrics.gauge('gone', 'Gone.').labels({}).set(1)
    metrics.remove('gone')
    const text = await metrics.text()
    expect(text).not.toContain('gone')
    expect(text).toContain('process_cpu')
  })
})
