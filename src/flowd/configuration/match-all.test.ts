import { describe, expect, it } from 'vitest'
import { formatProblem, parseConfiguration } from '../../common/index.ts'
import { FLOWD_CONFIGURATION } from './configuration.ts'
import { withMatchAll } from './match-all.ts'

function loaded(text: string) {
  return withMatchAll(parseConfiguration(FLOWD_CONFIGURATION, text, 'conf.yaml'))
}

const PERFSONAR = 'plugins: {perfsonar: {}}'

describe('matchAll', () => {
  it.each(['backends: {marker: {}}', 'backends: {marker: {matchAll: false}}'])(
    'is true with a warning when perfsonar is on: %s',
    text => {
      const { values, warnings, origins } = loaded(`${PERFSONAR}\n${text}`)
      expect(values.backends?.marker?.matchAll).toBe(true)
      expect(warnings.map(formatProblem)).toEqual([
        "conf.yaml: backends.marker.matchAll: is taken as true, since the plugin 'perfsonar' declares every packet",
      ])
      expect(origins.get('backends.marker.matchAll')).toEqual({ kind: 'implied', by: 'plugins.perfsonar' })
    },
  )

  it.each([
    ['it is true already', `${PERFSONAR}\nbackends: {marker: {matchAll: true}}`, true],
    ['there is no perfsonar', 'backends: {marker: {}}', false],
    ['there is no marker', PERFSONAR, undefined],
  ])('stays as it is when %s', (_name, text, matchAll) => {
    const { values, warnings } = loaded(text)
    expect(values.backends?.marker?.matchAll).toBe(matchAll)
    expect(warnings).toEqual([])
  })
})
