#!/bin/bash
# Prepares what a virtual machine boots: a Debian 12 root file system and two of Debian's kernels, under .cache/vm/.
# Everything comes from Debian's packages; what is there already is kept.
set -euo pipefail
umask 022
cd "$(dirname "$0")/../.."
cache=$PWD/.cache/vm
mkdir -p "$cache"

# systemd and what the checks use; the DEB under test is added by boot.sh.
packages=systemd,systemd-sysv,dbus,udev,kmod,iproute2,ethtool,iperf3,tcpdump,gawk,procps,libbpf1

if [ ! -f "$cache/root.cpio.zst" ]; then
  echo "preparing the root file system" >&2
  root=$(mktemp -d)
  trap 'rm -rf "$root"' EXIT
  tools/retry.sh tools/debian-root.sh "$root" "$packages"
  rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/* "$root"/usr/share/{doc,man,locale}
  ln -sf /lib/systemd/systemd "$root/init"
  (cd "$root" && find . -xdev -print0 | cpio --null -o -H newc --quiet | zstd -q -1 -T0 >"$cache/root.cpio.zst.new")
  mv "$cache/root.cpio.zst.new" "$cache/root.cpio.zst"
fi

# The newest build of each series that Debian has: 6.1 attaches by clsact, 6.12 by TCX.
for meta in linux-image-cloud-amd64 linux-image-6.12-cloud-amd64; do
  package=$(apt-cache depends "$meta" | awk '/Depends:/ { print $2; exit }')
  version=${package#linux-image-}
  folder="$cache/kernels/$version"
  [ -f "$folder/vmlinuz" ] && continue
  echo "fetching $package" >&2
  work=$(mktemp -d)
  (cd "$work" && "$OLDPWD/tools/retry.sh" apt-get download -qq "$package" && dpkg -x ./*.deb .)
  mkdir -p "$folder/overlay/usr/lib/modules"
  mv "$work/boot/vmlinuz-$version" "$folder/vmlinuz"
  modules=$(find "$work" -type d -path "*/modules/$version")
  cp -a "$modules" "$folder/overlay/usr/lib/modules/"
  depmod -b "$folder/overlay/usr" "$version" 2>/dev/null || depmod -b "$folder/overlay" -m /usr/lib/modules "$version"
  (cd "$folder/overlay" && find . -print0 | cpio --null -o -H newc --quiet | zstd -q -1 -T0 >"$folder/modules.cpio.zst")
  rm -rf "$work" "$folder/overlay"
done
ls "$cache/kernels"
