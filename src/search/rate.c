/* SPDX-License-Identifier: Apache-2.0 */
/* The highest rate at which one deployment meets its latency targets, by simulation.
 *
 *   ln(worst statistic / its limit)
 *    0 ---------------------------------x------  accepted below the line
 *                           x     x  |    x      each x one run with the same requests
 *        ------------------------------> rate    bracket shrinks to tolerance_frac
 *
 * Scaling every step time by s is scaling the clock: latency_s(rate) = s latency(s rate). So the
 * rate for slower or faster steps is read off the same points: the rate r with latency(r) =
 * limit / s, divided by s (docs/models/sizing.md). Host terms do not scale; they are small.
 * Does NOT search engine limits (batch, token budget): the engine's defaults or the query's. */
#include <math.h>
#include <stdlib.h>

#include "search_internal.h"

enum {
    POINTS_MAX = 20,
    BATCHES = 10,
    DEFAULT_REQUESTS = 1500,
    CAPACITY_REQUESTS = 600,
    HELD_MAX = 20000
};
/* Past this share of the throughput under an infinite backlog, queues do not settle in any run of
 * finite length. */
static const double SATURATED_FRAC = 0.97;
static const double DEFAULT_TOLERANCE_FRAC = 0.02;

struct point {
    double rate, worst; /* worst: largest statistic / limit; > 1: not met */
    enum ot_slo_metric metric;
    enum ot_slo_stat stat;
    struct ot_sim_result result;
};
struct run {
    const struct ot_fits *fits;
    const struct ot_search_query *query;
    struct ot_sim_deploy deploy; /* the cost's context */
    struct ot_sim_setup setup;
    struct ot_arena *arena;
    struct point points[POINTS_MAX]; /* by rate, ascending */
    int points_n;
    double prompt_s, token_s; /* of one unloaded request: its prompt, one of its tokens */
    bool failed;              /* the simulator refused: err holds why */
    struct ot_err err;
    double *samples[2]; /* ttft, tpot by request, of the run being watched; NULL = not watched */
    int64_t samples_n, samples_cap;
};

/* ---- one run of the simulator ---- */

static void judge(const struct ot_slo *slo, struct point *point)
{
    point->worst = 0;
    for (int m = 0; m < OT_SLO_METRIC_COUNT; m++) {
        for (int s = 0; s < OT_SLO_STAT_COUNT; s++) {
            if (!(slo->limit_s[m][s] > 0))
                continue;
            const double ratio = point->result.dist[m].stat[s] / slo->limit_s[m][s];
            if (ratio > point->worst) {
                point->worst = ratio;
                point->metric = (enum ot_slo_metric)m;
                point->stat = (enum ot_slo_stat)s;
            }
        }
    }
    /* A growing queue breaks any target in the end, however short the run. */
    if (point->result.overloaded && point->worst < 1.001)
        point->worst = 1.001;
}

static const struct point *evaluate(struct run *run, double rate)
{
    struct point point = {.rate = rate};
    struct ot_sim_setup setup = run->setup;
    setup.load.rate_req_per_s = rate;
    struct ot_arena *scratch = ot_arena_child(run->arena);
    const enum ot_code code = ot_sim_run(&setup, scratch, &point.result, &run->err);
    ot_arena_free(scratch);
    if (code != OT_OK) {
        run->failed = true;
        return NULL;
    }
    judge(&run->query->slo, &point);
    int at = run->points_n;
    OT_ASSERT(at < POINTS_MAX);
    for (; at > 0 && run->points[at - 1].rate > rate; at--)
        run->points[at] = run->points[at - 1];
    run->points[at] = point;
    run->points_n++;
    return &run->points[at];
}

/* ---- the bracket ---- */

/* Where the line through two points meets ln(worst) = level, kept inside the bracket. */
static double between(const struct point *low, const struct point *high, double level)
{
    const double a = log(fmax(low->worst, 1e-3)) - level, b = log(high->worst) - level;
    double frac = b > a ? -a / (b - a) : 0.5;
    frac = ot_clamp(frac, 0.15, 0.85); /* else a bend in the curve stalls the search */
    return low->rate * pow(high->rate / low->rate, frac);
}

