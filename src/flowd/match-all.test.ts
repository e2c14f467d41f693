import { describe, expect, it } from 'vitest'
import { formatProblem, parseConfiguration } from '../common/index.ts'
import { FLOWD_CONFIGURATION } from './configuration.ts'
import { withMatchAll } from './match-all.ts'

/** A configuration with or without the plugin. */
function loaded(text: string, plugins: object) {
  const parsed = parseConfiguration(FLOWD_CONFIGURATION, text, 'conf.yaml')
  return withMatchAll({ ...parsed, values: { ...parsed.values, plugins: { ...parsed.values.plugins, ...plugins } } })
}

const PERFSONAR = { perfsonar: {} }

describe('matchAll', () => {
  it.each(['backends: {marker: {}}', 'backends: {marker: {matchAll: false}}'])(
    'is true with a warning when perfsonar is on: %s',
    text => {
      const { values, warnings, origins } = loaded(text, PERFSONAR)
      expect(values.backends?.marker?.matchAll).toBe(true)
      expect(warnings.map(formatProblem)).toEqual([
        "conf.yaml: backends.marker.matchAll: is taken as true, since the plugin 'perfsonar' declares every packet",
      ])
      expect(origins.get('backends.marker.matchAll')).toEqual({ kind: 'implied', by: 'plugins.perfsonar' })
    },
  )

  it.each([
    ['it is true already', 'backends: {marker: {matchAll: true}}', PERFSONAR, true],
    ['there is no perfsonar', 'backends: {marker: {}}', {}, false],
    ['there is no marker', '', PERFSONAR, undefined],
  ])('stays as it is when %s', (_name, text, plugins, matchAll) => {
    const { values, warnings } = loaded(text, plugins)
    expect(values.backends?.marker?.matchAll).toBe(matchAll)
    expect(warnings).toEqual([])
  })
})
