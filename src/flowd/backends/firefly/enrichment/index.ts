import type { TcpSample } from '../../../sample.ts'
import { compatible } from './compatible.ts'
import { full } from './full.ts'
import { lean } from './lean.ts'

export const ENRICHMENT_MODES = ['lean', 'compatible', 'full'] as const

export type EnrichmentMode = (typeof ENRICHMENT_MODES)[number]

/** Writes what a firefly tells of a sample. */
export const ENRICHMENT: Readonly<Record<EnrichmentMode, (sample: TcpSample) => object>> = { lean, compatible, full }

/** The firefly's key for what an enricher read: schema 1.0.0 names `netlink`, flowd-go adds `skOps`. */
export function blockName({ source }: TcpSample): string {
  return source === 'skops' ? 'skOps' : source
}
