/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of whole steps and of served load: a step by the step floor, saturated throughput by the
 * KV-limited batch (docs/models/validation.md), fixed concurrency and open loops by simulation, a
 * highest rate by the search. */
#include <math.h>
#include <string.h>

#include "measure.h"

enum {
    REQUESTS_DEFAULT = 500,
    REQUESTS_MAX = 20000,
    PACK_TOKENS = 8192
};

static void fail_all(size_t n, struct ot__outcome *ret, const char *why, struct ot_str value)
{
    for (size_t i = 0; i < n; i++)
        (void)ot__outcome_fail(&ret[i], why, value);
}

static struct ot_str err_line(struct ot_arena *arena, const struct ot_err *err)
{
    return ot_str_fmt(arena, "%.*s%s%.*s", (int)err->field.len, err->field.ptr,
                      err->field.len > 0 ? " " : "", (int)err->allowed.len, err->allowed.ptr);
}

/* ---- metrics from rates and latencies ---- */

struct rates { /* of one replica */
    double requests_per_s, input_tok_per_s, output_tok_per_s;
};

/* A throughput of all the row's chips (or per chip); false when the metric is none. */
static bool throughput(const struct ot__meas *meas, const struct ot_deploy *deploy,
                       const struct rates *rates, double *ret)
{
    double one;
    if (ot_str_is(meas->metric, "output_tokens_per_s"))
        one = rates->output_tok_per_s;
    else if (ot_str_is(meas->metric, "tokens_per_s") ||
             ot_str_is(meas->metric, "tokens_per_s_per_chip"))
        one = rates->input_tok_per_s + rates->output_tok_per_s;
    else if (ot_str_is(meas->metric, "requests_per_s"))
        one = rates->requests_per_s;
    else
        return false;
    const int64_t chips = ot_layout_chips(deploy->layout);
    *ret = meas->per_chip ? one / (double)chips : one * ot__replicas_of(meas, deploy);
    return true;
}

/* "ttft_p99": false when the metric is not a latency. */
static bool latency_of(struct ot_str metric, enum ot_slo_metric *ret_metric,
                       enum ot_slo_stat *ret_stat)
{
    struct ot_str tail;
    const struct ot_str head = ot_str_cut(metric, '_', &tail);
    for (int m = 0; m < OT_SLO_METRIC_COUNT; m++) {
        if (!ot_str_is(head, ot_slo_metric_name((enum ot_slo_metric)m)))
            continue;
        for (int s = 0; s < OT_SLO_STAT_COUNT; s++) {
            if (ot_str_is(tail, ot_slo_stat_name((enum ot_slo_stat)s))) {
                *ret_metric = (enum ot_slo_metric)m;
                *ret_stat = (enum ot_slo_stat)s;
                return true;
            }
        }
    }
    return false;
}

static void set_outcome(struct ot__outcome *ret, struct ot_pred predicted)
{
    if (!(predicted.value > 0)) {
        (void)ot__outcome_fail(ret, "predicted as zero", ot_str_c(""));
        return;
    }
    OT_CHECK_FINITE(predicted.value);
    ret->ok = true;
    ret->predicted = predicted;
}

/* ---- steps and memory ---- */

static bool step_load_of(const struct ot__meas *meas, struct ot_step_load *ret)
{
    const double batch = meas->has[OT__COL_batch] ? meas->num[OT__COL_batch] : 1;
    const double kv =
        meas->has[OT__COL_kv_len] ? meas->num[OT__COL_kv_len] : meas->num[OT__COL_isl];
    const double q = meas->has[OT__COL_q_len] ? meas->num[OT__COL_q_len] : kv;
    *ret = (struct ot_step_load){0};
    if (!(batch > 0) || !(kv > 0) || batch > 1e6)
        return false;
    if (ot_str_is(meas->text[OT__COL_phase], "decode")) {
        ret->decode_seqs = batch;
        ret->decode_kv_tokens = batch * kv;
    } else if (ot_str_is(meas->text[OT__COL_phase], "prefill")) {
        for (int64_t i = 0; i < (int64_t)batch; i++)
            ot_step_load_chunk(ret, fmax(kv - q, 0), q);
    } else {
        return false;
    }
    return true;
}

