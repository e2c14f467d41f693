const char = String.fromCharCode

/**
 * Decodes UTF-8. Identities, host names and ports are short ASCII, and a call into the runtime costs twice what it
 * takes to build those from their bytes here; two such strings in every record make that worth a page.
 */
export function readUtf8(bytes: Buffer, start: number, end: number): string {
  return isShortAscii(bytes, start, end) ? shortAscii(bytes, start, end - start) : bytes.toString('utf8', start, end)
}

/** The longest string that is built here; in V8 a longer sum would be a tree of its parts. */
const LONGEST = 12

function isShortAscii(bytes: Buffer, start: number, end: number): boolean {
  if (end - start > LONGEST) return false
  for (let at = start; at < end; at += 1) if (bytes[at]! >= 0x80) return false
  return true
}

function shortAscii(b: Buffer, i: number, length: number): string {
  switch (length) {
    case 0:
      return ''
    case 1:
      return char(b[i]!)
    case 2:
      return char(b[i]!, b[i + 1]!)
    case 3:
      return char(b[i]!, b[i + 1]!, b[i + 2]!)
    case 4:
      return char(b[i]!, b[i + 1]!, b[i + 2]!, b[i + 3]!)
    case 5:
      return char(b[i]!, b[i + 1]!, b[i + 2]!, b[i + 3]!, b[i + 4]!)
    case 6:
      return char(b[i]!, b[i + 1]!, b[i + 2]!, b[i + 3]!, b[i + 4]!, b[i + 5]!)
    case 7:
      return char(b[i]!, b[i + 1]!, b[i + 2]!, b[i + 3]!, b[i + 4]!, b[i + 5]!, b[i + 6]!)
    case 8:
      return char(b[i]!, b[i + 1]!, b[i + 2]!, b[i + 3]!, b[i + 4]!, b[i + 5]!, b[i + 6]!, b[i + 7]!)
    default:
      return shortAscii(b, i, 8) + shortAscii(b, i + 8, length - 8)
  }
}
