import Type from 'typebox'
import { MODULES_OPTION } from '../modules/index.ts'
import { FLOWD_GO } from './file-choice.ts'

/** The keys of flowd's configuration beside its units. */
export const TOP_LEVEL_OPTIONS = {
  compatibility: Type.Optional(
    Type.Enum([FLOWD_GO], {
      description:
        "'flowd-go' brings back its defaults where ours differ; implied when called as flowd-go or when the file lies in /etc/flowd-go.",
    }),
  ),
  pidPath: Type.String({
    default: '/run/tidemark/flowd.pid',
    defaults: { [FLOWD_GO]: '/var/run/flowd-go.pid' },
    description: "File that holds the process id while flowd runs; '' writes none.",
  }),
  workDir: Type.String({
    default: '/var/lib/tidemark/flowd',
    defaults: { [FLOWD_GO]: '/var/cache/flowd-go' },
    description: "State directory: the journal of live flows, from which a restart resumes; '' keeps none.",
  }),
  controlSocket: Type.Object(
    {
      path: Type.String({
        default: '/run/tidemark/flowd.sock',
        minLength: 1,
        // What sun_path of unix(7) holds beside its final zero.
        maxLength: 107,
        description: 'Unix socket for the commands status, flows and send, and for reload, health checks and metrics.',
      }),
      mode: Type.String({
        default: '0660',
        pattern: '^0?[0-7]{3}$',
        form: 'a mode in octal, like 0620',
        description: 'Its mode, in octal: who may connect.',
      }),
    },
    { description: 'How commands on this host reach the daemon.' },
  ),
  modules: MODULES_OPTION,
  drainSeconds: Type.Number({
    default: 5,
    minimum: 0,
    maximum: 3600,
    unit: 's',
    description:
      'How long a stop may take to announce the end of every live flow. A SIGTERM or SIGINT that comes a second or more after the first cuts it short.',
  }),
}
