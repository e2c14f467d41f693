/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* How many packets came to which end, which user space reads. */
#ifndef TIDEMARK_COUNTERS_H
#define TIDEMARK_COUNTERS_H

#include "kernel.h"

#include <bpf/bpf_helpers.h>

#include "marker.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, OUTCOMES);
	__type(key, __u32);
	__type(value, __u64);
} tidemark_count SEC(".maps");

/* By reference, so that the caller's own variable is the key. */
static __always_inline void count_outcome(const __u32 *outcome)
{
	__u64 *count = bpf_map_lookup_elem(&tidemark_count, outcome);

	if (count)
		(*count)++;
}

#endif
