import koffi from 'koffi'
import { TidemarkError } from '../../common/index.ts'
import { libbpf, type Pointer } from '../libbpf.ts'
import { describeErrno, ERRNO, lastErrno } from '../libc.ts'
import { BpfMap } from './map.ts'
import { BpfProgram } from './program.ts'

/** Sizes of a map, in bytes, and how many entries it has room for at least. */
export interface MapLayout {
  keyBytes: number
  valueBytes: number
  entries?: number
}

export interface LoadOptions {
  /** The object file that clang made. */
  path: string
  /** The program whose verdict of the verifier is reported when loading fails. */
  program: string
  /** What `.rodata` holds: the program's constants, whole. */
  constants?: Uint8Array
  /** Sizes of maps by name. */
  maxEntries?: Readonly<Record<string, number>>
  /** Maps that the object must have, and their sizes; one that has others is not loaded. */
  layout?: Readonly<Record<string, MapLayout>>
  /** Maps of an object loaded before that this one uses instead of its own. */
  sharedMaps?: readonly BpfMap[]
}

/**
 * The most that every kernel takes (UINT_MAX >> 8): one before 6.4 that finds the buffer full answers ENOSPC and hides
 * its verdict.
 */
const VERIFIER_LOG_BYTES = (1 << 24) - 1
/** `sz` and `object_name`: the fields that are used. */
const OPEN_OPTIONS_BYTES = 16
/** Begins the names of our constants in the kernel (`tidemark.rodata`), so that `bpftool map` shows whose they are. */
const NAME_IN_KERNEL = 'tidemark'

/**
 * The programs and maps of one object file, in the kernel. They live until `close`, and beyond it as long as something
 * else (an attached filter) holds them.
 */
export class BpfObject {
  readonly #object: Pointer
  readonly #path: string
  #open = true

  private constructor(object: Pointer, path: string) {
    this.#object = object
    this.#path = path
  }

  /**
   * Opens an object file, sets its constants and map sizes, and loads it.
   *
   * @throws TidemarkError BPF_OBJECT_INVALID, BPF_LOAD_REFUSED, PERMISSION_DENIED, LIBBPF_MISSING
   */
  static load(options: LoadOptions): BpfObject {
    const { path } = options
    const pointer = libbpf().bpf_object__open_file(path, { sz: OPEN_OPTIONS_BYTES, object_name: NAME_IN_KERNEL })
    if (pointer === null) throw invalid(path, describeErrno(lastErrno()))
    const object = new BpfObject(pointer, path)
    try {
      object.#configure(options)
      object.#load(options.program)
    } catch (error) {
      object.close()
      throw error
    }
    return object
  }

  map(name: string): BpfMap {
    return new BpfMap(name, this.#find('map', name))
  }

  program(name: string): BpfProgram {
    return new BpfProgram(name, this.#find('program', name))
  }

  close(): void {
    if (!this.#open) return
    this.#open = false
    libbpf().bpf_object__close(this.#object)
  }

  [Symbol.dispose](): void {
    this.close()
  }

  #configure({ constants, layout = {}, maxEntries = {}, sharedMaps = [] }: LoadOptions): void {
    const library = libbpf()
    for (const [name, expected] of Object.entries(layout)) this.#requireLayout(name, expected)
    if (constants !== undefined) {
      const map = this.#find('map', '.rodata')
      const size = library.bpf_map__value_size(map)
      if (size !== constants.length)
        throw invalid(this.#path, `its constants have ${size} bytes, not ${constants.length}`)
      this.#check('its constants', library.bpf_map__set_initial_value(map, constants, constants.length))
    }
    for (const [name, entries] of Object.entries(maxEntries)) {
      this.#check(`its map ${name}`, library.bpf_map__set_max_entries(this.#find('map', name), entries))
    }
    for (const map of sharedMaps) {
      this.#check(`its map ${map.name}`, library.bpf_map__reuse_fd(this.#find('map', map.name), map.fd))
    }
  }

  #load(name: string): void {
    const log = koffi.alloc('char', VERIFIER_LOG_BYTES) as bigint
    koffi.encode(log, 'char', 0)
    try {
      libbpf().bpf_program__set_log_buf(this.#find('program', name), log, VERIFIER_LOG_BYTES)
      const result = libbpf().bpf_object__load(this.#object)
      if (result < 0) throw refusal(this.#path, -result, koffi.decode.string(log))
      libbpf().bpf_program__set_log_buf(this.#find('program', name), null, 0)
    } finally {
      koffi.free(log)
    }
  }

  #requireLayout(name: string, expected: MapLayout): void {
    const library = libbpf()
    const map = library.bpf_object__find_map_by_name(this.#object, name)
    if (map === null) {
      const others = this.#describeMaps()
      throw invalid(this.#path, `it has no map ${name} (${describeLayout(expected)}), but ${others}`)
    }
    const { keyBytes, valueBytes, entries = 0 } = expected
    const found = layoutOf(map)
    if (found.keyBytes === keyBytes && found.valueBytes === valueBytes && found.entries >= entries) return
    throw invalid(this.#path, `its map ${name} has ${describeLayout(found)}, not ${describeLayout(expected)}`)
  }

  #describeMaps(): string {
    const library = libbpf()
    const described: string[] = []
    let map = library.bpf_object__next_map(this.#object, null)
    while (map !== null) {
      described.push(`${library.bpf_map__name(map)} (${describeLayout(layoutOf(map))})`)
      map = library.bpf_object__next_map(this.#object, map)
    }
    return described.length === 0 ? 'no map at all' : described.join(', ')
  }

  #find(kind: 'map' | 'program', name: string): Pointer {
    const library = libbpf()
    const pointer =
      kind === 'map'
        ? library.bpf_object__find_map_by_name(this.#object, name)
        : library.bpf_object__find_program_by_name(this.#object, name)
    if (pointer === null) throw invalid(this.#path, `it has no ${kind} ${name}`)
    return pointer
  }

  #check(what: string, result: number): void {
    if (result < 0) throw invalid(this.#path, `${what}: ${describeErrno(-result)}`)
  }
}

function layoutOf(map: Pointer): Required<MapLayout> {
  const library = libbpf()
  return {
    keyBytes: library.bpf_map__key_size(map),
    valueBytes: library.bpf_map__value_size(map),
    entries: library.bpf_map__max_entries(map),
  }
}

function describeLayout({ keyBytes, valueBytes, entries }: MapLayout): string {
  const sizes = `keys of ${keyBytes} bytes, values of ${valueBytes}`
  return entries === undefined ? sizes : `${sizes}, ${entries} entries`
}

function invalid(path: string, reason: string): TidemarkError {
  return new TidemarkError('BPF_OBJECT_INVALID', { path, reason })
}

function refusal(path: string, errno: number, log: string): TidemarkError {
  const reason = describeErrno(errno)
  if (errno === ERRNO.EPERM) return new TidemarkError('PERMISSION_DENIED', { call: `loading of ${path}`, reason })
  // The verdict stands at the end, before a line of statistics.
  const verdict = log.trimEnd().split('\n').slice(-4).join('; ')
  return new TidemarkError('BPF_LOAD_REFUSED', { path, reason: verdict === '' ? reason : `${reason}: ${verdict}` })
}
