// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * ring-probe: writes records into a ring buffer, for the tests of its reader. Never part of the product.
 *
 * Hooks: nothing; it is run on packets by BPF_PROG_TEST_RUN. Reads: a number behind the Ethernet header. Changes nothing.
 * One record a run: the number, with four more bytes when it is odd. Numbers that 5 divides are reserved and discarded.
 */
#define RING_BYTES 65536
#include "ring.h"

struct number {
	__u32 number;
	__u32 more[4];
};

SEC("tc")
int probe_ring(struct __sk_buff *skb)
{
	struct number *record;
	__u32 number;

	if (bpf_skb_load_bytes(skb, ETH_HLEN, &number, sizeof(number)))
		return 0;
	record = number % 2 ? reserve_record(8) : reserve_record(4);
	if (!record)
		return 0;
	record->number = number;
	if (number % 5)
		bpf_ringbuf_submit(record, 0);
	else
		bpf_ringbuf_discard(record, 0);
	return 0;
}

char probe_license[] SEC("license") = "Dual BSD/GPL";
