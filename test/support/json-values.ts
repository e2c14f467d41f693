/**
 * Cuts a stream of JSON texts that follow each other without any separator (`[…]{…}{…}`) into values, whatever the
 * borders of the pieces in which it arrives. Written apart from the command's own reader, so that each checks the
 * other.
 */
export function jsonValues(text: string): unknown[] {
  const values: unknown[] = []
  let depth = 0
  let from = 0
  for (const token of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/g)) {
    if (token[0] === '[' || token[0] === '{') depth += 1
    else if (token[0] === ']' || token[0] === '}') depth -= 1
    else continue
    if (depth > 0) continue
    const end = token.index + 1
    values.push(JSON.parse(text.slice(from, end)))
    from = end
  }
  return values
}
