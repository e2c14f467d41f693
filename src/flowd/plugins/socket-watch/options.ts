import Type from 'typebox'

/** How often a plugin that watches sockets looks. */
export const WATCH_PERIOD_OPTION = Type.Integer({
  default: 1000,
  minimum: 10,
  maximum: 3_600_000,
  unit: 'ms',
  description:
    "How often this host's sockets are looked at; less often when that would take more than a tenth of a processor.",
})
