#!/bin/bash
# Runs inside the virtual machine, as root under systemd: installs the package, runs both units as their users, marks
# flows over real links and takes everything away again. Each check prints `check: NAME: ok` or `check: NAME: failed: WHY`.
set -u
exec >/dev/console 2>&1
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8

LABEL_MASK=0x3fefc
CMS_14=0x30038 # experiment 3, activity 14 without entropy bits
pipe=/run/tidemark/np

ok() { echo "check: $1: ok${2:+: $2}"; }
failed() { echo "check: $1: failed: $2"; }
expect() { # NAME COMMAND...
  local name=$1 output
  shift
  if output=$("$@" 2>&1); then ok "$name"; else failed "$name" "$(tail -n 25 <<<"$output" | tr '\n' '|')"; fi
}
wait_for() { # SECONDS COMMAND...
  local seconds=$1
  shift
  for _ in $(seq $((seconds * 5))); do
    "$@" >/dev/null 2>&1 && return 0
    sleep 0.2
  done
  return 1
}

make_links() {
  ip netns add peer
  ip link add v0 type veth peer name v1 netns peer
  ip link add link v0 name v0.100 type vlan id 100
  ip link add link v0.100 name v0.100.200 type vlan id 200
  ip -n peer link add link v1 name v1.100 type vlan id 100
  ip -n peer link add link v1.100 name v1.100.200 type vlan id 200
  local index=1 device
  for device in v0 v0.100 v0.100.200; do
    ip link set "$device" up
    ip address add "fd00:$index::1/64" dev "$device" nodad
    ip -n peer link set "${device/v0/v1}" up
    ip -n peer address add "fd00:$index::2/64" dev "${device/v0/v1}" nodad
    index=$((index + 1))
  done
  ip -n peer link set lo up
  # Behind the peer, which is a router then, a link that is narrower; the host there takes more.
  ip netns add beyond
  ip -n peer link add w0 type veth peer name w1 netns beyond
  ip -n peer address add fd00:9::1/64 dev w0 nodad
  ip -n beyond address add fd00:9::2/64 dev w1 nodad
  ip -n peer link set w0 mtu 1400 up
  ip -n beyond link set w1 up
  ip netns exec peer sysctl -qw net.ipv6.conf.all.forwarding=1
  ip route add fd00:9::/64 via fd00:1::2
  ip -n beyond route add fd00:1::/64 via fd00:9::1
  # A link with delay, as between sites.
  tc qdisc add dev v0 root netem delay 2ms
}

capture=/run/capture.pcap

# Prints the time of each packet that a source port sent in the capture, and 1 or 0: whether it carries the mark.
labels() { # PORT
  tcpdump -r "$capture" -e -n -v -tt 2>/dev/null | awk -v mask=$((LABEL_MASK)) -v want=$((CMS_14)) -v port="$1" '
    /flowlabel|IP6/ { label = 0; if (match($0, /flowlabel 0x[0-9a-f]+/)) label = strtonum(substr($0, RSTART + 10, RLENGTH - 10)) }
    /^[0-9]+\.[0-9]+ / { time = $1 }
    $0 ~ ("\\." port " > ") { print time, (and(label, mask) == want) }'
}

is_live() { # PORT
  tidemark flowd flows | grep -qF "]:$1 "
}

# Sends one TCP transfer to the peer over network fd00:INDEX::, while the peer's link is captured.
transfer() { # INDEX PORT MARKED(yes|no)
  local index=$1 port=$2 marked=$3
  ip netns exec peer iperf3 -s -1 -p $((port + 1000)) -B "fd00:$index::2" >/dev/null 2>&1 &
  # The physical link sees the VLAN tags; without offload they stay in the frame.
  ip netns exec peer tcpdump -i v1 -w "$capture" -s 120 -U >/dev/null 2>&1 &
  local tcpdump=$!
  sleep 1
  if [ "$marked" = yes ]; then
    echo "start tcp fd00:$index::1 $port fd00:$index::2 $((port + 1000)) cms 14" >"$pipe"
    # On a busy machine an emulated flowd takes more than a second to read a line.
    wait_for 60 is_live "$port"
  fi
  sleep 1
  iperf3 -6 -c "fd00:$index::2" -p $((port + 1000)) --cport "$port" -t 2 >/dev/null 2>&1
  [ "$marked" = yes ] && echo "end tcp fd00:$index::1 $port fd00:$index::2 $((port + 1000)) cms 14" >"$pipe"
  sleep 1
  kill "$tcpdump"
  wait "$tcpdump" 2>/dev/null
}

