import { isTidemarkError, Metrics, silentLogger } from '../../src/common/index.ts'
import { Marker } from '../../src/flowd/backends/marker/marker.ts'
import type { MarkerOptions } from '../../src/flowd/backends/marker/options.ts'
import type { FiveTuple } from '../../src/scitags/index.ts'
import { flowToMark } from './marker-in-namespace.ts'

/**
 * A marker in a process of its own, so that it can be killed, or live where something is hidden. Prints `ready` and
 * goes on until it is killed; or prints the error it met, as JSON, and ends with the error's exit code.
 *
 * usage: marker-child.ts OPTIONS FLOWS (JSON: the backend's options; a list of [five-tuple, label])
 */
const options = JSON.parse(process.argv[2] ?? '') as MarkerOptions
const flows = JSON.parse(process.argv[3] ?? '[]') as [FiveTuple, number][]

try {
  const marker = new Marker(options, { log: silentLogger, metrics: new Metrics({ prefix: 'tidemark_flowd' }) })
  await marker.start()
  for (const [tuple, label] of flows) marker.handle({ kind: 'start', flow: flowToMark(tuple, label) })
  console.log('ready')
  setInterval(() => undefined, 60_000)
} catch (error) {
  if (!isTidemarkError(error)) throw error
  console.log(JSON.stringify({ code: error.code, message: error.message, remedy: error.remedy }))
  process.exitCode = error.exitCode
}
