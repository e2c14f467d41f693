import { type Logger, messageOf } from '../../common/index.ts'

/** Stops and removes every unit, the last added first; one that fails keeps no other from stopping, and is told of. */
export async function stopEach(units: Map<string, { stop(): Promise<void> }>, log: Logger): Promise<void> {
  for (const [name, unit] of [...units].reverse()) {
    units.delete(name)
    try {
      await unit.stop()
    } catch (error) {
      log.error({ unit: name, reason: messageOf(error) }, 'a unit did not stop cleanly')
    }
  }
}
