/* SPDX-License-Identifier: Apache-2.0 */
/* Fills the sparse columns of the program. Constraint numbers refer to docs/models/portfolio.md. */
#include "portfolio/model.h"

#include <math.h>

/* ---- Payments of a signed chip ---- */

double ot__min_pay(const struct ot__case *c, int base, int cohort, int t)
{
    const struct ot_plan_offer *o = &c->plan->offers[c->cohorts[cohort].offer];
    return (1.0 - o->prepay_frac) * (1.0 - o->credit_frac) * o->min_take_frac *
           ot__price(c, base, cohort, t) * c->quarter_s[t] * ot__avail(c, base, cohort, t);
}

double ot__commit_pv(const struct ot__case *c, int base, int cohort)
{
    double usd = c->cohorts[cohort].prepay_usd_per_chip;
    for (int t = 0; t < c->t_n; t++)
        usd += c->discount[t] * ot__min_pay(c, base, cohort, t);
    return usd;
}

struct ot__window_price ot__window_price(const struct ot__case *c, int base, int o, int f)
{
    const struct ot__offer *offer = &c->offers[o];
    struct ot__window_price ret = {0};
    double weight = 0.0, sum = 0.0;
    for (int t = 0; t < c->t_n; t++) {
        bool inside = false;
        for (int r = 0; r < c->r_n; r++)
            inside = inside || ot__window(c, o, t, r) == f;
        for (int i = 0; inside && i < offer->cohort_n; i++) {
            const int cohort = offer->cohort_from + i;
            const double h = c->quarter_s[t] * ot__avail(c, base, cohort, t);
            weight += h;
            sum += h * ot__price(c, base, cohort, t);
            if (h > 0.0)
                ret.t_paid = t;
        }
    }
    ret.usd_per_chip_s = weight > 0.0 ? sum / weight * (1.0 - offer->plan->credit_frac) : 0.0;
    ret.use_usd_per_chip_s = ret.usd_per_chip_s * ot__use_frac(offer->plan);
    return ret;
}

/* ---- Units ---- */

static double power_of_two_near(double x)
{
    return x > 0.0 ? ldexp(1.0, ilogb(x)) : 1.0;
}

static void pick_units(struct ot__model *m)
{
    const struct ot__case *c = m->c;
    m->work_unit = ot_arena_calloc(m->arena, (size_t)c->w_n, sizeof(double));
    double chips = 0.0, price = 0.0;
    for (int w = 0; w < c->w_n; w++) {
        double best = 0.0, demand = 0.0;
        for (int si = 0; si < m->s_n; si++) {
            const int s = m->s_from + si;
            for (int t = 0; t < c->t_n; t++) {
                demand = fmax(demand, ot__demand(c, c->scenarios[s].base, w, t));
                for (int k = 0; k < c->k_n; k++)
                    best = fmax(best, ot__rate(c, s, k, w, t));
            }
        }
        m->work_unit[w] = best > 0.0 ? best : fmax(demand, 1.0);
        chips = fmax(chips, demand / m->work_unit[w]);
    }
    for (int o = 0; o < c->o_n; o++)
        price = fmax(price, c->plan->offers[o].price_usd_per_chip_s.value);
    m->chip_unit = power_of_two_near(chips / 256.0);
    m->hour_unit_s = power_of_two_near(c->quarter_s[0]);
    m->usd_unit = power_of_two_near((price > 0.0 ? price : 1.0) * m->hour_unit_s * m->chip_unit);
}

/* ---- Rows ---- */

static int *indices(struct ot__model *m, int n)
{
    int *at = ot_arena_calloc(m->arena, (size_t)n, sizeof(int));
    for (int i = 0; i < n; i++)
        at[i] = -1;
    return at;
}

/* One row per offer: its chips in all cohorts. Branching and "what if" solves move its bounds. */
static void total_rows(struct ot__model *m)
{
    for (int o = 0; o < m->c->o_n; o++) {
        const struct ot__offer *offer = &m->c->offers[o];
        const bool must = offer->plan->state == OT_OFFER_STATE_signed && offer->cohort_n > 0;
        const double hi =
            offer->max_chips >= OT__LP_INF ? OT__LP_INF : offer->max_chips / m->chip_unit;
        m->row_total[o] =
            ot__lp_data_row(&m->data, must ? offer->min_chips / m->chip_unit : -OT__LP_INF, hi);
    }
}

