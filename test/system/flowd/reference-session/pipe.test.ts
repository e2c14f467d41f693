import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Consequence, mayDiffer, ReferenceDaemon } from '../../../support/flowd/reference-daemon.ts'
import { referenceFirefly } from '../../../support/flowd/reference-session.ts'

let daemon: ReferenceDaemon
beforeAll(async () => {
  daemon = await ReferenceDaemon.start()
})
afterAll(() => daemon[Symbol.asyncDispose]())

describe('the pipe', () => {
  const write = (text: string) => appendFileSync(join(daemon.flowd.folder, 'np'), text)
  const [a, b]: [string, number][] = [
    ['192.168.0.1', 2345],
    ['127.0.0.1', 5777],
  ]
  const ids = { experiment: 1, activity: 2 }
  const one = (state: 'start' | 'end', source = a!, destination = b!) =>
    referenceFirefly({
      ...ids,
      state,
      source,
      destination,
      ...(state === 'start' ? { startTime: '<now+01:00>' } : { endTime: '<now+00:00>' }),
    })
  const [s, d]: [string, number][] = [
    ['::1', 2345],
    ['::1', 5777],
  ]

  it.each<[string, string, () => Consequence]>([
    ['V44', 'start tcp 192.168.0.1 2345 127.0.0.1 5777 1 2\n', () => ({ reference: [one('start')] })],
    ['its end', 'end tcp 192.168.0.1 2345 127.0.0.1 5777 1 2\n', () => ({ reference: [one('end')] })],
    ['V45', 'start tcp         ::1 2345       ::1 5777 1 2\n', () => ({ reference: [one('start', s, d)] })],
    ['its end', 'END TCP ::1 2345 ::1 5777 1 2\n', () => ({ reference: [one('end', s, d)] })],
    [
      'V46',
      'END UDP ::1 2345 ::1 5777 1 2\n',
      () => ({
        reference: [one('end', s, d).replace('"tcp"', '"udp"')],
        ours: ['an end whose start is unknown gives a firefly with `start-time` ""', []],
      }),
    ],
    [
      'V48',
      'start tcp ::1 1 ::1 2 1 2\nend tcp ::1 1 ::1 2 1 2\n',
      () => ({ reference: [one('start', ['::1', 1], ['::1', 2]), one('end', ['::1', 1], ['::1', 2])] }),
    ],
    ['V49', 'ongoing tcp ::1 1 ::1 2 1 2\n', () => ({ reference: [] })],
    ['V50', 'start sctp ::1 1 ::1 2 1 2\n', () => ({ reference: [] })],
    ['V51', 'start tcp ::1 65536 ::1 2 1 2\n', () => ({ reference: [] })],
    ['V52', 'start tcp ::1 1 ::1 2 -1 2\n', () => ({ reference: [] })],
    [
      'V52 with a name',
      'start tcp ::1 1 ::1 2 atlas 2\nend tcp ::1 1 ::1 2 atlas 2\n',
      () => ({
        reference: [],
        ours: [
          'ids only (V52)',
          [one('start', ['::1', 1], ['::1', 2]), one('end', ['::1', 1], ['::1', 2])].map(text =>
            text.replace('"experiment-id":1', '"experiment-id":2'),
          ),
        ],
      }),
    ],
    ['V53', 'start tcp 010.0.0.1 1 10.0.0.2 2 1 2\n', () => ({ reference: [] })],
    ['V54', 'start tcp ::1 1 ::1 2 1\nstart tcp ::1 1 ::1 2 1 2 3\n', () => ({ reference: [] })],
    ['V55', 'start tcp 10.0.0.1 1 ::1 2 1 2\n', () => ({ reference: [one('start', ['10.0.0.1', 1], ['::1', 2])] })],
    [
      'V56',
      'start tcp ::ffff:10.0.0.1 1 ::1 2 4294967295 2\n',
      () => ({
        reference: [
          one('start', ['::ffff:10.0.0.1', 1], ['::1', 2]).replace('"experiment-id":1', '"experiment-id":4294967295'),
        ],
        ours: ['any id up to 32 bits', []],
      }),
    ],
    [
      'V47',
      'start tcp 192.168.0.1 2346 127.0.0.1 5777 1 2',
      () => ({
        reference: [],
        ours: ['the last fragment of a read of the pipe is thrown away', [one('start', ['192.168.0.1', 2346])]],
      }),
    ],
  ])('%s: %j', async (_name, text, consequence) => {
    write(text)
    await daemon.expectFireflies(consequence())
  })
})

describe('the stop', () => {
  it('announces the end of every flow that lives, where the reference says nothing', async () => {
    mayDiffer('nothing is announced at a stop')
    const live = await daemon.flowd.control.flows()
    expect(live.length).toBeGreaterThan(0)
    expect(await daemon.flowd.stop()).toBe(0)
    const ends = daemon.collected.map(text => /"state":"end".*"src-ip":"([^"]+)".*"src-port":(\d+)/.exec(text))
    const sources = ends.map(end => `${end?.[1]?.includes(':') === true ? `[${end[1]}]` : end?.[1]}:${end?.[2]}`)
    expect(sources.toSorted()).toEqual(live.map(({ source }) => source).toSorted())
  })
})
