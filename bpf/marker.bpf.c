// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * marker: writes the flow label of declared flows into their packets.
 *
 * Hooks: tc egress of an interface, as a TCX link or as a direct-action filter on clsact.
 * Reads: the link-layer type with its VLAN tags, the IPv6 header with its extension headers, the ports of TCP and UDP.
 * May change: the 20 bits of the IPv6 flow label, of packets whose five-tuple stands in `tidemark_marks`. Nothing else,
 * and nothing when in doubt. Neither TCP's nor UDP's checksum covers the label.
 * Returns: always TC_ACT_UNSPEC (TCX_NEXT), so that every other program and filter sees what it always saw.
 *
 * The kernel is told "Dual BSD/GPL", so that helpers reserved for GPL programs may be called.
 */
#include "kernel.h"

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "marker.h"

#define MAX_VLAN_TAGS 2
#define MAX_EXTENSION_HEADERS 6
#define IPV6_HEADER_BYTES 40
#define TCP_HEADER_BYTES 20
#define UDP_HEADER_BYTES 8
#define MAX_SHORT_PAYLOAD 0xffff
#define VERSION_MASK 0xf0000000
#define VERSION_6 0x60000000
#define JUMBO_OPTION 0xc204 /* RFC 2675: type 0xc2, length 4 */
#define SEGMENTS_LEFT 0x00ff
#define FRAGMENT_OFFSET_AND_MORE 0xfff9

const volatile struct settings settings = { .l2_header_bytes = ETH_HLEN };

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 100000);
	__type(key, struct flow);
	__type(value, struct labels);
} tidemark_marks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, OUTCOMES);
	__type(key, __u32);
	__type(value, __u64);
} tidemark_count SEC(".maps");

/* The IPv6 header (RFC 8200, section 3), and the ports if they follow at once. */
struct ipv6 {
	__be32 version_class_label;
	__be16 payload_bytes;
	__u8 next_header;
	__u8 hop_limit;
	struct flow flow;
};

/* What extension headers have in common, with the first bytes of what differs (RFC 8200, sections 4.3 to 4.6). */
struct extension {
	__u8 next_header;
	__u8 length;   /* beyond the first 8 bytes, in units of 8; AH: in units of 4 */
	__be16 third;  /* options: type and length of the first; routing: type, segments left; fragment: offset and flags */
	__be32 fourth; /* options: the jumbo payload length */
};

struct vlan_tag {
	__be16 control;
	__be16 type;
};

/*
 * A packet being read. Most packets are simple: their headers lie in one piece, without VLAN tag or extension header.
 * `mark` is compiled twice: a short version for those, and a thorough one for what the short one cannot judge.
 */
struct packet {
	struct __sk_buff *skb;
	_Bool thorough;
	void *data;
	void *data_end;
};

/*
 * Sets `*piece` to a piece of the packet: where it lies (short version), or copied into `copy` from wherever it lies
 * (thorough version); false when there is no such piece. Nothing is pulled or unshared for reading. (A pointer that is
 * NULL in that case would be compared with NULL, which the verifier forbids without CAP_PERFMON.)
 */
static __always_inline _Bool read(const struct packet *packet, __u32 offset, void *copy, __u32 bytes, const void **piece)
{
	if (packet->thorough) {
		*piece = copy;
		return bpf_skb_load_bytes(packet->skb, offset, copy, bytes) == 0;
	}
	*piece = packet->data + offset;
	return *piece + bytes <= packet->data_end;
}

static __always_inline _Bool is_vlan(__be16 type)
{
	return type == bpf_htons(ETH_P_8021Q) || type == bpf_htons(ETH_P_8021AD);
}

/* Steps over VLAN tags in the payload; a tag in metadata (hardware offload) is not in the way. */
static __always_inline _Bool skip_vlan_tags(const struct packet *packet, __be16 *type, __u32 *offset)
{
	struct vlan_tag tag;

#pragma unroll
	for (int tags = 0; tags < MAX_VLAN_TAGS && is_vlan(*type); tags++) {
		if (bpf_skb_load_bytes(packet->skb, *offset, &tag, sizeof(tag)))
			return 0;
		*type = tag.type;
		*offset += sizeof(tag);
	}
	return 1;
}

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
static __always_inline enum outcome skip_extensions(const struct packet *packet, __u8 *kind, __u32 *offset,
						    __u32 *payload)
{
	struct extension extension;
	int step;

	/* Hop-by-hop options stand first or nowhere (RFC 8200, section 4.1); IPv6 BIG TCP puts its length there. */
	if (*kind == IPPROTO_HOPOPTS && *payload == 0 &&
	    bpf_skb_load_bytes(packet->skb, *offset, &extension, sizeof(extension)) == 0 &&
	    extension.third == bpf_htons(JUMBO_OPTION))
		*payload = bpf_ntohl(extension.fourth);
#pragma unroll
	for (int headers = 0; headers < MAX_EXTENSION_HEADERS; headers++) {
		if (!is_extension(*kind))
			return UNDECIDED;
		if (*kind == IPPROTO_HOPOPTS && headers > 0)
			return EXTENSION_HEADERS;
		step = skip_extension(packet->skb, *offset, *kind);
		if (step < 0)
			return -step;
		*offset += step >> 8;
		*kind = step;
	}
	return is_extension(*kind) ? EXTENSION_HEADERS : UNDECIDED;
}

