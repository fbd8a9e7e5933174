/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a plan file and refuses what cannot be meant: names that do not exist, shares that do not
 * sum to one, terms that end before they start. Each message carries the place of the field. */
#include <math.h>

#include "offtake/portfolio.h"

enum {
    NEAR_DISTANCE = 3,
    CELLS_MAX = 20000000 /* quarters x blocks x scenarios x (pools x workloads + offers) */
};
#define SUM_TOLERANCE 1e-6

struct check {
    struct ot_plan *plan;
    struct ot_arena *arena;
    struct ot_err *err;
};

/* ---- Messages ---- */

static struct ot_loc place_of(const struct check *c, const char *path)
{
    /* The nearest place that is in the file: the field, else what holds it. */
    struct ot_str at = ot_str_c(path);
    while (c->plan->root && at.len > 0) {
        const struct ot_str prefix = ot_str_dup(c->arena, at);
        const struct ot_node *node = ot_node_at(c->plan->root, prefix.ptr);
        if (node)
            return node->loc;
        while (at.len > 0 && at.ptr[at.len - 1] != '.' && at.ptr[at.len - 1] != '[')
            at.len--;
        at.len -= at.len > 0;
    }
    return ot_loc_of(c->plan->path, 0, 0);
}

static struct ot_str value_at(const struct check *c, const char *path)
{
    const struct ot_node *node = c->plan->root ? ot_node_at(c->plan->root, path) : NULL;
    return node && node->kind == OT_NODE_SCALAR ? node->text : ot_str_c("");
}

static enum ot_code refuse(const struct check *c, struct ot_str path, const char *allowed)
{
    return ot_err_set(c->err, OT_INPUT, place_of(c, path.ptr), path.ptr, value_at(c, path.ptr),
                      "%s", allowed);
}

static bool finite_in(double x, double min, double max)
{
    return isfinite(x) && x >= min && x <= max;
}

/* ---- Names ---- */

typedef struct ot_str name_fn(const struct ot_plan *plan, int64_t i);

static struct ot_str pool_name(const struct ot_plan *p, int64_t i)
{
    return p->pools[i].name;
}
static struct ot_str chip_name(const struct ot_plan *p, int64_t i)
{
    return p->pools[i].chip;
}
static struct ot_str work_name(const struct ot_plan *p, int64_t i)
{
    return p->workloads[i].name;
}
static struct ot_str offer_name(const struct ot_plan *p, int64_t i)
{
    return p->offers[i].name;
}
static struct ot_str vendor_name(const struct ot_plan *p, int64_t i)
{
    return p->offers[i].vendor;
}
static struct ot_str scenario_name(const struct ot_plan *p, int64_t i)
{
    return p->scenarios[i].name;
}
static struct ot_str block_name(const struct ot_plan *p, int64_t i)
{
    return p->blocks[i].name;
}
static struct ot_str site_name(const struct ot_plan *p, int64_t i)
{
    return p->sites[i].name;
}

/* `name` must be one of the n names; the message says the nearest. */
static enum ot_code check_known(const struct check *c, struct ot_str name, name_fn *of, int64_t n,
                                struct ot_str path)
{
    size_t best = NEAR_DISTANCE + 1;
    struct ot_str near = {0};
    for (int64_t i = 0; i < n; i++) {
        const struct ot_str known = of(c->plan, i);
        if (ot_str_eq(known, name))
            return OT_OK;
        const size_t distance = ot_str_distance(known, name, NEAR_DISTANCE + 1);
        if (distance < best) {
            best = distance;
            near = known;
        }
    }
    return ot_err_set(c->err, OT_INPUT, place_of(c, path.ptr), path.ptr, name,
                      near.len > 0 ? "a name used in this plan; did you mean '%.*s'?"
                                   : "a name used in this plan%.*s",
                      (int)near.len, near.len > 0 ? near.ptr : "");
}

