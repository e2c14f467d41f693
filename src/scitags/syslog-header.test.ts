import { describe, expect, it } from 'vitest'
import { syslogHeadersRoundTrip, syslogHeadersSurvive } from '../../test/support/properties/scitags.ts'
import { formatSyslogHeader, parseSyslogHeader } from './syslog-header.ts'

describe('syslog header', () => {
  it('writes what the reference writes, with a time', () => {
    const header = { facility: 16, severity: 6, hostname: 'h1', appName: 'flowd-go-v2.4.2', msgId: 'firefly-json' }
    const timestampUs = Date.UTC(2025, 11, 11, 10, 22, 46, 500) * 1000
    expect(formatSyslogHeader({ ...header, timestampUs })).toBe(
      '<134>1 2025-12-11T10:22:46.5+00:00 h1 flowd-go-v2.4.2 - firefly-json - ',
    )
    expect(formatSyslogHeader(header)).toBe('<134>1 - h1 flowd-go-v2.4.2 - firefly-json - ')
  })

  it.each([
    '<134>1 2024-03-28T08:58:48.899646+00:00 etf-cs9.cern.ch flowd - firefly-json - {}',
    '<134>1 - host xrootd - firefly-json - {}',
    '<134>1 2024-03-28T08:58:48Z 2001:db8::1 dCache - firefly-json - {}',
  ])('V76: reads %s', text => {
    const read = parseSyslogHeader(text)
    expect(read?.header).toMatchObject({ facility: 16, severity: 6, msgId: 'firefly-json' })
    expect(text.slice(read?.messageOffset)).toBe('{}')
  })

  it.each([
    ['an empty timestamp', '<134>1  host flowd-go - firefly-json - {}'],
    ['no header', '{}'],
    ['no structured data', '<134>1 - host app - firefly-json {}'],
    ['a wrong time', '<134>1 yesterday host app - firefly-json - {}'],
    ['a wrong priority', '<192>1 - host app - firefly-json - {}'],
    ['version 0', '<134>0 - host app - firefly-json - {}'],
    ['an unclosed element', '<134>1 - host app - firefly-json [a b="c" {}'],
    ['text glued to an element', '<134>1 - host app - firefly-json [a b="c"]{}'],
  ])('V76: refuses %s', (_what, text) => expect(parseSyslogHeader(text)).toBeUndefined())

  it('reads structured data with its escapes, and a byte order mark before the message', () => {
    const text = '<165>1 - h a 12 ID47 [one@1 k="a\\"b\\\\c\\]d" k="{"][two] \uFEFFmessage'
    const read = parseSyslogHeader(text)
    expect(read?.header).toEqual({
      facility: 20,
      severity: 5,
      hostname: 'h',
      appName: 'a',
      procId: '12',
      msgId: 'ID47',
      structuredData: [
        {
          id: 'one@1',
          parameters: [
            ['k', 'a"b\\c]d'],
            ['k', '{'],
          ],
        },
        { id: 'two', parameters: [] },
      ],
    })
    expect(text.slice(read?.messageOffset)).toBe('message')
  })

  it('keeps a field from breaking the header', () => {
    const text = formatSyslogHeader({ facility: 1, severity: 2, hostname: 'no idea!', appName: 'x'.repeat(60) })
    expect(text).toBe(`<10>1 - no_idea! ${'x'.repeat(48)} - - - `)
  })

  it('gives back every header that it wrote', () => syslogHeadersRoundTrip(20_000))

  it('survives any text', () => syslogHeadersSurvive(20_000))
})
