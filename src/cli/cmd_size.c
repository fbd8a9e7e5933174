/* SPDX-License-Identifier: Apache-2.0 */
/* `offtake size`: how many of which chip, laid out how, meet the latency targets at a rate, and
 * what a million tokens cost. */
#include <math.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "offtake/search.h"

struct row { /* one chip that can do it */
    const struct ot_yield *yield;
    int64_t replicas, chips;
    double usd_per_s; /* all chips; 0 = price n/d */
};
struct sizing {
    struct ot_search_query query;
    struct ot_search_result result;
    double rate_req_per_s;
    bool feasible, emit;
    struct row *rows;
    int64_t rows_n;
    const struct ot_model *model;
};

/* ---- the question ---- */

static enum ot_code read_chips(struct ot__cli *cli, struct ot_search_query *query,
                               struct ot_err *err)
{
    const struct ot__given *given = ot__cli_given(cli, "chip");
    if (given == NULL)
        return OT_OK;
    struct ot_str rest = given->value;
    const struct ot_chip **chips =
        ot_arena_calloc(cli->arena, given->value.len + 1, sizeof(struct ot_chip *));
    while (rest.len > 0) {
        const struct ot_str name = ot_str_trim(ot_str_cut(rest, ',', &rest));
        const enum ot_code code =
            ot_catalog_chip(cli->catalog, name, given->loc, &chips[query->chips_n], err);
        if (code != OT_OK)
            return code;
        for (int64_t i = 0; i < query->chips_n; i++)
            if (chips[i] == chips[query->chips_n])
                return ot_err_set(err, OT_USAGE, given->loc, "--chip", name, "name a chip once");
        query->chips_n++;
    }
    if (query->chips_n == 0)
        return ot_err_set(err, OT_USAGE, given->loc, "--chip", given->value,
                          "chip names, comma-separated");
    query->chips = chips;
    return OT_OK;
}

/* --dtype sets weights and activations, as everywhere; the others override. */
static enum ot_code read_formats(struct ot__cli *cli, struct ot_search_query *query,
                                 struct ot_err *err)
{
    const struct {
        const char *name;
        enum ot_dtype *to;
        bool *fixed;
    } formats[] = {
        {"dtype", &query->base.dtype_weights, &query->dtype_weights_fixed},
        {"dtype", &query->base.dtype_act, &query->dtype_act_fixed},
        {"dtype-weights", &query->base.dtype_weights, &query->dtype_weights_fixed},
        {"dtype-act", &query->base.dtype_act, &query->dtype_act_fixed},
        {"dtype-moe", &query->base.dtype_moe, &query->dtype_moe_fixed},
        {"dtype-kv", &query->base.dtype_kv, &query->dtype_kv_fixed},
    };
    for (size_t i = 0; i < OT_COUNT(formats); i++) {
        if (ot__cli_given(cli, formats[i].name) == NULL)
            continue;
        const enum ot_code code =
            ot__cli_dtype(cli, formats[i].name, OT_DTYPE_bf16, formats[i].to, err);
        if (code != OT_OK)
            return code;
        *formats[i].fixed = true;
    }
    return OT_OK;
}

static enum ot_code read_software(struct ot__cli *cli, struct ot_search_query *query,
                                  struct ot_err *err)
{
    const struct ot__given *given = ot__cli_given(cli, "software");
    if (given == NULL || ot_software_parse(given->value, &query->base.software))
        return OT_OK;
    return ot_err_set(err, OT_USAGE, given->loc, "--software", given->value,
                      "published, tuned or parity");
}

static enum ot_code read_engine(struct ot__cli *cli, struct ot_search_query *query,
                                struct ot_err *err)
{
    const struct ot__given *given = ot__cli_given(cli, "engine");
    if (given == NULL)
        return OT_OK;
    for (int i = 0; i < OT_ENGINE_COUNT; i++) {
        if (ot_str_is(given->value, ot_engine_name((enum ot_engine)i))) {
            query->base.engine = (enum ot_engine)i;
            query->engine_fixed = true;
            return OT_OK;
        }
    }
    return ot_err_set(err, OT_USAGE, given->loc, "--engine", given->value,
                      "vllm, sglang, trtllm, nxd or static");
}

