import { chmodSync, lstatSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { dirname } from 'node:path'
import { type FastifyInstance, fastify } from 'fastify'
import {
  answerErrorsFromTable,
  codeOf,
  isTidemarkError,
  type Logger,
  makeFolder,
  messageOf,
  type Service,
  says,
  TidemarkError,
} from '../../common/index.ts'
import { addHealthRoutes } from '../health.ts'
import type { ControlPort } from './control-port.ts'

export interface ControlSocketOptions {
  path: string
  /** Octal text, as in chmod. */
  mode: string
}

/**
 * The control socket: HTTP over a Unix socket, for `tidemark flowd flows` and `send`, health checks and reload. Who may
 * connect is the socket's mode and group.
 */
export class ControlServer implements Service {
  readonly #options: ControlSocketOptions
  readonly #port: ControlPort
  readonly #log: Logger
  #server: FastifyInstance | undefined

  constructor(options: ControlSocketOptions, port: ControlPort, log: Logger) {
    this.#options = options
    this.#port = port
    this.#log = log
  }

  /** @throws TidemarkError CONTROL_SOCKET_IN_USE, CONTROL_SOCKET_FAILED */
  async start(): Promise<void> {
    const { path, mode } = this.#options
    const server = createControlApp(this.#port, this.#log)
    try {
      if (await somebodyListens(path)) throw new TidemarkError('CONTROL_SOCKET_IN_USE', { path })
      makeFolder(dirname(path), 0o755)
      removeLeftover(path)
      await listenClosed(server, path)
      chmodSync(path, Number.parseInt(mode, 8))
    } catch (error) {
      await server.close()
      if (isTidemarkError(error)) throw error
      throw new TidemarkError('CONTROL_SOCKET_FAILED', { path, reason: messageOf(error) }, error)
    }
    this.#server = server
  }

  /** Answers what is under way, then closes and removes the socket. */
  async stop(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    await server?.close()
  }
}

/** The routes, without the socket. */
export function createControlApp(port: ControlPort, log: Logger): FastifyInstance {
  const app = fastify({ bodyLimit: 1 << 20, forceCloseConnections: true })
  answerErrorsFromTable(app, log)
  addControlRoutes(app, port)
  return app
}

/** What the control socket answers. */
export function addControlRoutes(app: FastifyInstance, port: ControlPort): void {
  app.addContentTypeParser('text/plain', { parseAs: 'string' }, (_request, body, done) => done(null, body))
  app.get('/flows', says('The live flows, as `tidemark flowd flows` shows them.'), () => ({
    flows: port.flows(),
  }))
  addHealthRoutes(app, () => port.health())
  const status =
    'What became of all that flowd met, as `tidemark flowd status` shows it: flows by activity, stages, figures.'
  app.get('/status', says(status), () => port.status())
  const events = 'Takes events, one a line in the grammar of the pipe (text/plain), and says which were refused.'
  app.post('/events', says(events), request => {
    if (typeof request.body !== 'string') {
      throw new TidemarkError('HTTP_BAD_REQUEST', { reason: 'the body is not lines of Content-Type: text/plain' })
    }
    return port.send(request.body.split('\n'))
  })
  app.post('/reload', says('Reads the configuration again, and says what changed.'), () => port.reload())
  app.get('/metrics', says('[Metrics](metrics-flowd.md) of flowd itself.'), async (_request, reply) => {
    const { contentType, text } = await port.metrics()
    return reply.type(contentType).send(text)
  })
}

/** Opens the socket so that nobody but its owner may connect before its mode is set. */
async function listenClosed(server: FastifyInstance, path: string): Promise<void> {
  const umask = process.umask(0o177)
  try {
    await server.listen({ path })
  } finally {
    process.umask(umask)
  }
}

/** A socket that a killed process left is in the way; anything else at the path is not ours to remove. */
function removeLeftover(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found === undefined) return
  if (!found.isSocket()) throw new Error('there is a file at this path that is no socket')
  rmSync(path)
}

/** Rejects where that cannot be told, as of a socket of another user: it is not to be taken for a leftover. */
function somebodyListens(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', error => {
      const code = codeOf(error)
      if (code === 'ECONNREFUSED' || code === 'ENOENT') resolve(false)
      else reject(error)
    })
  })
}
