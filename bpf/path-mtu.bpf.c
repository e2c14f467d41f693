// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * path-mtu: learns from routers which paths are narrower than the device, for the marker's strategies that make packets
 * longer. The kernel learns that too, but tells no program of this kind, and not when only the marked packet was too long.
 *
 * Hooks: tc ingress of the interfaces that are marked on, as a TCX link or as a direct-action filter on clsact.
 * Reads: ICMPv6 Packet Too Big (RFC 4443, section 3.2), with the packet that it quotes.
 * May change: no packet; only `tidemark_paths`.
 * Returns: always TC_ACT_UNSPEC (TCX_NEXT).
 *
 * Heeded is what quotes a packet that this host may have sent: of a declared flow, or of an open TCP connection. So nobody
 * can fill the map from outside; who guesses a flow's ports can have its packets go unmarked for ten minutes.
 */
#include "kernel.h"

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "marker.h"
#include "path-mtu.h"
#include "marks.h"
#include "vlan.h"

#define ICMPV6_HEADER_BYTES 8
#define ICMPV6_PACKET_TOO_BIG 2
#define MAX_INSERTED_HEADERS 2
/* As long as the kernel's own timers and the deferred work of busy sockets may take. */
#define SETTLING_NS 1000000000ULL

const volatile struct path_settings settings = { .l2_header_bytes = ETH_HLEN };

struct bpf_sock {
	__u32 state;
} __attribute__((preserve_access_index));

struct packet_too_big {
	__u8 type;
	__u8 code;
	__be16 checksum;
	__be32 mtu;
};

/* The IPv6 header. */
struct ipv6_header {
	__be32 version_class_label;
	__be16 payload_bytes;
	__u8 next_header;
	__u8 hop_limit;
	__u8 source[ADDRESS_BYTES];
	__u8 destination[ADDRESS_BYTES];
};

/* Reads whose packet is quoted; its protocol, or 0. It may carry the headers that the marker inserts. */
static __always_inline __u8 read_quoted(struct __sk_buff *skb, __u32 offset, struct flow *flow)
{
	struct ipv6_header header;
	__u8 extension[2], kind;

	if (bpf_skb_load_bytes(skb, offset, &header, sizeof(header)))
		return 0;
	kind = header.next_header;
	offset += sizeof(header);
#pragma unroll
	for (int headers = 0; headers < MAX_INSERTED_HEADERS; headers++) {
		if (kind != IPPROTO_HOPOPTS && kind != IPPROTO_DSTOPTS)
			break;
		if (bpf_skb_load_bytes(skb, offset, extension, sizeof(extension)))
			return 0;
		kind = extension[0];
		offset += 8 + extension[1] * 8;
	}
	if (kind != IPPROTO_TCP && kind != IPPROTO_UDP)
		return 0;
	__builtin_memcpy(flow->source, header.source, ADDRESS_BYTES);
	__builtin_memcpy(flow->destination, header.destination, ADDRESS_BYTES);
	return bpf_skb_load_bytes(skb, offset, &flow->source_port, 2 * sizeof(flow->source_port)) ? 0 : kind;
}

/* Whether this host has such a TCP connection. */
static __always_inline _Bool is_connected(struct __sk_buff *skb, const struct flow *sent)
{
	/* As its packets come in: what the kernel takes is laid out as a flow is. */
	struct flow received;
	struct bpf_sock *socket;
	_Bool connected;
	__u32 ports;

	/* In one: Linux 6.1 refuses a second write to a part of the stack that holds a small number. */
	__builtin_memcpy(&ports, &sent->source_port, sizeof(ports));
	ports = ports >> 16 | ports << 16;
	__builtin_memcpy(&received.source_port, &ports, sizeof(ports));
	__builtin_memcpy(received.source, sent->destination, ADDRESS_BYTES);
	__builtin_memcpy(received.destination, sent->source, ADDRESS_BYTES);
	socket = bpf_skc_lookup_tcp(skb, (struct bpf_sock_tuple *)&received, sizeof(received), BPF_F_CURRENT_NETNS, 0);
	if (!socket)
		return 0;
	connected = socket->state != BPF_TCP_LISTEN;
	bpf_sk_release(socket);
	return connected;
}

static __always_inline void learn(const __u8 *destination, __u32 mtu)
{
	const __u64 now_ns = bpf_ktime_get_coarse_ns();
	const struct path *known = bpf_map_lookup_elem(&tidemark_paths, destination);
	struct path path = { .settled_ns = now_ns + SETTLING_NS, .until_ns = now_ns + settings.lifetime_ns };

	if (mtu < LEAST_PATH_MTU)
		mtu = LEAST_PATH_MTU;
	if (known && now_ns < known->until_ns && known->mtu < mtu)
		mtu = known->mtu;
	path.mtu = mtu;
	bpf_map_update_elem(&tidemark_paths, destination, &path, 0);
}

SEC("tc")
int tidemark_mtu(struct __sk_buff *skb)
{
	__u32 network = settings.l2_header_bytes;
	struct packet_too_big message;
	__be16 type = skb->protocol;
	struct flow flow = {};
	__u8 kind;

	if (network == ETH_HLEN && is_vlan(type) && !skip_vlan_tags(skb, &type, &network))
		return TC_ACT_UNSPEC;
	if (type != bpf_htons(ETH_P_IPV6) || bpf_skb_load_bytes(skb, network + 6, &kind, sizeof(kind)) ||
	    kind != IPPROTO_ICMPV6 ||
	    bpf_skb_load_bytes(skb, network + IPV6_HEADER_BYTES, &message, sizeof(message)) ||
	    message.type != ICMPV6_PACKET_TOO_BIG)
		return TC_ACT_UNSPEC;
	kind = read_quoted(skb, network + IPV6_HEADER_BYTES + ICMPV6_HEADER_BYTES, &flow);
	if (kind == 0)
		return TC_ACT_UNSPEC;
	if (settings.match_all || (find_mark(&flow, kind) & MARK_SET) || (kind == IPPROTO_TCP && is_connected(skb, &flow)))
		learn(flow.destination, bpf_ntohl(message.mtu));
	return TC_ACT_UNSPEC;
}

char path_mtu_license[] SEC("license") = "Dual BSD/GPL";