# Prints "packets, labelled packets" of a source port in the capture.
count_labels() { # PORT
  labels "$1" | awk '{ seen++; tagged += $2 } END { print seen + 0, tagged + 0 }'
}

# Prints "packets, packets with the strategy's extension headers" of a source port in the capture of network fd00:INDEX::.
count_headers() { # INDEX PORT STRATEGY
  local ip=$((14 + 4 * ($1 - 1))) headers tag tagged bare
  tag=0x1e030003 # the option's type and length, and the first bytes of experiment 3
  case $3 in
    hopByHop) headers="ether[$((ip + 6))] = 0 and ether[$((ip + 40))] = 6 and ether[$((ip + 42)):4] = $tag and ether[$((ip + 48)):2] = $2" ;;
    destination) headers="ether[$((ip + 6))] = 60 and ether[$((ip + 40))] = 6 and ether[$((ip + 42)):4] = $tag and ether[$((ip + 48)):2] = $2" ;;
    hopByHopDestination)
      headers="ether[$((ip + 6))] = 0 and ether[$((ip + 40))] = 60 and ether[$((ip + 42)):4] = $tag"
      headers+=" and ether[$((ip + 48))] = 6 and ether[$((ip + 50)):4] = $tag and ether[$((ip + 56)):2] = $2"
      ;;
  esac
  tagged=$(tcpdump -r "$capture" -n "$headers" 2>/dev/null | wc -l)
  bare=$(tcpdump -r "$capture" -n "ether[$((ip + 6))] = 6 and ether[$((ip + 40)):2] = $2" 2>/dev/null | wc -l)
  echo $((tagged + bare)) "$tagged"
}

judge_all_tagged() { # NAME SEEN TAGGED: the transfer's own packets and nothing less
  if [ "$2" -gt 50 ] && [ "$2" -eq "$3" ]; then ok "$1" "$3 of $2 packets"; else failed "$1" "$3 of $2 packets"; fi
}

check_marks() { # NAME INDEX PORT
  local counts
  transfer "$2" "$3" yes
  read -ra counts <<<"$(count_labels "$3")"
  judge_all_tagged "$1" "${counts[@]}"
}

check_headers() { # NAME INDEX PORT STRATEGY
  local counts
  transfer "$2" "$3" yes
  read -ra counts <<<"$(count_headers "$2" "$3" "$4")"
  judge_all_tagged "$1" "${counts[@]}"
}

check_narrow_path() { # NAME PORT
  local flow="tcp fd00:1::1 $2 fd00:9::2 $(($2 + 1000)) cms 14"
  ip netns exec beyond iperf3 -s -1 -p $(($2 + 1000)) -B fd00:9::2 >/dev/null 2>&1 &
  local server=$!
  sleep 1
  echo "start $flow" >"$pipe"
  sleep 1
  # So that single packets reach the router, as over a real cable.
  ethtool -K v0 tso off
  expect "$1" timeout 60 iperf3 -6 -c fd00:9::2 -p $(($2 + 1000)) --cport "$2" -n 1M
  ethtool -K v0 tso on
  echo "end $flow" >"$pipe"
  kill "$server" 2>/dev/null
}

check_unmarked() { # NAME INDEX PORT
  local seen tagged
  transfer "$2" "$3" no
  read -r seen tagged <<<"$(count_labels "$3")"
  if [ "$seen" -gt 50 ] && [ "$tagged" -eq 0 ]; then ok "$1" "0 of $seen packets"; else failed "$1" "$tagged of $seen packets"; fi
}

