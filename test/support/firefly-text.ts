/** What a test puts in place of, or beside, the blocks of the sample firefly. */
interface Change {
  lifecycle?: object
  id?: object
  context?: object
  more?: object
}

/** A valid start firefly as JSON text, with changes merged into its blocks. */
export const fireflyText = (change: Change = {}): string =>
  JSON.stringify({
    version: 1,
    'flow-lifecycle': { state: 'start', 'start-time': '2021-09-07T22:22:21.5+00:00', ...change.lifecycle },
    'flow-id': {
      afi: 'ipv4',
      'src-ip': '10.99.0.1',
      'dst-ip': '127.0.0.1',
      protocol: 'tcp',
      'src-port': 4321,
      'dst-port': 0,
      ...change.id,
    },
    context: { 'experiment-id': 1, 'activity-id': 2, ...change.context },
    ...change.more,
  })
