// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * probe: what tests and benchmarks need beside the marker. Never part of the product.
 *
 * probe_empty: does nothing; the floor that the marker's cost is measured from.
 * probe_count: hooks tc egress or ingress, reads Ethernet frames of IPv6 TCP and UDP (also behind one hop-by-hop
 *   header), counts packets and bytes by ports, flow label and traffic class; changes nothing.
 * probe_vlan, probe_qinq: push one or two VLAN tags as a driver with offload would see them (the outer one in metadata),
 *   then jump to the program in `probe_next`.
 * probe_lose: hooks tc egress; drops one IPv6 packet of 400 at random, for kernels without netem.
 * probe_cut: shortens the packet to the length in `probe_length`, then jumps likewise: test runs refuse short frames.
 */
#include "kernel.h"

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct seen {
	__be16 source_port;
	__be16 destination_port;
	__u32 label;
	__u8 traffic_class;
	__u8 next_header;
	__u8 unused[2];
};

struct count {
	__u64 packets;
	__u64 bytes;
	__u64 largest;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10000);
	__type(key, struct seen);
	__type(value, struct count);
} probe_seen SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} probe_next SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} probe_length SEC(".maps");

SEC("tc")
int probe_empty(struct __sk_buff *skb)
{
	return TC_ACT_UNSPEC;
}

SEC("tc")
int probe_count(struct __sk_buff *skb)
{
	struct count *count, first = {};
	__u32 offset = ETH_HLEN + 40, word;
	struct seen seen = {};
	__u8 extension[2];

	if (skb->protocol != bpf_htons(ETH_P_IPV6) ||
	    bpf_skb_load_bytes(skb, ETH_HLEN, &word, sizeof(word)) ||
	    bpf_skb_load_bytes(skb, ETH_HLEN + 6, &seen.next_header, 1))
		return TC_ACT_UNSPEC;
	if (seen.next_header == IPPROTO_HOPOPTS) {
		if (bpf_skb_load_bytes(skb, offset, extension, sizeof(extension)))
			return TC_ACT_UNSPEC;
		seen.next_header = extension[0];
		offset += 8 + extension[1] * 8;
	}
	if ((seen.next_header != IPPROTO_TCP && seen.next_header != IPPROTO_UDP) ||
	    bpf_skb_load_bytes(skb, offset, &seen.source_port, 4))
		return TC_ACT_UNSPEC;
	seen.label = bpf_ntohl(word) & 0xfffff;
	seen.traffic_class = bpf_ntohl(word) >> 20;
	bpf_map_update_elem(&probe_seen, &seen, &first, 1 /* BPF_NOEXIST */);
	count = bpf_map_lookup_elem(&probe_seen, &seen);
	if (count) {
		__sync_fetch_and_add(&count->packets, 1);
		__sync_fetch_and_add(&count->bytes, skb->len);
		if (count->largest < skb->len)
			count->largest = skb->len;
	}
	return TC_ACT_UNSPEC;
}

SEC("tc")
int probe_lose(struct __sk_buff *skb)
{
	if (skb->protocol == bpf_htons(ETH_P_IPV6) && bpf_get_prandom_u32() % 400 == 0)
		return 2; /* TC_ACT_SHOT */
	return TC_ACT_UNSPEC;
}

SEC("tc")
int probe_vlan(struct __sk_buff *skb)
{
	bpf_skb_vlan_push(skb, bpf_htons(ETH_P_8021Q), 100);
	bpf_tail_call(skb, &probe_next, 0);
	return 0;
}

SEC("tc")
int probe_qinq(struct __sk_buff *skb)
{
	bpf_skb_vlan_push(skb, bpf_htons(ETH_P_8021Q), 100);
	bpf_skb_vlan_push(skb, bpf_htons(ETH_P_8021AD), 200);
	bpf_tail_call(skb, &probe_next, 0);
	return 0;
}

SEC("tc")
int probe_cut(struct __sk_buff *skb)
{
	__u32 zero = 0, *length = bpf_map_lookup_elem(&probe_length, &zero);

	if (!length || bpf_skb_change_tail(skb, *length, 0))
		return 0;
	bpf_tail_call(skb, &probe_next, 0);
	return 0;
}

char probe_license[] SEC("license") = "Dual BSD/GPL";
