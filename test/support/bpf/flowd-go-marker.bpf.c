// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * flowd-go-marker: an object with the names and the map of flowd-go's markers, which marks nothing, for the tests of what
 * `programPath` refuses. Never part of the product.
 */
#include "kernel.h"

#include <bpf/bpf_helpers.h>

struct destination_and_ports {
	__u64 address_high;
	__u64 address_low;
	__u32 destination_port;
	__u32 source_port;
};

struct {
	__uint(type, 9 /* BPF_MAP_TYPE_LRU_HASH */);
	__uint(max_entries, 100000);
	__type(key, struct destination_and_ports);
	__type(value, __u32);
} flowLabels SEC(".maps");

SEC("tc")
int marker(struct __sk_buff *skb)
{
	struct destination_and_ports key = {};

	bpf_map_lookup_elem(&flowLabels, &key);
	return TC_ACT_UNSPEC;
}

char foreign_license[] SEC("license") = "Dual BSD/GPL";
