/* SPDX-License-Identifier: Apache-2.0 */
/* `offtake serve`: what a stream of requests sees of replicas of one deployment. */
#include <stdlib.h>

#include "cli/deploy_opts.h"
#include "cli/load_opts.h"
#include "offtake/report.h"

struct answer {
    const struct ot_deploy *deploy;
    const struct ot_sim_setup *setup;
    struct ot_sim_answer sim;
    struct ot_str workload;
};

static const char *const metric_heads[OT_SLO_METRIC_COUNT] = {
    [OT_SLO_METRIC_ttft] = "time to first token",
    [OT_SLO_METRIC_tpot] = "time per output token",
    [OT_SLO_METRIC_itl] = "gap between tokens",
    [OT_SLO_METRIC_e2e] = "end to end"};

static struct ot_grid *latency_grid(struct ot__cli *cli, const struct answer *a)
{
    static const struct ot_col cols[] = {
        {.key = "metric", .head = "latency", .kind = OT_COL_TEXT},
        {.key = "mean_s", .head = "mean", .kind = OT_COL_SI, .dim = OT_DIM_TIME},
        {.key = "p50_s", .head = "p50", .kind = OT_COL_SI, .dim = OT_DIM_TIME},
        {.key = "p90_s", .head = "p90", .kind = OT_COL_SI, .dim = OT_DIM_TIME},
        {.key = "p95_s", .head = "p95", .kind = OT_COL_SI, .dim = OT_DIM_TIME},
        {.key = "p99_s", .head = "p99", .kind = OT_COL_SI, .dim = OT_DIM_TIME},
        {.key = "p95_p10_s", .head = "p95 from", .kind = OT_COL_SI, .dim = OT_DIM_TIME},
        {.key = "p95_p90_s", .head = "to", .kind = OT_COL_SI, .dim = OT_DIM_TIME},
    };
    struct ot_grid *grid = ot_grid_new(cli->arena, cols, OT_COUNT(cols));
    for (int m = 0; m < OT_SLO_METRIC_COUNT; m++) {
        ot_grid_row(grid);
        ot_grid_str(grid, ot_str_c(metric_heads[m]));
        for (int s = 0; s < OT_SLO_STAT_COUNT; s++) {
            ot_grid_num(grid, a->sim.dist[m][s].value);
        }
        ot_grid_num(grid, a->sim.dist[m][OT_SLO_STAT_p95].p10);
        ot_grid_num(grid, a->sim.dist[m][OT_SLO_STAT_p95].p90);
    }
    return grid;
}

static void text_system(const struct answer *a, struct ot_buf *out)
{
    const struct ot_deploy *d = a->deploy;
    const struct ot_sim_engine *e = &a->setup->engine;
    ot_buf_addf(out, "%s on %lld x %lld %s (tp %lld, pp %lld, ep %lld, dp %lld), %s\n",
                d->model->name.ptr, (long long)a->setup->replicas_n,
                (long long)ot_layout_chips(d->layout), d->chip->name.ptr, (long long)d->layout.tp,
                (long long)d->layout.pp, (long long)d->layout.ep, (long long)d->layout.dp,
                ot_engine_name(d->engine));
    if (e->policy == OT_SIM_POLICY_nxd) {
        ot_buf_addf(out, "compiled batch %lld, length %lld\n", (long long)e->max_num_seqs,
                    (long long)e->max_model_len);
    } else {
        ot_buf_addf(out,
                    "%lld KV blocks of %lld tokens, max_num_seqs %lld, token budget %lld, "
                    "%lld batch(es) in flight\n",
                    (long long)e->num_blocks, (long long)e->block_tokens,
                    (long long)e->max_num_seqs, (long long)e->max_batched_tokens,
                    (long long)e->in_flight_n);
    }
}

