import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { problemsOf, read, Schema } from '../../../test/support/sample-configuration.ts'
import { isTidemarkError } from '../errors/index.ts'
import { loadConfiguration } from './load.ts'
import { formatProblem } from './problem.ts'

describe('loading a configuration', () => {
  it('names what is odd beside the errors, which it may have caused', () => {
    expect(problemsOf('limit: {ratio: 2}\nlimits: {ratio: much}')).toBe(
      [
        "  x.yaml:2:17: limits.ratio: is 'much', expected a number",
        "  warning: x.yaml:1:1: limit: unknown key, ignored; did you mean 'limits'?",
      ].join('\n'),
    )
  })

  it('shows how a single value is written where a list is expected', () => {
    expect(problemsOf('limits: {names: eth0}')).toContain("is 'eth0', expected a list, as in [eth0]")
  })

  it('names a folder as what cannot be read', () => {
    expect(() => loadConfiguration(Schema, '/')).toThrow(/^the configuration file \/ cannot be read: EISDIR/)
  })

  it('gives every default for an empty file, a file of comments, and an empty map', () => {
    for (const text of ['', '# nothing\n', '{}', 'null', '---\n']) {
      const { values } = read(text)
      expect(values.pidPath).toBe('/run/x.pid')
      expect(values.plugins).toBeUndefined()
      expect(values.limits.names).toEqual(['lo'])
    }
  })

  it('hands out defaults that the caller may change', () => {
    read('').values.limits.names.push('eth0')
    expect(read('').values.limits.names).toEqual(['lo'])
  })

  it('turns an optional section on by an empty map, and leaves it off when absent or null', () => {
    expect(read('plugins: {api: {}}').values.plugins?.api).toEqual({ bindAddress: '127.0.0.1', bindPort: 7777 })
    expect(read('plugins: {api: }').values.plugins).toEqual({})
    expect(read('plugins:').values.plugins).toBeUndefined()
  })

  it('takes JSON as well as YAML', () => {
    expect(read('{"limits": {"on": false, "names": ["a", "b"]}}').values.limits).toMatchObject({
      on: false,
      names: ['a', 'b'],
    })
  })

  it.each([
    ['7778', 7778],
    ['"7778"', 7778],
    ['7778.9', 7778],
    ['"0x10"', 16],
    ['', 7777],
    ['null', 7777],
  ])('reads the integer %s as %d', (text, port) => {
    expect(read(`plugins: {api: {bindPort: ${text}}}`).values.plugins?.api?.bindPort).toBe(port)
  })

  it.each(['70000', '-1', 'abc', '"12x"', 'true', '[1]', '{a: 1}', '.inf', '.nan', '99999999999999999999', '""'])(
    'refuses the port %s',
    text => {
      expect(problemsOf(`plugins: {api: {bindPort: ${text}}}`)).toMatch(
        /x\.yaml:1:\d+: plugins\.api\.bindPort: is .*, expected an integer from 0 to 65535/,
      )
    },
  )

  it('takes only true and false as booleans', () => {
    expect(read('limits: {on: false}').values.limits.on).toBe(false)
    for (const text of ['yes', '"true"', '1']) {
      expect(problemsOf(`limits: {on: ${text}}`)).toContain('expected true or false')
    }
  })

  it('keeps text as written, numbers and booleans included', () => {
    expect(read('pidPath: 1.10').values.pidPath).toBe('1.10')
    expect(read('pidPath: true').values.pidPath).toBe('true')
    expect(read('plugins: {pipe: {mode: 0640}}').values.plugins?.pipe?.mode).toBe('0640')
    expect(read('pidPath: ""').values.pidPath).toBe('')
  })

  it('replaces default lists, and checks their items', () => {
    expect(read('limits: {names: []}').values.limits.names).toEqual([])
    expect(problemsOf('limits: {names: lo}')).toContain("is 'lo', expected a list")
    expect(problemsOf('limits:\n  names:\n    - a\n    - [b]')).toContain('x.yaml:4:7: limits.names[1]: is a list')
  })

  it('reads choices without regard to case, and gives their own spelling', () => {
    expect(read('limits: {strategy: HOPBYHOP}').values.limits.strategy).toBe('hopByHop')
    expect(problemsOf('limits: {strategy: other}')).toContain("is 'other', expected one of label, hopByHop")
  })

  it('reads alternatives in their order', () => {
    expect(read('limits: {id: "3"}').values.limits.id).toBe(3)
    expect(read('limits: {id: cms}').values.limits.id).toBe('cms')
  })

  it('checks the keys and values of free-keyed maps', () => {
    expect(read('limits: {mapping: {10.0.0.1: 192.0.2.1}}').values.limits.mapping).toEqual({ '10.0.0.1': '192.0.2.1' })
    expect(problemsOf('limits: {mapping: {here: there}}').split('\n')).toHaveLength(2)
  })

  it('fills the defaults of sections in lists, and asks for what has none', () => {
    expect(read('limits: {receivers: [{address: a}]}').values.limits.receivers).toEqual([
      { address: 'a', port: 10_514 },
    ])
    expect(problemsOf('limits: {receivers: [{port: 1}]}')).toContain('limits.receivers[0].address: is missing')
  })

  it('reports every error at once, each with its line', () => {
    const problems = problemsOf('limits:\n  on: maybe\n  ratio: x\nplugins:\n  api:\n    bindAddress: nowhere\n')
    expect(problems.split('\n').map(line => line.trim().split(' ')[0])).toEqual([
      'x.yaml:2:7:',
      'x.yaml:3:10:',
      'x.yaml:6:18:',
    ])
  })

  it('reports broken YAML and duplicate keys with their line', () => {
    expect(problemsOf('a: [1\nb: 2')).toMatch(/^ {2}x\.yaml:2:\d+: /)
    expect(problemsOf('pidPath: a\npidPath: b')).toMatch(/x\.yaml:2:1: the key 'pidPath' stands in line 1 already/)
    expect(problemsOf('nothingLikeIt: a\nnothingLikeIt: b').trim().split('\n')).toHaveLength(1)
    expect(problemsOf('- a')).toContain('expected keys and values at the top')
  })

  it('finds a key that stands twice among a hundred thousand at once', () => {
    const keys = Array.from({ length: 100_000 }, (_, at) => `k${at}: 1`).join('\n')
    expect(problemsOf(`${keys}\nk7: 1`)).toContain("x.yaml:100001:1: the key 'k7' stands in line 8 already")
  })

  it('reads no device without end', () => {
    expect(() => loadConfiguration(Schema, '/dev/zero')).toThrow(
      /\/dev\/zero cannot be read: it is longer than 4194304/,
    )
  })

  it('shows how a section is written where a single value stands, and where a key is missing', () => {
    expect(problemsOf('plugins: {api: true}')).toContain(
      'plugins.api: is true, expected a section of keys and values, as in {}',
    )
    expect(problemsOf('limits: {receivers: [host.example]}')).toContain(
      "limits.receivers[0]: is 'host.example', expected a section of keys and values, as in {address: host.example}",
    )
    expect(problemsOf('limits:\n  receivers:\n    - {}')).toContain(
      'x.yaml:3:7: limits.receivers[0].address: is missing, expected text',
    )
  })

  it('warns of unknown keys with a suggestion, and refuses them when strict', () => {
    const text = 'plugins:\n  api:\n    bindPrt: 1\n  nothingLikeIt: {}\n'
    expect(read(text).warnings.map(formatProblem)).toEqual([
      "x.yaml:3:5: plugins.api.bindPrt: unknown key, ignored; did you mean 'bindPort'?",
      'x.yaml:4:3: plugins.nothingLikeIt: unknown key, ignored',
    ])
    expect(problemsOf(text, { strict: true })).toMatch(
      /unknown key; did you mean 'bindPort'\?[\s\S]*nothingLikeIt: unknown key$/,
    )
  })

  it('takes a key that differs in case for the one that it is, with a warning', () => {
    const loaded = read('Plugins:\n  api:\n    BINDPORT: 1\n')
    expect(loaded.values.plugins?.api?.bindPort).toBe(1)
    expect(loaded.warnings.map(formatProblem)).toEqual([
      "x.yaml:1:1: Plugins: is spelled 'plugins'",
      "x.yaml:3:5: plugins.api.BINDPORT: is spelled 'bindPort'",
    ])
    expect(loaded.origins.get('plugins.api.bindPort')).toEqual({
      kind: 'mapped',
      line: 3,
      from: 'plugins.api.BINDPORT',
    })
    expect(problemsOf('PidPath: /a', { strict: true })).toContain("PidPath: is spelled 'pidPath'")
  })

  it('takes the key that is spelled right where the file has both', () => {
    const { values, warnings } = read('pidpath: /a\npidPath: /b\n')
    expect(values.pidPath).toBe('/b')
    expect(warnings.map(({ key, message }) => `${key}: ${message}`)).toEqual([
      "pidpath: unknown key, ignored; did you mean 'pidPath'?",
    ])
  })

  it('uses the defaults of the profile that the file chooses', () => {
    const profile = (top: ReadonlyMap<string, unknown>) => (top.get('compatibility') === 'old' ? 'old' : undefined)
    expect(read('compatibility: old', { profile }).values.pidPath).toBe('/var/run/old.pid')
    expect(read('', { profile }).values.pidPath).toBe('/run/x.pid')
    expect(read('', { profile: 'old' }).values.pidPath).toBe('/var/run/old.pid')
  })

  it('applies rules across keys at the line of the key they name', () => {
    const rules = () => [{ key: 'limits.on', message: 'cannot be on here' }]
    expect(problemsOf('limits:\n  on: true', { rules })).toContain('x.yaml:2:3: limits.on: cannot be on here')
    expect(problemsOf('', { rules })).toContain('x.yaml: limits.on')
  })

  it('resolves anchors and merge keys, and a cycle of them harms nobody', () => {
    const merged = read('a: &a {bindPort: 1}\nplugins: {api: {<<: *a, bindAddress: "::1"}}')
    expect(merged.values.plugins?.api).toEqual({ bindAddress: '::1', bindPort: 1 })
    expect(() => read('plugins: &p {api: *p}')).not.toThrow()
  })

  it('says what is wrong with the file itself', () => {
    expect(() => loadConfiguration(Schema, '/nonexistent/x.yaml')).toThrow('no configuration file at')
    expect(() => loadConfiguration(Schema, '/')).toThrow('cannot be read')
  })

  it('never fails otherwise than by CONFIG_INVALID, whatever the text', () => {
    const fragment = fc.constantFrom(
      'plugins',
      'limits',
      ': ',
      '\n',
      '  ',
      '- ',
      '[',
      ']',
      '{',
      '}',
      '"',
      '&a ',
      '*a',
      '<<',
      '~',
      '0x',
      '|',
      '!!',
    )
    const text = fc
      .array(fc.oneof(fragment, fc.string({ maxLength: 4 })), { maxLength: 20 })
      .map(parts => parts.join(''))
    fc.assert(
      fc.property(text, input => {
        try {
          read(input)
        } catch (error) {
          if (!isTidemarkError(error, 'CONFIG_INVALID')) throw error
        }
      }),
      { numRuns: 3000 },
    )
  })
})
