/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFTAKE_SIM_H
#define OFFTAKE_SIM_H
/* Floor 4: what a stream of requests sees of one or many replicas. An event-driven simulation of
 * the engine's own scheduling rules (docs/models/serving.md) on a step cost in integer picoseconds.
 * Exact and repeatable: the same inputs and seed give the same event times on 1..N threads, and a
 * twin that walks every token of every request (tests/ref) agrees bit for bit.
 *
 *   lengths x arrivals -> router -> replica: waiting | running | blocks -> first token ... finish
 */
#include "offtake/step.h"

/* ---- latency targets ---- */
#define OT_SLO_METRIC_LIST(X) X(ttft) X(tpot) X(itl) X(e2e)
enum ot_slo_metric {
#define OT_SLO_METRIC_ENUM(name) OT_SLO_METRIC_##name,
    OT_SLO_METRIC_LIST(OT_SLO_METRIC_ENUM)
#undef OT_SLO_METRIC_ENUM
    OT_SLO_METRIC_COUNT
};
#define OT_SLO_STAT_LIST(X) X(mean) X(p50) X(p90) X(p95) X(p99)
enum ot_slo_stat {
#define OT_SLO_STAT_ENUM(name) OT_SLO_STAT_##name,
    OT_SLO_STAT_LIST(OT_SLO_STAT_ENUM)
#undef OT_SLO_STAT_ENUM
    OT_SLO_STAT_COUNT
};
const char *ot_slo_metric_name(enum ot_slo_metric metric);
const char *ot_slo_stat_name(enum ot_slo_stat stat);

/* limit_s[metric][stat]; 0 = no target. Statistics over requests (itl: over token gaps). */
struct ot_slo {
    double limit_s[OT_SLO_METRIC_COUNT][OT_SLO_STAT_COUNT];
};
/* "ttft_p95=1s,tpot_p95=40ms": METRIC_STAT=TIME, comma-separated, at least one, none twice, each
 * > 0. OT_INPUT at `loc` otherwise. */
enum ot_code ot_slo_parse(struct ot_str text, struct ot_loc loc, struct ot_slo *ret,
                          struct ot_err *err) OT_MUST_CHECK;
/* The same grammar back; empty without a target. */
struct ot_str ot_slo_text(struct ot_arena *arena, const struct ot_slo *slo);

/* ---- requests and traces ---- */
struct ot_request {
    int64_t arrival_ps; /* from the first request of the stream */
    int64_t input_tok, output_tok;
};
struct ot_trace {
    struct ot_request *requests; /* by arrival, then by order in the file */
    int64_t n;
    int64_t dropped_n;  /* rows without an answer (failed requests) */
    struct ot_str name; /* file name without folder */
    const char *format; /* azure, burstgpt, plain, mooncake, bailian, llmservingsim */
};
/* Reads a trace, recognised by the columns of its header or the keys of its first line; gzip and
 * zstd by magic bytes; up to 2 GB unpacked. Times become relative to the earliest.
 *
 *   azure          CSV   TIMESTAMP (date and time), ContextTokens, GeneratedTokens
 *   burstgpt       CSV   Timestamp (s), Request tokens, Response tokens
 *   plain          CSV   arrival_s, input_tokens, output_tokens
 *   mooncake       JSONL timestamp (ms), input_length, output_length
 *   bailian        JSONL the same with chat_id, timestamp in s
 *   llmservingsim  JSONL arrival_time (s), input_toks, output_toks
 *
 * OT_INPUT with line and column for a short or bad row, an empty file, a span over 100 days.
 * sources may be NULL. */
enum ot_code ot_trace_read(struct ot_arena *arena, const char *path, struct ot_sources *sources,
                           struct ot_trace *ret, struct ot_err *err) OT_MUST_CHECK;
/* The same from memory; `name` stands for the file in messages. For tests and fuzzing. */
enum ot_code ot_trace_parse(struct ot_arena *arena, struct ot_str bytes, const char *name,
                            struct ot_trace *ret, struct ot_err *err) OT_MUST_CHECK;
/* The trace in the Azure CSV form, with times from `start_text` = 2000-01-01 00:00:00. */
void ot_trace_csv(const struct ot_trace *trace, struct ot_buf *out);

