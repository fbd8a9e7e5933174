/* SPDX-License-Identifier: Apache-2.0 */
/* `offtake validate`: predictions held against measurements, per row and in summary. */
#include "offtake/validate.h"

#include <math.h>
#include <stdlib.h>

#include "cli/cli.h"

enum {
    TEXT_CELLS = 60,
    PATHS_MAX = 256
};

struct outcome {
    struct ot_val_result result;
    enum ot_val_by by;
    bool summary_only;
};

/* ---- what to read ---- */

struct paths {
    const char *items[PATHS_MAX];
    size_t n;
};

/* Files of ORIGINALS/measured and ORIGINALS/kernels that are tables of measurements. */
static enum ot_code add_folder(struct ot__cli *cli, const char *root, const char *folder,
                               const char *suffix, struct paths *paths, struct ot_err *err)
{
    const struct ot_str dir = ot_path_join(cli->arena, ot_str_c(root), ot_str_c(folder));
    struct ot_str *names;
    size_t n;
    const enum ot_code code = ot_dir_list(cli->arena, dir.ptr, suffix, &names, &n, err);
    for (size_t i = 0; code == OT_OK && i < n && paths->n < PATHS_MAX; i++)
        paths->items[paths->n++] = ot_path_join(cli->arena, dir, names[i]).ptr;
    return code;
}

static enum ot_code find_tables(struct ot__cli *cli, struct paths *paths, struct ot_err *err)
{
    const struct ot__given *table = ot__cli_given(cli, "table");
    if (table != NULL) {
        paths->items[paths->n++] = table->value.ptr;
        return OT_OK;
    }
    const char *originals = getenv("OFFTAKE_ORIGINALS");
    if (originals == NULL || originals[0] == '\0')
        return OT_OK;
    const enum ot_code code = add_folder(cli, originals, "measured", ".csv", paths, err);
    return code == OT_OK ? add_folder(cli, originals, "kernels", ".csv.gz", paths, err) : code;
}

/* ---- views ---- */

static double percent(double ln)
{
    return 100 * expm1(ln);
}

static void text_stats(const struct ot_val_stats *stats, struct ot_buf *out)
{
    ot_buf_addf(out, "%8lld %8.1f %8.1f %+8.1f %8.0f %8.0f\n", (long long)stats->n,
                percent(stats->median_abs_ln), percent(stats->p90_abs_ln), percent(stats->bias_ln),
                100 * stats->within_1_25_frac, 100 * stats->coverage_frac);
}

static struct ot_str cell_name(struct ot_arena *arena, const struct ot_val_cell *cell)
{
    const struct ot_str parts[] = {cell->chip,   cell->model,  cell->kind,
                                   cell->metric, cell->source, cell->op};
    struct ot_buf name;
    ot_buf_init(&name, arena, 0);
    for (size_t i = 0; i < OT_COUNT(parts); i++) {
        if (parts[i].len == 0)
            continue;
        if (name.len > 0)
            ot_buf_addc(&name, " ");
        ot_buf_add(&name, parts[i]);
    }
    return name.len > 0 ? ot_buf_str(&name) : ot_str_c("(not stated)");
}

static void text(struct ot__cli *cli, const void *data, struct ot_buf *out)
{
    const struct outcome *outcome = data;
    const struct ot_val_result *result = &outcome->result;
    if (result->tables_n == 0) {
        ot_buf_addc(out, "skipped: no --table, and OFFTAKE_ORIGINALS is not set; set it to the "
                         "folder that holds measured/ and kernels/\n");
        return;
    }
    ot_buf_addf(out, "%-22s %-20s %9s %9s %9s\n", "table", "format", "rows", "figures", "skipped");
    for (int64_t i = 0; i < result->tables_n; i++) {
        const struct ot_val_table *table = &result->tables[i];
        ot_buf_addf(out, "%-22.22s %-20.*s %9lld %9lld %9lld\n", table->name.ptr,
                    (int)table->format.len, table->format.len > 0 ? table->format.ptr : "",
                    (long long)table->rows_n, (long long)table->measures_n,
                    (long long)table->skipped_n);
    }
    ot_buf_addc(out, "\nerror in %: 100 (exp(e) - 1), e = |ln(predicted / measured)|; cells weigh "
                     "alike\n");
    ot_buf_addf(out, "%-44s %8s %8s %8s %8s %8s %8s\n", "", "n", "median", "p90", "bias",
                "in1.25x%", "cover%");
    const int64_t shown = result->cells_n < TEXT_CELLS ? result->cells_n : TEXT_CELLS;
    for (int64_t i = 0; i < shown; i++) {
        ot_buf_addf(out, "%-44.44s ", cell_name(cli->arena, &result->cells[i]).ptr);
        text_stats(&result->cells[i].stats, out);
    }
    if (shown < result->cells_n)
        ot_buf_addf(out, "… %lld more (--json has all)\n", (long long)(result->cells_n - shown));
    ot_buf_addf(out, "%-44s ", "all");
    text_stats(&result->summary, out);
    if (result->skipped_n > 0)
        ot_buf_addf(out, "\n%lld figures skipped:\n", (long long)result->skipped_n);
    for (int64_t i = 0; i < result->reasons_n; i++)
        ot_buf_addf(out, "%9lld  %.*s\n", (long long)result->reasons[i].n,
                    (int)result->reasons[i].reason.len, result->reasons[i].reason.ptr);
}

