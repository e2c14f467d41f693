import { type ChildProcess, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from '../free-port.ts'

/** A message as rsyslog understood it. */
export interface SyslogMessage {
  time: string
  facility: string
  severity: string
  host: string
  program: string
  process: string
  id: string
  data: string
  text: string
}

const PROPERTIES = {
  time: 'timereported" dateFormat="rfc3339',
  facility: 'syslogfacility-text',
  severity: 'syslogseverity-text',
  host: 'hostname',
  program: 'app-name',
  process: 'procid',
  id: 'msgid',
  data: 'structured-data',
  text: 'msg',
} as const

/** A real rsyslogd that takes UDP on loopback and writes each message as JSON. */
export class Rsyslog implements AsyncDisposable {
  readonly port: number
  readonly #folder: string
  readonly #child: ChildProcess

  private constructor(port: number) {
    this.port = port
    this.#folder = mkdtempSync(join(tmpdir(), 'tidemark-rsyslog-'))
    const file = (name: string) => join(this.#folder, name)
    writeFileSync(file('rsyslog.conf'), configuration(port, this.#folder))
    this.#child = spawn('rsyslogd', ['-n', '-i', file('pid'), '-f', file('rsyslog.conf')], { stdio: 'inherit' })
  }

  /** Resolves when messages are taken. */
  static async start(): Promise<Rsyslog> {
    const rsyslog = new Rsyslog(await freePort('udp'))
    const socket = createSocket('udp4')
    while (rsyslog.messages('ready').length === 0) {
      if (rsyslog.#child.exitCode !== null) throw new Error(`rsyslogd ended with ${rsyslog.#child.exitCode}`)
      socket.send('<134>1 - - ready - ready - {}', rsyslog.port, '127.0.0.1')
      await delay(50)
    }
    socket.close()
    return rsyslog
  }

  /** What came with a MSGID, oldest first. */
  messages(id: string): SyslogMessage[] {
    const file = join(this.#folder, 'messages')
    const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : []
    return lines.map(line => JSON.parse(line) as SyslogMessage).filter(message => message.id === id)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null) {
      this.#child.kill()
      await once(this.#child, 'exit')
    }
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

function configuration(port: number, folder: string): string {
  const properties = Object.entries(PROPERTIES).map(
    ([name, property]) => `  property(outname="${name}" name="${property}" format="jsonf")`,
  )
  return [
    `global(workDirectory="${folder}" maxMessageSize="64k" net.enableDNS="off")`,
    'module(load="imudp")',
    'template(name="json" type="list" option.jsonf="on") {',
    ...properties,
    '}',
    'ruleset(name="all") {',
    `  action(type="omfile" file="${folder}/messages" template="json")`,
    '}',
    `input(type="imudp" address="127.0.0.1" port="${port}" ruleset="all")`,
    '',
  ].join('\n')
}
