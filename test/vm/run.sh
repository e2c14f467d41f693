#!/bin/bash
# Boots every prepared kernel with the built package, prints what its checks said, writes the kernel table of the
# documentation from that, and fails when one failed.
set -euo pipefail
cd "$(dirname "$0")/../.."
test/vm/prepare.sh >/dev/null
deb=$(ls -t build/release/tidemark_*_amd64.deb | head -n 1)
mkdir -p build/vm
rm -f build/vm/*.txt build/vm/*.first
images=(.cache/vm/kernels/*/vmlinuz)
accelerator=$(test/vm/accelerator.sh "${images[0]}")
echo "virtual machines by $accelerator"

# All at once: each of them keeps one processor busy. An emulated kernel may panic before it reaches the first check,
# which says nothing of the package: such a machine is booted once more, and that is told.
run() { # KERNEL
  local from=$SECONDS log=build/vm/$1.log
  boot "$1"
  if ! grep -a -q 'check: ' "$log"; then
    cp "$log" "$log.first"
    boot "$1"
  fi
  echo $((SECONDS - from)) >"build/vm/$1.seconds"
}
boot() { # KERNEL
  test/vm/boot.sh "$1" "$deb" "$accelerator" </dev/null >"build/vm/$1.log" 2>&1 || true
}
kernels=()
for image in "${images[@]}"; do
  kernel=$(basename "$(dirname "$image")")
  kernels+=("$kernel")
  run "$kernel" &
done
wait

passed=0 failed=0
for kernel in "${kernels[@]}"; do
  echo "kernel $kernel, $(cat "build/vm/$kernel.seconds") s"
  if [ -f "build/vm/$kernel.log.first" ]; then
    echo '  booted twice; the console of the first time ended with:'
    tail -n 5 "build/vm/$kernel.log.first" | sed 's/^/    /'
  fi
  # The console mixes in control sequences and the kernel's own lines.
  tr -d '\r' <"build/vm/$kernel.log" | grep -a -o -E '(kernel|attached|told|check|checks): .*' >"build/vm/$kernel.txt" || true
  sed 's/^/  /' "build/vm/$kernel.txt"
  passed=$((passed + $(grep -c -E '^check: .*: ok' "build/vm/$kernel.txt" || true)))
  failed=$((failed + $(grep -c -E '^check: .*: failed' "build/vm/$kernel.txt" || true)))
  if ! grep -q '^checks: done' "build/vm/$kernel.txt"; then
    echo "  the machine did not finish; its console ends with:"
    tail -n 15 "build/vm/$kernel.log" | sed 's/^/    /'
    failed=$((failed + 1))
  fi
done
node tools/kernel-table.ts build/vm/*.txt
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
