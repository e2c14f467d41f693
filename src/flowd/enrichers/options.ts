import Type from 'typebox'

/** What the section `enrichers` holds beside the enrichers. */
export const SAMPLING_OPTIONS = {
  period: Type.Integer({
    default: 1000,
    minimum: 1,
    unit: 'ms',
    description: 'How often the enrichers read the TCP statistics of each flow.',
  }),
}