/* Index of the highest rate that meets the SLO with every lower one; -1 when none. */
static int accepted(const struct run *run)
{
    int at = -1;
    while (at + 1 < run->points_n && run->points[at + 1].worst <= 1)
        at++;
    return at;
}

/* Shrinks the bracket; false when even a hundredth of the ceiling misses the targets. */
static bool bracket(struct run *run, double ceiling)
{
    const struct ot_search_opts *opts = &run->query->opts;
    const double tolerance =
        opts->tolerance_frac > 0 ? opts->tolerance_frac : DEFAULT_TOLERANCE_FRAC;
    const int spare = 3; /* for the band */
    if (evaluate(run, 0.7 * ceiling) == NULL)
        return false;
    while (run->points_n < POINTS_MAX - spare) {
        const int at = accepted(run);
        double next;
        if (at < 0) {
            next = 0.4 * run->points[0].rate;
            if (next < 0.005 * ceiling)
                return false;
        } else if (at + 1 == run->points_n) {
            if (run->points[at].rate >= ceiling)
                return true;
            next = ceiling;
        } else {
            const struct point *low = &run->points[at], *high = &run->points[at + 1];
            if (high->rate - low->rate <= tolerance * low->rate)
                return true;
            next = between(low, high, 0);
        }
        if (evaluate(run, next) == NULL)
            return false;
    }
    return accepted(run) >= 0;
}

/* ---- what follows from the points ---- */

/* Rate at which the worst ratio equals `level`, read between the points; beyond them by the slope
 * of the nearest two, never past the ceiling. */
static double rate_at(const struct run *run, double level, double ceiling)
{
    const struct point *p = run->points;
    const int n = run->points_n;
    if (n == 1)
        return ot_clamp(p[0].rate, 0, ceiling);
    int at = 1;
    while (at < n - 1 && p[at].worst < level)
        at++;
    const double a = log(fmax(p[at - 1].worst, 1e-3)), b = log(fmax(p[at].worst, 1e-3));
    const double slope = b > a ? log(p[at].rate / p[at - 1].rate) / (b - a) : 0;
    const double ln = log(p[at - 1].rate) + slope * (log(level) - a);
    return ot_clamp(exp(ln), p[0].rate * 0.1, ceiling);
}

static struct ot_pred band(struct run *run, double rate, double ceiling, struct ot_pred step)
{
    const double slow = step.p90 / step.value, fast = step.p10 / step.value;
    /* the curve is sampled where the slower steps will read it */
    const double guess = rate_at(run, 1 / slow, ceiling);
    if (run->points_n < POINTS_MAX && guess < 0.97 * rate)
        (void)evaluate(run, guess);
    run->failed = false;
    const double low = fmin(rate_at(run, 1 / slow, ceiling) / slow, rate);
    const double high = fmax(rate_at(run, 1 / fast, ceiling) / fast, rate);
    return (struct ot_pred){rate, low, high, step.label};
}

static void watch(void *ctx, const struct ot_sim_record *record)
{
    struct run *run = ctx;
    if (record->index < run->setup.load.warmup_n || run->samples_n == run->samples_cap)
        return;
    const double ttft = (double)(record->first_token_ps - record->arrival_ps) * 1e-12;
    const double decode = (double)(record->finish_ps - record->first_token_ps) * 1e-12;
    const int64_t gaps = record->request.output_tok - 1;
    run->samples[0][run->samples_n] = ttft;
    run->samples[1][run->samples_n] = gaps > 0 ? decode / (double)gaps : 0;
    run->samples_n++;
}

/* Relative half-width (95 %) of the binding statistic at `point`, from ten batches of consecutive
 * requests: Student's t with 9 degrees of freedom. 0 where it is not of ttft or tpot. */
