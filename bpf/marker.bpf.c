// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * marker: writes the mark of declared flows into their packets: a flow label, or an option in extension headers.
 *
 * Hooks: tc egress of an interface, as a TCX link or as a direct-action filter on clsact.
 * Reads: the link-layer type with its VLAN tags, the IPv6 header with its extension headers, the ports of TCP and UDP.
 * May change: packets whose five-tuple stands in `tidemark_marks`, and with `match_all` all TCP or UDP packets. By the
 * label: 20 bits of the IPv6 header. By extension headers: 8 or 16 bytes are inserted after the IPv6 header, whose payload
 * length and next header say so. Nothing else, and nothing when in doubt. Neither TCP's nor UDP's checksum covers any of it.
 * Returns: always TC_ACT_UNSPEC (TCX_NEXT), so that every other program and filter sees what it always saw.
 *
 * The kernel is told "Dual BSD/GPL", so that helpers reserved for GPL programs may be called.
 */
#include "kernel.h"

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "marker.h"
/* 4,600 verdicts; where nobody debugs, the ring is made smaller. */
#define RING_BYTES (256 * 1024)
#include "ring.h"
#include "path-mtu.h"
#include "marks.h"
#include "counters.h"
#include "extension-headers.h"
#include "insert.h"
#include "vlan.h"

#define TCP_HEADER_BYTES 20
#define UDP_HEADER_BYTES 8
#define VERSION_MASK 0xf0000000
#define VERSION_6 0x60000000

const volatile struct settings settings = { .l2_header_bytes = ETH_HLEN };

/*
 * In debugging: what is known of the packet at hand. Not on the stack: without CAP_PERFMON the verifier also follows the
 * branches of debugging where they are ruled out, and finds there what nobody has written before.
 */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct verdict);
} tidemark_debug SEC(".maps");

static __always_inline struct verdict *this_verdict(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&tidemark_debug, &zero);
}

/* The IPv6 header (RFC 8200, section 3), and the ports if they follow at once. */
struct ipv6 {
	__be32 version_class_label;
	__be16 payload_bytes;
	__u8 next_header;
	__u8 hop_limit;
	struct flow flow;
};

/*
 * A packet being read. Most packets are simple: their headers lie in one piece, without VLAN tag or extension header.
 * `mark_packet` is compiled twice: a short version for those, and a thorough one for what the short one cannot judge.
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
static __always_inline enum outcome mark_packet(const struct packet *packet, __be16 type, __u32 bytes, __u32 network)
{
	__u32 transport, payload, available, need, mark, word;
	const struct ipv6 *ipv6;
	enum outcome outcome;
	struct ipv6 copy;
	__u8 kind;

	if (network == ETH_HLEN && is_vlan(type)) {
		if (!packet->thorough)
			return UNCOMMON;
		if (!skip_vlan_tags(packet->skb, &type, &network))
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
	if (payload == 0 && available > IPV6_MAXPLEN)
		payload = available;
	if (packet->thorough) {
		outcome = skip_extensions(packet->skb, &kind, &transport, &payload);
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

	if (settings.debug) {
		struct verdict *verdict = this_verdict();

		if (verdict) {
			verdict->flow = ipv6->flow;
			verdict->protocol = kind;
		}
	}
	mark = find_mark(&ipv6->flow, kind);
	if (settings.match_all && !(mark & MARK_SET)) {
		const struct flow any = {};

		mark = find_mark(&any, kind);
	}
	if (!(mark & MARK_SET))
		return NO_FLOW;
	if (settings.strategy != LABEL)
		return insert_tag(packet->skb, network, transport, kind, mark & TAG_MASK);
	word = (ipv6->version_class_label & ~bpf_htonl(LABEL_MASK)) | bpf_htonl(mark & LABEL_MASK);
	return store(packet, network, word) ? MARKED : STORE_FAILED;
}

static __noinline int mark_uncommon(struct __sk_buff *skb)
{
	struct packet packet = { .skb = skb, .thorough = 1 };

	return mark_packet(&packet, skb->protocol, skb->len, settings.l2_header_bytes);
}

static __always_inline void begin_verdict(struct __sk_buff *skb)
{
	struct verdict *verdict = this_verdict();

	if (verdict)
		*verdict = (struct verdict){ .interface = skb->ifindex, .bytes = skb->len };
}

/* Tells user space; when the ring is full, that is counted. */
static __always_inline void tell_verdict(__u32 outcome)
{
	struct verdict *verdict = this_verdict(), *record;

	if (!verdict)
		return;
	record = reserve_record(sizeof(*record));
	if (!record)
		return;
	*record = *verdict;
	record->outcome = outcome;
	bpf_ringbuf_submit(record, 0);
}

SEC("tc")
int tidemark_marker(struct __sk_buff *skb)
{
	struct packet packet = { .skb = skb, .data = (void *)(long)skb->data, .data_end = (void *)(long)skb->data_end };
	__u32 bytes = skb->len, outcome;
	__be16 type = skb->protocol;

	if (settings.debug)
		begin_verdict(skb);
	/* Constant offsets: without CAP_PERFMON the verifier lets no other be added to a pointer into the packet. */
	outcome = settings.l2_header_bytes == ETH_HLEN ? mark_packet(&packet, type, bytes, ETH_HLEN) :
							  mark_packet(&packet, type, bytes, 0);
	if (outcome == UNCOMMON)
		outcome = mark_uncommon(skb);
	count_outcome(&outcome);
	if (settings.debug)
		tell_verdict(outcome);
	return TC_ACT_UNSPEC;
}

char marker_license[] SEC("license") = "Dual BSD/GPL";
