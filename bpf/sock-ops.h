/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What our programs on TCP sockets share: the context and callbacks of BPF_PROG_TYPE_SOCK_OPS (linux/bpf.h), and the
 * ends of a connection as they tell them to user space. `src/flowd/sock-ops/connection.ts` says the latter in TypeScript.
 *
 * Every such program returns SOCK_OPS_OK and never writes a reply, so it decides nothing and undoes no decision of the
 * programs beside it.
 */
#ifndef TIDEMARK_SOCK_OPS_H
#define TIDEMARK_SOCK_OPS_H

#include "kernel.h"

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define SOCK_OPS_OK 1

/* What the program is called for, and the flags of a socket that ask for some of it. */
#define BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB 4
#define BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB 5
#define BPF_SOCK_OPS_STATE_CB 10
#define BPF_SOCK_OPS_RTT_CB 12
#define BPF_SOCK_OPS_STATE_CB_FLAG (1 << 2)
#define BPF_SOCK_OPS_RTT_CB_FLAG (1 << 3)

/* States of a TCP socket (net/tcp_states.h). */
#define TCP_SYN_SENT 2
#define TCP_CLOSE 7
#define TCP_LISTEN 10

/* Socket options (linux/in.h, linux/bpf.h). */
#define SOL_TCP 6
#define TCP_BPF_SOCK_OPS_CB_FLAGS 1008

#define AF_INET 2
#define AF_INET6 10

struct bpf_sock;

struct bpf_sock_ops {
	__u32 op;
	__u32 args[4]; /* STATE: the old state and the new one; RTT: the measured time and the smoothed one */
	__u32 family;
	__be32 remote_ip4;
	__be32 local_ip4;
	__be32 remote_ip6[4];
	__be32 local_ip6[4];
	__be32 remote_port; /* in the upper half */
	__u32 local_port;
	__u32 bpf_sock_ops_cb_flags;
	__u32 state;
	struct bpf_sock *sk;
} __attribute__((preserve_access_index));

/* The ends of a connection in network byte order; an IPv4 address stands as ::ffff:a.b.c.d, whatever its socket. */
struct connection {
	__be32 local[4];
	__be32 remote[4];
	__be16 local_port;
	__be16 remote_port;
};

/* False when the socket is of a family that has no such ends. */
static __always_inline _Bool read_connection(const struct bpf_sock_ops *socket, struct connection *into)
{
	if (socket->family == AF_INET) {
		into->local[0] = into->local[1] = into->remote[0] = into->remote[1] = 0;
		into->local[2] = into->remote[2] = bpf_htonl(0xffff);
		into->local[3] = socket->local_ip4;
		into->remote[3] = socket->remote_ip4;
		/* Else the compiler makes one load of this and the other branch's last, from a place in the context that is
		   computed, which the verifier forbids. */
		asm volatile("" ::: "memory");
	} else if (socket->family == AF_INET6) {
		into->local[0] = socket->local_ip6[0];
		into->local[1] = socket->local_ip6[1];
		into->local[2] = socket->local_ip6[2];
		into->local[3] = socket->local_ip6[3];
		into->remote[0] = socket->remote_ip6[0];
		into->remote[1] = socket->remote_ip6[1];
		into->remote[2] = socket->remote_ip6[2];
		into->remote[3] = socket->remote_ip6[3];
	} else {
		return 0;
	}
	into->local_port = bpf_htons(socket->local_port);
	into->remote_port = bpf_htons(bpf_ntohl(socket->remote_port));
	return 1;
}

/* Asks for callbacks of a socket, beside those that others asked for. */
static __always_inline void ask_for(struct bpf_sock_ops *socket, __u32 flags)
{
	bpf_sock_ops_cb_flags_set(socket, socket->bpf_sock_ops_cb_flags | flags);
}

#endif