static void text_verdict(const struct answer *a, struct ot_buf *out)
{
    const struct ot_sim_result *r = &a->sim.result;
    if (r->overloaded) {
        ot_buf_addf(out,
                    "\nOVERLOADED: the queue keeps growing (%.0f waiting in the second quarter, "
                    "%.0f in the last).\nThe latencies below are those of this finite run, and "
                    "grow with its length.\n",
                    r->waiting_q2, r->waiting_q4);
    } else if (a->sim.saturated) {
        ot_buf_addf(out,
                    "\nsaturated, or may be: the load is %.0f %% of the capacity, known to "
                    "+- %.0f %%.\nNo steady latency can be promised; bands are of this finite "
                    "run.\n",
                    100 * a->sim.band.u, 100 * a->sim.band.step_half_frac);
    }
    if (r->refused_n > 0) {
        ot_buf_addf(out, "refused: %lld prompts longer than the engine takes\n",
                    (long long)r->refused_n);
    }
    if (r->cut_n > 0) {
        ot_buf_addf(out, "cut at the longest context: %lld answers\n", (long long)r->cut_n);
    }
}

static void text(struct ot__cli *cli, const void *result, struct ot_buf *out)
{
    const struct answer *a = result;
    const struct ot_sim_result *r = &a->sim.result;
    text_system(a, out);
    ot_buf_addf(out, "%s: %lld requests in %.1f s", a->workload.ptr, (long long)r->requests_n,
                r->duration_s);
    if (r->has_offered) {
        ot_buf_addf(out, ", offered %.3g req/s", r->offered_req_per_s);
    }
    ot_buf_addf(out, "; capacity %.3g req/s (load %.0f %%)\n", a->sim.capacity_req_per_s,
                100 * a->sim.band.u);
    text_verdict(a, out);
    ot_buf_addc(out, "\n");
    ot_grid_text(latency_grid(cli, a), OT_TEXT_WIDTH, out);
    ot_buf_addf(
        out, "\nthroughput %.4g req/s, %.4g output tok/s, %.4g input tok/s; device busy %.0f %%\n",
        r->requests_per_s, r->output_tok_per_s, r->input_tok_per_s, 100 * r->busy_frac);
    const struct ot_str slo = ot_slo_text(cli->arena, &a->setup->slo);
    if (slo.len > 0) {
        ot_buf_addf(out, "%s: %s; goodput %.4g req/s\n", slo.ptr, r->slo_met ? "met" : "NOT met",
                    r->goodput_req_per_s);
    }
    ot_buf_addf(out,
                "peak KV use %.0f %%, %lld preemptions, up to %lld running and %lld waiting on a "
                "replica; mean decode batch %.1f\n",
                100 * r->peak_kv_frac, (long long)r->preemptions_n, (long long)r->peak_running_n,
                (long long)r->peak_waiting_n, r->mean_batch);
    ot_buf_addf(out, "label: %s\n", ot_label_name(a->sim.band.label));
}

static void json_system(const struct answer *a, struct ot_json *json)
{
    const struct ot_deploy *d = a->deploy;
    const struct ot_sim_engine *e = &a->setup->engine;
    ot_json_kstr(json, "model", d->model->name);
    ot_json_kstr(json, "chip", d->chip->name);
    ot_json_kstr(json, "workload", a->workload);
    ot_json_kint(json, "replicas_n", a->setup->replicas_n);
    ot_json_kint(json, "chips_n", a->setup->replicas_n * ot_layout_chips(d->layout));
    ot_json_key(json, "layout");
    ot_json_open(json, '{');
    ot_json_kint(json, "tp", d->layout.tp);
    ot_json_kint(json, "pp", d->layout.pp);
    ot_json_kint(json, "ep", d->layout.ep);
    ot_json_kint(json, "dp", d->layout.dp);
    ot_json_kint(json, "cp", d->layout.cp);
    ot_json_close(json, '}');
    ot_json_key(json, "engine");
    ot_json_open(json, '{');
    ot_json_kstr(json, "name", ot_str_c(ot_engine_name(d->engine)));
    ot_json_kstr(json, "scheduler", ot_str_c(ot_sim_policy_name(e->policy)));
    ot_json_kint(json, "max_num_seqs", e->max_num_seqs);
    ot_json_kint(json, "max_model_len", e->max_model_len);
    if (e->policy == OT_SIM_POLICY_vllm) {
        ot_json_kint(json, "max_num_batched_tokens", e->max_batched_tokens);
        ot_json_kint(json, "num_gpu_blocks", e->num_blocks);
        ot_json_kint(json, "block_tokens", e->block_tokens);
    }
    ot_json_kint(json, "in_flight_n", e->in_flight_n);
    ot_json_close(json, '}');
}

