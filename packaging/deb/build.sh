#!/bin/bash
# Builds the Debian package from build/dist and build/generated into build/release.
set -euo pipefail
cd "$(dirname "$0")/../.."
version=$(sed -n 's/^  "version": "\(.*\)",$/\1/p' package.json)
date=$(git show -s --format=%cD HEAD 2>/dev/null || date -R)

# In a folder of its own, so that the sources stay as they are.
work=build/deb/tidemark
rm -rf build/deb
mkdir -p "$work" build/release
cp -a packaging/deb/debian "$work/"
cat >"$work/debian/changelog" <<EOF
tidemark ($version-1) unstable; urgency=medium

  * See /usr/share/doc/tidemark/CHANGELOG.md for what is new.

 -- Tidemark maintainers <maintainers@tidemark.invalid>  $date
EOF
# debhelper writes the scriptlets of the units that lie under these names.
cp packaging/systemd/tidemark-flowd.service "$work"/debian/tidemark.tidemark-flowd.service
cp packaging/systemd/tidemark-collector.service "$work"/debian/tidemark.tidemark-collector.service

(cd "$work" && dpkg-buildpackage --build=binary --no-sign --no-check-builddeps >../build.log 2>&1) || { tail -n 30 build/deb/build.log; exit 1; }
mv build/deb/tidemark_"$version"-1_*.deb build/release/
ls build/release/tidemark_"$version"-1_*.deb