/* Chips of cohort i in the plan that signs nothing new. */
static double signed_chips(const struct ot__case *c, int i)
{
    const struct ot__offer *offer = &c->offers[c->cohorts[i].offer];
    const bool first = offer->cohort_from == i;
    return first && offer->plan->state == OT_OFFER_STATE_signed ? offer->min_chips : 0.0;
}

/* (7) A cap that the already signed chips break is raised to what they need. */
static int cap_row(struct ot__model *m, double cap, double need, double unit, double *ret_raised)
{
    *ret_raised = fmax(0.0, need - cap);
    return ot__lp_data_row(&m->data, -OT__LP_INF, fmax(cap, need) / unit);
}

static double vendor_coef(const struct ot__model *m, int i, int v)
{
    const struct ot__case *c = m->c;
    const double cap = c->plan->policy.vendor_cap_frac;
    const bool own = c->offers[c->cohorts[i].offer].vendor == v;
    return m->commit_usd[i] * (own ? 1.0 - cap : -cap);
}

static void vendor_rows(struct ot__model *m)
{
    const struct ot__case *c = m->c;
    if (c->plan->policy.vendor_cap_frac >= 1.0)
        return;
    for (int v = 0; v < c->vendors_n; v++) {
        double need = 0.0;
        for (int i = 0; i < c->c_n; i++)
            need += signed_chips(c, i) * vendor_coef(m, i, v);
        m->row_vendor[v] = cap_row(m, 0.0, need, m->usd_unit, &m->raised_vendor[v]);
    }
}

static bool same_delivery(const struct ot__case *c, int a, int b, int t)
{
    for (int i = 0; i < c->c_n; i++) {
        if (ot__avail(c, a, i, t) != ot__avail(c, b, i, t))
            return false;
    }
    return true;
}

static double power_coef(const struct ot__case *c, int base, int i, int site, int t)
{
    const struct ot_plan_pool *pool = &c->plan->pools[c->offers[c->cohorts[i].offer].pool];
    if (!ot_str_eq(pool->site, c->plan->sites[site].name) || !pool->power_per_chip_w.has)
        return 0.0;
    return pool->power_per_chip_w.value * ot__avail(c, base, i, t);
}

static void power_rows(struct ot__model *m)
{
    const struct ot__case *c = m->c;
    const int sites_n = (int)c->plan->sites_n;
    for (int at = 0; at < c->base_n * sites_n * c->t_n; at++) {
        const int t = at % c->t_n, site = at / c->t_n % sites_n, base = at / c->t_n / sites_n;
        bool twin = !c->plan->sites[site].power_cap_w.has;
        for (int b = 0; b < base && !twin; b++)
            twin = same_delivery(c, b, base, t);
        if (twin)
            continue;
        double need = 0.0;
        for (int i = 0; i < c->c_n; i++)
            need += signed_chips(c, i) * power_coef(c, base, i, site, t);
        const double cap = c->plan->sites[site].power_cap_w.value;
        m->row_power[at] = cap_row(m, cap, need, fmax(cap, 1.0), &m->raised_power[at]);
    }
}

static double cash_coef(const struct ot__case *c, int base, int i, int t)
{
    return ot__min_pay(c, base, i, t) + (t == 0 ? c->cohorts[i].prepay_all_usd_per_chip : 0.0);
}

static void budget_rows(struct ot__model *m)
{
    const struct ot__case *c = m->c;
    const struct ot_plan_policy *policy = &c->plan->policy;
    for (int at = 0; at < m->s_n * c->t_n; at++) {
        const int t = at % c->t_n, base = c->scenarios[m->s_from + at / c->t_n].base;
        double cap = OT__LP_INF;
        for (int64_t i = 0; i < policy->budget_n; i++) {
            if (policy->budget[i].date_day < c->quarter_day[t + 1])
                cap = policy->budget[i].usd;
        }
        if (cap >= OT__LP_INF)
            continue;
        double need = 0.0;
        for (int i = 0; i < c->c_n; i++)
            need += signed_chips(c, i) * cash_coef(c, base, i, t);
        m->row_budget[at] = cap_row(m, cap, need, m->usd_unit, &m->raised_budget[at]);
    }
}