static void json_latency(struct ot__cli *cli, const struct answer *a, struct ot_json *json)
{
    for (int m = 0; m < OT_SLO_METRIC_COUNT; m++) {
        const char *metric = ot_slo_metric_name((enum ot_slo_metric)m);
        for (int s = 0; s < OT_SLO_STAT_COUNT; s++) {
            const struct ot_str key =
                ot_str_fmt(cli->arena, "%s_%s_s", metric, ot_slo_stat_name((enum ot_slo_stat)s));
            ot_json_kpred(json, key.ptr, a->sim.dist[m][s]);
        }
        const struct ot_sim_dist *dist = &a->sim.result.dist[m];
        ot_json_kint(json, ot_str_fmt(cli->arena, "%s_n", metric).ptr, dist->n);
        ot_json_knum(json, ot_str_fmt(cli->arena, "%s_percentile_err_frac", metric).ptr,
                     dist->rel_err);
    }
}

static void json(struct ot__cli *cli, const void *result, struct ot_json *json)
{
    const struct answer *a = result;
    const struct ot_sim_result *r = &a->sim.result;
    json_system(a, json);
    ot_json_kint(json, "requests_n", r->requests_n);
    ot_json_kint(json, "refused_n", r->refused_n);
    ot_json_kint(json, "cut_n", r->cut_n);
    ot_json_knum(json, "duration_s", r->duration_s);
    if (r->has_offered) {
        ot_json_knum(json, "offered_req_per_s", r->offered_req_per_s);
    }
    ot_json_knum(json, "capacity_req_per_s", a->sim.capacity_req_per_s);
    ot_json_knum(json, "utilisation_frac", a->sim.band.u);
    ot_json_kbool(json, "overloaded", r->overloaded);
    ot_json_kbool(json, "saturated", a->sim.saturated);
    ot_json_knum(json, "waiting_q2_mean", r->waiting_q2);
    ot_json_knum(json, "waiting_q4_mean", r->waiting_q4);
    json_latency(cli, a, json);
    ot_json_kpred(json, "requests_per_s", a->sim.requests_per_s);
    ot_json_kpred(json, "output_tok_per_s", a->sim.output_tok_per_s);
    ot_json_knum(json, "input_tok_per_s", r->input_tok_per_s);
    ot_json_kpred(json, "goodput_req_per_s", a->sim.goodput_req_per_s);
    ot_json_kstr(json, "slo", ot_slo_text(cli->arena, &a->setup->slo));
    ot_json_kbool(json, "slo_met", r->slo_met);
    ot_json_knum(json, "device_busy_frac", r->busy_frac);
    ot_json_knum(json, "kv_peak_frac", r->peak_kv_frac);
    ot_json_kint(json, "preemptions_n", r->preemptions_n);
    ot_json_kint(json, "steps_n", r->steps_n);
    ot_json_knum(json, "decode_batch_mean", r->mean_batch);
    ot_json_kint(json, "running_peak_n", r->peak_running_n);
    ot_json_kint(json, "waiting_peak_n", r->peak_waiting_n);
    ot_json_kint(json, "input_tok", r->input_tok);
    ot_json_kint(json, "output_tok", r->output_tok);
}

