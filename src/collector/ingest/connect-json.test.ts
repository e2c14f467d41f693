import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { testFolder } from '../../../test/support/test-folder.ts'
import { findConnectJson, readConnectJson } from './connect-json.ts'

const folder = testFolder()

function write(content: unknown): string {
  const file = join(folder, 'connect.json')
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
  return file
}

describe('connect.json', () => {
  it('as Skupper 1.x writes it gives host, string port and certificates', () => {
    const tls = {
      ca: '/etc/messaging/ca.crt',
      cert: '/etc/messaging/tls.crt',
      key: '/etc/messaging/tls.key',
      verify: true,
    }
    const file = write({ scheme: 'amqps', host: 'skupper-router-local', port: '5671', tls })
    expect(readConnectJson(file)).toEqual({
      host: 'skupper-router-local',
      port: 5671,
      sasl: {},
      tls: { caFile: tls.ca, certificateFile: tls.cert, keyFile: tls.key, verify: true },
      origin: file,
    })
  })

  it.each([
    [{}, { host: 'localhost', port: 5672 }],
    [{ port: 'amqp' }, { port: 5672 }],
    [
      { scheme: 'amqps', port: 'amqps' },
      { port: 5671, tls: { verify: true } },
    ],
    [{ scheme: 'amqps' }, { port: 5671 }],
    [{ port: 1234 }, { port: 1234 }],
    [{ scheme: 'amqps', tls: { verify: false } }, { tls: { verify: false } }],
    [{ scheme: 'amqps', verify: false }, { tls: { verify: false } }],
    [{ user: 'u', password: 'p' }, { sasl: { user: 'u', password: { value: 'p' } } }],
    [{ sasl_mechanisms: 'PLAIN ANONYMOUS' }, { sasl: { mechanisms: ['PLAIN', 'ANONYMOUS'] } }],
    [{ sasl: { enabled: false } }, { sasl: { mechanisms: [] } }],
    [{ unknown: 1, tls: { ca: 'x' } }, { host: 'localhost' }],
  ])('%j gives %j', (content, expected) => {
    expect(readConnectJson(write(content))).toMatchObject(expected)
  })

  it.each([
    ['{', /not usable: .*JSON/],
    [{ port: 'imap' }, /port 'imap' is neither/],
    [{ port: '70000' }, /port '70000'/],
    [{ scheme: 'http' }, /scheme must/],
    [{ host: 3 }, /host must be string/],
    [[], /the file must be object/],
  ])('%j is refused with the reason', (content, message) => {
    const file = write(content)
    expect(() => readConnectJson(file)).toThrow(expect.objectContaining({ code: 'CONNECT_JSON_INVALID' }))
    expect(() => readConnectJson(file)).toThrow(message)
  })

  it('that is absent is named in the error', () => {
    const missing = join(folder, 'missing.json')
    expect(() => readConnectJson(missing)).toThrow(missing)
  })

  it('is looked for in the variable only when that is set, else in the folder, the home and /etc', () => {
    const home = join(folder, 'home')
    const here = join(folder, 'here')
    for (const place of [join(home, '.config/messaging'), here]) {
      mkdirSync(place, { recursive: true })
      writeFileSync(join(place, 'connect.json'), '{}')
    }
    const context = { workingFolder: here, homeFolder: home }
    expect(findConnectJson({ ...context, connectFile: '/nowhere' })).toBe('/nowhere')
    expect(findConnectJson({ ...context, connectFile: undefined })).toBe(join(here, 'connect.json'))
    expect(findConnectJson({ ...context, connectFile: undefined, workingFolder: `${folder}/empty` })).toBe(
      join(home, '.config/messaging/connect.json'),
    )
  })
})