static double demand_in_row(const struct ot__case *c, int base, int w, int t, int r)
{
    if (c->plan->workloads[w].class != OT_WORK_CLASS_deferrable)
        return ot__block_demand(c, base, w, t, r);
    double sum = 0.0;
    for (int i = 0; i < c->r_n; i++)
        sum += c->plan->blocks[i].hours_frac * ot__block_demand(c, base, w, t, i);
    return sum;
}

/* (1) demand and (2) pools and draws of one block. */
static void block_rows(struct ot__model *m, int si, int t, int r)
{
    const struct ot__case *c = m->c;
    const int base = c->scenarios[m->s_from + si].base;
    for (int w = 0; w < c->w_n; w++) {
        const bool defer = c->plan->workloads[w].class == OT_WORK_CLASS_deferrable;
        if (defer && r > 0)
            continue;
        const double d = demand_in_row(c, base, w, t, r) / m->work_unit[w] / m->chip_unit;
        m->row_demand[ot__at_work(m, si, t, r, w)] = ot__lp_data_row(&m->data, d, d);
    }
    for (int k = 0; k < c->k_n; k++)
        m->row_pool[ot__at_pool(m, si, t, r, k)] = ot__lp_data_row(&m->data, -OT__LP_INF, 0.0);
    for (int o = 0; o < c->o_n; o++) {
        if (c->offers[o].drawn && c->offers[o].cohort_n > 0)
            m->row_draw[ot__at_draw(m, si, t, r, o)] = ot__lp_data_row(&m->data, -OT__LP_INF, 0.0);
    }
}

static void scenario_rows(struct ot__model *m, int si)
{
    const struct ot__case *c = m->c;
    for (int t = 0; t < c->t_n; t++) {
        for (int r = 0; r < c->r_n; r++)
            block_rows(m, si, t, r);
    }
    for (int o = 0; o < c->o_n; o++) {
        for (int f = 0; f < c->offers[o].window_n && c->offers[o].cohort_n > 0; f++)
            m->row_window[ot__at_window(m, si, o, f)] = ot__lp_data_row(&m->data, -OT__LP_INF, 0.0);
    }
    m->row_cost[si] = ot__lp_data_row(&m->data, 0.0, 0.0);
    m->row_cvar[si] = ot__lp_data_row(&m->data, -OT__LP_INF, OT__LP_INF);
}

/* ---- Columns ---- */

/* The first-stage entries of a cohort: chips, caps. */
static void put_caps(struct ot__model *m, int i)
{
    const struct ot__case *c = m->c;
    const int sites_n = (int)c->plan->sites_n;
    ot__lp_data_put(&m->data, m->row_total[c->cohorts[i].offer], 1.0);
    for (int v = 0; v < c->vendors_n; v++) {
        if (m->row_vendor[v] >= 0)
            ot__lp_data_put(&m->data, m->row_vendor[v],
                            vendor_coef(m, i, v) * m->chip_unit / m->usd_unit);
    }
    for (int at = 0; at < c->base_n * sites_n * c->t_n; at++) {
        const int t = at % c->t_n, site = at / c->t_n % sites_n, base = at / c->t_n / sites_n;
        if (m->row_power[at] >= 0)
            ot__lp_data_put(&m->data, m->row_power[at],
                            power_coef(c, base, i, site, t) * m->chip_unit /
                                fmax(c->plan->sites[site].power_cap_w.value, 1.0));
    }
}

