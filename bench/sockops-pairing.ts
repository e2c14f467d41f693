// Claim: when connections open and close at the highest rate that a generator of blocking system calls reaches here (at
// least 5,000 a second) for 10 s, the plugin iperf3 tells start and end of at least 99.99 % of them, each end with the
// ids of its start; what is missing is counted.
import { measurePairing } from '../test/support/sock-ops/pairing.ts'

const SECONDS = 10
const LEAST_RATE = 5000
const LEAST_SHARE = 0.9999

const { connections, seconds, starts, ends, pairs, lost, longestStallMs } = await measurePairing(SECONDS)
const rate = connections / seconds
const share = pairs / connections
console.log(`${connections} connections opened and reset in ${seconds.toFixed(1)} s: ${Math.round(rate)}/s`)
console.log(`starts ${starts}  ends ${ends}  pairs ${pairs} (${(share * 100).toFixed(4)} %)  counted as lost ${lost}`)
console.log(`the event loop was held up for ${longestStallMs.toFixed(0)} ms at most`)
process.exitCode = rate >= LEAST_RATE && share >= LEAST_SHARE ? 0 : 1
