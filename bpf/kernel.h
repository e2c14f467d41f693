/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The kernel's types and numbers, as far as our programs use them, in place of a generated vmlinux.h. Structures are
 * CO-RE: fields are found by name in the BTF of the running kernel when the program is loaded, so only those that
 * a program reads stand here. Being our own, they also make objects that do not depend on the headers of the machine.
 */
#ifndef TIDEMARK_KERNEL_H
#define TIDEMARK_KERNEL_H

typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef signed char __s8;
typedef short __s16;
typedef int __s32;
typedef long long __s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u64 __be64;
typedef __u32 __wsum;

/* linux/bpf.h */
#define BPF_MAP_TYPE_HASH 1
#define BPF_MAP_TYPE_ARRAY 2
#define BPF_MAP_TYPE_PROG_ARRAY 3
#define BPF_MAP_TYPE_PERCPU_ARRAY 6
#define BPF_MAP_TYPE_LRU_HASH 9
#define BPF_MAP_TYPE_RINGBUF 27
#define BPF_F_NO_PREALLOC 1
#define BPF_F_RECOMPUTE_CSUM 1
#define BPF_F_ADJ_ROOM_FIXED_GSO 1
#define BPF_ADJ_ROOM_NET 0
#define BPF_F_CURRENT_NETNS (-1)
#define BPF_TCP_LISTEN 10

/* linux/pkt_cls.h */
#define TC_ACT_UNSPEC (-1)

/* linux/if_ether.h */
#define ETH_HLEN 14
#define ETH_P_8021Q 0x8100
#define ETH_P_8021AD 0x88a8
#define ETH_P_IPV6 0x86dd

/* linux/ipv6.h */
#define IPV6_HEADER_BYTES 40
#define IPV6_MAXPLEN 65535

/* linux/in.h, linux/in6.h */
#define IPPROTO_HOPOPTS 0
#define IPPROTO_TCP 6
#define IPPROTO_UDP 17
#define IPPROTO_ROUTING 43
#define IPPROTO_FRAGMENT 44
#define IPPROTO_AH 51
#define IPPROTO_ICMPV6 58
#define IPPROTO_DSTOPTS 60

struct __sk_buff {
	__u32 len;
	__u32 protocol;
	__u32 vlan_present;
	__u32 vlan_tci;
	__u32 vlan_proto;
	__u32 ifindex;
	__u32 data;
	__u32 data_end;
	__u32 gso_size;
} __attribute__((preserve_access_index));

#endif
