import koffi, { type LibraryHandle } from 'koffi'
import { assetPath, messageOf, TidemarkError } from '../common/index.ts'

/** The address of one of libbpf's own objects, or null. */
export type Pointer = bigint | null

/** `struct bpf_test_run_opts` (bpf/bpf.h) without the fields that stay 0. */
export interface TestRunOptions {
  sz: number
  data_in: Uint8Array
  data_out: Uint8Array
  data_size_in: number
  data_size_out: number
  retval: number
  repeat: number
  duration: number
}

/**
 * Every function of libbpf that Tidemark calls. Buffers are passed by address. Functions that return a number return
 * the negative errno on failure; those that return a pointer return null and leave it in errno.
 */
export interface Libbpf {
  libbpf_version_string(): string
  libbpf_set_print(callback: null): unknown
  libbpf_num_possible_cpus(): number
  bpf_object__open_file(path: string, options: { sz: number; object_name: string }): Pointer
  bpf_object__load(object: Pointer): number
  bpf_object__close(object: Pointer): void
  bpf_object__find_map_by_name(object: Pointer, name: string): Pointer
  bpf_object__find_program_by_name(object: Pointer, name: string): Pointer
  bpf_object__next_map(object: Pointer, map: Pointer): Pointer
  bpf_map__name(map: Pointer): string
  bpf_map__fd(map: Pointer): number
  bpf_map__key_size(map: Pointer): number
  bpf_map__value_size(map: Pointer): number
  bpf_map__max_entries(map: Pointer): number
  bpf_map__set_max_entries(map: Pointer, entries: number): number
  bpf_map__set_initial_value(map: Pointer, value: Uint8Array, length: number): number
  bpf_map__reuse_fd(map: Pointer, fd: number): number
  bpf_program__fd(program: Pointer): number
  bpf_program__set_log_buf(program: Pointer, buffer: Pointer, length: number): number
  bpf_map_update_elem(fd: number, key: Uint8Array, value: Uint8Array, flags: number): number
  bpf_map_lookup_elem(fd: number, key: Uint8Array, value: Uint8Array): number
  bpf_map_delete_elem(fd: number, key: Uint8Array): number
  bpf_map_get_next_key(fd: number, key: Uint8Array | null, next: Uint8Array): number
  bpf_link_create(programFd: number, target: number, attachType: number, options: Uint8Array | null): number
  bpf_iter_create(linkFd: number): number
  /** `length` is a u32: the room in `info`, then what the kernel wrote. */
  bpf_obj_get_info_by_fd(fd: number, info: Uint8Array, length: Uint8Array): number
  bpf_tc_hook_create(hook: Uint8Array): number
  bpf_tc_hook_destroy(hook: Uint8Array): number
  bpf_tc_attach(hook: Uint8Array, options: Uint8Array): number
  bpf_tc_detach(hook: Uint8Array, options: Uint8Array): number
  bpf_prog_test_run_opts(programFd: number, options: TestRunOptions): number
}

/** Structures that hold pointers; the others are plain bytes and are laid out where they are used. */
function declareStructures(): void {
  // The first fields of bpf_object_open_opts: libbpf takes any length that it is told.
  koffi.struct('bpf_object_open_opts', { sz: 'size_t', object_name: 'const char *' })
  koffi.struct('bpf_test_run_opts', {
    sz: 'size_t',
    data_in: 'const void *',
    data_out: 'void *',
    data_size_in: 'uint32_t',
    data_size_out: 'uint32_t',
    ctx_in: 'const void *',
    ctx_out: 'void *',
    ctx_size_in: 'uint32_t',
    ctx_size_out: 'uint32_t',
    retval: 'uint32_t',
    repeat: 'int',
    duration: 'uint32_t',
    flags: 'uint32_t',
    cpu: 'uint32_t',
    batch_size: 'uint32_t',
  })
}

