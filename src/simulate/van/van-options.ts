import type { AmqpListenerOptions } from './amqp-listener.ts'
import type { MessageFaults } from './faulty-outlet.ts'
import type { Mishap } from './mishaps.ts'
import { DEFAULT_NETWORK_OPTIONS, type NetworkOptions } from './network-options.ts'

/** A simulated network, how it is reached, and what befalls it. */
export interface VanOptions extends NetworkOptions {
  /** Where clients connect, and how. */
  listen: AmqpListenerOptions
  /** How many times faster than real time timers run. Times in records remain those of this host's clock. */
  speed: number
  /** What is wrong with messages, by probability. */
  messageFaults: Partial<MessageFaults>
  /** Every how many seconds of simulated time a mishap befalls the network. */
  mishaps: Partial<Record<Mishap, number>>
}

/** On 127.0.0.1:5672, in real time, and nothing befalls it. */
export const DEFAULT_VAN_OPTIONS: VanOptions = {
  ...DEFAULT_NETWORK_OPTIONS,
  listen: {},
  speed: 1,
  messageFaults: {},
  mishaps: {},
}