static double half_width(struct run *run, const struct point *point)
{
    static const double at_p[OT_SLO_STAT_COUNT] = {
        [OT_SLO_STAT_mean] = 0, [OT_SLO_STAT_p50] = 50, [OT_SLO_STAT_p90] = 90,
        [OT_SLO_STAT_p95] = 95, [OT_SLO_STAT_p99] = 99,
    };
    if (point->metric != OT_SLO_METRIC_ttft && point->metric != OT_SLO_METRIC_tpot)
        return 0;
    struct ot_arena *scratch = ot_arena_child(run->arena);
    struct ot_sim_setup setup = run->setup;
    struct ot_sim_result result;
    run->samples_cap = setup.load.requests_n;
    run->samples_n = 0;
    run->samples[0] = ot_arena_calloc(scratch, (size_t)run->samples_cap, sizeof(double));
    run->samples[1] = ot_arena_calloc(scratch, (size_t)run->samples_cap, sizeof(double));
    setup.load.rate_req_per_s = point->rate;
    setup.watch = (struct ot_sim_watch){.ctx = run, .finished = watch};
    double half = 0;
    if (ot_sim_run(&setup, scratch, &result, &run->err) == OT_OK &&
        run->samples_n >= 20 * BATCHES) {
        double *x = run->samples[point->metric == OT_SLO_METRIC_tpot];
        const size_t size = (size_t)(run->samples_n / BATCHES);
        struct ot_sum sum = {0, 0}, squares = {0, 0};
        for (size_t b = 0; b < BATCHES; b++) {
            double *batch = x + b * size;
            ot_sort_doubles(batch, size);
            const double stat = point->stat == OT_SLO_STAT_mean
                                    ? ot_sum_array(batch, size) / (double)size
                                    : ot_percentile_sorted(batch, size, at_p[point->stat]);
            ot_sum_add(&sum, stat);
            ot_sum_add(&squares, stat * stat);
        }
        const double mean = ot_sum_get(&sum) / BATCHES;
        const double variance = fmax(ot_sum_get(&squares) / BATCHES - mean * mean, 0);
        half = mean > 0 ? 2.262 * sqrt(variance / (BATCHES - 1)) / mean : 0;
    }
    run->samples[0] = run->samples[1] = NULL;
    ot_arena_free(scratch);
    return half;
}

/* ---- before any simulation ---- */

static double mean_of(const struct ot_quantiles *table)
{
    if (table->p_n == 1)
        return table->tokens[0];
    struct ot_sum sum = {0, 0};
    ot_sum_add(&sum, table->tokens[0] * table->p[0] / 100);
    for (int64_t i = 1; i < table->p_n; i++)
        ot_sum_add(&sum, (table->p[i] - table->p[i - 1]) / 100 *
                             (table->tokens[i] + table->tokens[i - 1]) / 2);
    const int64_t last = table->p_n - 1;
    ot_sum_add(&sum, table->tokens[last] * (100 - table->p[last]) / 100);
    return ot_sum_get(&sum);
}

static struct ot_str refuse(struct ot_yield *ret, enum ot_binding binding, struct ot_str why)
{
    ret->feasible = false;
    ret->binding = binding;
    ret->why = why;
    return why;
}

static struct ot_str err_line(struct ot_arena *arena, const struct ot_err *err)
{
    return ot_str_fmt(arena, "%.*s%s%.*s", (int)err->field.len, err->field.ptr,
                      err->field.len > 0 ? ": " : "", (int)err->allowed.len, err->allowed.ptr);
}

