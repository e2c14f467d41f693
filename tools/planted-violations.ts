import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * Proves that each rule of `make check` can fail: plants one violation at a time in a scratch folder inside the
 * project, runs the checker on it, and fails unless the checker names the planted file and exits non-zero.
 */
interface Plant {
  rule: string
  /** Files of the scratch folder. */
  files: Record<string, string>
  /** The checker; `DIR` stands for the scratch folder. */
  command: string[]
  /** What its output must contain. */
  says: RegExp
}

const oxlint = ['oxlint', '--type-aware', '--deny-warnings', 'DIR']
const importRules = ['node', 'tools/import-rules.ts', 'DIR/src']
const PLANTS: Plant[] = [
  { rule: 'format', files: { 'a.ts': 'export const a   = 1\n' }, command: ['biome', 'check', 'DIR'], says: /format/ },
  {
    rule: 'lint',
    files: { 'a.ts': 'export const a: any = 1\n' },
    command: ['biome', 'check', 'DIR'],
    says: /noExplicitAny/,
  },
  {
    rule: 'types',
    files: {
      'a.ts': "export const a: number = 'text'\n",
      'tsconfig.json': '{ "extends": "../tsconfig.json", "include": ["*.ts"] }',
    },
    command: ['tsc', '--noEmit', '-p', 'DIR'],
    says: /TS2322/,
  },
  {
    rule: 'no floating promise',
    files: {
      'a.ts': 'async function work(): Promise<void> {\n  await Promise.resolve()\n}\nwork()\n',
      'tsconfig.json': '{ "extends": "../tsconfig.json", "include": ["*.ts"] }',
    },
    command: oxlint,
    says: /no-floating-promises/,
  },
  {
    rule: 'no any that travels',
    files: {
      'a.ts': "export const a: { b: number } = JSON.parse('{}')\n",
      'tsconfig.json': '{ "extends": "../tsconfig.json", "include": ["*.ts"] }',
    },
    command: oxlint,
    says: /no-unsafe-assignment/,
  },
  {
    rule: 'imports go down only',
    files: { 'src/scitags/a.ts': "import { b } from '../flowd/index.ts'\nexport const a = b\n" },
    command: importRules,
    says: /scitags\/ may not import flowd\//,
  },
  {
    rule: 'flowd and collector stay apart',
    files: { 'src/collector/a.ts': "import { b } from '../flowd/index.ts'\nexport const a = b\n" },
    command: importRules,
    says: /collector\/ may not import flowd\//,
  },
  {
    rule: 'rooms open on one face',
    files: { 'src/flowd/a.ts': "import { b } from '../scitags/label.ts'\nexport const a = b\n" },
    command: importRules,
    says: /past the face of scitags/,
  },
  {
    rule: 'only linux/ touches FFI',
    files: { 'src/flowd/a.ts': "import koffi from 'koffi'\nexport const a = koffi\n" },
    command: importRules,
    says: /only linux\/ may import 'koffi'/,
  },
  {
    rule: 'no import cycle',
    files: {
      'src/flowd/a.ts': "import { b } from './b.ts'\nexport const a = b\n",
      'src/flowd/b.ts': "import { a } from './a.ts'\nexport const b = a\n",
    },
    command: importRules,
    says: /import cycle/,
  },
  {
    rule: 'no unused code',
    files: {
      'package.json': '{ "name": "planted", "type": "module", "main": "main.ts" }',
      'main.ts': "import { used } from './a.ts'\nconsole.log(used)\n",
      'a.ts': 'export const used = 1\nexport const unused = 2\n',
    },
    command: ['knip', '--directory', 'DIR'],
    says: /unused/,
  },
]

function plantAndCheck(plant: Plant): string | undefined {
  const folder = mkdtempSync('planted-')
  try {
    for (const [name, text] of Object.entries(plant.files)) {
      const path = join(folder, name)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, text)
    }
    const [program = '', ...args] = plant.command.map(word => word.replace('DIR', folder))
    const result = spawnSync(program, args, { encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } })
    const output = `${result.stdout}${result.stderr}`
    if (result.status === 0) return 'the checker passed it'
    if (!plant.says.test(output)) return `the checker failed for another reason:\n${output.slice(0, 2000)}`
    return undefined
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

let failed = 0
for (const plant of PLANTS) {
  const problem = plantAndCheck(plant)
  if (problem === undefined) continue
  failed += 1
  console.log(`planted violation of '${plant.rule}': ${problem}`)
}
console.log(`${PLANTS.length - failed} of ${PLANTS.length} planted violations were caught`)
process.exitCode = failed > 0 ? 1 : 0
