/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFTAKE_SIM_INTERNAL_H
#define OFFTAKE_SIM_INTERNAL_H
/* The serving floor from the inside.
 *
 *   load.c      lengths and arrival times, pure functions of (seed, index)
 *   run.c       deals requests to replicas, runs them (threads: by replica), merges the figures
 *   replica.c   the engine loop of one replica: clock, batches in flight, jumps, tokens out
 *   vllm.c      which requests go into the next batch: vLLM v1
 *   nxd.c       the same for static shapes on Neuron
 *   blocks.c    the free queue of KV blocks
 *   gaps.c      histogram of gaps between tokens
 *   tally.c     figures of one replica, and of all
 *
 * Why a step costs O(1). Every running decode gets one token in every batch (max_num_seqs <=
 * max_batched_tokens, and a half-done prefill is always last in RUNNING), so decodes advance
 * together: with `it` the number of decode batches so far, a sequence's KV length is offset + it
 * and neither changes per step. What a batch needs is then a few sums:
 *
 *   decode_n, decode_kv     sequences and their KV tokens
 *   need[c]                 sequences with offset % block_tokens = c; those with c = -it take a
 *                           new block in the next batch
 *   ends (heap)             it + tokens left, smallest first
 *
 * and n batches without event (arrival, end, blocks exhausted, knot of the cost) are one jump. */
#include "offtake/sim.h"

enum {
    OT__STEPS_MAX = 8192
}; /* per jump: keeps n^2 slope far from overflow */
enum {
    OT__FLIGHT_MAX = 2
};

enum ot__state {
    OT__FREE,
    OT__WAITING,
    OT__PREFILL, /* in RUNNING, prompt not done */
    OT__DECODE,  /* in RUNNING, in the decode sums */
    OT__LEAVING, /* in RUNNING, last token on its way */
    OT__LEFT     /* lost its blocks while leaving */
};

struct ot__slot { /* one live request */
    int64_t index, arrival_ps, input_tok, output_tok;
    int64_t first_ps, last_ps; /* first token; last token before it (re)joined the decodes */
    int64_t made_tok;          /* answers scheduled; DECODE: at the time it joined */
    int64_t kv_tok;            /* KV tokens scheduled; DECODE: offset + it instead */
    int64_t offset, join_it, end_it;
    int64_t preemptions_n;
    int64_t segment; /* of the free queue that holds its old blocks; -1 none */
    int64_t old_full_blocks;
    int32_t prev, next;   /* RUNNING, by admission */
    int32_t next_leaving; /* same batch */
    int32_t epoch;        /* of the DECODE membership: heaps drop entries of older ones */
    enum ot__state state;
};

struct ot__arrival {
    int64_t index, arrival_ps, input_tok, output_tok;
};
struct ot__inbox { /* ring of requests on their way to the replica, by arrival */
    struct ot__arrival *items;
    size_t head, n, cap;
};
struct ot__waiting { /* ring of slots */
    int32_t *items;
    size_t head, n, cap;
};
struct ot__batch { /* launched, its output not yet read */
    int64_t end_ps;
    int32_t leaving, leaving_last; /* slots, -1 none */
};

/* The next batch, as a policy plans it. */
struct ot__plan {
    int64_t decode_n, decode_kv;  /* sequences that get a token, their KV tokens before */
    int64_t price_seqs, price_kv; /* what the step is paid for: padded under static shapes */
    int64_t prefill_n, prefill_tok, prefill_kv; /* chunks; new tokens as paid for, cached before */
    struct ot_step_load load;                   /* the chunks, as the step floor wants them */
    int64_t steps_max; /* batches that may follow each other like this one */
    bool preempted;
};

/* Free KV blocks. With the cache on they queue by age: a preempted request's blocks lie in one
 * segment, the end of its sequence towards the head, so what is left of it is a prefix. */
struct ot__segment {
    int64_t blocks;
    bool owned;
};
struct ot__blocks {
    struct ot_arena *arena;
    int64_t free_n, usable_n, low_n; /* low: fewest ever free */
    bool keep;
    struct ot__segment *items;
    size_t head, n, cap;
    int64_t base; /* absolute number of the head segment */
};
void ot__blocks_init(struct ot__blocks *blocks, struct ot_arena *arena, int64_t usable_n,
                     bool keep);
void ot__blocks_take(struct ot__blocks *blocks, int64_t n);
void ot__blocks_give(struct ot__blocks *blocks, int64_t n);
/* Like give; returns the segment to ask for what survived. */
int64_t ot__blocks_give_owned(struct ot__blocks *blocks, int64_t n);
int64_t ot__blocks_left(const struct ot__blocks *blocks, int64_t segment);
/* Takes n of those left. */
void ot__blocks_retake(struct ot__blocks *blocks, int64_t segment, int64_t n);

/* Gaps in integer picoseconds, weighted; log-linear buckets 1/256 wide, so percentiles are within
 * 0.2 %; integer, so that the order of adding does not matter. */
#define OT__GAPS_REL_ERR (1.0 / 512)
enum {
    OT__GAPS_BITS = 8,
    OT__GAPS_N = 56 << OT__GAPS_BITS
};
struct ot__gaps {
    int64_t *counts; /* OT__GAPS_N */
    int64_t n, max_ps;
    struct ot_sum sum_ps;
};
void ot__gaps_init(struct ot__gaps *gaps, struct ot_arena *arena);
void ot__gaps_add(struct ot__gaps *gaps, int64_t gap_ps, int64_t weight);
/* weight gaps of first + k * slope for each k in [0, n) */
void ot__gaps_ramp(struct ot__gaps *gaps, int64_t first_ps, int64_t slope_ps, int64_t n,
                   int64_t weight);
