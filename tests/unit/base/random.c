/* SPDX-License-Identifier: Apache-2.0 */
/* Would catch: a generator that is not philox, draws that depend on each other, wrong moments,
 * percentiles by another rule than numpy's, sketches out of their bound, merges that depend on
 * luck. */
#include <math.h>

#include "unit/base/base_test.h"

TEST(rng, matches_the_known_answers_of_random123)
{
    uint32_t w[4];
    ot_rng_words(ot_rng_of(0, 0), 0, w);
    assert_true(w[0] == 0x6627e8d5 && w[1] == 0xe169c58d && w[2] == 0xbc57ac4c &&
                w[3] == 0x9b00dbd8);
    ot_rng_words(ot_rng_of(UINT64_MAX, UINT64_MAX), UINT64_MAX, w);
    assert_true(w[0] == 0x408f276d && w[1] == 0x41c83b0e && w[2] == 0xa20bc7c6 &&
                w[3] == 0x6d5451fd);
    /* kat_vectors: counter 243f6a88 85a308d3 13198a2e 03707344, key a4093822 299f31d0 */
    ot_rng_words(ot_rng_of(0x299f31d0a4093822, 0x0370734413198a2e), 0x85a308d3243f6a88, w);
    assert_true(w[0] == 0xd16cfe09 && w[1] == 0x94fdcceb && w[2] == 0x5001e420 &&
                w[3] == 0x24126ea1);
}

TEST(rng, streams_come_from_name_and_index)
{
    const uint64_t a = ot_rng_stream("requests", 1);
    assert_true(a == ot_rng_stream("requests", 1));
    assert_true(a != ot_rng_stream("requests", 2));
    assert_true(a != ot_rng_stream("failures", 1));
}

TEST(rng, uniforms_stay_inside_and_fill_the_interval)
{
    const struct ot_rng rng = ot_rng_of(1, 2);
    double sum = 0, low = 1, high = 0;
    for (uint64_t i = 0; i < 200000; i++) {
        const double u = ot_rng_uniform(rng, i);
        assert_true(u > 0 && u < 1);
        sum += u;
        low = fmin(low, u);
        high = fmax(high, u);
    }
    assert_true(fabs(sum / 200000 - 0.5) < 0.003);
    assert_true(low < 1e-4 && high > 1 - 1e-4);
}

/* Sample mean and variance within five standard errors. */
static void check_moments(double (*draw)(struct ot_rng, uint64_t, double), double shape,
                          double mean, double variance)
{
    enum {
        N = 200000
    };
    const struct ot_rng rng = ot_rng_of(42, ot_rng_stream("moments", 0));
    double sum = 0, squares = 0, fourth = 0;
    for (uint64_t i = 0; i < N; i++) {
        const double x = draw(rng, i, shape) - mean;
        sum += x;
        squares += x * x;
        fourth += x * x * x * x;
    }
    const double got = squares / N;
    assert_true(fabs(sum / N) < 5 * sqrt(variance / N));
    assert_true(fabs(got - variance) < 5 * sqrt((fourth / N - got * got) / N));
}

static double normal(struct ot_rng rng, uint64_t i, double shape)
{
    return ot_rng_normal(rng, i) + 0 * shape;
}
static double exponential(struct ot_rng rng, uint64_t i, double shape)
{
    return ot_rng_exponential(rng, i) + 0 * shape;
}

TEST(rng, laws_have_their_mean_and_variance)
{
    check_moments(normal, 0, 0, 1);
    check_moments(exponential, 0, 1, 1);
    static const double shapes[] = {0.2, 0.5, 1, 2.5, 40};
    for (size_t i = 0; i < OT_COUNT(shapes); i++) {
        const double k = shapes[i], g1 = tgamma(1 + 1 / k);
        check_moments(ot_rng_gamma, k, k, k);
        if (k >= 0.5)
            check_moments(ot_rng_weibull, k, g1, tgamma(1 + 2 / k) - g1 * g1);
    }
}

TEST(rng, a_draw_is_a_pure_function_of_its_place)
{
    const struct ot_rng rng = ot_rng_of(5, 6);
    const double first = ot_rng_gamma(rng, 17, 0.7);
    for (uint64_t i = 0; i < 100; i++)
        (void)ot_rng_gamma(rng, i, 0.7);
    assert_true(ot_rng_gamma(rng, 17, 0.7) == first);
}

