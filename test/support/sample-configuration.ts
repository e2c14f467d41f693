import Type from 'typebox'
import { type LoadOptions, parseConfiguration } from '../../src/common/config/load.ts'
import { isTidemarkError } from '../../src/common/index.ts'

/** A configuration with every kind of key. */
export const Schema = Type.Object({
  pidPath: Type.String({ default: '/run/x.pid', defaults: { old: '/var/run/old.pid' } }),
  compatibility: Type.Optional(Type.String()),
  plugins: Type.Optional(
    Type.Object({
      api: Type.Optional(
        Type.Object({
          bindAddress: Type.String({ default: '127.0.0.1', format: 'ip' }),
          bindPort: Type.Integer({ default: 7777, minimum: 0, maximum: 65_535 }),
          token: Type.Optional(Type.String({ secret: true })),
        }),
      ),
      pipe: Type.Optional(Type.Object({ mode: Type.String({ default: '0660', pattern: '^0?[0-7]{3}$' }) })),
    }),
  ),
  limits: Type.Object({
    ratio: Type.Number({ default: 0.5 }),
    on: Type.Boolean({ default: true }),
    names: Type.Array(Type.String(), { default: ['lo'] }),
    strategy: Type.Enum(['label', 'hopByHop'], { default: 'label', caseInsensitive: true }),
    id: Type.Union([Type.Integer({ minimum: 0 }), Type.String({ minLength: 1 })], { default: 0 }),
    mapping: Type.Record(Type.String(), Type.String({ format: 'ip' }), {
      default: {},
      propertyNames: { format: 'ip' },
    }),
    receivers: Type.Array(Type.Object({ address: Type.String(), port: Type.Integer({ default: 10_514 }) }), {
      default: [],
    }),
  }),
})

/** Reads a text as the file `x.yaml`. */
export function read(text: string, options: LoadOptions<Type.Static<typeof Schema>> = {}) {
  return parseConfiguration(Schema, text, 'x.yaml', options)
}

/** What is said of a text that is refused. */
export function problemsOf(text: string, options: LoadOptions<Type.Static<typeof Schema>> = {}): string {
  try {
    read(text, options)
  } catch (error) {
    if (isTidemarkError(error, 'CONFIG_INVALID')) return String(error.details['problems'])
    throw error
  }
  throw new Error('the text was accepted')
}
