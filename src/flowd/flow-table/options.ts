import Type from 'typebox'

/** The configuration section `flowTable`. */
export const FLOW_TABLE_OPTIONS = Type.Object(
  {
    maxFlows: Type.Integer({
      default: 1_000_000,
      minimum: 1,
      description: 'How many flows may be live at once; a start beyond it is refused and counted.',
    }),
    silenceLimit: Type.Number({
      default: 86_400,
      minimum: 1,
      unit: 's',
      description: 'A flow of which nothing was heard for so long, and whose socket was not seen either, is ended.',
    }),
    socketCheck: Type.Boolean({
      default: true,
      description: 'Ask the kernel for the sockets of live flows, and end a flow whose socket was seen and is gone.',
    }),
  },
  { description: 'What flowd remembers of live flows.' },
)

export type FlowTableOptions = Type.Static<typeof FLOW_TABLE_OPTIONS>
