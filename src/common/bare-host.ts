/** A host without the brackets that an IPv6 address may stand in: flowd-go wants them where a socket takes none. */
export function bareHost(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1')
}
