// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * other-marker: a marker of somebody else in Tidemark's layout, for the tests of `programPath`. Never part of the product.
 *
 * Hooks: tc egress. Reads: the IPv6 header. Changes: the label of every IPv6 packet behind an Ethernet header, to 0xabcde.
 */
#include "kernel.h"

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "marker.h"
#define RING_BYTES 65536
#include "ring.h"
#include "marks.h"
#include "counters.h"

#define LABEL 0xabcde

const volatile struct settings settings = { .l2_header_bytes = ETH_HLEN };

SEC("tc")
int tidemark_marker(struct __sk_buff *skb)
{
	__u32 outcome = NOT_IPV6;
	__be32 word;

	if (skb->protocol == bpf_htons(ETH_P_IPV6) && settings.l2_header_bytes == ETH_HLEN &&
	    bpf_skb_load_bytes(skb, ETH_HLEN, &word, sizeof(word)) == 0) {
		word = (word & ~bpf_htonl(LABEL_MASK)) | bpf_htonl(LABEL);
		outcome = bpf_skb_store_bytes(skb, ETH_HLEN, &word, sizeof(word), 0) ? STORE_FAILED : MARKED;
	}
	count_outcome(&outcome);
	return TC_ACT_UNSPEC;
}

char other_license[] SEC("license") = "Dual BSD/GPL";