# Restarts flowd while a transfer runs, and looks how long its packets went without the mark.
check_restart() {
  local port=20006 tcpdump transfer marked gap
  local flow="tcp fd00:1::1 $port fd00:1::2 $((port + 1000)) cms 14"
  ip netns exec peer iperf3 -s -1 -p $((port + 1000)) -B fd00:1::2 >/dev/null 2>&1 &
  ip netns exec peer tcpdump -i v1 -w "$capture" -s 120 -U >/dev/null 2>&1 &
  tcpdump=$!
  sleep 1
  iperf3 -6 -c fd00:1::2 -p $((port + 1000)) --cport "$port" -b 4M -l 1000 -t 120 >/dev/null 2>&1 &
  transfer=$!
  sleep 2
  echo "start $flow" >"$pipe"
  sleep 2
  expect 'restart' systemctl restart tidemark-flowd
  sleep 2
  kill "$transfer"
  echo "end $flow" >"$pipe"
  sleep 1
  kill "$tcpdump"
  wait "$tcpdump" 2>/dev/null
  # Packets with the mark after the last one without it, and the longest time between two with it, in milliseconds.
  read -r marked gap <<<"$(labels "$port" | awk '
    $2 == 1 { if (last && $1 - last > longest) longest = $1 - last; last = $1; after++ }
    $2 == 0 { after = 0 }
    END { printf "%d %d\n", after, longest * 1000 }')"
  if [ "$marked" -gt 50 ]; then
    ok 'a transfer that runs is marked again after the restart' "$marked packets"
  else
    failed 'a transfer that runs is marked again after the restart' "$marked packets"
  fi
  local name='the restart leaves that transfer unmarked for less than 1 s'
  if [ "$(systemd-detect-virt)" != kvm ]; then
    echo "told: the restart left that transfer unmarked for $gap ms; not judged, since the processor is emulated"
  elif [ "$gap" -lt 1000 ]; then ok "$name" "$gap ms"; else failed "$name" "$gap ms"; fi
}

user_of() { ps -o user= -p "$(systemctl show -p MainPID --value "$1")" | tr -d ' '; }
is_user() { [ "$(user_of "$1")" = tidemark ]; }

configure() { # STRATEGY [OPTIONS]
  cat >/etc/tidemark/flowd.yaml <<YAML
plugins:
  namedPipe:
    pipePath: /run/tidemark/np
backends:
  marker:
    targetInterfaces: [v0]
    markingStrategy: $1
    ${2:-}
  firefly: {}
YAML
}

echo "kernel: $(uname -r)"
modprobe -a veth 8021q sch_netem cls_bpf sch_ingress 2>/dev/null
make_links

expect 'package installs' dpkg -i /opt/check/tidemark.deb
configure label
starts() { # UNIT: with what it logged when it does not
  systemctl start "$1" || { journalctl -u "$1" -o cat --no-pager | tail -n 25; return 1; }
}
expect 'flowd starts and says it is ready' starts tidemark-flowd
expect 'collector starts and says it is ready' starts tidemark-collector
if ! systemctl --quiet is-active tidemark-flowd; then
  echo 'checks: given up, since flowd does not run'
  exit 1
fi
expect 'flowd runs as its user' is_user tidemark-flowd
expect 'collector runs as its user' is_user tidemark-collector
expect 'the installed command says its version' tidemark version

echo "attached: $(journalctl -u tidemark-flowd -o cat | grep -o -i -m 1 -E 'tcx|clsact' || echo unknown)"

check_marks 'a flow is marked on a plain link with netem' 1 20001
check_marks 'a flow is marked inside a VLAN' 2 20002
check_marks 'a flow is marked inside QinQ' 3 20003
check_unmarked 'an undeclared flow stays unmarked' 1 20004

expect 'reload' systemctl reload tidemark-flowd
expect 'the collector reloads' systemctl reload tidemark-collector
expect 'the collector is active after reload' systemctl is-active tidemark-collector
expect 'flowd is active after reload' systemctl is-active tidemark-flowd
check_marks 'a flow is marked after reload' 1 20005
check_restart
check_marks 'a flow is marked after restart' 1 20007

# Room for what is inserted, and for the inner VLAN tag.
for link in 'v0 1' 'v0.100 2' 'v0.100.200 3'; do
  ip -6 route add "fd00:${link#* }::2/128" dev "${link% *}" mtu 1476
