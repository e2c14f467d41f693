import type { Command } from 'commander'

/** The words that may follow a command: its subcommands and its flags. */
interface Completion {
  /** For example `tidemark flowd run`. */
  path: string
  words: string[]
}

function completionsOf(command: Command, path: string, inherited: readonly string[]): Completion[] {
  const flags = [...inherited, ...command.options.map(option => option.long ?? option.short ?? '')]
  const own = { path, words: [...command.commands.map(child => child.name()), ...flags] }
  return [own, ...command.commands.flatMap(child => completionsOf(child, `${path} ${child.name()}`, flags))]
}

/** Completion for bash (also read by zsh through bashcompinit), from the command line's own definition. */
export function bashCompletion(program: Command): string {
  const cases = completionsOf(program, program.name(), []).map(
    ({ path, words }) => `    '${path}') words='${words.join(' ')}' ;;`,
  )
  return `# bash completion for tidemark
_tidemark() {
  local path=tidemark words='' word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    [[ $word == -* ]] || path+=" $word"
  done
  case "$path" in
${cases.join('\n')}
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}")
}
complete -o default -F _tidemark tidemark
`
}

/** Completion for fish. */
export function fishCompletion(program: Command): string {
  const lines = completionsOf(program, program.name(), []).map(({ path, words }) => {
    const seen = path.split(' ').slice(1)
    const condition = seen.length === 0 ? '__fish_use_subcommand' : `__fish_seen_subcommand_from ${seen.at(-1)}`
    return `complete -c tidemark -n '${condition}' -f -a '${words.join(' ')}'`
  })
  return `# fish completion for tidemark\n${lines.join('\n')}\n`
}

/** Completion for zsh, through its reader of bash completions. */
export function zshCompletion(program: Command): string {
  return `#compdef tidemark\nautoload -U +X bashcompinit && bashcompinit\n${bashCompletion(program)}`
}