/* Writes the word that holds the label. */
static __always_inline _Bool store(const struct packet *packet, __u32 offset, __be32 word)
{
	__be32 *place = packet->data + offset;

	/* A shared header is unshared first, so no copy elsewhere changes; a complete checksum is kept right. */
	if (packet->thorough)
		return bpf_skb_store_bytes(packet->skb, offset, &word, sizeof(word), BPF_F_RECOMPUTE_CSUM) == 0;
	if ((void *)(place + 1) > packet->data_end)
		return 0;
	*place = word;
	return 1;
}

/*
 * Marks the packet if its flow is declared. All that its headers claim must really be there, so no frame cut short is
 * ever touched. The short version returns UNCOMMON for what it leaves to the thorough one.
 */
static __always_inline enum outcome mark(const struct packet *packet, __be16 type, __u32 bytes, __u32 network)
{
	__u32 transport, payload, available, need, tcp, udp, label;
	/* volatile: both are read, since an address that depends on the protocol needs CAP_PERFMON */
	const volatile struct labels *labels;
	const struct ipv6 *ipv6;
	enum outcome outcome;
	struct ipv6 copy;
	__u8 kind;

	if (network == ETH_HLEN && is_vlan(type)) {
		if (!packet->thorough)
			return UNCOMMON;
		if (!skip_vlan_tags(packet, &type, &network))
			return TRUNCATED;
	}
	if (type != bpf_htons(ETH_P_IPV6))
		return NOT_IPV6;
	if (!read(packet, network, &copy, packet->thorough ? IPV6_HEADER_BYTES : sizeof(copy), (const void **)&ipv6))
		return packet->thorough ? TRUNCATED : UNCOMMON;
	if ((ipv6->version_class_label & bpf_htonl(VERSION_MASK)) != bpf_htonl(VERSION_6))
		return NOT_IPV6;

	kind = ipv6->next_header;
	transport = network + IPV6_HEADER_BYTES;
	available = bytes - transport;
	payload = bpf_ntohs(ipv6->payload_bytes);
	/* BIG TCP where the kernel adds no jumbo option: longer than the length field can say. */
	if (payload == 0 && available > MAX_SHORT_PAYLOAD)
		payload = available;
	if (packet->thorough) {
		outcome = skip_extensions(packet, &kind, &transport, &payload);
		if (outcome != UNDECIDED)
			return outcome;
	}
	if (kind != IPPROTO_TCP && kind != IPPROTO_UDP)
		return packet->thorough ? NOT_TCP_UDP : UNCOMMON;
	need = transport - network - IPV6_HEADER_BYTES + (kind == IPPROTO_TCP ? TCP_HEADER_BYTES : UDP_HEADER_BYTES);
	if (need > payload || payload > available)
		return TRUNCATED;
	if (packet->thorough &&
	    bpf_skb_load_bytes(packet->skb, transport, &copy.flow.source_port, 2 * sizeof(copy.flow.source_port)))
		return TRUNCATED;

	labels = bpf_map_lookup_elem(&tidemark_marks, &ipv6->flow);
	if (!labels)
		return NO_FLOW;
	tcp = labels->tcp;
	udp = labels->udp;
	label = kind == IPPROTO_TCP ? tcp : udp;
	if (!(label & LABEL_SET))
		return NO_FLOW;
	label = (ipv6->version_class_label & ~bpf_htonl(LABEL_MASK)) | bpf_htonl(label & LABEL_MASK);
	return store(packet, network, label) ? MARKED : STORE_FAILED;
}

static __noinline int mark_uncommon(struct __sk_buff *skb)
{
	struct packet packet = { .skb = skb, .thorough = 1 };

	return mark(&packet, skb->protocol, skb->len, settings.l2_header_bytes);
}

SEC("tc")
int tidemark_marker(struct __sk_buff *skb)
{
	struct packet packet = { .skb = skb, .data = (void *)(long)skb->data, .data_end = (void *)(long)skb->data_end };
	__u32 bytes = skb->len, outcome;
	__be16 type = skb->protocol;
	__u64 *count;

	/* Constant offsets: without CAP_PERFMON the verifier lets no other be added to a pointer into the packet. */
	outcome = settings.l2_header_bytes == ETH_HLEN ? mark(&packet, type, bytes, ETH_HLEN) : mark(&packet, type, bytes, 0);
	if (outcome == UNCOMMON)
		outcome = mark_uncommon(skb);
	count = bpf_map_lookup_elem(&tidemark_count, &outcome);
	if (count)
		(*count)++;
	return TC_ACT_UNSPEC;
}

char marker_license[] SEC("license") = "Dual BSD/GPL";
