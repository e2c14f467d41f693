import { FlowFlood } from '../../src/simulate/index.ts'

/**
 * A process that floods its collector with connections (see FlowFlood).
 *
 * usage: node van-flood-child.ts MESSAGES; prints `ready PORT`, then `sent RECORDS`, and lives until it is killed
 */
const flood = new FlowFlood({ listen: { port: 0 }, messages: Number(process.argv[2]) })
await flood.start()
console.log(`ready ${flood.port}`)
console.log(`sent ${await flood.finished}`)
