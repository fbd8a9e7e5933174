/* SPDX-License-Identifier: Apache-2.0 */
/* At which price each offer would change sides.
 *
 * Rejected, any size: a sliver of it is forced in, which makes the dual prices those of "a chip
 * more" rather than of any degenerate corner; at these one signed chip is worth V, costs phi P (P
 * at the price offered) plus F in other limits; a drawn offer picks its best hours in each window.
 * The root of phi P + F - V(phi) is the break-even price of the first chip: exact for
 * take-or-pay; for minimum takes below 1 an upper bound, because the best hours may change with
 * the price. Rejected with a minimum lot, and everything used: one more
 * solve with the lot forced in, or the offer left out. Model: docs/models/portfolio.md. */
#include <math.h>

#include "portfolio/extras.h"

#define SLIVER 1e-3 /* of the program's unit of chips */

enum row_kind {
    ROW_OTHER,
    ROW_PAID,   /* entries proportional to the offer's price: costs, budget, vendor cap */
    ROW_CHIPS,  /* pools */
    ROW_WINDOW, /* draws and windows */
    ROW_TOTAL
};

struct pricing {
    struct ot__extras *x;
    const struct ot__model *m;
    const struct ot__case *c;
    const double *price; /* [row] that pricing out uses */
    unsigned char *kind; /* [row] */
    int cohort;
    double paid, other, chips; /* P, F, V of the cohort's own column */
    int *order;                /* scratch: blocks of a window by value */
};

static void mark(unsigned char *kind, const int *rows, int n, enum row_kind as)
{
    for (int i = 0; i < n; i++) {
        if (rows[i] >= 0)
            kind[rows[i]] = (unsigned char)as;
    }
}

static unsigned char *row_kinds(const struct ot__model *m, struct ot_arena *arena)
{
    const struct ot__case *c = m->c;
    const int blocks = m->s_n * c->t_n * c->r_n, windows = m->s_n * c->o_n * m->window_max;
    unsigned char *kind = ot_arena_calloc(arena, (size_t)m->data.rows_n, 1);
    mark(kind, m->row_cost, m->s_n, ROW_PAID);
    mark(kind, m->row_budget, m->s_n * c->t_n, ROW_PAID);
    mark(kind, m->row_vendor, c->vendors_n, ROW_PAID);
    mark(kind, m->row_pool, blocks * c->k_n, ROW_CHIPS);
    mark(kind, m->row_draw, blocks * c->o_n, ROW_WINDOW);
    mark(kind, m->row_window, windows, ROW_WINDOW);
    mark(kind, m->row_total, c->o_n, ROW_TOTAL);
    return kind;
}

/* Sums -price x entry over the rows of one kind in a column. */
static double column_worth(const struct pricing *p, int col, enum row_kind kind)
{
    const struct ot__lp_data *d = &p->m->data;
    double sum = 0.0;
    for (int e = d->start[col]; e < d->start[col + 1]; e++) {
        if (p->kind[d->row[e]] == kind)
            sum -= p->price[d->row[e]] * d->value[e];
    }
    return sum;
}

/* ---- Rejected offers of any size ---- */

/* Worth of the best draws of one chip in window f of scenario si when taking beyond the minimum
 * costs `above` per hour unit: fill hours by value, first the free ones. */
static double window_worth(const struct pricing *p, int si, int o, int f, double above)
{
    const struct ot__model *m = p->m;
    const struct ot__case *c = p->c;
    const int base = c->scenarios[m->s_from + si].base;
    const double usable = 1.0 - c->offers[o].plan->interruption_frac;
    double free_h = 0.0, worth = 0.0;
    int n = 0;
    for (int at = 0; at < c->t_n * c->r_n; at++) {
        const int t = at / c->r_n, r = at % c->r_n;
        if (ot__window(c, o, t, r) != f)
            continue;
        free_h += ot__free_frac(c->offers[o].plan) * c->block_s[at] / m->hour_unit_s *
                  ot__avail(c, base, p->cohort, t);
        const double v = -p->price[m->row_pool[ot__at_pool(m, si, t, r, c->offers[o].pool)]];
        int j = n++;
        for (; j > 0; j--) {
            const int b = p->order[j - 1];
            const double other = -p->price[m->row_pool[ot__at_pool(m, si, b / c->r_n, b % c->r_n,
                                                                   c->offers[o].pool)]];
            if (other * c->block_s[at] >= v * c->block_s[b])
                break;
            p->order[j] = b;
        }
        p->order[j] = at;
    }
    for (int i = 0; i < n; i++) {
        const int at = p->order[i], t = at / c->r_n, r = at % c->r_n;
        const double avail = ot__avail(c, base, p->cohort, t);
        const double h = c->block_s[at] / m->hour_unit_s;
        const double v =
            -usable * p->price[m->row_pool[ot__at_pool(m, si, t, r, c->offers[o].pool)]];
        if (avail <= 0.0 || v <= 0.0)
            continue;
        const double free_q = fmin(avail, free_h / h);
        free_h -= free_q * h;
        worth += free_q * v + (avail - free_q) * fmax(0.0, v - above * h);
    }
    return worth;
}

