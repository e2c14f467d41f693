// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * watcher: tells of TCP connections that open and close, by their ports.
 *
 * Hooks: the TCP sockets of a cgroup (sock_ops), when a connection is established in either direction and when it closes.
 * Reads: family, addresses, ports and cookie of the socket, all from its context: CAP_BPF and CAP_NET_ADMIN suffice.
 * May change: the socket's flag that asks for calls on changes of state, which it adds to those that are set.
 * Returns: always SOCK_OPS_OK.
 *
 * A connection that was established before is not told of, nor one that never was: nobody asks for calls on them.
 */
#define RING_BYTES (4 << 20)
#include "ring.h"

#include "watcher.h"

const volatile struct settings settings = {};

static __always_inline _Bool is_between(__u32 port, __u32 least, __u32 most)
{
	return (!least || port >= least) && (!most || port <= most);
}

static __always_inline void tell(struct bpf_sock_ops *socket, __u32 event)
{
	struct record *record = reserve_record(sizeof(*record));

	if (!record)
		return;
	record->cookie = bpf_get_socket_cookie(socket);
	record->event = event;
	if (read_connection(socket, &record->connection))
		bpf_ringbuf_submit(record, 0);
	else
		bpf_ringbuf_discard(record, 0);
}

SEC("sockops")
int tidemark_watch(struct bpf_sock_ops *socket)
{
	if (!is_between(socket->local_port, settings.min_local_port, settings.max_local_port) ||
	    !is_between(bpf_ntohl(socket->remote_port), settings.min_remote_port, settings.max_remote_port))
		return SOCK_OPS_OK;

	switch (socket->op) {
	case BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB:
	case BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB:
		ask_for(socket, BPF_SOCK_OPS_STATE_CB_FLAG);
		tell(socket, OPENED);
		break;
	case BPF_SOCK_OPS_STATE_CB:
		/* Calls that another program asked for also come for what never was a connection. */
		if (socket->args[1] == TCP_CLOSE && socket->args[0] != TCP_SYN_SENT && socket->args[0] != TCP_LISTEN)
			tell(socket, CLOSED);
		break;
	}
	return SOCK_OPS_OK;
}

char watcher_license[] SEC("license") = "Dual BSD/GPL";
