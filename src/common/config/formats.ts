import { isIP } from 'node:net'

/** Kinds of text that a schema can ask for with `format`. */
interface TextFormat {
  /** Completes "expected …". */
  description: string
  accepts: (text: string) => boolean
}

export const TEXT_FORMATS: Readonly<Record<string, TextFormat>> = {
  ip: { description: 'an IP address', accepts: text => isIP(text) > 0 },
  ipv4: { description: 'an IPv4 address', accepts: text => isIP(text) === 4 },
  ipv6: { description: 'an IPv6 address', accepts: text => isIP(text) === 6 },
  'stun-server': { description: 'host or host:port', accepts: isStunServer },
  network: { description: 'a network as 2001:db8::/32, or an IP address', accepts: isNetwork },
  'port-range': { description: 'a port of 1-65535, or a range as 5000-5010', accepts: isPortRange },
  'registry-name': { description: 'a name of the registry', accepts: text => /^(?![-+]?[\d.]+$).*\S/.test(text) },
}

/** Whether a text names a STUN server: a host, with its port unless it is the usual one; also as `stun:HOST:PORT`. */
export function isStunServer(text: string): boolean {
  const plain = text.replace(/^stun:/, '')
  return isHostPort(plain) || isHostPort(`${plain}:1`) || isIP(plain) === 6
}

/** Whether a text is a name, an IPv4 address or an IPv6 address in brackets, and a port. */
function isHostPort(text: string): boolean {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text)
  if (match === null || Number(match[3]) > 65_535) return false
  return match[1] === undefined || isIP(match[1]) === 6
}

function isNetwork(text: string): boolean {
  const match = /^([^/%]+)(?:\/(\d{1,3}))?$/.exec(text)
  const family = isIP(match?.[1] ?? '')
  return family > 0 && Number(match?.[2] ?? 0) <= (family === 4 ? 32 : 128)
}

function isPortRange(text: string): boolean {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text)
  if (match === null) return false
  const [first, last] = [Number(match[1]), Number(match[2] ?? match[1])]
  return first >= 1 && first <= last && last <= 65_535
}
