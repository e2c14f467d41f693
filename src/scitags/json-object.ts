export type JsonObject = Record<string, unknown>

/** Whether parsed JSON is an object, not a list or null. */
export function isJsonObject(json: unknown): json is JsonObject {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
}
