/** The parameters that v1alpha1 knows; others are ignored, as the prototype does. */
export interface ApiQuery {
  vanAddresses: string[]
  ids: string[]
  /** Undefined: as the path has it. */
  includeDeleted: boolean | undefined
  watch: boolean
}

/** Reads the query of a URL, percent-decoded; a repeated parameter counts each time. */
export function readQuery(url: string): ApiQuery {
  const questionMark = url.indexOf('?')
  const parameters = new URLSearchParams(questionMark < 0 ? '' : url.slice(questionMark + 1))
  return {
    vanAddresses: parameters.getAll('vanaddr').filter(address => address !== ''),
    ids: parameters.getAll('id'),
    includeDeleted: readFlag(parameters.get('includeDeleted')),
    watch: readFlag(parameters.get('watch')) ?? false,
  }
}

/** `1` and `true` are true, any other value false. */
function readFlag(text: string | null): boolean | undefined {
  return text === null ? undefined : text === '1' || text === 'true'
}
