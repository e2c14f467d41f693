/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The statistics of a TCP socket, read from the kernel's own structures (CO-RE) and written as the kernel would tell them
 * by TCP_INFO: as `struct tcp_info` (linux/tcp.h), field by field as tcp_get_info() does it (net/ipv4/tcp.c), so that
 * user space has one reader for both. Every field is read in its own width.
 *
 * Reading these structures takes CAP_PERFMON.
 */
#ifndef TIDEMARK_TCP_INFO_H
#define TIDEMARK_TCP_INFO_H

#include "kernel.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

struct tcp_info {
	__u8 state;
	__u8 ca_state;
	__u8 retransmits;
	__u8 probes;
	__u8 backoff;
	__u8 options;
	__u8 snd_wscale : 4, rcv_wscale : 4;
	__u8 delivery_rate_app_limited : 1, fastopen_client_fail : 2;
	__u32 rto;
	__u32 ato;
	__u32 snd_mss;
	__u32 rcv_mss;
	__u32 unacked;
	__u32 sacked;
	__u32 lost;
	__u32 retrans;
	__u32 fackets; /* always 0, as is last_ack_sent: the kernel does not remember them */
	__u32 last_data_sent;
	__u32 last_ack_sent;
	__u32 last_data_recv;
	__u32 last_ack_recv;
	__u32 pmtu;
	__u32 rcv_ssthresh;
	__u32 rtt;
	__u32 rttvar;
	__u32 snd_ssthresh;
	__u32 snd_cwnd;
	__u32 advmss;
	__u32 reordering;
	__u32 rcv_rtt;
	__u32 rcv_space;
	__u32 total_retrans;
	__u64 pacing_rate;
	__u64 max_pacing_rate;
	__u64 bytes_acked;
	__u64 bytes_received;
	__u32 segs_out;
	__u32 segs_in;
	__u32 notsent_bytes;
	__u32 min_rtt;
	__u32 data_segs_in;
	__u32 data_segs_out;
	__u64 delivery_rate;
	__u64 busy_time;
	__u64 rwnd_limited;
	__u64 sndbuf_limited;
	__u32 delivered;
	__u32 delivered_ce;
	__u64 bytes_sent;
	__u64 bytes_retrans;
	__u32 dsack_dups;
	__u32 reord_seen;
	__u32 rcv_ooopack;
	__u32 snd_wnd;
	__u32 rcv_wnd; /* since Linux 6.2, with the next one */
	__u32 rehash;
	__u16 total_rto; /* since Linux 6.7, with the next ones */
	__u16 total_rto_recoveries;
	__u32 total_rto_time;
};

/* How much of it this kernel fills: what comes behind, its own TCP_INFO lacks as well. */
#define TCP_INFO_BYTES_6_1 __builtin_offsetof(struct tcp_info, rcv_wnd)
#define TCP_INFO_BYTES_6_2 __builtin_offsetof(struct tcp_info, total_rto)

#define TCPI_OPT_TIMESTAMPS 1
#define TCPI_OPT_SACK 2
#define TCPI_OPT_WSCALE 4
#define TCPI_OPT_ECN 8
#define TCPI_OPT_ECN_SEEN 16
#define TCPI_OPT_SYN_DATA 32
#define TCPI_OPT_USEC_TS 64
#define TCPI_OPT_TFO_CHILD 128

/* net/tcp.h */
#define TCP_ECN_OK 1
#define TCP_ECN_SEEN 8
#define TCP_CHRONO_BUSY 1
#define TCP_CHRONO_RWND_LIMITED 2
#define TCP_CHRONO_SNDBUF_LIMITED 3

#define TCP_CA_NAME_MAX 16
#define USEC_PER_SEC 1000000ULL
#define MSEC_PER_SEC 1000ULL
#define NSEC_PER_MSEC 1000000ULL

struct sock {
	unsigned long sk_pacing_rate;
	unsigned long sk_max_pacing_rate;
} __attribute__((preserve_access_index));

struct inet_sock {
	struct sock sk;
} __attribute__((preserve_access_index));

struct tcp_congestion_ops {
	char name[TCP_CA_NAME_MAX];
} __attribute__((preserve_access_index));

struct inet_connection_sock {
	struct inet_sock icsk_inet;
	__u32 icsk_rto;
	__u32 icsk_pmtu_cookie;
	const struct tcp_congestion_ops *icsk_ca_ops;
	__u8 icsk_ca_state;
	__u8 icsk_retransmits;
	__u8 icsk_backoff;
	__u8 icsk_probes_out;
	struct {
		__u32 ato;
		__u32 lrcvtime;
		__u16 rcv_mss;
	} icsk_ack;
} __attribute__((preserve_access_index));

