import Type from 'typebox'

/** The key `cgroupPath` of every unit that watches sockets. */
export const CGROUP_PATH_OPTION = Type.String({
  default: '/sys/fs/cgroup',
  description:
    'The cgroup (v2) whose sockets are watched, with all below it; the default means the whole host, wherever cgroup v2 is mounted.',
})

/** The key `programPath` of every unit that watches sockets. */
export const PROGRAM_PATH_OPTION = Type.String({
  default: '',
  description:
    "A BPF object to load in place of Tidemark's own, with the same program, maps and constants; '' for none.",
})
