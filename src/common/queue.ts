/**
 * A first-in first-out queue with a fixed capacity. A full queue refuses the newcomer, so whoever pushes counts the
 * drop and knows its cause. Push and shift are O(1): the items live in a ring.
 */
export class BoundedQueue<Item> {
  readonly capacity: number
  #ring: (Item | undefined)[]
  #head = 0
  #size = 0

  constructor(capacity: number) {
    this.capacity = capacity
    this.#ring = new Array<Item | undefined>(Math.min(capacity, 64))
  }

  get size(): number {
    return this.#size
  }

  /** Appends an item; false when the queue is full and the item was not taken. */
  push(item: Item): boolean {
    if (this.#size === this.capacity) return false
    if (this.#size === this.#ring.length) this.#grow()
    this.#ring[(this.#head + this.#size) % this.#ring.length] = item
    this.#size += 1
    return true
  }

  /** Takes the oldest item, or undefined when the queue is empty. */
  shift(): Item | undefined {
    if (this.#size === 0) return undefined
    const item = this.#ring[this.#head]
    this.#ring[this.#head] = undefined
    this.#head = (this.#head + 1) % this.#ring.length
    this.#size -= 1
    return item
  }

  #grow(): void {
    const larger = new Array<Item | undefined>(Math.min(this.capacity, this.#ring.length * 2))
    for (let index = 0; index < this.#size; index += 1) {
      larger[index] = this.#ring[(this.#head + index) % this.#ring.length]
    }
    this.#ring = larger
    this.#head = 0
  }
}
