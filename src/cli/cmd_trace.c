/* SPDX-License-Identifier: Apache-2.0 */
/* `offtake trace`: what a request trace looks like; makes one; writes any readable one in the Azure
 * form. */
#include <string.h>

#include "cli/cli.h"
#include "cli/load_opts.h"
#include "offtake/report.h"
#include "offtake/sim.h"

struct answer {
    struct ot_trace trace;
    struct ot_trace_stats stats;
};

static const char *const window_names[OT_TRACE_IDC_N] = {"1s", "10s", "60s", "300s"};

static void text_lengths(struct ot__cli *cli, struct ot_grid *grid, const char *name,
                         const struct ot_trace_lengths *l)
{
    ot_grid_row(grid);
    ot_grid_str(grid, ot_str_fmt(cli->arena, "%s tokens", name));
    ot_grid_num(grid, l->mean);
    ot_grid_num(grid, l->sd);
    for (int i = 0; i < OT_TRACE_QUANTILE_N; i++) {
        ot_grid_num(grid, l->quantile[i]);
    }
    ot_grid_num(grid, l->max);
}

static struct ot_grid *lengths_grid(struct ot__cli *cli, const struct answer *a)
{
    static const struct ot_col cols[] = {
        {.key = "what", .head = "", .kind = OT_COL_TEXT},
        {.key = "mean_tok", .head = "mean", .kind = OT_COL_NUM, .digits = 4},
        {.key = "sd_tok", .head = "sd", .kind = OT_COL_NUM, .digits = 4},
        {.key = "p5_tok", .head = "p5", .kind = OT_COL_NUM, .digits = 4},
        {.key = "p25_tok", .head = "p25", .kind = OT_COL_NUM, .digits = 4},
        {.key = "p50_tok", .head = "p50", .kind = OT_COL_NUM, .digits = 4},
        {.key = "p75_tok", .head = "p75", .kind = OT_COL_NUM, .digits = 4},
        {.key = "p90_tok", .head = "p90", .kind = OT_COL_NUM, .digits = 4},
        {.key = "p95_tok", .head = "p95", .kind = OT_COL_NUM, .digits = 4},
        {.key = "p99_tok", .head = "p99", .kind = OT_COL_NUM, .digits = 4},
        {.key = "max_tok", .head = "max", .kind = OT_COL_NUM, .digits = 6},
    };
    struct ot_grid *grid = ot_grid_new(cli->arena, cols, OT_COUNT(cols));
    text_lengths(cli, grid, "input", &a->stats.input);
    text_lengths(cli, grid, "output", &a->stats.output);
    return grid;
}

static void text(struct ot__cli *cli, const void *result, struct ot_buf *out)
{
    const struct answer *a = result;
    const struct ot_trace_stats *s = &a->stats;
    ot_buf_addf(out, "%s (%s): %lld requests in %.2f min, %.3f req/s\n", a->trace.name.ptr,
                a->trace.format, (long long)s->n, s->span_s / 60, s->rate_req_per_s);
    if (a->trace.dropped_n > 0) {
        ot_buf_addf(out, "left out: %lld rows without an answer\n", (long long)a->trace.dropped_n);
    }
    ot_buf_addf(out,
                "time between arrivals: CV %.2f; best Gamma law: shape %.3f, scale %.4g s "
                "(KS distance %.3f)\n",
                s->iat_cv, s->gamma_shape, s->gamma_scale_s, s->gamma_ks);
    ot_buf_addc(out, "variance / mean of counts (Poisson: 1):");
    for (int w = 0; w < OT_TRACE_IDC_N; w++) {
        if (s->has_idc[w]) {
            ot_buf_addf(out, "  %s %.3g", window_names[w], s->idc[w]);
        } else {
            ot_buf_addf(out, "  %s n/d", window_names[w]);
        }
    }
    if (s->has_idc[2]) {
        ot_buf_addf(out, "\nbusiest minute: %.2f x the mean", s->peak60_frac);
    }
    ot_buf_addf(out, "\nrank correlation of input and output: %.2f\n\n", s->spearman);
    ot_grid_text(lengths_grid(cli, a), OT_TEXT_WIDTH, out);
}

static void json_lengths(struct ot_json *json, const char *name, const struct ot_trace_lengths *l)
{
    static const char *const keys[OT_TRACE_QUANTILE_N] = {
        "p5_tok", "p25_tok", "p50_tok", "p75_tok", "p90_tok", "p95_tok", "p99_tok"};
    ot_json_key(json, name);
    ot_json_open(json, '{');
    ot_json_knum(json, "mean_tok", l->mean);
    ot_json_knum(json, "sd_tok", l->sd);
    ot_json_knum(json, "min_tok", l->min);
    for (int i = 0; i < OT_TRACE_QUANTILE_N; i++) {
        ot_json_knum(json, keys[i], l->quantile[i]);
    }
    ot_json_knum(json, "max_tok", l->max);
    ot_json_close(json, '}');
}

