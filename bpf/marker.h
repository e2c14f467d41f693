/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What the marker and user space share: its settings, map layouts and counters. `src/flowd/backends/marker/layout.ts`
 * says the same in TypeScript, and a test compares the two.
 */
#ifndef TIDEMARK_MARKER_H
#define TIDEMARK_MARKER_H

/* The whole of .rodata, written before the program is loaded; the verifier then drops what a setting rules out. */
struct settings {
	__u32 l2_header_bytes; /* 14 Ethernet and loopback, 0 raw IP (TUN, WireGuard, tunnels) */
};

/*
 * The addresses and ports of a flow, byte for byte as they follow each other in a packet without extension headers: for
 * most packets the header itself is the key, and nothing is copied. Together with the protocol, which chooses among the
 * labels, it is the whole five-tuple.
 */
struct flow {
	__u8 source[16];
	__u8 destination[16];
	__be16 source_port;
	__be16 destination_port;
};

/* The labels of the flows between two ends: 20 bits each, with LABEL_SET when the flow is declared, else 0. */
struct labels {
	__u32 tcp;
	__u32 udp;
};
#define LABEL_SET 0x80000000
#define LABEL_MASK 0x000fffff

/* What became of a packet; a GSO super-packet is one. Those before OUTCOMES are counted, each in its place. */
enum outcome {
	MARKED,
	NOT_IPV6,
	NOT_TCP_UDP,
	NO_FLOW,
	FRAGMENT,          /* one of several: the others carry no ports, and all fragments should carry the same label */
	TRUNCATED,         /* shorter than its headers claim */
	EXTENSION_HEADERS, /* too many, out of place, or a route still to go, which hides the flow's destination */
	STORE_FAILED,      /* the kernel could not make the header writable */
	OUTCOMES,
	UNCOMMON = OUTCOMES, /* for the thorough version to judge */
	UNDECIDED,           /* so far nothing speaks against marking */
};

#endif
