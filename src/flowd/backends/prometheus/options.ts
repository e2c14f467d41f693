import Type from 'typebox'
import { httpAccessOptionsOpenUnder } from '../../../common/index.ts'

const port = { minimum: 0, maximum: 65_535 }

/** The configuration section `backends.prometheus`. */
export const PROMETHEUS_OPTIONS = Type.Object(
  {
    bindAddress: Type.String({
      default: '127.0.0.1',
      minLength: 1,
      description: 'Where to listen; others are let in as at the plugin `api`.',
    }),
    port: Type.Integer({
      default: 8080,
      minimum: 1,
      maximum: 65_535,
      description: 'TCP port of `/metrics`, without `legacyNames`.',
    }),
    maxFlowSeries: Type.Integer({
      default: 1000,
      defaults: { 'flowd-go': 10_000 },
      minimum: 0,
      maximum: 100_000,
      description:
        'How many flows have series of their own at once, about 30 each. Those beyond count in the sums of their activity only, as all do with 0.',
    }),
    legacyNames: Type.Boolean({
      default: false,
      defaults: { 'flowd-go': true },
      description: 'Use the names and labels of flowd-go, and its two ports.',
    }),
    netlinkPort: Type.Integer({
      default: 8080,
      ...port,
      description: 'With `legacyNames`: TCP port of what the enricher `netlink` reads; 0 for none.',
    }),
    skopsPort: Type.Integer({
      default: 8081,
      ...port,
      description: 'With `legacyNames`: TCP port of what the enricher `skops` reads; 0 for none.',
    }),
    log: Type.Boolean({ default: true, description: 'Whether this backend writes log lines.' }),
    ...httpAccessOptionsOpenUnder('flowd-go'),
  },
  { description: 'Serves the TCP statistics of flows to Prometheus; enrichers read them.' },
)

export type PrometheusOptions = Type.Static<typeof PROMETHEUS_OPTIONS>