/* An unloaded request cannot be faster than its own prompt and one sequence's steps. */
static bool bound_ok(struct run *run, struct ot_yield *ret)
{
    const struct ot_deploy *deploy = &ret->deploy;
    const struct ot_slo *slo = &run->query->slo;
    struct ot_step_load prompt = {0};
    ot_step_load_chunk(&prompt, 0,
                       fmin(ret->mean_input_tok, (double)run->setup.engine.max_model_len));
    const struct ot_step_load token = {.decode_seqs = 1, .decode_kv_tokens = ret->mean_input_tok};
    const struct ot_step_load *loads[] = {
        [OT_SLO_METRIC_ttft] = &prompt, [OT_SLO_METRIC_tpot] = &token};
    static const enum ot_binding bindings[] = {
        [OT_SLO_METRIC_ttft] = OT_BINDING_ttft, [OT_SLO_METRIC_tpot] = OT_BINDING_tpot};
    double time_s[2] = {0, 0};
    for (int m = 0; m < 2; m++) {
        struct ot_pred time;
        struct ot_err err;
        ot_err_init(&err, run->arena);
        if (ot_step_time(run->fits, deploy, loads[m], run->arena, &time, NULL, &err) != OT_OK) {
            refuse(ret, OT_BINDING_unsupported, err_line(run->arena, &err));
            return false;
        }
        time_s[m] = time.value;
        /* only upper statistics of ttft lie above the mean prompt's time */
        for (int s = m == 0 ? OT_SLO_STAT_p90 : 0; s < OT_SLO_STAT_COUNT; s++) {
            const double limit = slo->limit_s[m][s];
            if (limit > 0 && time.value > limit * 1.0001) {
                refuse(ret, bindings[m],
                       ot_str_fmt(run->arena, "%s of one request alone is %.4g s, limit %.4g s",
                                  ot_slo_metric_name((enum ot_slo_metric)m), time.value, limit));
                return false;
            }
        }
    }
    run->prompt_s = time_s[OT_SLO_METRIC_ttft];
    run->token_s = time_s[OT_SLO_METRIC_tpot];
    return true;
}

/* Share of a request's device time that its prompt takes, tokens counted at the working batch. */
static double prompt_share(const struct run *run, const struct ot_yield *yield)
{
    const double batch = fmax(yield->mean_batch, 1);
    const double kv = batch * (yield->mean_input_tok + yield->mean_output_tok / 2);
    const struct ot_step_load token = {.decode_seqs = batch, .decode_kv_tokens = kv};
    struct ot_pred time;
    struct ot_err err;
    ot_err_init(&err, run->arena);
    double token_s = run->token_s;
    if (ot_step_time(run->fits, &yield->deploy, &token, run->arena, &time, NULL, &err) == OT_OK)
        token_s = time.value / batch;
    return run->prompt_s / (run->prompt_s + token_s * yield->mean_output_tok);
}

/* ---- the candidate ---- */

static bool set_up(struct run *run, struct ot_yield *ret)
{
    struct ot_err err;
    ot_err_init(&err, run->arena);
    const struct ot_workload *workload = run->query->workload;
    struct ot_sim_load load = ot_sim_load_of(workload);
    /* An engine is started for the lengths it will see, not for the model's limit. */
    if (ret->deploy.max_model_len == 0)
        ret->deploy.max_model_len = ot_sim_load_max_tok(&load);
    if (ot_deploy_fill(run->fits, &ret->deploy, NULL, &err) != OT_OK) {
        refuse(ret, OT_BINDING_layout, err_line(run->arena, &err));
        return false;
    }
    ret->chips_n = ot_layout_chips(ret->deploy.layout);
    if (ot_step_memory(&ret->deploy, &ret->memory, &err) != OT_OK) {
        refuse(ret, OT_BINDING_unsupported, err_line(run->arena, &err));
        return false;
    }
    if (!ret->memory.fits) {
        refuse(ret, OT_BINDING_memory,
               ot_str_fmt(run->arena, "weights %.3g GB of %.3g GB usable per chip",
                          ret->memory.weights_bytes / 1e9, ret->memory.usable_bytes / 1e9));
        return false;
    }
    const enum ot_code code =
        ot_sim_setup_of(&run->deploy, ot_sim_load_max_tok(&load), NULL, &run->setup, &err);
    if (code != OT_OK) {
        refuse(ret, code == OT_INFEASIBLE ? OT_BINDING_memory : OT_BINDING_unsupported,
               err_line(run->arena, &err));
        return false;
    }
    run->setup.load = load;
    run->setup.load.arrival = OT_SIM_OPEN;
    run->setup.load.seed = run->query->opts.seed;
    run->setup.slo = run->query->slo;
    run->setup.replicas_n = 1;
    run->setup.threads = 1;
    ret->mean_input_tok = mean_of(&workload->input);
    ret->mean_output_tok = mean_of(&workload->output);
    return bound_ok(run, ret);
}