static void json(struct ot__cli *cli, const void *result, struct ot_json *json)
{
    const struct answer *a = result;
    const struct ot_trace_stats *s = &a->stats;
    static const char *const idc_keys[OT_TRACE_IDC_N] = {"idc_1s", "idc_10s", "idc_60s",
                                                         "idc_300s"};
    (void)cli;
    ot_json_kstr(json, "trace", a->trace.name);
    ot_json_kstr(json, "format", ot_str_c(a->trace.format));
    ot_json_kint(json, "requests_n", s->n);
    ot_json_kint(json, "dropped_n", a->trace.dropped_n);
    ot_json_knum(json, "span_s", s->span_s);
    ot_json_knum(json, "rate_req_per_s", s->rate_req_per_s);
    ot_json_knum(json, "iat_cv", s->iat_cv);
    for (int w = 0; w < OT_TRACE_IDC_N; w++) {
        ot_json_key(json, idc_keys[w]);
        if (s->has_idc[w]) {
            ot_json_num(json, s->idc[w]);
        } else {
            ot_json_null(json);
        }
    }
    ot_json_key(json, "peak_60s_frac");
    if (s->has_idc[2]) {
        ot_json_num(json, s->peak60_frac);
    } else {
        ot_json_null(json);
    }
    ot_json_knum(json, "gamma_shape", s->gamma_shape);
    ot_json_knum(json, "gamma_scale_s", s->gamma_scale_s);
    ot_json_knum(json, "gamma_ks", s->gamma_ks);
    ot_json_knum(json, "spearman", s->spearman);
    json_lengths(json, "input", &s->input);
    json_lengths(json, "output", &s->output);
}

static void csv(struct ot__cli *cli, const void *result, struct ot_buf *out)
{
    ot_grid_csv(lengths_grid(cli, result), out);
}

static enum ot_code read_file(struct ot__cli *cli, struct ot_trace *ret, struct ot_err *err)
{
    const struct ot__given *file;
    const enum ot_code code = ot__cli_need_positional(cli, 1, "the trace file", &file, err);
    return code != OT_OK ? code
                         : ot_trace_read(cli->arena, file->value.ptr, &cli->sources, ret, err);
}

static enum ot_code run_stats(struct ot__cli *cli, struct ot_err *err)
{
    static const struct ot__view view = {.schema = "trace", .text = text, .json = json, .csv = csv};
    struct answer a = {0};
    enum ot_code code = read_file(cli, &a.trace, err);
    if (code == OT_OK) {
        code = ot_trace_stats(cli->arena, &a.trace, &a.stats, err);
    }
    if (code == OT_OK) {
        ot__cli_emit(cli, &view, &a);
    }
    return code;
}

/* The Azure CSV to -o FILE, else to stdout. */
static enum ot_code write_trace(struct ot__cli *cli, const struct ot_trace *trace,
                                struct ot_err *err)
{
    const char *path = ot__cli_text(cli, "o", NULL);
    if (path == NULL) {
        ot_trace_csv(trace, &cli->out);
        return OT_OK;
    }
    struct ot_buf bytes;
    ot_buf_init(&bytes, cli->arena, (size_t)2 << 30);
    ot_trace_csv(trace, &bytes);
    const enum ot_code code = ot_file_write(path, ot_buf_str(&bytes), err);
    if (code == OT_OK) {
        ot_buf_addf(&cli->out, "%s: %lld requests\n", path, (long long)trace->n);
    }
    return code;
}

static enum ot_code run_convert(struct ot__cli *cli, struct ot_err *err)
{
    struct ot_trace trace;
    const enum ot_code code = read_file(cli, &trace, err);
    return code != OT_OK ? code : write_trace(cli, &trace, err);
}

static enum ot_code run_synth(struct ot__cli *cli, struct ot_err *err)
{
    struct ot_sim_load load;
    enum ot_code code = ot__cli_load(cli, &load, err);
    if (code != OT_OK) {
        return code;
    }
    if (load.arrival == OT_SIM_CLOSED) {
        return ot__cli_refuse(cli, ot__cli_given(cli, "concurrency"),
                              "--rate: a closed loop has no times of its own", err);
    }
    struct ot_trace trace = {0};
    ot_sim_trace_of(&load, cli->arena, &trace);
    return write_trace(cli, &trace, err);
}

static enum ot_code run(struct ot__cli *cli, struct ot_err *err)
{
    static const struct {
        const char *name;
        enum ot_code (*run)(struct ot__cli *cli, struct ot_err *err);
    } verbs[] = {{"stats", run_stats}, {"convert", run_convert}, {"synth", run_synth}};
    const struct ot__given *verb;
    const enum ot_code code =
        ot__cli_need_positional(cli, 0, "stats, convert or synth", &verb, err);
    if (code != OT_OK) {
        return code;
    }
    for (size_t i = 0; i < OT_COUNT(verbs); i++) {
        if (ot_str_is(verb->value, verbs[i].name)) {
            return verbs[i].run(cli, err);
        }
    }
    return ot__cli_refuse(cli, verb, "stats FILE, convert FILE, or synth", err);
}

/* clang-format off */
static const struct ot__opt opts[] = {
    OT__LOAD_OPTS,
    {"o", "FILE", "stdout", "synth, convert: where the CSV goes"},
};
/* clang-format on */

const struct ot__cmd ot__cmd_trace = {
    .name = "trace",
    .usage = "offtake trace stats FILE | convert FILE [-o OUT] | synth --workload NAME --rate R",
    .help = "what a request trace looks like; make or convert one",
    .opts = opts,
    .opts_n = OT_COUNT(opts),
    .run = run,
    .args_max = 2,
    .no_html = true,
};
