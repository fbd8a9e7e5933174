/* SPDX-License-Identifier: Apache-2.0 */
/* `offtake calibrate`: fits a chip's kernel coefficients to the user's own measurements. */
#include <math.h>
#include <time.h>

#include "cli/cli.h"
#include "offtake/validate.h"

static double percent(double ln)
{
    return 100 * expm1(ln);
}

static void text(struct ot__cli *cli, const void *data, struct ot_buf *out)
{
    (void)cli;
    const struct ot_cal_result *result = data;
    ot_buf_addf(out, "%-18s %-9s %-7s %6s %6s %9s %9s %9s\n", "op", "format", "library", "rows",
                "held", "before %", "after %", "p90 %");
    for (int64_t i = 0; i < result->fits_n; i++) {
        const struct ot_cal_fit *fit = &result->fits[i];
        ot_buf_addf(out, "%-18s %-9s %-7s %6lld %6lld %9.1f %9.1f %9.1f\n", ot_op_name(fit->fit.op),
                    ot_dtype_name(fit->fit.dtype), ot_library_name(fit->fit.library),
                    (long long)fit->train_n, (long long)fit->held_n,
                    percent(fit->before_median_abs_ln), percent(fit->held_median_abs_ln),
                    percent(fit->held_p90_abs_ln));
        ot_buf_addc(out, "   ");
        for (int64_t k = 0; k < fit->coefs_n; k++)
            ot_buf_addf(out, " %s %.4g%s", ot_coef_name(fit->coefs[k].coef), fit->coefs[k].value,
                        fit->coefs[k].at_bound ? " (at its bound)" : "");
        ot_buf_addc(out, "\n");
    }
    ot_buf_addf(out,
                "\nerrors on held-out rows, median; before: the shipped coefficients\n"
                "%lld rows skipped\n",
                (long long)result->skipped_n);
}

static void json(struct ot__cli *cli, const void *data, struct ot_json *json)
{
    (void)cli;
    const struct ot_cal_result *result = data;
    ot_json_kstr(json, "chip", result->chip->name);
    ot_json_key(json, "fits");
    ot_json_open(json, '[');
    for (int64_t i = 0; i < result->fits_n; i++) {
        const struct ot_cal_fit *fit = &result->fits[i];
        ot_json_open(json, '{');
        ot_json_kstr(json, "op", ot_str_c(ot_op_name(fit->fit.op)));
        ot_json_kstr(json, "dtype", ot_str_c(ot_dtype_name(fit->fit.dtype)));
        ot_json_kstr(json, "library", ot_str_c(ot_library_name(fit->fit.library)));
        ot_json_kint(json, "rows", fit->train_n);
        ot_json_kint(json, "held_out_rows", fit->held_n);
        ot_json_knum(json, "before_median_abs_ln", fit->before_median_abs_ln);
        ot_json_knum(json, "median_abs_ln", fit->held_median_abs_ln);
        ot_json_knum(json, "p90_abs_ln", fit->held_p90_abs_ln);
        ot_json_key(json, "coefficients");
        ot_json_open(json, '[');
        for (int64_t k = 0; k < fit->coefs_n; k++) {
            const struct ot_cal_coef *coef = &fit->coefs[k];
            ot_json_open(json, '{');
            ot_json_kstr(json, "name", ot_str_c(ot_coef_name(coef->coef)));
            ot_json_knum(json, "value", coef->value);
            ot_json_knum(json, "shipped", coef->start);
            ot_json_kbool(json, "at_bound", coef->at_bound);
            ot_json_close(json, '}');
        }
        ot_json_close(json, ']');
        ot_json_close(json, '}');
    }
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

static void warn_bounds(const struct ot_cal_result *result)
{
    for (int64_t i = 0; i < result->fits_n; i++)
        for (int64_t k = 0; k < result->fits[i].coefs_n; k++)
            if (result->fits[i].coefs[k].at_bound)
                ot__cli_note(
                    "%s %s: %s ends at its bound: the chip's spec or the table's bytes are "
                    "off, or no row tells it",
                    ot_op_name(result->fits[i].fit.op), ot_dtype_name(result->fits[i].fit.dtype),
                    ot_coef_name(result->fits[i].coefs[k].coef));
}

/* The day the file is written; --date says another. */
static enum ot_code fit_date(struct ot__cli *cli, int64_t *ret_day, struct ot_err *err)
{
    const struct ot__given *date = ot__cli_given(cli, "date");
    *ret_day = (int64_t)(time(NULL) / 86400);
    if (date != NULL && !ot_date_parse(date->value, ret_day))
        return ot_err_set(err, OT_USAGE, date->loc, "--date", date->value, "a date, YYYY-MM-DD");
    return OT_OK;
}

static enum ot_code run(struct ot__cli *cli, struct ot_err *err)
{
    const struct ot__given *name = NULL, *file = NULL;
    const struct ot_chip *chip = NULL;
    struct ot_cal_result result;
    int64_t day = 0;
    const struct ot_cal_opts opts = {.seed = cli->seed};
    enum ot_code code = ot__cli_need(cli, "chip", &name, err);
    if (code == OT_OK)
        code = ot__cli_need_positional(cli, 0, "the table of measurements", &file, err);
    if (code == OT_OK)
        code = fit_date(cli, &day, err);
    if (code == OT_OK)
        code = ot__cli_catalog(cli, err);
    if (code == OT_OK)
        code = ot_catalog_chip(cli->catalog, name->value, name->loc, &chip, err);
    if (code == OT_OK)
        code = ot_calibrate(cli->arena, cli->catalog, cli->fits, chip, file->value.ptr, &opts,
                            &result, err);
    const struct ot__given *out = ot__cli_given(cli, "out");
    if (code == OT_OK && out != NULL) {
        const struct ot_str source = ot_str_fmt(cli->arena, "own measurements, %s",
                                                ot_path_stem(cli->arena, file->value).ptr);
        code = ot_file_write(out->value.ptr, ot_cal_yaml(cli->arena, &result, source, day), err);
    }
    if (code != OT_OK)
        return code;
    warn_bounds(&result);
    static const struct ot__view view = {.schema = "calibrate", .text = text, .json = json};
    ot__cli_emit(cli, &view, &result);
    return OT_OK;
}

static const struct ot__opt opts[] = {
    {"chip", "NAME", NULL, "chip the measurements were made on"},
    {"out", "FILE.yaml", NULL, "write the fitted coefficients, for data/fits/"},
    {"date", "DATE", "today", "date written into that file"},
};

const struct ot__cmd ot__cmd_calibrate = {
    .name = "calibrate",
    .usage = "offtake calibrate --chip NAME FILE.csv [--out FILE.yaml]",
    .help = "fit a chip's coefficients to your own measurements",
    .opts = opts,
    .opts_n = OT_COUNT(opts),
    .run = run,
    .args_max = 1,
    .no_csv = true,
    .no_html = true,
};
