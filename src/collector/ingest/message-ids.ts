/** What the id of a message tells. */
export type IdVerdict =
  | 'next'
  /** Seen before, or overtaken: meshes deliver a message once for each path. */
  | 'repeated'
  /** The counter began anew: the router process restarted. */
  | 'restarted'

/** The lowest ids that one link brought in this time slice and in the one before. */
interface LinkFloor {
  sliceBeganUs: number
  lowest: number
  lowestBefore: number
  highest: number
}

/**
 * Follows the message ids of one router. All its addresses share one counter that starts at 0 with the process;
 * order holds on one address only. So a restart is seen link by link: an id below everything that the link brought
 * lately. Loss is seen over all links: ids that no link has brought one check after a higher one was seen.
 * Co-records to other routers use the same counter, so that some ids never come here.
 */
export class MessageIds {
  readonly #duplicateWindowUs: number
  #floors = new Map<string, LinkFloor>()
  /** Ids up to `#checkedUpTo` were judged; `#seen` of them came, `#seenAfter` came beyond. */
  #base: number | undefined
  #highest = 0
  #checkedUpTo = 0
  #seen = 0
  #seenAfter = 0
  #missing = 0

  /** @param duplicateWindowUs how late a copy of a message may come by another path */
  constructor(duplicateWindowUs: number) {
    this.#duplicateWindowUs = duplicateWindowUs
  }

  /** Takes the id of a message that came by a link (named by its address). After `restarted` all is forgotten. */
  observe(link: string, id: number, nowUs: number): IdVerdict {
    const floor = this.#floors.get(link)
    if (floor === undefined) {
      this.#floors.set(link, { sliceBeganUs: nowUs, lowest: id, lowestBefore: id, highest: id })
    } else {
      this.#ageFloor(floor, nowUs)
      if (id <= floor.highest) {
        if (id >= Math.min(floor.lowest, floor.lowestBefore)) return 'repeated'
        this.reset()
        this.observe(link, id, nowUs)
        return 'restarted'
      }
      floor.highest = id
      floor.lowest = Math.min(floor.lowest, id)
    }
    this.#count(id)
    return 'next'
  }

  /**
   * Closes a period of some seconds.
   * @returns how many ids more than before are missing below what the last check saw as highest
   */
  takeMissing(): number {
    if (this.#base === undefined) return 0
    const missing = Math.max(0, this.#checkedUpTo - this.#base - this.#seen)
    const fresh = Math.max(0, missing - this.#missing)
    this.#missing = missing
    this.#seen += this.#seenAfter
    this.#seenAfter = 0
    this.#checkedUpTo = this.#highest
    return fresh
  }

  /** Forgets everything: after a restart, and after a reconnect, when messages in between were not for us. */
  reset(): void {
    this.#floors = new Map()
    this.#base = undefined
  }

  #ageFloor(floor: LinkFloor, nowUs: number): void {
    const ageUs = nowUs - floor.sliceBeganUs
    if (ageUs < this.#duplicateWindowUs) return
    floor.lowestBefore = ageUs < 2 * this.#duplicateWindowUs ? floor.lowest : floor.highest
    floor.lowest = floor.highest
    floor.sliceBeganUs = nowUs
  }

  #count(id: number): void {
    if (this.#base === undefined) {
      this.#base = id - 1
      this.#highest = id
      this.#checkedUpTo = id - 1
      this.#seen = 0
      this.#seenAfter = 1
      this.#missing = 0
      return
    }
    this.#highest = Math.max(this.#highest, id)
    if (id <= this.#checkedUpTo) this.#seen += 1
    else this.#seenAfter += 1
  }
}