enum {
    OT_TRACE_IDC_N = 4,     /* windows of 1, 10, 60, 300 s */
    OT_TRACE_QUANTILE_N = 7 /* p5, 25, 50, 75, 90, 95, 99 */
};
struct ot_trace_lengths { /* tokens */
    double mean, sd, min, max;
    double quantile[OT_TRACE_QUANTILE_N];
};
struct ot_trace_stats {
    int64_t n;
    double span_s, rate_req_per_s; /* n / span */
    double peak60_frac;            /* highest count in a 60 s window / mean count */
    double iat_cv;                 /* of inter-arrival times */
    double idc[OT_TRACE_IDC_N];    /* variance / mean of counts per window; has_idc: >= 2 windows */
    bool has_idc[OT_TRACE_IDC_N];
    double gamma_shape, gamma_scale_s, gamma_ks; /* maximum likelihood over IAT > 0 */
    struct ot_trace_lengths input, output;
    double spearman; /* rank correlation of input and output length */
};
/* OT_INPUT with fewer than 3 requests or no span. */
enum ot_code ot_trace_stats(struct ot_arena *arena, const struct ot_trace *trace,
                            struct ot_trace_stats *ret, struct ot_err *err) OT_MUST_CHECK;

/* ---- what arrives ---- */
enum ot_sim_arrival {
    OT_SIM_OPEN,   /* rate and shape: renewal process with Gamma inter-arrival times */
    OT_SIM_TIMES,  /* the trace's own times / speedup */
    OT_SIM_CLOSED, /* `concurrency` clients, each sends its next request when the last is answered
                    */
    OT_SIM_AT_ONCE /* everything at time 0: an infinite backlog */
};
struct ot_sim_load {
    enum ot_sim_arrival arrival;
    double rate_req_per_s, shape; /* OPEN; shape 0 = 1 = Poisson */
    int64_t concurrency;          /* CLOSED; clients are dealt to replicas in turn and stay there */
    double speedup;               /* TIMES; 0 = 1 */
    int64_t requests_n;           /* 0: 5,000, or all of a trace under TIMES */
    double duration_s;            /* no arrivals after it; 0 = no limit */
    int64_t warmup_n;             /* first requests, simulated but not counted */
    /* Lengths: of the trace's rows in order, over and over; else drawn from the two quantile
     * tables (input and output apart; one point = fixed length). */
    const struct ot_trace *trace;
    struct ot_quantiles input, output;
    uint64_t seed;
};
/* Lengths and arrival shape of a workload; the rate stays to be set. */
struct ot_sim_load ot_sim_load_of(const struct ot_workload *workload);
/* The stream of an open loop or of times, as a trace. */
void ot_sim_trace_of(const struct ot_sim_load *load, struct ot_arena *arena, struct ot_trace *ret);
/* Request `index` of the stream: its lengths. A pure function of (load, index). */
void ot_sim_lengths(const struct ot_sim_load *load, int64_t index, int64_t *ret_input_tok,
                    int64_t *ret_output_tok);

/* ---- one replica ---- */
/* The step cost behind function pointers: the step floor fills it, tests write their own. Pure
 * functions of their arguments; slope_ps >= 0. `ctx` is used by one thread at a time. */
struct ot_sim_cost {
    void *ctx;
    struct ot_step_piece (*decode_piece)(void *ctx, int64_t seqs, int64_t kv_tokens);
    int64_t (*mixed_ps)(void *ctx, const struct ot_step_load *load);
};
struct ot_sim_cost ot_sim_cost_of_table(struct ot_step_table *table);

