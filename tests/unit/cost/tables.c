/* SPDX-License-Identifier: Apache-2.0 */
/* The forms and coefficients against the public kernel tables (samples under OFFTAKE_ORIGINALS):
 * the median error of each set stays within 1.3 times what its fit stated on held-out rows, plus
 * one point. Catches: a column misread, a unit, a coefficient mistyped. Skips without the files. */
#include "ot_test.h"

#include <math.h>

#include "offtake/cost.h"

struct sample { /* one table, one chip, one library */
    const char *file, *op, *system, *chip, *library, *precision;
    double head_dim;
    double stated_median;
};
struct reading {
    const struct sample *sample;
    const struct ot_fits *fits;
    const struct ot_chip *chip;
    struct ot_arena *scratch;
    double *errors;
    size_t n, cap;
};

static struct ot_str text(const struct ot_csv_row *header, const struct ot_csv_row *row,
                          const char *name)
{
    const int at = ot_csv_column(header, name);
    return at >= 0 && (size_t)at < row->n ? row->fields[at] : ot_str_c("");
}

static double number(const struct ot_csv_row *header, const struct ot_csv_row *row,
                     const char *name)
{
    double value = 0;
    return ot_str_num(text(header, row, name), &value) ? value : 0;
}

static bool wanted(const struct sample *s, const struct ot_csv_row *h, const struct ot_csv_row *r)
{
    return ot_str_is(text(h, r, "system"), s->system) &&
           ot_str_is(text(h, r, "engine"), s->library) &&
           ot_str_is(text(h, r, "precision"), s->precision) &&
           (!s->op || ot_str_is(text(h, r, "op"), s->op));
}

static bool read_kernel(const struct ot_csv_row *h, const struct ot_csv_row *r, struct ot_kernel *k)
{
    *k = (struct ot_kernel){.weights_in_cache = true, .dtype_kv = OT_DTYPE_bf16};
    if (!ot_op_parse(text(h, r, "op"), &k->op)) {
        k->op = OT_OP_elementwise;
        if (!ot_elementwise_parse(text(h, r, "op"), &k->kind))
            return false;
    }
    if (!ot_library_parse(text(h, r, "engine"), &k->library))
        return false;
    const struct ot_str precision = text(h, r, "precision");
    enum ot_dtype dtype = OT_DTYPE_bf16;
    if (ot_str_is(precision, "kv_fp8"))
        k->dtype_kv = OT_DTYPE_fp8;
    else if (!ot_dtype_parse(precision, &dtype))
        dtype = OT_DTYPE_bf16;
    k->dtype_act = k->dtype_weights = dtype;
    const struct {
        const char *name;
        double *value;
    } columns[] = {{"m", &k->m},
                   {"n", &k->n},
                   {"k", &k->k},
                   {"batch", &k->batch},
                   {"q_len", &k->q_len},
                   {"kv_len", &k->kv_len},
                   {"heads", &k->heads},
                   {"kv_heads", &k->kv_heads},
                   {"head_dim", &k->head_dim},
                   {"tokens", &k->tokens},
                   {"hidden", &k->hidden},
                   {"inter", &k->inter},
                   {"experts", &k->experts},
                   {"topk", &k->top_k},
                   {"tp", &k->tp},
                   {"ep", &k->ep},
                   {"bytes", &k->bytes},
                   {"num_gpus", &k->ranks}};
    for (size_t i = 0; i < OT_COUNT(columns); i++)
        *columns[i].value = number(h, r, columns[i].name);
    k->gated = number(h, r, "gated") > 0;
    double gamma = 0;
    if (ot_skew_parse(text(h, r, "distribution"), &gamma))
        k->skew_gamma = gamma;
    return true;
}

/* Shapes outside the stated range of the fits. */
static bool outside(const struct sample *s, const struct ot_kernel *k)
{
    if (k->op == OT_OP_gemm)
        return k->n < 128 || k->k < 128;
    if (s->head_dim > 0 && k->head_dim != s->head_dim)
        return true;
    return k->kv_heads > 0 &&
           (k->heads / k->kv_heads > 16 || (k->op == OT_OP_attention_prefill && k->q_len < 2));
}

static enum ot_code take_row(void *ctx, const struct ot_csv_row *header,
                             const struct ot_csv_row *row, struct ot_err *err)
{
    struct reading *reading = ctx;
    struct ot_kernel k;
    const double measured = number(header, row, "latency_us") * 1e-6;
    if (!wanted(reading->sample, header, row) || !read_kernel(header, row, &k) || measured <= 0 ||
        outside(reading->sample, &k) || reading->n == reading->cap)
        return OT_OK;
    ot_arena_reset(reading->scratch);
    struct ot_pred time_s;
    const enum ot_code code =
        ot_kernel_time(reading->fits, reading->chip, &k, reading->scratch, &time_s, NULL, err);
    if (code == OT_OK)
        reading->errors[reading->n++] = fabs(time_s.value / measured - 1);
    return code;
}

