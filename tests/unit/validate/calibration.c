/* SPDX-License-Identifier: Apache-2.0 */
/* Calibration gets back the coefficients that made the rows. Would catch: a transform that loses
 * the bounds, residuals of the wrong sign, a held-out row that took part, YAML that cannot be read
 * back. */
#include <math.h>

#include "tables.h"

static struct ot_kernel gemm(double m, double n, double k)
{
    return (struct ot_kernel){.op = OT_OP_gemm,
                              .dtype_act = OT_DTYPE_bf16,
                              .dtype_weights = OT_DTYPE_bf16,
                              .dtype_kv = OT_DTYPE_bf16,
                              .library = OT_LIBRARY_vllm,
                              .m = m,
                              .n = n,
                              .k = k,
                              .weights_in_cache = true,
                              .gated = true};
}

/* Times of made-up rows: the shipped form with changed coefficients, noise_frac up and down. */
static const char *made_table(struct bench *bench, const struct ot_chip *chip,
                              const struct ot_fit *truth, double noise_frac)
{
    static const double sizes[] = {16, 128, 512, 2048, 8192};
    const struct ot_fits *fits = ot_fits_with(bench->arena, bench->fits, truth);
    struct ot_buf text;
    ot_buf_init(&text, bench->arena, 0);
    ot_buf_addc(&text, "chip,op,m,n,k,dtype_weights,engine,kind,metric,value,unit\n");
    int sign = 1;
    for (size_t a = 0; a < OT_COUNT(sizes); a++)
        for (size_t b = 1; b < OT_COUNT(sizes); b++)
            for (size_t c = 1; c < OT_COUNT(sizes); c++) {
                const struct ot_kernel kernel = gemm(sizes[a], sizes[b], sizes[c]);
                struct ot_pred time;
                assert_int_equal(
                    ot_kernel_time(fits, chip, &kernel, bench->arena, &time, NULL, &bench->err),
                    OT_OK);
                sign = -sign;
                ot_buf_addf(&text, "%s,gemm,%g,%g,%g,bf16,vllm,kernel,time,%.12g,us\n",
                            chip->name.ptr, sizes[a], sizes[b], sizes[c],
                            time.value * 1e6 * (1 + sign * noise_frac));
            }
    return bench_file(bench, "made.csv", ot_buf_str(&text).ptr);
}

static const struct ot_chip *chip_of(struct bench *bench, const char *name)
{
    const struct ot_chip *chip;
    assert_int_equal(ot_catalog_chip(bench->catalog, ot_str_c(name), ot_loc_of(ot_str_c(""), 0, 0),
                                     &chip, &bench->err),
                     OT_OK);
    return chip;
}

static struct ot_fit changed_fit(struct bench *bench, const struct ot_chip *chip)
{
    struct ot_fit fit;
    struct ot_pred band;
    const struct ot_kernel kernel = gemm(128, 4096, 4096);
    assert_int_equal(ot_fits_find(bench->fits, chip, &kernel, &fit, &band, &bench->err), OT_OK);
    fit.coef[OT_COEF_t0] *= 1.6;
    fit.coef[OT_COEF_eta_c] *= 0.8;
    fit.coef[OT_COEF_eta_m] *= 0.9;
    fit.coef[OT_COEF_ck] *= 1.3;
    fit.chip = chip->name;
    return fit;
}

TEST(calibrate, recovers_the_coefficients_that_made_the_rows)
{
    struct bench bench;
    struct ot_cal_result result;
    bench_open(&bench);
    const struct ot_chip *chip = chip_of(&bench, "h100-sxm");
    const struct ot_fit truth = changed_fit(&bench, chip);
    const char *path = made_table(&bench, chip, &truth, 0);
    const struct ot_cal_opts opts = {.seed = 1};
    assert_int_equal(ot_calibrate(bench.arena, bench.catalog, bench.fits, chip, path, &opts,
                                  &result, &bench.err),
                     OT_OK);
    assert_int_equal(result.fits_n, 1);
    const struct ot_cal_fit *fit = &result.fits[0];
    assert_int_equal(fit->train_n + fit->held_n, 80);
    assert_int_equal(fit->coefs_n, 4);
    for (int64_t i = 0; i < fit->coefs_n; i++) {
        ot_assert_near(fit->coefs[i].value, truth.coef[fit->coefs[i].coef], 2e-3);
        assert_false(fit->coefs[i].at_bound);
    }
    assert_true(fit->held_median_abs_ln < 1e-3);
    assert_true(fit->before_median_abs_ln > 0.05);
    bench_close(&bench);
}