/* What one signed chip gives and costs in scenario si. */
static void put_delivery(struct ot__model *m, int i, int si)
{
    const struct ot__case *c = m->c;
    const int o = c->cohorts[i].offer, base = c->scenarios[m->s_from + si].base;
    const struct ot__offer *offer = &c->offers[o];
    const double usd = m->chip_unit / m->usd_unit;
    for (int t = 0; t < c->t_n; t++) {
        const double avail = ot__avail(c, base, i, t);
        for (int r = 0; r < c->r_n && avail > 0.0; r++) {
            const int row = offer->drawn ? m->row_draw[ot__at_draw(m, si, t, r, o)]
                                         : m->row_pool[ot__at_pool(m, si, t, r, offer->pool)];
            ot__lp_data_put(&m->data, row, -avail);
        }
        if (m->row_budget[si * c->t_n + t] >= 0)
            ot__lp_data_put(&m->data, m->row_budget[si * c->t_n + t],
                            cash_coef(c, base, i, t) * usd);
    }
    for (int f = 0; offer->drawn && f < offer->window_n; f++) {
        double hours = 0.0;
        for (int t = 0; t < c->t_n; t++) {
            for (int r = 0; r < c->r_n; r++) {
                if (ot__window(c, o, t, r) == f)
                    hours += c->block_s[t * c->r_n + r] * ot__avail(c, base, i, t);
            }
        }
        ot__lp_data_put(&m->data, m->row_window[ot__at_window(m, si, o, f)],
                        -ot__free_frac(offer->plan) * hours / m->hour_unit_s);
    }
    ot__lp_data_put(&m->data, m->row_cost[si], ot__commit_pv(c, base, i) * usd);
}

static void cohort_columns(struct ot__model *m)
{
    const struct ot__case *c = m->c;
    for (int i = 0; i < c->c_n; i++) {
        const double tie = OT__TIE_BREAK * (1.0 + (double)i / c->c_n) * m->commit_usd[i] *
                           m->chip_unit / m->usd_unit;
        m->col_x[i] = ot__lp_data_col(&m->data, 0.0, OT__LP_INF, tie);
        put_caps(m, i);
        for (int si = 0; si < m->s_n; si++)
            put_delivery(m, i, si);
    }
}

static void work_columns(struct ot__model *m, int si, int t, int r)
{
    const struct ot__case *c = m->c;
    const int s = m->s_from + si;
    const double share = c->plan->blocks[r].hours_frac;
    for (int k = 0; k < c->k_n; k++) {
        for (int w = 0; w < c->w_n; w++) {
            const double rate = ot__rate(c, s, k, w, t) / m->work_unit[w];
            if (rate <= 0.0)
                continue;
            const bool defer = c->plan->workloads[w].class == OT_WORK_CLASS_deferrable;
            m->col_g[ot__at_g(m, si, t, r, k, w)] = ot__lp_data_col(&m->data, 0.0, OT__LP_INF, 0.0);
            ot__lp_data_put(&m->data, m->row_demand[ot__at_work(m, si, t, defer ? 0 : r, w)],
                            defer ? rate * share : rate);
            ot__lp_data_put(&m->data, m->row_pool[ot__at_pool(m, si, t, r, k)], 1.0);
        }
    }
    for (int w = 0; w < c->w_n; w++) {
        const int row = m->row_demand[ot__at_work(m, si, t, r, w)];
        if (row < 0)
            continue;
        const struct ot_plan_workload *work = &c->plan->workloads[w];
        const bool defer = work->class == OT_WORK_CLASS_deferrable;
        const double seconds = defer ? c->quarter_s[t] : c->block_s[t * c->r_n + r];
        m->col_u[ot__at_work(m, si, t, r, w)] = ot__lp_data_col(&m->data, 0.0, OT__LP_INF, 0.0);
        ot__lp_data_put(&m->data, row, 1.0);
        ot__lp_data_put(&m->data, m->row_cost[si],
                        c->discount[t] * work->penalty_usd_per_req.value * seconds *
                            m->work_unit[w] * m->chip_unit / m->usd_unit);
    }
}

