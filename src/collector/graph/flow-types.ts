/** The record types of connections and requests, in both dialects. */
const FLOW_TYPES: ReadonlySet<string> = new Set(['FLOW', 'BIFLOW_TPORT', 'BIFLOW_APP'])

/** Whether a record of the view is a connection or a request. */
export function isFlow({ recordType }: { readonly recordType: string }): boolean {
  return FLOW_TYPES.has(recordType)
}
