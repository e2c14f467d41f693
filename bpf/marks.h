/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The marks of declared flows, which user space writes. */
#ifndef TIDEMARK_MARKS_H
#define TIDEMARK_MARKS_H

#include "kernel.h"

#include <bpf/bpf_helpers.h>

#include "marker.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 100000);
	__type(key, struct flow);
	__type(value, struct marks);
} tidemark_marks SEC(".maps");

/* The mark of a flow's packets of one protocol, with MARK_SET; 0 when it is not declared. */
static __always_inline __u32 find_mark(const struct flow *flow, __u8 kind)
{
	/* volatile: both are read, since an address that depends on the protocol needs CAP_PERFMON */
	const volatile struct marks *marks = bpf_map_lookup_elem(&tidemark_marks, flow);
	__u32 tcp, udp;

	if (!marks)
		return 0;
	tcp = marks->tcp;
	udp = marks->udp;
	return kind == IPPROTO_TCP ? tcp : udp;
}

#endif
