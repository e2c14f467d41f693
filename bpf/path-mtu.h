/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Destinations whose path is narrower than the device. path-mtu.bpf.c learns them from routers, and the marker inserts
 * nothing that would be too long for them. `src/flowd/backends/marker/path-mtu` says the same in TypeScript, and a test
 * compares the two.
 */
#ifndef TIDEMARK_PATH_MTU_H
#define TIDEMARK_PATH_MTU_H

#include "kernel.h"

#include <bpf/bpf_helpers.h>

/* What every path takes (RFC 8200, section 5): routers that tell of less are taken at this, as the kernel does. */
#define LEAST_PATH_MTU 1280
#define ADDRESS_BYTES 16

/* The constants of path-mtu.bpf.c. */
struct path_settings {
	__u32 l2_header_bytes; /* as in struct settings */
	__u32 match_all;       /* as in struct settings: every flow counts as declared */
	__u64 lifetime_ns;     /* how long the host keeps to what a router told */
};

/* Times are of bpf_ktime_get_coarse_ns. Whole slots of the stack: see bpf/README.md, what the verifier asks for. */
struct path {
	__u64 settled_ns; /* from then on the host knows it too, so a longer packet of it means that the path grew */
	__u64 until_ns;   /* when it is forgotten */
	__u64 mtu;
};

/* By destination. The one that was not asked for longest makes room for a new one. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, __u8[ADDRESS_BYTES]);
	__type(value, struct path);
} tidemark_paths SEC(".maps");

/*
 * Whether a packet of so many bytes, from its IPv6 header on, still fits the path to its destination when longer by
 * `added`, as far as is known.
 *
 * The host's own TCP sends what it believes to fit. When it sends more, it has forgotten the narrow path (after 10 minutes,
 * or because somebody flushed that), and so do we. Only some time after the news: what it sent before it took notice is
 * still on its way then.
 */
static __always_inline _Bool fits_path(const __u8 *destination, __u32 bytes, __u32 added, _Bool is_tcp)
{
	const struct path *path;
	__u64 now_ns;

	if (bytes + added <= LEAST_PATH_MTU)
		return 1;
	path = bpf_map_lookup_elem(&tidemark_paths, destination);
	if (!path || bytes + added <= path->mtu)
		return 1;
	now_ns = bpf_ktime_get_coarse_ns();
	if (now_ns < path->until_ns && (!is_tcp || bytes <= path->mtu || now_ns < path->settled_ns))
		return 0;
	bpf_map_delete_elem(&tidemark_paths, destination);
	return 1;
}

#endif
