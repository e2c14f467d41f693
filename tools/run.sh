#!/bin/bash
# Starts Tidemark on loopback with the quick-start configurations, says what is where, and stops it all on Ctrl-C.
# Each part is a function `start_<part>`, named in PARTS; it starts its process with `launch`, waits until it is ready,
# and says with `tell` what a newcomer may try.
set -euo pipefail
cd "$(dirname "$0")/.."

PARTS=(flowd network collector)
run=build/run
mkdir -p "$run"
declare -A name_of=()

launch() { # name, command…: in the background, its log beside it
  local name=$1
  shift
  # In a session of its own: Ctrl-C reaches this script only, which then ends each part once.
  setsid "$@" >"$run/$name.out" 2>&1 &
  name_of[$!]=$name
  launched=$!
}

tell() { printf '  %-12s %s\n' "$1" "$2"; }

stop_all() {
  trap - EXIT
  trap '' INT TERM
  [ ${#name_of[@]} -eq 0 ] || kill -TERM "${!name_of[@]}" 2>/dev/null || true
  wait
  echo 'Tidemark has stopped.'
}

await() { # pid, command…: until the command succeeds; fails when the process ends first
  local pid=$1
  shift
  until "$@" >/dev/null 2>&1; do
    kill -0 "$pid" 2>/dev/null || return 1
    sleep 0.1
  done
}

start_flowd() {
  local flowd=(bin/tidemark --conf conf/quickstart-flowd.yaml flowd)
  launch flowd "${flowd[@]}" run
  if ! await "$launched" "${flowd[@]}" flows; then
    local code=0
    wait "$launched" || code=$?
    unset "name_of[$launched]"
    cat "$run/flowd.out"
    [ "$code" -eq 78 ] || return "$code"
    echo 'flowd cannot mark packets here, for the reason above; it runs without its marker.'
    launch flowd "${flowd[@]}" run --without marker
    await "$launched" "${flowd[@]}" flows || { cat "$run/flowd.out"; return 1; }
  fi
  tell flowd 'declare a flow:  make flow-start; list them:  bin/tidemark --conf conf/quickstart-flowd.yaml flowd flows'
  tell '' 'at a glance:     bin/tidemark --conf conf/quickstart-flowd.yaml flowd status'
  tell '' "named pipe:      echo 'start tcp ::1 2345 ::1 5777 cms 14' > $run/flowd.pipe"
  tell '' 'HTTP:            http://127.0.0.1:7777/flows'
  tell '' 'for Prometheus:  http://127.0.0.1:8011/metrics'
  tell '' "log:             $run/flowd.out"
}

answers() { # host, port: whether something listens there
  (exec 3<>"/dev/tcp/$1/$2") 2>/dev/null
}

start_network() {
  if answers 127.0.0.1 5672; then
    tell network 'a router answers on 127.0.0.1:5672: the collector attaches to it'
    return
  fi
  launch network bin/tidemark simulate van
  await "$launched" answers 127.0.0.1 5672 || { cat "$run/network.out"; return 1; }
  tell network 'no router answers on 127.0.0.1:5672: a simulated network of three sites plays one'
}

start_collector() {
  launch collector bin/tidemark --conf conf/quickstart-collector.yaml collector run
  await "$launched" answers 127.0.0.1 8010 || { cat "$run/collector.out"; return 1; }
  tell collector 'the whole network is in sight some ten seconds after its start'
  tell '' 'look at it:      bin/tidemark topology; also sites, routers, links, addresses, flows ADDRESS'
  tell '' 'HTTP:            http://127.0.0.1:8010/api/v1alpha1/topology'
  tell '' "log:             $run/collector.out"
}

trap stop_all EXIT
trap 'stop_all; exit 0' INT TERM
echo 'Tidemark is starting:'
for part in "${PARTS[@]}"; do "start_$part"; done
echo 'Tidemark runs. Ctrl-C stops it.'

while [ ${#name_of[@]} -gt 0 ]; do
  ended=
  code=0
  wait -n -p ended "${!name_of[@]}" || code=$?
  [ -n "$ended" ] || continue
  echo "${name_of[$ended]} ended with exit code $code; its log is $run/${name_of[$ended]}.out" >&2
  unset "name_of[$ended]"
  exit "$code"
done
