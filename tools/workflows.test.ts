import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'

/** What these tests read of a workflow. */
interface Workflow {
  on: { push: { tags?: string[]; branches?: string[] } }
  jobs: Record<string, { needs?: string; steps: { run?: string; uses?: string }[] }>
}

const FOLDER = '.github/workflows'
const workflow = (name: string) => parse(readFileSync(join(FOLDER, name), 'utf8')) as Workflow
const runs = (name: string, job: string) => workflow(name).jobs[job]?.steps.flatMap(({ run }) => run ?? []) ?? []

describe('the workflows', () => {
  it.each(readdirSync(FOLDER))('%s runs only what there is, and actions of others by their commit', name => {
    const targets = new Set([...readFileSync('Makefile', 'utf8').matchAll(/^([a-z][a-z-]*):/gm)].map(match => match[1]))
    const steps = Object.values(workflow(name).jobs).flatMap(job => job.steps)
    expect(steps.length).toBeGreaterThan(1)
    for (const { run = '', uses } of steps) {
      if (uses !== undefined) expect(uses).toMatch(/@[0-9a-f]{40}$/)
      const [command, ...words] = run.split(' ')
      if (command === 'make') expect(words.filter(word => !targets.has(word))).toEqual([])
      if (command?.startsWith('.')) expect(existsSync(command)).toBe(true)
    }
  })

  it('test every push to main as a developer does', () => {
    expect(workflow('ci.yml').on.push.branches).toEqual(['main'])
    expect(runs('ci.yml', 'judge')).toContain('.ci/run')
  })

  it('build, test and then publish what a tag names', () => {
    const { on, jobs } = workflow('release.yml')
    expect(on.push.tags).toEqual(['v*'])
    expect(runs('release.yml', 'build')).toEqual(expect.arrayContaining(['make check test', 'make dist deb rpm srpm']))
    expect(jobs['publish']?.needs).toBe('build')
  })
})
