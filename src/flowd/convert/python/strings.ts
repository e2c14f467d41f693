const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  '\n': '',
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\u{7}',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
}

const NUMBERED_ESCAPE = /([0-7]{1,3})|x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})/y

/** A string literal as it was read. */
export interface ReadString {
  value: string
  /** Where the text goes on behind it. */
  end: number
  problem: string | undefined
}

/**
 * Reads a string literal from behind its opening quote (Python's lexical analysis, string and bytes literals). One that
 * is not closed ends with its line, or with the text when it has three quotes.
 *
 * @param quote its quote, one or three characters
 * @param prefix what stands before it: r, b, u, f
 */
export function readString(source: string, from: number, quote: string, prefix: string): ReadString {
  const isRaw = /r/i.test(prefix)
  const kind = /f/i.test(prefix) ? 'is put together by code (an f-string)' : undefined
  const problem = /b/i.test(prefix) ? 'has bytes where a text belongs' : kind
  let value = ''
  let at = from
  while (at < source.length) {
    if (source.startsWith(quote, at)) return { value, end: at + quote.length, problem }
    const character = source[at] ?? ''
    if (character === '\n' && quote.length === 1) break
    if (character !== '\\' || at + 1 >= source.length) {
      value += character
      at += 1
    } else if (isRaw) {
      value += source.slice(at, at + 2)
      at += 2
    } else {
      const escaped = readEscape(source, at + 1)
      value += escaped.value
      at = escaped.end
    }
  }
  return { value, end: at, problem: 'has a text whose closing quote is missing' }
}

/** What follows a backslash; what Python does not know stands for itself. */
function readEscape(source: string, at: number): { value: string; end: number } {
  NUMBERED_ESCAPE.lastIndex = at
  const numbered = NUMBERED_ESCAPE.exec(source)
  if (numbered !== null) {
    const [whole, octal, ...hex] = numbered
    const code =
      octal === undefined ? Number.parseInt(hex.find(digits => digits !== undefined) ?? '', 16) : parseInt(octal, 8)
    if (code <= 0x10ffff) return { value: String.fromCodePoint(code), end: at + whole.length }
  }
  const character = source[at] ?? ''
  return { value: SIMPLE_ESCAPES[character] ?? `\\${character}`, end: at + 1 }
}
