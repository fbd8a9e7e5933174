/* SPDX-License-Identifier: Apache-2.0 */
/* Perfect information, efficient frontier, commitment curve, near-optimal alternative. */
#include "portfolio/extras.h"

#include <math.h>

#define FRONTIER_MAX 0.95 /* weight of risk at the far end of the frontier */

void ot__extra_restore(struct ot__extras *x)
{
    struct ot__model *m = x->m;
    for (int o = 0; o < m->c->o_n; o++)
        ot__set_state(m, o, x->best->state[o]);
    ot__model_set_lambda(m, m->c->plan->policy.cvar_weight);
    ot__lp_basis_set(m->lp, x->basis);
}

static struct ot__branch_opts branch_opts(const struct ot__extras *x, enum ot__lp_method first)
{
    return (struct ot__branch_opts){.nodes_max = x->opts->nodes_max,
                                    .iterations_max = x->opts->iterations_max,
                                    .gap_frac = x->opts->gap_frac,
                                    .first = first};
}

/* ---- Perfect information ---- */

static enum ot_code best_of_scenario(struct ot__extras *x, int s, double *ret_usd)
{
    struct ot_arena *scratch = ot_arena_child(x->arena);
    const struct ot__branch_opts opts = branch_opts(x, OT__LP_DUAL);
    struct ot__model m;
    struct ot__branch_result best;
    ot__model_make(x->m->c, s, 1, 0.0, scratch, &m);
    const enum ot_code code = ot__branch(&m, &opts, scratch, &best);
    if (code == OT_OK)
        *ret_usd = ot__objective_usd(&m, ot__lp_values(m.lp));
    x->iterations += ot__lp_iterations(m.lp);
    x->solves += ot__lp_solves(m.lp);
    ot__model_free(&m);
    ot_arena_free(scratch);
    return code;
}

/* Least expected cost: the plan's own when it is risk-neutral. */
static enum ot_code neutral_cost(struct ot__extras *x, double *ret_usd)
{
    *ret_usd = x->ret->cost_usd;
    if (x->m->lambda <= 0.0)
        return OT_OK;
    struct ot_arena *scratch = ot_arena_child(x->arena);
    const struct ot__branch_opts opts = branch_opts(x, OT__LP_PRIMAL);
    struct ot__branch_result best;
    ot__extra_restore(x);
    ot__model_set_lambda(x->m, 0.0);
    const enum ot_code code = ot__branch(x->m, &opts, scratch, &best);
    if (code == OT_OK)
        *ret_usd = ot__objective_usd(x->m, ot__lp_values(x->m->lp));
    ot__extra_restore(x);
    ot_arena_free(scratch);
    return code;
}

enum ot_code ot__extra_evpi(struct ot__extras *x)
{
    const struct ot__case *c = x->m->c;
    double neutral = 0.0;
    enum ot_code code = neutral_cost(x, &neutral);
    struct ot_sum known = {0};
    for (int s = 0; s < c->s_n && code == OT_OK; s++) {
        double usd = 0.0;
        code = best_of_scenario(x, s, &usd);
        ot_sum_add(&known, c->scenarios[s].probability * usd);
        struct ot_plan_scenario_result *out = &x->ret->scenarios[c->scenarios[s].base];
        out->best_cost_usd += usd / c->points_n;
        out->has_best = true;
    }
    if (code != OT_OK)
        return code;
    x->ret->evpi_usd = fmax(0.0, neutral - ot_sum_get(&known));
    x->ret->has_evpi = true;
    return OT_OK;
}

/* ---- Frontier and curve ---- */

static struct ot_plan_point point_of(const struct ot__extras *x, double at)
{
    const double *value = ot__lp_values(x->m->lp);
    struct ot_plan_point p = {.x = at, .commitment_usd = ot__commitment_usd(x->m, value)};
    ot__risk(x->m, value, &p.cost_usd, &p.cvar_usd);
    return p;
}

