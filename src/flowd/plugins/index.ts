import type { PluginDefinition } from '../unit.ts'
import { api } from './api/index.ts'
import { firefly } from './firefly/index.ts'
import { iperf3 } from './iperf3/index.ts'
import { namedPipe } from './named-pipe/index.ts'
import { netlink } from './netlink/index.ts'
import { perfsonar } from './perfsonar/index.ts'

/** Every plugin by its name in the configuration, in the order of starting. */
export const PLUGINS = { api, firefly, iperf3, namedPipe, perfsonar, netlink } as const satisfies Readonly<
  Record<string, PluginDefinition>
>
