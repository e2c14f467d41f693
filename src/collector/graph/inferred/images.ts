import { InferredRecord } from './inferred-record.ts'
import type { InferredRecords } from './inferred-records.ts'

/** A container image that processes run: the IMAGE record. */
export class Image extends InferredRecord {
  readonly recordType = 'IMAGE'
  readonly attributes: { readonly name: string }
  /** Rows of the processes that have it, ended ones included. */
  readonly processes = new Set<number>()

  constructor(number: number, name: string) {
    super(number)
    this.attributes = { name }
  }
}

/** The images of all retained processes. */
export class Images {
  readonly #records: InferredRecords
  readonly #byName = new Map<string, Image>()
  readonly #ofProcess = new Map<number, Image>()

  constructor(records: InferredRecords) {
    this.#records = records
  }

  values(): Iterable<Image> {
    return this.#byName.values()
  }

  /** The image of a PROCESS. */
  of(process: number): Image | undefined {
    return this.#ofProcess.get(process)
  }

  /** A PROCESS has an image, maybe another than before. */
  set(process: number, name: string): void {
    this.remove(process)
    const image = this.#byName.get(name) ?? this.#records.add(number => new Image(number, name))
    this.#byName.set(name, image)
    image.processes.add(process)
    this.#ofProcess.set(process, image)
  }

  /** A PROCESS is evicted. */
  remove(process: number): void {
    const image = this.#ofProcess.get(process)
    if (image === undefined) return
    this.#ofProcess.delete(process)
    image.processes.delete(process)
    if (image.processes.size > 0) return
    this.#byName.delete(image.attributes.name)
    this.#records.remove(image)
  }
}
