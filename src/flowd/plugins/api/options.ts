import Type from 'typebox'

/** The configuration section `plugins.api`. */
export const API_OPTIONS = Type.Object(
  {
    bindAddress: Type.String({
      default: '127.0.0.1',
      minLength: 1,
      description: 'Where to listen. Anyone who reaches it may say what traffic is for: it asks for no password.',
    }),
    bindPort: Type.Integer({
      default: 7777,
      minimum: 0,
      maximum: 65_535,
      description: 'TCP port; 0 takes a free one, which the log tells.',
    }),
  },
  { description: 'Events as HTTP requests, and a look at the live flows.' },
)

export type ApiOptions = Type.Static<typeof API_OPTIONS>
