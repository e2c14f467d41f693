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
    endGrace: Type.Number({
      default: 0.5,
      minimum: 0,
      maximum: 60,
      unit: 's',
      description:
        'When the socket of a flow has died that a storage service told of by firefly, so long its own end firefly is waited for, which tells more; 0 ends the flow at once.',
    }),
    socketCheck: Type.Boolean({
      default: true,
      description: 'Ask the kernel for the sockets of live flows, and end a flow whose socket was seen and is gone.',
    }),
  },
  { description: 'What flowd remembers of live flows.' },
)

export type FlowTableOptions = Type.Static<typeof FLOW_TABLE_OPTIONS>
