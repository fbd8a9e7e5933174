/* SPDX-License-Identifier: Apache-2.0 */
/* The coefficient store: look-up order, labels, bands, refusals. Catches: a chip predicted with a
 * stranger's facts, a band that does not widen with distance, a format the chip lacks. */
#include "ot_test.h"

#include "offtake/cost.h"

struct world {
    struct ot_arena *arena;
    struct ot_catalog *catalog;
    struct ot_fits *fits;
    struct ot_err err;
};

static int set_up(void **state)
{
    static struct world w;
    w.arena = ot_arena_new(0);
    ot_err_init(&w.err, w.arena);
    const char *data = getenv("OFFTAKE_DATA");
    assert_non_null(data);
    assert_int_equal(ot_catalog_open(w.arena, data, NULL, &w.catalog, &w.err), OT_OK);
    assert_int_equal(ot_fits_open(w.arena, w.catalog, &w.fits, &w.err), OT_OK);
    *state = &w;
    return 0;
}

static int tear_down(void **state)
{
    const struct world *w = *state;
    ot_arena_free(w->arena);
    return 0;
}

static const struct ot_chip *chip(struct world *w, const char *name)
{
    const struct ot_chip *found = NULL;
    assert_int_equal(
        ot_catalog_chip(w->catalog, ot_str_c(name), (struct ot_loc){0}, &found, &w->err), OT_OK);
    return found;
}

static struct ot_kernel gemm(enum ot_dtype dtype)
{
    return (struct ot_kernel){.op = OT_OP_gemm,
                              .m = 64,
                              .n = 4096,
                              .k = 4096,
                              .dtype_act = dtype,
                              .dtype_weights = dtype,
                              .dtype_kv = OT_DTYPE_bf16};
}

static struct ot_fit find(struct world *w, const char *name, struct ot_kernel k,
                          struct ot_pred *ret_band)
{
    struct ot_fit fit;
    assert_int_equal(ot_fits_find(w->fits, chip(w, name), &k, &fit, ret_band, &w->err), OT_OK);
    return fit;
}

TEST(fits, a_chip_of_its_own_takes_its_own_row)
{
    struct ot_pred band;
    const struct ot_fit fit = find(*state, "l40s", gemm(OT_DTYPE_bf16), &band);
    assert_true(ot_str_is(fit.chip, "l40s"));
    assert_int_equal(band.label, OT_LABEL_fitted);
    ot_assert_near(fit.peak_flop_per_s, 362e12, 1e-12);
}

TEST(fits, a_relative_lends_coefficients_and_keeps_its_own_facts)
{
    struct world *w = *state;
    struct ot_pred band;
    const struct ot_fit fit = find(w, "h20", gemm(OT_DTYPE_bf16), &band);
    assert_true(ot_str_is(fit.chip, "h100-sxm"));
    assert_int_equal(band.label, OT_LABEL_transferred);
    ot_assert_near(fit.mem_bytes_per_s, chip(w, "h20")->hbm_bytes_per_s.value, 1e-12);
    assert_true(fit.peak_flop_per_s < 200e12);
}

TEST(fits, bands_widen_with_distance_from_the_measured_chip)
{
    struct world *w = *state;
    struct ot_pred own, relative, gpu, other;
    find(w, "h100-sxm", gemm(OT_DTYPE_bf16), &own);
    find(w, "h20", gemm(OT_DTYPE_bf16), &relative);
    find(w, "mi300x", gemm(OT_DTYPE_bf16), &gpu);
    find(w, "tpu-v6e", gemm(OT_DTYPE_bf16), &other);
    assert_true(own.p90 < relative.p90 && relative.p90 < gpu.p90 && gpu.p90 < other.p90);
    assert_true(own.p10 > relative.p10 && relative.p10 > gpu.p10 && gpu.p10 > other.p10);
    assert_int_equal(gpu.label, OT_LABEL_transferred);
    assert_int_equal(other.label, OT_LABEL_first_principles);
}

TEST(fits, a_measured_roof_lowers_the_efficiency_of_a_stranger)
{
    struct ot_pred band;
    const struct ot_fit fit = find(*state, "mi300x", gemm(OT_DTYPE_bf16), &band);
    assert_true(fit.coef[OT_COEF_eta_c] < 0.65); /* 708 of 1307 TFLOP/s against 795 of 989 */
}

TEST(fits, a_fused_quantiser_starts_like_a_16_bit_kernel)
{
    struct world *w = *state;
    struct ot_pred band;
    struct ot_kernel k = gemm(OT_DTYPE_fp8);
    k.library = OT_LIBRARY_trtllm;
    const struct ot_fit loose = find(w, "h100-sxm", k, &band);
    k.quant_fused = true;
    const struct ot_fit fused = find(w, "h100-sxm", k, &band);
    ot_assert_near(loose.coef[OT_COEF_t0], 12.78e-6, 1e-9);
    ot_assert_near(fused.coef[OT_COEF_t0], 2.785e-6, 1e-9);
    assert_true(fused.coef[OT_COEF_q_bytes] == 1.5);
}

