#!/bin/bash
# Lays the built executable and its files out as an installed system has them. Both packages are made from this one
# layout. Needs build/dist/ and build/generated/.
# usage: packaging/stage.sh DESTINATION
set -euo pipefail
cd "$(dirname "$0")/.."
destination=$1

install -D -m 0755 build/dist/tidemark "$destination/usr/bin/tidemark"
install -D -m 0755 packaging/flowd-go "$destination/usr/lib/tidemark/flowd-go"
# Beside the executable's folder, so that nothing is unpacked at start.
install -D -m 0644 build/dist/native/koffi.node "$destination/usr/lib/tidemark/native/koffi.node"
for object in bpf/*.bpf.o; do
  install -D -m 0644 "$object" "$destination/usr/lib/tidemark/$object"
done

for role in flowd collector; do
  install -D -m 0644 "packaging/systemd/tidemark-$role.service" "$destination/usr/lib/systemd/system/tidemark-$role.service"
  install -D -m 0644 "build/generated/conf/$role.yaml" "$destination/etc/tidemark/$role.yaml"
done
for example in packaging/systemd/examples/*; do
  install -D -m 0644 "$example" "$destination/usr/share/tidemark/examples/${example##*/}"
done
install -D -m 0644 packaging/systemd/tidemark.sysusers "$destination/usr/lib/sysusers.d/tidemark.conf"
install -D -m 0644 packaging/systemd/tidemark.tmpfiles "$destination/usr/lib/tmpfiles.d/tidemark.conf"

for page in build/generated/man/*; do
  install -D -m 0644 "$page" "$destination/usr/share/man/man${page##*.}/${page##*/}"
done
install -D -m 0644 build/generated/completions/tidemark.bash "$destination/usr/share/bash-completion/completions/tidemark"
install -D -m 0644 build/generated/completions/tidemark.zsh "$destination/usr/share/zsh/vendor-completions/_tidemark"
install -D -m 0644 build/generated/completions/tidemark.fish "$destination/usr/share/fish/vendor_completions.d/tidemark.fish"
