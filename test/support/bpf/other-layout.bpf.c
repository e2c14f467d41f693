// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * other-layout: a program that calls itself skops and has a map of flows like flowd-go's. Never part of the product.
 *
 * Hooks, reads and changes nothing.
 */
#define RING_BYTES 4096
#include "ring.h"

#include "sock-ops.h"

const volatile __u64 settings[2] = {};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, __u8);
} tidemark_follow SEC(".maps");

SEC("sockops")
int tidemark_skops(struct bpf_sock_ops *socket)
{
	__u64 key = settings[0];

	if (!bpf_map_lookup_elem(&tidemark_follow, &key))
		return SOCK_OPS_OK;
	return SOCK_OPS_OK;
}

char other_license[] SEC("license") = "Dual BSD/GPL";
