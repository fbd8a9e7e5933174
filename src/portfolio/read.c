/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a solution: chips and dates, use, costs by quarter and scenario. Solver scenarios that were
 * split along the work bands are joined again under the plan's own scenario names. */
#include "portfolio/read.h"

#include <math.h>

#include "portfolio/values.h"

/* Chips below this share of the program's unit are rounding of the solver, not a decision. */
#define CHIPS_NONE 1e-7

struct ot__solution ot__solution_of(const struct ot__model *m, struct ot_arena *arena)
{
    const size_t rows = (size_t)m->data.rows_n, cols = (size_t)m->data.cols_n;
    return (struct ot__solution){
        .value = ot_arena_grow(arena, ot__lp_values(m->lp), cols, cols, sizeof(double)),
        .price = ot_arena_grow(arena, ot__lp_prices(m->lp), rows, rows, sizeof(double)),
        .reduced = ot_arena_grow(arena, ot__lp_reduced(m->lp), cols, cols, sizeof(double))};
}

struct reading {
    const struct ot__model *m;
    const struct ot__case *c;
    const double *value;
    struct ot_arena *arena;
    struct ot_plan_result *out;
    double *window_used;          /* [(si * o_n + o) * window_max + f] chip-seconds taken */
    double *delivered_s, *used_s; /* [o * base_n + base] chip-seconds, mean over the split */
    double *demand_usd;           /* [base * t_n + t] penalty value of all demand, undiscounted */
};

static double at(const struct reading *r, int col)
{
    return col < 0 ? 0.0 : fmax(r->value[col], 0.0);
}
static double chips_of(const struct reading *r, int cohort)
{
    return at(r, r->m->col_x[cohort]) * r->m->chip_unit;
}
static int base_of(const struct reading *r, int si)
{
    return r->c->scenarios[r->m->s_from + si].base;
}
static struct ot_plan_period *period_of(const struct reading *r, int base, int t)
{
    return &r->out->periods[base * r->c->t_n + t];
}

/* ---- Names and arrays of the result ---- */

static void make_arrays(struct reading *r)
{
    const struct ot__case *c = r->c;
    struct ot_plan_result *out = r->out;
    out->quarters_n = c->t_n;
    out->quarters = ot_arena_calloc(r->arena, (size_t)c->t_n, sizeof(*out->quarters));
    for (int t = 0; t < c->t_n; t++)
        out->quarters[t] = ot_date_quarter_text(r->arena, c->quarter_day[t]);
    out->scenarios_n = c->base_n;
    out->scenarios = ot_arena_calloc(r->arena, (size_t)c->base_n, sizeof(*out->scenarios));
    out->periods_n = c->base_n * c->t_n;
    out->periods = ot_arena_calloc(r->arena, (size_t)out->periods_n, sizeof(*out->periods));
    out->flows_n = out->periods_n * c->w_n;
    out->flows = ot_arena_calloc(r->arena, (size_t)out->flows_n, sizeof(*out->flows));
    for (int b = 0; b < c->base_n; b++) {
        const struct ot_str name = c->plan->scenarios[b].name;
        out->scenarios[b].name = name;
        out->scenarios[b].probability = c->plan->scenarios[b].probability;
        for (int t = 0; t < c->t_n; t++) {
            period_of(r, b, t)->quarter = out->quarters[t];
            period_of(r, b, t)->scenario = name;
            for (int w = 0; w < c->w_n; w++)
                out->flows[(b * c->t_n + t) * c->w_n + w] =
                    (struct ot_plan_flow){.quarter = out->quarters[t],
                                          .scenario = name,
                                          .workload = c->plan->workloads[w].name};
        }
    }
}

/* ---- Demand and penalties ---- */

static void read_work(struct reading *r, int si, int t, int w)
{
    const struct ot__case *c = r->c;
    const int base = base_of(r, si);
    const double share = 1.0 / c->points_n;
    const struct ot_plan_workload *work = &c->plan->workloads[w];
    const bool defer = work->class == OT_WORK_CLASS_deferrable;
    struct ot_plan_flow *flow = &r->out->flows[(base * c->t_n + t) * c->w_n + w];
    struct ot_plan_period *period = period_of(r, base, t);
    for (int b = 0; b < c->r_n; b++) {
        const double hours = c->plan->blocks[b].hours_frac;
        const double demand = ot__block_demand(c, base, w, t, b);
        const double unmet = at(r, r->m->col_u[ot__at_work(r->m, si, t, b, w)]) *
                             r->m->work_unit[w] * r->m->chip_unit * (defer ? 1.0 : hours);
        const double worth = work->penalty_usd_per_req.value * c->quarter_s[t] * share;
        flow->demand_req_per_s += share * hours * demand;
        flow->unmet_req_per_s += share * unmet;
        period->penalty_usd += worth * unmet;
        r->demand_usd[base * c->t_n + t] += worth * hours * demand;
    }
}

