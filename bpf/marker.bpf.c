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
#include "vlan.h"

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
#define TCP_DATA_OFFSET 12 /* the byte that holds the header's length, in words, in its upper half (RFC 9293) */
#define TCP_DATA_OFFSET_BYTES(byte) ((byte) >> 4 << 2)

const volatile struct settings settings = { .l2_header_bytes = ETH_HLEN };

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 100000);
	__type(key, struct flow);
	__type(value, struct marks);
} tidemark_marks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, OUTCOMES);
	__type(key, __u32);
	__type(value, __u64);
} tidemark_count SEC(".maps");

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

/* What extension headers have in common, with the first bytes of what differs (RFC 8200, sections 4.3 to 4.6). */
struct extension {
	__u8 next_header;
	__u8 length;   /* beyond the first 8 bytes, in units of 8; AH: in units of 4 */
	__be16 third;  /* options: type and length of the first; routing: type, segments left; fragment: offset and flags */
	__be32 fourth; /* options: the jumbo payload length */
};

/* The IPv6 header with what may be inserted behind it: one or two headers of one option each. */
struct tagged_header {
	__be32 version_class_label;
	__be16 payload_bytes;
	__u8 next_header;
	__u8 hop_limit;
	__u8 addresses[2 * ADDRESS_BYTES];
	struct tag_header {
		__be32 option; /* next header, length of this one (0: 8 bytes), option type, length of its data */
		__be32 data;   /* experiment, 16 bits, and activity, 8 bits; one byte of padding (Pad1) */
	} tags[2];
};
/* RFC 4727: an experimental option, which those who do not know it skip and nobody changes on the way. */
#define TAG_OPTION 0x1e03

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

/* How many bytes the strategy inserts. */
static __always_inline __u32 inserted_bytes(void)
{
	return settings.strategy == HOP_BY_HOP_DESTINATION ? 2 * sizeof(struct tag_header) : sizeof(struct tag_header);
}

/*
 * Whether what leaves as one packet still fits when so much longer: the packet itself, or with GSO each segment of it.
 * Returns UNDECIDED, or what it is too long for. A VLAN tag in the payload counts as a part of the packet on the device, as
 * it does for the kernel's own check, which cannot tell of segments that are to be longer; on the path it does not.
 */
static __always_inline enum outcome check_length(struct __sk_buff *skb, const struct tagged_header *header, __u32 network,
						 __u32 transport, __u32 kind, __u32 added)
{
	__u32 bytes = skb->len - network, mtu = 0;
	__u8 data_offset;

	if (skb->gso_size) {
		if (bpf_skb_load_bytes(skb, transport + TCP_DATA_OFFSET, &data_offset, sizeof(data_offset)))
			return TRUNCATED;
		bytes = transport - network + TCP_DATA_OFFSET_BYTES(data_offset) + skb->gso_size;
	}
	/* First: a packet that has no room on the device may show that the path grew. */
	if (!fits_path(&header->addresses[ADDRESS_BYTES], bytes, added, kind == IPPROTO_TCP))
		return PATH_MTU;
	if (bpf_check_mtu(skb, 0, &mtu, 0, 0) < 0 || network - settings.l2_header_bytes + bytes + added > mtu)
		return MTU;
	return UNDECIDED;
}

/*
 * Makes room behind the IPv6 header and fills it. VLAN tags are in metadata at most. Making room is the last that can
 * fail: the headers are in one piece and private then, so the new ones can be written; were they not, the room is closed.
 */
static __always_inline enum outcome write_tag(struct __sk_buff *skb, const struct tagged_header *header, __u32 added)
{
	const __u32 network = settings.l2_header_bytes;

	if (bpf_skb_pull_data(skb, network + IPV6_HEADER_BYTES) ||
	    bpf_skb_adjust_room(skb, added, BPF_ADJ_ROOM_NET, BPF_F_ADJ_ROOM_FIXED_GSO))
		return ROOM_FAILED;
	if (bpf_skb_store_bytes(skb, network, header, IPV6_HEADER_BYTES + added, BPF_F_RECOMPUTE_CSUM) == 0)
		return MARKED;
	bpf_skb_adjust_room(skb, -(__s32)added, BPF_ADJ_ROOM_NET, BPF_F_ADJ_ROOM_FIXED_GSO);
	return STORE_FAILED;
}

/*
 * Makes sure that there are so many bytes to grow into, so that growing cannot fail for want of memory: grows and
 * shrinks. A packet that shares its header with a copy gets its own first, since shrinking could fail there.
 */
static __always_inline _Bool reserve(struct __sk_buff *skb, __u32 bytes)
{
	return bpf_skb_change_head(skb, 0, 0) == 0 &&
	       bpf_skb_adjust_room(skb, bytes, BPF_ADJ_ROOM_NET, BPF_F_ADJ_ROOM_FIXED_GSO) == 0 &&
	       bpf_skb_adjust_room(skb, -(__s32)bytes, BPF_ADJ_ROOM_NET, BPF_F_ADJ_ROOM_FIXED_GSO) == 0;
}

