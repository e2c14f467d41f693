import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'

/**
 * Runs the benchmarks, one after another, and says at the end which claims held. Each is a file of bench/ that prints
 * its figures and exits with 1 when its claim fails.
 *
 * usage: node tools/bench.ts [NAME…]
 */
const wanted = process.argv.slice(2)
const names = readdirSync('bench')
  .filter(file => file.endsWith('.ts'))
  .map(file => file.slice(0, -3))
const unknown = wanted.filter(name => !names.includes(name))
if (unknown.length > 0) {
  console.error(`there is no benchmark ${unknown.join(', ')}; there are: ${names.join(', ')}`)
  process.exit(2)
}

const outcomes: [string, boolean][] = []
for (const name of wanted.length > 0 ? wanted : names) {
  console.log(`== ${name}`)
  const { status } = spawnSync(process.execPath, ['--expose-gc', `bench/${name}.ts`], { stdio: 'inherit' })
  outcomes.push([name, status === 0])
}

console.log('== claims')
for (const [name, holds] of outcomes) console.log(`${holds ? 'holds' : 'FAILS'}  ${name}`)
process.exitCode = outcomes.every(([, holds]) => holds) ? 0 : 1