/* ---- Capacity of one pool in one block: who serves ---- */

struct sources {              /* chips that serve pool k in a block, cheapest to use first */
    double paid, taken, open; /* fully paid; drawn from minimum takes; on-demand (usable) */
};

static struct sources sources_of(const struct reading *r, int si, int t, int b, int k)
{
    const struct ot__case *c = r->c;
    struct sources s = {0};
    for (int o = 0; o < c->o_n; o++) {
        const struct ot__offer *offer = &c->offers[o];
        if (offer->pool != k)
            continue;
        const double draw = at(r, r->m->col_draw[ot__at_draw(r->m, si, t, b, o)]) * r->m->chip_unit;
        if (offer->drawn)
            s.taken += draw;
        else if (!offer->committed)
            s.open += draw * (1.0 - offer->plan->interruption_frac);
        for (int i = 0; i < offer->cohort_n && !offer->drawn; i++)
            s.paid += chips_of(r, offer->cohort_from + i) *
                      ot__avail(c, base_of(r, si), offer->cohort_from + i, t);
    }
    return s;
}

static double share_of(double part, double whole)
{
    return whole > 0.0 ? ot_clamp(part / whole, 0.0, 1.0) : 0.0;
}

/* Spreads the use of a block over the offers of a pool: what is paid anyway first, pro rata. */
static void read_use(struct reading *r, int si, int t, int b, int k)
{
    const struct ot__case *c = r->c;
    const int base = base_of(r, si);
    const double seconds = c->block_s[t * c->r_n + b], share = 1.0 / c->points_n;
    const struct sources s = sources_of(r, si, t, b, k);
    double busy = 0.0;
    for (int w = 0; w < c->w_n; w++)
        busy += at(r, r->m->col_g[ot__at_g(r->m, si, t, b, k, w)]) * r->m->chip_unit;
    const double paid_used = share_of(busy, s.paid);
    const double taken_used = share_of(busy - s.paid, s.taken);
    struct ot_plan_period *period = period_of(r, base, t);
    for (int o = 0; o < c->o_n; o++) {
        const struct ot__offer *offer = &c->offers[o];
        if (offer->pool != k)
            continue;
        double delivered = 0.0;
        for (int i = 0; i < offer->cohort_n; i++)
            delivered +=
                chips_of(r, offer->cohort_from + i) * ot__avail(c, base, offer->cohort_from + i, t);
        const double draw = at(r, r->m->col_draw[ot__at_draw(r->m, si, t, b, o)]) * r->m->chip_unit;
        const double used = offer->drawn       ? draw * taken_used
                            : offer->committed ? delivered * paid_used
                                               : draw;
        const int row = o * c->base_n + base;
        r->used_s[row] += share * seconds * used;
        r->delivered_s[row] += share * seconds * (offer->committed ? delivered : draw);
        if (offer->drawn)
            r->window_used[ot__at_window(r->m, si, o, ot__window(c, o, t, b))] += used * seconds;
        if (offer->committed) {
            const double hours = share * c->plan->blocks[b].hours_frac;
            period->chips += hours * delivered;
            period->idle_chips += hours * (delivered - used);
        } else {
            period->on_demand_usd += share * seconds * draw * ot__open_price(c, base, o, t);
        }
    }
}

/* ---- Payments for signed chips ---- */

static void read_minimums(struct reading *r)
{
    const struct ot__case *c = r->c;
    for (int i = 0; i < c->c_n; i++) {
        const double chips = chips_of(r, i);
        for (int b = 0; b < c->base_n; b++) {
            for (int t = 0; t < c->t_n; t++) {
                struct ot_plan_period *p = period_of(r, b, t);
                const double due = chips * ot__min_pay(c, b, i, t);
                const struct ot__cohort *cohort = &c->cohorts[i];
                p->commitment_usd += due;
                p->cash_usd += due;
                if (t == 0) {
                    /* Paid at as_of, so not discounted: carried at its worth in quarter 0. */
                    p->commitment_usd += chips * cohort->prepay_usd_per_chip / c->discount[0];
                    p->cash_usd += chips * cohort->prepay_all_usd_per_chip;
                }
            }
        }
    }
}

