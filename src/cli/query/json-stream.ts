const QUOTE = 0x22
const BACKSLASH = 0x5c
/** The bit that makes braces of brackets. */
const BRACE = 0x20
const OPENING = 0x7b
const CLOSING = 0x7d

/**
 * Cuts a stream of JSON arrays and objects that follow each other without any separator (`[…]{…}{…}`, what `watch=1`
 * sends) into its values. Chunks may end anywhere; each is looked through once, since a list may have thousands.
 *
 * @throws SyntaxError for what is no JSON
 */
export async function* jsonStream(chunks: AsyncIterable<string>): AsyncGenerator<unknown, void, undefined> {
  /** What earlier chunks brought of a value that goes on. */
  let begun: string[] = []
  let depth = 0
  let isInString = false
  let isEscaped = false
  for await (const chunk of chunks) {
    let from = 0
    for (let at = 0; at < chunk.length; at += 1) {
      const code = chunk.charCodeAt(at)
      if (isInString) {
        if (isEscaped) isEscaped = false
        else if (code === BACKSLASH) isEscaped = true
        else if (code === QUOTE) isInString = false
      } else if (code === QUOTE) {
        isInString = true
      } else if ((code | BRACE) === OPENING) {
        depth += 1
      } else if ((code | BRACE) === CLOSING) {
        depth -= 1
        if (depth > 0) continue
        begun.push(chunk.slice(from, at + 1))
        yield JSON.parse(begun.join('')) as unknown
        begun = []
        from = at + 1
      }
    }
    if (from < chunk.length) begun.push(chunk.slice(from))
  }
}
