import type { Token } from './tokens.ts'
import { isSequence, type PythonValue } from './value.ts'

/** Deeper nesting than this is no configuration. */
const DEEPEST = 30

const CONSTANTS = new Map<string, PythonValue>([
  ['True', true],
  ['False', false],
  ['None', null],
])

/**
 * Reads tokens as one literal: text, numbers, True, False, None, and lists, tuples, sets and dictionaries of these;
 * texts and sequences may be put together by `+`, which needs no calculating either.
 *
 * @returns undefined when they are anything else, such as a calculation, a call or a name
 */
export function readLiteral(tokens: readonly Token[]): PythonValue | undefined {
  const reader = new LiteralReader(tokens)
  const value = reader.bareTuple()
  return reader.isAtEnd ? value : undefined
}

class LiteralReader {
  readonly #tokens: readonly Token[]
  #at = 0
  #depth = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  get isAtEnd(): boolean {
    return this.#at === this.#tokens.length
  }

  /** A value, or several with commas between, which are a tuple also without parentheses. */
  bareTuple(): PythonValue | undefined {
    const first = this.#value()
    if (first === undefined || !this.#sees(',')) return first
    const items = [first]
    while (this.#takes(',')) {
      if (this.isAtEnd || this.#sees(')')) break
      const item = this.#value()
      if (item === undefined) return undefined
      items.push(item)
    }
    return { kind: 'sequence', items }
  }

  #value(): PythonValue | undefined {
    let value = this.#operand()
    while (value !== undefined && this.#takes('+')) value = concatenated(value, this.#operand())
    return value
  }

  #operand(): PythonValue | undefined {
    const token = this.#tokens[this.#at]
    if (token === undefined) return undefined
    this.#at += 1
    if (token.kind === 'string') return this.#joined(token.value)
    if (token.kind === 'number') return readNumber(token.text)
    if (token.kind === 'name') return CONSTANTS.get(token.text)
    if (token.text === '-' || token.text === '+') return this.#signed(token.text)
    if (this.#depth === DEEPEST) return undefined
    this.#depth += 1
    const value = this.#bracketed(token.text)
    this.#depth -= 1
    return value
  }

  /** Texts that follow each other are one. */
  #joined(first: string): string {
    let text = first
    for (;;) {
      const next = this.#tokens[this.#at]
      if (next?.kind !== 'string') return text
      text += next.value
      this.#at += 1
    }
  }

  #signed(sign: string): number | undefined {
    const token = this.#tokens[this.#at]
    if (token?.kind !== 'number') return undefined
    this.#at += 1
    const number = readNumber(token.text)
    return number === undefined || sign === '+' ? number : -number
  }

  #bracketed(open: string): PythonValue | undefined {
    if (open === '(') {
      if (this.#takes(')')) return { kind: 'sequence', items: [] }
      const value = this.bareTuple()
      return this.#takes(')') ? value : undefined
    }
    if (open === '[') return this.#items(']')
    return open === '{' ? this.#setOrDictionary() : undefined
  }

  #setOrDictionary(): PythonValue | undefined {
    if (this.#takes('}')) return { kind: 'dictionary', entries: [] }
    const start = this.#at
    const first = this.#value()
    if (first === undefined) return undefined
    if (!this.#sees(':')) {
      this.#at = start
      return this.#items('}')
    }
    this.#at = start
    const entries: [PythonValue, PythonValue][] = []
    while (!this.#takes('}')) {
      const key = this.#value()
      if (key === undefined || !this.#takes(':')) return undefined
      const value = this.#value()
      if (value === undefined) return undefined
      entries.push([key, value])
      if (!this.#takes(',') && !this.#sees('}')) return undefined
    }
    return { kind: 'dictionary', entries }
  }

  #items(close: string): PythonValue | undefined {
    const items: PythonValue[] = []
    while (!this.#takes(close)) {
      const item = this.#value()
      if (item === undefined) return undefined
      items.push(item)
      if (!this.#takes(',') && !this.#sees(close)) return undefined
    }
    return { kind: 'sequence', items }
  }

  #sees(operator: string): boolean {
    const token = this.#tokens[this.#at]
    return token?.kind === 'operator' && token.text === operator
  }

  #takes(operator: string): boolean {
    if (!this.#sees(operator)) return false
    this.#at += 1
    return true
  }
}

/** Undefined for anything but two texts or two sequences. */
function concatenated(one: PythonValue, other: PythonValue | undefined): PythonValue | undefined {
  if (typeof one === 'string' && typeof other === 'string') return one + other
  if (other === undefined || !isSequence(one) || !isSequence(other)) return undefined
  return { kind: 'sequence', items: [...one.items, ...other.items] }
}

/** Undefined for imaginary numbers and for what Python refuses, such as 010. */
function readNumber(text: string): number | undefined {
  const number = Number(text.replaceAll('_', ''))
  return Number.isFinite(number) && !/^0\d/.test(text) ? number : undefined
}