enum ot_code ot__extra_frontier(struct ot__extras *x)
{
    const int64_t n = x->opts->frontier_n;
    if (x->m->s_n < 2 || n < 2)
        return OT_OK;
    struct ot_arena *scratch = ot_arena_child(x->arena);
    const struct ot__branch_opts opts = branch_opts(x, OT__LP_PRIMAL);
    x->ret->frontier = ot_arena_calloc(x->arena, (size_t)n, sizeof(*x->ret->frontier));
    enum ot_code code = OT_OK;
    for (int64_t i = 0; i < n && code == OT_OK; i++) {
        const double lambda = FRONTIER_MAX * (double)i / (double)(n - 1);
        struct ot__branch_result best;
        ot__extra_restore(x);
        ot__model_set_lambda(x->m, lambda);
        code = ot__branch(x->m, &opts, scratch, &best);
        if (code == OT_OK)
            x->ret->frontier[x->ret->frontier_n++] = point_of(x, lambda);
    }
    ot__extra_restore(x);
    ot_arena_free(scratch);
    return code;
}

/* The offer whose curve is drawn: the named one, else the most expensive signed one, else the
 * largest that could be signed; -1 when there is none. */
static int main_offer(const struct ot__extras *x)
{
    const struct ot__case *c = x->m->c;
    int best = -1;
    double most = 0.0;
    for (int pass = 0; pass < 2 && best < 0; pass++) {
        for (int o = 0; o < c->o_n; o++) {
            const struct ot__offer *offer = &c->offers[o];
            if (offer->cohort_n == 0)
                continue;
            if (ot_str_eq(offer->plan->name, c->plan->main_offer))
                return o;
            const double lot = offer->max_chips >= OT__LP_INF ? 0.0 : offer->max_chips;
            const double size = pass == 0 ? x->ret->offers[o].commitment_usd
                                          : lot * c->cohorts[offer->cohort_from].term_usd_per_chip;
            if (size > most) {
                most = size;
                best = o;
            }
        }
    }
    return best;
}

enum ot_code ot__extra_curve(struct ot__extras *x)
{
    const int o = main_offer(x);
    const int64_t n = x->opts->curve_n;
    if (o < 0 || n < 2)
        return OT_OK;
    const struct ot__offer *offer = &x->m->c->offers[o];
    double most = offer->max_chips;
    if (most >= OT__LP_INF)
        most = fmax(2.0 * x->ret->offers[o].chips, 256.0 * x->m->chip_unit);
    x->ret->main_offer = offer->plan->name;
    x->ret->curve = ot_arena_calloc(x->arena, (size_t)n, sizeof(*x->ret->curve));
    for (int64_t i = 0; i < n; i++) {
        const double chips = most * (double)i / (double)(n - 1);
        ot__extra_restore(x);
        ot__fix_chips(x->m, o, chips);
        const enum ot_code code = ot__lp_solve(x->m->lp, OT__LP_DUAL, x->opts->iterations_max);
        if (code == OT_LIMIT)
            return code;
        if (code == OT_OK) /* else a cap forbids so many */
            x->ret->curve[x->ret->curve_n++] = point_of(x, chips);
    }
    ot__extra_restore(x);
    return OT_OK;
}

/* ---- Alternative ---- */

static struct ot_plan_hhi vendors_of(const struct ot__extras *x, const double *value,
                                     struct ot_arena *arena)
{
    double *spend = ot_arena_calloc(arena, (size_t)x->m->c->o_n, sizeof(double));
    for (int o = 0; o < x->m->c->o_n; o++)
        spend[o] = ot__spend_usd(x->m, value, o);
    return ot__concentration(x->m->c, spend, "cloud", arena);
}

static double share_in(const struct ot_plan_hhi *mix, struct ot_str name)
{
    for (int64_t i = 0; i < mix->mix_n; i++) {
        if (ot_str_eq(mix->mix[i].name, name))
            return mix->mix[i].share_frac;
    }
    return 0.0;
}

/* Cost of a column in the search for another mix: its expected payments times the share its vendor
 * has now, so that money leaves the vendors that have most of it. */
