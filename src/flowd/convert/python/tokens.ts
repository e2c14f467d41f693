import { readString } from './strings.ts'

/** The smallest parts of a Python text that matter here. */
export type Token =
  | { kind: 'name'; text: string }
  | { kind: 'number'; text: string }
  | { kind: 'string'; value: string }
  | { kind: 'operator'; text: string }

/** One statement's line, or several that brackets or backslashes join. */
export interface LogicalLine {
  /** Where it begins, counted from 1. */
  line: number
  /** Whether it stands inside a block. */
  indented: boolean
  tokens: Token[]
  /** Why its tokens are not all that it says. */
  problem: string | undefined
}

const BLANK = /(?:[ \t\f]|\\\n)*(?:#[^\n]*)?/y
const NAME = /[\p{L}_][\p{L}\p{N}_]*/uy
const NUMBER = /0[xX][\da-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d[\d_]*)?[jJ]?/y
const QUOTE = /([rRbBuUfF]|[rR][bBfF]|[bBfF][rR])?("""|'''|"|')/y

/** Splits a Python text into its logical lines, without blank ones and comments. Never throws. */
export function tokenize(text: string): LogicalLine[] {
  return new Tokenizer(text).lines()
}

class Tokenizer {
  readonly #source: string
  readonly #lines: LogicalLine[] = []
  #at = 0
  #line = 1
  #lineStart = 0
  /** How many brackets are open. */
  #depth = 0
  #current: LogicalLine | undefined

  constructor(text: string) {
    this.#source = text.replace(/^\u{feff}/u, '').replace(/\r\n?/g, '\n')
  }

  lines(): LogicalLine[] {
    for (;;) {
      this.#goOn(this.#match(BLANK)?.[0] ?? '')
      const character = this.#source[this.#at]
      if (character === undefined) break
      if (character === '\n') this.#newline()
      else this.#token(character)
    }
    if (this.#depth > 0 && this.#current !== undefined) this.#current.problem ??= 'has a bracket that is never closed'
    this.#endLine()
    return this.#lines
  }

  #token(character: string): void {
    this.#current ??= { line: this.#line, indented: this.#at > this.#lineStart, tokens: [], problem: undefined }
    const quote = this.#match(QUOTE)
    const word = this.#match(NAME) ?? this.#match(NUMBER)
    if (quote !== null) this.#string(quote)
    else if (word !== null) {
      this.#current.tokens.push({ kind: /^[\d.]/.test(word[0]) ? 'number' : 'name', text: word[0] })
      this.#goOn(word[0])
    } else {
      if ('([{'.includes(character)) this.#depth += 1
      if (')]}'.includes(character)) this.#depth = Math.max(0, this.#depth - 1)
      this.#current.tokens.push({ kind: 'operator', text: character })
      this.#at += 1
    }
  }

  #string([opening, prefix = '', quote = '']: RegExpExecArray): void {
    const { value, end, problem } = readString(this.#source, this.#at + opening.length, quote, prefix)
    this.#current?.tokens.push({ kind: 'string', value })
    if (this.#current !== undefined) this.#current.problem ??= problem
    this.#goOn(this.#source.slice(this.#at, end))
  }

  #newline(): void {
    this.#goOn('\n')
    this.#lineStart = this.#at
    if (this.#depth === 0) this.#endLine()
  }

  #endLine(): void {
    if (this.#current !== undefined) this.#lines.push(this.#current)
    this.#current = undefined
  }

  #goOn(read: string): void {
    this.#at += read.length
    for (const character of read) if (character === '\n') this.#line += 1
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at
    return pattern.exec(this.#source)
  }
}
