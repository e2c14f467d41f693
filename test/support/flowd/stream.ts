import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { TestNamespace } from '../namespace.ts'

const CHILD = 'test/support/flowd/tcp-stream-child.ts'

/** A living TCP connection between two namespaces, data flowing all the time. */
export interface TcpStream {
  sourcePort: number
  /** The sending process; killing it ends the connection. */
  sender: ChildProcess
}

/** Opens a listener for streams in a namespace. */
export async function listenForStreams(namespace: TestNamespace, port: number): Promise<void> {
  await firstLine(namespace.spawn(process.execPath, [CHILD, 'listen', String(port)]))
}

/** Connects and keeps sending, 500 times a second. */
export async function startStream(namespace: TestNamespace, address: string, port: number): Promise<TcpStream> {
  const sender = namespace.spawn(process.execPath, [CHILD, 'send', address, String(port)])
  const line = await firstLine(sender)
  return { sourcePort: Number(line.replace('port ', '')), sender }
}

async function firstLine(child: ChildProcess): Promise<string> {
  child.stdout?.setEncoding('utf8')
  const [text] = (await once(child.stdout ?? child, 'data')) as [string]
  return text.trim()
}
