import Type from 'typebox'
import { assetPath } from '../common/index.ts'

/** The key `programPath` of every unit that loads a program into the kernel. */
export const PROGRAM_PATH_OPTION = Type.String({
  default: '',
  description:
    "A BPF object to load in place of Tidemark's own, with the same program, maps and constants; '' for none.",
})

/**
 * The object file to load.
 *
 * @param asset Tidemark's own, as `bpf/marker.bpf.o`
 * @throws TidemarkError ASSET_MISSING
 */
export function programFile(programPath: string, asset: string): string {
  return programPath === '' ? assetPath(asset) : programPath
}