/*
 * The same for a packet with VLAN tags in the payload, where the kernel makes no room. Tags move to metadata, which is the
 * same on the wire: a tag that is pushed before them and popped again brings the next along. There is place for one; the
 * outer one of two is taken away meanwhile, and comes back whatever happens, since its four bytes are reserved.
 */
static __always_inline enum outcome write_tag_behind_vlan(struct __sk_buff *skb, const struct tagged_header *header,
							  __u32 added, __u32 tags_in_payload)
{
	__u32 outer_type, outer_control;
	enum outcome outcome;

	if (!skb->vlan_present) {
		if (bpf_skb_vlan_push(skb, bpf_htons(ETH_P_8021Q), 0) || bpf_skb_vlan_pop(skb))
			return ROOM_FAILED;
		tags_in_payload--;
	}
	if (tags_in_payload == 0)
		return write_tag(skb, header, added);
	if (tags_in_payload > 1)
		return ROOM_FAILED;
	outer_type = skb->vlan_proto;
	outer_control = skb->vlan_tci;
	outcome = bpf_skb_vlan_pop(skb) == 0 && reserve(skb, added + sizeof(struct vlan_tag)) ?
			  write_tag(skb, header, added) : ROOM_FAILED;
	bpf_skb_vlan_push(skb, outer_type, outer_control);
	return outcome;
}

/*
 * Inserts the tag as an option of hop-by-hop options, of destination options, or of both. A packet that has extension
 * headers passes: hop-by-hop options stand first and only once, an authentication header covers what stands before it.
 *
 * Not static: see `skip_extension`.
 */
__noinline int insert_tag(struct __sk_buff *skb, __u32 network, __u32 transport, __u32 kind, __u32 tag)
{
	struct tagged_header header = {};
	const __u32 added = inserted_bytes(), tags_in_payload = (network - settings.l2_header_bytes) / sizeof(struct vlan_tag);
	const __be32 data = bpf_htonl(tag << 8);
	enum outcome outcome;
	__u32 payload;

	if (bpf_skb_load_bytes(skb, network, &header, IPV6_HEADER_BYTES))
		return TRUNCATED;
	payload = bpf_ntohs(header.payload_bytes);
	if (payload == 0 || payload + added > MAX_SHORT_PAYLOAD)
		return JUMBO;
	if (transport - network != IPV6_HEADER_BYTES)
		return EXTENSION_HEADERS;
	/*
	 * From Linux 6.11 on, a device that computes no checksums gets datagrams whose checksum's place is lost when the
	 * headers are moved to find room; the kernel drops them then. Nothing tells such a packet from others.
	 */
	if (kind == IPPROTO_UDP && skb->gso_size)
		return UDP_GSO;
	outcome = check_length(skb, &header, network, transport, kind, added);
	if (outcome != UNDECIDED)
		return outcome;

	header.payload_bytes = bpf_htons(payload + added);
	header.next_header = settings.strategy == DESTINATION ? IPPROTO_DSTOPTS : IPPROTO_HOPOPTS;
	header.tags[0].option = bpf_htonl(kind << 24 | TAG_OPTION);
	header.tags[0].data = data;
	if (settings.strategy == HOP_BY_HOP_DESTINATION) {
		header.tags[1] = header.tags[0];
		header.tags[0].option = bpf_htonl(IPPROTO_DSTOPTS << 24 | TAG_OPTION);
	}
	return tags_in_payload == 0 ? write_tag(skb, &header, added) :
				      write_tag_behind_vlan(skb, &header, added, tags_in_payload);
}

/* The mark of a flow's packets of one protocol, with MARK_SET; 0 when it is not declared. */
static __always_inline __u32 look_up(const struct flow *flow, __u8 kind)
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

	if (settings.debug) {
		struct verdict *verdict = this_verdict();

		if (verdict) {
			verdict->flow = ipv6->flow;
			verdict->protocol = kind;
		}
	}
	mark = look_up(&ipv6->flow, kind);
	if (settings.match_all && !(mark & MARK_SET)) {
		const struct flow any = {};

		mark = look_up(&any, kind);
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
	__u64 *count;

	if (settings.debug)
		begin_verdict(skb);
	/* Constant offsets: without CAP_PERFMON the verifier lets no other be added to a pointer into the packet. */
	outcome = settings.l2_header_bytes == ETH_HLEN ? mark_packet(&packet, type, bytes, ETH_HLEN) :
							  mark_packet(&packet, type, bytes, 0);
	if (outcome == UNCOMMON)
		outcome = mark_uncommon(skb);
	count = bpf_map_lookup_elem(&tidemark_count, &outcome);
	if (count)
		(*count)++;
	if (settings.debug)
		tell_verdict(outcome);
	return TC_ACT_UNSPEC;
}

char marker_license[] SEC("license") = "Dual BSD/GPL";
