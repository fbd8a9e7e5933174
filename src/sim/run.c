/* SPDX-License-Identifier: Apache-2.0 */
/* One run: requests are made in order, dealt to replicas, and the replicas run.
 *
 *   round robin        requests come in chunks; replica r takes index r, r + N, …; replicas are
 * then independent up to the chunk's last arrival and run in threads least outstanding  one loop:
 * at each arrival all replicas are brought to that time, the one with fewest unanswered requests
 * takes it closed loop        clients are dealt to replicas and stay: replicas are independent
 *
 * Nothing depends on the number of threads: figures belong to a replica and are merged in order. */
#include <math.h>

#include "sim/sim_internal.h"

enum {
    CHUNK_N = 65536,
    MAX_REPLICAS_N = 100000
};

const char *ot_sim_policy_name(enum ot_sim_policy policy)
{
    static const char *const names[] = {
#define NAME(name) #name,
        OT_SIM_POLICY_LIST(NAME)
#undef NAME
    };
    return names[policy];
}

/* ---- costs ---- */

static int64_t scale(int64_t x, int64_t ppm)
{
    return x / 1000000 * ppm + x % 1000000 * ppm / 1000000;
}
static struct ot_step_piece scaled_piece(void *ctx, int64_t seqs, int64_t kv_tokens)
{
    const struct ot__scaled *s = ctx;
    struct ot_step_piece piece = s->inner.decode_piece(s->inner.ctx, seqs, kv_tokens);
    piece.base_ps = scale(piece.base_ps, s->ppm);
    piece.slope_ps = scale(piece.slope_ps, s->ppm);
    return piece;
}
static int64_t scaled_mixed(void *ctx, const struct ot_step_load *load)
{
    const struct ot__scaled *s = ctx;
    return scale(s->inner.mixed_ps(s->inner.ctx, load), s->ppm);
}
struct ot_sim_cost ot__scaled_cost(struct ot__scaled *scaled)
{
    return (struct ot_sim_cost){scaled, scaled_piece, scaled_mixed};
}

/* ---- set-up ---- */

static enum ot_code check_engine(const struct ot_sim_engine *e, struct ot_err *err)
{
    if (e->max_num_seqs < 1 || e->max_model_len < 2) {
        return ot_err_plain(err, OT_INPUT, "max_num_seqs must be >= 1 and max_model_len >= 2");
    }
    if (e->in_flight_n < 1 || e->in_flight_n > OT__FLIGHT_MAX) {
        return ot_err_plain(err, OT_INPUT, "batches in flight must be 1 or 2");
    }
    if (e->policy == OT_SIM_POLICY_nxd) {
        return e->bucket_min_tok >= 1
                   ? OT_OK
                   : ot_err_plain(err, OT_INPUT, "the smallest bucket must be >= 1 token");
    }
    if (e->max_batched_tokens < e->max_num_seqs) {
        return ot_err_plain(err, OT_INPUT, "max_num_batched_tokens must be >= max_num_seqs (%lld)",
                            (long long)e->max_num_seqs);
    }
    if (e->block_tokens < 1 || e->num_blocks < 2) {
        return ot_err_plain(err, OT_INPUT,
                            "num_gpu_blocks must be >= 2: one of them is the null block");
    }
    return OT_OK;
}

static enum ot_code check_load(const struct ot_sim_load *load, struct ot_err *err)
{
    if (load->trace == NULL ? load->input.p_n < 1 || load->output.p_n < 1 : load->trace->n < 1) {
        return ot_err_plain(err, OT_INPUT, "the load has no lengths");
    }
    if (load->arrival == OT_SIM_TIMES && load->trace == NULL) {
        return ot_err_plain(err, OT_INPUT, "times of arrival need a trace");
    }
    if (load->arrival == OT_SIM_TIMES && load->requests_n > load->trace->n) {
        return ot_err_plain(err, OT_INPUT, "the trace has only %lld requests",
                            (long long)load->trace->n);
    }
    if (load->arrival == OT_SIM_OPEN && !(load->rate_req_per_s > 0)) {
        return ot_err_plain(err, OT_INPUT, "the rate must be > 0");
    }
    if (load->arrival == OT_SIM_CLOSED && load->concurrency < 1) {
        return ot_err_plain(err, OT_INPUT, "the concurrency must be >= 1");
    }
    if (load->speedup < 0 || load->shape < 0 || load->duration_s < 0 || load->duration_s > 8e6) {
        return ot_err_plain(err, OT_INPUT,
                            "speed-up and shape must be > 0, the duration at most 8e6 s");
    }
    return OT_OK;
}

/* The bound of a single request: the loosest limit of the metric. */
static void set_bounds(const struct ot_slo *slo, double *bound_s)
{
    for (int m = 0; m < OT_SLO_METRIC_COUNT; m++) {
        for (int s = 0; s < OT_SLO_STAT_COUNT; s++) {
            if (slo->limit_s[m][s] > bound_s[m]) {
                bound_s[m] = slo->limit_s[m][s];
            }
        }
    }
}

