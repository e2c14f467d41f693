import { TidemarkError } from '../../common/index.ts'
import { libbpf, type Pointer } from '../libbpf.ts'
import { describeErrno, ERRNO } from '../libc.ts'

/** A map of the kernel, read and written by bytes in the layouts that its program declares. Closed with its object. */
export class BpfMap {
  readonly name: string
  readonly fd: number
  readonly keyBytes: number
  readonly valueBytes: number
  /** How many entries it can hold; of a ring buffer, its bytes. */
  readonly maxEntries: number

  constructor(name: string, map: Pointer) {
    const library = libbpf()
    this.name = name
    this.fd = library.bpf_map__fd(map)
    this.keyBytes = library.bpf_map__key_size(map)
    this.valueBytes = library.bpf_map__value_size(map)
    this.maxEntries = library.bpf_map__max_entries(map)
  }

  /**
   * Inserts an entry or replaces its value; false when the map is full.
   *
   * @throws TidemarkError SYSTEM_CALL_FAILED
   */
  set(key: Uint8Array, value: Uint8Array): boolean {
    const result = libbpf().bpf_map_update_elem(this.fd, key, value, 0)
    if (result === -ERRNO.E2BIG) return false
    this.#check('write to', result)
    return true
  }

  /** Removes an entry; false when there is none. */
  delete(key: Uint8Array): boolean {
    const result = libbpf().bpf_map_delete_elem(this.fd, key)
    if (result === -ERRNO.ENOENT) return false
    this.#check('removal from', result)
    return true
  }

  /** The value of a key, or undefined. */
  get(key: Uint8Array): Buffer | undefined {
    const value = Buffer.alloc(this.valueBytes)
    const result = libbpf().bpf_map_lookup_elem(this.fd, key, value)
    if (result === -ERRNO.ENOENT) return undefined
    this.#check('reading of', result)
    return value
  }

  /** One value for each possible CPU, of a per-CPU map. */
  getPerCpu(key: Uint8Array): Buffer[] {
    const cpus = libbpf().libbpf_num_possible_cpus()
    const stride = (this.valueBytes + 7) & ~7
    const values = Buffer.alloc(stride * cpus)
    this.#check('reading of', libbpf().bpf_map_lookup_elem(this.fd, key, values))
    return Array.from({ length: cpus }, (_, cpu) => values.subarray(cpu * stride, cpu * stride + this.valueBytes))
  }

  /** Every key. One that is inserted or removed meanwhile may be missing or come twice. */
  *keys(): Generator<Buffer, void, void> {
    let key: Buffer | null = null
    for (;;) {
      const next: Buffer = Buffer.alloc(this.keyBytes)
      const result = libbpf().bpf_map_get_next_key(this.fd, key, next)
      if (result === -ERRNO.ENOENT) return
      this.#check('listing of', result)
      yield next
      key = next
    }
  }

  #check(what: string, result: number): void {
    if (result >= 0) return
    throw new TidemarkError('SYSTEM_CALL_FAILED', {
      call: `${what} the map ${this.name}`,
      reason: describeErrno(-result),
    })
  }
}
