import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Collects garbage until nothing more goes, and returns what stays: bytes on the heap and in buffers. */
export function bytesInUse(): number {
  for (let turn = 0; turn < 3; turn += 1) collect()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}
