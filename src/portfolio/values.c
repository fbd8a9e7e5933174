/* SPDX-License-Identifier: Apache-2.0 */
/* Prices out (divided by probability, hours and discount), limits that bind, expected cost, its
 * spread and CVaR, and who is paid how much of it. */
#include "portfolio/values.h"

#include <math.h>

/* Prices below this share of the largest are rounding of the solver. */
#define PRICE_NONE 1e-9

static double weight(const struct ot__model *m, int si)
{
    return m->c->scenarios[m->s_from + si].probability / m->probability_sum;
}

/* ---- Prices of chips and of work ---- */

static double pool_value(const struct ot__model *m, const double *price, int t, int k)
{
    const struct ot__case *c = m->c;
    double usd = 0.0, seconds = 0.0;
    for (int si = 0; si < m->s_n; si++) {
        for (int r = 0; r < c->r_n; r++) {
            usd -= price[m->row_pool[ot__at_pool(m, si, t, r, k)]];
            seconds += weight(m, si) * c->discount[t] * c->block_s[t * c->r_n + r];
        }
    }
    return fmax(0.0, usd * m->usd_unit / m->chip_unit / seconds);
}

static bool work_value(const struct ot__model *m, const double *price, int t, int w, double *ret)
{
    const struct ot__case *c = m->c;
    const bool defer = c->plan->workloads[w].class == OT_WORK_CLASS_deferrable;
    double usd = 0.0, requests = 0.0;
    for (int si = 0; si < m->s_n; si++) {
        const int base = c->scenarios[m->s_from + si].base;
        for (int r = 0; r < c->r_n; r++) {
            const double seconds = c->block_s[t * c->r_n + r];
            const double demand = ot__block_demand(c, base, w, t, r);
            const double y = price[m->row_demand[ot__at_work(m, si, t, defer ? 0 : r, w)]];
            const double share = defer ? seconds / c->quarter_s[t] : 1.0;
            usd += y * share * demand * m->usd_unit / (m->work_unit[w] * m->chip_unit);
            requests += weight(m, si) * c->discount[t] * seconds * demand;
        }
    }
    if (requests <= 0.0)
        return false;
    *ret = fmax(0.0, usd / requests);
    return true;
}

static void read_prices(const struct ot__model *m, const double *price, struct ot_arena *arena,
                        struct ot_plan_result *ret)
{
    const struct ot__case *c = m->c;
    ret->pool_values = ot_arena_calloc(arena, (size_t)(c->t_n * c->k_n), sizeof(*ret->pool_values));
    ret->work_values = ot_arena_calloc(arena, (size_t)(c->t_n * c->w_n), sizeof(*ret->work_values));
    for (int t = 0; t < c->t_n; t++) {
        for (int k = 0; k < c->k_n; k++)
            ret->pool_values[ret->pool_values_n++] = (struct ot_plan_pool_value){
                ret->quarters[t], c->plan->pools[k].name, pool_value(m, price, t, k)};
        for (int w = 0; w < c->w_n; w++) {
            double usd = 0.0;
            if (work_value(m, price, t, w, &usd))
                ret->work_values[ret->work_values_n++] =
                    (struct ot_plan_work_value){ret->quarters[t], c->plan->workloads[w].name, usd};
        }
    }
}

/* ---- Limits ---- */

static void add_limit(struct ot_plan_result *ret, struct ot_str name, struct ot_str quarter,
                      double price, double raised)
{
    if (price > PRICE_NONE || raised > 0.0)
        ret->limits[ret->limits_n++] =
            (struct ot_plan_limit){name, quarter, fmax(price, 0.0), raised};
}

static void power_limit(const struct ot__model *m, const double *price, struct ot_arena *arena,
                        int site, int t, struct ot_plan_result *ret)
{
    const struct ot__case *c = m->c;
    const int sites_n = (int)c->plan->sites_n;
    const double unit = fmax(c->plan->sites[site].power_cap_w.value, 1.0);
    double usd = 0.0, raised = 0.0;
    for (int b = 0; b < c->base_n; b++) {
        const int at = (b * sites_n + site) * c->t_n + t;
        if (m->row_power[at] >= 0) {
            usd -= price[m->row_power[at]] * m->usd_unit / unit;
            raised = fmax(raised, m->raised_power[at]);
        }
    }
    add_limit(ret,
              ot_str_fmt(arena, "power %.*s", (int)c->plan->sites[site].name.len,
                         c->plan->sites[site].name.ptr),
              ret->quarters[t], usd, raised);
}

