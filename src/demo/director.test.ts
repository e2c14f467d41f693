import { afterEach, describe, expect, it, vi } from 'vitest'
import { playDemo } from './director.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

describe('the demo', () => {
  it('tells who is not root what is missing and what to do', async () => {
    vi.spyOn(process, 'geteuid').mockReturnValue(1000)
    const playing = playDemo({ onStep: () => undefined, signal: new AbortController().signal })
    await expect(playing).rejects.toMatchObject({
      code: 'DEMO_NEEDS_ROOT',
      exitCode: 78,
      remedy: expect.stringContaining('sudo make demo') as string,
    })
  })
})
