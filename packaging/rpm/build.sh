#!/bin/bash
# Builds the source RPM, or from it the RPM, into build/release.
# usage: packaging/rpm/build.sh srpm|rpm
set -euo pipefail
export LC_ALL=C
cd "$(dirname "$0")/../.."
what=$1
version=$(sed -n 's/^  "version": "\(.*\)",$/\1/p' package.json)
top=$PWD/build/rpm
mkdir -p "$top"/{SOURCES,SPECS} build/release
rpmbuild=(rpmbuild --quiet --define "_topdir $top")

make_sources() {
  git archive --prefix="tidemark-$version/" -o "$top/SOURCES/tidemark-$version.tar.gz" HEAD
  # What the build step uses of npm, and what git says of the commit: a source RPM has no checkout.
  local vendor=$top/vendor
  rm -rf "$vendor"
  mkdir -p "$vendor/tidemark-$version"
  node tools/vendor.ts "$vendor/tidemark-$version"
  tar -C "$vendor/tidemark-$version" -cf - . | gzip -3n >"$top/SOURCES/tidemark-vendor-$version.tar.gz"
  rm -rf "$vendor"
  local date
  date=$(git show -s --format=%cd --date=format:'%a %b %d %Y' HEAD)
  sed "s/@VERSION@/$version/; s/@DATE@/$date/" packaging/rpm/tidemark.spec >"$top/SPECS/tidemark.spec"
}

case $what in
  srpm)
    make_sources
    rm -f build/release/*.src.rpm
    "${rpmbuild[@]}" -bs "$top/SPECS/tidemark.spec"
    cp "$top/SRPMS/tidemark-$version-1.src.rpm" build/release/
    ;;
  rpm)
    # --nodeps: a Debian builder has the tools, but not the packages under these names.
    "${rpmbuild[@]}" --nodeps --rebuild "build/release/tidemark-$version-1.src.rpm"
    cp "$top"/RPMS/*/tidemark-"$version"-1.*.rpm build/release/
    ;;
esac
ls build/release/*.rpm
