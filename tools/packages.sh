#!/bin/bash
# Installs the Debian packages of the groups named, when root and apt-get is there; else says what is missing.
# groups: run (the marker), build (BPF objects), dist (the executable),
# deb, rpm (packages), packaging (the tests of all these), vm (virtual machines),
# arm64 (the command emulated), test (real peers and captures)
set -euo pipefail

declare -A group=(
  [run]="libbpf1"
  [build]="clang-14 llvm-14 libbpf-dev make"
  [dist]="libbpf1 libelf1 zlib1g binutils"
  [deb]="debhelper dpkg-dev fakeroot lintian"
  [rpm]="rpm rpmlint"
  [packaging]="debootstrap buildah"
  [arm64]="qemu-user-static libc6-arm64-cross libstdc++6-arm64-cross libgcc-s1-arm64-cross"
  [vm]="qemu-system-x86 debootstrap cpio zstd kmod"
  [test]="libbpf1 iproute2 iperf3 ethtool tcpdump tshark procps libcap2-bin bpftool python3 python3-qpid-proton openssl coturn iptables rsyslog prometheus systemd"
)

wanted=()
for name in "$@"; do
  read -r -a names <<<"${group[$name]}"
  wanted+=("${names[@]}")
done

if ! command -v dpkg-query >/dev/null; then
  echo "This is no Debian: see CONTRIBUTING.md for the packages that stand for: ${wanted[*]}" >&2
  exit 0
fi

missing=()
for package in "${wanted[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
  echo "Missing packages: ${missing[*]}. Install them with: sudo apt-get install ${missing[*]}" >&2
  exit 0
fi

echo "Installing: ${missing[*]}" >&2
export DEBIAN_FRONTEND=noninteractive
# The tests start their peers themselves: an installed package shall start no service of its own.
if [ ! -e /usr/sbin/policy-rc.d ]; then
  trap 'rm -f /usr/sbin/policy-rc.d' EXIT
  printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
  chmod +x /usr/sbin/policy-rc.d
fi
# A list that is older than its mirror names what that has no longer, so each try begins with the lists.
"$(dirname "$0")/retry.sh" bash -euc '
  apt-get update -qq -o APT::Update::Error-Mode=any
  apt-get install -y -qq -o DPkg::Lock::Timeout=300 --no-install-recommends "$@" >/dev/null
' install "${missing[@]}"