/* Reduced cost of one chip of the cohort at `phi` times the offered price. */
static double reduced_at(double phi, void *ctx)
{
    const struct pricing *p = ctx;
    const struct ot__model *m = p->m;
    const int o = p->c->cohorts[p->cohort].offer;
    double sum = phi * p->paid + p->other + p->chips;
    for (int si = 0; p->c->offers[o].drawn && si < m->s_n; si++) {
        for (int f = 0; f < p->c->offers[o].window_n; f++) {
            const int col = m->col_above[ot__at_window(m, si, o, f)];
            sum -= window_worth(p, si, o, f, phi * column_worth(p, col, ROW_PAID));
        }
    }
    return sum;
}

/* Largest phi at which a chip of the cohort is still worth signing; false when none is. */
static bool break_even_phi(struct pricing *p, double *ret_phi)
{
    const int col = p->m->col_x[p->cohort];
    p->paid = column_worth(p, col, ROW_PAID);
    p->other = column_worth(p, col, ROW_OTHER);
    p->chips = column_worth(p, col, ROW_CHIPS);
    if (p->paid <= 0.0 || reduced_at(0.0, p) >= 0.0)
        return false;
    double hi = 1.0;
    for (int i = 0; i < 60 && reduced_at(hi, p) < 0.0; i++)
        hi *= 2.0;
    return ot_root(reduced_at, p, 0.0, hi, 1e-13 * hi, ret_phi, NULL) == OT_OK;
}

/* On-demand that is not drawn: the best hour decides. */
static void price_unused(struct pricing *p, int o, struct ot_plan_offer_result *out)
{
    const struct ot__model *m = p->m;
    double best = 0.0;
    p->price = p->x->sol->price;
    for (int at = 0; at < m->s_n * p->c->t_n * p->c->r_n; at++) {
        const int col = m->col_draw[at * p->c->o_n + o];
        if (col < 0)
            continue;
        const double paid = column_worth(p, col, ROW_PAID);
        if (paid > 0.0)
            best = fmax(best, -column_worth(p, col, ROW_CHIPS) / paid);
    }
    out->has_break_even = best > 0.0;
    out->break_even_usd_per_chip_s = best * out->price_usd_per_chip_s;
}

/* ---- Solves with one offer forced in or out ---- */

/* What the offer is paid in a solution, weighted as the objective weighs scenarios. */
static double weighted_spend(const struct pricing *p, const double *value, const double *price,
                             int o)
{
    double usd = 0.0;
    for (int si = 0; si < p->m->s_n; si++)
        usd -= price[p->m->row_cost[si]] * ot__spend_in_usd(p->m, value, si, o);
    return usd;
}

static void set_draws(const struct pricing *p, int o, double max_or_own)
{
    for (int at = 0; at < p->m->s_n * p->c->t_n * p->c->r_n; at++) {
        const int col = p->m->col_draw[at * p->c->o_n + o];
        if (col >= 0)
            ot__lp_set_col(p->m->lp, col, 0.0, fmin(max_or_own, p->m->data.col_hi[col]));
    }
}

static enum ot_code resolve(const struct pricing *p, double *ret_objective)
{
    const int64_t max = p->x->opts->iterations_max;
    const enum ot_code code = ot__lp_solve(p->m->lp, OT__LP_DUAL, max);
    if (code == OT_OK)
        *ret_objective = ot__objective_usd(p->m, ot__lp_values(p->m->lp));
    return code;
}

/* The best plan without offer o: what it is worth, and the price at which it is worth nothing. */
static enum ot_code leave_out(struct pricing *p, int o, struct ot_plan_offer_result *out)
{
    double without = 0.0;
    ot__extra_restore(p->x);
    if (p->c->offers[o].committed)
        ot__fix_chips(p->x->m, o, 0.0);
    else
        set_draws(p, o, 0.0);
    const enum ot_code code = resolve(p, &without);
    if (!p->c->offers[o].committed)
        set_draws(p, o, OT__LP_INF);
    if (code == OT_LIMIT)
        return code;
    if (code != OT_OK)
        return OT_OK;
    const double worth = fmax(0.0, without - p->x->ret->objective_usd);
    const double paid = weighted_spend(p, p->x->sol->value, p->x->sol->price, o);
    out->has_leave_one_out = true;
    out->leave_one_out_usd = worth;
    out->has_break_even = paid > 0.0;
    if (paid > 0.0)
        out->break_even_usd_per_chip_s = out->price_usd_per_chip_s * (1.0 + worth / paid);
    return OT_OK;
}

