#!/bin/bash
# Runs a command in a Debian root: in mount and network namespaces of its own, with /tmp mounted noexec. What it changes
# stays below FOLDER/changes; nothing of the host is mounted over, and everything is unmounted when the command ends.
# With --outside the command is one of the host's, which finds the root mounted at FOLDER/root.
# usage: enter-root.sh BASE FOLDER [--outside] COMMAND...
set -euo pipefail
if [ "${ENTERED:-}" != yes ]; then
  ENTERED=yes exec unshare --mount --net --propagation private "$0" "$@"
fi
base=$1 folder=$2
shift 2
root=$folder/root
if ! mount -t overlay overlay -o "lowerdir=$base,upperdir=$folder/changes,workdir=$folder/work" "$root" 2>/dev/null; then
  # The kernel writes to no overlay through another, and /tmp of a container may lie on one: a copy does as well.
  [ -d "$folder/copy" ] || cp -a "$base" "$folder/copy"
  cp -a "$folder/changes/." "$folder/copy/"
  find "$folder/changes" -mindepth 1 -delete
  mount --bind "$folder/copy" "$root"
fi
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount --rbind /dev "$root/dev"
mount -t tmpfs -o noexec,mode=1777 tmpfs "$root/tmp"
ip link set lo up
if [ "$1" = --outside ]; then
  shift
  exec "$@"
fi
exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C DEBIAN_FRONTEND=noninteractive chroot "$root" "$@"