static enum ot_code check_unique(const struct check *c, const char *list, name_fn *of, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        const struct ot_str path = ot_str_fmt(c->arena, "%s[%lld].name", list, (long long)i);
        if (of(c->plan, i).len == 0)
            return refuse(c, path, "a name");
        for (int64_t j = 0; j < i; j++) {
            if (ot_str_eq(of(c->plan, i), of(c->plan, j)))
                return ot_err_set(c->err, OT_INPUT, place_of(c, path.ptr), path.ptr, of(c->plan, i),
                                  "a name that is used once in '%s'", list);
        }
    }
    return OT_OK;
}

static enum ot_code check_names(const struct check *c)
{
    const struct ot_plan *p = c->plan;
    const struct {
        const char *list;
        name_fn *of;
        int64_t n;
    } lists[] = {{"blocks", block_name, p->blocks_n}, {"workloads", work_name, p->workloads_n},
                 {"sites", site_name, p->sites_n},    {"pools", pool_name, p->pools_n},
                 {"offers", offer_name, p->offers_n}, {"scenarios", scenario_name, p->scenarios_n}};
    enum ot_code code = OT_OK;
    for (size_t i = 0; i < OT_COUNT(lists) && code == OT_OK; i++)
        code = check_unique(c, lists[i].list, lists[i].of, lists[i].n);
    return code;
}

/* ---- Time and workloads ---- */

static enum ot_code check_blocks(const struct check *c)
{
    double hours = 0.0, demand = 0.0;
    for (int64_t i = 0; i < c->plan->blocks_n; i++) {
        const struct ot_plan_block *b = &c->plan->blocks[i];
        if (!finite_in(b->hours_frac, 0.0, 1.0) || !finite_in(b->demand_factor, 0.0, HUGE_VAL))
            return refuse(c, ot_str_fmt(c->arena, "blocks[%lld]", (long long)i),
                          "hours in 0..1 and demand >= 0");
        hours += b->hours_frac;
        demand += b->hours_frac * b->demand_factor;
    }
    if (!ot_near(hours, 1.0, 0.0, SUM_TOLERANCE))
        return refuse(c, ot_str_c("blocks"), "blocks whose hours sum to 1");
    if (!ot_near(demand, 1.0, 0.0, 0.01))
        return refuse(c, ot_str_c("blocks"), "demand factors whose hours-weighted mean is 1");
    return OT_OK;
}

static enum ot_code check_demand(const struct check *c, int64_t w)
{
    const struct ot_plan_workload *work = &c->plan->workloads[w];
    if (work->demand_n == 0)
        return refuse(c, ot_str_fmt(c->arena, "workloads[%lld].demand", (long long)w),
                      "at least one dated rate");
    for (int64_t i = 0; i < work->demand_n; i++) {
        const struct ot_str path =
            ot_str_fmt(c->arena, "workloads[%lld].demand[%lld].", (long long)w, (long long)i);
        if (!finite_in(work->demand[i].rate_req_per_s, 0.0, 1e15))
            return refuse(c, ot_str_fmt(c->arena, "%srate", path.ptr), "a rate >= 0");
        if (i > 0 && work->demand[i].date_day <= work->demand[i - 1].date_day)
            return refuse(c, ot_str_fmt(c->arena, "%sdate", path.ptr),
                          "a date after the entry before");
    }
    if (!finite_in(work->growth_frac, -0.99, 100.0))
        return refuse(c, ot_str_fmt(c->arena, "workloads[%lld].growth", (long long)w),
                      "a growth from -99 % to 10000 % a year");
    if (!work->penalty_usd_per_req.has || !finite_in(work->penalty_usd_per_req.value, 0.0, 1e12))
        return refuse(c, ot_str_fmt(c->arena, "workloads[%lld].penalty", (long long)w),
                      "a known amount >= 0: without it unmet demand would be free");
    return OT_OK;
}

/* ---- Pools and offers ---- */