/* Requests a replica holds at once when everything is full: blocks and the engine's limit. */
static double held_when_full(const struct run *run, const struct ot_yield *yield)
{
    const struct ot_sim_engine *engine = &run->setup.engine;
    const double tokens = fmax(yield->mean_input_tok + yield->mean_output_tok / 2, 1);
    double held = (double)yield->memory.kv_blocks * (double)yield->memory.block_tokens *
                  (double)yield->deploy.layout.dp / tokens;
    if (engine->max_num_seqs > 0)
        held = fmin(held, (double)engine->max_num_seqs);
    return ot_clamp(held, 1, HELD_MAX);
}

/* The same under the targets: a limit on the time per token lets none stay longer than it allows.
 * A run must see as many come and go before it counts. */
static int64_t held_at_most(const struct run *run, const struct ot_yield *yield)
{
    const struct ot_slo *slo = &run->query->slo;
    double held = held_when_full(run, yield);
    for (int s = 0; s < OT_SLO_STAT_COUNT; s++) {
        const double tpot = slo->limit_s[OT_SLO_METRIC_tpot][s];
        const double ttft = slo->limit_s[OT_SLO_METRIC_ttft][s];
        if (tpot > 0)
            held = fmin(held, yield->capacity_req_per_s * (ttft + tpot * yield->mean_output_tok));
    }
    held = ot_clamp(held, 1, HELD_MAX);
    return (int64_t)held;
}

static void take_point(const struct point *point, struct ot_yield *ret)
{
    ret->rate_req_per_s = point->rate;
    for (int m = 0; m < OT_SLO_METRIC_COUNT; m++)
        for (int s = 0; s < OT_SLO_STAT_COUNT; s++)
            ret->latency_s[m][s] = point->result.dist[m].stat[s];
    const double requests = (double)point->result.requests_n;
    ret->mean_input_tok = (double)point->result.input_tok / requests;
    ret->mean_output_tok = (double)point->result.output_tok / requests;
    ret->input_tok_per_s = point->rate * ret->mean_input_tok;
    ret->output_tok_per_s = point->rate * ret->mean_output_tok;
    ret->served = point->result;
    ret->busy_frac = point->result.busy_frac;
    ret->peak_kv_frac = point->result.peak_kv_frac;
    ret->mean_batch = point->result.mean_batch;
}

static const enum ot_binding binding_of[OT_SLO_METRIC_COUNT] = {
    [OT_SLO_METRIC_ttft] = OT_BINDING_ttft,
    [OT_SLO_METRIC_tpot] = OT_BINDING_tpot,
    [OT_SLO_METRIC_itl] = OT_BINDING_itl,
    [OT_SLO_METRIC_e2e] = OT_BINDING_e2e,
};

static void refuse_by_run(const struct run *run, struct ot_yield *ret)
{
    if (run->failed) {
        refuse(ret, OT_BINDING_unsupported, err_line(run->arena, &run->err));
        return;
    }
    const struct point *point = &run->points[0];
    refuse(ret, binding_of[point->metric],
           ot_str_fmt(run->arena, "%s_%s is %.4g s at %.3g requests/s, limit %.4g s",
                      ot_slo_metric_name(point->metric), ot_slo_stat_name(point->stat),
                      point->result.dist[point->metric].stat[point->stat], point->rate,
                      run->query->slo.limit_s[point->metric][point->stat]));
    for (int m = 0; m < OT_SLO_METRIC_COUNT; m++)
        for (int s = 0; s < OT_SLO_STAT_COUNT; s++)
            ret->latency_s[m][s] = point->result.dist[m].stat[s];
}

