/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFTAKE_SEARCH_H
#define OFFTAKE_SEARCH_H
/* Floor 5: which chip, in which layout, does how much of a workload within its latency targets.
 *
 * For each candidate (chip x tensor parallel degree, for MoE also x expert parallelism and
 * attention DP): refused by memory first, then by the bound of an unloaded request, then the
 * highest rate that meets the SLO is found by simulation (docs/models/sizing.md). All candidates
 * and rates see the same requests and the same unit inter-arrival times, so that two deployments
 * differ by their cost only. */
#include "offtake/sim.h"

/* ---- what is asked ---- */
/* Limits of the search; 0 = the default. */
struct ot_search_opts {
    /* Counted per rate; default 1,500, more when a replica holds more requests at once than half of
     * them. As many as it holds run in first, uncounted. */
    int64_t requests_n;
    double tolerance_frac;  /* width of the last bracket over its low end; default 0.02 */
    uint64_t seed;          /* default 1 */
    int threads;            /* default 1; never changes the result */
    int64_t max_chips_n;    /* of one replica; default: as few as fit, up to 16, never past the
                             * scale-up domain, 64 when fewer do not hold the model */
    int64_t as_of_day;      /* prices dated later are not known; 0 = all */
    struct ot_str provider; /* price of this provider only; empty = cheapest known */
};
struct ot_search_query {
    /* What every candidate has in common: model, formats, engine limits. `chip` is set per
     * candidate. layout members > 0 are fixed, 0 = searched. */
    struct ot_deploy base;
    bool engine_fixed; /* base.engine is the user's; else nxd on AWS chips and vllm elsewhere */
    bool dtype_weights_fixed, dtype_act_fixed, dtype_moe_fixed, dtype_kv_fixed;
    const struct ot_workload *workload;
    struct ot_slo slo;
    const struct ot_chip *const *chips; /* chips_n of them; 0 = all of the catalogue */
    int64_t chips_n;
    struct ot_search_opts opts;
};

/* ---- what is answered ---- */
/* Feasible: what stops a higher rate. Not feasible: what ruled the candidate out. */
#define OT_BINDING_LIST(X)                                                                         \
    X(none, "nothing up to the highest rate tried")                                                \
    X(layout, "no layout of this model on this chip")                                              \
    X(dtype, "the chip lacks the number format")                                                   \
    X(memory, "weights and the longest request do not fit in memory")                              \
    X(ttft, "time to first token")                                                                 \
    X(tpot, "time per output token")                                                               \
    X(itl, "gap between tokens")                                                                   \
    X(e2e, "time to the last token")                                                               \
    X(throughput, "the replica is saturated")                                                      \
    X(dominated, "even its bound is below a layout already found")                                 \
    X(unsupported, "the cost model has no form for it")
enum ot_binding {
#define OT_BINDING_ENUM(name, help) OT_BINDING_##name,
    OT_BINDING_LIST(OT_BINDING_ENUM)
#undef OT_BINDING_ENUM
    OT_BINDING_COUNT
};
const char *ot_binding_name(enum ot_binding binding);
const char *ot_binding_help(enum ot_binding binding);

struct ot_yield {
    struct ot_deploy deploy; /* filled: chip, layout, engine, formats, limits */
    struct ot_memory memory; /* of one chip */
    int64_t chips_n;         /* of one replica */
    bool feasible;
    enum ot_binding binding;
    struct ot_str why; /* one line, with the figures */
    /* Highest rate of one replica that meets the SLO, and the rates between which the sample of
     * requests cannot tell (95 % interval of the binding statistic, over ten batches). */
    double rate_req_per_s, rate_low_req_per_s, rate_high_req_per_s;
    struct ot_pred work_req_per_chip_s; /* rate / chips_n, with the model's band */
    double latency_s[OT_SLO_METRIC_COUNT][OT_SLO_STAT_COUNT]; /* at rate_req_per_s */
    double input_tok_per_s, output_tok_per_s;                 /* of one replica at that rate */
    double capacity_req_per_s; /* under an infinite backlog; 0 = not run */
    double busy_frac, peak_kv_frac, mean_batch;
    double mean_input_tok, mean_output_tok; /* of the simulated requests */
    bool has_price;                         /* false: price n/d, costs unset */
    const struct ot_price *price;           /* basis, source, date */
    double usd_per_chip_s, usd_per_req;
    double usd_per_tok;        /* over input + output tokens */
    double usd_per_tok_output; /* all cost on output tokens */
    /* Share of a request's device time that its prompt takes, and the cost split by it. */
    double prompt_time_frac;
    double usd_per_tok_input_share, usd_per_tok_output_share;
    int64_t simulations_n; /* runs of the simulator spent on it */
    /* For the bands of the latencies: load over capacity, half-width of the step time. */
    struct ot_sim_band band;
    struct ot_sim_result served; /* the run at rate_req_per_s */
};

/* Ranked: feasible first, by cost per request where all have a price of the same basis, else by
 * work per chip; ties by chip name, layout. One row per chip (its best layout) in `best`, every
 * candidate looked at in `all`. */
struct ot_search_result {
    struct ot_yield *best, *all;
    int64_t best_n, all_n;
    bool ranked_by_cost;     /* false: some chip has no price, or the bases differ */
    bool mixed_price_basis;  /* the prices shown are not of one kind: compare with care */
    enum ot_binding binding; /* when nothing is feasible: what binds the nearest candidate */
};

/* ---- the search ---- */
struct ot_search; /* catalogue, fits and the answers already found, by content hash */
struct ot_search *ot_search_new(struct ot_arena *arena, struct ot_catalog *catalog,
                                const struct ot_fits *fits);
/* All chips asked for. OT_INPUT when the query itself is impossible (no SLO, no workload); a chip
 * that cannot do it is a row that says why. Results live in the search's arena. */
enum ot_code ot_search_run(struct ot_search *search, const struct ot_search_query *query,
                           struct ot_search_result *ret, struct ot_err *err) OT_MUST_CHECK;
/* The best layout on one chip: the yield a plan needs. Answers are remembered within `search`. */
enum ot_code ot_search_yield(struct ot_search *search, const struct ot_search_query *query,
                             const struct ot_chip *chip, struct ot_yield *ret,
                             struct ot_err *err) OT_MUST_CHECK;
/* A latency at rate_req_per_s with its band; feasible yields only. */
struct ot_pred ot_yield_latency(const struct ot_yield *yield, enum ot_slo_metric metric,
                                enum ot_slo_stat stat);
/* Replicas needed for `rate` (>= 1), and the chips they take. */
int64_t ot_yield_replicas(const struct ot_yield *yield, double rate_req_per_s);
#endif