static enum ot_code check_pool(const struct check *c, int64_t k)
{
    const struct ot_plan_pool *pool = &c->plan->pools[k];
    for (int64_t i = 0; i < pool->learning_n; i++) {
        const bool later = i == 0 || pool->learning[i].date_day > pool->learning[i - 1].date_day;
        if (!later || !finite_in(pool->learning[i].factor, 0.0, 1e6))
            return refuse(
                c, ot_str_fmt(c->arena, "pools[%lld].learning[%lld]", (long long)k, (long long)i),
                "a factor >= 0 and a date after the entry before");
    }
    for (int64_t i = 0; i < c->plan->sites_n; i++) {
        const struct ot_plan_site *site = &c->plan->sites[i];
        if (site->power_cap_w.has && ot_str_eq(site->name, pool->site) &&
            !pool->power_per_chip_w.has)
            return refuse(c, ot_str_fmt(c->arena, "pools[%lld].power", (long long)k),
                          "the power of one chip, because its site has a limit");
    }
    return OT_OK;
}

static enum ot_code check_terms(const struct check *c, int64_t i)
{
    const struct ot_plan_offer *o = &c->plan->offers[i];
    const struct {
        bool ok;
        const char *key, *allowed;
    } rules[] = {
        {!o->price_usd_per_chip_s.has || finite_in(o->price_usd_per_chip_s.value, 0.0, 1e6),
         "price", "a price >= 0, or n/d where none is public"},
        {o->price_usd_per_chip_s.has || o->state == OT_OFFER_STATE_proposed, "price",
         "a known price: this offer is signed already"},
        {finite_in(o->min_take_frac, 0.0, 1.0), "min_take", "a share from 0 to 1"},
        {finite_in(o->min_chips, 0.0, 1e12), "min_chips", "a number of chips >= 0"},
        {!o->has_max_chips || finite_in(o->max_chips, o->min_chips, 1e12), "max_chips",
         "not less than min_chips"},
        {!o->has_start_latest || !o->has_start || o->start_latest_day >= o->start_day,
         "start_latest", "not before start"},
        {!o->has_term || o->term.months > 0 || o->term.days > 0, "term", "longer than nothing"},
        {o->lead_time.months >= 0 && o->lead_time.days >= 0, "lead_time", "not negative"},
        {finite_in(o->prepay_frac, 0.0, 1.0), "prepay", "a share from 0 to 1"},
        {finite_in(o->credit_frac, 0.0, 1.0), "credit", "a share from 0 to 1"},
        {finite_in(o->interruption_frac, 0.0, 1.0), "interruption", "a share from 0 to 1"},
        {finite_in(o->escalator_frac, -0.9, 10.0), "escalator", "from -90 % to 1000 % a year"},
        {!o->has_term || !o->has_start || ot_date_add(o->start_day, o->term) > c->plan->start_day ||
             o->has_start_latest,
         "term", "a term that ends after the horizon starts"},
    };
    for (size_t r = 0; r < OT_COUNT(rules); r++) {
        if (!rules[r].ok)
            return refuse(c, ot_str_fmt(c->arena, "offers[%lld].%s", (long long)i, rules[r].key),
                          rules[r].allowed);
    }
    return OT_OK;
}

static enum ot_code check_lists(const struct check *c, int64_t i)
{
    const struct ot_plan_offer *o = &c->plan->offers[i];
    double share = 0.0;
    for (int64_t j = 0; j < o->ramp_n; j++) {
        const struct ot_plan_ramp *p = &o->ramp[j], *before = j > 0 ? p - 1 : p;
        const bool ordered = p->has_date ? p->date_day >= before->date_day
                                         : p->after.months * 31 + p->after.days >=
                                               before->after.months * 31 + before->after.days;
        if (!ordered || p->has_date != before->has_date || !finite_in(p->frac, 0.0, 1.0))
            return refuse(
                c, ot_str_fmt(c->arena, "offers[%lld].ramp[%lld]", (long long)i, (long long)j),
                "a share from 0 to 1, in order of time, all by date or all by period");
    }
    for (int64_t j = 0; j < o->supply_n; j++)
        share += o->supply[j].has_share ? o->supply[j].share_frac : 0.0;
    if (!finite_in(share, 0.0, 1.0 + SUM_TOLERANCE))
        return refuse(c, ot_str_fmt(c->arena, "offers[%lld].supply", (long long)i),
                      "shares that sum to at most 1");
    return OT_OK;
}

