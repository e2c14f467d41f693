import Type from 'typebox'

/** The configuration section `backends.marker`. */
export const MARKER_OPTIONS = Type.Object(
  {
    targetInterfaces: Type.Array(Type.String({ minLength: 1 }), {
      default: ['lo'],
      minItems: 1,
      description: 'Interfaces whose outgoing packets are marked; each must be there when flowd starts.',
    }),
    markingStrategy: Type.Enum(['label'], {
      default: 'label',
      caseInsensitive: true,
      description: 'Where the mark stands in a packet: `label` is the IPv6 flow label.',
    }),
    maxFlows: Type.Integer({
      default: 100_000,
      minimum: 1,
      maximum: 10_000_000,
      description:
        'How many flows can be marked at once; each takes 117 bytes of kernel memory, used or not. Those beyond wait for room.',
    }),
    attach: Type.Enum(['auto', 'tcx', 'clsact'], {
      default: 'auto',
      description:
        'How the program is attached: `tcx` (Linux 6.6 and later) ends with the process, `clsact` is a tc filter; `auto` takes the first that works.',
    }),
    removeQdisc: Type.Boolean({
      default: true,
      description: 'With `clsact`: remove the qdisc at the end too, if flowd made it and nobody else uses it.',
    }),
  },
  { description: "Writes the flow label into the packets of declared flows, in the kernel's tc egress hook." },
)

export type MarkerOptions = Type.Static<typeof MARKER_OPTIONS>