static struct ot__shared shared_of(const struct ot_sim_setup *setup)
{
    const struct ot_sim_engine *e = &setup->engine;
    const struct ot_sim_load *load = &setup->load;
    struct ot__shared shared = {
        .engine = *e,
        .load = *load,
        .watch = setup->watch,
        .requests_n = ot__load_requests(load),
        .replicas_n = setup->replicas_n == 0 ? 1 : setup->replicas_n,
        .duration_ps = load->duration_s > 0 ? llround(load->duration_s * 1e12) : INT64_MAX,
        .token_limit = e->max_model_len,
        .paged = e->policy == OT_SIM_POLICY_vllm,
        .schedule = e->policy == OT_SIM_POLICY_vllm ? ot__vllm_schedule : ot__nxd_schedule};
    set_bounds(&setup->slo, shared.bound_s);
    if (!shared.paged) {
        shared.engine.block_tokens = 1;
        shared.engine.num_blocks = 2;
        shared.engine.cache = OT_SIM_CACHE_OFF;
    } else if ((e->num_blocks - 1) * e->block_tokens < shared.token_limit) {
        shared.token_limit = (e->num_blocks - 1) * e->block_tokens;
    }
    return shared;
}

/* ---- the run ---- */

struct worker { /* replicas index, index + workers_n, … with a cost of their own */
    struct ot_arena *arena;
    struct ot__scaled scaled;
    struct ot_sim_cost cost;
};
struct run {
    const struct ot_sim_setup *setup;
    struct ot__shared shared;
    struct ot_arena *arena;
    struct ot__replica **replicas;
    struct worker *workers;
    int64_t workers_n;
    int64_t until_ps;
};

static void run_worker(void *ctx, int64_t index)
{
    struct run *run = ctx;
    for (int64_t i = index; i < run->shared.replicas_n; i += run->workers_n) {
        ot__replica_run(run->replicas[i], run->until_ps);
    }
}

static void run_all(struct run *run, int64_t until_ps)
{
    run->until_ps = until_ps;
    ot_pool_run((int)run->workers_n, run->workers_n, run_worker, run);
}

/* Returns the time of the last arrival. */
static int64_t run_round_robin(struct run *run, struct ot__clock *clock)
{
    struct ot__arrival arrival = {0};
    bool more = true;
    while (more) {
        int64_t n = 0;
        while (n < CHUNK_N && (more = ot__clock_next(clock, &arrival))) {
            ot__replica_offer(run->replicas[arrival.index % run->shared.replicas_n], &arrival);
            n++;
        }
        run_all(run, more ? arrival.arrival_ps : INT64_MAX);
    }
    return arrival.arrival_ps;
}

static int64_t run_least_outstanding(struct run *run, struct ot__clock *clock)
{
    struct ot__arrival arrival = {0};
    while (ot__clock_next(clock, &arrival)) {
        struct ot__replica *best = NULL;
        for (int64_t i = 0; i < run->shared.replicas_n; i++) {
            struct ot__replica *r = run->replicas[i];
            ot__replica_run(r, arrival.arrival_ps);
            best = best == NULL || r->outstanding_n < best->outstanding_n ? r : best;
        }
        ot__replica_offer(best, &arrival);
    }
    run_all(run, INT64_MAX);
    return arrival.arrival_ps;
}

static void run_closed(struct run *run)
{
    for (int64_t client = 0; client < run->shared.load.concurrency; client++) {
        ot__replica_next_client(run->replicas[client % run->shared.replicas_n]);
    }
    run_all(run, INT64_MAX);
}

static enum ot_code make_workers(struct run *run, struct ot_err *err)
{
    const struct ot_sim_setup *setup = run->setup;
    const bool alone =
        setup->watch.finished != NULL || setup->watch.steps != NULL ||
        (setup->router == OT_SIM_LEAST_OUTSTANDING && setup->load.arrival != OT_SIM_CLOSED);
    int64_t n = setup->threads < 1 || alone ? 1 : setup->threads;
    n = n > run->shared.replicas_n ? run->shared.replicas_n : n;
    run->workers = ot_arena_calloc(run->arena, (size_t)n, sizeof *run->workers);
    for (int64_t i = 0; i < n; i++) {
        struct worker *w = &run->workers[i];
        w->arena = ot_arena_new(0);
        run->workers_n = i + 1;
        struct ot_sim_cost cost;
        const enum ot_code code = setup->cost_new(setup->cost_ctx, w->arena, &cost, err);
        if (code != OT_OK) {
            return code;
        }
        const int64_t ppm = setup->engine.step_scale_ppm;
        w->scaled = (struct ot__scaled){cost, ppm};
        w->cost = ppm == 0 || ppm == 1000000 ? cost : ot__scaled_cost(&w->scaled);
    }
    return OT_OK;
}