TEST(rng, normal_quantile_inverts_the_cdf)
{
    for (double x = -6; x <= 6; x += 0.01) {
        const double p = ot_normal_cdf(x);
        if (p > 0 && p < 1)
            assert_true(fabs(ot_normal_quantile(p) - x) < 2e-8 * fmax(1, fabs(x)) || x > 5);
    }
    ot_assert_near(ot_normal_quantile(0.975), 1.959963984540054, 1.2e-9);
    ot_assert_near(ot_normal_quantile(1e-10), -6.361340902404056, 1.2e-9);
    ot_assert_near(ot_normal_cdf(1), 0.841344746068543, 1e-12);
    assert_true(ot_normal_quantile(0.5) == 0);
}

TEST(stats, percentiles_follow_numpys_linear_rule)
{
    /* numpy.percentile([15, 20, 35, 40, 50], p) */
    static const double x[] = {15, 20, 35, 40, 50};
    static const double want[][2] = {{0, 15},  {5, 16},  {30, 23},   {40, 29},
                                     {50, 35}, {95, 48}, {99, 49.6}, {100, 50}};
    for (size_t i = 0; i < OT_COUNT(want); i++)
        ot_assert_near(ot_percentile_sorted(x, 5, want[i][0]), want[i][1], 1e-14);
    assert_true(ot_percentile_sorted(x, 1, 99) == 15);
    assert_true(ot_percentile_sorted(x, 0, 50) == 0);
    assert_true(ot_percentile_sorted((double[]){7, 7, 7}, 3, 33.3) == 7);
}

TEST(stats, an_empty_one_is_zero)
{
    struct fixture *f = *state;
    struct ot_stats *s = ot_stats_new(f->arena, 10);
    assert_int_equal(ot_stats_count(s), 0);
    assert_true(ot_stats_mean(s) == 0 && ot_stats_variance(s) == 0 && ot_stats_min(s) == 0 &&
                ot_stats_max(s) == 0 && ot_stats_percentile(s, 50) == 0);
}

TEST(stats, moments_and_extremes_are_right)
{
    struct fixture *f = *state;
    struct ot_stats *s = ot_stats_new(f->arena, 10);
    for (int i = 1; i <= 100; i++)
        ot_stats_add(s, 1e6 + i);
    ot_assert_near(ot_stats_mean(s), 1e6 + 50.5, 1e-14);
    ot_assert_near(ot_stats_variance(s), (100.0 * 100 - 1) / 12, 1e-9);
    assert_true(ot_stats_min(s) == 1e6 + 1 && ot_stats_max(s) == 1e6 + 100);
    assert_int_equal(ot_stats_count(s), 100);
}

TEST(stats, are_exact_up_to_the_limit_and_sketched_beyond)
{
    struct fixture *f = *state;
    struct ot_stats *s = ot_stats_new(f->arena, 100);
    for (int i = 0; i < 100; i++)
        ot_stats_add(s, (i * 37) % 100);
    assert_true(ot_stats_is_exact(s));
    ot_assert_near(ot_stats_percentile(s, 95), 94.05, 1e-14);
    ot_stats_add(s, 3); /* after a percentile was asked for */
    assert_false(ot_stats_is_exact(s));
    assert_true(ot_near(ot_stats_percentile(s, 95), 94, OT_STATS_REL_ERR, 1e-9));
}

static double value_of_law(int law, struct ot_rng rng, uint64_t i)
{
    switch (law) {
    case 0:
        return ot_rng_exponential(rng, i);
    case 1:
        return exp(ot_rng_normal(rng, i) * 5); /* eight decades */
    case 2:
        return ot_rng_uniform(rng, i) < 0.3 ? 0 : 1e-9 / ot_rng_uniform(rng, i + 1000000);
    default:
        return 42;
    }
}

/* The property: any percentile of any law within the stated relative error of the two order
 * statistics around it. */
TEST(stats, the_sketch_keeps_its_relative_error)
{
    enum {
        N = 20000
    };
    struct fixture *f = *state;
    double *x = ot_arena_calloc(f->arena, N, sizeof *x);
    for (uint64_t seed = 1; seed <= 12; seed++) {
        struct ot_stats *s = ot_stats_new(f->arena, 100);
        for (uint64_t i = 0; i < N; i++) {
            x[i] = value_of_law((int)(seed % 4), ot_rng_of(seed, 9), i);
            ot_stats_add(s, x[i]);
        }
        ot_sort_doubles(x, N);
        for (double p = 0; p <= 100; p += 0.5) {
            const double got = ot_stats_percentile(s, p), want = ot_percentile_sorted(x, N, p);
            if (!ot_near(got, want, OT_STATS_REL_ERR * 1.0001, 0))
                fail_msg("seed %d p %g: got %g, want %g", (int)seed, p, got, want);
        }
    }
}

static struct ot_stats *filled(struct ot_arena *arena, size_t exact_n, uint64_t stream, uint64_t n)
{
    struct ot_stats *s = ot_stats_new(arena, exact_n);
    for (uint64_t i = 0; i < n; i++)
        ot_stats_add(s, ot_rng_exponential(ot_rng_of(3, stream), i));
    return s;
}