void ot__gaps_merge(struct ot__gaps *into, const struct ot__gaps *from);
double ot__gaps_percentile_s(const struct ot__gaps *gaps, double p);

struct ot__tally {                      /* figures of one replica */
    struct ot_stats *ttft, *tpot, *e2e; /* seconds */
    struct ot__gaps gaps;
    int64_t finished_n, good_n, refused_n, cut_n, preemptions_n;
    int64_t steps_n, decode_steps_n, input_tok, output_tok;
    double decode_seq_steps;
    int64_t busy_ps, last_finish_ps;
    int64_t peak_running_n, peak_waiting_n;
    int64_t waiting_sum[4], waiting_n[4]; /* seen by arrivals, by quarter */
};
struct ot__replica;
struct ot__shared { /* the same for all replicas of a run; read only */
    struct ot_sim_engine engine;
    struct ot_sim_load load;
    double bound_s[OT_SLO_METRIC_COUNT]; /* per-request bound for goodput; 0 none */
    struct ot_sim_watch watch;
    int64_t requests_n, replicas_n;
    int64_t duration_ps; /* INT64_MAX: none */
    int64_t token_limit; /* input + output that a request may reach */
    bool paged;          /* KV in blocks */
    bool (*schedule)(struct ot__replica *replica, struct ot__plan *plan);
};
enum {
    OT__EXACT_N = 1000000
}; /* percentiles are exact up to it */
void ot__tally_init(struct ot__tally *tally, struct ot_arena *arena);
/* Sums of n replicas, in their order, as the result of the run. */
void ot__tally_result(const struct ot__shared *shared, const struct ot_slo *slo,
                      struct ot__replica *const *replicas, struct ot_arena *arena,
                      struct ot_sim_result *ret);
void ot__tally_finish(const struct ot__shared *shared, struct ot__tally *tally, int64_t replica,
                      const struct ot__slot *slot, int64_t finish_ps);
void ot__tally_waiting(const struct ot__shared *shared, struct ot__tally *tally, int64_t index,
                       int64_t arrival_ps, int64_t waiting_n);

struct ot__joined {
    int32_t slot, epoch;
};
struct ot__replica {
    const struct ot__shared *shared;
    struct ot_sim_cost cost;
    struct ot_arena *arena;
    int64_t id;

    int64_t now_ps; /* of the next tick; INT64_MAX: nothing to do */
    int64_t gpu_end_ps;
    struct ot__batch flight[OT__FLIGHT_MAX]; /* oldest first */
    int flight_n;
    bool read_first; /* the next tick starts by reading the oldest batch */

    struct ot__inbox inbox;
    struct ot__waiting waiting;
    struct ot__slot *slots;
    size_t slots_n, slots_cap;
    int32_t free_slot; /* chain through .next */
    int32_t run_first, run_last;
    int64_t running_n;
    int64_t outstanding_n; /* given and not yet answered: what a router sees */
    int64_t next_index;    /* closed loop: the next request of this replica */

    int64_t it, decode_n, decode_kv, last_decode_end_ps;
    int64_t *need;
    struct ot_heap ends, longest; /* longest: nxd, by -offset */
    struct ot__joined *joined;    /* since the last decode batch */
    size_t joined_n, joined_cap;
    int32_t half;  /* the half-done prefill, -1 none */
    int32_t *done; /* prompts that end in this batch */
    size_t done_n, done_cap;
    struct ot__blocks blocks;
    struct ot__tally tally;
};

void ot__replica_init(struct ot__replica *replica, const struct ot__shared *shared, int64_t id,
                      struct ot_arena *arena);
/* Puts a request on its way; arrivals never go back in time. */
void ot__replica_offer(struct ot__replica *replica, const struct ot__arrival *arrival);
/* Closed loop: one more client sends its first request at time 0. */
void ot__replica_next_client(struct ot__replica *replica);
/* Runs every tick before until_ps; all arrivals before it must have been offered. */
void ot__replica_run(struct ot__replica *replica, int64_t until_ps);

/* For policies. */
int32_t ot__replica_admit(struct ot__replica *replica); /* head of WAITING to the end of RUNNING */
/* A chunk of `tokens` of the request's prompt, paid for as paid_tok (static shapes pad). */
void ot__replica_prefill(struct ot__replica *replica, struct ot__plan *plan, int32_t slot,
                         int64_t tokens, int64_t paid_tok);
void ot__replica_preempt_last(struct ot__replica *replica);
int64_t ot__replica_longest_kv(struct ot__replica *replica);
bool ot__vllm_schedule(struct ot__replica *replica, struct ot__plan *plan);
bool ot__nxd_schedule(struct ot__replica *replica, struct ot__plan *plan);
int64_t ot__nxd_bucket(const struct ot_sim_engine *engine, int64_t tokens);

/* Arrival times of the load, one after the other. */
struct ot__clock {
    const struct ot_sim_load *load;
    int64_t index, requests_n, duration_ps;
    double time_s;
    struct ot_rng rng;
};
void ot__clock_init(struct ot__clock *clock, const struct ot_sim_load *load, int64_t requests_n,
                    int64_t duration_ps);
bool ot__clock_next(struct ot__clock *clock, struct ot__arrival *ret);
int64_t ot__load_requests(const struct ot_sim_load *load);

/* A cost with all times x ppm / 10^6. */
struct ot__scaled {
    struct ot_sim_cost inner;
    int64_t ppm;
};
struct ot_sim_cost ot__scaled_cost(struct ot__scaled *scaled);
#endif