static void csv(struct ot__cli *cli, const void *result, struct ot_buf *out)
{
    ot_grid_csv(latency_grid(cli, result), out);
}

/* ---- --requests-out ---- */

struct records {
    struct ot_arena *arena;
    struct ot_sim_record *items;
    size_t n, cap;
};

static void keep(void *ctx, const struct ot_sim_record *record)
{
    struct records *r = ctx;
    if (r->n == r->cap) {
        const size_t cap = r->cap == 0 ? 1024 : 2 * r->cap;
        r->items = ot_arena_grow(r->arena, r->items, r->n, cap, sizeof *r->items);
        r->cap = cap;
    }
    r->items[r->n++] = *record;
}

static int by_index(const void *a, const void *b)
{
    const struct ot_sim_record *x = a;
    const struct ot_sim_record *y = b;
    return (x->index > y->index) - (x->index < y->index);
}

/* Engine-side times in whole picoseconds, as they are: two runs can be compared bit for bit. */
static enum ot_code write_records(struct ot__cli *cli, struct records *records, const char *path,
                                  struct ot_err *err)
{
    qsort(records->items, records->n, sizeof *records->items, by_index);
    struct ot_buf out;
    ot_buf_init(&out, cli->arena, (size_t)2 << 30);
    ot_buf_addc(&out, "request,replica,input_tokens,output_tokens,arrival_ps,first_token_ps,"
                      "finish_ps,preemptions\n");
    for (size_t i = 0; i < records->n; i++) {
        const struct ot_sim_record *r = &records->items[i];
        ot_buf_addf(&out, "%lld,%lld,%lld,%lld,%lld,%lld,%lld,%lld\n", (long long)r->index,
                    (long long)r->replica, (long long)r->request.input_tok,
                    (long long)r->request.output_tok, (long long)r->arrival_ps,
                    (long long)r->first_token_ps, (long long)r->finish_ps,
                    (long long)r->preemptions_n);
    }
    return ot_file_write(path, ot_buf_str(&out), err);
}

/* ---- reading ---- */

static enum ot_code read_router(const struct ot__cli *cli, struct ot_sim_setup *setup,
                                struct ot_err *err)
{
    const struct ot__given *given = ot__cli_given(cli, "router");
    if (given == NULL || ot_str_is(given->value, "round-robin")) {
        return OT_OK;
    }
    if (!ot_str_is(given->value, "least-outstanding")) {
        return ot__cli_refuse(cli, given, "round-robin or least-outstanding", err);
    }
    setup->router = OT_SIM_LEAST_OUTSTANDING;
    return OT_OK;
}

static enum ot_code read_engine(const struct ot__cli *cli, struct ot_sim_setup *setup,
                                struct ot_err *err)
{
    struct ot_sim_engine *e = &setup->engine;
    enum ot_code code = ot__cli_int(cli, "in-flight", 1, 2, e->in_flight_n, &e->in_flight_n, err);
    const struct ot__given *gate = ot__cli_given(cli, "admission");
    if (code == OT_OK && gate != NULL) {
        if (ot_str_is(gate->value, "first-chunk")) {
            e->gate = OT_SIM_GATE_FIRST_CHUNK;
        } else if (!ot_str_is(gate->value, "full-prompt")) {
            code = ot__cli_refuse(cli, gate, "full-prompt or first-chunk", err);
        }
    }
    return code;
}

