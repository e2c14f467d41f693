/**
 * The few man(7) macros that the manual pages need. Text is escaped, so a description may hold anything.
 */
export interface ManualPage {
  name: string
  section: 1 | 5 | 8
  /** One line, for NAME and whatis. */
  summary: string
  body: string
}

/** The whole page as roff source. */
export function renderPage(page: ManualPage, version: string, date: string): string {
  const head = [page.name.toUpperCase(), page.section, date.slice(0, 10), `Tidemark ${version}`, 'Tidemark']
  return [
    `.TH ${head.map(word => `"${quoteRoff(String(word))}"`).join(' ')}`,
    heading('NAME'),
    `${quoteRoff(page.name)} \\- ${quoteRoff(page.summary)}`,
    page.body,
    '',
  ].join('\n')
}

export function heading(text: string): string {
  return `.SH ${quoteRoff(text)}`
}

export function subheading(text: string): string {
  return `.SS ${quoteRoff(text)}`
}

export function paragraph(text: string): string {
  return `.PP\n${guard(quoteRoff(text))}`
}

/** A term in bold with its explanation indented below it. */
export function term(name: string, explanation: string): string {
  return `.TP\n.B ${quoteRoff(name)}\n${guard(quoteRoff(explanation))}`
}

/** Lines kept as they are. */
export function literal(text: string): string {
  return `.PP\n.nf\n.RS 4\n${text
    .split('\n')
    .map(line => guard(quoteRoff(line)))
    .join('\n')}\n.RE\n.fi`
}

function quoteRoff(text: string): string {
  return text.replaceAll('\\', '\\e').replaceAll('-', '\\-')
}

/** A line that begins with a dot or quote would be read as a macro. */
function guard(text: string): string {
  return text.replace(/^(?=[.'])/gm, '\\&')
}
