export { CollectorAddress } from './collector-address.ts'
export { DatagramSender } from './datagram-sender.ts'
export { receiverList } from './receiver-list.ts'
export { isSendingPort } from './sending-ports.ts'