static void json_stats(const struct ot_val_stats *stats, struct ot_json *json)
{
    ot_json_kint(json, "n", stats->n);
    if (stats->n == 0)
        return;
    ot_json_knum(json, "median_abs_ln", stats->median_abs_ln);
    ot_json_knum(json, "p90_abs_ln", stats->p90_abs_ln);
    ot_json_knum(json, "bias_ln", stats->bias_ln);
    ot_json_knum(json, "within_1_25", stats->within_1_25_frac);
    ot_json_knum(json, "coverage_p10_p90", stats->coverage_frac);
}

static void json_row(const struct ot_val_row *row, struct ot_json *json)
{
    ot_json_open(json, '{');
    ot_json_kstr(json, "id", row->id);
    ot_json_kstr(json, "chip", row->chip);
    if (row->model.len > 0)
        ot_json_kstr(json, "model", row->model);
    ot_json_kstr(json, "kind", ot_str_c(ot_meas_kind_name(row->kind)));
    ot_json_kstr(json, "metric", row->metric);
    ot_json_knum(json, "predicted", row->predicted.value);
    ot_json_knum(json, "measured", row->measured);
    ot_json_knum(json, "p10", row->predicted.p10);
    ot_json_knum(json, "p90", row->predicted.p90);
    ot_json_kstr(json, "label", ot_str_c(ot_label_name(row->predicted.label)));
    if (row->in_fit)
        ot_json_kbool(json, "in_fit", true);
    ot_json_close(json, '}');
}

static void json_cells(const struct ot_val_result *result, struct ot_json *json)
{
    ot_json_key(json, "cells");
    ot_json_open(json, '[');
    for (int64_t i = 0; i < result->cells_n; i++) {
        const struct ot_val_cell *cell = &result->cells[i];
        const struct {
            const char *key;
            struct ot_str value;
        } parts[] = {{"chip", cell->chip},     {"model", cell->model},   {"kind", cell->kind},
                     {"metric", cell->metric}, {"source", cell->source}, {"op", cell->op}};
        ot_json_open(json, '{');
        for (size_t p = 0; p < OT_COUNT(parts); p++)
            if (parts[p].value.len > 0)
                ot_json_kstr(json, parts[p].key, parts[p].value);
        json_stats(&cell->stats, json);
        ot_json_close(json, '}');
    }
    ot_json_close(json, ']');
}

static void json(struct ot__cli *cli, const void *data, struct ot_json *json)
{
    (void)cli;
    const struct outcome *outcome = data;
    const struct ot_val_result *result = &outcome->result;
    ot_json_key(json, "tables");
    ot_json_open(json, '[');
    for (int64_t i = 0; i < result->tables_n; i++) {
        const struct ot_val_table *table = &result->tables[i];
        ot_json_open(json, '{');
        ot_json_kstr(json, "name", table->name);
        ot_json_kstr(json, "format", table->format);
        ot_json_kint(json, "rows", table->rows_n);
        ot_json_kint(json, "figures", table->measures_n);
        ot_json_kint(json, "skipped", table->skipped_n);
        ot_json_close(json, '}');
    }
    ot_json_close(json, ']');
    if (!outcome->summary_only) {
        ot_json_key(json, "rows");
        ot_json_open(json, '[');
        for (int64_t i = 0; i < result->rows_n; i++)
            json_row(&result->rows[i], json);
        ot_json_close(json, ']');
        ot_json_key(json, "skipped");
        ot_json_open(json, '[');
        for (int64_t i = 0; i < result->skipped_n; i++) {
            ot_json_open(json, '{');
            ot_json_kstr(json, "id", result->skipped[i].id);
            ot_json_kstr(json, "reason", result->skipped[i].reason);
            ot_json_close(json, '}');
        }
        ot_json_close(json, ']');
    }
    json_cells(result, json);
    ot_json_key(json, "summary");
    ot_json_open(json, '{');
    json_stats(&result->summary, json);
    ot_json_close(json, '}');
    ot_json_kint(json, "skipped_n", result->skipped_n);
    ot_json_key(json, "skipped_by_reason");
    ot_json_open(json, '[');
    for (int64_t i = 0; i < result->reasons_n; i++) {
        ot_json_open(json, '{');
        ot_json_kstr(json, "reason", result->reasons[i].reason);
        ot_json_kint(json, "n", result->reasons[i].n);
        ot_json_close(json, '}');
    }
    ot_json_close(json, ']');
}

