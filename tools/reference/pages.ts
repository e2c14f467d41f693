import { CollectorConfiguration } from '../../src/collector/index.ts'
import { FLOWD_CONFIGURATION } from '../../src/flowd/index.ts'
import { apiPage } from './api-page.ts'
import { collectorMetricsPage } from './collector-metrics-page.ts'
import { commandsPage } from './commands-page.ts'
import { configurationPage } from './configuration-page.ts'
import { endpointsPage } from './endpoints-page.ts'
import { errorsPage } from './errors-page.ts'
import { flowdMetricsPage } from './flowd-metrics-page.ts'

/** The reference pages that are generated from the code, by their path. */
export const REFERENCE_PAGES: Readonly<Record<string, () => string | Promise<string>>> = {
  'docs/reference/api-v1alpha1.md': apiPage,
  'docs/reference/commands.md': commandsPage,
  'docs/reference/endpoints.md': endpointsPage,
  'docs/reference/metrics-collector.md': collectorMetricsPage,
  'docs/reference/metrics-flowd.md': flowdMetricsPage,
  'docs/reference/errors.md': errorsPage,
  'docs/reference/configuration-flowd.md': () =>
    configurationPage({
      title: 'Configuration of flowd',
      introduction: [
        'flowd reads the file that `--conf` names, else `/etc/tidemark/flowd.yaml`, else `/etc/flowd-go/conf.yaml`, else `/etc/flowd-go/conf.json`: YAML 1.2, and hence JSON. `tidemark flowd check` prints every value in force and where it came from.',
        'Every key has a default. A plugin or backend is off until the file names it; `{}` turns it on with its defaults. Unknown and deprecated keys are named in a warning, with `check --strict` in an error.',
        'The files of flowd-go are understood as they are. Where a default of ours differs from its, `compatibility: flowd-go` brings back its; this is implied when the program is called as `flowd-go` or reads a file in `/etc/flowd-go`.',
      ],
      schema: FLOWD_CONFIGURATION,
      profile: 'flowd-go',
    }),
  'docs/reference/configuration-collector.md': () =>
    configurationPage({
      title: 'Configuration of the collector',
      introduction: [
        'The collector reads the file that `--conf` names, else `/etc/tidemark/collector.yaml`: YAML 1.2, and hence JSON. Without a file the defaults hold: a `connect.json` may say all that is needed. `tidemark collector check` prints every value in force, where it came from, and the router that they mean.',
        'Unknown keys are named in a warning, with `check --strict` in an error. How to reach a router: [connect to Skupper](../how-to/connect-to-skupper.md).',
      ],
      schema: CollectorConfiguration,
    }),
}