static enum ot_code read_numbers(struct ot__cli *cli, struct sizing *sizing, struct ot_err *err)
{
    struct ot_layout *layout = &sizing->query.base.layout;
    struct ot_search_opts *opts = &sizing->query.opts;
    const struct {
        const char *name;
        int64_t max, *to;
    } counts[] = {
        {"tp", 1024, &layout->tp},
        {"pp", 1024, &layout->pp},
        {"ep", 1024, &layout->ep},
        {"dp", 1024, &layout->dp},
        {"requests", 1000000, &opts->requests_n},
        {"max-chips", 4096, &opts->max_chips_n},
        {"max-num-seqs", 1000000, &sizing->query.base.max_num_seqs},
    };
    for (size_t i = 0; i < OT_COUNT(counts); i++) {
        const enum ot_code code =
            ot__cli_int(cli, counts[i].name, 1, counts[i].max, 0, counts[i].to, err);
        if (code != OT_OK)
            return code;
    }
    const struct ot__given *date = ot__cli_given(cli, "as-of");
    if (date != NULL && !ot_date_parse(date->value, &opts->as_of_day))
        return ot_err_set(err, OT_USAGE, date->loc, "--as-of", date->value, "a date, YYYY-MM-DD");
    const struct ot__given *provider = ot__cli_given(cli, "provider");
    if (provider != NULL)
        opts->provider = provider->value;
    opts->seed = cli->seed;
    opts->threads = cli->threads;
    return ot__cli_num(cli, "rate", OT_DIM_REQ_PER_S, 0, &sizing->rate_req_per_s, err);
}

static enum ot_code read_question(struct ot__cli *cli, struct sizing *sizing, struct ot_err *err)
{
    const struct ot__given *model = NULL, *workload = NULL, *rate = NULL, *slo = NULL;
    enum ot_code code = ot__cli_need(cli, "model", &model, err);
    if (code == OT_OK)
        code = ot__cli_need(cli, "workload", &workload, err);
    if (code == OT_OK)
        code = ot__cli_need(cli, "rate", &rate, err);
    if (code == OT_OK)
        code = ot__cli_need(cli, "slo", &slo, err);
    if (code == OT_OK)
        code = read_numbers(cli, sizing, err);
    if (code == OT_OK && !(sizing->rate_req_per_s > 0))
        code = ot_err_set(err, OT_USAGE, rate->loc, "--rate", rate->value, "more than 0 req/s");
    if (code == OT_OK)
        code = ot_slo_parse(slo->value, slo->loc, &sizing->query.slo, err);
    if (code == OT_OK)
        code = read_formats(cli, &sizing->query, err);
    if (code == OT_OK)
        code = read_engine(cli, &sizing->query, err);
    if (code == OT_OK)
        code = read_software(cli, &sizing->query, err);
    if (code == OT_OK)
        code = ot__cli_catalog(cli, err);
    if (code == OT_OK)
        code = ot_catalog_model(cli->catalog, model->value, model->loc, &sizing->model, err);
    if (code == OT_OK)
        code = ot_catalog_workload(cli->catalog, workload->value, workload->loc,
                                   &sizing->query.workload, err);
    sizing->query.base.model = sizing->model;
    return code == OT_OK ? read_chips(cli, &sizing->query, err) : code;
}

/* ---- the answer ---- */

static int by_bill(const void *p, const void *q)
{
    const struct row *a = p;
    const struct row *b = q;
    if (a->usd_per_s != b->usd_per_s)
        return a->usd_per_s < b->usd_per_s ? -1 : 1;
    return a->yield < b->yield ? -1 : a->yield > b->yield;
}

