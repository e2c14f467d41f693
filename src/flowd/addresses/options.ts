import Type from 'typebox'

/** The configuration section `backends.firefly.stun`: how private addresses become the public ones that others see. */
export const ADDRESS_MAPPING_OPTIONS = Type.Object(
  {
    manualMapping: Type.Record(Type.String(), Type.String({ format: 'ip' }), {
      propertyNames: { format: 'ip' },
      default: {},
      description: 'Local address to public address; always honoured, and nobody is asked about these.',
    }),
    stunServers: Type.Array(Type.String({ format: 'stun-server' }), {
      default: [
        'stun.l.google.com:3478',
        'stun1.l.google.com:3478',
        'stun2.l.google.com:3478',
        'stun3.l.google.com:3478',
        'stun4.l.google.com:3478',
      ],
      description: 'STUN servers as host:port, or host for port 3478, asked one after another until one answers.',
    }),
    httpServices: Type.Array(Type.String({ pattern: '^https?://', form: 'a URL of http or https' }), {
      default: [],
      defaults: { 'flowd-go': ['https://api64.ipify.org?format=json', 'https://ipconfig.io/json'] },
      description: 'Web services that answer with JSON whose `ip` is the address they see; asked before STUN.',
    }),
    refreshSeconds: Type.Number({
      default: 600,
      minimum: 10,
      maximum: 86_400,
      unit: 's',
      description: 'How often the addresses are asked for again.',
    }),
  },
  { description: 'Maps private source addresses to public ones in fireflies.' },
)

export type AddressMappingOptions = Type.Static<typeof ADDRESS_MAPPING_OPTIONS>
