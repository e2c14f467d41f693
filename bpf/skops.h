/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What skops and user space share: its settings, the map of followed flows and its records.
 * `src/flowd/enrichers/skops/layout.ts` says the same in TypeScript, and a test compares the two.
 */
#ifndef TIDEMARK_SKOPS_H
#define TIDEMARK_SKOPS_H

#include "sock-ops.h"
#include "tcp-info.h"

/* The whole of .rodata. */
struct settings {
	__u64 interval_ns; /* the least time between two samples of a flow; 0: a sample at each change of state instead */
	__u32 hz;          /* jiffies in a second */
	__u32 unused;
};

/* What is known of a flow that is followed, by its connection. */
struct followed {
	__u64 next_ns; /* when the next sample is due, in CLOCK_MONOTONIC */
	__u64 name;    /* given by user space, so that it knows the flow in a record, also when the ports come again */
};

struct record {
	__u64 name;
	__u64 taken_ns; /* CLOCK_MONOTONIC */
	char congestion[TCP_CA_NAME_MAX];
	__u32 info_bytes; /* how much of the statistics this kernel has */
	__u32 closed;     /* 1: the socket closes, and these are its totals */
	struct tcp_info info;
};

#endif
