#!/bin/bash
# Says how virtual machines run here: `kvm` when a kernel really boots by it, else `tcg`. Some hosts offer the device and
# cannot run a kernel, so that one is booted, without a root file system: it panics and the machine ends.
# usage: test/vm/accelerator.sh KERNEL_IMAGE
set -euo pipefail
SECONDS_FOR_TRIAL=20

boots() {
  timeout "$SECONDS_FOR_TRIAL" qemu-system-x86_64 -accel kvm -cpu host -m 256 -nographic -no-reboot -nic none \
    -kernel "$1" -append 'console=ttyS0 panic=-1' </dev/null 2>&1 | grep -a -q 'Kernel panic'
}

if [ -w /dev/kvm ] && boots "$1"; then echo kvm; else echo tcg; fi
