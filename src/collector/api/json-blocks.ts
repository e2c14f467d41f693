import { setImmediate } from 'node:timers/promises'

/** Characters a block holds at most, give or take one object. */
const BLOCK_LENGTH = 64 * 1024
/** How long encoding may hold the event loop before others have their turn. */
const SLICE_MS = 4
/** The clock is read once in so many objects. */
const OBJECTS_PER_CLOCK = 64

/**
 * Encodes objects as one JSON array, in blocks, and lets others have their turn in between: a list of 100,000 records
 * neither stands in memory as a whole nor holds the event loop. Each object is read when its block is made.
 *
 * @param objects may be longer than what is wanted
 * @param wanted which of them the array holds
 */
export async function* jsonArray<Item>(
  objects: Iterable<Item>,
  wanted: (object: Item) => boolean,
): AsyncGenerator<string, void, undefined> {
  let block = '['
  let separator = ''
  let seen = 0
  let sliceBegan = performance.now()
  for (const object of objects) {
    if (wanted(object)) {
      block += separator + encodeJson(object)
      separator = ','
    }
    seen += 1
    const sliceIsOver = seen % OBJECTS_PER_CLOCK === 0 && performance.now() - sliceBegan > SLICE_MS
    if (block.length < BLOCK_LENGTH && !sliceIsOver) continue
    if (block !== '') yield block
    block = ''
    await setImmediate()
    sliceBegan = performance.now()
  }
  yield `${block}]`
}

/** JSON of a value; integers beyond 2^53 become strings of digits, since most readers of JSON would round them. */
export function encodeJson(value: unknown): string {
  try {
    return JSON.stringify(value)
  } catch {
    return JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? part.toString() : part))
  }
}
