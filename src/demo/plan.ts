/**
 * The fixed facts of the demo: who talks to whom, and what is declared. Both hosts live in empty networks of their own.
 */
export const PLAN = {
  interfaceName: 'eth0',
  prefixLength: 64,
  sender: '2001:db8:1::a',
  receiver: '2001:db8:1::b',
  /** Where the storage service listens (XRootD's port). */
  servicePort: 1094,
  fireflyPort: 10_514,
  experiment: 3,
  activity: 14,
  /** How the named pipe is told: experiments may be written by name. */
  declaredAs: 'cms 14',
  /** Bytes of each transfer. */
  transferBytes: 8_000_000,
  flows: {
    declared: {
      port: 40_001,
      /** Expedited forwarding (DSCP 46). Its low bits are the first that a careless marker damages. */
      dscpClass: 0xb8,
    },
    other: {
      port: 40_002,
      /** Assured forwarding 11 (DSCP 10). */
      dscpClass: 0x28,
    },
  },
  /** Both hosts negotiate ECN, so every first transmission carries ECT(0) in the lowest two bits of the class. */
  ecn: 0b10,
} as const

export type FlowName = keyof typeof PLAN.flows
export const FLOW_NAMES = ['declared', 'other'] as const satisfies readonly FlowName[]
