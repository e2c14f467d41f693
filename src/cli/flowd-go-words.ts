/** What flowd-go's library of flags takes for true and false. */
const BOOLEANS: Readonly<Record<string, boolean>> = {
  ...Object.fromEntries(['1', 't', 'T', 'true', 'TRUE', 'True'].map(text => [text, true])),
  ...Object.fromEntries(['0', 'f', 'F', 'false', 'FALSE', 'False'].map(text => [text, false])),
}

/**
 * The words of flowd-go's command line as ours has them: its switches may carry a value, as in `--log-time=true`. What
 * is no such value stays, for the command line to refuse.
 */
export function fromFlowdGoWords(words: readonly string[]): string[] {
  return words.flatMap(word => {
    const [, text = ''] = /^--log-time=(.*)$/s.exec(word) ?? []
    const isOn = Object.hasOwn(BOOLEANS, text) ? BOOLEANS[text] : undefined
    if (isOn === undefined) return [word]
    return isOn ? ['--log-time'] : []
  })
}
