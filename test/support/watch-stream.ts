import { connect, type Socket } from 'node:net'
import { jsonValues } from './json-values.ts'

/** The body of a chunked HTTP answer, taken apart from the bytes on the wire. */
interface Chunked {
  headers: string
  chunks: string[]
  /** Whether the last, empty chunk has come. */
  isComplete: boolean
}

function takeApart(raw: Buffer): Chunked {
  const head = raw.indexOf('\r\n\r\n')
  if (head < 0) return { headers: '', chunks: [], isComplete: false }
  const chunks: string[] = []
  let at = head + 4
  for (;;) {
    const lineEnd = raw.indexOf('\r\n', at)
    if (lineEnd < 0) break
    const length = Number.parseInt(raw.toString('latin1', at, lineEnd), 16)
    if (length === 0) return { headers: raw.toString('latin1', 0, head), chunks, isComplete: true }
    if (raw.length < lineEnd + 2 + length + 2) break
    chunks.push(raw.toString('utf8', lineEnd + 2, lineEnd + 2 + length))
    at = lineEnd + 2 + length + 2
  }
  return { headers: raw.toString('latin1', 0, head), chunks, isComplete: false }
}

/** A watch client on a plain socket, so that tests see the very chunks, and can stop reading. */
export class WatchStream {
  readonly socket: Socket
  readonly #received: Buffer[] = []
  isClosed = false

  constructor(url: string) {
    const { hostname, port, pathname, search } = new URL(url)
    this.socket = connect(Number(port), hostname)
    this.socket.write(`GET ${pathname}${search} HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`)
    this.socket.on('data', data => this.#received.push(data))
    this.socket.once('close', () => {
      this.isClosed = true
    })
    // A reset is one of the ways in which the server may cut; what matters to tests is that the stream has closed.
    this.socket.on('error', () => {
      this.isClosed = true
    })
  }

  get headers(): string {
    return takeApart(Buffer.concat(this.#received)).headers
  }

  get chunks(): string[] {
    return takeApart(Buffer.concat(this.#received)).chunks
  }

  get isComplete(): boolean {
    return takeApart(Buffer.concat(this.#received)).isComplete
  }

  /** The initial array and the objects that followed. */
  get values(): unknown[] {
    return jsonValues(this.chunks.join(''))
  }

  close(): void {
    this.socket.destroy()
  }
}