static void set_mix_cost(struct ot__extras *x, int col, int o, const struct ot_plan_hhi *now)
{
    const struct ot__lp_data *d = &x->m->data;
    const double share = share_in(now, x->m->c->plan->offers[o].vendor);
    double usd = 0.0;
    for (int si = 0; si < x->m->s_n; si++) {
        for (int e = d->start[col]; e < d->start[col + 1]; e++) {
            if (d->row[e] == x->m->row_cost[si])
                usd += x->m->c->scenarios[x->m->s_from + si].probability * d->value[e];
        }
    }
    ot__lp_set_cost(x->m->lp, col, share * usd);
}

static void set_mix_costs(struct ot__extras *x, const struct ot_plan_hhi *now)
{
    struct ot__model *m = x->m;
    const struct ot__case *c = m->c;
    for (int si = 0; si < m->s_n; si++) {
        ot__lp_set_cost(m->lp, m->col_cost[si], 0.0);
        ot__lp_set_cost(m->lp, m->col_xi[si], 0.0);
    }
    ot__lp_set_cost(m->lp, m->col_eta, 0.0);
    for (int i = 0; i < c->c_n; i++)
        set_mix_cost(x, m->col_x[i], c->cohorts[i].offer, now);
    for (int at = 0; at < m->s_n * c->t_n * c->r_n * c->o_n; at++) {
        if (m->col_draw[at] >= 0)
            set_mix_cost(x, m->col_draw[at], at % c->o_n, now);
    }
    for (int at = 0; at < m->s_n * c->o_n * m->window_max; at++) {
        if (m->col_above[at] >= 0)
            set_mix_cost(x, m->col_above[at], at / m->window_max % c->o_n, now);
    }
}

/* The program's own costs again; lambda's part is rewritten by restore. */
static void reset_costs(struct ot__extras *x)
{
    for (int col = 0; col < x->m->data.cols_n; col++)
        ot__lp_set_cost(x->m->lp, col, x->m->data.cost[col]);
    ot__lp_set_row(x->m->lp, x->m->row_near, -OT__LP_INF, OT__LP_INF);
    ot__extra_restore(x);
}

static void read_alternative(struct ot__extras *x, const struct ot_plan_hhi *now)
{
    const struct ot__case *c = x->m->c;
    const double *value = ot__lp_values(x->m->lp);
    struct ot_plan_alternative *alt = &x->ret->alternative;
    const struct ot_plan_hhi then = vendors_of(x, value, x->arena);
    ot__risk(x->m, value, &alt->cost_usd, &alt->cvar_usd);
    alt->vendors = then.mix;
    alt->vendors_n = then.mix_n;
    alt->chips = ot_arena_calloc(x->arena, (size_t)c->o_n, sizeof(*alt->chips));
    for (int o = 0; o < c->o_n; o++) {
        const double chips = ot__chips(x->m, value, o);
        if (chips > 1e-7 * x->m->chip_unit)
            alt->chips[alt->chips_n++] = (struct ot_plan_chips){c->plan->offers[o].name, chips};
    }
    for (int v = 0; v < c->vendors_n; v++)
        alt->moved_frac +=
            0.5 * fabs(share_in(now, c->vendors[v]) - share_in(&then, c->vendors[v]));
    x->ret->has_alternative = true;
}

enum ot_code ot__extra_alternative(struct ot__extras *x)
{
    struct ot_arena *scratch = ot_arena_child(x->arena);
    const struct ot_plan_hhi now = vendors_of(x, x->sol->value, scratch);
    enum ot_code code = OT_OK;
    if (now.mix_n > 0) {
        const double near = x->ret->objective_usd / x->m->usd_unit * (1.0 + x->opts->near_frac);
        const struct ot__branch_opts opts = branch_opts(x, OT__LP_PRIMAL);
        struct ot__branch_result best;
        ot__extra_restore(x);
        set_mix_costs(x, &now);
        ot__lp_set_row(x->m->lp, x->m->row_near, -OT__LP_INF, near);
        code = ot__branch(x->m, &opts, scratch, &best);
        if (code == OT_OK)
            read_alternative(x, &now);
        reset_costs(x);
    }
    ot_arena_free(scratch);
    return code == OT_LIMIT ? code : OT_OK;
}
