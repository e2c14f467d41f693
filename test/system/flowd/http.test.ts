import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ErrorBody } from '../../../src/common/index.ts'
import { FlowdProcess } from '../../support/flowd/flowd-process.ts'
import { freePort } from '../../support/free-port.ts'

const EVENT = {
  State: 2,
  Protocol: 0,
  Src: '[2001:db8::1]:2345',
  Dst: '[2001:db8::2]:5777',
  Experiment: 3,
  Activity: 14,
}

let flowd: FlowdProcess
let base: string

beforeAll(async () => {
  const port = await freePort()
  base = `http://127.0.0.1:${port}`
  flowd = await new FlowdProcess({ configuration: { plugins: { api: { bindPort: port } } } }).ready()
})
afterAll(() => flowd[Symbol.asyncDispose]())

function post(body: string, type = 'application/json'): Promise<Response> {
  return fetch(`${base}/flow`, { method: 'POST', body, headers: { 'content-type': type } })
}

describe("flowd's HTTP interface", () => {
  it.each([
    ['no JSON', '{"State":', 'application/json'],
    ['nothing', '', 'application/json'],
    ['another type', JSON.stringify(EVENT), 'text/plain'],
    ['a list', '[]', 'application/json'],
    ['a state that is none', JSON.stringify({ ...EVENT, State: 9 }), 'application/json'],
    ['an address that is none', JSON.stringify({ ...EVENT, Src: 'here' }), 'application/json'],
    ['flowd-go’s old form of addresses', JSON.stringify({ ...EVENT, Src: { IP: '::1', Port: 1 } }), 'application/json'],
    ['an experiment out of range', JSON.stringify({ ...EVENT, Experiment: 1024 }), 'application/json'],
    ['an activity out of range', JSON.stringify({ ...EVENT, Activity: 64 }), 'application/json'],
    ['a field too few', JSON.stringify({ ...EVENT, Dst: undefined }), 'application/json'],
  ])('refuses %s with 400 and a remedy, and goes on', async (_what, body, type) => {
    const answer = await post(body, type)
    expect(answer.status).toBe(400)
    const { message, code, remedy } = (await answer.json()) as ErrorBody
    expect([message, code, remedy].every(text => text.length > 0)).toBe(true)
    expect(await flowd.control.flows()).toEqual([])
  })

  it('refuses a body that is too large as soon as its length is told', async () => {
    const headers = { 'content-type': 'application/json', 'content-length': String(20 << 20) }
    const asking = request(`${base}/flow`, { method: 'POST', headers })
    asking.flushHeaders()
    const [answer] = (await once(asking, 'response')) as [IncomingMessage]
    expect(answer.statusCode).toBe(413)
    asking.destroy()
  })

  it('answers 404 and 405 as JSON', async () => {
    expect((await fetch(`${base}/nowhere`)).status).toBe(404)
    expect((await fetch(`${base}/flow`)).status).toBe(405)
  })

  it('takes a right event, lists it, and answers probes', async () => {
    expect((await post(JSON.stringify(EVENT))).status).toBe(200)
    expect(await flowd.control.flows()).toHaveLength(1)
    expect((await fetch(`${base}/readyz`)).status).toBe(200)
    expect(await (await fetch(`${base}/flows`)).json()).toBeTruthy()
    expect((await post(JSON.stringify({ ...EVENT, State: 3 }))).status).toBe(200)
    expect(await flowd.control.flows()).toEqual([])
  })

  it('is not started on a port that is taken: flowd says so and ends', async () => {
    const port = Number(new URL(base).port)
    await using second = new FlowdProcess({ configuration: { plugins: { api: { bindPort: port } } } })
    expect(await second.ended()).toBe(1)
    expect(second.stderr).toMatch(/^error ADDRESS_IN_USE: [\s\S]*\nremedy: /m)
  })
})
