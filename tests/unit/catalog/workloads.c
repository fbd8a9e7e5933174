/* SPDX-License-Identifier: Apache-2.0 */
/* Workloads: sampling from quantile tables, rate curves, fixed lengths, MLPerf limits. */
#include "catalog_test.h"

static const struct ot_loc here = {{"<args>", 6}, 1, 4};

static const struct ot_workload *workload_of(struct fixture *f, const char *name)
{
    const struct ot_workload *workload = NULL;
    if (ot_catalog_workload(f->catalog, ot_str_c(name), here, &workload, &f->err) != OT_OK)
        fail_msg("%s", ot_err_text(&f->err, f->arena).ptr);
    return workload;
}

TEST(workloads, samples_are_linear_between_the_points_and_at_least_one)
{
    double p[] = {0, 50, 100}, tokens[] = {0, 100, 1000};
    const struct ot_quantiles q = {.p = p, .tokens = tokens, .p_n = 3, .tokens_n = 3};
    assert_int_equal(ot_workload_sample(&q, 0), 1);
    assert_int_equal(ot_workload_sample(&q, 0.25), 50);
    assert_int_equal(ot_workload_sample(&q, 0.5), 100);
    assert_int_equal(ot_workload_sample(&q, 0.75), 550);
    assert_int_equal(ot_workload_sample(&q, 1), 1000);
    ot_assert_near(ot_quantiles_mean(&q), 0.5 * 50 + 0.5 * 550, 1e-12);
    const struct ot_quantiles one = {.p = p, .tokens = tokens + 1, .p_n = 1, .tokens_n = 1};
    assert_int_equal(ot_workload_sample(&one, 0.3), 100);
    ot_assert_near(ot_quantiles_mean(&one), 100, 1e-15);
}

TEST(workloads, a_million_even_draws_have_the_mean_of_the_table)
{
    struct fixture *f = *state;
    const struct ot_workload *w = workload_of(f, "azure-conv-2023");
    const int64_t n = 1000000;
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        const int64_t tokens = ot_workload_sample(&w->input, ((double)i + 0.5) / (double)n);
        sum += (double)tokens;
    }
    ot_assert_near(sum / (double)n, ot_quantiles_mean(&w->input), 1e-3);
}

/* Means and medians of the traces themselves (workloads.md of the collection; counted anew). */
TEST(workloads, traces_keep_their_means_medians_and_rates)
{
    struct fixture *f = *state;
    static const struct {
        const char *name;
        double in_mean, out_mean;
        int64_t in_p50, out_p50;
        double rate;
    } rows[] = {
        {"azure-conv-2023", 1155, 211, 1020, 129, 5.53},
        {"azure-code-2023", 2048, 27.9, 1469, 13, 2.57},
        {"mooncake-conv", 12035, 343, 6909, 350, 3.40},
        {"arxiv-sum", 2588, 291, 2730, 167, 0},
    };
    for (size_t i = 0; i < OT_COUNT(rows); i++) {
        const struct ot_workload *w = workload_of(f, rows[i].name);
        ot_assert_near(ot_quantiles_mean(&w->input), rows[i].in_mean, 0.02);
        ot_assert_near(ot_quantiles_mean(&w->output), rows[i].out_mean, 0.04);
        assert_int_equal(ot_workload_sample(&w->input, 0.5), rows[i].in_p50);
        assert_int_equal(ot_workload_sample(&w->output, 0.5), rows[i].out_p50);
        assert_int_equal(w->rate_req_per_s.has, rows[i].rate > 0);
        if (rows[i].rate > 0)
            ot_assert_near(w->rate_req_per_s.value, rows[i].rate, 0.002);
    }
}

TEST(workloads, rate_curves_have_mean_one_and_repeat)
{
    struct fixture *f = *state;
    const struct ot_workload *day = workload_of(f, "chatgpt-day");
    ot_assert_near(day->rate_req_per_s.value * 86400, 2.5e9, 1e-4);
    ot_assert_near(day->rate_period_s, 86400, 1e-15);
    double sum = 0, peak = 0;
    for (int h = 0; h < 24; h++) {
        const double factor = ot_workload_rate_factor(day, 3600.0 * h + 1);
        sum += factor;
        peak = factor > peak ? factor : peak;
        ot_assert_near(ot_workload_rate_factor(day, 3600.0 * h + 86400.0 * 3 + 1), factor, 1e-15);
    }
    ot_assert_near(sum / 24, 1, 1e-12);
    assert_true(peak > 1.1 && peak < 1.5);
    ot_assert_near(ot_workload_rate_factor(workload_of(f, "chat"), 5000), 1, 1e-15);
}

