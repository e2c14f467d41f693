const char = String.fromCharCode

/**
 * Decodes UTF-8. Identities, host names and ports are short ASCII, and a call into the runtime costs twice what it
 * takes to build those from their bytes here; two such strings in every record make that worth a page.
 */
export function readUtf8(bytes: Buffer, start: number, end: number): string {
  return (
    (isAscii(bytes, start, end) ? shortAscii(bytes, start, end - start) : undefined) ??
    bytes.toString('utf8', start, end)
  )
}

/** The longest string that `shortAscii` builds. */
const LONGEST = 12

function isAscii(bytes: Buffer, start: number, end: number): boolean {
  if (end - start > LONGEST) return false
  for (let at = start; at < end; at += 1) if (bytes[at]! >= 0x80) return false
  return true
}

function shortAscii(b: Buffer, i: number, length: number): string | undefined {
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
    case 9:
      return char(b[i]!, b[i + 1]!, b[i + 2]!, b[i + 3]!, b[i + 4]!, b[i + 5]!, b[i + 6]!, b[i + 7]!, b[i + 8]!)
    case 10:
      return char(
        b[i]!,
        b[i + 1]!,
        b[i + 2]!,
        b[i + 3]!,
        b[i + 4]!,
        b[i + 5]!,
        b[i + 6]!,
        b[i + 7]!,
        b[i + 8]!,
        b[i + 9]!,
      )
    case 11:
      return char(
        b[i]!,
        b[i + 1]!,
        b[i + 2]!,
        b[i + 3]!,
        b[i + 4]!,
        b[i + 5]!,
        b[i + 6]!,
        b[i + 7]!,
        b[i + 8]!,
        b[i + 9]!,
        b[i + 10]!,
      )
    case 12:
      return char(
        b[i]!,
        b[i + 1]!,
        b[i + 2]!,
        b[i + 3]!,
        b[i + 4]!,
        b[i + 5]!,
        b[i + 6]!,
        b[i + 7]!,
        b[i + 8]!,
        b[i + 9]!,
        b[i + 10]!,
        b[i + 11]!,
      )
    default:
      return undefined
  }
}
