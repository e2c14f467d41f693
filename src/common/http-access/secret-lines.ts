/** A line of a file of secrets, with its number, by which messages name it: what it says is told to nobody. */
export interface SecretLine {
  number: number
  text: string
}

/** The lines of a file of secrets, without blanks around them, empty ones, and comments (`# …`). */
export function secretLines(text: string): SecretLine[] {
  return text
    .split('\n')
    .map((line, index) => ({ number: index + 1, text: line.trim() }))
    .filter(line => line.text !== '' && !line.text.startsWith('#'))
}
