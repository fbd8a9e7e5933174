/* SPDX-License-Identifier: Apache-2.0 */
/* The solver against a slow twin on random programs, against GLPK on a plan, and against itself
 * when warm. Would catch a wrong bound, sign or scaling in lp_clp.c and in the MPS writer. */
#include "ot_test.h"

#include <string.h>
#include <unistd.h>

#include "fixture.h"
#include "portfolio/model.h"
#include "ref/dense_lp.h"

/* Rows and columns from the seed; lower bounds finite, some rows equalities, some ranges. */
static struct ot__lp_data random_program(struct ot_arena *arena, uint64_t seed)
{
    const struct ot_rng rng = ot_rng_of(seed, ot_rng_stream("lp", 0));
    struct ot__lp_data d;
    uint64_t k = 0;
    ot__lp_data_init(&d, arena);
    const int rows = 2 + (int)(seed % 7), cols = 3 + (int)(seed % 9);
    for (int i = 0; i < rows; i++) {
        const double lo = -1.0 + 4.0 * ot_rng_uniform(rng, k++);
        const double kind = ot_rng_uniform(rng, k++);
        const double hi = kind < 0.2 ? lo : lo + 5.0 * ot_rng_uniform(rng, k++);
        ot__lp_data_row(&d, kind > 0.6 ? -OT__LP_INF : lo,
                        kind > 0.3 && kind < 0.5 ? OT__LP_INF : hi);
    }
    for (int j = 0; j < cols; j++) {
        const double lo = ot_rng_uniform(rng, k++) < 0.3 ? -1.0 : 0.0;
        const bool bounded = ot_rng_uniform(rng, k++) < 0.5;
        const double width = 4.0 * ot_rng_uniform(rng, k++);
        ot__lp_data_col(&d, lo, bounded ? lo + width : OT__LP_INF, -0.2 + ot_rng_uniform(rng, k++));
        for (int i = 0; i < rows; i++) {
            if (ot_rng_uniform(rng, k++) < 0.6)
                ot__lp_data_put(&d, i, -1.0 + 3.0 * ot_rng_uniform(rng, k++));
        }
    }
    return d;
}

TEST(lp, agrees_with_the_dense_twin_on_random_programs)
{
    int solved = 0;
    for (uint64_t seed = 1; seed <= 400; seed++) {
        struct ot_arena *arena = ot_arena_new(0);
        const struct ot__lp_data d = random_program(arena, seed);
        double want = 0.0;
        const enum ot_code twin = ref_solve(&d, arena, &want);
        struct ot__lp *lp = ot__lp_new(&d, arena);
        const enum ot_code code = ot__lp_solve(lp, OT__LP_DUAL, 100000);
        if (code != twin)
            print_error("seed %llu: %d, twin %d\n", (unsigned long long)seed, code, twin);
        assert_int_equal(code, twin);
        if (code == OT_OK) {
            solved++;
            assert_true(fabs(ot__lp_objective(lp) - want) <= 1e-8 * (1.0 + fabs(want)));
            assert_true(ot__lp_duality_gap(lp) < 1e-9);
        }
        ot__lp_free(lp);
        ot_arena_free(arena);
    }
    assert_true(solved > 100);
}

TEST(lp, warm_solve_after_a_change_equals_a_cold_one)
{
    for (uint64_t seed = 1; seed <= 100; seed++) {
        struct ot_arena *arena = ot_arena_new(0);
        struct ot__lp_data d = random_program(arena, seed);
        struct ot__lp *warm = ot__lp_new(&d, arena);
        if (ot__lp_solve(warm, OT__LP_DUAL, 100000) == OT_OK) {
            d.col_hi[0] = d.col_lo[0] + 0.5;
            d.cost[1] += 0.3;
            ot__lp_set_col(warm, 0, d.col_lo[0], d.col_hi[0]);
            ot__lp_set_cost(warm, 1, d.cost[1]);
            struct ot__lp *cold = ot__lp_new(&d, arena);
            const enum ot_code code = ot__lp_solve(warm, OT__LP_PRIMAL, 100000);
            assert_int_equal(code, ot__lp_solve(cold, OT__LP_DUAL, 100000));
            if (code == OT_OK)
                assert_true(fabs(ot__lp_objective(warm) - ot__lp_objective(cold)) < 1e-8);
            ot__lp_free(cold);
        }
        ot__lp_free(warm);
        ot_arena_free(arena);
    }
}