static void draw_columns(struct ot__model *m, int si, int t, int r)
{
    const struct ot__case *c = m->c;
    const int base = c->scenarios[m->s_from + si].base;
    for (int o = 0; o < c->o_n; o++) {
        const struct ot__offer *offer = &c->offers[o];
        const int at = ot__at_draw(m, si, t, r, o);
        const double open = offer->committed ? 0.0 : ot__open_frac(c, base, o, t);
        if (m->row_draw[at] < 0 && open <= 0.0)
            continue;
        const double max = offer->committed || offer->max_chips >= OT__LP_INF
                               ? OT__LP_INF
                               : offer->max_chips * open / m->chip_unit;
        m->col_draw[at] = ot__lp_data_col(&m->data, 0.0, max, 0.0);
        ot__lp_data_put(&m->data, m->row_pool[ot__at_pool(m, si, t, r, offer->pool)],
                        -(1.0 - offer->plan->interruption_frac));
        if (offer->committed) {
            ot__lp_data_put(&m->data, m->row_draw[at], 1.0);
            const int f = ot__window(c, o, t, r);
            ot__lp_data_put(&m->data, m->row_window[ot__at_window(m, si, o, f)],
                            c->block_s[t * c->r_n + r] / m->hour_unit_s);
            continue;
        }
        const double usd =
            ot__open_price(c, base, o, t) * c->block_s[t * c->r_n + r] * m->chip_unit / m->usd_unit;
        ot__lp_data_put(&m->data, m->row_cost[si], c->discount[t] * usd);
        if (m->row_budget[si * c->t_n + t] >= 0)
            ot__lp_data_put(&m->data, m->row_budget[si * c->t_n + t], usd);
    }
}

/* (3) hours taken beyond the minimum of a window. */
static void above_columns(struct ot__model *m, int si)
{
    const struct ot__case *c = m->c;
    const int base = c->scenarios[m->s_from + si].base;
    for (int o = 0; o < c->o_n; o++) {
        for (int f = 0; f < c->offers[o].window_n; f++) {
            const int at = ot__at_window(m, si, o, f);
            if (m->row_window[at] < 0)
                continue;
            const struct ot__window_price p = ot__window_price(c, base, o, f);
            const double usd = p.use_usd_per_chip_s * m->hour_unit_s * m->chip_unit / m->usd_unit;
            m->col_above[at] = ot__lp_data_col(&m->data, 0.0, OT__LP_INF, 0.0);
            ot__lp_data_put(&m->data, m->row_window[at], -1.0);
            ot__lp_data_put(&m->data, m->row_cost[si], c->discount[p.t_paid] * usd);
            if (m->row_budget[si * c->t_n + p.t_paid] >= 0)
                ot__lp_data_put(&m->data, m->row_budget[si * c->t_n + p.t_paid], usd);
        }
    }
}

/* ---- Risk ---- */

static double weight(const struct ot__model *m, int si)
{
    return m->c->scenarios[m->s_from + si].probability / m->probability_sum;
}

/* (8) cost of a scenario, its excess over eta. */
static void risk_columns(struct ot__model *m)
{
    for (int si = 0; si < m->s_n; si++) {
        m->col_cost[si] = ot__lp_data_col(&m->data, 0.0, OT__LP_INF, 0.0);
        ot__lp_data_put(&m->data, m->row_cost[si], -1.0);
        ot__lp_data_put(&m->data, m->row_cvar[si], 1.0);
        ot__lp_data_put(&m->data, m->row_near, (1.0 - m->lambda) * weight(m, si));
        m->col_xi[si] = ot__lp_data_col(&m->data, 0.0, OT__LP_INF, 0.0);
        ot__lp_data_put(&m->data, m->row_cvar[si], -1.0);
        ot__lp_data_put(&m->data, m->row_near, m->lambda * weight(m, si) / (1.0 - m->beta));
    }
    m->col_eta = ot__lp_data_col(&m->data, 0.0, OT__LP_INF, 0.0);
    ot__lp_data_put(&m->data, m->row_near, m->lambda);
    for (int si = 0; si < m->s_n; si++)
        ot__lp_data_put(&m->data, m->row_cvar[si], -1.0);
}

