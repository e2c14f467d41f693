import { isIP } from 'node:net'

/** Kinds of text that a schema can ask for with `format`. */
interface TextFormat {
  /** Completes "expected …". */
  description: string
  accepts: (text: string) => boolean
}

export const TEXT_FORMATS: Readonly<Record<string, TextFormat>> = {
  ip: { description: 'an IP address', accepts: text => isIP(text) > 0 },
  'host-port': { description: 'host:port', accepts: isHostPort },
}

function isHostPort(text: string): boolean {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text)
  if (match === null || Number(match[3]) > 65_535) return false
  return match[1] === undefined || isIP(match[1]) === 6
}