TEST(lp, stops_at_the_iteration_limit)
{
    struct ot_arena *arena = ot_arena_new(0);
    struct ot_plan *p = fx_random(arena, (struct fx_size){8, 3, 3, 3, 8, 4}, 3);
    const struct ot_work work = fx_random_work(arena, p, 3);
    struct ot_plan_result r;
    struct ot_err err;
    ot_err_init(&err, arena);
    assert_int_equal(ot_plan_check(p, arena, &err), OT_OK);
    const struct ot_plan_opts opts = {.extra = OT_PLAN_EXTRA_NONE, .iterations_max = 5};
    assert_int_equal(ot_plan_solve(p, &work, &opts, arena, &r, &err), OT_LIMIT);
    ot_arena_free(arena);
}

/* The objective that glpsol prints for an MPS file; false when it cannot run. */
static bool glpsol_objective(struct ot_arena *arena, const char *mps, double *ret)
{
    if (system("command -v glpsol > /dev/null 2>&1") != 0)
        return false;
    const struct ot_str command =
        ot_str_fmt(arena, "glpsol --freemps %s -o %s.txt > /dev/null 2>&1", mps, mps);
    if (system(command.ptr) != 0)
        return false;
    const struct ot_str name = ot_str_fmt(arena, "%s.txt", mps);
    FILE *file = fopen(name.ptr, "r");
    char line[256];
    bool found = false;
    while (file && !found && fgets(line, sizeof(line), file)) {
        const char *at = strstr(line, "objective_row = ");
        if (at) {
            *ret = strtod(at + strlen("objective_row = "), NULL);
            found = true;
        }
    }
    if (file)
        fclose(file);
    unlink(name.ptr);
    return found;
}

TEST(lp, glpk_finds_the_same_optimum_of_a_plan)
{
    struct ot_arena *arena = ot_arena_new(0);
    struct ot_plan *p = fx_random(arena, (struct fx_size){6, 3, 3, 3, 8, 4}, 11);
    const struct ot_work work = fx_random_work(arena, p, 11);
    struct ot__case c;
    struct ot__model m;
    struct ot_err err;
    ot_err_init(&err, arena);
    assert_int_equal(ot_plan_check(p, arena, &err), OT_OK);
    assert_int_equal(ot__case_make(p, &work, arena, &c, &err), OT_OK);
    ot__model_make(&c, 0, c.s_n, 0.0, arena, &m);
    for (int si = 0; si < m.s_n; si++) /* as ot__model_set_lambda(0) leaves the program */
        m.data.cost[m.col_cost[si]] = c.scenarios[si].probability;
    assert_int_equal(ot__lp_solve(m.lp, OT__LP_DUAL, 1000000), OT_OK);
    char mps[64];
    snprintf(mps, sizeof(mps), "/tmp/offtake-test-%ld.mps", (long)getpid());
    assert_int_equal(ot__lp_write_mps(&m.data, mps, &err), OT_OK);
    double want = 0.0;
    const bool ran = glpsol_objective(arena, mps, &want);
    unlink(mps);
    const double got = ot__lp_objective(m.lp);
    ot__model_free(&m);
    ot_arena_free(arena);
    if (!ran)
        skip();
    ot_assert_near(got, want, 1e-6); /* glpsol prints 10 digits, solves to 1e-7 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(lp, agrees_with_the_dense_twin_on_random_programs),
        RUN(lp, warm_solve_after_a_change_equals_a_cold_one),
        RUN(lp, stops_at_the_iteration_limit),
        RUN(lp, glpk_finds_the_same_optimum_of_a_plan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
