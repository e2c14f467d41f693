import { readLiteral } from './literal.ts'
import { type LogicalLine, type Token, tokenize } from './tokens.ts'
import type { PythonValue } from './value.ts'

export interface Assignment {
  /** Where it stands, counted from 1. */
  line: number
  value: PythonValue
}

/** A statement that cannot be read without running it. */
export interface Unread {
  line: number
  /** The name that it would assign, as far as one can tell. */
  name: string | undefined
  /** Why not, to follow the name: `is computed`. */
  reason: string
}

export interface PythonAssignments {
  /** By name; of several the last. */
  assignments: Map<string, Assignment>
  unread: Unread[]
}

/** Reads the literal assignments of a Python file and lists what else it has. Runs nothing, never throws. */
export function readAssignments(text: string): PythonAssignments {
  const read: PythonAssignments = { assignments: new Map(), unread: [] }
  for (const line of tokenize(text)) {
    for (const tokens of statements(line.tokens)) {
      if (saysNothing(tokens)) continue
      const { names, rest } = targets(tokens)
      const value = readLiteral(rest)
      const reason = reasonAgainst(line, names, value)
      if (reason !== undefined) read.unread.push({ line: line.line, name: names[0], reason })
      else if (value !== undefined) for (const name of names) read.assignments.set(name, { line: line.line, value })
    }
  }
  return read
}

/** Why a statement cannot be taken, if so. */
function reasonAgainst(
  { indented, problem }: LogicalLine,
  names: readonly string[],
  value: PythonValue | undefined,
): string | undefined {
  if (indented) return 'stands in a block, which would have to be run'
  if (problem !== undefined) return problem
  if (names.length === 0) return 'is no assignment'
  return value === undefined ? 'is computed' : undefined
}

/** Semicolons between statements of one line. */
function statements(tokens: readonly Token[]): Token[][] {
  const parts: Token[][] = [[]]
  let depth = 0
  for (const token of tokens) {
    if (token.kind === 'operator') {
      if ('([{'.includes(token.text)) depth += 1
      if (')]}'.includes(token.text)) depth -= 1
      if (token.text === ';' && depth <= 0) {
        parts.push([])
        continue
      }
    }
    parts.at(-1)?.push(token)
  }
  return parts.filter(part => part.length > 0)
}

/** A text alone is a comment. */
function saysNothing(tokens: readonly Token[]): boolean {
  const [first] = tokens
  return (
    tokens.every(({ kind }) => kind === 'string') ||
    (tokens.length === 1 && first?.kind === 'name' && first.text === 'pass')
  )
}

/** What may stand before a colon and is no name. */
const BLOCKS = new Set(['else', 'try', 'finally'])

/** The names before each `=`, and what comes after the last: `A = B = 1`, also with a type, `A: int = 1`. */
function targets(tokens: readonly Token[]): { names: string[]; rest: Token[] } {
  const names: string[] = []
  let at = 0
  for (;;) {
    const [name, next] = tokens.slice(at, at + 2)
    if (name?.kind !== 'name' || next?.kind !== 'operator' || BLOCKS.has(name.text)) break
    const equals = next.text === ':' && names.length === 0 ? tokens.findIndex(isEquals) : at + 1
    const sign = tokens[equals]
    // `==` is a comparison.
    if (sign === undefined || !isEquals(sign) || isEquals(tokens[equals + 1])) break
    names.push(name.text)
    at = equals + 1
  }
  return { names, rest: tokens.slice(at) }
}

function isEquals(token: Token | undefined): boolean {
  return token?.kind === 'operator' && token.text === '='
}
