import { readFileSync } from 'node:fs'
import { release } from 'node:os'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { ticksPerSecond } from './clock.ts'

/** The kernel's configuration, where it or its package tells it. */
function kernelConfiguration(): string | undefined {
  try {
    return gunzipSync(readFileSync('/proc/config.gz')).toString()
  } catch {
    try {
      return readFileSync(`/boot/config-${release()}`, 'utf8')
    } catch {
      return undefined
    }
  }
}

describe.runIf(process.platform === 'linux')('the ticks of the kernel', () => {
  it('come so often that every kernel has it', () => {
    expect([100, 250, 300, 1000]).toContain(ticksPerSecond())
  })

  const configured = /^CONFIG_HZ=(\d+)$/m.exec(kernelConfiguration() ?? '')?.[1]
  it.runIf(configured !== undefined)('come as often as its configuration says', () => {
    expect(ticksPerSecond()).toBe(Number(configured))
  })
})