static void make_rows(struct ot__cli *cli, struct sizing *sizing)
{
    const struct ot_search_result *result = &sizing->result;
    sizing->rows = ot_arena_calloc(cli->arena, (size_t)result->best_n, sizeof *sizing->rows);
    for (int64_t i = 0; i < result->best_n; i++) {
        const struct ot_yield *yield = &result->best[i];
        if (!yield->feasible)
            continue;
        struct row *row = &sizing->rows[sizing->rows_n++];
        row->yield = yield;
        row->replicas = ot_yield_replicas(yield, sizing->rate_req_per_s);
        row->chips = row->replicas * yield->chips_n;
        row->usd_per_s = yield->has_price ? (double)row->chips * yield->usd_per_chip_s : 0;
    }
    if (result->ranked_by_cost) /* whole replicas are paid for */
        qsort(sizing->rows, (size_t)sizing->rows_n, sizeof *sizing->rows, by_bill);
    sizing->feasible = sizing->rows_n > 0;
}

static double tokens_per_s(const struct sizing *sizing, const struct ot_yield *yield)
{
    return sizing->rate_req_per_s * (yield->mean_input_tok + yield->mean_output_tok);
}

/* Cost of a million tokens with its band: the model's error moves the chips needed. */
static struct ot_pred per_mtok(const struct row *row, double tok_per_s)
{
    const struct ot_pred work = row->yield->work_req_per_chip_s;
    const double usd = row->usd_per_s / tok_per_s * 1e6;
    return (struct ot_pred){usd, usd * work.value / work.p90, usd * work.value / work.p10,
                            work.label};
}

static struct ot_str layout_text(struct ot_arena *arena, const struct ot_layout *layout)
{
    struct ot_buf text;
    ot_buf_init(&text, arena, 0);
    ot_buf_addf(&text, "tp%lld", (long long)layout->tp);
    const struct {
        const char *name;
        int64_t n;
    } rest[] = {{"pp", layout->pp}, {"dp", layout->dp}, {"ep", layout->ep}, {"cp", layout->cp}};
    for (size_t i = 0; i < OT_COUNT(rest); i++)
        if (rest[i].n > 1)
            ot_buf_addf(&text, " %s%lld", rest[i].name, (long long)rest[i].n);
    return ot_buf_str(&text);
}

/* ---- launch commands ---- */

static void add_launch(const struct sizing *sizing, const struct row *row, struct ot_buf *out)
{
    const struct ot_deploy *d = &row->yield->deploy;
    const char *model = sizing->model->name.ptr;
    const long long tp = (long long)d->layout.tp, ep = (long long)d->layout.ep;
    if (d->engine == OT_ENGINE_sglang) {
        ot_buf_addf(out, "python -m sglang.launch_server --model-path %s --tp %lld", model, tp);
        if (d->layout.dp > 1)
            ot_buf_addf(out, " --enable-dp-attention --dp %lld", (long long)d->layout.dp);
        if (ep > 1)
            ot_buf_addf(out, " --ep-size %lld", ep);
    } else if (d->engine == OT_ENGINE_trtllm) {
        ot_buf_addf(out, "trtllm-serve %s --tp_size %lld", model, tp);
        if (ep > 1)
            ot_buf_addf(out, " --ep_size %lld", ep);
    } else {
        const bool neuron = d->engine == OT_ENGINE_nxd;
        const int64_t ranks = d->ranks_per_chip > 0 ? d->ranks_per_chip : 1;
        ot_buf_addf(out, "vllm serve %s --tensor-parallel-size %lld", model,
                    neuron ? tp * (long long)ranks : tp);
        if (d->layout.dp > 1)
            ot_buf_addf(out, " --data-parallel-size %lld", (long long)d->layout.dp);
        if (ep > 1)
            ot_buf_addc(out, " --enable-expert-parallel");
        if (d->max_num_seqs > 0)
            ot_buf_addf(out, " --max-num-seqs %lld", (long long)d->max_num_seqs);
        if (d->max_batched_tokens > 0 && !neuron)
            ot_buf_addf(out, " --max-num-batched-tokens %lld", (long long)d->max_batched_tokens);
    }
    ot_buf_addc(out, "\n");
}

