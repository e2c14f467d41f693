import { stat } from 'node:fs/promises'

const POLL_MS = 1000

/**
 * Notices that one of some files was replaced or written, also where a link on its path was turned, as Kubernetes and
 * certbot do: it looks at their state once a second.
 */
export class FileWatch {
  readonly #files: readonly string[]
  #state = ''
  #poll: NodeJS.Timeout | undefined

  constructor(files: readonly string[]) {
    this.#files = files
  }

  /**
   * Begins to look: from the state that holds now.
   *
   * @param onChange told of a change; false has it told again at the next look
   */
  async start(onChange: () => Promise<boolean>): Promise<void> {
    if (this.#files.length === 0) return
    this.#state = await this.#look()
    this.#schedule(onChange)
  }

  stop(): void {
    clearTimeout(this.#poll)
    this.#poll = undefined
  }

  #schedule(onChange: () => Promise<boolean>): void {
    this.#poll = setTimeout(() => void this.#check(onChange), POLL_MS).unref()
  }

  async #check(onChange: () => Promise<boolean>): Promise<void> {
    const state = await this.#look()
    if (state !== this.#state) this.#state = (await onChange()) ? state : ''
    if (this.#poll !== undefined) this.#schedule(onChange)
  }

  async #look(): Promise<string> {
    const states = this.#files.map(async file => {
      try {
        const { dev, ino, size, mtimeNs, ctimeNs } = await stat(file, { bigint: true })
        return [dev, ino, size, mtimeNs, ctimeNs].join(':')
      } catch {
        // Absent for now, which is a state like any other: reading it will say why.
        return 'absent'
      }
    })
    return (await Promise.all(states)).join(' ')
  }
}
