/* SPDX-License-Identifier: Apache-2.0 */
/* Plan and work per chip in, decisions out: builds the program, finds the best plan, reads it, then
 * makes the further solves that were asked for. */
#include "portfolio/extras.h"

static struct ot_plan_opts with_defaults(const struct ot_plan_opts *opts)
{
    struct ot_plan_opts o = opts ? *opts : (struct ot_plan_opts){0};
    o.frontier_n = o.frontier_n > 0 ? o.frontier_n : 5;
    o.curve_n = o.curve_n > 0 ? o.curve_n : 11;
    o.nodes_max = o.nodes_max > 0 ? o.nodes_max : 400;
    o.gap_frac = o.gap_frac > 0.0 ? o.gap_frac : 1e-6;
    o.iterations_max = o.iterations_max > 0 ? o.iterations_max : 10000000;
    o.near_frac = o.near_frac > 0.0 ? o.near_frac : 0.01;
    return o;
}

static enum ot_code run_extras(struct ot__extras *x)
{
    enum ot_code code = OT_OK;
    if (x->opts->extra != OT_PLAN_EXTRA_NONE)
        code = ot__extra_prices(x);
    if (x->opts->extra != OT_PLAN_EXTRA_ALL)
        return code;
    enum ot_code (*const more[])(struct ot__extras *) = {ot__extra_evpi, ot__extra_frontier,
                                                         ot__extra_curve, ot__extra_alternative};
    for (size_t i = 0; i < OT_COUNT(more) && code == OT_OK; i++)
        code = more[i](x);
    return code;
}

static void read_solver(const struct ot__model *m, const struct ot__branch_result *best,
                        struct ot_plan_solver *ret)
{
    *ret = (struct ot_plan_solver){.scenarios = m->s_n,
                                   .rows = m->data.rows_n,
                                   .columns = m->data.cols_n,
                                   .nonzeros = m->data.nonzeros_n,
                                   .nodes = best->nodes,
                                   .gap_frac = best->gap_frac,
                                   .duality_gap_frac = ot__lp_duality_gap(m->lp),
                                   .tie_break_frac = 2.0 * OT__TIE_BREAK};
}

static enum ot_code solve_model(struct ot__model *m, const struct ot_plan_opts *opts,
                                struct ot_arena *scratch, struct ot_arena *arena,
                                struct ot_plan_result *ret)
{
    const struct ot__branch_opts how = {.nodes_max = opts->nodes_max,
                                        .iterations_max = opts->iterations_max,
                                        .gap_frac = opts->gap_frac,
                                        .first = OT__LP_DUAL};
    struct ot__branch_result best;
    enum ot_code code = ot__branch(m, &how, scratch, &best);
    if (code != OT_OK)
        return code;
    const struct ot__solution sol = ot__solution_of(m, scratch);
    unsigned char *basis = ot_arena_calloc(scratch, (size_t)(m->data.rows_n + m->data.cols_n), 1);
    ot__lp_basis_get(m->lp, basis);
    read_solver(m, &best, &ret->solver);
    ot__read(m, &sol, arena, ret);
    struct ot__extras x = {.m = m,
                           .sol = &sol,
                           .best = &best,
                           .basis = basis,
                           .opts = opts,
                           .arena = arena,
                           .ret = ret};
    code = run_extras(&x);
    ret->solver.iterations = x.iterations + ot__lp_iterations(m->lp);
    ret->solver.solves = x.solves + ot__lp_solves(m->lp);
    return code;
}

static enum ot_code check_prices(const struct ot_plan *plan, struct ot_err *err)
{
    for (int64_t i = 0; i < plan->offers_n; i++)
        if (!plan->offers[i].price_usd_per_chip_s.has)
            return ot_err_set(err, OT_INPUT, plan->offers[i].price_usd_per_chip_s.loc,
                              plan->offers[i].name.ptr, ot_str_c("n/d"),
                              "a known price, to solve with");
    return OT_OK;
}

enum ot_code ot_plan_solve(const struct ot_plan *plan, const struct ot_work *work,
                           const struct ot_plan_opts *opts, struct ot_arena *arena,
                           struct ot_plan_result *ret, struct ot_err *err)
{
    struct ot_arena *scratch = ot_arena_child(arena);
    const struct ot_plan_opts full = with_defaults(opts);
    struct ot_plan_result result = {0};
    struct ot__case c;
    struct ot__model m;
    enum ot_code code = check_prices(plan, err);
    if (code == OT_OK)
        code = ot__case_make(plan, work, scratch, &c, err);
    if (code == OT_OK) {
        ot__model_make(&c, 0, c.s_n, plan->policy.cvar_weight, scratch, &m);
        code = solve_model(&m, &full, scratch, arena, &result);
        ot__model_free(&m);
        if (code == OT_LIMIT)
            code = ot_err_plain(err, OT_LIMIT, "a linear program needs more than %lld iterations",
                                (long long)full.iterations_max);
        else if (code != OT_OK)
            code = ot_err_plain(err, OT_BUG, "the plan's linear program has no solution");
    }
    ot_arena_free(scratch);
    if (code == OT_OK)
        *ret = result;
    return code;
}
