// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * skops: samples the TCP statistics of followed flows, from within the kernel.
 *
 * Hooks: the TCP sockets of a cgroup (sock_ops), when a connection is established, changes its state or has measured its
 * round-trip time (tidemark_skops); once, at the start, all TCP sockets of the network namespace (tidemark_adopt).
 * Reads: the ends of the socket from its context, and its statistics from the kernel's structures (CAP_PERFMON).
 * May change: the socket's flags that ask for these calls, which it adds to those that are set.
 * Returns: always SOCK_OPS_OK.
 *
 * User space puts the flows to be followed into `tidemark_follow` and takes them out. A flow whose sockets carry no data
 * from here measures no round-trip time, so it is sampled at its end only.
 */
#define RING_BYTES (4 << 20)
#include "ring.h"

#include "skops.h"

const volatile struct settings settings = {};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 100000);
	__type(key, struct connection);
	__type(value, struct followed);
} tidemark_follow SEC(".maps");

/* The calls that are asked for: of changes of state, and when samples have an interval, of measured round-trip times. */
static __always_inline __u32 wanted_calls(void)
{
	return settings.interval_ns ? BPF_SOCK_OPS_STATE_CB_FLAG | BPF_SOCK_OPS_RTT_CB_FLAG : BPF_SOCK_OPS_STATE_CB_FLAG;
}

static __always_inline void sample(struct bpf_sock_ops *socket, struct followed *flow, __u8 state, __u64 now_ns)
{
	struct bpf_sock *sock = socket->sk;
	const struct tcp_sock *tcp;
	struct record *record;

	if (!sock)
		return;
	tcp = bpf_skc_to_tcp_sock(sock);
	if (!tcp)
		return;
	record = reserve_record(sizeof(*record));
	if (!record)
		return;
	record->name = flow->name;
	record->taken_ns = now_ns;
	record->closed = state == TCP_CLOSE;
	bpf_probe_read_kernel_str(record->congestion, sizeof(record->congestion), tcp->inet_conn.icsk_ca_ops->name);
	record->info_bytes = read_tcp_info(tcp, &record->info, bpf_jiffies64(), settings.hz);
	record->info.state = state;
	/* Called for a measurement, the program sees the smoothed value of the last one; since Linux 6.11 it is told the new. */
	if (socket->op == BPF_SOCK_OPS_RTT_CB && socket->args[1])
		record->info.rtt = socket->args[1] >> 3;
	bpf_ringbuf_submit(record, 0);
}

/* Samples the socket if its flow is followed and, unless it closes, due. */
static __always_inline void look_at(struct bpf_sock_ops *socket, __u8 state, _Bool is_due)
{
	__u64 now_ns = bpf_ktime_get_ns();
	struct connection connection;
	struct followed *flow;

	if (!read_connection(socket, &connection))
		return;
	flow = bpf_map_lookup_elem(&tidemark_follow, &connection);
	if (!flow || (!is_due && now_ns < flow->next_ns))
		return;
	flow->next_ns = now_ns + settings.interval_ns;
	sample(socket, flow, state, now_ns);
}

SEC("sockops")
int tidemark_skops(struct bpf_sock_ops *socket)
{
	_Bool polls = settings.interval_ns != 0;

	switch (socket->op) {
	case BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB:
	case BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB:
		ask_for(socket, wanted_calls());
		break;
	case BPF_SOCK_OPS_STATE_CB:
		if (!polls || socket->args[1] == TCP_CLOSE)
			look_at(socket, socket->args[1], 1);
		break;
	case BPF_SOCK_OPS_RTT_CB:
		/* Others may have asked for it. */
		if (polls)
			look_at(socket, socket->state, 0);
		break;
	}
	return SOCK_OPS_OK;
}

struct sock_common {
	__u8 skc_state;
} __attribute__((preserve_access_index));

struct bpf_iter__tcp {
	struct bpf_iter_meta *meta;
	struct sock_common *sk_common;
} __attribute__((preserve_access_index));

struct bpf_iter_meta {
	struct seq_file *seq;
} __attribute__((preserve_access_index));

/*
 * Asks for the calls of sockets whose connection was established before; writes one byte for each. Kernels before 6.12
 * refuse the option, and nothing changes.
 */
SEC("iter/tcp")
int tidemark_adopt(struct bpf_iter__tcp *at)
{
	struct sock_common *common = at->sk_common;
	struct tcp_sock *tcp;
	int flags = 0;

	if (!common || common->skc_state == TCP_LISTEN)
		return 0;
	tcp = bpf_skc_to_tcp_sock(common);
	if (!tcp || bpf_getsockopt(tcp, SOL_TCP, TCP_BPF_SOCK_OPS_CB_FLAGS, &flags, sizeof(flags)))
		return 0;
	flags |= wanted_calls();
	if (bpf_setsockopt(tcp, SOL_TCP, TCP_BPF_SOCK_OPS_CB_FLAGS, &flags, sizeof(flags)) == 0)
		bpf_seq_write(at->meta->seq, &(char){ 1 }, 1);
	return 0;
}

char skops_license[] SEC("license") = "Dual BSD/GPL";
