#!/bin/bash
# Makes the root file system of a minimal Debian 12 in FOLDER, in place of what is there: debootstrap cannot go on with
# what a failure left. What was fetched stays in .cache/debootstrap for the next root.
# usage: tools/debian-root.sh FOLDER PACKAGE,...
set -euo pipefail
folder=$1 packages=$2
cache=$(dirname "$(realpath "$0")")/../.cache/debootstrap
mkdir -p "$cache"
rm -rf --one-file-system "$folder"
# Users other than root must get through its folders.
umask 022
if ! debootstrap --variant=minbase --cache-dir="$(realpath "$cache")" --include="$packages" bookworm "$folder" >"$cache.log" 2>&1; then
  tail -n 5 "$cache.log" >&2
  exit 1
fi