static void read_limits(const struct ot__model *m, const double *price, struct ot_arena *arena,
                        struct ot_plan_result *ret)
{
    const struct ot__case *c = m->c;
    const int n = c->vendors_n + c->t_n * (1 + (int)c->plan->sites_n);
    ret->limits = ot_arena_calloc(arena, (size_t)n, sizeof(*ret->limits));
    for (int v = 0; v < c->vendors_n; v++) {
        if (m->row_vendor[v] >= 0)
            add_limit(
                ret,
                ot_str_fmt(arena, "vendor_cap %.*s", (int)c->vendors[v].len, c->vendors[v].ptr),
                (struct ot_str){0}, -price[m->row_vendor[v]], m->raised_vendor[v]);
    }
    for (int t = 0; t < c->t_n; t++) {
        double usd = 0.0, raised = 0.0;
        for (int si = 0; si < m->s_n; si++) {
            const int at = si * c->t_n + t;
            if (m->row_budget[at] >= 0) {
                usd -= price[m->row_budget[at]];
                raised = fmax(raised, m->raised_budget[at]);
            }
        }
        add_limit(ret, ot_str_c("budget"), ret->quarters[t], usd, raised);
        for (int site = 0; site < (int)c->plan->sites_n; site++)
            power_limit(m, price, arena, site, t, ret);
    }
}

void ot__read_values(const struct ot__model *m, const struct ot__solution *sol,
                     struct ot_arena *arena, struct ot_plan_result *ret)
{
    read_prices(m, sol->price, arena, ret);
    read_limits(m, sol->price, arena, ret);
}

/* ---- Risk ---- */

/* Insertion sort by (cost, order given): n is the number of scenarios. */
static void sort_costs(double *cost, double *probability, int n)
{
    for (int i = 1; i < n; i++) {
        const double x = cost[i], p = probability[i];
        int j = i;
        for (; j > 0 && cost[j - 1] > x; j--) {
            cost[j] = cost[j - 1];
            probability[j] = probability[j - 1];
        }
        cost[j] = x;
        probability[j] = p;
    }
}

double ot__cvar(double *cost, double *probability, int n, double level)
{
    sort_costs(cost, probability, n);
    const double tail = 1.0 - level;
    double left = tail;
    struct ot_sum sum = {0};
    for (int i = n - 1; i >= 0 && left > 0.0; i--) {
        const double p = i == 0 ? left : fmin(left, probability[i]);
        ot_sum_add(&sum, p * cost[i]);
        left -= p;
    }
    return ot_sum_get(&sum) / tail;
}

static double quantile(const double *cost, const double *probability, int n, double p)
{
    double below = 0.0;
    for (int i = 0; i < n; i++) {
        below += probability[i];
        if (below >= p - 1e-12)
            return cost[i];
    }
    return cost[n - 1];
}

static void scenario_costs(const struct ot__model *m, const double *value, double *cost,
                           double *probability)
{
    for (int si = 0; si < m->s_n; si++) {
        cost[si] = value[m->col_cost[si]] * m->usd_unit;
        probability[si] = weight(m, si);
    }
}

void ot__risk(const struct ot__model *m, const double *value, double *ret_cost_usd,
              double *ret_cvar_usd)
{
    struct ot_arena *scratch = ot_arena_child(m->arena);
    double *cost = ot_arena_calloc(scratch, (size_t)m->s_n, sizeof(double));
    double *probability = ot_arena_calloc(scratch, (size_t)m->s_n, sizeof(double));
    scenario_costs(m, value, cost, probability);
    struct ot_sum mean = {0};
    for (int si = 0; si < m->s_n; si++)
        ot_sum_add(&mean, probability[si] * cost[si]);
    *ret_cost_usd = ot_sum_get(&mean);
    *ret_cvar_usd = ot__cvar(cost, probability, m->s_n, m->beta);
    ot_arena_free(scratch);
}

double ot__objective_usd(const struct ot__model *m, const double *value)
{
    double cost = 0.0, cvar = 0.0;
    ot__risk(m, value, &cost, &cvar);
    return (1.0 - m->lambda) * cost + m->lambda * cvar;
}

double ot__commitment_usd(const struct ot__model *m, const double *value)
{
    struct ot_sum sum = {0};
    for (int i = 0; i < m->c->c_n; i++)
        ot_sum_add(&sum, value[m->col_x[i]] * m->chip_unit * m->commit_usd[i]);
    return ot_sum_get(&sum);
}