TEST(tables, medians_are_those_of_the_fits)
{
    const char *originals = getenv("OFFTAKE_ORIGINALS");
    if (!originals || !originals[0])
        skip();
    static const struct sample samples[] = {
        {"gemm", NULL, "h100", "h100-sxm", "trtllm", "bfloat16", 0, 0.043},
        {"gemm", NULL, "h100", "h100-sxm", "vllm", "bfloat16", 0, 0.048},
        {"gemm", NULL, "h100", "h100-sxm", "trtllm", "fp8", 0, 0.0279},
        {"gemm", NULL, "b200", "b200-sxm", "trtllm", "nvfp4", 0, 0.028},
        {"gemm", NULL, "a100", "a100-sxm-80gb", "vllm", "bfloat16", 0, 0.0769},
        {"decode_attention", NULL, "h100", "h100-sxm", "vllm", "kv_bfloat16", 128, 0.0418},
        {"decode_attention", NULL, "h100", "h100-sxm", "trtllm", "kv_bfloat16", 128, 0.1202},
        {"decode_attention", NULL, "b200", "b200-sxm", "vllm", "kv_bfloat16", 128, 0.045},
        {"prefill_attention", NULL, "h100", "h100-sxm", "vllm", "kv_bfloat16", 128, 0.0569},
        {"prefill_attention", NULL, "h100", "h100-sxm", "trtllm", "kv_bfloat16", 128, 0.0416},
        {"mla", "mla_decode", "h100", "h100-sxm", "trtllm", "kv_bfloat16", 0, 0.0595},
        {"mla", "mla_prefill", "h100", "h100-sxm", "trtllm", "kv_bfloat16", 0, 0.047},
        {"moe", NULL, "h100", "h100-sxm", "trtllm", "bfloat16", 0, 0.1083},
        {"moe", NULL, "h100", "h100-sxm", "vllm", "bfloat16", 0, 0.1003},
        {"collectives", "all_reduce", "h100", "h100-sxm", "nccl", "half", 0, 0.03},
        {"collectives", "all_reduce", "h100", "h100-sxm", "custom_vllm_graph", "bfloat16", 0, 0.06},
        {"collectives", "all_gather", "h100", "h100-sxm", "nccl", "half", 0, 0.0633},
        {"collectives", "alltoall", "h100", "h100-sxm", "nccl", "half", 0, 0.0726},
        {"elementwise", NULL, "vidur_h100", "h100-sxm", "sarathi", "half", 0, 0.06},
    };
    struct ot_arena *arena = ot_arena_new(0);
    struct ot_err err;
    ot_err_init(&err, arena);
    struct ot_catalog *catalog = NULL;
    struct ot_fits *fits = NULL;
    assert_int_equal(ot_catalog_open(arena, getenv("OFFTAKE_DATA"), NULL, &catalog, &err), OT_OK);
    assert_int_equal(ot_fits_open(arena, catalog, &fits, &err), OT_OK);
    for (size_t i = 0; i < OT_COUNT(samples); i++) {
        struct reading reading = {.sample = &samples[i], .fits = fits, .cap = 200000};
        reading.scratch = ot_arena_child(arena);
        reading.errors = ot_arena_calloc(arena, reading.cap, sizeof(double));
        assert_int_equal(ot_catalog_chip(catalog, ot_str_c(samples[i].chip), (struct ot_loc){0},
                                         &reading.chip, &err),
                         OT_OK);
        const struct ot_str path =
            ot_str_fmt(arena, "%s/kernels/%s.csv.gz", originals, samples[i].file);
        assert_int_equal(ot_csv_read(path.ptr, NULL, take_row, &reading, &err), OT_OK);
        assert_true(reading.n > 20);
        ot_sort_doubles(reading.errors, reading.n);
        const double median = ot_percentile_sorted(reading.errors, reading.n, 50);
        print_message("%-18s %-11s %-14s %-18s %6zu rows: median %4.1f %% (stated %4.1f), p90 "
                      "%4.1f %%\n",
                      samples[i].file, samples[i].op ? samples[i].op : "", samples[i].chip,
                      samples[i].library, reading.n, 100 * median, 100 * samples[i].stated_median,
                      100 * ot_percentile_sorted(reading.errors, reading.n, 90));
        assert_true(median <= 1.3 * samples[i].stated_median + 0.01);
    }
    ot_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {RUN(tables, medians_are_those_of_the_fits)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