static enum ot_code check_offer(const struct check *c, int64_t i)
{
    const struct ot_plan_offer *o = &c->plan->offers[i];
    enum ot_code code = check_known(c, o->pool, pool_name, c->plan->pools_n,
                                    ot_str_fmt(c->arena, "offers[%lld].pool", (long long)i));
    if (code == OT_OK && o->vendor.len == 0)
        code = refuse(c, ot_str_fmt(c->arena, "offers[%lld].vendor", (long long)i), "a name");
    if (code == OT_OK)
        code = check_terms(c, i);
    return code == OT_OK ? check_lists(c, i) : code;
}

/* ---- Scenarios and policy ---- */

static struct ot_str in_scenario(const struct check *c, int64_t s, const char *list, int64_t i,
                                 const char *key)
{
    return ot_str_fmt(c->arena, "scenarios[%lld].%s[%lld]%s", (long long)s, list, (long long)i,
                      key);
}

static enum ot_code check_delays(const struct check *c, int64_t s)
{
    const struct ot_plan_scenario *sc = &c->plan->scenarios[s];
    enum ot_code code = OT_OK;
    for (int64_t i = 0; i < sc->delays_n && code == OT_OK; i++) {
        const struct ot_plan_delay *d = &sc->delays[i];
        if ((d->offer.len > 0) == (d->vendor.len > 0))
            code = refuse(c, in_scenario(c, s, "delays", i, ""), "either an offer or a vendor");
        else if (d->by.months < 0 || d->by.days < 0)
            code = refuse(c, in_scenario(c, s, "delays", i, ".by"), "not negative");
        else if (d->offer.len > 0)
            code = check_known(c, d->offer, offer_name, c->plan->offers_n,
                               in_scenario(c, s, "delays", i, ".offer"));
        else
            code = check_known(c, d->vendor, vendor_name, c->plan->offers_n,
                               in_scenario(c, s, "delays", i, ".vendor"));
    }
    for (int64_t i = 0; i < sc->failures_n && code == OT_OK; i++)
        code = check_known(c, sc->failures[i].vendor, vendor_name, c->plan->offers_n,
                           in_scenario(c, s, "failures", i, ".vendor"));
    return code;
}

static enum ot_code check_shifts(const struct check *c, int64_t s)
{
    const struct ot_plan_scenario *sc = &c->plan->scenarios[s];
    enum ot_code code = OT_OK;
    for (int64_t i = 0; i < sc->demand_n && code == OT_OK; i++) {
        const struct ot_plan_demand_shift *d = &sc->demand[i];
        if (!finite_in(d->factor, 0.0, 1e6) || (i > 0 && d->date_day < sc->demand[i - 1].date_day))
            code = refuse(c, in_scenario(c, s, "demand", i, ""),
                          "a factor >= 0, entries in order of time");
        else if (d->workload.len > 0)
            code = check_known(c, d->workload, work_name, c->plan->workloads_n,
                               in_scenario(c, s, "demand", i, ".workload"));
    }
    for (int64_t i = 0; i < sc->prices_n && code == OT_OK; i++) {
        if (!finite_in(sc->prices[i].factor, 0.0, 1e6))
            code = refuse(c, in_scenario(c, s, "prices", i, ".factor"), "a factor >= 0");
    }
    for (int64_t i = 0; i < sc->work_n && code == OT_OK; i++) {
        if (!finite_in(sc->work[i].factor, 0.0, 1e6))
            code = refuse(c, in_scenario(c, s, "work", i, ".factor"), "a factor >= 0");
        else
            code = check_known(c, sc->work[i].chip, chip_name, c->plan->pools_n,
                               in_scenario(c, s, "work", i, ".chip"));
    }
    return code;
}

static enum ot_code check_scenarios(const struct check *c)
{
    double sum = 0.0;
    enum ot_code code = OT_OK;
    for (int64_t s = 0; s < c->plan->scenarios_n && code == OT_OK; s++) {
        const double p = c->plan->scenarios[s].probability;
        sum += p;
        if (!finite_in(p, 0.0, 1.0))
            code = refuse(c, ot_str_fmt(c->arena, "scenarios[%lld].probability", (long long)s),
                          "a probability from 0 to 1");
        if (code == OT_OK)
            code = check_delays(c, s);
        if (code == OT_OK)
            code = check_shifts(c, s);
    }
    if (code == OT_OK && !ot_near(sum, 1.0, 0.0, SUM_TOLERANCE))
        code = refuse(c, ot_str_c("scenarios"), "probabilities that sum to 1");
    return code;
}

