import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { minimalDebian } from './debian-root.ts'

/** Container images in a storage of their own, made by buildah without a daemon and without a registry. Needs root. */
export class Images {
  readonly #folder = mkdtempSync(join(tmpdir(), 'images-'))

  /**
   * Imports debootstrap's Debian as an image. It has this machine's package sources and certificates, so that a build
   * fetches from where this machine fetches.
   */
  importDebian(name: string): void {
    const archive = join(this.#folder, 'debian.tar')
    execFileSync('tar', ['-C', minimalDebian(), '-cf', archive, '.'])
    const container = this.#buildah('from', 'scratch')
    this.#buildah('add', '--quiet', container, archive, '/')
    for (const folder of ['/etc/apt', '/etc/ssl/certs', '/usr/local/share/ca-certificates']) {
      if (existsSync(folder)) this.#buildah('add', '--quiet', container, folder, folder)
    }
    this.#buildah('commit', '--quiet', '--rm', container, name)
    rmSync(archive)
  }

  /** Builds one target of the Containerfile, as this machine's user of npm. */
  build(target: string, base: string, args: Readonly<Record<string, string>>): string {
    const name = `localhost/tidemark:${target}`
    const npmrc = join(homedir(), '.npmrc')
    this.#buildah(
      'build',
      // What two targets begin with is built once.
      '--layers',
      '--isolation=chroot',
      '--pull-never',
      `--target=${target}`,
      `--tag=${name}`,
      '--file=packaging/container/Containerfile',
      `--build-arg=BASE=${base}`,
      ...Object.entries(args).map(([key, value]) => `--build-arg=${key}=${value}`),
      ...(existsSync(npmrc) ? [`--volume=${npmrc}:/root/.npmrc:ro`] : []),
      '.',
    )
    return name
  }

  /** What an image says of itself: entry point, user, ports. */
  configuration(name: string): unknown {
    const described = JSON.parse(this.#buildah('inspect', '--type=image', name)) as { OCIv1: { config: unknown } }
    return described.OCIv1.config
  }

  /** The folder in which the root of a new container of the image lies. */
  mount(name: string): string {
    return this.#buildah('mount', this.#buildah('from', '--pull-never', name))
  }

  remove(): void {
    try {
      this.#buildah('rm', '--all')
    } finally {
      rmSync(this.#folder, { recursive: true, force: true })
    }
  }

  #buildah(command: string, ...words: string[]): string {
    const storage = [`--root=${this.#folder}/root`, `--runroot=${this.#folder}/run`]
    return execFileSync('buildah', [...storage, command, ...words], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      // A build tells of every package that it fetches.
      maxBuffer: 2 ** 26,
    }).trim()
  }
}
