import { expect, test } from 'vitest'
import { Texts } from './texts.ts'

test('a text is kept once, for as long as somebody holds it', () => {
  const texts = new Texts()
  const first = texts.acquire('10.0.0.1')
  expect(texts.acquire('10.0.0.1')).toBe(first)
  expect(texts.text(first)).toBe('10.0.0.1')
  texts.release(first)
  expect(texts.size).toBe(1)
  texts.release(first)
  expect(texts.size).toBe(0)
  expect(texts.bytes).toBe(0)
  expect(texts.acquire('10.0.0.2')).toBe(first)
})

test('numbers cost nothing, and come back as they were written', () => {
  const texts = new Texts()
  for (const port of ['0', '8080', '65535', '999999999']) expect(texts.text(texts.acquire(port))).toBe(port)
  expect(texts.size).toBe(0)
  for (const text of ['', '080', '-1', '1e3', '1234567890', '8080 ']) expect(texts.text(texts.acquire(text))).toBe(text)
  expect(texts.size).toBe(6)
})
