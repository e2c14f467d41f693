import { describe, expect, it } from 'vitest'
import { problemsOf, read } from '../../../test/support/sample-configuration.ts'
import { formatProblem } from './problem.ts'

describe('deprecated keys', () => {
  const deprecated = [
    { key: 'plugins.http', movedTo: 'plugins.api', says: 'is now plugins.api' },
    { key: 'stunServers', says: 'has no effect any more' },
    {
      key: 'limits.strategy',
      says: "the value 'flowLabelAll' is now strategy label with names [all]",
      translate: (value: unknown) =>
        value === 'flowLabelAll' ? { 'limits.strategy': 'label', 'limits.on': false } : undefined,
    },
    { key: 'serve', says: 'is said by plugins.api now', translate: () => ({ 'plugins.api': {} }) },
  ]

  it('moves a section with its lines, and warns', () => {
    const loaded = read('plugins:\n  http:\n    bindPort: 1\n', { deprecated })
    expect(loaded.values.plugins?.api?.bindPort).toBe(1)
    expect(loaded.warnings.map(formatProblem)).toEqual(['x.yaml:2:3: plugins.http: is now plugins.api'])
    expect(problemsOf('plugins: {http: {bindPort: x}}', { deprecated })).toContain('x.yaml:1:')
  })

  it('lets the new key win when both are there', () => {
    const loaded = read('plugins: {http: {bindPort: 1}, api: {bindPort: 2}}', { deprecated })
    expect(loaded.values.plugins?.api?.bindPort).toBe(2)
    expect(loaded.warnings[0]?.message).toContain('ignored, because plugins.api is there too')
  })

  it('translates old values, leaves the others, and remembers where they came from', () => {
    const loaded = read('limits:\n  strategy: flowLabelAll\n', { deprecated })
    expect(loaded.values.limits).toMatchObject({ strategy: 'label', on: false })
    expect(loaded.origins.get('limits.on')).toEqual({ kind: 'mapped', line: 2, from: 'limits.strategy' })
    expect(read('limits: {strategy: hopByHop}', { deprecated }).warnings).toEqual([])
  })

  it('turns a section on with its defaults, and leaves one that is there', () => {
    const loaded = read('serve: true\n', { deprecated })
    expect(loaded.values.plugins?.api).toEqual(read('plugins: {api: {}}').values.plugins?.api)
    expect(loaded.values.plugins?.api).toBeDefined()
    const both = read('serve: true\nplugins: {api: {bindPort: 2}}', { deprecated })
    expect(both.values.plugins?.api?.bindPort).toBe(2)
    expect(both.warnings).toHaveLength(1)
  })

  it('finds old keys and their new places in any case', () => {
    const { values } = read('Plugins: {HTTP: {bindPort: 1}}', { deprecated })
    expect(values.plugins?.api?.bindPort).toBe(1)
  })

  it('drops keys without a successor, with a warning; strict makes it an error', () => {
    expect(read('stunServers: [a]', { deprecated }).warnings).toHaveLength(1)
    expect(problemsOf('stunServers: [a]', { deprecated, strict: true })).toContain('has no effect')
  })
})