/* ---- views ---- */

static void text_row(struct ot__cli *cli, const struct sizing *sizing, int64_t i,
                     struct ot_buf *out)
{
    const struct row *row = &sizing->rows[i];
    const struct ot_yield *y = row->yield;
    const double *ttft = y->latency_s[OT_SLO_METRIC_ttft];
    const double *tpot = y->latency_s[OT_SLO_METRIC_tpot];
    ot_buf_addf(out, "%2lld  %-15s %-15s %5lld %6lld %8.3g %8.3f", (long long)(i + 1),
                y->deploy.chip->name.ptr, layout_text(cli->arena, &y->deploy.layout).ptr,
                (long long)row->replicas, (long long)row->chips, y->work_req_per_chip_s.value,
                ttft[OT_SLO_STAT_p95]);
    ot_buf_addf(out, " %7.1f", 1e3 * tpot[OT_SLO_STAT_p95]);
    if (y->has_price)
        ot_buf_addf(out, " %8.2f %7.3f", row->usd_per_s * 3600,
                    per_mtok(row, tokens_per_s(sizing, y)).value);
    else
        ot_buf_addc(out, "      n/d     n/d");
    ot_buf_addf(out, "  %s\n", ot_binding_name(y->binding));
}

static void text_prices(struct ot__cli *cli, const struct sizing *sizing, struct ot_buf *out)
{
    for (int64_t i = 0; i < sizing->rows_n; i++) {
        const struct ot_yield *y = sizing->rows[i].yield;
        if (!y->has_price)
            continue;
        const struct ot_fact *fact = &y->price->price_usd_per_chip_s;
        ot_buf_addf(out, "  %-15s %.4g USD/chip-h, %s, %s, %s\n", y->deploy.chip->name.ptr,
                    y->usd_per_chip_s * 3600, ot_price_kind_name(y->price->kind),
                    y->price->provider.ptr, ot_date_text(cli->arena, fact->date_day).ptr);
    }
    if (sizing->result.mixed_price_basis)
        ot_buf_addc(out,
                    "warning: these prices differ in basis; the ranking is by work per chip\n");
}

static void text(struct ot__cli *cli, const void *result, struct ot_buf *out)
{
    const struct sizing *sizing = result;
    ot_buf_addf(out, "%s, %s at %.6g requests/s, %s\n\n", sizing->model->name.ptr,
                sizing->query.workload->name.ptr, sizing->rate_req_per_s,
                ot_slo_text(cli->arena, &sizing->query.slo).ptr);
    if (sizing->feasible)
        ot_buf_addc(out,
                    "    chip            layout          repl.  chips req/s/ch  ttft95s  tpot95ms"
                    "    USD/h USD/Mt  binds\n");
    else
        ot_buf_addf(out, "no chip meets the targets; the nearest is held by: %s\n",
                    ot_binding_help(sizing->result.binding));
    for (int64_t i = 0; i < sizing->rows_n; i++)
        text_row(cli, sizing, i, out);
    if (sizing->feasible) {
        const struct ot_pred work = sizing->rows[0].yield->work_req_per_chip_s;
        ot_buf_addf(out,
                    "\nfirst row: %.3g requests/s per chip, %.3g to %.3g at p10-p90 (%s)\n"
                    "prices:\n",
                    work.value, work.p10, work.p90, ot_label_name(work.label));
        text_prices(cli, sizing, out);
    }
    bool headed = false;
    for (int64_t i = 0; i < sizing->result.best_n; i++) {
        const struct ot_yield *y = &sizing->result.best[i];
        if (y->feasible)
            continue;
        if (!headed)
            ot_buf_addc(out, "\nnot able:\n");
        headed = true;
        ot_buf_addf(out, "  %-15s %-11s %s\n", y->deploy.chip->name.ptr,
                    ot_binding_name(y->binding), y->why.ptr);
    }
    if (sizing->emit && sizing->feasible) {
        ot_buf_addc(out, "\nlaunch:\n  ");
        add_launch(sizing, &sizing->rows[0], out);
    }
}

