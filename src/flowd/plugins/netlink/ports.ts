/** A set of ports, out of texts as `1094` and `5000-5010`. */
export function portSet(ranges: readonly string[]): (port: number) => boolean {
  const bounds = ranges.map(text => {
    const [first = '', last = first] = text.split('-')
    return { first: Number(first), last: Number(last) }
  })
  return port => bounds.some(({ first, last }) => port >= first && port <= last)
}