void ot__read_risk(const struct ot__model *m, const double *value, struct ot_arena *arena,
                   struct ot_plan_result *ret)
{
    double *cost = ot_arena_calloc(arena, (size_t)m->s_n, sizeof(double));
    double *probability = ot_arena_calloc(arena, (size_t)m->s_n, sizeof(double));
    scenario_costs(m, value, cost, probability);
    ret->cvar_usd = ot__cvar(cost, probability, m->s_n, m->beta); /* sorts */
    ret->cost_p10_usd = quantile(cost, probability, m->s_n, 0.1);
    ret->cost_p90_usd = quantile(cost, probability, m->s_n, 0.9);
    ret->objective_usd = ot__objective_usd(m, value);
}

/* ---- Concentration ---- */

static struct ot_plan_mix *mix_entry(struct ot_plan_hhi *hhi, struct ot_str name)
{
    for (int64_t i = 0; i < hhi->mix_n; i++) {
        if (ot_str_eq(hhi->mix[i].name, name))
            return &hhi->mix[i];
    }
    hhi->mix[hhi->mix_n].name = name;
    return &hhi->mix[hhi->mix_n++];
}

static void add_share(struct ot_plan_hhi *hhi, struct ot_str name, double usd)
{
    if (name.len == 0)
        hhi->unknown_frac += usd;
    else
        mix_entry(hhi, name)->share_frac += usd;
}

/* What stands behind offer o, by chip or by maker; what is not stated is unknown. */
static void add_supply(struct ot_plan_hhi *hhi, const struct ot__case *c, int o, double usd,
                       const char *by)
{
    const struct ot_plan_offer *offer = &c->plan->offers[o];
    const struct ot_plan_pool *pool = &c->plan->pools[c->offers[o].pool];
    const bool maker = ot_str_is(ot_str_c(by), "maker");
    double left = 1.0;
    for (int64_t i = 0; i < offer->supply_n; i++) {
        const struct ot_plan_supply *s = &offer->supply[i];
        if (!s->has_share)
            continue;
        add_share(hhi, maker ? s->vendor : s->chip, usd * s->share_frac);
        left -= s->share_frac;
    }
    if (offer->supply_n == 0)
        add_share(hhi, maker ? pool->maker : pool->chip, usd);
    else if (left > 1e-12)
        hhi->unknown_frac += usd * left;
}

static void sort_mix(struct ot_plan_hhi *hhi)
{
    for (int64_t i = 1; i < hhi->mix_n; i++) {
        const struct ot_plan_mix x = hhi->mix[i];
        int64_t j = i;
        for (; j > 0 && hhi->mix[j - 1].share_frac < x.share_frac; j--)
            hhi->mix[j] = hhi->mix[j - 1];
        hhi->mix[j] = x;
    }
}

struct ot_plan_hhi ot__concentration(const struct ot__case *c, const double *spend_usd,
                                     const char *by, struct ot_arena *arena)
{
    int64_t entries = c->o_n + 1;
    for (int o = 0; o < c->o_n; o++)
        entries += c->plan->offers[o].supply_n;
    struct ot_plan_hhi hhi = {.by = ot_str_c(by)};
    hhi.mix = ot_arena_calloc(arena, (size_t)entries, sizeof(*hhi.mix));
    double total = 0.0;
    for (int o = 0; o < c->o_n; o++) {
        if (spend_usd[o] <= 0.0)
            continue;
        total += spend_usd[o];
        if (ot_str_is(hhi.by, "cloud"))
            add_share(&hhi, c->plan->offers[o].vendor, spend_usd[o]);
        else
            add_supply(&hhi, c, o, spend_usd[o], by);
    }
    for (int64_t i = 0; i < hhi.mix_n; i++) {
        hhi.mix[i].share_frac /= total;
        hhi.hhi += hhi.mix[i].share_frac * hhi.mix[i].share_frac;
    }
    hhi.unknown_frac = total > 0.0 ? hhi.unknown_frac / total : 0.0;
    hhi.hhi += hhi.unknown_frac * hhi.unknown_frac;
    sort_mix(&hhi);
    return hhi;
}

void ot__read_mix(const struct ot__model *m, struct ot_arena *arena, struct ot_plan_result *ret)
{
    static const char *const by[] = {"cloud", "maker", "chip"};
    double *spend = ot_arena_calloc(arena, (size_t)m->c->o_n, sizeof(double));
    for (int o = 0; o < m->c->o_n; o++)
        spend[o] = ret->offers[o].cost_usd;
    ret->hhi = ot_arena_calloc(arena, OT_COUNT(by), sizeof(*ret->hhi));
    for (size_t i = 0; i < OT_COUNT(by); i++)
        ret->hhi[ret->hhi_n++] = ot__concentration(m->c, spend, by[i], arena);
}
