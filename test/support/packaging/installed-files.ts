import { globSync } from 'node:fs'

/** What both packages install, uncompressed; zsh's completions and the documents have their own places in each. */
export const INSTALLED_FILES: readonly string[] = [
  ...globSync('bpf/*.bpf.o').map(path => `/usr/lib/tidemark/${path}`),
  '/etc/tidemark/collector.yaml',
  '/etc/tidemark/flowd.yaml',
  '/usr/bin/tidemark',
  '/usr/lib/sysusers.d/tidemark.conf',
  '/usr/lib/tidemark/flowd-go',
  '/usr/lib/tidemark/native/koffi.node',
  '/usr/lib/tmpfiles.d/tidemark.conf',
  '/usr/share/bash-completion/completions/tidemark',
  '/usr/share/fish/vendor_completions.d/tidemark.fish',
  '/usr/share/man/man1/tidemark.1',
  '/usr/share/man/man5/tidemark-collector.yaml.5',
  '/usr/share/man/man5/tidemark-flowd.yaml.5',
  '/usr/share/man/man8/tidemark-collector.8',
  '/usr/share/man/man8/tidemark-flowd.8',
  '/usr/share/tidemark/examples/flowd-go.conf',
  '/usr/share/tidemark/examples/flowd-perfmon.conf',
]
