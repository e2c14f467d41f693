import { decimalFrom, trailingDecimal } from './decimal.ts'

/** What a text costs beside its characters: its object, its entry in the map, its place in two arrays. */
const OVERHEAD_BYTES = 80

/** Ports and statuses are not kept at all: the text of a small decimal number is its own number, with this bit. */
const DECIMAL = 0x8000_0000

/**
 * Texts that many records share (hosts, ports, traces), kept once and counted. Numbers start at 1 and are used again
 * when nobody holds a text any more, so that a stream of ever new hosts does not grow without end.
 */
export class Texts {
  readonly #numbers = new Map<string, number>()
  readonly #texts: string[] = ['']
  readonly #holders: number[] = [0]
  readonly #free: number[] = []
  #bytes = 0

  /** Estimate of the memory held. */
  get bytes(): number {
    return this.#bytes
  }

  get size(): number {
    return this.#numbers.size
  }

  /** Holds a text and returns its number. */
  acquire(text: string): number {
    if (text !== '' && trailingDecimal(text) === 0) return DECIMAL + decimalFrom(text, 0)
    const known = this.#numbers.get(text)
    if (known !== undefined) {
      this.#holders[known] = this.#holders[known]! + 1
      return known
    }
    const number = this.#free.pop() ?? this.#texts.length
    this.#texts[number] = text
    this.#holders[number] = 1
    this.#numbers.set(text, number)
    this.#bytes += OVERHEAD_BYTES + text.length
    return number
  }

  /** Lets go of a text that was acquired once. */
  release(number: number): void {
    if (!isInterned(number)) return
    const holders = this.#holders[number]! - 1
    this.#holders[number] = holders
    if (holders > 0) return
    const text = this.#texts[number]!
    this.#numbers.delete(text)
    this.#texts[number] = ''
    this.#free.push(number)
    this.#bytes -= OVERHEAD_BYTES + text.length
  }

  text(number: number): string {
    return isInterned(number) ? this.#texts[number]! : String(number - DECIMAL)
  }
}

/** Whether a text is kept, and its number hence a small one that counts from 1. */
export function isInterned(number: number): boolean {
  return number < DECIMAL
}
