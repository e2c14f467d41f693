import Type, { type Static } from 'typebox'
import { HTTP_ACCESS_OPTIONS } from '../common/index.ts'
import { SOURCE_TIMERS } from './ingest/index.ts'

/** Where the collector's API is, unless its configuration says otherwise. */
export const API_PORT = 8010

const MECHANISMS = ['EXTERNAL', 'PLAIN', 'ANONYMOUS'] as const

const Tls = Type.Object(
  {
    caFile: Type.String({
      default: '',
      description: "PEM file of the authorities that may have signed the router's certificate; '' trusts the system's.",
    }),
    certificateFile: Type.String({ default: '', description: "PEM file of our own certificate; '' shows none." }),
    keyFile: Type.String({ default: '', description: 'PEM file of its key.' }),
    verify: Type.Boolean({
      default: true,
      description: "Whether the router's certificate and host name are checked. Turn it off only to look for a fault.",
    }),
    serverName: Type.String({
      default: '',
      description: "The name that the router's certificate must carry; '' expects the host of the URL.",
    }),
  },
  { description: 'TLS to the router, for amqps. Files are read again at each connect, so renewed ones are taken up.' },
)

const Sasl = Type.Object(
  {
    mechanisms: Type.Array(Type.Enum([...MECHANISMS]), {
      default: [],
      description:
        'The SASL mechanisms to accept from the router. An empty list chooses: EXTERNAL with a certificate, PLAIN with a password, ANONYMOUS without one.',
    }),
    user: Type.String({ default: '', description: 'User of PLAIN.' }),
    passwordFile: Type.String({ default: '', description: 'File that holds the password of PLAIN.' }),
  },
  { description: 'Who we say we are.' },
)

const Amqp = Type.Object(
  {
    url: Type.String({
      default: '',
      pattern: '^($|amqps?://[^/@\\s]+/?$)',
      form: 'amqps://HOST[:PORT] or amqp://HOST[:PORT], without user and password',
      description:
        "The router, amqps://HOST[:PORT] or amqp://HOST[:PORT]. '' takes connect.json (connectFile), and without one amqp://localhost:5672.",
    }),
    connectFile: Type.String({
      default: '',
      description:
        "A connect.json, used when url is ''. '' looks where $MESSAGING_CONNECT_FILE says, else for ./connect.json, ~/.config/messaging/connect.json and /etc/messaging/connect.json.",
    }),
    tls: Tls,
    sasl: Sasl,
    credit: Type.Integer({
      default: 2000,
      minimum: 1,
      maximum: 1_000_000,
      unit: 'messages',
      description:
        'How many messages the router may send ahead on each link. What finds no credit is discarded by the router.',
    }),
    idleTimeoutSeconds: Type.Number({
      default: 4,
      minimum: 0.1,
      maximum: 3600,
      unit: 's',
      description: 'The router must say something this often; after twice the time the connection counts as dead.',
    }),
    openTimeoutSeconds: Type.Number({
      default: 10,
      minimum: 0.1,
      maximum: 3600,
      unit: 's',
      description: 'How long an attempt to connect may take.',
    }),
    longestRetrySeconds: Type.Number({
      default: 2,
      minimum: 0.1,
      maximum: 3600,
      unit: 's',
      description: 'Attempts to connect follow each other at growing distances, at most this far apart.',
    }),
  },
  { description: 'The connection to a router of the Skupper network.' },
)

const Sources = Type.Object(
  {
    staleAfterSeconds: Type.Number({
      default: SOURCE_TIMERS.staleAfterMs / 1000,
      minimum: 0.1,
      unit: 's',
      description: 'Silence after which a router or controller is shown as stale.',
    }),
    goneAfterSeconds: Type.Number({
      default: SOURCE_TIMERS.goneAfterMs / 1000,
      minimum: 0.1,
      unit: 's',
      description: 'Silence after which it counts as gone: its records end.',
    }),
    flushIntervalSeconds: Type.Number({
      default: SOURCE_TIMERS.flushIntervalMs / 1000,
      minimum: 0.1,
      unit: 's',
      description:
        'The least time between two requests to one source to tell all it knows; doubled while repairs repeat.',
    }),
    periodicFlushSeconds: Type.Number({
      default: SOURCE_TIMERS.periodicFlushMs / 1000,
      minimum: 1,
      unit: 's',
      description: 'How often each source is asked so without cause, against what was lost unseen.',
    }),
    maxSources: Type.Integer({
      default: 10_000,
      minimum: 1,
      description: 'Sources beyond this number are ignored, counted.',
    }),
  },
  { description: 'How routers and controllers are judged.' },
)

const Http = Type.Object(
  {
    bindAddress: Type.String({ default: '127.0.0.1', format: 'ip', description: 'Address that the API listens on.' }),
    bindPort: Type.Integer({
      default: API_PORT,
      minimum: 0,
      maximum: 65_535,
      description: 'Its port; 0 takes a free one.',
    }),
    ...HTTP_ACCESS_OPTIONS,
    cors: Type.Boolean({
      default: false,
      description:
        'Whether pages of other origins may read the API; the environment variable USE_CORS=yes says so too.',
    }),
    maxWatchers: Type.Integer({
      default: 4096,
      minimum: 1,
      description: 'How many connections may watch at once; each costs at most 1 MB.',
    }),
  },
  { description: 'The HTTP API, with metrics and probes.' },
)

const Retention = Type.Object(
  {
    endedMinutes: Type.Number({
      default: 15,
      minimum: 0,
      unit: 'min',
      description: "How long ended records are kept, by the collector's clock.",
    }),
    maxEndedRecords: Type.Integer({
      default: 1_000_000,
      minimum: 0,
      description: 'How many of them are kept at most; the oldest go first, counted.',
    }),
    maxBytes: Type.Integer({
      default: 1024 ** 3,
      minimum: 1,
      unit: 'bytes',
      description:
        'About how much memory all records may hold. Beyond it the oldest ended ones go first, then new ones and new texts of known ones are refused, all counted.',
    }),
  },
  { description: 'What is kept of what has ended.' },
)

const Limits = Type.Object(
  {
    inboxMessages: Type.Integer({
      default: 200_000,
      minimum: 1,
      description:
        'How many messages may wait between the socket and the graph; more are dropped, counted and asked for again.',
    }),
    inboxBytes: Type.Integer({
      default: 128 * 1024 * 1024,
      minimum: 1,
      unit: 'bytes',
      description: 'How many bytes of them.',
    }),
  },
  { description: 'Bounds of memory.' },
)

/** The collector's configuration: the one source of its types, checks, defaults and documentation. */
export const CollectorConfiguration = Type.Object(
  { amqp: Amqp, sources: Sources, http: Http, retention: Retention, limits: Limits },
  {
    description:
      'Configuration of the collector. SIGHUP takes up changes of the sections amqp and retention; the rest needs a restart. Changed files of certificates, tokens and passwords are taken up by themselves.',
  },
)
export type CollectorConfiguration = Static<typeof CollectorConfiguration>
