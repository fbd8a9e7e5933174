/* SPDX-License-Identifier: Apache-2.0 */
/* How long a plan takes to solve: S (12 quarters x 4 blocks x 4 workloads x 4 pools, 12 offers, 5
 * scenarios) and M (16 x 6 x 6 x 6, 24, 12), seeded; alone and with all further solves.
 * `bench_portfolio S` runs one of them. */
#include <stdio.h>

#include "unit/portfolio/fixture.h"

static double run(const struct fx_size *size, enum ot_plan_extra extra, struct ot_plan_result *ret,
                  struct ot_arena *arena)
{
    struct ot_err err;
    ot_err_init(&err, arena);
    struct ot_plan *plan = fx_random(arena, *size, 1);
    const struct ot_work work = fx_random_work(arena, plan, 1);
    const struct ot_plan_opts opts = {.extra = extra};
    enum ot_code code = ot_plan_check(plan, arena, &err);
    const int64_t start = ot_clock_ns();
    if (code == OT_OK)
        code = ot_plan_solve(plan, &work, &opts, arena, ret, &err);
    if (code != OT_OK) {
        fprintf(stderr, "%s\n", ot_err_text(&err, arena).ptr);
        return -1.0;
    }
    return (double)(ot_clock_ns() - start) * 1e-9;
}

int main(int argc, char **argv)
{
    const struct {
        const char *name;
        struct fx_size size;
    } cases[] = {{"S", {12, 4, 4, 4, 12, 5}}, {"M", {16, 6, 6, 6, 24, 12}}};
    const struct {
        const char *name;
        enum ot_plan_extra extra;
    } ways[] = {{"plan", OT_PLAN_EXTRA_NONE}, {"plan and all extras", OT_PLAN_EXTRA_ALL}};
    for (size_t i = 0; i < OT_COUNT(cases); i++) {
        if (argc > 1 && strcmp(argv[1], cases[i].name) != 0)
            continue;
        for (size_t j = 0; j < OT_COUNT(ways); j++) {
            struct ot_arena *arena = ot_arena_new(0);
            struct ot_plan_result r = {0};
            const double seconds = run(&cases[i].size, ways[j].extra, &r, arena);
            printf("%s %-20s %8.3f s  %lld x %lld, %lld entries, %lld solves, %lld iterations\n",
                   cases[i].name, ways[j].name, seconds, (long long)r.solver.rows,
                   (long long)r.solver.columns, (long long)r.solver.nonzeros,
                   (long long)r.solver.solves, (long long)r.solver.iterations);
            ot_arena_free(arena);
        }
    }
    return 0;
}
