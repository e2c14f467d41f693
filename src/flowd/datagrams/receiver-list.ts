import Type from 'typebox'

const RECEIVER = Type.Object({
  address: Type.String({
    minLength: 1,
    description: 'An IP address, or a name that is looked up again every minute.',
  }),
  port: Type.Integer({ default: 10_514, minimum: 1, maximum: 65_535, description: 'Its UDP port.' }),
})

/** A key that lists those who get fireflies. */
export function receiverList(description: string) {
  return Type.Array(RECEIVER, { default: [], description })
}