static enum ot_code read_setup(struct ot__cli *cli, const struct ot_sim_deploy *ctx,
                               const struct ot_sim_load *load, struct ot_sim_setup *ret,
                               struct ot_err *err)
{
    struct ot_sim_setup setup;
    enum ot_code code = ot_sim_setup_of(ctx, ot_sim_load_max_tok(load), &cli->assumed, &setup, err);
    setup.load = *load;
    setup.threads = cli->threads;
    if (code == OT_OK) {
        code = ot__cli_int(cli, "replicas", 1, 100000, 1, &setup.replicas_n, err);
    }
    if (code == OT_OK) {
        code = read_router(cli, &setup, err);
    }
    if (code == OT_OK) {
        code = read_engine(cli, &setup, err);
    }
    static const struct {
        const char *option, *path, *value, *why;
    } defaults[] = {{"replicas", "replicas", "1", "copies of the deployment"},
                    {"router", "router", "round-robin", "how requests are dealt to replicas"},
                    {"admission", "engine.admission", "full-prompt",
                     "vLLM of 2026: the whole prompt must fit"}};
    for (size_t i = 0; code == OT_OK && i < OT_COUNT(defaults); i++) {
        if (ot__cli_given(cli, defaults[i].option) == NULL) {
            ot_assumed_add(&cli->assumed, ot_str_c(defaults[i].path), ot_str_c(defaults[i].value),
                           defaults[i].why);
        }
    }
    const struct ot__given *slo = ot__cli_given(cli, "slo");
    if (code == OT_OK && slo != NULL) {
        code = ot_slo_parse(slo->value, slo->loc, &setup.slo, err);
    }
    if (code == OT_OK) {
        *ret = setup;
    }
    return code;
}

static enum ot_code run(struct ot__cli *cli, struct ot_err *err)
{
    struct ot_sim_load load;
    struct ot_deploy deploy;
    enum ot_code code = ot__cli_load(cli, &load, err);
    if (code == OT_OK) {
        code = ot__cli_deploy(cli, &deploy, err);
    }
    if (code != OT_OK) {
        return code;
    }
    const struct ot_sim_deploy ctx = {cli->fits, &deploy};
    struct ot_sim_setup setup;
    struct ot_pred step = {0};
    code = read_setup(cli, &ctx, &load, &setup, err);
    if (code == OT_OK) {
        code = ot_sim_step_band(&ctx, cli->arena, &step, err);
    }
    if (code != OT_OK) {
        return ot__cli_place(cli, code, err);
    }
    struct records records = {.arena = cli->arena};
    const char *path = ot__cli_text(cli, "requests-out", NULL);
    if (path != NULL) {
        setup.watch = (struct ot_sim_watch){.ctx = &records, .finished = keep};
    }
    struct answer a = {.deploy = &deploy, .setup = &setup};
    a.workload = load.trace != NULL ? load.trace->name : ot__cli_given(cli, "workload")->value;
    code = ot_sim_predict(&setup, step, cli->arena, &a.sim, err);
    if (code == OT_OK && path != NULL) {
        code = write_records(cli, &records, path, err);
    }
    if (code != OT_OK) {
        return ot__cli_place(cli, code, err);
    }
    static const struct ot__view view = {.schema = "serve", .text = text, .json = json, .csv = csv};
    ot__cli_emit(cli, &view, &a);
    return OT_OK;
}

/* clang-format off */
static const struct ot__opt opts[] = {
    OT__DEPLOY_OPTS,
    {"replicas", "N", "1", "copies of the deployment behind one router"},
    {"router", "NAME", "round-robin", "round-robin or least-outstanding"},
    OT__LOAD_OPTS,
    {"slo", "TARGETS", NULL, "latency targets: ttft_p95=1s,tpot_p95=40ms"},
    {"in-flight", "N", "the engine's", "batches in flight: 1 synchronous, 2 asynchronous"},
    {"admission", "NAME", "full-prompt", "full-prompt, or first-chunk as older vLLM"},
    {"requests-out", "FILE", NULL, "times of every request, as CSV"},
};
/* clang-format on */

const struct ot__cmd ot__cmd_serve = {
    .name = "serve",
    .usage = "offtake serve --model NAME --chip NAME (--workload NAME --rate R | --trace FILE)",
    .help = "latency and throughput of a stream of requests, by simulation",
    .opts = opts,
    .opts_n = OT_COUNT(opts),
    .run = run,
    .no_html = true,
};