static void predict_memory(const struct ot__meas *meas, const struct ot_deploy *deploy,
                           struct ot_arena *arena, struct ot__outcome *ret)
{
    struct ot_memory memory;
    struct ot_err err;
    ot_err_init(&err, arena);
    if (ot_step_memory(deploy, &memory, &err) != OT_OK) {
        (void)ot__outcome_fail(ret, "memory is not predicted for it", err_line(arena, &err));
        return;
    }
    const bool blocks = ot_str_is(meas->metric, "kv_blocks");
    const double value = blocks ? (double)memory.kv_blocks : memory.used_bytes;
    set_outcome(ret, ot_pred_of(value, blocks ? 0.85 : 0.95, blocks ? 1.15 : 1.05,
                                OT_LABEL_first_principles));
}

static void predict_step(const struct ot__predict_ctx *ctx, const struct ot__meas *meas,
                         const struct ot_deploy *deploy, struct ot_arena *arena,
                         struct ot__outcome *ret)
{
    struct ot_step_load load;
    struct ot_pred time;
    struct ot_err err;
    if (ot_str_is(meas->metric, "kv_blocks") || ot_str_is(meas->metric, "peak_memory")) {
        predict_memory(meas, deploy, arena, ret);
        return;
    }
    if (!ot_str_is(meas->metric, "time")) {
        (void)ot__outcome_fail(ret, "a step row predicts time and memory only", meas->metric);
        return;
    }
    if (!step_load_of(meas, &load)) {
        (void)ot__outcome_fail(ret, "phase, batch or lengths not stated", ot_str_c(""));
        return;
    }
    ot_err_init(&err, arena);
    if (ot_step_time(ctx->fits, deploy, &load, arena, &time, NULL, &err) != OT_OK)
        (void)ot__outcome_fail(ret, "no form for this step", err_line(arena, &err));
    else
        set_outcome(ret, time);
}

void ot__predict_step(const struct ot__predict_ctx *ctx, const struct ot__meas *const *meas,
                      size_t n, struct ot_arena *arena, struct ot__outcome *ret)
{
    struct ot_deploy deploy;
    for (size_t i = 0; i < n; i++)
        if (ot__deploy_of(ctx, meas[i], arena, &deploy, &ret[i]))
            predict_step(ctx, meas[i], &deploy, arena, &ret[i]);
}

/* ---- lengths ---- */

static double mean_of(const struct ot_quantiles *table)
{
    if (table->p_n == 1)
        return table->tokens[0];
    double sum = table->tokens[0] * table->p[0] / 100;
    for (int64_t i = 1; i < table->p_n; i++)
        sum +=
            (table->p[i] - table->p[i - 1]) / 100 * (table->tokens[i] + table->tokens[i - 1]) / 2;
    return sum + table->tokens[table->p_n - 1] * (100 - table->p[table->p_n - 1]) / 100;
}

/* Mean lengths: stated, else the workload's; false when neither is there. */
static bool mean_lengths(const struct ot__meas *meas, double *ret_input, double *ret_output)
{
    double input = meas->num[OT__COL_isl], output = meas->num[OT__COL_osl];
    if (meas->workload != NULL && meas->workload->input.p_n > 0 && !(input > 0))
        input = mean_of(&meas->workload->input);
    if (meas->workload != NULL && meas->workload->output.p_n > 0 && !(output > 0))
        output = mean_of(&meas->workload->output);
    *ret_input = input;
    *ret_output = output;
    return input >= 1 && output >= 1;
}

/* ---- offline: saturated throughput ---- */

/* Device time of one request's prompt inside packs of PACK_TOKENS, and of one of its tokens in a
 * batch of `batch`. */
static bool request_times(const struct ot__predict_ctx *ctx, const struct ot_deploy *deploy,
                          double input, double output, double batch, struct ot_arena *arena,
                          struct ot_pred *ret_prompt, struct ot_pred *ret_step, struct ot_err *err)
{
    const double packed = fmax(floor(PACK_TOKENS / input), 1);
    struct ot_step_load pack = {0};
    for (int64_t i = 0; i < (int64_t)packed; i++)
        ot_step_load_chunk(&pack, 0, input);
    const struct ot_step_load token = {.decode_seqs = batch,
                                       .decode_kv_tokens = batch * (input + output / 2)};
    if (ot_step_time(ctx->fits, deploy, &pack, arena, ret_prompt, NULL, err) != OT_OK ||
        ot_step_time(ctx->fits, deploy, &token, arena, ret_step, NULL, err) != OT_OK)
        return false;
    *ret_prompt = ot_pred_scale(*ret_prompt, 1 / packed);
    return true;
}

