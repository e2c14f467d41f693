import { encodeJson } from '../json-blocks.ts'
import type { ApiObject } from '../v1alpha1/projection.ts'

/** One changed object, encoded once for all watchers. */
export interface Frame {
  /** Of two frames with the same key the later replaces the earlier. */
  readonly key: string
  readonly bytes: Buffer
}

export function encodeFrame(object: ApiObject): Frame {
  const text = encodeJson(object)
  // Outside the shared pool of small buffers: a frame that a slow watcher keeps must not keep its neighbours.
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text))
  bytes.write(text)
  return { key: `${object['recordType']} ${object['identity']}`, bytes }
}