const SIGNATURES: Readonly<Record<keyof Libbpf, string>> = {
  libbpf_version_string: 'const char *libbpf_version_string(void)',
  libbpf_set_print: 'void *libbpf_set_print(void *callback)',
  libbpf_num_possible_cpus: 'int libbpf_num_possible_cpus(void)',
  bpf_object__open_file: 'void *bpf_object__open_file(const char *path, const bpf_object_open_opts *options)',
  bpf_object__load: 'int bpf_object__load(void *object)',
  bpf_object__close: 'void bpf_object__close(void *object)',
  bpf_object__find_map_by_name: 'void *bpf_object__find_map_by_name(const void *object, const char *name)',
  bpf_object__find_program_by_name: 'void *bpf_object__find_program_by_name(const void *object, const char *name)',
  bpf_object__next_map: 'void *bpf_object__next_map(const void *object, const void *map)',
  bpf_map__name: 'const char *bpf_map__name(const void *map)',
  bpf_map__fd: 'int bpf_map__fd(const void *map)',
  bpf_map__key_size: 'uint32_t bpf_map__key_size(const void *map)',
  bpf_map__value_size: 'uint32_t bpf_map__value_size(const void *map)',
  bpf_map__max_entries: 'uint32_t bpf_map__max_entries(const void *map)',
  bpf_map__set_max_entries: 'int bpf_map__set_max_entries(void *map, uint32_t entries)',
  bpf_map__set_initial_value: 'int bpf_map__set_initial_value(void *map, const void *value, size_t length)',
  bpf_map__reuse_fd: 'int bpf_map__reuse_fd(void *map, int fd)',
  bpf_program__fd: 'int bpf_program__fd(const void *program)',
  bpf_program__set_log_buf: 'int bpf_program__set_log_buf(void *program, void *buffer, size_t length)',
  bpf_map_update_elem: 'int bpf_map_update_elem(int fd, const void *key, const void *value, uint64_t flags)',
  bpf_map_lookup_elem: 'int bpf_map_lookup_elem(int fd, const void *key, void *value)',
  bpf_map_delete_elem: 'int bpf_map_delete_elem(int fd, const void *key)',
  bpf_map_get_next_key: 'int bpf_map_get_next_key(int fd, const void *key, void *next)',
  bpf_link_create: 'int bpf_link_create(int program, int target, int attachType, const void *options)',
  bpf_iter_create: 'int bpf_iter_create(int link)',
  bpf_obj_get_info_by_fd: 'int bpf_obj_get_info_by_fd(int fd, void *info, void *length)',
  bpf_tc_hook_create: 'int bpf_tc_hook_create(void *hook)',
  bpf_tc_hook_destroy: 'int bpf_tc_hook_destroy(void *hook)',
  bpf_tc_attach: 'int bpf_tc_attach(const void *hook, void *options)',
  bpf_tc_detach: 'int bpf_tc_detach(const void *hook, const void *options)',
  bpf_prog_test_run_opts: 'int bpf_prog_test_run_opts(int program, _Inout_ bpf_test_run_opts *options)',
}

let loaded: Libbpf | undefined

/**
 * libbpf 1.x, opened at the first call: the system's, else the one that the self-contained executable carries.
 *
 * @throws TidemarkError LIBBPF_MISSING
 */
export function libbpf(): Libbpf {
  if (loaded === undefined) {
    const library = openLibrary()
    declareStructures()
    const functions = Object.entries(SIGNATURES).map(([name, signature]) => [name, library.func(signature)])
    loaded = Object.fromEntries(functions) as Libbpf
    // What libbpf would print on stderr comes back as errno and in the verifier's log.
    loaded.libbpf_set_print(null)
  }
  return loaded
}

function openLibrary(): LibraryHandle {
  try {
    return koffi.load('libbpf.so.1')
  } catch (error) {
    try {
      // Loaded in this order, each satisfies the next one's need of it by name.
      for (const name of ['native/libz.so.1', 'native/libelf.so.1']) koffi.load(assetPath(name), { global: true })
      return koffi.load(assetPath('native/libbpf.so.1'))
    } catch {
      // Only the self-contained executable carries one: why the system's cannot be loaded is what its user can mend.
      throw new TidemarkError('LIBBPF_MISSING', { reason: messageOf(error) }, error)
    }
  }
}
