import { once } from 'node:events'
import { get as getHttp } from 'node:http'
import { get as getHttps } from 'node:https'
import { createServer } from 'node:net'
import { text } from 'node:stream/consumers'
import { bareHost, codeOf, messageOf } from '../common/index.ts'
import { type Finding, failed, ok } from './finding.ts'

/** How long a server may take to say how it does. */
const ANSWER_MS = 2000

/** Whether a server could listen on an address, or does so already. */
export async function checkListening(
  check: string,
  { address, port, isTls }: { address: string; port: number; isTls: boolean },
): Promise<Finding> {
  if (port === 0) return ok(check, 'takes any port that is free')
  const host = bareHost(address)
  const server = createServer()
  try {
    server.listen({ host, port })
    await once(server, 'listening')
    return ok(check, 'free')
  } catch (error) {
    switch (codeOf(error)) {
      case 'EADDRINUSE':
        if (await isTidemark(host, port, isTls)) return ok(check, 'Tidemark listens there already')
        return failed(
          check,
          'another program listens there',
          `see which: ss -ltnp sport = :${port}; or choose another port`,
        )
      case 'EADDRNOTAVAIL':
        return failed(check, 'is no address of this host', 'choose one that this shows: ip address')
      case 'EACCES':
        return failed(check, 'this user may not listen there', 'choose a port from 1024 on')
      default:
        return failed(check, messageOf(error), 'choose another address or port')
    }
  } finally {
    server.close()
  }
}

/** Whether what listens on a port of this host answers `/healthz` as both roles do. */
async function isTidemark(host: string, port: number, isTls: boolean): Promise<boolean> {
  const options = { host, port, path: '/healthz', agent: false, signal: AbortSignal.timeout(ANSWER_MS) }
  try {
    // Whose certificate it shows is another question.
    const request = isTls ? getHttps({ ...options, rejectUnauthorized: false }) : getHttp(options)
    const answer = await new Promise<string>((resolve, reject) => {
      request.once('response', response => void text(response).then(resolve, reject)).once('error', reject)
    })
    const health: unknown = JSON.parse(answer)
    return typeof health === 'object' && health !== null && 'status' in health
  } catch {
    // What does not answer so is another program, whatever else it says.
    return false
  }
}