TEST(calibrate, reports_the_noise_as_held_out_error)
{
    struct bench bench;
    struct ot_cal_result result;
    bench_open(&bench);
    const struct ot_chip *chip = chip_of(&bench, "h100-sxm");
    const struct ot_fit truth = changed_fit(&bench, chip);
    const char *path = made_table(&bench, chip, &truth, 0.05);
    const struct ot_cal_opts opts = {.seed = 3};
    assert_int_equal(ot_calibrate(bench.arena, bench.catalog, bench.fits, chip, path, &opts,
                                  &result, &bench.err),
                     OT_OK);
    assert_true(result.fits[0].held_median_abs_ln > 0.02);
    assert_true(result.fits[0].held_median_abs_ln < 0.1);
    bench_close(&bench);
}

TEST(calibrate, says_when_a_coefficient_ends_at_its_bound)
{
    struct bench bench;
    struct ot_cal_result result;
    bench_open(&bench);
    const struct ot_chip *chip = chip_of(&bench, "h100-sxm");
    struct ot_fit truth = changed_fit(&bench, chip);
    truth.coef[OT_COEF_eta_m] = 4; /* faster than memory can be */
    const char *path = made_table(&bench, chip, &truth, 0);
    const struct ot_cal_opts opts = {.seed = 1};
    assert_int_equal(ot_calibrate(bench.arena, bench.catalog, bench.fits, chip, path, &opts,
                                  &result, &bench.err),
                     OT_OK);
    bool found = false;
    for (int64_t i = 0; i < result.fits[0].coefs_n; i++)
        found = found ||
                (result.fits[0].coefs[i].coef == OT_COEF_eta_m && result.fits[0].coefs[i].at_bound);
    assert_true(found);
    bench_close(&bench);
}

TEST(calibrate, writes_yaml_that_reads_back)
{
    struct bench bench;
    struct ot_cal_result result;
    struct ot_node *root;
    double value;
    bench_open(&bench);
    const struct ot_chip *chip = chip_of(&bench, "h100-sxm");
    const struct ot_fit truth = changed_fit(&bench, chip);
    const char *path = made_table(&bench, chip, &truth, 0);
    const struct ot_cal_opts opts = {.seed = 1};
    assert_int_equal(ot_calibrate(bench.arena, bench.catalog, bench.fits, chip, path, &opts,
                                  &result, &bench.err),
                     OT_OK);
    const struct ot_str yaml =
        ot_cal_yaml(bench.arena, &result, ot_str_c("own rows"), ot_date_of(2026, 11, 22));
    assert_int_equal(ot_yaml_parse(bench.arena, yaml, "fit.yaml", &root, &bench.err), OT_OK);
    const struct ot_node *row = ot_node_at(root, "kernels[0]");
    assert_non_null(row);
    assert_true(ot_node_num(row, "eta_c", &value));
    ot_assert_near(value, truth.coef[OT_COEF_eta_c], 2e-3);
    assert_non_null(ot_node_at(root, "spec.bf16"));
    bench_close(&bench);
}

TEST(calibrate, refuses_a_table_without_enough_rows_of_the_chip)
{
    struct bench bench;
    struct ot_cal_result result;
    bench_open(&bench);
    const char *path = bench_file(&bench, "few.csv",
                                  "chip,op,m,n,k,kind,metric,value,unit\n"
                                  "h100-sxm,gemm,128,128,128,kernel,time,5,us\n"
                                  "l40s,gemm,128,128,128,kernel,time,5,us\n");
    const struct ot_cal_opts opts = {.seed = 1};
    assert_int_equal(ot_calibrate(bench.arena, bench.catalog, bench.fits,
                                  chip_of(&bench, "h100-sxm"), path, &opts, &result, &bench.err),
                     OT_INPUT);
    assert_int_equal(ot_calibrate(bench.arena, bench.catalog, bench.fits,
                                  chip_of(&bench, "h100-sxm"), bench_path(&bench, "absent.csv"),
                                  &opts, &result, &bench.err),
                     OT_INPUT);
    bench_close(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(calibrate, recovers_the_coefficients_that_made_the_rows),
        RUN(calibrate, reports_the_noise_as_held_out_error),
        RUN(calibrate, says_when_a_coefficient_ends_at_its_bound),
        RUN(calibrate, writes_yaml_that_reads_back),
        RUN(calibrate, refuses_a_table_without_enough_rows_of_the_chip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
