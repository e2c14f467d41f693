const DEPTH: Readonly<Record<string, number>> = { '{': 1, '[': 1, '}': -1, ']': -1 }
const QUOTE = '"'

/**
 * Cuts a stream of JSON arrays and objects that follow each other without any separator (`[…]{…}{…}`, what `watch=1`
 * sends) into its values. Chunks may end anywhere.
 *
 * @throws SyntaxError for what is no JSON
 */
export async function* jsonStream(chunks: AsyncIterable<string>): AsyncGenerator<unknown, void, undefined> {
  let text = ''
  let at = 0
  let depth = 0
  let isInString = false
  for await (const chunk of chunks) {
    text += chunk
    let from = 0
    for (; at < text.length; at += 1) {
      const character = text.charAt(at)
      if (isInString) {
        if (character === '\\') at += 1
        else if (character === QUOTE) isInString = false
      } else if (character === QUOTE) {
        isInString = true
      } else {
        const step = DEPTH[character]
        if (step === undefined) continue
        depth += step
        if (depth > 0) continue
        yield JSON.parse(text.slice(from, at + 1)) as unknown
        from = at + 1
      }
    }
    text = text.slice(from)
    at -= from
  }
}
