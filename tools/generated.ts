import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createProgram } from '../src/cli/program.ts'
import { CollectorConfiguration } from '../src/collector/configuration.ts'
import { FLOWD_CONFIGURATION } from '../src/flowd/index.ts'
import { bundleOptions } from './bundle-options.ts'
import { bashCompletion, fishCompletion, zshCompletion } from './completions.ts'
import { commandPages } from './manual/command-pages.ts'
import { configurationPage } from './manual/configuration-pages.ts'
import { renderPage } from './manual/roff.ts'
import { sampleConfiguration } from './manual/sample-configuration.ts'

/**
 * Writes what packages install and the code already knows: manual pages, sample configurations with every key
 * commented out at its default, shell completions.
 */
const OUT = 'build/generated'

function write(path: string, text: string): void {
  mkdirSync(dirname(join(OUT, path)), { recursive: true })
  writeFileSync(join(OUT, path), text)
}

const program = createProgram('tidemark')
const { TIDEMARK_VERSION: version, TIDEMARK_BUILD_DATE: date } = bundleOptions.define
const pages = [
  ...commandPages(program),
  configurationPage('flowd', FLOWD_CONFIGURATION),
  configurationPage('collector', CollectorConfiguration),
]

rmSync(OUT, { recursive: true, force: true })
for (const page of pages) {
  write(`man/${page.name}.${page.section}`, renderPage(page, JSON.parse(version) as string, JSON.parse(date) as string))
}
write('conf/flowd.yaml', sampleConfiguration(FLOWD_CONFIGURATION))
write('conf/collector.yaml', sampleConfiguration(CollectorConfiguration))
write('completions/tidemark.bash', bashCompletion(program))
write('completions/tidemark.zsh', zshCompletion(program))
write('completions/tidemark.fish', fishCompletion(program))