static enum ot_code check_policy(const struct check *c)
{
    const struct ot_plan_policy *p = &c->plan->policy;
    const struct {
        bool ok;
        const char *path, *allowed;
    } rules[] = {
        {finite_in(p->vendor_cap_frac, 0.0, 1.0), "policy.vendor_cap", "a share from 0 to 1"},
        {finite_in(p->discount_frac, 0.0, 1.0), "policy.discount", "from 0 to 100 % a year"},
        {finite_in(p->cvar_weight, 0.0, 0.99), "policy.cvar_weight", "from 0 to 0.99"},
        {finite_in(p->cvar_level, 0.0, 0.999), "policy.cvar_level", "from 0 to 0.999"},
        {p->work_points == 1 || p->work_points == 3, "policy.work_points", "1 or 3"},
    };
    for (size_t i = 0; i < OT_COUNT(rules); i++) {
        if (!rules[i].ok)
            return refuse(c, ot_str_c(rules[i].path), rules[i].allowed);
    }
    for (int64_t i = 0; i < p->budget_n; i++) {
        if (!finite_in(p->budget[i].usd, 0.0, 1e18) ||
            (i > 0 && p->budget[i].date_day <= p->budget[i - 1].date_day))
            return refuse(c, ot_str_fmt(c->arena, "policy.budget[%lld]", (long long)i),
                          "an amount >= 0 and a date after the entry before");
    }
    if (c->plan->main_offer.len > 0)
        return check_known(c, c->plan->main_offer, offer_name, c->plan->offers_n,
                           ot_str_c("main_offer"));
    return OT_OK;
}

static enum ot_code check_work(const struct check *c)
{
    enum ot_code code = OT_OK;
    for (int64_t i = 0; i < c->plan->work_n && code == OT_OK; i++) {
        const struct ot_plan_work *w = &c->plan->work[i];
        code = check_known(c, w->pool, pool_name, c->plan->pools_n,
                           ot_str_fmt(c->arena, "work[%lld].pool", (long long)i));
        if (code == OT_OK)
            code = check_known(c, w->workload, work_name, c->plan->workloads_n,
                               ot_str_fmt(c->arena, "work[%lld].workload", (long long)i));
        for (int64_t j = 0; j < i && code == OT_OK; j++) {
            if (ot_str_eq(w->pool, c->plan->work[j].pool) &&
                ot_str_eq(w->workload, c->plan->work[j].workload))
                code = refuse(c, ot_str_fmt(c->arena, "work[%lld].workload", (long long)i),
                              "a pair of pool and workload that is stated once");
        }
    }
    return code;
}

static enum ot_code check_size(const struct check *c)
{
    const struct ot_plan *p = c->plan;
    if (p->quarters_n < 1 || p->quarters_n > 120)
        return refuse(c, ot_str_c("quarters"), "from 1 to 120");
    if (p->workloads_n < 1 || p->pools_n < 1)
        return refuse(c, ot_str_c(p->pools_n < 1 ? "pools" : "workloads"), "at least one entry");
    const double cells = (double)p->quarters_n * (double)p->blocks_n * (double)p->scenarios_n *
                         (double)p->policy.work_points *
                         ((double)p->pools_n * (double)p->workloads_n + (double)p->offers_n);
    if (cells > CELLS_MAX)
        return ot_err_set(c->err, OT_INPUT, place_of(c, "quarters"), "quarters", ot_str_c(""),
                          "a smaller plan: quarters x blocks x scenarios x (pools x workloads + "
                          "offers) is above %d",
                          CELLS_MAX);
    return OT_OK;
}

/* ---- All of it ---- */