void ot__predict_offline(const struct ot__predict_ctx *ctx, const struct ot__meas *const *meas,
                         size_t n, struct ot_arena *arena, struct ot__outcome *ret)
{
    struct ot_deploy deploy;
    struct ot_memory memory;
    struct ot_pred prompt, step;
    struct ot_err err;
    double input, output, value;
    ot_err_init(&err, arena);
    if (!ot__deploy_of(ctx, meas[0], arena, &deploy, &ret[0])) {
        fail_all(n, ret, ret[0].skip, ret[0].skip_value);
        return;
    }
    if (!mean_lengths(meas[0], &input, &output)) {
        fail_all(n, ret, "lengths not stated", ot_str_c(""));
        return;
    }
    if (ot_step_memory(&deploy, &memory, &err) != OT_OK || !memory.fits) {
        fail_all(n, ret, "does not fit in memory as described", err_line(arena, &err));
        return;
    }
    const double room = (double)memory.kv_blocks * (double)memory.block_tokens *
                        (double)deploy.layout.dp / (input + output / 2);
    double batch = room;
    if (meas[0]->has[OT__COL_max_num_seqs] && meas[0]->num[OT__COL_max_num_seqs] > 0)
        batch = fmin(batch, meas[0]->num[OT__COL_max_num_seqs] * (double)deploy.layout.dp);
    /* Pipeline stages work on as many micro-batches at once. */
    const double stages = (double)deploy.layout.pp;
    batch = floor(fmin(batch, room / stages));
    if (batch < 1) {
        fail_all(n, ret, "does not fit in memory as described", ot_str_c("one request"));
        return;
    }
    if (!request_times(ctx, &deploy, input, output, batch, arena, &prompt, &step, &err)) {
        fail_all(n, ret, "no form for this step", err_line(arena, &err));
        return;
    }
    const double request_s = (output * step.value / batch + prompt.value) / stages;
    const struct rates rates = {1 / request_s, input / request_s, output / request_s};
    const double fast = step.p10 / step.value, slow = step.p90 / step.value;
    for (size_t i = 0; i < n; i++) {
        if (throughput(meas[i], &deploy, &rates, &value))
            set_outcome(&ret[i], ot_pred_of(value, 1 / slow, 1 / fast, step.label));
        else
            (void)ot__outcome_fail(&ret[i], "metric without meaning offline", meas[i]->metric);
    }
}

/* ---- steady and server: simulation ---- */

/* half: a cell of the caller's, for the probability of the one point. */
static void set_lengths(const struct ot__meas *meas, double *input, double *output, double *half,
                        struct ot_sim_load *load)
{
    *half = 50;
    *input = floor(*input + 0.5);
    *output = floor(*output + 0.5);
    if (meas->workload != NULL && meas->workload->input.p_n > 0 && meas->workload->output.p_n > 0) {
        *load = ot_sim_load_of(meas->workload);
        return;
    }
    load->input = (struct ot_quantiles){.p = half, .tokens = input, .p_n = 1, .tokens_n = 1};
    load->output = (struct ot_quantiles){.p = half, .tokens = output, .p_n = 1, .tokens_n = 1};
}

