import { ATTRIBUTE, ATTRIBUTES, type AttributeName, attributeOf, RECORD_TYPES } from '../../../vanflow/index.ts'

/** The names of all attributes, by type code and attribute code. */
const NAMES: readonly (readonly string[])[] = RECORD_TYPES.map((_, type) =>
  ATTRIBUTES.map(({ code, name }) => attributeOf(type, code)?.name ?? name),
)

const UNKNOWN = /^attr(\d+)$/

/** The name of an attribute in records of a type; those that the table does not hold are called `attr200`. */
export function attributeName(type: number, code: number): string {
  return NAMES[type]?.[code] ?? `attr${code}`
}

/** The code of an attribute by its name in records of a type, or undefined. */
export function attributeCode(type: number, name: string): number | undefined {
  const code = ATTRIBUTE[name as AttributeName] as number | undefined
  if (code !== undefined && NAMES[type]?.[code] === name) return code
  const known = NAMES[type]?.indexOf(name) ?? -1
  if (known >= 0) return known
  const digits = UNKNOWN.exec(name)?.[1]
  return digits === undefined ? undefined : Number(digits)
}