TEST(workloads, mlperf_carries_its_p99_limits)
{
    struct fixture *f = *state;
    static const struct {
        const char *name;
        double ttft_s, tpot_s;
    } rows[] = {
        {"mlperf-llama2-70b", 2, 0.2},
        {"mlperf-llama2-70b-interactive", 0.45, 0.04},
        {"mlperf-mixtral-8x7b", 2, 0.2},
        {"mlperf-llama3.1-8b", 2, 0.1},
        {"mlperf-llama3.1-8b-interactive", 0.5, 0.03},
        {"mlperf-llama3.1-405b", 6, 0.175},
        {"mlperf-llama3.1-405b-interactive", 4.5, 0.08},
        {"mlperf-deepseek-r1", 2, 0.08},
        {"mlperf-deepseek-r1-interactive", 1.5, 0.015},
        {"mlperf-gpt-oss-120b", 3, 0.08},
        {"mlperf-gpt-oss-120b-interactive", 2, 0.015},
    };
    for (size_t i = 0; i < OT_COUNT(rows); i++) {
        const struct ot_workload *w = workload_of(f, rows[i].name);
        ot_assert_near(w->ttft_limit_s, rows[i].ttft_s, 1e-12);
        ot_assert_near(w->tpot_limit_s, rows[i].tpot_s, 1e-12);
    }
    const struct ot_workload *w = workload_of(f, "mlperf-llama3.1-405b");
    ot_assert_near(ot_quantiles_mean(&w->input), 9400, 0.01);
    ot_assert_near(ot_quantiles_mean(&w->output), 680, 0.01);
    ot_assert_near(ot_quantiles_mean(&workload_of(f, "mlperf-deepseek-r1")->output), 3780, 0.05);
}

TEST(workloads, fixed_lengths_are_written_in_the_name)
{
    struct fixture *f = *state;
    const struct ot_workload *w = workload_of(f, "fixed:1024/256");
    assert_int_equal(ot_workload_sample(&w->input, 0.1), 1024);
    assert_int_equal(ot_workload_sample(&w->input, 1), 1024);
    assert_int_equal(ot_workload_sample(&w->output, 0.7), 256);
    ot_assert_near(w->arrival_shape, 1, 1e-15);
    assert_false(w->rate_req_per_s.has);
}

TEST(workloads, bad_fixed_lengths_are_refused)
{
    struct fixture *f = *state;
    static const char *const bad[] = {"fixed:",     "fixed:128",   "fixed:0/5",
                                      "fixed:5/-1", "fixed:1.5/2", "fixed:1/2/3",
                                      "fixed:a/b",  "fixed:1e9/2", "fixed:999999999999/2"};
    for (size_t i = 0; i < OT_COUNT(bad); i++) {
        const struct ot_workload *w = NULL;
        assert_int_equal(ot_catalog_workload(f->catalog, ot_str_c(bad[i]), here, &w, &f->err),
                         OT_INPUT);
        assert_null(w);
        assert_has(ot_err_text(&f->err, f->arena).ptr, "<args>:1:4: error: workload: 'fixed:");
        assert_has(ot_err_text(&f->err, f->arena).ptr, "ISL/OSL");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(workloads, samples_are_linear_between_the_points_and_at_least_one),
        RUN(workloads, a_million_even_draws_have_the_mean_of_the_table),
        RUN(workloads, traces_keep_their_means_medians_and_rates),
        RUN(workloads, rate_curves_have_mean_one_and_repeat),
        RUN(workloads, mlperf_carries_its_p99_limits),
        RUN(workloads, fixed_lengths_are_written_in_the_name),
        RUN(workloads, bad_fixed_lengths_are_refused),
    };
    return cmocka_run_group_tests(tests, fixture_up, fixture_down);
}