TEST(fits, every_chip_of_the_catalogue_can_run_a_gemm)
{
    struct world *w = *state;
    size_t n = 0;
    const struct ot_chip *chips = ot_catalog_chips(w->catalog, &n);
    assert_true(n >= 30);
    for (size_t i = 0; i < n; i++) {
        const enum ot_dtype dtype =
            ot_chip_has_dtype(&chips[i], OT_DTYPE_bf16) ? OT_DTYPE_bf16 : OT_DTYPE_fp8;
        const struct ot_kernel k = gemm(dtype);
        struct ot_pred time_s;
        assert_int_equal(ot_kernel_time(w->fits, &chips[i], &k, w->arena, &time_s, NULL, &w->err),
                         OT_OK);
        assert_true(time_s.value > 1e-6 && time_s.value < 1e-2);
    }
}

TEST(fits, a_trial_row_replaces_its_like_and_leaves_the_rest)
{
    struct world *w = *state;
    struct ot_pred band;
    struct ot_fit row = find(w, "h100-sxm", gemm(OT_DTYPE_bf16), &band);
    row.coef[OT_COEF_t0] = 1e-3;
    const struct ot_fits *trial = ot_fits_with(w->arena, w->fits, &row);
    const struct ot_kernel k = gemm(OT_DTYPE_bf16);
    struct ot_pred before, after;
    const struct ot_chip *h100 = chip(w, "h100-sxm");
    assert_int_equal(ot_kernel_time(w->fits, h100, &k, w->arena, &before, NULL, &w->err), OT_OK);
    assert_int_equal(ot_kernel_time(trial, h100, &k, w->arena, &after, NULL, &w->err), OT_OK);
    assert_true(before.value < 1e-4 && after.value > 1e-3);
    size_t a = 0, b = 0;
    ot_fits_rows(w->fits, &a);
    ot_fits_rows(trial, &b);
    assert_int_equal(a, b);
    row.chip = ot_str_c("made-up");
    ot_fits_rows(ot_fits_with(w->arena, w->fits, &row), &b);
    assert_int_equal(b, a + 1);
}

TEST(fits, whole_step_rows_serve_aws_chips_only)
{
    struct world *w = *state;
    struct ot_neuron_fit row;
    assert_true(ot_fits_neuron(w->fits, chip(w, "trainium2"), &row));
    assert_int_equal(row.label, OT_LABEL_fitted);
    ot_assert_near(row.dma_core_bytes_per_s, 368e9, 1e-9);
    assert_true(ot_fits_neuron(w->fits, chip(w, "trainium3"), &row));
    assert_int_equal(row.label, OT_LABEL_transferred);
    assert_false(ot_fits_neuron(w->fits, chip(w, "h100-sxm"), &row));
    struct ot_chip made_up = *chip(w, "trainium3");
    made_up.name = ot_str_c("trainium9");
    made_up.dma_bytes_per_s.value = 8e12;
    made_up.dma_bytes_per_s.has = true;
    assert_true(ot_fits_neuron(w->fits, &made_up, &row));
    ot_assert_near(row.dma_core_bytes_per_s, 1e12, 1e-9);
    assert_int_equal(row.label, OT_LABEL_transferred);
}

TEST(fits, chip_scales_are_by_number_format)
{
    struct world *w = *state;
    const struct ot_chip *mi300x = chip(w, "mi300x");
    assert_non_null(ot_fits_scale(w->fits, mi300x, OT_DTYPE_fp8, "decode"));
    assert_null(ot_fits_scale(w->fits, mi300x, OT_DTYPE_bf16, "decode"));
    assert_null(ot_fits_scale(w->fits, chip(w, "h100-sxm"), OT_DTYPE_fp8, "decode"));
}

TEST(fits, every_engine_has_host_terms)
{
    struct world *w = *state;
    for (int e = 0; e < OT_ENGINE_COUNT; e++)
        assert_non_null(ot_fits_host(w->fits, (enum ot_engine)e));
    ot_assert_near(ot_fits_host(w->fits, OT_ENGINE_vllm)->step_s, 1e-3, 1e-12);
    assert_true(ot_fits_band(w->fits, "no such scope", OT_OP_gemm).p90 > 2);
}

static void refused(struct world *w, const char *name, struct ot_kernel k, const char *field)
{
    struct ot_pred untouched = {.value = -7};
    assert_int_equal(
        ot_kernel_time(w->fits, chip(w, name), &k, w->arena, &untouched, NULL, &w->err), OT_INPUT);
    assert_true(ot_str_is(w->err.field, field));
    assert_true(untouched.value == -7);
}

