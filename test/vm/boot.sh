#!/bin/bash
# Boots one kernel with the DEB under test and runs guest.sh in it under systemd. The machine's console goes to
# standard output; it powers itself off.
# usage: test/vm/boot.sh KERNEL DEB
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=$(cd "$here/../../.cache/vm" && pwd)
kernel=$1
deb=$2

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/opt/check" "$work/etc/systemd/system/multi-user.target.wants"
cp "$deb" "$work/opt/check/tidemark.deb"
cp "$here"/guest.sh "$here"/guest.service "$work/opt/check/"
cp "$here/guest.service" "$work/etc/systemd/system/guest.service"
ln -s /etc/systemd/system/guest.service "$work/etc/systemd/system/multi-user.target.wants/guest.service"
(cd "$work" && find . -mindepth 1 -print0 | cpio --null -o -H newc --quiet | zstd -q -1 >"$work.cpio.zst")
# The kernel unpacks the archives one after another: the system, its modules, the test.
cat "$cache/root.cpio.zst" "$cache/kernels/$kernel/modules.cpio.zst" "$work.cpio.zst" >"$work/initrd"
rm "$work.cpio.zst"

# Hardware virtualisation where it really works (some hosts offer the device and cannot run a kernel), else emulation.
accelerator=(-accel tcg,thread=multi -cpu max)
if [ "${VM_KVM:-no}" = yes ]; then
  accelerator=(-accel kvm -cpu host)
fi
timeout "${VM_SECONDS:-900}" qemu-system-x86_64 "${accelerator[@]}" -m 3072 -smp 2 -nographic -no-reboot -nic none \
  -kernel "$cache/kernels/$kernel/vmlinuz" -initrd "$work/initrd" \
  -append "console=ttyS0 rdinit=/init ${VM_APPEND:-quiet systemd.show_status=0}"
