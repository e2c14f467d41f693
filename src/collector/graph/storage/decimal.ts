const DIGIT_0 = 48
const DIGIT_9 = 57
/** Ten digits might not fit 32 bits. */
const MOST_DIGITS = 9

/**
 * Where the decimal number begins that a text ends with; the text's length when it ends with none. Takes no more
 * digits than give the same text again: no leading zeros, at most nine.
 */
export function trailingDecimal(text: string): number {
  const earliest = Math.max(0, text.length - MOST_DIGITS)
  let at = text.length
  while (at > earliest && isDigit(text.charCodeAt(at - 1))) at -= 1
  while (at < text.length - 1 && text.charCodeAt(at) === DIGIT_0) at += 1
  return at
}

/** The value of the decimal digits from a position to the end of a text. */
export function decimalFrom(text: string, start: number): number {
  let number = 0
  for (let at = start; at < text.length; at += 1) number = number * 10 + (text.charCodeAt(at) - DIGIT_0)
  return number
}

function isDigit(code: number): boolean {
  return code >= DIGIT_0 && code <= DIGIT_9
}