static void read_above(struct reading *r)
{
    const struct ot__case *c = r->c;
    for (int si = 0; si < r->m->s_n; si++) {
        const int base = base_of(r, si);
        for (int o = 0; o < c->o_n; o++) {
            for (int f = 0; f < c->offers[o].window_n; f++) {
                const int col = r->m->col_above[ot__at_window(r->m, si, o, f)];
                const struct ot__window_price p = ot__window_price(c, base, o, f);
                period_of(r, base, p.t_paid)->commitment_usd += at(r, col) * r->m->hour_unit_s *
                                                                r->m->chip_unit *
                                                                p.use_usd_per_chip_s / c->points_n;
            }
        }
    }
}

/* ---- Sums ---- */

static void sum_scenarios(struct reading *r)
{
    const struct ot__case *c = r->c;
    struct ot_plan_result *out = r->out;
    double chips = 0.0, idle = 0.0, worth = 0.0, penalty = 0.0;
    for (int b = 0; b < c->base_n; b++) {
        struct ot_plan_scenario_result *s = &out->scenarios[b];
        double s_chips = 0.0, s_idle = 0.0, s_worth = 0.0, s_penalty = 0.0;
        for (int t = 0; t < c->t_n; t++) {
            struct ot_plan_period *p = period_of(r, b, t);
            const double demand_usd = r->demand_usd[b * c->t_n + t];
            p->cash_usd += p->on_demand_usd;
            p->unmet_frac = share_of(p->penalty_usd, demand_usd);
            s->commitment_usd += c->discount[t] * p->commitment_usd;
            s->on_demand_usd += c->discount[t] * p->on_demand_usd;
            s->penalty_usd += c->discount[t] * p->penalty_usd;
            s_chips += p->chips;
            s_idle += p->idle_chips;
            s_worth += demand_usd;
            s_penalty += p->penalty_usd;
        }
        s->cost_usd = s->commitment_usd + s->on_demand_usd + s->penalty_usd;
        s->unmet_frac = share_of(s_penalty, s_worth);
        s->idle_frac = share_of(s_idle, s_chips);
        out->commitment_usd += s->probability * s->commitment_usd;
        out->on_demand_usd += s->probability * s->on_demand_usd;
        out->penalty_usd += s->probability * s->penalty_usd;
        chips += s->probability * s_chips;
        idle += s->probability * s_idle;
        worth += s->probability * s_worth;
        penalty += s->probability * s_penalty;
    }
    out->cost_usd = out->commitment_usd + out->on_demand_usd + out->penalty_usd;
    out->unmet_frac = share_of(penalty, worth);
    out->idle_frac = share_of(idle, chips);
}

/* ---- Offers ---- */

static double shortfall(const struct reading *r, int si, int o)
{
    const struct ot__case *c = r->c;
    const struct ot__offer *offer = &c->offers[o];
    const int base = base_of(r, si);
    double usd = 0.0;
    for (int f = 0; f < offer->window_n; f++) {
        double signed_s = 0.0;
        for (int t = 0; t < c->t_n; t++) {
            for (int b = 0; b < c->r_n; b++) {
                if (ot__window(c, o, t, b) != f)
                    continue;
                for (int i = 0; i < offer->cohort_n; i++)
                    signed_s += c->block_s[t * c->r_n + b] *
                                ot__avail(c, base, offer->cohort_from + i, t) *
                                chips_of(r, offer->cohort_from + i);
            }
        }
        const struct ot__window_price p = ot__window_price(c, base, o, f);
        const double used = r->window_used[ot__at_window(r->m, si, o, f)];
        const double idle = offer->plan->tariff == OT_TARIFF_two_part
                                ? offer->plan->min_take_frac * (signed_s - used)
                                : offer->plan->min_take_frac * signed_s - used;
        usd +=
            c->discount[p.t_paid] * p.usd_per_chip_s * (idle > CHIPS_NONE * signed_s ? idle : 0.0);
    }
    return usd;
}