static void answer(struct run *run, double ceiling, struct ot_pred step, struct ot_yield *ret)
{
    const struct point best = run->points[accepted(run)];
    const bool at_ceiling = best.rate >= ceiling;
    take_point(&best, ret);
    ret->feasible = true;
    const struct point *over = at_ceiling ? &best : &run->points[accepted(run) + 1];
    ret->binding = at_ceiling ? OT_BINDING_throughput : binding_of[over->metric];
    ret->why = at_ceiling
                   ? ot_str_fmt(run->arena, "saturated: %.3g requests/s at a full backlog",
                                ret->capacity_req_per_s)
                   : ot_str_fmt(run->arena, "%s_%s %.4g s of %.4g s",
                                ot_slo_metric_name(over->metric), ot_slo_stat_name(over->stat),
                                best.result.dist[over->metric].stat[over->stat],
                                run->query->slo.limit_s[over->metric][over->stat]);
    const double half = half_width(run, &best);
    ret->rate_low_req_per_s = fmin(rate_at(run, 1 / (1 + half), ceiling), best.rate);
    ret->rate_high_req_per_s = fmax(rate_at(run, 1 + half, ceiling), best.rate);
    const struct ot_pred rate = band(run, best.rate, ceiling, step);
    ret->work_req_per_chip_s = ot_pred_scale(rate, 1 / (double)ret->chips_n);
    ret->prompt_time_frac = prompt_share(run, ret);
    ret->band = (struct ot_sim_band){
        .u = ot_clamp(best.rate / ret->capacity_req_per_s, 0, 1),
        .step_half_frac = fmax(step.p90 / step.value - 1, 1 - step.p10 / step.value),
        .assumed_arrivals = true,
        .fixed_lengths = run->query->workload->input.p_n == 1,
        .label = step.label,
    };
    ret->simulations_n = run->points_n + 2;
    OT_CHECK_FINITE(ret->work_req_per_chip_s.value);
}

static struct ot_pred step_band(const struct run *run)
{
    struct ot_step_table *table;
    struct ot_err err;
    ot_err_init(&err, run->arena);
    struct ot_arena *scratch = ot_arena_child(run->arena);
    struct ot_pred step = {1, 1, 1, OT_LABEL_first_principles};
    if (ot_step_table_new(run->fits, run->deploy.deploy, scratch, &table, &err) == OT_OK)
        step = ot_step_table_band(table);
    ot_arena_free(scratch);
    return step;
}

void ot__rate_search(const struct ot_fits *fits, const struct ot_search_query *query,
                     struct ot_deploy deploy, double best_work, struct ot_arena *arena,
                     struct ot_yield *ret)
{
    *ret = (struct ot_yield){.deploy = deploy, .why = ot_str_c("")};
    struct run *run = ot_arena_calloc(arena, 1, sizeof *run);
    run->fits = fits;
    run->query = query;
    run->arena = arena;
    run->deploy = (struct ot_sim_deploy){fits, &ret->deploy};
    ot_err_init(&run->err, arena);
    ret->chips_n = ot_layout_chips(deploy.layout);
    if (!set_up(run, ret))
        return;
    /* enough requests to fill it and to let the middle ones leave */
    const double backlog = fmax(3 * held_when_full(run, ret), CAPACITY_REQUESTS);
    if (ot_sim_capacity(&run->setup, (int64_t)backlog, arena, &ret->capacity_req_per_s,
                        &run->err) != OT_OK) {
        refuse(ret, OT_BINDING_unsupported, err_line(arena, &run->err));
        return;
    }
    if (ret->capacity_req_per_s / (double)ret->chips_n < best_work) {
        refuse(ret, OT_BINDING_dominated,
               ot_str_fmt(arena, "saturates at %.3g requests/s per chip, another layout does %.3g",
                          ret->capacity_req_per_s / (double)ret->chips_n, best_work));
        return;
    }
    const int64_t held = held_at_most(run, ret);
    const int64_t wanted = query->opts.requests_n > 0 ? query->opts.requests_n : DEFAULT_REQUESTS;
    run->setup.load.warmup_n = held;
    run->setup.load.requests_n = held + (wanted > 2 * held ? wanted : 2 * held);
    const double ceiling = SATURATED_FRAC * ret->capacity_req_per_s;
    if (!bracket(run, ceiling)) {
        refuse_by_run(run, ret);
        return;
    }
    answer(run, ceiling, step_band(run), ret);
}
