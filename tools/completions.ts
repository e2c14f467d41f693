import type { Command, Option } from 'commander'

/** What completions know: what may follow each command, and which flags take a value. */
interface Completions {
  /** By command (`tidemark flowd run`): its subcommands and its flags. */
  words: ReadonlyMap<string, readonly string[]>
  /**
   * By command and flag (`tidemark doctor --output`), for flags that want a value: the values there are, if they are
   * few.
   */
  values: ReadonlyMap<string, readonly string[]>
}

function completionsOf(program: Command): Completions {
  const words = new Map<string, string[]>()
  const values = new Map<string, readonly string[]>()
  const visit = (command: Command, path: string, inherited: readonly Option[]): void => {
    const options = [...inherited, ...command.options]
    const flagsOf = ({ short, long }: Option) => [long, short].filter(flag => flag !== undefined)
    const flags = options.map(option => flagsOf(option)[0] ?? '')
    words.set(path, [...command.commands.map(child => child.name()), ...flags, '--help'])
    for (const option of options.filter(({ required }) => required)) {
      for (const flag of flagsOf(option)) values.set(`${path} ${flag}`, option.argChoices ?? [])
    }
    for (const child of command.commands) visit(child, `${path} ${child.name()}`, options)
  }
  visit(program, program.name(), [])
  return { words, values }
}

/**
 * Two functions that bash and zsh both read: what may follow a command, and a flag. They fail where nothing is known.
 */
function lookUps({ words, values }: Completions): string {
  const cases = (entries: Completions['words']) =>
    [...entries].map(([name, choices]) => `  '${name}') echo '${choices.join(' ')}' ;;`).join('\n')
  return `__tidemark_words() {
  case "$1" in
${cases(words)}
  *) return 1 ;;
  esac
}
__tidemark_values() {
  case "$1" in
${cases(values)}
  *) return 1 ;;
  esac
}`
}

/** The loop that follows the words of a command line: `at` is the command, `flag` one that still wants its value. */
const FOLLOW = `    if [[ $word == '=' ]]; then
      continue
    elif [[ -n $flag ]]; then
      flag=''
    elif [[ $word == -* ]]; then
      if __tidemark_values "$at $word" >/dev/null; then flag=$word; fi
    elif __tidemark_words "$at $word" >/dev/null; then
      at="$at $word"
    fi`

const CHOOSE = `  if [[ -n $flag ]]; then
    choices=$(__tidemark_values "$at $flag")
  else
    choices=$(__tidemark_words "$at")
  fi`

/** Completion for bash, from the command line's own definition. */
export function bashCompletion(program: Command): string {
  return `# bash completion for tidemark
${lookUps(completionsOf(program))}
_tidemark() {
  local at=tidemark flag='' choices='' word current=\${COMP_WORDS[COMP_CWORD]}
  # bash cuts --conf=FILE into three words.
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
${FOLLOW}
  done
${CHOOSE}
  mapfile -t COMPREPLY < <(compgen -W "$choices" -- "\${current#=}")
}
complete -o default -F _tidemark tidemark
`
}

/** Completion for zsh, to be found as `_tidemark` in its path of functions. */
export function zshCompletion(program: Command): string {
  return `#compdef tidemark
${lookUps(completionsOf(program))}
_tidemark() {
  local at=tidemark flag='' choices='' word
  for word in "\${(@)words[2,CURRENT-1]}"; do
${FOLLOW}
  done
${CHOOSE}
  if [[ -n $choices ]]; then
    compadd -- \${=choices}
  else
    _files
  fi
}
_tidemark "$@"
`
}

/** Completion for fish. */
export function fishCompletion(program: Command): string {
  const { words, values } = completionsOf(program)
  const lookUp = (name: string, entries: Completions['words']) => {
    const cases = [...entries].map(([key, choices]) => {
      const echo = choices.length === 0 ? 'return 0' : `string split -- ' ' '${choices.join(' ')}'`
      return `    case '${key}'\n      ${echo}`
    })
    return `function ${name}\n  switch "$argv[1]"\n${cases.join('\n')}\n    case '*'\n      return 1\n  end\nend`
  }
  return `# fish completion for tidemark
${lookUp('__tidemark_words', words)}
${lookUp('__tidemark_values', values)}
function __tidemark_complete
  set -l at tidemark
  set -l flag ''
  for word in (commandline -opc)[2..-1]
    if test -n "$flag"
      set flag ''
    else if string match -q -- '-*' "$word"
      if __tidemark_values "$at $word" >/dev/null
        set flag $word
      end
    else if __tidemark_words "$at $word" >/dev/null
      set at "$at $word"
    end
  end
  if test -n "$flag"
    set -l choices (__tidemark_values "$at $flag")
    if test -n "$choices"
      string join \\n $choices
    else
      __fish_complete_path (commandline -ct)
    end
  else
    __tidemark_words $at
  end
end
complete -c tidemark -f -a '(__tidemark_complete)'
`
}
