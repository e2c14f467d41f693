#!/bin/bash
# Runs a command that uses the network, up to four times with growing pauses, since a registry or a mirror may fail for
# a moment. What failed is told, and the last failure is the command's own.
# usage: tools/retry.sh COMMAND...
set -uo pipefail
for pause in ${RETRY_PAUSES_S:-5 15 45}; do
  "$@" && exit 0
  code=$?
  echo "failed with exit code $code: ${*:1:6}; the next try is in $pause s" >&2
  sleep "$pause"
done
exec "$@"
