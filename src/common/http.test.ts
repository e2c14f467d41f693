import fastify from 'fastify'
import { describe, expect, it } from 'vitest'
import { TidemarkError } from './errors/index.ts'
import { answerErrorsFromTable, type ErrorBody } from './http.ts'
import { silentLogger } from './log.ts'

function server() {
  const app = fastify({ bodyLimit: 100 })
  answerErrorsFromTable(app, silentLogger)
  app.post('/flow', { schema: { body: { type: 'object', required: ['state'] } } }, () => ({ ok: true }))
  app.get('/table', () => {
    throw new TidemarkError('CONFIG_NOT_FOUND', { file: '/x' })
  })
  app.get('/bug', () => {
    throw new TypeError('oops')
  })
  return app
}

describe('answerErrorsFromTable', () => {
  it.each([
    ['POST', '/flow', '{"state":', 'application/json', 400, 'HTTP_BAD_REQUEST'],
    ['POST', '/flow', '{}', 'application/json', 400, 'HTTP_BAD_REQUEST'],
    ['POST', '/flow', '', 'application/json', 400, 'HTTP_BAD_REQUEST'],
    ['POST', '/flow', '<a/>', 'application/xml', 400, 'HTTP_BAD_REQUEST'],
    ['POST', '/flow', `{"a":"${'x'.repeat(200)}"}`, 'application/json', 413, 'HTTP_BODY_TOO_LARGE'],
    ['GET', '/flow', undefined, undefined, 405, 'HTTP_METHOD_NOT_ALLOWED'],
    ['GET', '/nowhere?a=1', undefined, undefined, 404, 'HTTP_NOT_FOUND'],
    ['GET', '/table', undefined, undefined, 500, 'CONFIG_NOT_FOUND'],
    ['GET', '/bug', undefined, undefined, 500, 'INTERNAL'],
  ] as const)('%s %s %s as %s answers %d %s', async (method, url, payload, type, status, code) => {
    const headers = type === undefined ? {} : { 'content-type': type }
    const answer = await server().inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) })
    expect(answer.statusCode).toBe(status)
    const body = answer.json<ErrorBody>()
    expect(body.code).toBe(code)
    expect(body.message).not.toBe('')
    expect(body.remedy).not.toBe('')
  })
})