/* One replica's share of the row's load. */
static bool set_load(const struct ot__predict_ctx *ctx, const struct ot__meas *meas,
                     const struct ot_deploy *deploy, struct ot_sim_load *load)
{
    const double replicas = ot__replicas_of(meas, deploy);
    const double wanted = (double)(ctx->requests_n > 0 ? ctx->requests_n : REQUESTS_DEFAULT);
    load->seed = ctx->seed;
    if (meas->kind == OT_MEAS_KIND_server) {
        load->arrival = OT_SIM_OPEN;
        load->rate_req_per_s = meas->num[OT__COL_rate] / replicas;
        load->requests_n =
            (int64_t)(meas->has[OT__COL_n_requests] ? meas->num[OT__COL_n_requests] : 3 * wanted);
        load->warmup_n = meas->has[OT__COL_n_requests] ? 0 : (int64_t)wanted;
        return load->rate_req_per_s > 0;
    }
    double users = meas->num[OT__COL_concurrency] / replicas;
    if (ot_str_is(meas->text[OT__COL_arrival], "max"))
        users = meas->num[OT__COL_batch];
    users = fmax(floor(users + 0.5), 1);
    if (!meas->has[OT__COL_concurrency] && !ot_str_is(meas->text[OT__COL_arrival], "max"))
        return false;
    if (ot_str_is(meas->text[OT__COL_arrival], "static")) {
        load->arrival = OT_SIM_AT_ONCE;
        load->requests_n = (int64_t)users;
        return users <= REQUESTS_MAX;
    }
    load->arrival = OT_SIM_CLOSED;
    load->concurrency = (int64_t)users;
    load->warmup_n = (int64_t)users;
    load->requests_n = (int64_t)(users + fmax(64, fmin(3 * users, wanted)));
    return users <= REQUESTS_MAX;
}

struct served {
    struct ot_deploy deploy;
    struct ot_sim_result result;
    struct ot_sim_band band;
};

static struct ot_pred step_band(const struct ot__predict_ctx *ctx, const struct ot_deploy *deploy,
                                struct ot_arena *arena)
{
    struct ot_step_table *table;
    struct ot_err err;
    ot_err_init(&err, arena);
    if (ot_step_table_new(ctx->fits, deploy, arena, &table, &err) != OT_OK)
        return ot_pred_of(1, 0.5, 2, OT_LABEL_first_principles);
    return ot_step_table_band(table);
}

static bool serve(const struct ot__predict_ctx *ctx, const struct ot__meas *meas,
                  struct ot_arena *arena, struct served *ret, struct ot__outcome *out)
{
    struct ot_sim_setup setup;
    struct ot_sim_load load = {0};
    struct ot_err err;
    double input, output, half;
    ot_err_init(&err, arena);
    if (!ot__deploy_of(ctx, meas, arena, &ret->deploy, out))
        return false;
    if (!mean_lengths(meas, &input, &output))
        return ot__outcome_fail(out, "lengths not stated", ot_str_c(""));
    set_lengths(meas, &input, &output, &half, &load);
    if (!set_load(ctx, meas, &ret->deploy, &load))
        return ot__outcome_fail(out, "load not stated", ot_str_c(""));
    const struct ot_sim_deploy deploy = {ctx->fits, &ret->deploy};
    if (ot_sim_setup_of(&deploy, ot_sim_load_max_tok(&load), NULL, &setup, &err) != OT_OK)
        return ot__outcome_fail(out, "cannot be served as described", err_line(arena, &err));
    setup.load = load;
    setup.replicas_n = 1;
    setup.threads = 1;
    if (ot_sim_run(&setup, arena, &ret->result, &err) != OT_OK)
        return ot__outcome_fail(out, "cannot be served as described", err_line(arena, &err));
    if (ret->result.requests_n == 0)
        return ot__outcome_fail(out, "the engine refuses every request", ot_str_c(""));
    const struct ot_pred step = step_band(ctx, &ret->deploy, arena);
    double capacity = 0;
    const bool open = load.arrival == OT_SIM_OPEN;
    if (open && ot_sim_capacity(&setup, 0, arena, &capacity, &err) != OT_OK)
        return ot__outcome_fail(out, "cannot be served as described", err_line(arena, &err));
    ret->band = (struct ot_sim_band){
        .u = open && capacity > 0 ? load.rate_req_per_s / capacity : 0,
        .step_half_frac = fmax(step.p90 / step.value - 1, 1 - step.p10 / step.value),
        .assumed_arrivals = open,
        .fixed_lengths = open && meas->workload == NULL,
        .label = step.label,
    };
    return true;
}

/* Decode time at the compiled context where a table gives no lengths (AWS rows of 2023). */
static bool bucket_only(const struct ot__meas *meas)
{
    return !meas->has[OT__COL_isl] && meas->has[OT__COL_max_model_len] &&
           meas->has[OT__COL_batch] && ot_str_is(meas->text[OT__COL_engine], "nxd");
}

