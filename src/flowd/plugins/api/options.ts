import Type from 'typebox'
import { httpAccessOptionsOpenUnder } from '../../../common/index.ts'

/** The configuration section `plugins.api`. */
export const API_OPTIONS = Type.Object(
  {
    bindAddress: Type.String({
      default: '127.0.0.1',
      minLength: 1,
      description: 'Where to listen. Anyone who is let in may say what traffic is for.',
    }),
    bindPort: Type.Integer({
      default: 7777,
      minimum: 0,
      maximum: 65_535,
      description: 'TCP port; 0 takes a free one, which the log tells.',
    }),
    ...httpAccessOptionsOpenUnder('flowd-go'),
  },
  { description: 'Events as HTTP requests, and a look at the live flows.' },
)

export type ApiOptions = Type.Static<typeof API_OPTIONS>
