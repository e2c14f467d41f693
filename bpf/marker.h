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
	__u32 strategy;        /* enum strategy */
	__u32 debug;           /* 1: tell user space what became of each packet */
	__u32 match_all;       /* 1: packets of flows that are not declared get the mark of the all-zero flow, if that is */
};

/* Where the mark stands. */
enum strategy {
	LABEL,                  /* the IPv6 flow label */
	HOP_BY_HOP,             /* an option of hop-by-hop options: 8 bytes are inserted */
	DESTINATION,            /* an option of destination options: 8 bytes */
	HOP_BY_HOP_DESTINATION, /* both, in this order: 16 bytes */
};

/*
 * The addresses and ports of a flow, byte for byte as they follow each other in a packet without extension headers: for
 * most packets the header itself is the key, and nothing is copied. Together with the protocol, which chooses among the
 * marks, it is the whole five-tuple.
 */
struct flow {
	__u8 source[16];
	__u8 destination[16];
	__be16 source_port;
	__be16 destination_port;
};

/*
 * The marks of the flows between two ends, with MARK_SET when the flow is declared, else 0: a flow label of 20 bits, or
 * a tag for extension headers, of which the upper 16 bits are the experiment and the lower 8 the activity.
 */
struct marks {
	__u32 tcp;
	__u32 udp;
};
#define MARK_SET 0x80000000
#define LABEL_MASK 0x000fffff
#define TAG_MASK 0x00ffffff

/* What became of a packet; a GSO super-packet is one. Those before OUTCOMES are counted, each in its place. */
enum outcome {
	MARKED,
	NOT_IPV6,
	NOT_TCP_UDP,
	NO_FLOW,
	FRAGMENT,          /* one of several: the others carry no ports, and all fragments should carry the same label */
	TRUNCATED,         /* shorter than its headers claim */
	EXTENSION_HEADERS, /* too many, out of place, a route still to go, which hides the flow's destination; any to insert at */
	MTU,               /* no room: longer by the inserted bytes, it or a segment of it would not fit the device */
	PATH_MTU,          /* the same of the path beyond the device, of which a router has told: see path-mtu.h */
	JUMBO,             /* IPv6 BIG TCP, or it would become too long for the length field */
	UDP_GSO,           /* datagrams handed over in one piece: see bpf/README.md */
	ROOM_FAILED,       /* the kernel made no room for the inserted bytes, or three VLAN tags are in the way */
	STORE_FAILED,      /* the kernel could not make the header writable */
	OUTCOMES,
	UNCOMMON = OUTCOMES, /* for the thorough version to judge */
	UNDECIDED,           /* so far nothing speaks against marking */
};

/* What became of one packet, for debugging. */
struct verdict {
	struct flow flow; /* zero when the packet was given up before its ports were known */
	__u32 interface;
	__u32 bytes;      /* as it came */
	__u8 protocol;    /* TCP or UDP, or zero as above */
	__u8 outcome;
	__u8 unused[2];
};

#endif