done
port=21000
declare -A options=([hopByHop]= [destination]='debugMode: true' [hopByHopDestination]='matchAll: true')
for strategy in hopByHop destination hopByHopDestination; do
  configure "$strategy" "${options[$strategy]}"
  expect "flowd starts with $strategy" systemctl restart tidemark-flowd
  for link in 'a plain link 1' 'a VLAN 2' 'QinQ 3'; do
    port=$((port + 1))
    check_headers "$strategy marks on ${link% *}" "${link##* }" "$port" "$strategy"
  done
  port=$((port + 1))
  check_narrow_path "$strategy: a transfer goes on over a path that is narrower than the interface" "$port"
done
configure label 'matchAll: true
    debugMode: true'
expect 'flowd goes back to the label' systemctl restart tidemark-flowd
check_marks 'a flow is marked with every option on' 1 20007

nobody_writes() { [ -p /run/tidemark/np ] && ! setpriv --reuid nobody --regid nogroup --clear-groups sh -c 'echo x > /run/tidemark/np' 2>/dev/null; }
nobody_controls() { tidemark flowd flows && ! setpriv --reuid nobody --regid nogroup --clear-groups tidemark flowd flows 2>/dev/null; }
nobody_reads() { [ -f /etc/tidemark/flowd.yaml ] && ! setpriv --reuid nobody --regid nogroup --clear-groups cat /etc/tidemark/flowd.yaml 2>/dev/null; }
expect 'another user cannot write the pipe' nobody_writes
expect 'another user cannot use the control socket' nobody_controls
expect 'another user cannot read the configuration' nobody_reads

wrong_configuration_stays_down() {
  echo 'backends: {marker: {targetInterfaces: [absent0]}}' >/etc/tidemark/flowd.yaml
  systemctl restart tidemark-flowd
  sleep 5
  [ "$(systemctl show -p ExecMainStatus --value tidemark-flowd)" = 78 ] && [ "$(systemctl show -p NRestarts --value tidemark-flowd)" = 0 ]
}
expect 'a configuration error does not loop' wrong_configuration_stays_down
configure label
systemctl reset-failed tidemark-flowd
expect 'flowd starts again when mended' systemctl start tidemark-flowd

# One metric of the transfer's flow, as skops told it to the backend prometheus.
statistic() { # NAME
  exec 3<>/dev/tcp/127.0.0.1/8081
  printf 'GET /metrics HTTP/1.0\r\n\r\n' >&3
  tr -d '\r' <&3 | awk -v name="flow_tcp_$1{" 'index($0, name) == 1 && /20009:21009/ { print $NF }'
  exec 3>&-
}
# What ss says of the transfer's socket.
ss_says() { # NAME
  ss -tniOH sport = :20009 | grep -o -E " $1:[0-9]+" | cut -d : -f 2
}
statistics_agree() {
  local name skops ss rtt
  for name in mss pmtu advmss; do
    skops=$(statistic "$name") ss=$(ss_says "$name")
    [ -n "$ss" ] && [ "$skops" = "$ss" ] || {
      echo "$name: skops says '$skops', ss '$ss'"
      return 1
    }
  done
  rtt=$(statistic rtt)
  echo "rtt $rtt us, $(statistic bytes_sent_total) bytes"
  # netem delays what leaves by 2 ms.
  [ "${rtt%.*}" -ge 2000 ] && [ "$(statistic bytes_sent_total)" -gt 1000000 ]
}
no_flow_lives() { [ "$(tidemark flowd flows -o json | grep -c '"tcp"')" = 0 ]; }

