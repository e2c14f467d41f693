/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* How the marker inserts the tag: as an option of extension headers of its own, where every packet still fits. */
#ifndef TIDEMARK_INSERT_H
#define TIDEMARK_INSERT_H

#include "kernel.h"

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "marker.h"
#include "path-mtu.h"
#include "vlan.h"

#define TCP_DATA_OFFSET 12 /* the byte that holds the header's length, in words, in its upper half (RFC 9293) */
#define TCP_DATA_OFFSET_BYTES(byte) ((byte) >> 4 << 2)

/* Of the program that includes this. */
extern const volatile struct settings settings;

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
 * Not static: see `skip_extension` in extension-headers.h.
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
	if (payload == 0 || payload + added > IPV6_MAXPLEN)
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

#endif