static void make_replicas(struct run *run)
{
    const size_t n = (size_t)run->shared.replicas_n;
    run->replicas = ot_arena_calloc(run->arena, n, sizeof(struct ot__replica *));
    for (size_t i = 0; i < n; i++) {
        struct worker *w = &run->workers[i % (size_t)run->workers_n];
        run->replicas[i] = ot_arena_calloc(w->arena, 1, sizeof *run->replicas[i]);
        ot__replica_init(run->replicas[i], &run->shared, (int64_t)i, w->arena);
        run->replicas[i]->cost = w->cost;
    }
}

static void run_free(struct run *run)
{
    for (int64_t i = 0; i < run->workers_n; i++) {
        ot_arena_free(run->workers[i].arena);
    }
    ot_arena_free(run->arena);
}

static void simulate(struct run *run, struct ot_sim_result *ret)
{
    struct ot__clock clock;
    ot__clock_init(&clock, &run->shared.load, run->shared.requests_n, run->shared.duration_ps);
    int64_t last_ps = 0;
    if (run->shared.load.arrival == OT_SIM_CLOSED) {
        run_closed(run);
    } else if (run->setup->router == OT_SIM_LEAST_OUTSTANDING) {
        last_ps = run_least_outstanding(run, &clock);
    } else {
        last_ps = run_round_robin(run, &clock);
    }
    ot__tally_result(&run->shared, &run->setup->slo, run->replicas, run->arena, ret);
    ret->arrivals_s = 1e-12 * (double)last_ps;
    if (last_ps > 0) {
        const double n = (double)(ret->requests_n + ret->refused_n + run->shared.load.warmup_n);
        ret->has_offered = true;
        ret->offered_req_per_s = (n - 1) / ret->arrivals_s;
    }
}

enum ot_code ot_sim_run(const struct ot_sim_setup *setup, struct ot_arena *arena,
                        struct ot_sim_result *ret, struct ot_err *err)
{
    enum ot_code code = check_engine(&setup->engine, err);
    if (code == OT_OK) {
        code = check_load(&setup->load, err);
    }
    if (code == OT_OK && (setup->replicas_n < 0 || setup->replicas_n > MAX_REPLICAS_N)) {
        code = ot_err_plain(err, OT_INPUT, "replicas must be 1 to %d", MAX_REPLICAS_N);
    }
    if (code != OT_OK) {
        return code;
    }
    struct run run = {.setup = setup, .shared = shared_of(setup), .arena = ot_arena_child(arena)};
    code = make_workers(&run, err);
    if (code == OT_OK) {
        struct ot_sim_result result;
        make_replicas(&run);
        simulate(&run, &result);
        if (result.requests_n == 0) {
            code = ot_err_plain(err, OT_INPUT,
                                "no request could be served: %lld are longer than the %lld tokens "
                                "the engine takes",
                                (long long)result.refused_n, (long long)run.shared.token_limit);
        } else {
            *ret = result;
        }
    }
    run_free(&run);
    return code;
}

/* ---- capacity ---- */

struct completions {
    int64_t *finish_ps;
    int64_t n, cap;
};
static void note_finish(void *ctx, const struct ot_sim_record *record)
{
    struct completions *done = ctx;
    if (done->n < done->cap) {
        done->finish_ps[done->n++] = record->finish_ps;
    }
}

enum ot_code ot_sim_capacity(const struct ot_sim_setup *setup, int64_t n, struct ot_arena *arena,
                             double *ret_req_per_s, struct ot_err *err)
{
    /* Replicas are alike and every one has its own backlog: one is simulated. */
    struct ot_sim_setup one = *setup;
    one.replicas_n = 1;
    one.load.arrival = OT_SIM_AT_ONCE;
    one.load.requests_n = n == 0 ? 2000 : n;
    one.load.duration_s = 0;
    one.load.warmup_n = 0;
    struct ot_arena *scratch = ot_arena_child(arena);
    struct completions done = {.cap = one.load.requests_n};
    done.finish_ps = ot_arena_calloc(scratch, (size_t)done.cap, sizeof *done.finish_ps);
    one.watch = (struct ot_sim_watch){.ctx = &done, .finished = note_finish};
    struct ot_sim_result result;
    const enum ot_code code = ot_sim_run(&one, scratch, &result, err);
    if (code == OT_OK) {
        /* Finishes come in time order. */
        const int64_t from = done.n / 5;
        const int64_t to = done.n - 1 - done.n / 5;
        const int64_t span_ps = done.finish_ps[to] - done.finish_ps[from];
        const double per_s =
            span_ps > 0 ? 1e12 * (double)(to - from) / (double)span_ps : result.requests_per_s;
        *ret_req_per_s = per_s * (double)(setup->replicas_n == 0 ? 1 : setup->replicas_n);
    }
    ot_arena_free(scratch);
    return code;
}
