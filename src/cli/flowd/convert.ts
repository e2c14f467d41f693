import type { Command } from 'commander'
import { isTidemarkError, readConfigurationFile, TidemarkError } from '../../common/index.ts'
import { addExamples } from '../examples.ts'

/** `flowd convert`: a configuration of Python flowd as one of ours. */
export function registerConvert(flowd: Command): void {
  addExamples(flowd.command('convert'), '/etc/flowd/flowd.cfg > flowd.yaml')
    .description('print the configuration that a flowd.cfg of Python flowd means, without running it')
    .argument('<file>', "Python flowd's configuration, as /etc/flowd/flowd.cfg")
    .action(async (file: string) => {
      const { convertPythonConfiguration, formatConversionWarning } = await import('../../flowd/index.ts')
      const { recognised, yaml, warnings } = convertPythonConfiguration(readText(file))
      if (!recognised) throw new TidemarkError('CONFIG_NOT_OF_PYTHON_FLOWD', { file })
      for (const warning of warnings) process.stderr.write(`warning: ${file}: ${formatConversionWarning(warning)}\n`)
      process.stdout.write(yaml)
    })
}

/** @throws TidemarkError FILE_NOT_FOUND, CONFIG_UNREADABLE */
function readText(file: string): string {
  try {
    return readConfigurationFile(file)
  } catch (error) {
    if (isTidemarkError(error, 'CONFIG_NOT_FOUND')) throw new TidemarkError('FILE_NOT_FOUND', { file }, error)
    throw error
  }
}