/* A rejected offer with a minimum lot: the best plan that has to take it. */
static enum ot_code force_in(struct pricing *p, int o, struct ot_plan_offer_result *out)
{
    double with = 0.0;
    ot__extra_restore(p->x);
    ot__set_state(p->x->m, o, OT__STATE_IN);
    const enum ot_code code = resolve(p, &with);
    if (code != OT_OK)
        return code == OT_LIMIT ? code : OT_OK;
    const double paid = weighted_spend(p, ot__lp_values(p->m->lp), ot__lp_prices(p->m->lp), o);
    const double loss = with - p->x->ret->objective_usd;
    out->has_break_even = paid > 0.0 && loss < paid;
    if (out->has_break_even)
        out->break_even_usd_per_chip_s = out->price_usd_per_chip_s * (1.0 - loss / paid);
    return OT_OK;
}

/* Allows offer o to start in `only` (-1: any of its cohorts). */
static void allow_cohort(const struct pricing *p, int o, int only)
{
    const struct ot__offer *offer = &p->c->offers[o];
    for (int i = offer->cohort_from; i < offer->cohort_from + offer->cohort_n; i++)
        ot__lp_set_col(p->m->lp, p->m->col_x[i], 0.0, only < 0 || only == i ? OT__LP_INF : 0.0);
}

/* Prices at which a sliver of one cohort (-1: any) is forced in; what a limit forbids keeps the
 * plan's own prices. */
static enum ot_code force_sliver(struct pricing *p, int o, int cohort)
{
    double with = 0.0;
    ot__extra_restore(p->x);
    allow_cohort(p, o, cohort);
    ot__fix_chips(p->x->m, o, fmin(SLIVER * p->m->chip_unit, p->c->offers[o].max_chips));
    const enum ot_code code = resolve(p, &with);
    p->price = code == OT_OK ? ot__lp_prices(p->m->lp) : p->x->sol->price;
    allow_cohort(p, o, -1);
    return code == OT_LIMIT ? code : OT_OK;
}

static double cohort_phi(struct pricing *p, int cohort)
{
    double phi = 0.0;
    p->cohort = cohort;
    return break_even_phi(p, &phi) ? phi : 0.0;
}

/* Best first: each cohort's price at first is a bound; forced in alone it is exact. */
static enum ot_code price_rejected(struct pricing *p, int o, struct ot_plan_offer_result *out)
{
    const struct ot__offer *offer = &p->c->offers[o];
    struct ot_arena *scratch = ot_arena_child(p->x->arena);
    double *phi = ot_arena_calloc(scratch, (size_t)offer->cohort_n, sizeof(double));
    bool *exact = ot_arena_calloc(scratch, (size_t)offer->cohort_n, sizeof(bool));
    enum ot_code code = force_sliver(p, o, -1);
    for (int i = 0; i < offer->cohort_n && code == OT_OK; i++)
        phi[i] = cohort_phi(p, offer->cohort_from + i);
    int best = 0;
    while (code == OT_OK) {
        for (int i = 0; i < offer->cohort_n; i++)
            best = phi[i] > phi[best] ? i : best;
        if (exact[best] || offer->cohort_n == 1 || phi[best] <= 0.0)
            break;
        code = force_sliver(p, o, offer->cohort_from + best);
        phi[best] = fmin(phi[best], cohort_phi(p, offer->cohort_from + best));
        exact[best] = true;
    }
    out->has_break_even = code == OT_OK && phi[best] > 0.0;
    out->break_even_usd_per_chip_s = phi[best] * out->price_usd_per_chip_s;
    ot_arena_free(scratch);
    return code;
}

static enum ot_code price_offer(struct pricing *p, int o)
{
    struct ot_plan_offer_result *out = &p->x->ret->offers[o];
    const bool used = out->decision == OT_DECISION_sign || out->decision == OT_DECISION_use ||
                      (out->decision == OT_DECISION_keep && out->chips > 0.0);
    if (out->decision == OT_DECISION_closed || out->price_usd_per_chip_s <= 0.0)
        return OT_OK;
    if (used)
        return leave_out(p, o, out);
    if (out->decision == OT_DECISION_skip)
        price_unused(p, o, out);
    else if (p->c->offers[o].binary && p->c->offers[o].min_chips > 0.0)
        return force_in(p, o, out);
    else
        return price_rejected(p, o, out);
    return OT_OK;
}

enum ot_code ot__extra_prices(struct ot__extras *x)
{
    struct ot_arena *scratch = ot_arena_child(x->arena);
    struct pricing p = {.x = x, .m = x->m, .c = x->m->c};
    p.kind = row_kinds(x->m, scratch);
    p.order = ot_arena_calloc(scratch, (size_t)(p.c->t_n * p.c->r_n), sizeof(int));
    enum ot_code code = OT_OK;
    for (int o = 0; o < p.c->o_n && code == OT_OK; o++)
        code = price_offer(&p, o);
    ot_arena_free(scratch);
    return code;
}
