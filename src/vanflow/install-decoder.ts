import { decodeMessage } from './decode-message.ts'
import type { VanMessage } from './messages.ts'

/** The part of an AMQP library that turns a transfer's bytes into a message; in rhea that is `rhea.message`. */
export interface MessageModule {
  decode(bytes: Buffer): unknown
}

const MARK = Symbol('VAN-Flow decoder')

/**
 * Puts our decoder in the place of the library's, for the whole process: VAN-Flow messages arrive as `VanMessage`
 * (an event's `message` then satisfies `isVanMessage`), all others as the library decodes them. rhea looks `decode`
 * up on its module object for each delivery, and offers no other way; a contract test holds it to that.
 *
 * A message that cannot be decoded at all arrives as `malformed`: rhea's own decoder would throw, and that would
 * cost the connection.
 *
 * @returns puts the library's decoder back
 */
export function installDecoder(module: MessageModule): () => void {
  const original = module.decode
  if (MARK in original) return () => undefined
  const decode = (bytes: Buffer): unknown => {
    const message = decodeMessage(bytes)
    if (message.kind !== 'other') return message
    try {
      return original.call(module, bytes)
    } catch {
      return { ...message, kind: 'malformed', cause: 'sections' } satisfies VanMessage & { subject?: unknown }
    }
  }
  module.decode = Object.assign(decode, { [MARK]: true })
  return () => {
    module.decode = original
  }
}

const KINDS: ReadonlySet<unknown> = new Set<VanMessage['kind']>([
  'beacon',
  'heartbeat',
  'records',
  'flush',
  'malformed',
  'other',
])

/** Whether what a library delivered as a message came from our decoder. */
export function isVanMessage(message: unknown): message is VanMessage {
  return typeof message === 'object' && message !== null && 'kind' in message && KINDS.has(message.kind)
}
