import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type ErrorCode, type ErrorDetails, isTidemarkError, messageOf, TidemarkError } from '../common/index.ts'
import { ownCommand } from './own-command.ts'

/**
 * The demo's two hosts are processes of their own, because a network namespace belongs to a thread from its birth.
 * The director calls their actions by name over Node's channel between processes; each takes and gives plain data.
 */
export type Actions = Record<string, (input: never) => unknown>

interface Call {
  id: number
  name: string
  input: unknown
}

interface Answer {
  id: number
  result?: unknown
  failure?: { message: string; code?: ErrorCode; details?: ErrorDetails }
}

type Input<Action> = Action extends (input: infer I) => unknown ? I : never
type Result<Action> = Action extends (input: never) => infer R ? Awaited<R> : never

/** The variable that makes the command `demo` one of the hosts. */
export const ROLE_VARIABLE = 'TIDEMARK_DEMO_ROLE'

/** How long a host may take to leave once it is told to. */
const LEAVE_MS = 5_000

/** The director's end of one host. */
export class Agent<A extends Actions> {
  readonly #role: string
  readonly #process: ChildProcess
  readonly #waiting = new Map<number, (answer: Answer) => void>()
  #calls = 0

  private constructor(role: string, child: ChildProcess) {
    this.#role = role
    this.#process = child
    child.on('message', (answer: Answer) => {
      const settle = this.#waiting.get(answer.id)
      this.#waiting.delete(answer.id)
      settle?.(answer)
    })
    child.once('exit', (code, signal) => this.#failAll(`it ended with ${signal ?? `code ${code}`}`))
    child.once('error', error => this.#failAll(error.message))
  }

  /** Starts the process of a role; its first call tells whether it could. */
  static start<A extends Actions>(role: string): Agent<A> {
    const { program, args } = ownCommand('demo')
    const env = { ...process.env, [ROLE_VARIABLE]: role }
    return new Agent(role, spawn(program, args, { env, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }))
  }

  get pid(): number {
    return this.#process.pid ?? 0
  }

  /** @throws what the action threw, or TidemarkError DEMO_HOST_ENDED */
  async call<Name extends keyof A & string>(name: Name, input: Input<A[Name]>): Promise<Result<A[Name]>> {
    this.#calls += 1
    const call: Call = { id: this.#calls, name, input }
    const answer = await new Promise<Answer>(resolve => {
      this.#waiting.set(call.id, resolve)
      if (this.#process.connected) this.#process.send(call)
      else this.#failAll('it is not there')
    })
    if (answer.failure !== undefined) throw revive(answer.failure)
    return answer.result as Result<A[Name]>
  }

  /** Lets the host leave, which takes its namespace and everything in it along. Idempotent. */
  async stop(): Promise<void> {
    const { exitCode, signalCode, pid } = this.#process
    if (exitCode !== null || signalCode !== null || pid === undefined) return
    const gone = once(this.#process, 'exit')
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), LEAVE_MS)
    if (this.#process.connected) this.#process.disconnect()
    await gone
    clearTimeout(timer)
  }

  #failAll(reason: string): void {
    const failure = new TidemarkError('DEMO_HOST_ENDED', { role: this.#role, reason })
    for (const [id, settle] of this.#waiting) settle({ id, failure: describe(failure) })
    this.#waiting.clear()
  }
}

/**
 * The host's end: answers calls until the director leaves, then cleans up and exits. The terminal's Ctrl-C goes to the
 * whole group of processes, so hosts ignore it and wait for the director.
 */
export function serve(actions: Actions, cleanUp: () => void | Promise<void>): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, ignore)
  process.on('message', ({ id, name, input }: Call) => {
    void perform(actions, name, input).then(outcome => answer({ id, ...outcome }))
  })
  const leave = async () => {
    await cleanUp()
  }
  process.once('disconnect', () => void leave().finally(() => process.exit()))
}

/**
 * A director that is killed leaves a broken channel before it is seen to have left; that must not stop the clean-up.
 */
function answer(outcome: Answer): void {
  process.send?.(outcome, undefined, undefined, ignore)
}

async function perform(actions: Actions, name: string, input: unknown): Promise<Omit<Answer, 'id'>> {
  try {
    return { result: await actions[name]?.(input as never) }
  } catch (error) {
    return { failure: describe(error) }
  }
}

function describe(error: unknown): NonNullable<Answer['failure']> {
  return isTidemarkError(error)
    ? { message: error.message, code: error.code, details: error.details }
    : { message: messageOf(error) }
}

function revive({ message, code, details }: NonNullable<Answer['failure']>): Error {
  return code === undefined ? new Error(message) : new TidemarkError(code, details)
}

function ignore(): void {
  // the director decides when a host leaves, and its leaving is told by the channel's end
}
