import { describe, expect, it } from 'vitest'
import { tupleOf } from '../../../test/support/five-tuple.ts'
import { eventLinesRoundTrip, eventLinesSurvive } from '../../../test/support/properties/event-line.ts'
import { REGISTRY_SNAPSHOT, Registry } from '../../scitags/index.ts'
import { eventLineError, readEventLine, splitRunTogether } from './event-line.ts'

const registry = new Registry(REGISTRY_SNAPSHOT)
const read = (line: string) => readEventLine(line, registry, 'test')

describe('readEventLine', () => {
  it.each([
    [
      'start tcp 192.168.0.1 2345 127.0.0.1 5777 1 2',
      { state: 'start', flow: tupleOf({ source: '192.168.0.1', destination: '127.0.0.1' }) },
    ],
    [
      'start tcp         ::1 2345       ::1 5777 1 2',
      { state: 'start', flow: tupleOf({ source: '::1', destination: '::1' }) },
    ],
    [
      '\tEND UDP ::1 2345\u00a0 ::1 5777 1 2 \r',
      { state: 'end', flow: tupleOf({ source: '::1', destination: '::1', protocol: 'udp' }) },
    ],
    [
      'start tcp 2001:DB8:0::1 0 FE80::1%eth0 65535 001 02',
      { state: 'start', flow: tupleOf({ sourcePort: 0, destination: 'fe80::1%eth0', destinationPort: 65_535 }) },
    ],
  ])('reads %j', (line, event) => {
    expect(read(line)).toEqual({
      ok: true,
      value: { event: { ...event, experiment: 1, activity: 2, origin: 'test' }, warnings: [] },
    })
  })

  it.each([
    ['start tcp ::1 1 ::1 2 CMS data-challenge', 3, 4],
    ['start tcp ::1 1 ::1 2 atlas 9', 2, 9],
    ['start tcp ::1 1 ::1 2 99 63', 99, 63],
  ])('reads names and ids: %s', (line, experiment, activity) => {
    expect(read(line)).toMatchObject({ ok: true, value: { event: { experiment, activity } } })
  })

  it.each([
    ['ongoing tcp ::1 1 ::1 2 1 2', 'state'],
    ['start sctp ::1 1 ::1 2 1 2', 'protocol'],
    ['start tcp ::1 65536 ::1 2 1 2', 'source port'],
    ['start tcp ::1 +1 ::1 2 1 2', 'source port'],
    ['start tcp ::1 1 ::1 1.5 1 2', 'destination port'],
    ['start tcp ::1 1 ::1 2 -1 2', 'experiment'],
    ['start tcp ::1 1 ::1 2 icecube 2', 'experiment'],
    ['start tcp ::1 1 ::1 2 1024 2', 'experiment'],
    ['start tcp ::ffff:10.0.0.1 1 ::1 2 4294967295 2', 'experiment'],
    ['start tcp ::1 1 ::1 2 1 64', 'activity'],
    ['start tcp ::1 1 ::1 2 juno perfSONAR', 'activity'],
    ['start tcp 010.0.0.1 1 10.0.0.2 2 1 2', 'source address'],
    ['start tcp ::1 1 localhost 2 1 2', 'destination address'],
    ['start tcp ::1 1 ::1 2 1', ''],
    ['start tcp ::1 1 ::1 2 1 2 3', ''],
    ['# a comment', ''],
    ['', ''],
  ])('refuses %j at %j', (line, field) => expect(read(line)).toMatchObject({ ok: false, field }))

  it('takes a flow between families, and says so', () => {
    expect(read('start tcp 10.0.0.1 1 ::1 2 1 2')).toMatchObject({
      ok: true,
      value: { event: { flow: { family: 'ipv4' } }, warnings: ['the source address is ipv4, the destination ipv6'] },
    })
    expect(read('start tcp ::1 1 10.0.0.1 2 1 2')).toMatchObject({
      ok: true,
      value: { event: { flow: { family: 'ipv6' } }, warnings: [expect.stringContaining('ipv4')] },
    })
  })

  it('takes an experiment that can only be announced, and says so', () => {
    expect(read('start tcp ::1 1 ::1 2 1023 2')).toMatchObject({
      ok: true,
      value: { event: { experiment: 1023 }, warnings: [expect.stringContaining('not marked')] },
    })
    expect(read('start tcp ::1 1 ::1 2 511 2')).toMatchObject({ ok: true, value: { warnings: [] } })
    expect(read('end tcp ::1 1 10.0.0.1 2 1023 2')).toMatchObject({ ok: true, value: { warnings: [] } })
  })

  it('names what is wrong, the value, and the remedy', () => {
    const refused = read('start tcp ::1 65536 ::1 2 1 2')
    if (refused.ok) throw new Error('the line was taken')
    const error = eventLineError(refused)
    expect(error.message).toBe("the event is refused: source port: not a number of 0-65535, got '65536'")
    expect(error.remedy).toContain('start|end tcp|udp SOURCE-IP')
  })

  it.each([
    ['start tcp ::1 1 ::1 2 cmz 2', /got 'cmz'; did you mean 'cms'\?$/],
    ['start tcp ::1 1 ::1 2 icecube 2', /got 'icecube'; there are: default, atlas, cms, .*xenon$/],
    ['start tcp ::1 1 ::1 2 cms analysis-inputt', /; did you mean 'Analysis Input'\?$/],
    ['start tcp ::1 1 ::1 2 juno perfSONAR', /; there are: default$/],
    [`start tcp ::1 1 ::1 2 ${'x'.repeat(60_000)} 2`, /…; there are: default, /],
  ])('says which name was meant, or which there are: %.40s', (line, problem) => {
    expect(read(line)).toMatchObject({ ok: false, problem: expect.stringMatching(problem) as string })
  })

  it('gives back every event that a line can say', () => eventLinesRoundTrip(20_000))

  it('survives any line', () => eventLinesSurvive(20_000))
})

describe('splitRunTogether', () => {
  it.each([
    ['start tcp ::1 1 ::1 2 1 2end tcp ::1 1 ::1 2 1 2', ['start tcp ::1 1 ::1 2 1 2', 'end tcp ::1 1 ::1 2 1 2']],
    ['start tcp ::1 1 ::1 2 cms defaultSTART udp ', ['start tcp ::1 1 ::1 2 cms default', 'START udp ']],
    ['start tcp ::1 1 ::1 2 1 2 end tcp ::1 1 ::1 2 1 2', ['start tcp ::1 1 ::1 2 1 2 ', 'end tcp ::1 1 ::1 2 1 2']],
    ['start tcp 10.0end tcp ::1 1 ::1 2 1 2', ['start tcp 10.0', 'end tcp ::1 1 ::1 2 1 2']],
    ['  enstart tcp ::1', ['  en', 'start tcp ::1']],
    [' start tcp end udp start udp ', [' start tcp ', 'end udp ', 'start udp ']],
  ])('%j', (line, parts) => expect(splitRunTogether(line)).toEqual(parts))

  it.each(['start tcp ::1 1 ::1 2 1 2', ' end tcp ::1', '# start tcp ::1 1 ::1 2 1 2', 'no start tcp ::1 1 end tcp '])(
    '%j is one line',
    line => expect(splitRunTogether(line)).toBeUndefined(),
  )
})