static void json_layout(const struct ot_yield *y, struct ot_json *json)
{
    const struct ot_deploy *d = &y->deploy;
    ot_json_kstr(json, "chip", d->chip->name);
    ot_json_kstr(json, "engine", ot_str_c(ot_engine_name(d->engine)));
    ot_json_kint(json, "tp", d->layout.tp);
    ot_json_kint(json, "pp", d->layout.pp);
    ot_json_kint(json, "ep", d->layout.ep);
    ot_json_kint(json, "dp", d->layout.dp);
    ot_json_kint(json, "cp", d->layout.cp);
    ot_json_kstr(json, "dtype_weights", ot_str_c(ot_dtype_name(d->dtype_weights)));
    ot_json_kstr(json, "dtype_act", ot_str_c(ot_dtype_name(d->dtype_act)));
    ot_json_kstr(json, "dtype_moe", ot_str_c(ot_dtype_name(d->dtype_moe)));
    ot_json_kstr(json, "dtype_kv", ot_str_c(ot_dtype_name(d->dtype_kv)));
    ot_json_kint(json, "max_num_seqs", d->max_num_seqs);
    ot_json_kint(json, "max_batched_tokens", d->max_batched_tokens);
    ot_json_kint(json, "chips_per_replica", y->chips_n);
    ot_json_kstr(json, "binding", ot_str_c(ot_binding_name(y->binding)));
    ot_json_kstr(json, "why", y->why);
}

static void json_price(struct ot__cli *cli, const struct sizing *sizing, const struct row *row,
                       struct ot_json *json)
{
    const struct ot_yield *y = row->yield;
    ot_json_key(json, "price");
    if (!y->has_price) {
        ot_json_str(json, ot_str_c("n/d"));
        return;
    }
    const struct ot_fact *fact = &y->price->price_usd_per_chip_s;
    ot_json_open(json, '{');
    ot_json_knum(json, "usd_per_chip_h", y->usd_per_chip_s * 3600);
    ot_json_kstr(json, "basis", ot_str_c(ot_price_kind_name(y->price->kind)));
    ot_json_kstr(json, "provider", y->price->provider);
    ot_json_kstr(json, "region", y->price->region);
    ot_json_kstr(json, "date", ot_date_text(cli->arena, fact->date_day));
    ot_json_kstr(json, "source", fact->source);
    ot_json_close(json, '}');
    ot_json_knum(json, "cost_usd_per_h", row->usd_per_s * 3600);
    ot_json_kpred(json, "cost_usd_per_mtok", per_mtok(row, tokens_per_s(sizing, y)));
    ot_json_kpred(json, "cost_usd_per_mtok_output",
                  per_mtok(row, sizing->rate_req_per_s * y->mean_output_tok));
    const double bill = row->usd_per_s / (sizing->rate_req_per_s * y->usd_per_req);
    ot_json_knum(json, "cost_usd_per_mtok_input_share", y->usd_per_tok_input_share * bill * 1e6);
    ot_json_knum(json, "cost_usd_per_mtok_output_share", y->usd_per_tok_output_share * bill * 1e6);
}

