import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { testFolder } from '../../test/support/test-folder.ts'
import { checkCollector } from './check.ts'
import { loadCollectorConfiguration } from './load-configuration.ts'

const folder = testFolder()

function write(name: string, text: string): string {
  const file = join(folder, name)
  writeFileSync(file, text)
  return file
}

const NOWHERE = { MESSAGING_CONNECT_FILE: undefined }

/** The row of the router in the output of `check`. */
function routerOf(text: string, environment: NodeJS.ProcessEnv = NOWHERE) {
  const { rows } = checkCollector({ conf: write('collector.yaml', text) }, environment)
  const { text: url, origin } = rows.at(-1)!
  return [url, origin]
}

describe("the collector's configuration", () => {
  it('has a default for every key', () => {
    const { values } = loadCollectorConfiguration({ conf: write('empty.yaml', '') })
    expect(values.http).toMatchObject({ bindAddress: '127.0.0.1', bindPort: 8010 })
    expect(values.retention).toMatchObject({ endedMinutes: 15, maxEndedRecords: 1_000_000 })
    expect(values.sources).toMatchObject({ staleAfterSeconds: 10, goneAfterSeconds: 30 })
  })

  it.each([
    ['amqp: {url: "amqps://skupper-router-local"}', 'amqps://skupper-router-local:5671', 'amqp.url'],
    ['amqp: {url: "amqp://10.0.0.1:1234"}', 'amqp://10.0.0.1:1234', 'amqp.url'],
    ['amqp: {url: "amqp://[::1]"}', 'amqp://[::1]:5672', 'amqp.url'],
    ['', 'amqp://localhost:5672', 'the defaults'],
  ])('%j means the router %s, because of %s', (text, url, origin) => {
    expect(routerOf(text)).toEqual([url, origin])
  })

  it('takes the connection file that is configured before the one of the environment, and a URL before both', () => {
    const one = write('one.json', '{"host": "one"}')
    const two = write('two.json', '{"scheme": "amqps", "host": "two", "port": "5671"}')
    const environment = { MESSAGING_CONNECT_FILE: two }
    expect(routerOf('', environment)).toEqual(['amqps://two:5671', two])
    expect(routerOf(`amqp: {connectFile: ${one}}`, environment)).toEqual(['amqp://one:5672', one])
    expect(routerOf('amqp: {url: "amqp://three"}', environment)).toEqual(['amqp://three:5672', 'amqp.url'])
  })

  it.each([
    ['amqp: {url: "http://x"}', "amqp.url: is 'http://x', expected amqps://HOST[:PORT] or amqp://HOST[:PORT]"],
    ['amqp: {url: "amqp://x:99999"}', 'amqp.url: is no URL'],
    ['amqp: {url: "amqp://user:secret@x"}', 'amqp.url'],
    ['amqp: {url: "amqp://x", connectFile: y}', 'amqp.connectFile: is not used'],
    ['amqp: {url: "amqp://x", tls: {caFile: y}}', 'amqp.tls: needs an amqp.url that begins with amqps://'],
    ['amqp: {url: "amqps://x", tls: {keyFile: y}}', 'certificateFile and keyFile belong together'],
    ['amqp: {sasl: {user: x}}', 'amqp.sasl: needs amqp.url'],
    ['amqp: {url: "amqp://x", sasl: {mechanisms: [PLAIN]}}', 'amqp.sasl.passwordFile: is needed'],
    ['sources: {staleAfterSeconds: 40}', 'sources.staleAfterSeconds: is longer'],
    ['http: {bindAddress: nowhere}', 'http.bindAddress'],
  ])('%s is refused: %s', (text, complaint) => {
    expect(() => routerOf(text)).toThrow(complaint)
  })

  it('wants a file that was named to exist', () => {
    expect(() => loadCollectorConfiguration({ conf: join(folder, 'missing.yaml') })).toThrow('missing.yaml')
  })
})
