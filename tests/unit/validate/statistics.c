/* SPDX-License-Identifier: Apache-2.0 */
/* The statistics of a validation against tables worked by hand (docs/models/validation.md). Would
 * catch: a quantile that ignores weights or interpolates, a bias of absolute values, a band test
 * that takes the prediction for the measurement. */
#include <math.h>

#include "offtake/validate.h"
#include "ot_test.h"

TEST(quantile, is_the_smallest_value_whose_weight_reaches_the_share)
{
    struct ot_arena *arena = ot_arena_new(0);
    const double x[] = {3, 1, 2}, weight[] = {1, 1, 2};
    const struct {
        double frac, want;
    } rows[] = {{0, 1}, {0.25, 1}, {0.26, 2}, {0.5, 2}, {0.75, 2}, {0.76, 3}, {1, 3}};
    for (size_t i = 0; i < OT_COUNT(rows); i++)
        ot_assert_near(ot_weighted_quantile(arena, x, weight, 3, rows[i].frac), rows[i].want, 0);
    ot_arena_free(arena);
}

TEST(quantile, of_one_value_is_that_value)
{
    struct ot_arena *arena = ot_arena_new(0);
    const double x = 7, weight = 0.2;
    ot_assert_near(ot_weighted_quantile(arena, &x, &weight, 1, 0.9), 7, 0);
    ot_arena_free(arena);
}

TEST(quantile, survives_rounding_of_tenths)
{
    struct ot_arena *arena = ot_arena_new(0);
    double x[10], weight[10];
    for (int i = 0; i < 10; i++) {
        x[i] = i + 1;
        weight[i] = 0.1; /* the running sum of nine is 0.8999999999999999 */
    }
    ot_assert_near(ot_weighted_quantile(arena, x, weight, 10, 0.9), 9, 0);
    ot_arena_free(arena);
}

static struct ot_val_row row_of(double predicted, double p10, double p90, double weight)
{
    return (struct ot_val_row){
        .measured = 1, .weight = weight, .predicted = {predicted, p10, p90, OT_LABEL_fitted}};
}

TEST(statistics, match_a_table_worked_by_hand)
{
    struct ot_arena *arena = ot_arena_new(0);
    const struct ot_val_row rows[] = {
        row_of(2.0, 1.5, 2.5, 1.0), /* e = ln 2, measured below the band */
        row_of(1.1, 0.9, 1.3, 0.5), /* e = 0.0953, inside */
        row_of(0.5, 0.4, 0.6, 0.5), /* e = ln 2, ln = -ln 2 */
    };
    const struct ot_val_stats s = ot_val_stats_of(arena, rows, 3);
    assert_int_equal(s.n, 3);
    ot_assert_near(s.median_abs_ln, log(2), 1e-15);
    ot_assert_near(s.p90_abs_ln, log(2), 1e-15);
    ot_assert_near(s.bias_ln, (log(2) + 0.5 * log(1.1) - 0.5 * log(2)) / 2, 1e-14);
    ot_assert_near(s.within_1_25_frac, 0.25, 1e-15);
    ot_assert_near(s.coverage_frac, 0.25, 1e-15);
    ot_arena_free(arena);
}

TEST(statistics, count_the_limits_themselves_as_inside)
{
    struct ot_arena *arena = ot_arena_new(0);
    const struct ot_val_row rows[] = {row_of(1.25, 1, 2, 1), row_of(0.8, 0.5, 1, 1)};
    const struct ot_val_stats s = ot_val_stats_of(arena, rows, 2);
    ot_assert_near(s.coverage_frac, 1, 0);
    assert_true(s.within_1_25_frac >= 0.5); /* ln 1.25 and -ln 0.8 differ in the last bit */
    ot_arena_free(arena);
}

TEST(statistics, of_nothing_have_n_0)
{
    struct ot_arena *arena = ot_arena_new(0);
    assert_int_equal(ot_val_stats_of(arena, NULL, 0).n, 0);
    ot_arena_free(arena);
}

TEST(grouping, names_are_read_and_others_refused)
{
    enum ot_val_by by;
    assert_true(ot_val_by_parse(ot_str_c("model"), &by));
    assert_int_equal(by, OT_VAL_BY_model);
    assert_false(ot_val_by_parse(ot_str_c("Model "), &by));
    assert_string_equal(ot_meas_kind_name(OT_MEAS_KIND_steady), "steady");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(quantile, is_the_smallest_value_whose_weight_reaches_the_share),
        RUN(quantile, of_one_value_is_that_value),
        RUN(quantile, survives_rounding_of_tenths),
        RUN(statistics, match_a_table_worked_by_hand),
        RUN(statistics, count_the_limits_themselves_as_inside),
        RUN(statistics, of_nothing_have_n_0),
        RUN(grouping, names_are_read_and_others_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