static void predict_bucket(const struct ot__predict_ctx *ctx, const struct ot__meas *meas,
                           struct ot_arena *arena, struct ot__outcome *ret)
{
    struct ot_deploy deploy;
    struct ot_pred time;
    struct ot_err err;
    const double batch = meas->num[OT__COL_batch];
    const bool tpot = ot_str_starts(meas->metric, "tpot_");
    const bool rate = ot_str_is(meas->metric, "output_tokens_per_s");
    if (!tpot && !rate) {
        (void)ot__outcome_fail(ret, "lengths not stated", ot_str_c(""));
        return;
    }
    if (!ot__deploy_of(ctx, meas, arena, &deploy, ret))
        return;
    const int64_t bucket = ot_step_bucket((int64_t)meas->num[OT__COL_max_model_len]);
    const struct ot_step_load load = {.decode_seqs = batch,
                                      .decode_kv_tokens = batch * (double)bucket};
    ot_err_init(&err, arena);
    if (ot_step_time(ctx->fits, &deploy, &load, arena, &time, NULL, &err) != OT_OK)
        (void)ot__outcome_fail(ret, "no form for this step", err_line(arena, &err));
    else
        set_outcome(ret,
                    tpot ? time : ot_pred_inverse(time, batch * ot__replicas_of(meas, &deploy)));
}

/* One request at a time on an engine whose every step is compiled for its largest batch and length
 * (optimum-neuron): the padded step, and the prompt's own bucket. */
static bool padded_single(const struct ot__meas *meas)
{
    return ot_str_is(meas->text[OT__COL_mode], "max_len") && meas->num[OT__COL_concurrency] == 1 &&
           meas->has[OT__COL_batch] && meas->has[OT__COL_isl] && meas->has[OT__COL_osl] &&
           meas->has[OT__COL_max_model_len];
}

static void predict_padded(const struct ot__predict_ctx *ctx, const struct ot__meas *meas,
                           struct ot_arena *arena, struct ot__outcome *ret)
{
    struct ot_deploy deploy;
    struct ot_pred step, prompt;
    struct ot_err err;
    const double batch = meas->num[OT__COL_batch], output = meas->num[OT__COL_osl];
    const int64_t length = ot_step_bucket((int64_t)meas->num[OT__COL_max_model_len]);
    const int64_t bucket = ot_step_bucket((int64_t)meas->num[OT__COL_isl]);
    const struct ot_step_load token = {.decode_seqs = batch,
                                       .decode_kv_tokens = batch * (double)length};
    struct ot_step_load chunk = {0};
    ot_step_load_chunk(&chunk, 0, (double)bucket);
    ot_err_init(&err, arena);
    if (!ot__deploy_of(ctx, meas, arena, &deploy, ret))
        return;
    if (ot_step_time(ctx->fits, &deploy, &token, arena, &step, NULL, &err) != OT_OK ||
        ot_step_time(ctx->fits, &deploy, &chunk, arena, &prompt, NULL, &err) != OT_OK) {
        (void)ot__outcome_fail(ret, "no form for this step", err_line(arena, &err));
        return;
    }
    const double request_s = prompt.value + (output - 1) * step.value;
    if (ot_str_starts(meas->metric, "tpot_"))
        set_outcome(ret, step);
    else if (ot_str_starts(meas->metric, "ttft_"))
        set_outcome(ret, prompt);
    else if (ot_str_is(meas->metric, "output_tokens_per_s"))
        set_outcome(ret, ot_pred_inverse(ot_pred_scale(step, request_s / step.value), output));
    else
        (void)ot__outcome_fail(ret, "metric without meaning under load", meas->metric);
}

void ot__predict_load(const struct ot__predict_ctx *ctx, const struct ot__meas *const *meas,
                      size_t n, struct ot_arena *arena, struct ot__outcome *ret)
{
    struct served served;
    if (bucket_only(meas[0]) || padded_single(meas[0])) {
        for (size_t i = 0; i < n; i++)
            (bucket_only(meas[0]) ? predict_bucket : predict_padded)(ctx, meas[i], arena, &ret[i]);
        return;
    }
    if (!serve(ctx, meas[0], arena, &served, &ret[0])) {
        fail_all(n, ret, ret[0].skip, ret[0].skip_value);
        return;
    }
    const struct ot_sim_result *result = &served.result;
    const struct rates rates = {result->requests_per_s, result->input_tok_per_s,
                                result->output_tok_per_s};
    const double half = served.band.step_half_frac;
    for (size_t i = 0; i < n; i++) {
        enum ot_slo_metric metric;
        enum ot_slo_stat stat;
        double value;
        if (throughput(meas[i], &served.deploy, &rates, &value))
            set_outcome(&ret[i], ot_pred_of(value, 1 / (1 + half), 1 + half, served.band.label));
        else if (latency_of(meas[i]->metric, &metric, &stat))
            set_outcome(&ret[i],
                        ot_sim_pred(&served.band, result, metric, result->dist[metric].stat[stat]));
        else
            (void)ot__outcome_fail(&ret[i], "metric without meaning under load", meas[i]->metric);
    }
}

