import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

const TIMEOUT_MS = 10_000
const LENGTH_MAX = 1 << 20

/** Whether a source is asked over the network. */
export function isRemote(source: string): boolean {
  return /^https?:\/\//i.test(source)
}

/**
 * The text at a source: a path, a file URL, or an HTTP URL. Throws when it cannot be had or is too large, and when the
 * signal is aborted meanwhile.
 */
export async function readSource(source: string, signal: AbortSignal): Promise<string> {
  if (!isRemote(source)) return readFile(source.startsWith('file:') ? fileURLToPath(source) : source, 'utf8')
  const answer = await fetch(source, {
    signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    headers: { accept: 'application/json' },
  })
  if (!answer.ok) throw new Error(`the server answers ${answer.status}`)
  const parts: Uint8Array[] = []
  let length = 0
  const body: AsyncIterable<Uint8Array> | null = answer.body
  for await (const part of body ?? []) {
    length += part.length
    if (length > LENGTH_MAX) throw new Error(`the list is larger than ${LENGTH_MAX} bytes`)
    parts.push(part)
  }
  return Buffer.concat(parts).toString()
}
