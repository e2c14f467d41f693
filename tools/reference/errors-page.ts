import { ERRORS } from '../../src/common/index.ts'

/** `docs/reference/errors.md`: every row of the error table. */
export function errorsPage(): string {
  const rows = Object.entries(ERRORS).sort(([one], [other]) => (one < other ? -1 : 1))
  return [
    '# Errors',
    '',
    'Every failure that a user can meet has a code, a message, a remedy and an exit code. Commands print `error CODE: message` and',
    '`remedy: …` on standard error; HTTP interfaces answer `{"message", "code", "remedy"}` with the status below. Words in braces are filled in.',
    '',
    '| exit code | meaning |',
    '|---|---|',
    '| 0 | done |',
    '| 1 | failed while running; a restart may help |',
    '| 2 | the command line was wrong |',
    "| 78 | what a restart won't mend: configuration, missing BTF, capability, libbpf or interface |",
    '',
    '| code | message | remedy | exit | HTTP |',
    '|---|---|---|---|---|',
    ...rows.map(
      ([code, { message, remedy, exitCode, httpStatus }]) =>
        `| \`${code}\` | ${cell(message)} | ${cell(remedy)} | ${exitCode} | ${httpStatus} |`,
    ),
    '',
  ].join('\n')
}

function cell(text: string): string {
  return text.replaceAll('\n', '<br>').replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('&lt;br>', '<br>')
}
