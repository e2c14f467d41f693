import Type from 'typebox'

/** The configuration section `registry`. */
export const REGISTRY_OPTIONS = Type.Object(
  {
    source: Type.String({
      default: '',
      description:
        "File or URL (https://scitags.org/api.json) with the list of experiments and activities; '' keeps the built-in one and asks nobody.",
    }),
    refreshHours: Type.Number({
      default: 24,
      minimum: 0.01,
      maximum: 8760,
      unit: 'h',
      description:
        'How often the list is read again from its source; a source that failed is asked again sooner, from a minute on.',
    }),
  },
  { description: 'Names and ids of experiments and activities.' },
)

export type RegistryOptions = Type.Static<typeof REGISTRY_OPTIONS>
