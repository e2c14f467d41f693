import type { ViewRecord } from '../graph/view-port.ts'

/** Records that changed, each once however often it did, in the order of their first change. */
export class ChangedRecords {
  #isListed = new Uint8Array(1024)
  #listed: ViewRecord[] = []
  #next = 0

  add(record: ViewRecord): void {
    const { key } = record
    if (key >= this.#isListed.length) this.#makeRoom(key)
    if (this.#isListed[key] !== 0) return
    this.#isListed[key] = 1
    this.#listed.push(record)
  }

  /** Takes a record off the list. Returns whether it was on it. */
  remove({ key }: ViewRecord): boolean {
    const wasListed = this.#isListed[key] === 1
    this.#isListed[key] = 0
    return wasListed
  }

  /** Takes the next record, or gives undefined when there is none. */
  take(): ViewRecord | undefined {
    while (this.#next < this.#listed.length) {
      const record = this.#listed[this.#next]!
      this.#next += 1
      // One that was removed may have left its key to another, which stands further down.
      if (record.isRetained && this.remove(record)) return record
    }
    this.#listed = []
    this.#next = 0
    return undefined
  }

  #makeRoom(key: number): void {
    const larger = new Uint8Array(Math.max(key + 1, this.#isListed.length * 2))
    larger.set(this.#isListed)
    this.#isListed = larger
  }
}
