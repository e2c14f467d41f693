import { readFileSync } from 'node:fs'

interface LockedPackage {
  version: string
  integrity?: string
  license?: string
  dev?: boolean
  optional?: boolean
}

/** A native library that the executable carries. */
export interface NativePart {
  name: string
  version: string
  license: string
}

interface Component {
  type: 'library'
  name: string
  version: string
  purl: string
  licenses: { license: { id: string } | { name: string } }[]
  hashes?: { alg: 'SHA-512'; content: string }[]
}

/**
 * The software bill of materials of the executable, in CycloneDX 1.5 JSON: every runtime package of the lock file and
 * every native part. It carries no time and no random serial, so that two builds of one commit give the same text.
 *
 * Format: https://cyclonedx.org/docs/1.5/json/
 */
export function sbom(version: string, native: readonly NativePart[]): string {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
    packages: Record<string, LockedPackage>
  }
  const npm = Object.entries(packages)
    .filter(
      ([path, locked]) =>
        path !== '' &&
        !path.startsWith('node_modules/node-linux-') &&
        locked.dev !== true &&
        !isForeignPlatform(path, locked),
    )
    .map(([path, locked]) => npmComponent(path.slice(path.lastIndexOf('node_modules/') + 13), locked))
  const parts = native.map(
    (part): Component => ({
      type: 'library',
      name: part.name,
      version: part.version,
      purl: `pkg:generic/${part.name}@${encodeURIComponent(part.version)}`,
      licenses: [{ license: { name: part.license } }],
    }),
  )
  const bom = {
    $schema: 'http://cyclonedx.org/schema/bom-1.5.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: {
      component: { type: 'application', name: 'tidemark', version, licenses: [{ license: { id: 'Apache-2.0' } }] },
    },
    components: [...npm, ...parts].sort((a, b) => (a.purl < b.purl ? -1 : 1)),
  }
  return `${JSON.stringify(bom, null, 2)}\n`
}

/** The optional packages of other platforms are locked, but not in this executable. */
function isForeignPlatform(path: string, locked: LockedPackage): boolean {
  return locked.optional === true && !path.endsWith(`linux-${process.arch}`)
}

function npmComponent(name: string, locked: LockedPackage): Component {
  const [algorithm, digest] = (locked.integrity ?? '').split('-')
  const component: Component = {
    type: 'library',
    name,
    version: locked.version,
    purl: `pkg:npm/${name.replace('@', '%40')}@${locked.version}`,
    licenses: [{ license: { name: locked.license ?? 'unknown' } }],
  }
  if (algorithm === 'sha512' && digest !== undefined) {
    component.hashes = [{ alg: 'SHA-512', content: Buffer.from(digest, 'base64').toString('hex') }]
  }
  return component
}
