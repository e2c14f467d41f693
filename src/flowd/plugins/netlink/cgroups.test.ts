import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { testFolder } from '../../../../test/support/test-folder.ts'
import { Cgroups, MAX_KNOWN } from './cgroups.ts'

const mount = testFolder()

function make(path: string): bigint {
  mkdirSync(join(mount, path), { recursive: true })
  return statSync(join(mount, path), { bigint: true }).ino
}

describe('Cgroups', () => {
  it('knows what lies at and below its paths, whenever it comes', async () => {
    const cgroups = new Cgroups(mount, ['transfers', 'transfers/deep/one', 'later'])
    const [top, one, beside] = [make('transfers'), make('transfers/deep/one'), make('beside')]
    writeFileSync(join(mount, 'transfers', 'cgroup.procs'), '')
    await cgroups.learn([top, one, beside])
    const below = (path: string) => [top, one, beside].map(id => cgroups.isBelow(id, path))
    expect(below('transfers')).toEqual([true, true, false])
    expect(below('transfers/deep/one')).toEqual([false, true, false])
    expect(below('later')).toEqual([false, false, false])

    const late = make('later/service')
    await cgroups.learn([top, late])
    expect(cgroups.isBelow(late, 'later')).toBe(true)
  })

  it('looks at the folders only for ids that it was never asked for', async () => {
    const cgroups = new Cgroups(mount, ['again'])
    const elsewhere = make('elsewhere')
    await cgroups.learn([elsewhere])
    const id = make('again')
    await cgroups.learn([elsewhere])
    expect(cgroups.isBelow(id, 'again')).toBe(false)
    await cgroups.learn([elsewhere, id])
    expect(cgroups.isBelow(id, 'again')).toBe(true)
  })

  it('forgets all once it knows many, and reads again what there is', async () => {
    const cgroups = new Cgroups(mount, ['few'])
    const [gone, stays] = [make('few/gone'), make('few/stays')]
    await cgroups.learn([gone, stays])
    rmSync(join(mount, 'few/gone'), { recursive: true })
    await cgroups.learn(Array.from({ length: MAX_KNOWN }, (_, index) => 2n ** 40n + BigInt(index)))
    expect([gone, stays].map(id => cgroups.isBelow(id, 'few'))).toEqual([true, true])
    await cgroups.learn([1n])
    expect([gone, stays].map(id => cgroups.isBelow(id, 'few'))).toEqual([false, true])
  })
})
