/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What the watcher and user space share: its settings and its records. `src/flowd/sock-ops/watcher.ts` says the
 * same in TypeScript.
 */
#ifndef TIDEMARK_WATCHER_H
#define TIDEMARK_WATCHER_H

#include "sock-ops.h"

/* The whole of .rodata. Both bounds of a range belong to it; a bound of 0 is none. */
struct settings {
	__u32 min_local_port;
	__u32 max_local_port;
	__u32 min_remote_port;
	__u32 max_remote_port;
};

enum event {
	OPENED,
	CLOSED,
};

struct record {
	__u64 cookie; /* names the socket for as long as the kernel runs */
	struct connection connection;
	__u32 event;
};

#endif
