/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* How the marker steps over the extension headers that a packet has. */
#ifndef TIDEMARK_EXTENSION_HEADERS_H
#define TIDEMARK_EXTENSION_HEADERS_H

#include "kernel.h"

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "marker.h"

#define MAX_EXTENSION_HEADERS 6
#define JUMBO_OPTION 0xc204 /* RFC 2675: type 0xc2, length 4 */
#define SEGMENTS_LEFT 0x00ff
#define FRAGMENT_OFFSET_AND_MORE 0xfff9

/* What extension headers have in common, with the first bytes of what differs (RFC 8200, sections 4.3 to 4.6). */
struct extension {
	__u8 next_header;
	__u8 length;   /* beyond the first 8 bytes, in units of 8; AH: in units of 4 */
	__be16 third;  /* options: type and length of the first; routing: type, segments left; fragment: offset and flags */
	__be32 fourth; /* options: the jumbo payload length */
};

/* Whether a header kind is an extension header that is walked over: a set, so that the verifier sees one branch. */
static __always_inline _Bool is_extension(__u8 kind)
{
	const __u64 set = 1ULL << IPPROTO_HOPOPTS | 1ULL << IPPROTO_ROUTING | 1ULL << IPPROTO_FRAGMENT |
			  1ULL << IPPROTO_AH | 1ULL << IPPROTO_DSTOPTS;

	return kind < 64 && (set >> kind & 1);
}

/* How far the next header is from an extension header of this kind. */
static __always_inline __u32 extension_bytes(__u8 kind, const struct extension *extension)
{
	if (kind == IPPROTO_FRAGMENT)
		return 8;
	return 8 + extension->length * (kind == IPPROTO_AH ? 4 : 8);
}

/*
 * Steps over one extension header of the given kind: its length in bits 8 and up, the kind of the next header below
 * them; or, negated, why the packet is left alone.
 *
 * Not static: the verifier judges such a function once, by itself. Inside the walk it would judge it anew on every path
 * through the headers before, and without CAP_PERFMON it gives up on that (seen with Linux 6.12).
 */
__noinline int skip_extension(struct __sk_buff *skb, __u32 offset, __u32 kind)
{
	struct extension extension;

	if (bpf_skb_load_bytes(skb, offset, &extension, sizeof(extension)))
		return -TRUNCATED;
	if (kind == IPPROTO_FRAGMENT && (extension.third & bpf_htons(FRAGMENT_OFFSET_AND_MORE)))
		return -FRAGMENT;
	if (kind == IPPROTO_ROUTING && (extension.third & bpf_htons(SEGMENTS_LEFT)))
		return -EXTENSION_HEADERS;
	return extension_bytes(kind, &extension) << 8 | extension.next_header;
}

/*
 * Steps over extension headers; `*kind` is that of the header at `*offset`. `*payload` is what the IPv6 header says
 * it carries, or 0 and then what the jumbo option says. Returns UNDECIDED, or why the packet is left alone.
 *
 * Unrolled: without CAP_PERFMON the verifier also follows what a processor may do speculatively, which leaves no loop
 * at its bound (seen with Linux 6.1: "the sequence of 8193 jumps is too complex").
 */
static __always_inline enum outcome skip_extensions(struct __sk_buff *skb, __u8 *kind, __u32 *offset,
						    __u32 *payload)
{
	struct extension extension;
	int step;

	/* Hop-by-hop options stand first or nowhere (RFC 8200, section 4.1); IPv6 BIG TCP puts its length there. */
	if (*kind == IPPROTO_HOPOPTS && *payload == 0 &&
	    bpf_skb_load_bytes(skb, *offset, &extension, sizeof(extension)) == 0 &&
	    extension.third == bpf_htons(JUMBO_OPTION))
		*payload = bpf_ntohl(extension.fourth);
#pragma unroll
	for (int headers = 0; headers < MAX_EXTENSION_HEADERS; headers++) {
		if (!is_extension(*kind))
			return UNDECIDED;
		if (*kind == IPPROTO_HOPOPTS && headers > 0)
			return EXTENSION_HEADERS;
		step = skip_extension(skb, *offset, *kind);
		if (step < 0)
			return -step;
		*offset += step >> 8;
		*kind = step;
	}
	return is_extension(*kind) ? EXTENSION_HEADERS : UNDECIDED;
}

#endif
