import { text } from 'node:stream/consumers'

/**
 * Draws what a command printed on a coloured terminal as an SVG picture, for pages that cannot show one.
 *
 * usage: FORCE_COLOR=1 some-command | node tools/terminal-picture.ts 'some-command' > picture.svg
 */

const CHARACTER_WIDTH = 8.4
const LINE_HEIGHT = 19
const MARGIN = 20
const TITLE_HEIGHT = 36

const BACKGROUND = '#0d1b26'
const FOREGROUND = '#d7e3ea'

/** Select Graphic Rendition codes (ECMA-48) that our commands use, as SVG attributes. */
const STYLES: Readonly<Record<number, Readonly<Record<string, string>>>> = {
  1: { 'font-weight': 'bold' },
  2: { 'fill-opacity': '0.6' },
  31: { fill: '#ff7a6b' },
  32: { fill: '#5fd68b' },
  33: { fill: '#f2c14e' },
  36: { fill: '#5fd3e8' },
}

/** Codes that end what others began. */
const ENDS: Readonly<Record<number, readonly number[]>> = { 22: [1, 2], 39: [31, 32, 33, 36] }

interface Run {
  column: number
  text: string
  codes: readonly number[]
}

/** Splits a line at its escape sequences (`ESC [ codes m`) into runs of one style. */
function runsOf(line: string): Run[] {
  const runs: Run[] = []
  let codes: number[] = []
  let column = 0
  for (const [index, part] of line.split('\u001b[').entries()) {
    const [, list, words = ''] = (index === 0 ? undefined : part.match(/^([\d;]*)m(.*)$/)) ?? [part, undefined, part]
    for (const code of list?.split(';').map(Number) ?? []) {
      codes = code === 0 ? [] : code in ENDS ? codes.filter(on => !ENDS[code]?.includes(on)) : [...codes, code]
    }
    if (words.trim() !== '') runs.push({ column, text: words, codes })
    column += [...words].length
  }
  return runs
}

function escaped(value: string): string {
  return value.replace(/[&<>]/g, character => `&#${character.charCodeAt(0)};`)
}

/** One run; its length is fixed, so that columns align in whatever font the reader has. */
function drawRun({ column, text: words, codes }: Run, y: number): string {
  const style = Object.entries(Object.assign({}, ...codes.map(code => STYLES[code])) as Record<string, string>)
  const attributes = style.map(([name, value]) => ` ${name}="${value}"`).join('')
  const x = (MARGIN + column * CHARACTER_WIDTH).toFixed(1)
  const length = ([...words].length * CHARACTER_WIDTH).toFixed(1)
  return `<text x="${x}" y="${y}" textLength="${length}"${attributes}>${escaped(words)}</text>`
}

function draw(title: string, lines: readonly string[]): string {
  const rows = lines.map(runsOf)
  const columns = Math.max(...rows.flat().map(run => run.column + [...run.text].length))
  const width = Math.ceil(2 * MARGIN + columns * CHARACTER_WIDTH)
  const height = TITLE_HEIGHT + 2 * MARGIN + lines.length * LINE_HEIGHT
  const body = rows.flatMap((runs, row) =>
    runs.map(run => drawRun(run, TITLE_HEIGHT + MARGIN + row * LINE_HEIGHT + 10)),
  )
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="Output of ${escaped(title)}">
<rect width="${width}" height="${height}" rx="10" fill="${BACKGROUND}"/>
<rect y="${TITLE_HEIGHT}" width="${width}" height="1" fill="${FOREGROUND}" fill-opacity="0.15"/>
<g font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="14" fill="${FOREGROUND}" xml:space="preserve">
<text x="${MARGIN}" y="23" fill-opacity="0.7">$ ${escaped(title)}</text>
${body.join('\n')}
</g>
</svg>
`
}

const printed = await text(process.stdin)
process.stdout.write(draw(process.argv[2] ?? '', printed.trimEnd().split('\n')))
