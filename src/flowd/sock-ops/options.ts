import Type from 'typebox'

/** The key `cgroupPath` of every unit that watches sockets. */
export const CGROUP_PATH_OPTION = Type.String({
  default: '/sys/fs/cgroup',
  description:
    'The cgroup (v2) whose sockets are watched, with all below it; the default means the whole host, wherever cgroup v2 is mounted.',
})