TEST(fits, impossible_kernels_are_refused_by_field)
{
    struct world *w = *state;
    struct ot_kernel k = gemm(OT_DTYPE_bf16);
    k.m = -1;
    refused(w, "h100-sxm", k, "m");
    k = gemm(OT_DTYPE_bf16);
    k.k = 0;
    refused(w, "h100-sxm", k, "k");
    refused(w, "a100-sxm-80gb", gemm(OT_DTYPE_fp8), "dtype");
    k = (struct ot_kernel){.op = OT_OP_attention_prefill, .batch = 1, .q_len = 100, .kv_len = 50};
    k.heads = k.kv_heads = 8;
    k.head_dim = 128;
    refused(w, "h100-sxm", k, "kv_len");
    k = (struct ot_kernel){.op = OT_OP_grouped_gemm, .tokens = 1, .hidden = 64, .inter = 64};
    k.dtype_act = k.dtype_weights = OT_DTYPE_bf16;
    k.experts = 8;
    k.top_k = 9;
    refused(w, "h100-sxm", k, "topk");
    k.top_k = 2;
    k.ep = 3;
    refused(w, "h100-sxm", k, "ep");
    k = (struct ot_kernel){.op = OT_OP_allreduce, .bytes = -8, .ranks = 2};
    refused(w, "h100-sxm", k, "bytes");
}

TEST(fits, names_are_read_as_tables_spell_them)
{
    enum ot_op op;
    enum ot_library library;
    enum ot_elementwise kind;
    double gamma = -1;
    assert_true(ot_op_parse(ot_str_c("moe"), &op) && op == OT_OP_grouped_gemm);
    assert_true(ot_op_parse(ot_str_c("all_reduce"), &op) && op == OT_OP_allreduce);
    assert_true(ot_op_parse(ot_str_c(ot_op_name(OT_OP_mla_decode)), &op) && op == OT_OP_mla_decode);
    assert_false(ot_op_parse(ot_str_c("gemv"), &op));
    assert_true(ot_library_parse(ot_str_c("custom_vllm_graph"), &library) &&
                library == OT_LIBRARY_vllm);
    assert_false(ot_library_parse(ot_str_c("custom_vllm_eager"), &library));
    assert_string_equal(ot_library_name(OT_LIBRARY_nccl), "nccl");
    assert_int_equal(ot_library_of(OT_ENGINE_sglang, OT_OP_allreduce), OT_LIBRARY_nccl);
    assert_true(ot_elementwise_parse(ot_str_c("input_layernorm"), &kind) &&
                kind == OT_ELEMENTWISE_norm);
    assert_false(ot_elementwise_parse(ot_str_c("softmax"), &kind));
    assert_true(ot_skew_parse(ot_str_c("power_law_1.2"), &gamma) && gamma == 0.33);
    assert_true(ot_skew_parse(ot_str_c("0.5"), &gamma) && gamma == 0.5);
    assert_false(ot_skew_parse(ot_str_c("-1"), &gamma));
    assert_string_equal(ot_coef_name(OT_COEF_eta_c), "eta_c");
}

TEST(fits, a_broken_file_is_named_with_its_line)
{
    struct world *w = *state;
    struct ot_catalog *catalog = NULL;
    struct ot_fits *fits = NULL;
    struct ot_err err;
    ot_err_init(&err, w->arena);
    const struct ot_str root =
        ot_str_fmt(w->arena, "%s/tests/data/bad-fits", getenv("OT_SOURCE_ROOT"));
    assert_int_equal(ot_catalog_open(w->arena, root.ptr, NULL, &catalog, &err), OT_OK);
    assert_int_equal(ot_fits_open(w->arena, catalog, &fits, &err), OT_INPUT);
    assert_int_equal(err.loc.line, 9);
    assert_null(fits);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(fits, a_chip_of_its_own_takes_its_own_row),
        RUN(fits, a_relative_lends_coefficients_and_keeps_its_own_facts),
        RUN(fits, bands_widen_with_distance_from_the_measured_chip),
        RUN(fits, a_measured_roof_lowers_the_efficiency_of_a_stranger),
        RUN(fits, a_fused_quantiser_starts_like_a_16_bit_kernel),
        RUN(fits, every_chip_of_the_catalogue_can_run_a_gemm),
        RUN(fits, a_trial_row_replaces_its_like_and_leaves_the_rest),
        RUN(fits, whole_step_rows_serve_aws_chips_only),
        RUN(fits, chip_scales_are_by_number_format),
        RUN(fits, every_engine_has_host_terms),
        RUN(fits, impossible_kernels_are_refused_by_field),
        RUN(fits, names_are_read_as_tables_spell_them),
        RUN(fits, a_broken_file_is_named_with_its_line),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