TEST(stats, merging_in_the_same_order_gives_the_same_bits)
{
    struct fixture *f = *state;
    double first[5] = {0};
    for (int round = 0; round < 2; round++) {
        struct ot_stats *all = ot_stats_new(f->arena, 500);
        for (uint64_t k = 0; k < 8; k++)
            ot_stats_merge(all, filled(f->arena, k % 2 ? 500 : 100, k, 300));
        const double got[5] = {ot_stats_mean(all), ot_stats_variance(all),
                               ot_stats_percentile(all, 50), ot_stats_percentile(all, 99),
                               ot_stats_max(all)};
        if (round)
            assert_memory_equal(first, got, sizeof got);
        memcpy(first, got, sizeof got);
    }
}

TEST(stats, a_merge_equals_adding_all_to_one)
{
    struct fixture *f = *state;
    struct ot_stats *one = ot_stats_new(f->arena, 100000), *merged = ot_stats_new(f->arena, 100000);
    for (uint64_t k = 0; k < 5; k++) {
        ot_stats_merge(merged, filled(f->arena, 100000, k, 1000));
        for (uint64_t i = 0; i < 1000; i++)
            ot_stats_add(one, ot_rng_exponential(ot_rng_of(3, k), i));
    }
    ot_stats_merge(merged, ot_stats_new(f->arena, 1)); /* an empty one changes nothing */
    assert_int_equal(ot_stats_count(merged), 5000);
    ot_assert_near(ot_stats_mean(merged), ot_stats_mean(one), 1e-12);
    ot_assert_near(ot_stats_variance(merged), ot_stats_variance(one), 1e-12);
    assert_true(ot_stats_percentile(merged, 95) == ot_stats_percentile(one, 95));
    assert_true(ot_stats_is_exact(merged));
}

TEST(stats, merging_sketches_of_distant_ranges_keeps_both)
{
    struct fixture *f = *state;
    struct ot_stats *a = ot_stats_new(f->arena, 0), *b = ot_stats_new(f->arena, 0);
    for (int i = 0; i < 100; i++) {
        ot_stats_add(a, 1e-12);
        ot_stats_add(b, 1e12);
    }
    ot_stats_merge(a, b);
    assert_true(ot_near(ot_stats_percentile(a, 10), 1e-12, OT_STATS_REL_ERR, 0));
    assert_true(ot_near(ot_stats_percentile(a, 90), 1e12, OT_STATS_REL_ERR, 0));
    ot_stats_add(a, 0);
    ot_stats_add(a, 5e-324);
    assert_true(ot_stats_percentile(a, 0) == 0);
}

TEST(stats, memory_stays_bounded_over_the_whole_range_of_doubles)
{
    struct fixture *f = *state;
    struct ot_stats *s = ot_stats_new(f->arena, 10);
    for (int e = -1020; e < 1020; e++)
        ot_stats_add(s, ldexp(1, e));
    for (uint64_t i = 0; i < 100000; i++)
        ot_stats_add(s, ot_rng_uniform(ot_rng_of(1, 1), i));
    assert_true(ot_arena_used_bytes(f->arena) < (8u << 20));
}

TEST(stats, sorts)
{
    double x[] = {3, -1, 2, 2, 0};
    ot_sort_doubles(x, 5);
    for (int i = 1; i < 5; i++)
        assert_true(x[i - 1] <= x[i]);
    ot_sort_doubles(NULL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(rng, matches_the_known_answers_of_random123),
        RUN(rng, streams_come_from_name_and_index),
        RUN(rng, uniforms_stay_inside_and_fill_the_interval),
        RUN(rng, laws_have_their_mean_and_variance),
        RUN(rng, a_draw_is_a_pure_function_of_its_place),
        RUN(rng, normal_quantile_inverts_the_cdf),
        RUN(stats, percentiles_follow_numpys_linear_rule),
        RUN_F(stats, an_empty_one_is_zero),
        RUN_F(stats, moments_and_extremes_are_right),
        RUN_F(stats, are_exact_up_to_the_limit_and_sketched_beyond),
        RUN_F(stats, the_sketch_keeps_its_relative_error),
        RUN_F(stats, merging_in_the_same_order_gives_the_same_bits),
        RUN_F(stats, a_merge_equals_adding_all_to_one),
        RUN_F(stats, merging_sketches_of_distant_ranges_keeps_both),
        RUN_F(stats, memory_stays_bounded_over_the_whole_range_of_doubles),
        RUN(stats, sorts),
    };
    return cmocka_run_group_tests_name("base random", tests, NULL, NULL);
}
