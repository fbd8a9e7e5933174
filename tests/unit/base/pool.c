/* SPDX-License-Identifier: Apache-2.0 */
/* Would catch: results that depend on the number of threads, items left out or done twice. Runs
 * under the thread sanitizer. */
#include "unit/base/base_test.h"

static void draw(void *ctx, int64_t index)
{
    double *out = ctx;
    double sum = 0;
    for (uint64_t i = 0; i < 50; i++)
        sum += ot_rng_gamma(ot_rng_of(1, (uint64_t)index), i, 0.7);
    out[index] = sum;
}

TEST(pool, gives_the_same_result_on_1_2_and_8_threads)
{
    enum {
        N = 2000
    };
    static double one[N], many[N];
    ot_pool_run(1, N, draw, one);
    static const int threads[] = {2, 8, 1000, 0, -3};
    for (size_t i = 0; i < OT_COUNT(threads); i++) {
        memset(many, 0, sizeof many);
        ot_pool_run(threads[i], N, draw, many);
        assert_memory_equal(one, many, sizeof one);
    }
}

static void count(void *ctx, int64_t index)
{
    int *calls = ctx;
    calls[index]++;
}

TEST(pool, calls_each_item_exactly_once)
{
    int calls[100] = {0};
    ot_pool_run(8, 100, count, calls);
    for (int i = 0; i < 100; i++)
        assert_int_equal(calls[i], 1);
    ot_pool_run(8, 0, count, NULL);
}

TEST(pool, knows_its_cpus_and_its_clock_runs_on)
{
    assert_true(ot_pool_cpus() >= 1);
    const int64_t before = ot_clock_ns();
    assert_true(ot_clock_ns() >= before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(pool, gives_the_same_result_on_1_2_and_8_threads),
        RUN(pool, calls_each_item_exactly_once),
        RUN(pool, knows_its_cpus_and_its_clock_runs_on),
    };
    return cmocka_run_group_tests_name("base pool", tests, NULL, NULL);
}
