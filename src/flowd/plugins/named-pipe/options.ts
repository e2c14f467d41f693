import Type from 'typebox'

/** The configuration section `plugins.namedPipe`. */
export const NAMED_PIPE_OPTIONS = Type.Object(
  {
    pipePath: Type.String({
      default: '/run/tidemark/np',
      defaults: { 'flowd-go': 'np' },
      minLength: 1,
      description: 'The FIFO. One that exists is used as it is; else it is made, and removed again at the end.',
    }),
    mode: Type.String({
      default: '0620',
      defaults: { 'flowd-go': '0666' },
      pattern: '^0?[0-7]{3}$',
      form: 'a mode in octal, like 0620',
      description: 'Mode of a FIFO that is made, in octal: who may write may say what traffic is for.',
    }),
    owner: Type.String({
      default: '',
      description: "User that owns a FIFO that is made, by name or number; '' leaves it to the daemon's user.",
    }),
    group: Type.String({
      default: '',
      description: "Group of a FIFO that is made, by name or number; '' leaves it to the daemon's group.",
    }),
  },
  { description: 'Events as lines written to a FIFO.' },
)

export type NamedPipeOptions = Type.Static<typeof NAMED_PIPE_OPTIONS>