/* ---- limit: the highest rate within the targets ---- */

static bool slo_of(const struct ot__meas *meas, struct ot_arena *arena, struct ot_slo *ret)
{
    struct ot_err err;
    ot_err_init(&err, arena);
    *ret = (struct ot_slo){0};
    if (meas->text[OT__COL_slo].len > 0)
        return ot_slo_parse(meas->text[OT__COL_slo], ot_loc_of(ot_str_c(""), 0, 0), ret, &err) ==
               OT_OK;
    double ttft = meas->num[OT__COL_ttft_limit_s], tpot = meas->num[OT__COL_tpot_limit_s];
    if (!(ttft > 0) && meas->workload != NULL)
        ttft = meas->workload->ttft_limit_s;
    if (!(tpot > 0) && meas->workload != NULL)
        tpot = meas->workload->tpot_limit_s;
    ret->limit_s[OT_SLO_METRIC_ttft][OT_SLO_STAT_p99] = ttft;
    ret->limit_s[OT_SLO_METRIC_tpot][OT_SLO_STAT_p99] = tpot;
    return ttft > 0 || tpot > 0;
}

static bool find_limit(const struct ot__predict_ctx *ctx, const struct ot__meas *meas,
                       struct ot_arena *arena, struct ot_yield *ret, struct ot__outcome *out)
{
    struct ot_err err;
    struct ot_search_query query = {.workload = meas->workload,
                                    .engine_fixed = true,
                                    .dtype_weights_fixed = true,
                                    .dtype_act_fixed = true,
                                    .dtype_moe_fixed = true,
                                    .dtype_kv_fixed = true};
    if (meas->workload == NULL)
        return ot__outcome_fail(out, "workload not stated", ot_str_c(""));
    if (!slo_of(meas, arena, &query.slo))
        return ot__outcome_fail(out, "latency limits not stated", meas->text[OT__COL_slo]);
    if (!ot__deploy_of(ctx, meas, arena, &query.base, out))
        return false;
    query.opts = (struct ot_search_opts){
        .requests_n = 2 * ctx->requests_n, .tolerance_frac = 0.03, .seed = ctx->seed, .threads = 1};
    ot_err_init(&err, arena);
    struct ot_search *search = ot_search_new(arena, ctx->catalog, ctx->fits);
    if (ot_search_yield(search, &query, meas->chip, ret, &err) != OT_OK)
        return ot__outcome_fail(out, "cannot be searched", err_line(arena, &err));
    if (!ret->feasible)
        return ot__outcome_fail(out, "no rate meets the limits as predicted", ret->why);
    return true;
}

void ot__predict_limit(const struct ot__predict_ctx *ctx, const struct ot__meas *const *meas,
                       size_t n, struct ot_arena *arena, struct ot__outcome *ret)
{
    struct ot_yield yield;
    double value;
    if (!find_limit(ctx, meas[0], arena, &yield, &ret[0])) {
        fail_all(n, ret, ret[0].skip, ret[0].skip_value);
        return;
    }
    const struct rates rates = {yield.rate_req_per_s, yield.input_tok_per_s,
                                yield.output_tok_per_s};
    const struct ot_pred work = yield.work_req_per_chip_s;
    for (size_t i = 0; i < n; i++) {
        if (throughput(meas[i], &yield.deploy, &rates, &value))
            set_outcome(&ret[i], ot_pred_of(value, work.p10 / work.value, work.p90 / work.value,
                                            work.label));
        else
            (void)ot__outcome_fail(&ret[i], "metric without meaning at a limit", meas[i]->metric);
    }
}
