/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * How a program tells user space of something: a record in `tidemark_records`, or, when that ring is full, one more in
 * `tidemark_lost`. `src/linux/bpf/ring-buffer.ts` reads both. Needs no capability beyond what loading needs.
 */
#ifndef TIDEMARK_RING_H
#define TIDEMARK_RING_H

#include "kernel.h"

#include <bpf/bpf_helpers.h>

/* The size stands in the program that includes this: a power of two, and whole pages. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, RING_BYTES);
} tidemark_records SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} tidemark_lost SEC(".maps");

/* Room for one record, to be handed over by bpf_ringbuf_submit; NULL and counted when there is none. */
static __always_inline void *reserve_record(__u64 bytes)
{
	void *record = bpf_ringbuf_reserve(&tidemark_records, bytes, 0);
	__u64 *lost;
	__u32 zero = 0;

	if (!record) {
		lost = bpf_map_lookup_elem(&tidemark_lost, &zero);
		if (lost)
			__sync_fetch_and_add(lost, 1);
	}
	return record;
}

#endif
