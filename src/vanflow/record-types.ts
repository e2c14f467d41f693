/**
 * The record types of VAN-Flow, by their code on the wire (attribute 0). Source: `vflow_record_type_t` of
 * skupper-router 2.0 to 3.5. Only codes above 17 are unknown; several known ones are never sent today.
 */
export const RECORD_TYPES = [
  'SITE',
  'ROUTER',
  'LINK',
  'CONTROLLER',
  'LISTENER',
  'CONNECTOR',
  'FLOW',
  'PROCESS',
  'IMAGE',
  'INGRESS',
  'EGRESS',
  'COLLECTOR',
  'PROCESS_GROUP',
  'HOST',
  'LOG',
  'ROUTER_ACCESS',
  'BIFLOW_TPORT',
  'BIFLOW_APP',
] as const

export type RecordTypeName = (typeof RECORD_TYPES)[number]

/** Record type codes by name, so that no code stands as a bare number: `RECORD_TYPE.LISTENER` is 4. */
export const RECORD_TYPE = Object.freeze(
  Object.fromEntries(RECORD_TYPES.map((name, code) => [name, code])),
) as Readonly<Record<RecordTypeName, number>>
