import type { ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { TestNamespace } from '../namespace.ts'
import type { TestCgroup } from './cgroup.ts'

const CHILD = 'test/support/sock-ops/connection-child.ts'

/**
 * A process in a namespace, perhaps in a cgroup or of another user, that opens and closes TCP connections; see its own
 * file.
 */
export class Connections {
  readonly child: ChildProcess
  readonly #answers: AsyncIterator<string>

  constructor(namespace: TestNamespace, cgroup?: TestCgroup, uid = 0) {
    const program = [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', process.execPath, CHILD]
    this.child = namespace.spawn('setpriv', program, { stdio: ['pipe', 'pipe', 'inherit'] })
    cgroup?.add(this.child.pid)
    this.#answers = createInterface({ input: this.child.stdout! })[Symbol.asyncIterator]()
  }

  /** Has a command carried out, and gives its result. */
  async tell(...words: (string | number)[]): Promise<string> {
    this.child.stdin!.write(`${words.join(' ')}\n`)
    const { value } = (await this.#answers.next()) as { value?: string }
    const [, verdict, result = ''] = /^(\w+) ?(.*)$/.exec(value ?? '') ?? []
    if (verdict !== 'done') throw new Error(`'${words.join(' ')}': ${value}`)
    return result
  }
}
