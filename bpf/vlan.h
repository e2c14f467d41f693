/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* VLAN tags in the payload of a packet; one in metadata (hardware offload) is not in the way. */
#ifndef TIDEMARK_VLAN_H
#define TIDEMARK_VLAN_H

#include "kernel.h"

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define MAX_VLAN_TAGS 2

struct vlan_tag {
	__be16 control;
	__be16 type;
};

static __always_inline _Bool is_vlan(__be16 type)
{
	return type == bpf_htons(ETH_P_8021Q) || type == bpf_htons(ETH_P_8021AD);
}

/* Steps over the tags: `*type` becomes that of what follows, at `*offset`. False when the packet ends before. */
static __always_inline _Bool skip_vlan_tags(struct __sk_buff *skb, __be16 *type, __u32 *offset)
{
	struct vlan_tag tag;

#pragma unroll
	for (int tags = 0; tags < MAX_VLAN_TAGS && is_vlan(*type); tags++) {
		if (bpf_skb_load_bytes(skb, *offset, &tag, sizeof(tag)))
			return 0;
		*type = tag.type;
		*offset += sizeof(tag);
	}
	return 1;
}

#endif
