import { expect } from 'vitest'
import { runCommand } from './run-command.ts'
import { RunningApi } from './running-api.ts'
import { fillSmallVan } from './small-van.ts'

/** The API of a collector that knows the small network. */
export async function smallVan(): Promise<RunningApi> {
  const api = await RunningApi.start()
  fillSmallVan(api.view)
  return api
}

/** What a command prints of the small network, line by line. */
export async function linesOf(...words: string[]): Promise<string[]> {
  await using api = await smallVan()
  const { code, stdout, stderr } = await runCommand([...words, '--server', api.server.address])
  expect([code, stderr]).toEqual([0, ''])
  return stdout.trimEnd().split('\n')
}
