/** What one look at this host came to. */
export interface Finding {
  /** What was looked at, as `libbpf` or `interface eth0`. */
  check: string
  /**
   * `failed`: something that the configuration names will not work. `warning`: it works, but not as well as it could.
   */
  status: 'ok' | 'warning' | 'failed'
  /** What was found. */
  found: string
  /** What to do; '' when nothing is. */
  remedy: string
}

/** Nothing is to be done. */
export function ok(check: string, found: string): Finding {
  return { check, status: 'ok', found, remedy: '' }
}

/** It works, but not as well as it could. */
export function warning(check: string, found: string, remedy: string): Finding {
  return { check, status: 'warning', found, remedy }
}

/** Something that the configuration names will not work. */
export function failed(check: string, found: string, remedy: string): Finding {
  return { check, status: 'failed', found, remedy }
}
