import { ok, warning } from '../../checks/index.ts'
import { isTidemarkError } from '../../common/index.ts'
import { ControlClient } from '../daemon/index.ts'
import type { HostCheck } from './host.ts'

/** What keeps a flowd that runs from its work; nothing is said where none runs. */
export const checkRunning: HostCheck = async ({ configuration }) => {
  const check = 'running flowd'
  try {
    const { problems } = await new ControlClient(configuration.controlSocket.path).health()
    if (problems.length === 0) return [ok(check, 'nothing keeps it from its work')]
    const remedy = 'mend what it names; flowd tries again by itself'
    return problems.map(({ unit, problem }) => warning(check, `${unit}: ${problem}`, remedy))
  } catch (error) {
    if (isTidemarkError(error, 'FLOWD_UNREACHABLE')) return []
    if (isTidemarkError(error)) return [warning(check, error.message, error.remedy)]
    throw error
  }
}