#define OT_SIM_POLICY_LIST(X) X(vllm) X(nxd)
enum ot_sim_policy {
#define OT_SIM_POLICY_ENUM(name) OT_SIM_POLICY_##name,
    OT_SIM_POLICY_LIST(OT_SIM_POLICY_ENUM)
#undef OT_SIM_POLICY_ENUM
    OT_SIM_POLICY_COUNT
};
const char *ot_sim_policy_name(enum ot_sim_policy policy);
enum ot_sim_gate {
    OT_SIM_GATE_FULL_PROMPT, /* admit when the whole prompt fits in free blocks (2026) */
    OT_SIM_GATE_FIRST_CHUNK  /* older vLLM: when the first chunk fits */
};
enum ot_sim_cache {
    OT_SIM_CACHE_OFF,
    OT_SIM_CACHE_OWN /* a preempted request finds its own blocks that were not yet reused */
};
struct ot_sim_engine {
    enum ot_sim_policy policy;
    enum ot_sim_gate gate;
    enum ot_sim_cache cache;
    int64_t max_num_seqs;       /* nxd: the compiled batch */
    int64_t max_batched_tokens; /* >= max_num_seqs; vllm only */
    int64_t max_model_len;  /* input + output; longer requests are cut, longer prompts refused */
    int64_t num_blocks;     /* as the engine prints it: one of them is the null block; vllm */
    int64_t block_tokens;   /* vllm */
    int64_t bucket_min_tok; /* nxd: smallest bucket, 128 */
    int64_t in_flight_n;    /* batches in flight: 1 synchronous, 2 asynchronous */
    int64_t cpu_ps;         /* scheduler time before a launch */
    int64_t output_ps;      /* from a step's end to the next look at arrivals */
    int64_t client_ps;      /* added to TTFT and E2E once: HTTP, tokeniser */
    int64_t step_scale_ppm; /* all step times x this / 10^6; 0 = 10^6 */
};

enum ot_sim_router {
    OT_SIM_ROUND_ROBIN,
    OT_SIM_LEAST_OUTSTANDING /* ties: lowest replica */
};

/* ---- what is seen, where asked ---- */
struct ot_sim_record { /* one request that left the system */
    int64_t index, replica;
    struct ot_request request;
    int64_t arrival_ps, first_token_ps, finish_ps;
    int64_t preemptions_n;
};
/* n steps one after the other, the k-th (from 0) ending at end_ps + k * step_ps + slope_ps *
 * k (k - 1) / 2 and holding decode_kv_tok + k * decode_seqs tokens. n = 1 unless decode only. */
struct ot_sim_steps {
    int64_t replica, n, end_ps, step_ps, slope_ps;
    int64_t decode_seqs, decode_kv_tok, prefill_seqs, prefill_tok, prefill_kv_tok;
};
struct ot_sim_watch { /* with either set, one thread is used */
    void *ctx;
    void (*finished)(void *ctx, const struct ot_sim_record *record); /* NULL = not wanted */
    void (*steps)(void *ctx, const struct ot_sim_steps *steps);
};

/* ---- result ---- */
struct ot_sim_dist {
    int64_t n;
    double mean, max;
    double stat[OT_SLO_STAT_COUNT]; /* mean again, p50, p90, p95, p99 */
    double rel_err;                 /* of the percentiles: 0 while exact, else the sketch's bound */
};
struct ot_sim_result {
    int64_t requests_n; /* counted: arrived after warm-up and finished */
    int64_t refused_n;  /* prompt longer than the engine takes */
    int64_t cut_n;      /* output cut at max_model_len */
    int64_t preemptions_n, steps_n;
    int64_t input_tok, output_tok;                /* of the counted requests */
    double arrivals_s;                            /* first to last arrival */
    double duration_s;                            /* first arrival to last finish, drain included */
    struct ot_sim_dist dist[OT_SLO_METRIC_COUNT]; /* seconds; tpot without one-token answers */
    double requests_per_s, input_tok_per_s, output_tok_per_s; /* over duration_s */
    bool has_offered;                                         /* open loop and traces */
    double offered_req_per_s;                                 /* over arrivals_s */
    double goodput_req_per_s;               /* every bound of the SLO met per request */
    bool slo_met;                           /* the SLO on its statistics; true without one */
    double busy_frac;                       /* device time / (replicas x duration) */
    double peak_kv_frac;                    /* of usable blocks, highest over replicas */
    double mean_batch;                      /* decode sequences per step with decodes */
    int64_t peak_running_n, peak_waiting_n; /* of one replica */
    /* The waiting queue keeps growing: mean number waiting, seen by arrivals, in quarters 2 and 4
     * of the arrivals; docs/models/serving.md. Never set for closed loops. */
    bool overloaded;
    double waiting_q2, waiting_q4;
};

