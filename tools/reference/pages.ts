import { commandsPage } from './commands-page.ts'
import { errorsPage } from './errors-page.ts'

/** The reference pages that are generated from the code, by their path: one line each. */
export const REFERENCE_PAGES: Readonly<Record<string, () => string>> = {
  'docs/reference/commands.md': commandsPage,
  'docs/reference/errors.md': errorsPage,
}