static double spend_in(const struct reading *r, int si, int o)
{
    const struct ot__case *c = r->c;
    const struct ot__offer *offer = &c->offers[o];
    const int base = base_of(r, si);
    double usd = 0.0;
    for (int i = 0; i < offer->cohort_n; i++)
        usd += chips_of(r, offer->cohort_from + i) * ot__commit_pv(c, base, offer->cohort_from + i);
    for (int f = 0; f < offer->window_n; f++) {
        const struct ot__window_price p = ot__window_price(c, base, o, f);
        usd += at(r, r->m->col_above[ot__at_window(r->m, si, o, f)]) * r->m->hour_unit_s *
               r->m->chip_unit * p.use_usd_per_chip_s * c->discount[p.t_paid];
    }
    for (int t = 0; t < c->t_n && !offer->committed; t++) {
        for (int b = 0; b < c->r_n; b++)
            usd += at(r, r->m->col_draw[ot__at_draw(r->m, si, t, b, o)]) * r->m->chip_unit *
                   c->block_s[t * c->r_n + b] * c->discount[t] * ot__open_price(c, base, o, t);
    }
    return usd;
}

double ot__spend_in_usd(const struct ot__model *m, const double *value, int si, int o)
{
    const struct reading r = {.m = m, .c = m->c, .value = value};
    return spend_in(&r, si, o);
}

double ot__spend_usd(const struct ot__model *m, const double *value, int o)
{
    double usd = 0.0;
    for (int si = 0; si < m->s_n; si++)
        usd += m->c->scenarios[m->s_from + si].probability / m->probability_sum *
               ot__spend_in_usd(m, value, si, o);
    return usd;
}

static void read_uses(struct reading *r, int o, struct ot_plan_offer_result *out)
{
    const struct ot__case *c = r->c;
    const double horizon_s = (double)(c->quarter_day[c->t_n] - c->quarter_day[0]) * 86400.0;
    double used = 0.0, delivered = 0.0;
    out->uses_n = c->base_n;
    out->uses = ot_arena_calloc(r->arena, (size_t)c->base_n, sizeof(*out->uses));
    for (int b = 0; b < c->base_n; b++) {
        const int row = o * c->base_n + b;
        out->uses[b].scenario = c->plan->scenarios[b].name;
        out->uses[b].mean_chips = r->delivered_s[row] / horizon_s;
        out->uses[b].used_frac = share_of(r->used_s[row], r->delivered_s[row]);
        used += c->plan->scenarios[b].probability * r->used_s[row];
        delivered += c->plan->scenarios[b].probability * r->delivered_s[row];
    }
    for (int si = 0; si < r->m->s_n; si++) {
        struct ot_plan_use *use = &out->uses[base_of(r, si)];
        use->cost_usd += spend_in(r, si, o) / c->points_n;
        if (c->offers[o].drawn)
            use->shortfall_usd += shortfall(r, si, o) / c->points_n;
    }
    for (int b = 0; b < c->base_n; b++) {
        struct ot_plan_use *use = &out->uses[b];
        if (c->offers[o].committed && !c->offers[o].drawn)
            use->shortfall_usd = use->cost_usd * (1.0 - use->used_frac);
        out->cost_usd += c->plan->scenarios[b].probability * use->cost_usd;
    }
    out->used_frac = share_of(used, delivered);
}

static void read_cohorts(struct reading *r, int o, struct ot_plan_offer_result *out)
{
    const struct ot__offer *offer = &r->c->offers[o];
    out->cohorts = ot_arena_calloc(r->arena, (size_t)offer->cohort_n, sizeof(*out->cohorts));
    for (int i = 0; i < offer->cohort_n; i++) {
        const struct ot__cohort *cohort = &r->c->cohorts[offer->cohort_from + i];
        const double chips = chips_of(r, offer->cohort_from + i);
        if (chips <= CHIPS_NONE * r->m->chip_unit)
            continue;
        out->chips += chips;
        out->cohorts[out->cohorts_n++] = (struct ot_plan_cohort){cohort->start_day, chips};
        out->commitment_usd += chips * cohort->term_usd_per_chip;
        out->beyond_horizon_usd += chips * cohort->beyond_usd_per_chip;
    }
}