struct tcp_options_received {
	__u16 tstamp_ok, wscale_ok, sack_ok, snd_wscale, rcv_wscale;
} __attribute__((preserve_access_index));

struct minmax_sample {
	__u32 v;
} __attribute__((preserve_access_index));

struct minmax {
	struct minmax_sample s[3];
} __attribute__((preserve_access_index));

struct tcp_sock {
	struct inet_connection_sock inet_conn;
	struct tcp_options_received rx_opt;
	struct minmax rtt_min;
	struct {
		__u32 rtt_us;
	} rcv_rtt_est;
	struct {
		__u32 space;
	} rcvq_space;
	__u64 bytes_received, bytes_acked, bytes_sent, bytes_retrans;
	__u32 mss_cache, packets_out, sacked_out, lost_out, retrans_out, lsndtime, rcv_tstamp, rcv_ssthresh, srtt_us, mdev_us;
	__u32 snd_ssthresh, snd_cwnd, reordering, total_retrans, segs_out, segs_in, data_segs_in, data_segs_out;
	__u32 write_seq, snd_nxt, rate_delivered, rate_interval_us, chrono_start, chrono_stat[3], delivered, delivered_ce;
	__u32 dsack_dups, reord_seen, rcv_ooopack, snd_wnd, rcv_wnd, rto_stamp, total_rto_time;
	__u16 advmss, timeout_rehash, plb_rehash, total_rto, total_rto_recoveries;
	/* of a width that changes among kernels, most of them bit fields */
	__u8 ecn_flags, chrono_type, rate_app_limited, syn_data_acked, syn_fastopen_child, fastopen_client_fail, tcp_usec_ts;
} __attribute__((preserve_access_index));

#define BITS(from, field) BPF_CORE_READ_BITFIELD(from, field)

static __always_inline __u8 tcp_options(const struct tcp_sock *tcp)
{
	__u8 ecn = BITS(tcp, ecn_flags), options = 0;

	if (BITS(tcp, rx_opt.tstamp_ok))
		options |= TCPI_OPT_TIMESTAMPS;
	if (BITS(tcp, rx_opt.sack_ok))
		options |= TCPI_OPT_SACK;
	if (BITS(tcp, rx_opt.wscale_ok))
		options |= TCPI_OPT_WSCALE;
	if (ecn & TCP_ECN_OK)
		options |= TCPI_OPT_ECN;
	if (ecn & TCP_ECN_SEEN)
		options |= TCPI_OPT_ECN_SEEN;
	if (BITS(tcp, syn_data_acked))
		options |= TCPI_OPT_SYN_DATA;
	if (bpf_core_field_exists(tcp->syn_fastopen_child) && BITS(tcp, syn_fastopen_child))
		options |= TCPI_OPT_TFO_CHILD;
	if (bpf_core_field_exists(tcp->tcp_usec_ts) && BITS(tcp, tcp_usec_ts))
		options |= TCPI_OPT_USEC_TS;
	return options;
}

/* Jiffies since a kept moment, in milliseconds; both are 32 bits wide and wrap. */
static __always_inline __u32 ms_since(__u32 then, __u32 now, __u32 hz)
{
	return (__u32)(now - then) * MSEC_PER_SEC / hz;
}

/* The time that a socket was busy, limited by its peer's window or by its own buffer, up to now. */
static __always_inline __u64 chrono_us(const struct tcp_sock *tcp, __u32 kept, __u8 type, __u32 now, __u32 hz)
{
	if (BITS(tcp, chrono_type) == type)
		kept += now - tcp->chrono_start;
	return kept * USEC_PER_SEC / hz;
}

/*
 * Fills `info` but for the state, which only the caller knows for sure.
 *
 * hz: jiffies in a second; now: the moment in jiffies. Returns how many bytes of it this kernel has.
 */
