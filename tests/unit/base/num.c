/* SPDX-License-Identifier: Apache-2.0 */
/* Would catch: lost low-order parts in sums, roots outside the bracket, silent non-answers. */
#include <math.h>

#include "unit/base/base_test.h"

TEST(num, sums_keep_what_plain_addition_loses)
{
    const double x[] = {1, 1e100, 1, -1e100};
    assert_true(ot_sum_array(x, 4) == 2);
    assert_true(ot_sum_array(x, 0) == 0);
    struct ot_sum sum = {0};
    for (int i = 0; i < 1000000; i++)
        ot_sum_add(&sum, 0.1);
    assert_true(fabs(ot_sum_get(&sum) - 1e5) < 1e-9);
}

TEST(num, near_takes_relative_and_absolute_tolerance)
{
    assert_true(ot_near(100, 101, 0.01, 0));
    assert_false(ot_near(100, 102, 0.01, 0));
    assert_true(ot_near(0, 1e-9, 0, 1e-8));
    assert_false(ot_near(0, NAN, 1, 1));
}

TEST(num, clamps)
{
    assert_true(ot_clamp(5, 1, 3) == 3);
    assert_true(ot_clamp(-5, 1, 3) == 1);
    assert_true(ot_clamp(2, 1, 3) == 2);
}

static double cubic(double x, void *ctx)
{
    (*(int *)ctx)++;
    return x * x * x - 2;
}
static double step(double x, void *ctx)
{
    (void)ctx;
    return x < 0.7 ? -1 : 1;
}
static double hyperbola(double x, void *ctx)
{
    (void)ctx;
    return 1 / x;
}
static double steep(double x, void *ctx)
{
    (void)ctx;
    return expm1(50 * (x - 0.9));
}

TEST(num, finds_a_smooth_root_in_few_steps)
{
    int calls = 0;
    double x = 0;
    assert_int_equal(ot_root(cubic, &calls, 0, 10, 1e-14, &x, NULL), OT_OK);
    ot_assert_near(x, cbrt(2), 1e-13);
    assert_true(calls < 25);
}

TEST(num, finds_jumps_and_steep_roots)
{
    double x = 0;
    assert_int_equal(ot_root(step, NULL, 0, 1, 1e-12, &x, NULL), OT_OK);
    assert_true(fabs(x - 0.7) < 1e-11);
    assert_int_equal(ot_root(steep, NULL, 0, 10, 1e-12, &x, NULL), OT_OK);
    ot_assert_near(x, 0.9, 1e-10);
}

TEST(num, takes_a_root_at_either_end)
{
    int calls = 0;
    double x = 9;
    assert_int_equal(ot_root(cubic, &calls, cbrt(2), 10, 1e-12, &x, NULL), OT_OK);
    ot_assert_near(x, cbrt(2), 1e-11);
    assert_int_equal(ot_root(cubic, &calls, 0, cbrt(2), 1e-12, &x, NULL), OT_OK);
    ot_assert_near(x, cbrt(2), 1e-11);
}

TEST(num, says_when_no_root_is_bracketed_and_writes_nothing)
{
    struct fixture *f = *state;
    int calls = 0;
    double x = 7;
    assert_int_equal(ot_root(cubic, &calls, 2, 10, 1e-12, &x, &f->err), OT_INFEASIBLE);
    assert_true(x == 7);
    assert_true(f->err.allowed.len > 0);
    assert_int_equal(ot_root(hyperbola, NULL, 0, 1, 1e-12, &x, &f->err), OT_INFEASIBLE);
    assert_true(x == 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(num, sums_keep_what_plain_addition_loses),
        RUN(num, near_takes_relative_and_absolute_tolerance),
        RUN(num, clamps),
        RUN(num, finds_a_smooth_root_in_few_steps),
        RUN(num, finds_jumps_and_steep_roots),
        RUN(num, takes_a_root_at_either_end),
        RUN_F(num, says_when_no_root_is_bracketed_and_writes_nothing),
    };
    return cmocka_run_group_tests_name("base num", tests, NULL, NULL);
}
