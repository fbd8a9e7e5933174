/* SPDX-License-Identifier: Apache-2.0 */
/* Fitted coefficients as a file of data/fits/. */
#include "measure.h"

static const char *topology_name(enum ot_topology topology)
{
    static const char *const names[] = {
#define OT__TOPOLOGY_NAME(name) #name,
        OT_TOPOLOGY_LIST(OT__TOPOLOGY_NAME)
#undef OT__TOPOLOGY_NAME
    };
    return names[topology];
}

static const char *const kind_names[] = {
#define OT__ELEMENTWISE_NAME(name) #name,
    OT_ELEMENTWISE_LIST(OT__ELEMENTWISE_NAME)
#undef OT__ELEMENTWISE_NAME
};

enum shape {
    BARE,
    TIME
};
static enum shape shape_of(enum ot_coef coef)
{
    enum {
        DIM_TIME = 1,
        DIM_NONE = 0
    };
    static const int dims[] = {
#define OT__COEF_DIM(name, dim, def, help) DIM_##dim,
        OT_COEF_LIST(OT__COEF_DIM)
#undef OT__COEF_DIM
    };
    return dims[coef] == DIM_TIME ? TIME : BARE;
}

/* Peak of the formats that share a rate: 16-bit, 8-bit, 4-bit; 0 when no fit used it. */
static double peak(const struct ot_cal_result *result, double bytes_low, double bytes_high)
{
    for (int64_t i = 0; i < result->fits_n; i++) {
        const struct ot_fit *fit = &result->fits[i].fit;
        const double bytes = ot_dtype_bytes(fit->dtype);
        const bool by_weights = fit->op == OT_OP_gemm || fit->op == OT_OP_grouped_gemm;
        if (by_weights && bytes > bytes_low && bytes <= bytes_high && fit->peak_flop_per_s > 0)
            return fit->peak_flop_per_s;
    }
    return 0;
}

static void add_spec(const struct ot_cal_result *result, struct ot_buf *out)
{
    const struct ot_fit *fit = &result->fits[0].fit;
    const struct ot_chip *chip = result->chip;
    double bf16 = peak(result, 1.5, 2.5);
    if (!(bf16 > 0))
        bf16 = chip->rates[OT_DTYPE_bf16].label.value;
    const double fp8 = peak(result, 0.9, 1.1), fp4 = peak(result, 0.4, 0.6);
    ot_buf_addf(out, "spec:\n  bf16: %.6g TFLOP/s\n", bf16 / 1e12);
    if (fp8 > 0)
        ot_buf_addf(out, "  fp8: %.6g TFLOP/s\n", fp8 / 1e12);
    if (fp4 > 0)
        ot_buf_addf(out, "  fp4: %.6g TFLOP/s\n", fp4 / 1e12);
    ot_buf_addf(out, "  memory: %.6g TB/s\n  compute_units: %lld\n", fit->mem_bytes_per_s / 1e12,
                (long long)fit->units);
    ot_buf_addf(out, "  cache: %.6g MB\n  link: %.6g GB/s\n  topology: %s\n",
                fit->cache_bytes / 1e6, fit->link_bytes_per_s / 1e9,
                topology_name(chip->scaleup_topology));
}

static void add_fit(const struct ot_cal_fit *row, struct ot_buf *out)
{
    const struct ot_fit *fit = &row->fit;
    ot_buf_addf(out, "  - {op: %s, form: %.*s, library: %s, dtype: %s", ot_op_name(fit->op),
                (int)fit->form.len, fit->form.ptr, ot_library_name(fit->library),
                ot_dtype_name(fit->dtype));
    if (fit->kind != OT_ELEMENTWISE_any)
        ot_buf_addf(out, ", kind: %s", kind_names[fit->kind]);
    if (fit->head_dim > 0)
        ot_buf_addf(out, ", head_dim: %lld", (long long)fit->head_dim);
    ot_buf_addf(out, ", rows: %lld, err_median: %.4g %%, err_p90: %.4g %%,\n    ",
                (long long)fit->rows_n, 100 * fit->err_median, 100 * fit->err_p90);
    const char *separator = " ";
    for (int i = 0; i < OT_COEF_COUNT; i++) {
        const enum ot_coef coef = (enum ot_coef)i;
        const double value = fit->coef[i];
        if (value == 0)
            continue;
        ot_buf_addf(out, "%s%s: ", separator, ot_coef_name(coef));
        separator = ", ";
        if (shape_of(coef) == TIME)
            ot_buf_addf(out, "%.6g us", value * 1e6);
        else
            ot_buf_addf(out, "%.6g", value);
    }
    ot_buf_addc(out, "}\n");
}

struct ot_str ot_cal_yaml(struct ot_arena *arena, const struct ot_cal_result *result,
                          struct ot_str source, int64_t date_day)
{
    struct ot_buf out;
    ot_buf_init(&out, arena, 0);
    ot_buf_addf(&out,
                "# Kernel coefficients fitted by `offtake calibrate`; an eta is a share of "
                "`spec`.\nchip: %s\ndate: %s\nsource: \"%.*s\"\n",
                result->chip->name.ptr, ot_date_text(arena, date_day).ptr, (int)source.len,
                source.ptr);
    if (result->fits_n > 0) {
        add_spec(result, &out);
        ot_buf_addc(&out, "kernels:\n");
    }
    for (int64_t i = 0; i < result->fits_n; i++)
        add_fit(&result->fits[i], &out);
    return ot_buf_str(&out);
}
