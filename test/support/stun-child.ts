import { isIPv6 } from 'node:net'
import { queryMappedAddress } from '../../src/flowd/addresses/stun/index.ts'

/** Asks a STUN server from inside a network namespace. usage: stun-child.ts HOST PORT; prints what it said as JSON. */
const [host = '', port = ''] = process.argv.slice(2)
const family = isIPv6(host) ? 'ipv6' : 'ipv4'
console.log(JSON.stringify(await queryMappedAddress({ server: { host, port: Number(port) }, family, timeoutMs: 1000 })))