/* Expected delivered chips by quarter; of on-demand: drawn, and the largest block into `chips`. */
static void read_capacity(struct reading *r, int o, struct ot_plan_offer_result *out)
{
    const struct ot__case *c = r->c;
    const struct ot__offer *offer = &c->offers[o];
    out->capacity_chips_n = c->t_n;
    out->capacity_chips = ot_arena_calloc(r->arena, (size_t)c->t_n, sizeof(double));
    for (int t = 0; t < c->t_n; t++) {
        for (int i = 0; i < offer->cohort_n; i++) {
            for (int b = 0; b < c->base_n; b++)
                out->capacity_chips[t] += c->plan->scenarios[b].probability *
                                          chips_of(r, offer->cohort_from + i) *
                                          ot__avail(c, b, offer->cohort_from + i, t);
        }
        for (int b = 0; b < c->r_n && !offer->committed; b++) {
            double draw = 0.0;
            for (int si = 0; si < r->m->s_n; si++)
                draw += c->scenarios[r->m->s_from + si].probability *
                        at(r, r->m->col_draw[ot__at_draw(r->m, si, t, b, o)]) * r->m->chip_unit;
            out->capacity_chips[t] += c->plan->blocks[b].hours_frac * draw;
            out->chips = fmax(out->chips, draw);
        }
    }
}

static enum ot_decision decide(const struct ot__offer *offer, double chips, double none)
{
    if (offer->closed != OT__OPEN)
        return OT_DECISION_closed;
    if (!offer->committed)
        return chips > none ? OT_DECISION_use : OT_DECISION_skip;
    if (offer->plan->state == OT_OFFER_STATE_signed)
        return OT_DECISION_keep;
    return chips > none ? OT_DECISION_sign : OT_DECISION_leave;
}

static void read_offers(struct reading *r)
{
    const struct ot__case *c = r->c;
    r->out->offers_n = c->o_n;
    r->out->offers = ot_arena_calloc(r->arena, (size_t)c->o_n, sizeof(*r->out->offers));
    for (int o = 0; o < c->o_n; o++) {
        const struct ot__offer *offer = &c->offers[o];
        struct ot_plan_offer_result *out = &r->out->offers[o];
        out->name = offer->plan->name;
        out->vendor = offer->plan->vendor;
        out->pool = offer->plan->pool;
        out->chip = c->plan->pools[offer->pool].chip;
        out->kind = offer->plan->kind;
        out->binary = offer->binary;
        out->price_usd_per_chip_s = offer->plan->price_usd_per_chip_s.value;
        read_cohorts(r, o, out);
        read_capacity(r, o, out);
        read_uses(r, o, out);
        out->decision = decide(offer, out->chips, CHIPS_NONE * r->m->chip_unit);
    }
}

/* ---- All of it ---- */

static void read_blocks(struct reading *r)
{
    const struct ot__case *c = r->c;
    for (int si = 0; si < r->m->s_n; si++) {
        for (int t = 0; t < c->t_n; t++) {
            for (int w = 0; w < c->w_n; w++)
                read_work(r, si, t, w);
            for (int b = 0; b < c->r_n; b++) {
                for (int k = 0; k < c->k_n; k++)
                    read_use(r, si, t, b, k);
            }
        }
    }
}

void ot__read(const struct ot__model *m, const struct ot__solution *sol, struct ot_arena *arena,
              struct ot_plan_result *ret)
{
    const struct ot__case *c = m->c;
    struct reading r = {.m = m, .c = c, .value = sol->value, .arena = arena, .out = ret};
    r.window_used = ot_arena_calloc(
        arena, (size_t)(m->s_n * c->o_n * (m->window_max > 0 ? m->window_max : 1)), sizeof(double));
    r.delivered_s = ot_arena_calloc(arena, (size_t)(c->o_n * c->base_n), sizeof(double));
    r.used_s = ot_arena_calloc(arena, (size_t)(c->o_n * c->base_n), sizeof(double));
    r.demand_usd = ot_arena_calloc(arena, (size_t)(c->base_n * c->t_n), sizeof(double));
    make_arrays(&r);
    read_blocks(&r);
    read_minimums(&r);
    read_above(&r);
    sum_scenarios(&r);
    for (int64_t i = 0; i < ret->periods_n; i++)
        OT_CHECK_FINITE(ret->periods[i].cash_usd);
    read_offers(&r);
    ot__read_values(m, sol, arena, ret);
    ot__read_risk(m, sol->value, arena, ret);
    ot__read_mix(m, arena, ret);
}
