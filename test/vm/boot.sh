#!/bin/bash
# Boots one kernel with the DEB under test and runs guest.sh in it under systemd. The machine's console goes to
# standard output; it powers itself off.
# usage: test/vm/boot.sh KERNEL DEB ACCELERATOR(kvm|tcg)
set -euo pipefail
# The users of the machine must get through the folders that this adds.
umask 022
here=$(cd "$(dirname "$0")" && pwd)
cache=$(cd "$here/../../.cache/vm" && pwd)
kernel=$1
deb=$2
accelerator=$3

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/opt/check" "$work/etc/systemd/system/multi-user.target.wants"
cp "$deb" "$work/opt/check/tidemark.deb"
cp "$here"/guest.sh "$here"/guest.service "$work/opt/check/"
cp "$here/guest.service" "$work/etc/systemd/system/guest.service"
# The commands of the how-to run there, each block a script.
awk -v folder="$work/opt/check" '/^```/ { inside = !inside && /^```sh$/; blocks += inside; next }
  inside { print >(folder "/from-flowd-go." blocks ".sh") }' "$here/../../docs/how-to/from-flowd-go.md"
ln -s /etc/systemd/system/guest.service "$work/etc/systemd/system/multi-user.target.wants/guest.service"
(cd "$work" && find . -mindepth 1 -print0 | cpio --null -o -H newc --quiet | zstd -q -1 >"$work.cpio.zst")
# The kernel unpacks the archives one after another: the system, its modules, the test.
cat "$cache/root.cpio.zst" "$cache/kernels/$kernel/modules.cpio.zst" "$work.cpio.zst" >"$work/initrd"
rm "$work.cpio.zst"

processor=(-accel tcg,thread=multi -cpu max)
[ "$accelerator" = kvm ] && processor=(-accel kvm -cpu host)
timeout "${VM_SECONDS:-1200}" qemu-system-x86_64 "${processor[@]}" -m 3072 -smp 2 -nographic -no-reboot -nic none \
  -kernel "$cache/kernels/$kernel/vmlinuz" -initrd "$work/initrd" \
  -append "console=ttyS0 panic=-1 rdinit=/init ${VM_APPEND:-quiet systemd.show_status=0}"
