import { describe, expect, it } from 'vitest'
import { problemsOf, read, Schema } from '../../../test/support/sample-configuration.ts'
import { effectiveValues } from './effective.ts'

describe('the effective configuration', () => {
  it('lists each value with its origin', () => {
    const loaded = read('pidPath: /a\nplugins:\n  api:\n    bindPort: 1\n')
    const rows = effectiveValues(Schema, loaded)
    expect(rows.find(row => row.key === 'pidPath')).toMatchObject({ text: "'/a'", origin: 'x.yaml:1' })
    expect(rows.find(row => row.key === 'plugins.api.bindPort')).toMatchObject({ value: 1, origin: 'x.yaml:4' })
    expect(rows.find(row => row.key === 'plugins.api.bindAddress')).toMatchObject({ origin: 'default' })
    expect(rows.find(row => row.key === 'plugins.pipe')).toMatchObject({ text: 'off' })
  })

  it('hides secrets and passwords in URLs, in rows and in messages', () => {
    const text = 'pidPath: http://user:hunter2@host/\nplugins: {api: {token: hunter2}}'
    const rows = effectiveValues(Schema, read(text))
    expect(JSON.stringify(rows)).not.toContain('hunter2')
    expect(rows.find(row => row.key === 'plugins.api.token')?.text).toBe('(hidden)')
    expect(problemsOf('plugins: {api: {token: [hunter2]}}')).not.toContain('hunter2')
  })
})
