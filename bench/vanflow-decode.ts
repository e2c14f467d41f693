// The claim: our decoder of RECORD messages is at least three times as fast as rhea's generic one, on messages of 50
// records with four deltas to each new one. Both decode the same bytes, in turns.
import rhea from 'rhea'
import { decodeMessage } from '../src/vanflow/index.ts'
import { flowMessages } from '../test/support/flow-stream.ts'

const CLAIMED_RATIO = 3
const MESSAGES = 1000
const ROUNDS = 7

const messages = [...flowMessages(MESSAGES)]

const decodeOurs = (bytes: Buffer): number => {
  const message = decodeMessage(bytes)
  return message.kind === 'records' ? message.records.length : 0
}
const decodeRheas = (bytes: Buffer): number =>
  (rhea.message.decode(bytes) as unknown as { body: unknown[] }).body.length

/** Records a second, over all messages once. */
function measure(decode: (bytes: Buffer) => number): number {
  const start = process.hrtime.bigint()
  let records = 0
  for (const message of messages) records += decode(message)
  return records / (Number(process.hrtime.bigint() - start) / 1e9)
}

const rates = { ours: [] as number[], rheas: [] as number[] }
for (let round = 0; round < ROUNDS; round += 1) {
  rates.ours.push(measure(decodeOurs))
  rates.rheas.push(measure(decodeRheas))
}
const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!
const [ours, rheas] = [median(rates.ours), median(rates.rheas)]
const ratio = ours / rheas
console.log(`ours:  ${(ours / 1e6).toFixed(2)} million records/s`)
console.log(`rhea:  ${(rheas / 1e6).toFixed(2)} million records/s`)
console.log(`ratio: ${ratio.toFixed(1)} (claimed: ${CLAIMED_RATIO})`)
process.exitCode = ratio >= CLAIMED_RATIO ? 0 : 1