static __always_inline __u32 read_tcp_info(const struct tcp_sock *tcp, struct tcp_info *info, __u32 now, __u32 hz)
{
	const struct inet_connection_sock *connection = &tcp->inet_conn;
	__u64 rate;
	__s32 unsent;

	info->ca_state = BITS(tcp, inet_conn.icsk_ca_state);
	info->retransmits = connection->icsk_retransmits;
	info->probes = connection->icsk_probes_out;
	info->backoff = connection->icsk_backoff;
	info->options = tcp_options(tcp);
	info->snd_wscale = info->options & TCPI_OPT_WSCALE ? BITS(tcp, rx_opt.snd_wscale) : 0;
	info->rcv_wscale = info->options & TCPI_OPT_WSCALE ? BITS(tcp, rx_opt.rcv_wscale) : 0;
	info->delivery_rate_app_limited = BITS(tcp, rate_app_limited) != 0;
	info->fastopen_client_fail = BITS(tcp, fastopen_client_fail);
	info->rto = connection->icsk_rto * USEC_PER_SEC / hz;
	info->ato = BITS(tcp, inet_conn.icsk_ack.ato) * USEC_PER_SEC / hz;
	info->snd_mss = tcp->mss_cache;
	info->rcv_mss = connection->icsk_ack.rcv_mss;
	info->unacked = tcp->packets_out;
	info->sacked = tcp->sacked_out;
	info->lost = tcp->lost_out;
	info->retrans = tcp->retrans_out;
	info->fackets = 0;
	info->last_data_sent = ms_since(tcp->lsndtime, now, hz);
	info->last_ack_sent = 0;
	info->last_data_recv = ms_since(connection->icsk_ack.lrcvtime, now, hz);
	info->last_ack_recv = ms_since(tcp->rcv_tstamp, now, hz);
	info->pmtu = connection->icsk_pmtu_cookie;
	info->rcv_ssthresh = tcp->rcv_ssthresh;
	info->rtt = tcp->srtt_us >> 3;
	info->rttvar = tcp->mdev_us >> 2;
	info->snd_ssthresh = tcp->snd_ssthresh;
	info->snd_cwnd = tcp->snd_cwnd;
	info->advmss = tcp->advmss;
	info->reordering = tcp->reordering;
	info->rcv_rtt = tcp->rcv_rtt_est.rtt_us >> 3;
	info->rcv_space = tcp->rcvq_space.space;
	info->total_retrans = tcp->total_retrans;
	info->pacing_rate = connection->icsk_inet.sk.sk_pacing_rate;
	info->max_pacing_rate = connection->icsk_inet.sk.sk_max_pacing_rate;
	info->bytes_acked = tcp->bytes_acked;
	info->bytes_received = tcp->bytes_received;
	info->segs_out = tcp->segs_out;
	info->segs_in = tcp->segs_in;
	unsent = tcp->write_seq - tcp->snd_nxt;
	info->notsent_bytes = unsent > 0 ? unsent : 0;
	info->min_rtt = tcp->rtt_min.s[0].v;
	info->data_segs_in = tcp->data_segs_in;
	info->data_segs_out = tcp->data_segs_out;
	rate = tcp->rate_interval_us;
	info->delivery_rate = rate ? tcp->rate_delivered * (__u64)tcp->mss_cache * USEC_PER_SEC / rate : 0;
	info->rwnd_limited = chrono_us(tcp, tcp->chrono_stat[1], TCP_CHRONO_RWND_LIMITED, now, hz);
	info->sndbuf_limited = chrono_us(tcp, tcp->chrono_stat[2], TCP_CHRONO_SNDBUF_LIMITED, now, hz);
	info->busy_time = chrono_us(tcp, tcp->chrono_stat[0], TCP_CHRONO_BUSY, now, hz) + info->rwnd_limited + info->sndbuf_limited;
	info->delivered = tcp->delivered;
	info->delivered_ce = tcp->delivered_ce;
	info->bytes_sent = tcp->bytes_sent;
	info->bytes_retrans = tcp->bytes_retrans;
	info->dsack_dups = tcp->dsack_dups;
	info->reord_seen = tcp->reord_seen;
	info->rcv_ooopack = tcp->rcv_ooopack;
	info->snd_wnd = tcp->snd_wnd;
	if (!bpf_core_field_exists(tcp->plb_rehash))
		return TCP_INFO_BYTES_6_1;
	info->rcv_wnd = tcp->rcv_wnd;
	info->rehash = tcp->plb_rehash + tcp->timeout_rehash;
	if (!bpf_core_field_exists(tcp->total_rto))
		return TCP_INFO_BYTES_6_2;
	info->total_rto = tcp->total_rto;
	info->total_rto_recoveries = tcp->total_rto_recoveries;
	info->total_rto_time = tcp->total_rto_time;
	if (tcp->rto_stamp)
		info->total_rto_time += (__u32)(bpf_ktime_get_ns() / NSEC_PER_MSEC) - tcp->rto_stamp;
	return sizeof(*info);
}

#endif