static void json_row(struct ot__cli *cli, const struct sizing *sizing, const struct row *row,
                     struct ot_json *json)
{
    const struct ot_yield *y = row->yield;
    ot_json_open(json, '{');
    json_layout(y, json);
    ot_json_kint(json, "replicas", row->replicas);
    ot_json_kint(json, "chips", row->chips);
    ot_json_knum(json, "rate_per_replica_req_per_s", y->rate_req_per_s);
    ot_json_knum(json, "rate_per_replica_low_req_per_s", y->rate_low_req_per_s);
    ot_json_knum(json, "rate_per_replica_high_req_per_s", y->rate_high_req_per_s);
    ot_json_kpred(json, "work_req_per_chip_s", y->work_req_per_chip_s);
    ot_json_knum(json, "capacity_req_per_s", y->capacity_req_per_s);
    for (int m = 0; m < OT_SLO_METRIC_COUNT; m++) {
        for (int s = 0; s < OT_SLO_STAT_COUNT; s++) {
            const enum ot_slo_metric metric = (enum ot_slo_metric)m;
            const enum ot_slo_stat stat = (enum ot_slo_stat)s;
            const struct ot_str key = ot_str_fmt(cli->arena, "%s_%s_s", ot_slo_metric_name(metric),
                                                 ot_slo_stat_name(stat));
            ot_json_kpred(json, key.ptr, ot_yield_latency(y, metric, stat));
        }
    }
    ot_json_knum(json, "busy_frac", y->busy_frac);
    ot_json_knum(json, "peak_kv_frac", y->peak_kv_frac);
    ot_json_knum(json, "memory_per_chip_bytes", y->memory.used_bytes);
    ot_json_kint(json, "kv_blocks", y->memory.kv_blocks);
    json_price(cli, sizing, row, json);
    if (sizing->emit) {
        struct ot_buf launch;
        ot_buf_init(&launch, cli->arena, 0);
        add_launch(sizing, row, &launch);
        ot_json_kstr(json, "launch", ot_str_trim(ot_buf_str(&launch)));
    }
    ot_json_close(json, '}');
}

static void json(struct ot__cli *cli, const void *result, struct ot_json *json)
{
    const struct sizing *sizing = result;
    ot_json_kstr(json, "model", sizing->model->name);
    ot_json_kstr(json, "workload", sizing->query.workload->name);
    ot_json_kstr(json, "slo", ot_slo_text(cli->arena, &sizing->query.slo));
    ot_json_knum(json, "rate_req_per_s", sizing->rate_req_per_s);
    ot_json_kbool(json, "feasible", sizing->feasible);
    if (!sizing->feasible)
        ot_json_kstr(json, "binding", ot_str_c(ot_binding_name(sizing->result.binding)));
    ot_json_kstr(json, "ranked_by",
                 ot_str_c(sizing->result.ranked_by_cost ? "cost" : "work_per_chip"));
    ot_json_kbool(json, "mixed_price_basis", sizing->result.mixed_price_basis);
    ot_json_key(json, "deployments");
    ot_json_open(json, '[');
    for (int64_t i = 0; i < sizing->rows_n; i++)
        json_row(cli, sizing, &sizing->rows[i], json);
    ot_json_close(json, ']');
    ot_json_key(json, "rejected");
    ot_json_open(json, '[');
    for (int64_t i = 0; i < sizing->result.all_n; i++) {
        const struct ot_yield *y = &sizing->result.all[i];
        if (y->feasible)
            continue;
        ot_json_open(json, '{');
        json_layout(y, json);
        ot_json_close(json, '}');
    }
    ot_json_close(json, ']');
}

