#!/bin/bash
# Builds the Debian package from build/dist and build/generated into build/release.
set -euo pipefail
cd "$(dirname "$0")/../.."
version=$(sed -n 's/^  "version": "\(.*\)",$/\1/p' package.json)
date=$(git show -s --format=%cD HEAD 2>/dev/null || date -R)

rm -rf packaging/deb/debian/{tidemark,files,.debhelper,debhelper-build-stamp,changelog} packaging/deb/debian/*.service
cat >packaging/deb/debian/changelog <<EOF
tidemark ($version-1) unstable; urgency=medium

  * See /usr/share/doc/tidemark/CHANGELOG.md for what is new.

 -- Tidemark maintainers <maintainers@tidemark.invalid>  $date
EOF
# debhelper writes the scriptlets of the units that lie under these names.
cp packaging/systemd/tidemark-flowd.service packaging/deb/debian/tidemark.tidemark-flowd.service
cp packaging/systemd/tidemark-collector.service packaging/deb/debian/tidemark.tidemark-collector.service

mkdir -p build/release
(cd packaging/deb && dpkg-buildpackage --build=binary --no-sign --no-check-builddeps >../../build/deb.log 2>&1) || { tail -n 30 build/deb.log; exit 1; }
mv packaging/tidemark_"$version"-1_*.deb build/release/
rm -f packaging/tidemark_"$version"-1_*.{buildinfo,changes}
ls build/release/*.deb