static void fill_defaults(struct ot_plan *plan, struct ot_arena *arena)
{
    plan->start_day = ot_date_quarter_start(plan->has_start ? plan->start_day : plan->as_of_day);
    if (plan->blocks_n == 0) {
        plan->blocks = ot_arena_calloc(arena, 1, sizeof(*plan->blocks));
        plan->blocks[plan->blocks_n++] = (struct ot_plan_block){ot_str_c("all"), 1.0, 1.0};
    }
    if (plan->scenarios_n == 0) {
        plan->scenarios = ot_arena_calloc(arena, 1, sizeof(*plan->scenarios));
        plan->scenarios[plan->scenarios_n++] =
            (struct ot_plan_scenario){.name = ot_str_c("base"), .probability = 1.0};
    }
}

enum ot_code ot_plan_check(struct ot_plan *plan, struct ot_arena *arena, struct ot_err *err)
{
    const struct check c = {plan, arena, err};
    fill_defaults(plan, arena);
    enum ot_code (*const whole[])(const struct check *) = {
        check_policy, check_size, check_names, check_blocks, check_scenarios, check_work};
    enum ot_code code = OT_OK;
    for (size_t i = 0; i < OT_COUNT(whole) && code == OT_OK; i++)
        code = whole[i](&c);
    for (int64_t w = 0; w < plan->workloads_n && code == OT_OK; w++)
        code = check_demand(&c, w);
    for (int64_t k = 0; k < plan->pools_n && code == OT_OK; k++)
        code = check_pool(&c, k);
    for (int64_t o = 0; o < plan->offers_n && code == OT_OK; o++)
        code = check_offer(&c, o);
    return code;
}

enum ot_code ot_plan_load(struct ot_arena *arena, const char *path,
                          const struct ot_plan_load_opts *opts, struct ot_plan **ret,
                          struct ot_err *err)
{
    const struct ot_plan_load_opts o = opts ? *opts : (struct ot_plan_load_opts){0};
    struct ot_node *root = NULL;
    enum ot_code code = ot_yaml_load(arena, path, o.sources, &root, err);
    for (int64_t i = 0; i < o.sets_n && code == OT_OK; i++)
        code = ot_node_set(arena, root, o.sets[i].text, o.sets[i].loc, err);
    if (code != OT_OK)
        return code;
    struct ot_plan *plan = ot_arena_calloc(arena, 1, sizeof(*plan));
    code = ot_field_load(&ot_plan_table, root, arena, o.assumed, plan, err);
    if (code != OT_OK)
        return code;
    plan->root = root;
    plan->path = ot_str_dup(arena, ot_str_c(path));
    code = ot_plan_check(plan, arena, err);
    if (code == OT_OK)
        *ret = plan;
    return code;
}

static struct ot_work_cell stated_cell(const struct ot_plan *plan, int64_t k, int64_t w)
{
    struct ot_work_cell cell = {0};
    for (int64_t i = 0; i < plan->work_n; i++) {
        const struct ot_plan_work *s = &plan->work[i];
        if (!s->req_per_chip_s.has || !ot_str_eq(s->pool, plan->pools[k].name) ||
            !ot_str_eq(s->workload, plan->workloads[w].name))
            continue;
        cell.has = true;
        cell.req_per_chip_s = (struct ot_pred){
            .value = s->req_per_chip_s.value,
            .p10 = s->req_per_chip_s.low,
            .p90 = s->req_per_chip_s.high,
            .label = s->req_per_chip_s.status == OT_STATUS_measured ? OT_LABEL_measured
                                                                    : OT_LABEL_transferred};
    }
    return cell;
}

struct ot_work ot_plan_work_stated(const struct ot_plan *plan, struct ot_arena *arena)
{
    struct ot_work work = {.pools_n = plan->pools_n, .workloads_n = plan->workloads_n};
    work.cells =
        ot_arena_calloc(arena, (size_t)(plan->pools_n * plan->workloads_n), sizeof(*work.cells));
    for (int64_t k = 0; k < plan->pools_n; k++) {
        for (int64_t w = 0; w < plan->workloads_n; w++)
            work.cells[k * plan->workloads_n + w] = stated_cell(plan, k, w);
    }
    return work;
}