static void csv(struct ot__cli *cli, const void *result, struct ot_buf *out)
{
    const struct sizing *sizing = result;
    ot_buf_addc(out,
                "chip,layout,engine,replicas,chips,rate_per_replica_req_per_s,"
                "work_req_per_chip_s,work_req_per_chip_s_p10,work_req_per_chip_s_p90,"
                "ttft_p95_s,tpot_p95_s,cost_usd_per_h,cost_usd_per_mtok,price_basis,binding\n");
    for (int64_t i = 0; i < sizing->rows_n; i++) {
        const struct row *row = &sizing->rows[i];
        const struct ot_yield *y = row->yield;
        const struct ot_pred work = y->work_req_per_chip_s;
        ot_buf_addf(out, "%s,%s,%s,%lld,%lld,", y->deploy.chip->name.ptr,
                    layout_text(cli->arena, &y->deploy.layout).ptr,
                    ot_engine_name(y->deploy.engine), (long long)row->replicas,
                    (long long)row->chips);
        const double numbers[] = {y->rate_req_per_s,
                                  work.value,
                                  work.p10,
                                  work.p90,
                                  y->latency_s[OT_SLO_METRIC_ttft][OT_SLO_STAT_p95],
                                  y->latency_s[OT_SLO_METRIC_tpot][OT_SLO_STAT_p95]};
        for (size_t k = 0; k < OT_COUNT(numbers); k++) {
            ot_buf_add_num(out, numbers[k]);
            ot_buf_addc(out, ",");
        }
        if (y->has_price) {
            ot_buf_add_num(out, row->usd_per_s * 3600);
            ot_buf_addc(out, ",");
            ot_buf_add_num(out, per_mtok(row, tokens_per_s(sizing, y)).value);
            ot_buf_addf(out, ",%s", ot_price_kind_name(y->price->kind));
        } else {
            ot_buf_addc(out, "n/d,n/d,n/d");
        }
        ot_buf_addf(out, ",%s\n", ot_binding_name(y->binding));
    }
}

static enum ot_code run(struct ot__cli *cli, struct ot_err *err)
{
    struct sizing sizing = {.emit = ot__cli_flag(cli, "emit")};
    enum ot_code code = read_question(cli, &sizing, err);
    if (code != OT_OK)
        return code;
    struct ot_search *search = ot_search_new(cli->arena, cli->catalog, cli->fits);
    code = ot_search_run(search, &sizing.query, &sizing.result, err);
    if (code != OT_OK)
        return code;
    make_rows(cli, &sizing);
    static const struct ot__view view = {.schema = "size", .text = text, .json = json, .csv = csv};
    ot__cli_emit(cli, &view, &sizing);
    return sizing.feasible ? OT_OK : OT_INFEASIBLE;
}

static const struct ot__opt opts[] = {
    {"model", "NAME", NULL, "model, or a path to its config.json"},
    {"workload", "NAME", NULL, "lengths and arrivals; fixed:ISL/OSL for constant lengths"},
    {"rate", "R", NULL, "requests per second to serve"},
    {"slo", "TARGETS", NULL, "latency targets, e.g. ttft_p95=1s,tpot_p95=40ms"},
    {"chip", "A,B", "all chips", "chips to look at"},
    {"tp", "N", "searched", "tensor parallel degree, in chips"},
    {"pp", "N", "1", "pipeline stages"},
    {"ep", "N", "searched", "expert parallel degree"},
    {"dp", "N", "searched", "attention data parallel degree"},
    {"dtype", "FORMAT", "the checkpoint's", "number format of weights and activations"},
    {"dtype-weights", "FORMAT", NULL, "of weights alone"},
    {"dtype-act", "FORMAT", NULL, "of activations alone"},
    {"dtype-moe", "FORMAT", NULL, "of expert weights alone"},
    {"dtype-kv", "FORMAT", "bf16", "of the KV cache"},
    {"engine", "NAME", "nxd on AWS chips, else vllm", "serving engine"},
    {"software", "NAME", "published", "of AWS chips: published, tuned, parity (a what-if)"},
    {"max-num-seqs", "N", "the engine's", "sequences that run at once on a replica"},
    {"max-chips", "N", "16, more if needed", "chips of one replica at most"},
    {"requests", "N", "1500", "requests simulated per rate tried"},
    {"provider", "NAME", "the cheapest", "whose list prices to take"},
    {"as-of", "DATE", "all", "prices known on that day only"},
    {"emit", NULL, NULL, "also print the engine's launch command"},
};

const struct ot__cmd ot__cmd_size = {
    .name = "size",
    .usage = "offtake size --model NAME --workload NAME --rate R --slo TARGETS [--chip A,B]",
    .help = "which chip, how many, laid out how, meet latency targets, at what cost",
    .opts = opts,
    .opts_n = OT_COUNT(opts),
    .run = run,
    .no_html = true,
};
