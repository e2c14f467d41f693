import type { ErrorEntry } from './entry.ts'

/** Errors of the host daemon and of the kernel it stands on. */
export const FLOWD_ERRORS = {
  PLATFORM_UNSUPPORTED: {
    message: 'this needs a Linux kernel, and this is {platform}',
    remedy: 'run it on a Linux host; everything that touches no packets works here as well',
    exitCode: 78,
    httpStatus: 501,
  },
  PERMISSION_DENIED: {
    message: 'the kernel does not permit the {call}: {reason}',
    remedy: 'run as root, or grant CAP_NET_ADMIN (and CAP_BPF for the marker), as the systemd unit does',
    exitCode: 78,
    httpStatus: 500,
  },
  SYSTEM_CALL_FAILED: {
    message: 'the {call} failed: {reason}',
    remedy: "'tidemark doctor' checks what the kernel offers; please report the message if it finds nothing",
    exitCode: 1,
    httpStatus: 500,
  },
  NETLINK_REFUSED: {
    message: 'the kernel refused the {request}: {reason}',
    remedy: "check that the interface exists and that nobody else changed it meanwhile ('ip link')",
    exitCode: 1,
    httpStatus: 500,
  },
  LIBBPF_MISSING: {
    message: 'libbpf cannot be loaded: {reason}',
    remedy:
      'install libbpf 1.0 or later (Debian: apt install libbpf1; RHEL: dnf install libbpf), or leave the marker out',
    exitCode: 78,
    httpStatus: 501,
  },
  BTF_MISSING: {
    message: '{what} needs the kernel to describe its types, and there is no {path}',
    remedy: 'run a kernel that is built with CONFIG_DEBUG_INFO_BTF=y, as those of all larger distributions are',
    exitCode: 78,
    httpStatus: 501,
  },
  CAPABILITY_MISSING: {
    message: '{what} lacks {missing}',
    remedy:
      'run as root, or grant what is missing: CAP_BPF and CAP_NET_ADMIN, which the systemd unit has; for enrichers.skops CAP_PERFMON as well, by the drop-in /usr/share/tidemark/examples/flowd-perfmon.conf (it belongs in /etc/systemd/system/tidemark-flowd.service.d/)',
    exitCode: 78,
    httpStatus: 500,
  },
  BPF_OBJECT_INVALID: {
    message: 'the BPF object {path} cannot be used: {reason}',
    remedy:
      'where programPath names it, build it from the headers of this version, or leave programPath out; else install the package again (in a checkout, run make bpf-update)',
    exitCode: 78,
    httpStatus: 500,
  },
  BPF_LOAD_REFUSED: {
    message: 'the kernel refused to load {path}: {reason}',
    remedy: 'report this with the output of uname -r: the program loads on Linux 6.1 and later',
    exitCode: 78,
    httpStatus: 500,
  },
  INTERFACE_ABSENT: {
    message: 'there is no network interface {interface}',
    remedy: 'name one that is there ({there}); one that comes later must be there before flowd starts',
    exitCode: 78,
    httpStatus: 404,
  },
  LINK_TYPE_UNSUPPORTED: {
    message: 'where packets of {interface} begin is not known for its link type {linkType}',
    remedy: 'name the interface below it that carries Ethernet or raw IP packets',
    exitCode: 78,
    httpStatus: 500,
  },
  TCX_UNSUPPORTED: {
    message: 'this kernel cannot attach to {interface} by TCX, which came with Linux 6.6',
    remedy: 'set attach to auto or clsact',
    exitCode: 78,
    httpStatus: 501,
  },
  ATTACH_REFUSED: {
    message: 'the kernel refused the use of {how} on {interface}: {reason}',
    remedy: "look at what stands there with 'tc filter show dev {interface} egress' and 'bpftool net'",
    exitCode: 1,
    httpStatus: 500,
  },
  CGROUP_MISSING: {
    message: 'the TCP connections of this host cannot be watched: no cgroup v2 hierarchy is mounted',
    remedy: 'mount one (mount -t cgroup2 none /sys/fs/cgroup/unified), or boot with systemd.unified_cgroup_hierarchy=1',
    exitCode: 78,
    httpStatus: 501,
  },
  CGROUP_INVALID: {
    message: 'cgroupPath {path} is no folder of cgroup v2: {reason}',
    remedy: 'name a folder below {mount}, or leave cgroupPath out to watch the whole host',
    exitCode: 78,
    httpStatus: 500,
  },
  CGROUP_ATTACH_REFUSED: {
    message: 'the kernel refused to watch the sockets of the cgroup {path}: {reason}',
    remedy:
      "look at what stands there with 'bpftool cgroup tree': a program attached exclusively, there or above, shuts out all others",
    exitCode: 1,
    httpStatus: 500,
  },
  SOCKET_DIAGNOSTICS_MISSING: {
    message: 'this kernel cannot tell which {family} {protocol} sockets live: its module for that is missing',
    remedy: 'load it with: modprobe -a inet_diag tcp_diag udp_diag',
    exitCode: 78,
    httpStatus: 500,
  },
  CONFIG_OF_PYTHON_FLOWD: {
    message: '{file} is a configuration of Python flowd, which is a Python program',
    remedy: "turn it into one of this flowd: 'tidemark flowd convert {file} > flowd.yaml', then name that with --conf",
    exitCode: 78,
    httpStatus: 500,
  },
  CONFIG_NOT_OF_PYTHON_FLOWD: {
    message: '{file} sets no option of Python flowd',
    remedy: "name Python flowd's file, as /etc/flowd/flowd.cfg; one of flowd-go is taken as it is, by --conf",
    exitCode: 2,
    httpStatus: 400,
  },
  ALREADY_RUNNING: {
    message: 'another flowd runs already: process {pid} holds {file}',
    remedy: 'stop it first, or give this one its own pidPath, workDir and controlSocket',
    exitCode: 1,
    httpStatus: 500,
  },
  PID_FILE_UNWRITABLE: {
    message: 'the PID file {file} cannot be written: {reason}',
    remedy: "set pidPath to a place that flowd's user may write, or to '' for none",
    exitCode: 78,
    httpStatus: 500,
  },
  CONTROL_SOCKET_FAILED: {
    message: 'the control socket {path} cannot be opened: {reason}',
    remedy: "set controlSocket.path to a place that flowd's user may write (at most 107 characters)",
    exitCode: 78,
    httpStatus: 500,
  },
  CONTROL_SOCKET_IN_USE: {
    message: 'another flowd runs already: it answers at the control socket {path}',
    remedy: 'stop it first, or give this one its own pidPath, workDir and controlSocket',
    exitCode: 1,
    httpStatus: 500,
  },
  FLOWD_UNREACHABLE: {
    message: 'no flowd answers at the control socket {path}: {reason}',
    remedy: "start it with 'tidemark flowd run', name its configuration with --conf, or its socket with --socket",
    exitCode: 1,
    httpStatus: 502,
  },
  FLOWD_SILENT: {
    message: 'the flowd at the control socket {path} takes connections and does not answer within {seconds} s',
    remedy: 'look at its log and whether it is stopped or overloaded; if it stays so, restart it',
    exitCode: 1,
    httpStatus: 504,
  },
  FLOWD_ANSWER_UNREADABLE: {
    message: 'what answers at {path} is no flowd, or one of another version: {reason}',
    remedy: "name flowd's own control socket with --socket, and use the same version of tidemark as the running one",
    exitCode: 1,
    httpStatus: 502,
  },
  CONTROL_SOCKET_DENIED: {
    message: 'the control socket {path} is not for this user',
    remedy: "ask as root, or join the group that owns it ('ls -l' shows which)",
    exitCode: 1,
    httpStatus: 502,
  },
  FLOWD_REFUSED: {
    message: '{message} ({code})',
    remedy: '{remedy}',
    exitCode: 1,
    httpStatus: 502,
  },
  PUBLIC_ADDRESS_NO_ANSWER: {
    message: 'the web service {url} does not tell our public address: {reason}',
    remedy: 'check that the host may reach it, or name another in httpServices; manualMapping needs none',
    exitCode: 1,
    httpStatus: 502,
  },
  STUN_NO_ANSWER: {
    message: 'the STUN server {server} gave no answer: {reason}',
    remedy: 'check that UDP to it passes the firewall, or name another in stunServers; manualMapping needs none',
    exitCode: 1,
    httpStatus: 502,
  },
  STUN_REFUSED: {
    message: 'the STUN server {server} refused with {code}: {reason}',
    remedy: 'name another server in stunServers; manualMapping needs none',
    exitCode: 1,
    httpStatus: 502,
  },
  JOURNAL_UNUSABLE: {
    message: 'the journal of live flows {path} cannot be used: {reason}',
    remedy: "make room on its disk, or set workDir to a folder that flowd's user may write, or to '' to do without",
    exitCode: 78,
    httpStatus: 500,
  },
  EVENT_REFUSED: {
    message: 'the event is refused: {reason}',
    remedy: 'the form is: {grammar}',
    exitCode: 1,
    httpStatus: 400,
  },
  FLOW_UNKNOWN: {
    message: 'no live flow is {flow}',
    remedy: "'tidemark flowd flows' lists the flows that live",
    exitCode: 1,
    httpStatus: 404,
  },
  FLOW_TABLE_FULL: {
    message: 'the flow table is full: {limit} flows live',
    remedy: 'raise flowTable.maxFlows, or see to it that ends are declared',
    exitCode: 1,
    httpStatus: 503,
  },
  FLOWD_NOT_READY: {
    message: 'flowd takes no events and reloads nothing now: it is {status}',
    remedy: 'wait until /readyz of the control socket answers 200',
    exitCode: 1,
    httpStatus: 503,
  },
  MODULE_UNUSABLE: {
    message: "the module '{module}' cannot be used: {reason}",
    remedy:
      'mend it or take it out of the key modules; docs/how-to/write-a-plugin-or-backend.md shows what a module exports',
    exitCode: 78,
    httpStatus: 500,
  },
  UNIT_FAILED: {
    message: 'the {kind} {name} could not start: {reason}',
    remedy: 'mend what it names, or leave the {kind} out of the configuration',
    exitCode: 1,
    httpStatus: 500,
  },
  UNIT_UNKNOWN: {
    message: "there is no plugin, backend or enricher named '{name}'",
    remedy: 'there are: {known}',
    exitCode: 2,
    httpStatus: 400,
  },
  PIPE_NOT_FIFO: {
    message: 'what stands at {path} is no FIFO; it is left alone',
    remedy: 'remove it, or set plugins.namedPipe.pipePath to another path',
    exitCode: 78,
    httpStatus: 500,
  },
  PIPE_IN_USE: {
    message: 'another flowd reads the FIFO {path}: each line would reach one of the two, by chance',
    remedy: 'stop the other one, or give this one a plugins.namedPipe.pipePath of its own',
    exitCode: 1,
    httpStatus: 500,
  },
  PIPE_UNUSABLE: {
    message: 'the FIFO {path} cannot be made or opened: {reason}',
    remedy: "make its folder, and see that flowd's user may write there; or set plugins.namedPipe.pipePath",
    exitCode: 78,
    httpStatus: 500,
  },
  RULE_UNUSABLE: {
    message: '{rule} cannot be used: {reason}',
    remedy: 'correct the rule; a user who is not in /etc/passwd can be given by number',
    exitCode: 78,
    httpStatus: 500,
  },
  ACCOUNT_UNKNOWN: {
    message: "there is no {kind} '{name}' in {file}",
    remedy: 'make it, or give its number',
    exitCode: 78,
    httpStatus: 500,
  },
} as const satisfies Record<string, ErrorEntry>