/* Everything one run needs. */
struct ot_sim_setup {
    struct ot_sim_engine engine;
    struct ot_sim_load load;
    int64_t replicas_n; /* 0 = 1 */
    enum ot_sim_router router;
    struct ot_slo slo; /* for goodput and slo_met; all 0 = none */
    int threads;       /* 0 = 1; never changes the result */
    /* The cost for one thread, made in `arena`; called once per worker. */
    enum ot_code (*cost_new)(const void *ctx, struct ot_arena *arena, struct ot_sim_cost *ret,
                             struct ot_err *err);
    const void *cost_ctx;
    struct ot_sim_watch watch;
};
/* OT_INPUT when the engine cannot hold any request of the stream or a limit makes no sense. */
enum ot_code ot_sim_run(const struct ot_sim_setup *setup, struct ot_arena *arena,
                        struct ot_sim_result *ret, struct ot_err *err) OT_MUST_CHECK;

/* A filled deployment as a setup: engine limits, blocks and host terms from the step and cost
 * floors. `fits` and `deploy` must outlive the runs (they are the cost's context). Engines without
 * rules of their own run by vLLM's; that and each default go to assumed (may be NULL). max_tok: the
 * longest request; nxd compiles for its bucket (0 = for max_model_len). OT_INFEASIBLE when weights
 * and one such request do not fit. */
struct ot_sim_deploy {
    const struct ot_fits *fits;
    const struct ot_deploy *deploy;
};
enum ot_code ot_sim_setup_of(const struct ot_sim_deploy *ctx, int64_t max_tok,
                             struct ot_assumed *assumed, struct ot_sim_setup *ret,
                             struct ot_err *err) OT_MUST_CHECK;
/* Longest input + output of a load; quantile tables: of their last points. */
int64_t ot_sim_load_max_tok(const struct ot_sim_load *load);

/* Requests per second of all replicas under an infinite backlog of the setup's lengths, between the
 * 20th and the 80th percent of completions of n requests (0 = 2,000 per replica). */
enum ot_code ot_sim_capacity(const struct ot_sim_setup *setup, int64_t n, struct ot_arena *arena,
                             double *ret_req_per_s, struct ot_err *err) OT_MUST_CHECK;

/* ---- how far off it may be ---- */

/* Bands (docs/models/serving.md): an error of the step time grows with load, by e(u) = 1 / (1 -
 * 0.75 u). u: offered rate / capacity; assumed_arrivals: the arrival law was not given by times. */
struct ot_sim_band {
    double u;
    double step_half_frac; /* half-width of the step time's band */
    bool assumed_arrivals; /* Poisson or Gamma stands for an unknown law */
    bool fixed_lengths;    /* only mean lengths known */
    enum ot_label label;   /* of the step time */
};
/* True when u > 1 - step_half_frac: no steady latency can be promised. */
bool ot_sim_saturated(const struct ot_sim_band *band);
struct ot_pred ot_sim_pred(const struct ot_sim_band *band, const struct ot_sim_result *result,
                           enum ot_slo_metric metric, double value);

/* A run with its bands. Where the rule above holds (open loop, not saturated) it is used; else the
 * run is repeated with steps / (1 + s) and x (1 + s), s = step_half_frac. */
struct ot_sim_answer {
    struct ot_sim_result result;
    double capacity_req_per_s; /* ot_sim_capacity */
    struct ot_sim_band band;   /* band.u = offered or reached rate / capacity */
    bool saturated;            /* or may be; open loops only */
    struct ot_pred dist[OT_SLO_METRIC_COUNT][OT_SLO_STAT_COUNT];
    struct ot_pred requests_per_s, output_tok_per_s, goodput_req_per_s;
};
/* step: band of the step time as factors (value 1). */
enum ot_code ot_sim_predict(const struct ot_sim_setup *setup, struct ot_pred step,
                            struct ot_arena *arena, struct ot_sim_answer *ret,
                            struct ot_err *err) OT_MUST_CHECK;
/* The band of a deployment's step time, for ot_sim_predict. */
enum ot_code ot_sim_step_band(const struct ot_sim_deploy *ctx, struct ot_arena *arena,
                              struct ot_pred *ret, struct ot_err *err) OT_MUST_CHECK;
#endif
