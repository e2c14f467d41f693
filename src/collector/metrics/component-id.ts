const OFFSET_BASIS = 0xcbf29ce484222325n
const PRIME = 0x100000001b3n
const MASK = 0xffff_ffff_ffff_ffffn

/** Ids computed lately: each connection asks for two, and there are few groups. */
const ids = new Map<string, string>()
const MAX_IDS = 10_000

/**
 * The id of a component (a process group) in the labels of Skupper's network-observer, so that its dashboards hold:
 * `pg-` and the 64-bit FNV-1 hash (http://www.isthe.com/chongo/tech/comp/fnv/) of `pg` and the group's name.
 */
export function componentId(group: string): string {
  const known = ids.get(group)
  if (known !== undefined) return known
  if (ids.size >= MAX_IDS) ids.clear()
  const id = computeId(group)
  ids.set(group, id)
  return id
}

function computeId(group: string): string {
  let hash = OFFSET_BASIS
  for (const byte of Buffer.from(`pg${group}`)) hash = ((hash * PRIME) & MASK) ^ BigInt(byte)
  return `pg-${hash.toString(16).padStart(16, '0')}`
}
