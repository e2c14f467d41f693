import { setImmediate } from 'node:timers/promises'

/** How long writing may hold the event loop. */
const SLICE_MS = 4
/** How many characters make a block. */
const BLOCK_LENGTH = 64 * 1024

/** Joins pieces of text to blocks of about 64 KB; between them everything else has its turn. */
export async function* inBlocks(parts: Iterable<string>): AsyncGenerator<string, void, undefined> {
  let block = ''
  let sliceBegan = performance.now()
  for (const part of parts) {
    block += part
    if (block.length < BLOCK_LENGTH && performance.now() - sliceBegan < SLICE_MS) continue
    if (block !== '') yield block
    block = ''
    await setImmediate()
    sliceBegan = performance.now()
  }
  if (block !== '') yield block
}
