import Type from 'typebox'
import { PROGRAM_PATH_OPTION } from '../../program-path.ts'
import { STRATEGIES } from './strategy.ts'

/** The configuration section `backends.marker`. */
export const MARKER_OPTIONS = Type.Object(
  {
    targetInterfaces: Type.Array(Type.String({ minLength: 1 }), {
      default: ['lo'],
      description:
        'Interfaces whose outgoing packets are marked. Each must be there when flowd starts; one that is gone later is marked on again when it is back.',
    }),
    discoverInterfaces: Type.Boolean({
      default: false,
      description:
        'In place of `targetInterfaces`: every interface that has a public IPv6 address, or gets one while flowd runs.',
    }),
    markingStrategy: Type.Enum([...STRATEGIES], {
      default: 'label',
      caseInsensitive: true,
      description:
        'Where the mark stands in a packet: `label` is the IPv6 flow label; the others insert an option of extension headers, `hopByHop` and `destination` 8 bytes, `hopByHopDestination` (both) 16.',
    }),
    matchAll: Type.Boolean({
      default: false,
      description:
        'Mark also the packets of flows that nobody declared, as the flow from `::` port 0 to `::` port 0 of their protocol is declared; true whenever the plugin `perfsonar` is on.',
    }),
    debugMode: Type.Boolean({
      default: false,
      description:
        'Log what became of each packet, at the level `debug`; at most 20 lines a second of each outcome, the rest is counted.',
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
    programPath: PROGRAM_PATH_OPTION,
  },
  { description: "Writes the mark into the packets of declared flows, in the kernel's tc egress hook." },
)

export type MarkerOptions = Type.Static<typeof MARKER_OPTIONS>