static void csv_text(struct ot_buf *out, struct ot_str text)
{
    ot_buf_addc(out, "\"");
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"')
            ot_buf_addc(out, "\"");
        ot_buf_add(out, ot_str_n(text.ptr + i, 1));
    }
    ot_buf_addc(out, "\",");
}

static void csv(struct ot__cli *cli, const void *data, struct ot_buf *out)
{
    (void)cli;
    const struct ot_val_result *result = &((const struct outcome *)data)->result;
    ot_buf_addc(out, "id,chip,model,kind,metric,predicted,measured,p10,p90,label\n");
    for (int64_t i = 0; i < result->rows_n; i++) {
        const struct ot_val_row *row = &result->rows[i];
        csv_text(out, row->id);
        csv_text(out, row->chip);
        csv_text(out, row->model);
        ot_buf_addf(out, "%s,%s,", ot_meas_kind_name(row->kind), row->metric.ptr);
        const double numbers[] = {row->predicted.value, row->measured, row->predicted.p10,
                                  row->predicted.p90};
        for (size_t k = 0; k < OT_COUNT(numbers); k++) {
            ot_buf_add_num(out, numbers[k]);
            ot_buf_addc(out, ",");
        }
        ot_buf_addf(out, "%s\n", ot_label_name(row->predicted.label));
    }
}

static enum ot_code run(struct ot__cli *cli, struct ot_err *err)
{
    struct outcome outcome = {.summary_only = ot__cli_flag(cli, "summary")};
    struct ot_val_opts opts = {.threads = cli->threads, .seed = cli->seed};
    struct paths paths = {.n = 0};
    const struct ot__given *by = ot__cli_given(cli, "by");
    if (by != NULL && !ot_val_by_parse(by->value, &opts.by))
        return ot_err_set(err, OT_USAGE, by->loc, "--by", by->value,
                          "cell, chip, model, source, kind or op");
    enum ot_code code = ot__cli_int(cli, "requests", 10, 1000000, 0, &opts.requests_n, err);
    if (code == OT_OK)
        code = find_tables(cli, &paths, err);
    if (code == OT_OK)
        code = ot__cli_catalog(cli, err);
    if (code == OT_OK)
        code = ot_validate(cli->arena, cli->catalog, cli->fits, paths.items, paths.n, &opts,
                           &outcome.result, err);
    if (code != OT_OK)
        return code;
    if (paths.n == 0)
        ot__cli_note("skipped: no --table, and OFFTAKE_ORIGINALS is not set");
    for (int64_t i = 0; i < outcome.result.warnings_n; i++)
        ot__cli_note("%s", outcome.result.warnings[i].ptr);
    outcome.by = opts.by;
    cli->out.max = (size_t)8 << 30; /* a row each for a million figures */
    static const struct ot__view view = {
        .schema = "validate", .text = text, .json = json, .csv = csv};
    ot__cli_emit(cli, &view, &outcome);
    return OT_OK;
}

static const struct ot__opt opts[] = {
    {"table", "FILE.csv", "all of OFFTAKE_ORIGINALS", "measurements, plain or gzipped"},
    {"by", "KEY", "cell", "group by cell, chip, model, source, kind or op"},
    {"requests", "N", "500", "requests simulated per row of served load"},
    {"summary", NULL, NULL, "leave rows and skipped rows out of --json"},
};

const struct ot__cmd ot__cmd_validate = {
    .name = "validate",
    .usage = "offtake validate [--table FILE.csv] [--by KEY] [--json]",
    .help = "predictions held against measurements",
    .opts = opts,
    .opts_n = OT_COUNT(opts),
    .run = run,
    .no_html = true,
};
