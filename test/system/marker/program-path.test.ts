import { describe, expect, it } from 'vitest'
import { Marker } from '../../../src/flowd/backends/marker/marker.ts'
import { unitContext } from '../../support/flowd/unit-context.ts'
import { ipv6Frame } from '../../support/frames.ts'
import { MARKER_DEFAULTS } from '../../support/marker-in-namespace.ts'
import { MarkerPrograms } from '../../support/marker-programs.ts'

const OTHER = 'test/support/bpf/other-marker.bpf.o'

describe('an object in place of ours', () => {
  it('marks in its own way, and is counted as ours is', () => {
    using programs = new MarkerPrograms({ programPath: OTHER })
    const { packet, counter } = programs.run(ipv6Frame())
    expect(packet.readUInt32BE(14) & 0xfffff).toBe(0xabcde)
    expect(counter).toBe('marked')
  })

  it.each([
    [
      'flowd-go has',
      'test/support/bpf/flowd-go-marker.bpf.o',
      'it has no map tidemark_marks (keys of 36 bytes, values of 8), but flowLabels (keys of 24 bytes, values of 4, 100000 entries)',
    ],
    ['watches sockets', 'bpf/watcher.bpf.o', 'it has no map tidemark_marks (keys of 36 bytes, values of 8), but '],
    ['is no object', 'package.json', ''],
    ['is not there', '/does/not/exist.o', ''],
  ])('is refused when it is one that %s, and nothing is left', async (_what, programPath, reason) => {
    const marker = new Marker({ ...MARKER_DEFAULTS, targetInterfaces: ['lo'], programPath }, unitContext())
    const starting = marker.start()
    await expect(starting).rejects.toMatchObject({ code: 'BPF_OBJECT_INVALID', exitCode: 78 })
    await expect(starting).rejects.toThrow(`${programPath} cannot be used: ${reason}`)
    await marker.stop()
  })
})