void ot__model_set_lambda(struct ot__model *m, double lambda)
{
    for (int si = 0; si < m->s_n; si++) {
        ot__lp_set_cost(m->lp, m->col_cost[si], (1.0 - lambda) * weight(m, si));
        ot__lp_set_cost(m->lp, m->col_xi[si], lambda * weight(m, si) / (1.0 - m->beta));
        ot__lp_set_row(m->lp, m->row_cvar[si], -OT__LP_INF, lambda > 0.0 ? 0.0 : OT__LP_INF);
    }
    ot__lp_set_cost(m->lp, m->col_eta, lambda);
    m->lambda = lambda;
}

/* ---- All of it ---- */

static void make_indices(struct ot__model *m)
{
    const struct ot__case *c = m->c;
    const int blocks = m->s_n * c->t_n * c->r_n, sites_n = (int)c->plan->sites_n;
    for (int o = 0; o < c->o_n; o++)
        m->window_max =
            c->offers[o].window_n > m->window_max ? c->offers[o].window_n : m->window_max;
    m->col_x = indices(m, c->c_n);
    m->col_g = indices(m, blocks * c->k_n * c->w_n);
    m->col_draw = indices(m, blocks * c->o_n);
    m->col_u = indices(m, blocks * c->w_n);
    m->col_above = indices(m, m->s_n * c->o_n * m->window_max);
    m->col_cost = indices(m, m->s_n);
    m->col_xi = indices(m, m->s_n);
    m->row_total = indices(m, c->o_n);
    m->row_vendor = indices(m, c->vendors_n);
    m->row_power = indices(m, c->base_n * sites_n * c->t_n);
    m->row_budget = indices(m, m->s_n * c->t_n);
    m->row_pool = indices(m, blocks * c->k_n);
    m->row_demand = indices(m, blocks * c->w_n);
    m->row_draw = indices(m, blocks * c->o_n);
    m->row_window = indices(m, m->s_n * c->o_n * m->window_max);
    m->row_cost = indices(m, m->s_n);
    m->row_cvar = indices(m, m->s_n);
    m->raised_vendor = ot_arena_calloc(m->arena, (size_t)c->vendors_n, sizeof(double));
    m->raised_power =
        ot_arena_calloc(m->arena, (size_t)(c->base_n * sites_n * c->t_n), sizeof(double));
    m->raised_budget = ot_arena_calloc(m->arena, (size_t)(m->s_n * c->t_n), sizeof(double));
}

static void make_rows(struct ot__model *m)
{
    total_rows(m);
    vendor_rows(m);
    power_rows(m);
    budget_rows(m);
    for (int si = 0; si < m->s_n; si++)
        scenario_rows(m, si);
    m->row_near = ot__lp_data_row(&m->data, -OT__LP_INF, OT__LP_INF);
}

static void make_columns(struct ot__model *m)
{
    const struct ot__case *c = m->c;
    cohort_columns(m);
    for (int si = 0; si < m->s_n; si++) {
        for (int t = 0; t < c->t_n; t++) {
            for (int r = 0; r < c->r_n; r++) {
                work_columns(m, si, t, r);
                draw_columns(m, si, t, r);
            }
        }
        above_columns(m, si);
    }
    risk_columns(m);
}

void ot__model_make(const struct ot__case *c, int s_from, int s_n, double lambda,
                    struct ot_arena *arena, struct ot__model *ret)
{
    *ret = (struct ot__model){.c = c,
                              .arena = arena,
                              .s_from = s_from,
                              .s_n = s_n,
                              .lambda = lambda,
                              .beta = c->plan->policy.cvar_level};
    for (int si = 0; si < s_n; si++)
        ret->probability_sum += c->scenarios[s_from + si].probability;
    ret->commit_usd = ot_arena_calloc(arena, (size_t)c->c_n, sizeof(double));
    for (int i = 0; i < c->c_n; i++) {
        for (int b = 0; b < c->base_n; b++)
            ret->commit_usd[i] += c->plan->scenarios[b].probability * ot__commit_pv(c, b, i);
    }
    pick_units(ret);
    make_indices(ret);
    ot__lp_data_init(&ret->data, arena);
    make_rows(ret);
    make_columns(ret);
    ret->lp = ot__lp_new(&ret->data, arena);
    ot__model_set_lambda(ret, lambda);
}

void ot__model_free(struct ot__model *m)
{
    ot__lp_free(m->lp);
}
