import Type from 'typebox'
import { receiverList } from '../../datagrams/index.ts'

/** The configuration section `plugins.firefly`. */
export const FIREFLY_RECEIVER_OPTIONS = Type.Object(
  {
    bindAddress: Type.String({
      default: '127.0.0.1',
      minLength: 1,
      description: 'Where to listen. Anyone who reaches it may say what traffic is for: it asks for no password.',
    }),
    bindPort: Type.Integer({
      default: 10_514,
      minimum: 0,
      maximum: 65_535,
      description: 'UDP port; 0 takes a free one, which the log tells.',
    }),
    bufferSize: Type.Integer({
      default: 65_535,
      defaults: { 'flowd-go': 4096 },
      minimum: 2048,
      maximum: 4_294_967_295,
      unit: 'bytes',
      description: 'The longest firefly that is read; a longer one is refused.',
    }),
    receiveBuffer: Type.Integer({
      default: 16_777_216,
      minimum: 4096,
      maximum: 1_073_741_823,
      unit: 'bytes',
      description:
        'How much may wait in the kernel while flowd is busy; without CAP_NET_ADMIN at most `net.core.rmem_max`.',
    }),
    fireflyReceivers: receiverList('Where each datagram is sent on as it came.'),
  },
  { description: 'Events as fireflies that others send, by UDP.' },
)

export type FireflyReceiverOptions = Type.Static<typeof FIREFLY_RECEIVER_OPTIONS>