# The programs on sockets: the watcher finds a transfer and tells its end, skops samples it.
check_socket_programs() {
  echo 'plugins: { iperf3: {} }' >/etc/tidemark/flowd.yaml
  systemctl stop tidemark-flowd
  expect 'flowd starts with iperf3' starts tidemark-flowd
  systemctl stop tidemark-flowd
  install -D -m 0644 /usr/share/tidemark/examples/flowd-perfmon.conf -t /etc/systemd/system/tidemark-flowd.service.d
  systemctl daemon-reload
  cat >/etc/tidemark/flowd.yaml <<'YAML'
plugins: { iperf3: { minDestinationPort: 21009, maxDestinationPort: 21009, experimentIDs: [cms], activityIDs: [14] } }
backends: { prometheus: { legacyNames: true } }
enrichers: { period: 100, skops: {} }
YAML
  expect 'flowd starts with iperf3 and skops' starts tidemark-flowd
  ip netns exec peer iperf3 -s -1 -p 21009 -B fd00:1::2 >/dev/null 2>&1 &
  sleep 1
  iperf3 -6 -c fd00:1::2 -p 21009 --cport 20009 -b 10M -t 300 >/dev/null 2>&1 &
  wait_for 60 statistics_agree
  expect 'skops and ss agree on a transfer that iperf3 found' statistics_agree
  kill $!
  expect 'its end is told' wait_for 20 no_flow_lives
  rm -r /etc/systemd/system/tidemark-flowd.service.d
  systemctl daemon-reload
  configure label
  systemctl restart tidemark-flowd
}
check_socket_programs

# A host that ran flowd-go until now: its unit and its configuration, with a stand-in for the program.
make_flowd_go() {
  mkdir -p /etc/flowd-go
  cat >/etc/systemd/system/flowd-go.service <<'UNIT'
[Unit]
Description=flowd-go
After=network.target
[Service]
RuntimeDirectory=flowd-go
Type=simple
ExecStart=/bin/sleep infinity
Restart=always
[Install]
WantedBy=multi-user.target
UNIT
  cat >/etc/flowd-go/conf.yaml <<'YAML'
pidPath: /var/run/flowd-go/pid
workDir: /var/cache/flowd-go
plugins:
  namedPipe:
    maxReaders: 5
    buffSize: 1000
    pipePath: /var/run/flowd-go/np
backends:
  marker:
    targetInterfaces: [v0]
    markingStrategy: label
  firefly:
    destinationPort: 10514
    prependSyslog: true
YAML
  systemctl daemon-reload
  systemctl enable --now flowd-go
}
how_to() { sh -eux "/opt/check/from-flowd-go.$1.sh"; }
capabilities() { # MASK
  [ "$(awk '/^CapEff/ { print $2 }' "/proc/$(systemctl show -p MainPID --value tidemark-flowd)/status")" = "$1" ]
}
only_flowd_go_runs() { systemctl is-active flowd-go && ! systemctl is-active tidemark-flowd; }
only_tidemark_runs() { systemctl is-active tidemark-flowd && ! systemctl is-active flowd-go; }

expect 'flowd has CAP_BPF and CAP_NET_ADMIN only' capabilities 0000008000001000
systemctl disable --now --quiet tidemark-flowd
make_flowd_go
expect 'from flowd-go: its configuration is understood' how_to 1
expect 'from flowd-go: the services are swapped' how_to 2
expect 'from flowd-go: one of them runs' only_tidemark_runs
expect 'from flowd-go: its state is shown' how_to 3
pipe=/run/flowd-go/np
check_marks 'from flowd-go: a flow of its pipe is marked' 1 20008
install -D -m 0644 /usr/share/tidemark/examples/flowd-perfmon.conf -t /etc/systemd/system/tidemark-flowd.service.d
systemctl daemon-reload
systemctl restart tidemark-flowd
expect 'with the drop-in for skops flowd has CAP_PERFMON as well' capabilities 000000c000001000
expect 'back to flowd-go' how_to 4
expect 'back to flowd-go: it runs alone' only_flowd_go_runs
systemctl disable --now --quiet flowd-go

nothing_left() {
  local left
  left=$(find /usr/bin/tidemark /usr/lib/tidemark /etc/tidemark /var/lib/tidemark /var/lib/tidemark-collector /run/tidemark \
    /usr/lib/systemd/system/tidemark-* /etc/systemd/system -name '*tidemark*' 2>/dev/null)
  tc filter show dev v0 egress | grep -q tidemark && left+=' filter'
  pgrep -x tidemark >/dev/null && left+=' process'
  [ -z "$left" ] || { echo "left: $left"; return 1; }
}
expect 'package is removed' dpkg -P tidemark
expect 'nothing is left' nothing_left
echo 'checks: done'
