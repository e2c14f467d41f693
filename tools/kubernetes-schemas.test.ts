import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'

/** What tells of what schema a Kubernetes resource is. */
interface Resource {
  apiVersion: string
  kind: string
}

interface Validator {
  validate: ((data: unknown) => boolean) & { errors?: { instancePath: string; message?: string; keyword: string }[] }
}

const MANIFESTS = execFileSync('git', ['ls-files', 'deploy.yaml', 'packaging/kubernetes'], { encoding: 'utf8' })
  .trimEnd()
  .split('\n')

/**
 * Kubernetes' own resources of every manifest: what a site's controller defines, such as Skupper's, has no schema here.
 */
const resources = MANIFESTS.flatMap(path =>
  parseAllDocuments(readFileSync(path, 'utf8'))
    .map(document => document.toJS() as Resource)
    .filter(({ apiVersion }) => !apiVersion.startsWith('skupper.io/'))
    .map(resource => ({ name: `${resource.kind} of ${path}`, resource })),
)

/** The validator that is compiled from Kubernetes' OpenAPI definition of a resource. */
async function validatorOf({ apiVersion, kind }: Resource): Promise<Validator['validate']> {
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['core', apiVersion]
  const name = [group, version].map(word => (word ?? '').charAt(0).toUpperCase() + (word ?? '').slice(1)).join('')
  const module = (await import(`kubernetes-models/_schemas/IoK8sApi${name}${kind}`)) as Validator
  return module.validate
}

async function problems(resource: Resource): Promise<string[]> {
  const validate = await validatorOf(resource)
  return validate(resource) ? [] : (validate.errors ?? []).map(error => `${error.instancePath}: ${error.keyword}`)
}

describe('the Kubernetes manifests', () => {
  // The validators let unknown keys pass; the types of the same definitions do not.
  const folder = join('build', `manifests-${process.pid}`)
  beforeAll(() => mkdirSync(folder, { recursive: true }))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const unknownKeys = (checked: readonly Resource[]): string => {
    const lines = checked.flatMap(({ apiVersion, ...rest }, index) => [
      `import type { I${rest.kind} as Kind${index} } from 'kubernetes-models/${apiVersion}'`,
      `export const resource${index}: Kind${index} = ${JSON.stringify({ apiVersion, ...rest })}`,
    ])
    const file = join(folder, 'resources.ts')
    writeFileSync(file, `${lines.join('\n')}\n`)
    const options = [
      '--ignoreConfig',
      '--noEmit',
      '--strict',
      '--skipLibCheck',
      '--module',
      'nodenext',
      '--types',
      'node',
    ]
    return spawnSync('tsc', [...options, file], { encoding: 'utf8' }).stdout
  }

  it('are all looked at', () => {
    expect(MANIFESTS).toEqual(expect.arrayContaining(['deploy.yaml', 'packaging/kubernetes/flowd-daemonset.yaml']))
    expect(new Set(resources.map(({ resource }) => resource.kind))).toEqual(
      new Set(['ConfigMap', 'Deployment', 'Service', 'DaemonSet']),
    )
  })

  it.each(resources)('$name keeps to its schema', async ({ resource }) => {
    expect(await problems(resource)).toEqual([])
  })

  it('have no key that Kubernetes does not know', () => {
    expect(unknownKeys(resources.map(({ resource }) => resource))).toBe('')
  })

  it('would be refused with a wrong value or a misspelt key', async () => {
    const { resource } = resources.find(({ resource: { kind } }) => kind === 'DaemonSet')!
    const wrong = structuredClone(resource) as Resource & { spec: { template: { spec: Record<string, unknown> } } }
    wrong.spec.template.spec['hostNetwork'] = 'yes'
    expect(await problems(wrong)).toEqual(['/spec/template/spec/hostNetwork: type'])
    wrong.spec.template.spec['hostNetwork'] = true
    wrong.spec.template.spec['hostNetwrk'] = true
    expect(unknownKeys([wrong])).toMatch(/TS2353.*hostNetwrk/)
  })
})
