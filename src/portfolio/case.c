/* SPDX-License-Identifier: Apache-2.0 */
/* A plan as numbers: dates become quarters, paths become means over a quarter, each scenario its
 * own deliveries, prices, demand and work per chip. Model: docs/models/portfolio.md. */
#include "portfolio/case.h"

#include <math.h>

#include "portfolio/lp.h"

#define SECONDS_PER_DAY 86400.0
/* Three equally likely points that keep a normal's mean and variance sit at +-sqrt(3/2) sigma; the
 * band's ends sit at the 10 % and 90 % quantiles, 1.2815515655 sigma. */
#define POINT_OVER_BAND (1.2247448713915890 / 1.2815515655446004)

static void *alloc(struct ot__case *c, int n, size_t size)
{
    return ot_arena_calloc(c->arena, (size_t)n, size);
}

static int intern(struct ot_str *names, int *n, struct ot_str name)
{
    for (int i = 0; i < *n; i++) {
        if (ot_str_eq(names[i], name))
            return i;
    }
    names[*n] = name;
    return (*n)++;
}

/* ---- Time ---- */

static void make_time(struct ot__case *c)
{
    const struct ot_plan *plan = c->plan;
    c->quarter_day = alloc(c, c->t_n + 1, sizeof(int64_t));
    c->quarter_s = alloc(c, c->t_n, sizeof(double));
    c->block_s = alloc(c, c->t_n * c->r_n, sizeof(double));
    c->discount = alloc(c, c->t_n, sizeof(double));
    for (int t = 0; t <= c->t_n; t++)
        c->quarter_day[t] = ot_date_add_months(plan->start_day, 3 * t);
    for (int t = 0; t < c->t_n; t++) {
        const int64_t from = c->quarter_day[t], to = c->quarter_day[t + 1];
        c->quarter_s[t] = (double)(to - from) * SECONDS_PER_DAY;
        for (int r = 0; r < c->r_n; r++)
            c->block_s[t * c->r_n + r] = c->quarter_s[t] * plan->blocks[r].hours_frac;
        const double years = ot_date_years(plan->as_of_day, from + (to - from) / 2);
        c->discount[t] = pow(1.0 + plan->policy.discount_frac, -fmax(years, 0.0));
    }
}

/* ---- Step paths ---- */

/* Mean over [from, to) of a path that is `factor` from `date` on and 1 before. */
static double step_mean(int64_t date, double factor, int64_t from, int64_t to)
{
    const double after = (double)(to - (date > from ? date : from)) / (double)(to - from);
    return 1.0 + (factor - 1.0) * ot_clamp(after, 0.0, 1.0);
}

/* Mean over [from, to) of the steps, each holding until the next; 1 before the first. */
static double steps_mean(const struct ot_plan_step *steps, int64_t n, int64_t from, int64_t to)
{
    double sum = 0.0, value = 1.0;
    int64_t day = from;
    for (int64_t i = 0; i < n && steps[i].date_day < to; i++) {
        if (steps[i].date_day > day) {
            sum += value * (double)(steps[i].date_day - day);
            day = steps[i].date_day;
        }
        value = steps[i].factor;
    }
    return (sum + value * (double)(to - day)) / (double)(to - from);
}

/* ---- Demand ---- */

static double demand_at(const struct ot_plan_workload *w, int64_t day)
{
    const struct ot_plan_demand *p = w->demand;
    const int64_t n = w->demand_n;
    if (day <= p[0].date_day)
        return p[0].rate_req_per_s;
    for (int64_t i = 1; i < n; i++) {
        if (day > p[i].date_day)
            continue;
        const double a = p[i - 1].rate_req_per_s, b = p[i].rate_req_per_s;
        const double x =
            (double)(day - p[i - 1].date_day) / (double)(p[i].date_day - p[i - 1].date_day);
        return a > 0.0 && b > 0.0 ? a * pow(b / a, x) : a + (b - a) * x;
    }
    const double years = ot_date_years(p[n - 1].date_day, day);
    return p[n - 1].rate_req_per_s * pow(1.0 + w->growth_frac, years);
}

static double demand_shift(const struct ot__case *c, const struct ot_plan_scenario *s, int w, int t)
{
    const struct ot_str name = c->plan->workloads[w].name;
    struct ot_plan_step *steps = ot_arena_calloc(c->arena, (size_t)s->demand_n, sizeof(*steps));
    int64_t n = 0;
    for (int64_t i = 0; i < s->demand_n; i++) {
        const struct ot_plan_demand_shift *d = &s->demand[i];
        if (d->workload.len == 0 || ot_str_eq(d->workload, name))
            steps[n++] = (struct ot_plan_step){d->date_day, d->factor};
    }
    return steps_mean(steps, n, c->quarter_day[t], c->quarter_day[t + 1]);
}

static void make_demand(struct ot__case *c)
{
    c->demand = alloc(c, c->base_n * c->w_n * c->t_n, sizeof(double));
    for (int b = 0; b < c->base_n; b++) {
        for (int w = 0; w < c->w_n; w++) {
            for (int t = 0; t < c->t_n; t++) {
                const int64_t mid = (c->quarter_day[t] + c->quarter_day[t + 1]) / 2;
                c->demand[(b * c->w_n + w) * c->t_n + t] =
                    demand_at(&c->plan->workloads[w], mid) *
                    demand_shift(c, &c->plan->scenarios[b], w, t);
            }
        }
    }
}

/* ---- Work per chip ---- */

static const struct ot_plan_work_shift *work_shift(const struct ot_plan_scenario *s,
                                                   struct ot_str chip)
{
    for (int64_t i = 0; i < s->work_n; i++) {
        if (ot_str_eq(s->work[i].chip, chip))
            return &s->work[i];
    }
    return NULL;
}

/* Low, middle or high point of a chip's work in one split scenario. Over any three base scenarios
 * in a row the first three chips are uncorrelated (a 3-level orthogonal array); within a single
 * base scenario they move together. */
static int work_level(int chip, int base, int point)
{
    return (point + (chip % 3) * base + (chip / 3) * (base / 3)) % 3;
}

static double band_point(struct ot_pred p, int level)
{
    if (level == 1 || p.value <= 0.0)
        return p.value;
    const double end = level == 0 ? p.p10 : p.p90;
    return end <= 0.0 ? 0.0 : p.value * pow(end / p.value, POINT_OVER_BAND);
}

static double work_in(const struct ot__case *c, const struct ot__scenario *s, int k, int w)
{
    const struct ot_pred p = c->work->cells[k * c->w_n + w].req_per_chip_s;
    const struct ot_plan_work_shift *shift =
        work_shift(&c->plan->scenarios[s->base], c->plan->pools[k].chip);
    if (!shift && c->points_n == 3)
        return band_point(p, work_level(c->chip_of_pool[k], s->base, s->point));
    if (!shift)
        return p.value;
    const double at[OT_WORK_AT_COUNT] = {
        [OT_WORK_AT_value] = p.value, [OT_WORK_AT_p10] = p.p10, [OT_WORK_AT_p90] = p.p90};
    return at[shift->at] * shift->factor;
}

static void make_work(struct ot__case *c)
{
    c->rate = alloc(c, c->s_n * c->k_n * c->w_n * c->t_n, sizeof(double));
    for (int s = 0; s < c->s_n; s++) {
        for (int k = 0; k < c->k_n; k++) {
            const struct ot_plan_pool *pool = &c->plan->pools[k];
            for (int w = 0; w < c->w_n; w++) {
                const double base = work_in(c, &c->scenarios[s], k, w);
                for (int t = 0; t < c->t_n; t++)
                    c->rate[((s * c->k_n + k) * c->w_n + w) * c->t_n + t] =
                        base * steps_mean(pool->learning, pool->learning_n, c->quarter_day[t],
                                          c->quarter_day[t + 1]);
            }
        }
    }
}

/* ---- Offers ---- */

static bool is_committed(enum ot_offer_kind kind)
{
    return kind == OT_OFFER_KIND_take_or_pay || kind == OT_OFFER_KIND_reservation;
}

static enum ot__closed closed_why(const struct ot__case *c, const struct ot_plan_offer *o)
{
    if (o->state == OT_OFFER_STATE_signed)
        return OT__OPEN;
    if (o->has_known_from && o->known_from_day > c->plan->as_of_day)
        return OT__NOT_KNOWN_YET;
    return o->has_expires && o->expires_day < c->plan->as_of_day ? OT__EXPIRED : OT__OPEN;
}

static void add_cohort(struct ot__case *c, int offer, int64_t start)
{
    const struct ot_plan_offer *o = &c->plan->offers[offer];
    const int64_t horizon_end = c->quarter_day[c->t_n];
    if (start >= horizon_end)
        return;
    int64_t end = horizon_end;
    if (o->has_term)
        end = ot_date_add(start, o->term);
    if (end <= c->quarter_day[0])
        return;
    c->cohorts[c->c_n++] = (struct ot__cohort){.offer = offer, .start_day = start, .end_day = end};
    c->offers[offer].cohort_n++;
}

/* One cohort at the earliest start, then one at each later quarter of the start window. */
static void make_cohorts(struct ot__case *c, int offer)
{
    struct ot__offer *out = &c->offers[offer];
    const struct ot_plan_offer *o = out->plan;
    out->cohort_from = c->c_n;
    if (!out->committed || out->closed != OT__OPEN)
        return;
    int64_t start = o->has_start ? o->start_day : c->quarter_day[0];
    const int64_t latest = o->has_start_latest ? o->start_latest_day : start;
    const int64_t lead_end = ot_date_add(c->plan->as_of_day, o->lead_time);
    if (o->state == OT_OFFER_STATE_proposed && lead_end > start)
        start = lead_end;
    add_cohort(c, offer, start);
    for (int t = 1; t < c->t_n; t++) {
        if (c->quarter_day[t] > start && c->quarter_day[t] <= latest)
            add_cohort(c, offer, c->quarter_day[t]);
    }
    if (out->cohort_n == 0)
        out->closed = OT__OUTSIDE_HORIZON;
}

static bool is_binary(const struct ot_plan_offer *o)
{
    if (o->state == OT_OFFER_STATE_signed || o->sign == OT_SIGN_continuous)
        return false;
    return o->sign == OT_SIGN_binary || o->min_chips > 0.0;
}

static int pool_index(const struct ot_plan *plan, struct ot_str name)
{
    for (int k = 0; k < (int)plan->pools_n; k++) {
        if (ot_str_eq(plan->pools[k].name, name))
            return k;
    }
    OT_ASSERT(!"the plan was checked: every offer names a pool");
    return -1;
}

static void make_offers(struct ot__case *c)
{
    c->offers = alloc(c, c->o_n, sizeof(*c->offers));
    c->cohorts = alloc(c, c->o_n * (c->t_n + 1), sizeof(*c->cohorts));
    c->vendors = alloc(c, c->o_n, sizeof(*c->vendors));
    for (int o = 0; o < c->o_n; o++) {
        const struct ot_plan_offer *plan = &c->plan->offers[o];
        struct ot__offer *out = &c->offers[o];
        out->plan = plan;
        out->closed = closed_why(c, plan);
        out->committed = is_committed(plan->kind);
        out->drawn = out->committed && plan->min_take_frac < 1.0;
        out->binary = out->committed && out->closed == OT__OPEN && is_binary(plan);
        out->pool = pool_index(c->plan, plan->pool);
        out->vendor = intern(c->vendors, &c->vendors_n, plan->vendor);
        out->min_chips = plan->min_chips;
        out->max_chips = plan->has_max_chips ? plan->max_chips : OT__LP_INF;
        make_cohorts(c, o);
        for (int t = 0; out->drawn && t < c->t_n; t++) {
            for (int r = 0; r < c->r_n; r++)
                out->window_n = ot__window(c, o, t, r) + 1;
        }
    }
}

static int quarters_per_window(enum ot_fulfilment f, int all)
{
    const int n[OT_FULFILMENT_COUNT] = {
        [OT_FULFILMENT_hourly] = 1,    [OT_FULFILMENT_daily] = 1,
        [OT_FULFILMENT_weekly] = 1,    [OT_FULFILMENT_monthly] = 1,
        [OT_FULFILMENT_quarterly] = 1, [OT_FULFILMENT_semi_annual] = 2,
        [OT_FULFILMENT_annual] = 4,    [OT_FULFILMENT_full_period] = all};
    return n[f];
}

int ot__window(const struct ot__case *c, int o, int t, int r)
{
    const struct ot__offer *offer = &c->offers[o];
    if (offer->plan->fulfilment == OT_FULFILMENT_hourly)
        return t * c->r_n + r;
    int first = 0;
    while (offer->cohort_n > 0 && first + 1 < c->t_n &&
           c->quarter_day[first + 1] <= c->cohorts[offer->cohort_from].start_day)
        first++;
    return t < first ? 0 : (t - first) / quarters_per_window(offer->plan->fulfilment, c->t_n);
}

/* ---- Delivery ---- */

/* Mean over [from, to) of the delivered share of chips of a term [start, end) that runs
 * `shift` days later than signed. */
static double ramp_mean(const struct ot_plan_offer *o, int64_t start, int64_t end, int64_t shift,
                        int64_t from, int64_t to)
{
    double sum = 0.0, frac = o->ramp_n == 0 ? 1.0 : 0.0;
    int64_t day = from > start ? from : start;
    const int64_t stop = to < end ? to : end;
    for (int64_t i = 0; i < o->ramp_n && day < stop; i++) {
        const struct ot_plan_ramp *p = &o->ramp[i];
        const int64_t at = p->has_date ? p->date_day + shift : ot_date_add(start, p->after);
        if (at >= stop)
            break;
        if (at > day) {
            sum += frac * (double)(at - day);
            day = at;
        }
        frac = p->frac;
    }
    if (day < stop)
        sum += frac * (double)(stop - day);
    return sum / (double)(to - from);
}

struct delivery { /* of one cohort or on-demand offer in one scenario */
    int64_t start, end, shift;
};

static struct delivery deliver(const struct ot__case *c, int base, int o, int64_t start,
                               int64_t end)
{
    const struct ot_plan_scenario *s = &c->plan->scenarios[base];
    const struct ot__offer *offer = &c->offers[o];
    struct delivery d = {start, end, 0};
    for (int64_t i = 0; i < s->delays_n; i++) {
        const struct ot_plan_delay *delay = &s->delays[i];
        const bool named = delay->offer.len > 0 && ot_str_eq(delay->offer, offer->plan->name);
        const bool vendor = delay->vendor.len > 0 && offer->committed &&
                            offer->plan->state == OT_OFFER_STATE_proposed &&
                            ot_str_eq(delay->vendor, offer->plan->vendor);
        if (!named && !vendor)
            continue;
        d.start = ot_date_add(d.start, delay->by);
        d.end = ot_date_add(d.end, delay->by);
    }
    d.shift = d.start - start;
    for (int64_t i = 0; i < s->failures_n; i++) {
        if (ot_str_eq(s->failures[i].vendor, offer->plan->vendor) &&
            s->failures[i].date_day < d.end)
            d.end = s->failures[i].date_day;
    }
    return d;
}

static double market_factor(const struct ot__case *c, int base, enum ot_offer_kind kind, int t)
{
    const struct ot_plan_scenario *s = &c->plan->scenarios[base];
    double factor = 1.0;
    for (int64_t i = 0; i < s->prices_n; i++) {
        const struct ot_plan_price_shift *p = &s->prices[i];
        if (p->kind == kind)
            factor *= step_mean(p->has_date ? p->date_day : c->quarter_day[0], p->factor,
                                c->quarter_day[t], c->quarter_day[t + 1]);
    }
    return factor;
}

/* The price steps up once per whole year since the start of the term. */
static double escalated(const struct ot_plan_offer *o, int64_t start, int64_t from, int64_t to)
{
    const double years = floor(fmax(ot_date_years(start, (from + to) / 2), 0.0));
    return o->price_usd_per_chip_s.value * pow(1.0 + o->escalator_frac, years);
}

/* What a signed chip commits to pay over its whole term, and the prepaid part. */
static void term_payments(struct ot__case *c, struct ot__cohort *cohort)
{
    const struct ot_plan_offer *o = &c->plan->offers[cohort->offer];
    struct ot_sum in = {0}, all = {0};
    int64_t from = ot_date_quarter_start(cohort->start_day);
    while (from < cohort->end_day) {
        const int64_t to = ot_date_add_months(from, 3);
        const double frac = ramp_mean(o, cohort->start_day, cohort->end_day, 0, from, to);
        const double usd = frac * o->min_take_frac * (double)(to - from) * SECONDS_PER_DAY *
                           escalated(o, cohort->start_day, from, to);
        if (from >= c->quarter_day[0] && from < c->quarter_day[c->t_n])
            ot_sum_add(&in, usd);
        if (from >= c->quarter_day[0])
            ot_sum_add(&all, usd);
        from = to;
    }
    /* What a signed offer prepaid is sunk. */
    const double prepaid =
        o->state == OT_OFFER_STATE_signed ? 0.0 : o->prepay_frac * (1.0 - o->credit_frac);
    cohort->term_usd_per_chip = ot_sum_get(&all);
    cohort->beyond_usd_per_chip = ot_sum_get(&all) - ot_sum_get(&in);
    cohort->prepay_usd_per_chip = prepaid * ot_sum_get(&in);
    cohort->prepay_all_usd_per_chip = prepaid * ot_sum_get(&all);
}

static void make_delivery(struct ot__case *c)
{
    c->avail = alloc(c, c->base_n * c->c_n * c->t_n, sizeof(double));
    c->price = alloc(c, c->base_n * c->c_n * c->t_n, sizeof(double));
    for (int i = 0; i < c->c_n; i++)
        term_payments(c, &c->cohorts[i]);
    for (int b = 0; b < c->base_n; b++) {
        for (int i = 0; i < c->c_n; i++) {
            const struct ot__cohort *cohort = &c->cohorts[i];
            const struct ot_plan_offer *o = &c->plan->offers[cohort->offer];
            const struct delivery d =
                deliver(c, b, cohort->offer, cohort->start_day, cohort->end_day);
            for (int t = 0; t < c->t_n; t++) {
                const int64_t from = c->quarter_day[t], to = c->quarter_day[t + 1];
                const int at = (b * c->c_n + i) * c->t_n + t;
                c->avail[at] = ramp_mean(o, d.start, d.end, d.shift, from, to);
                c->price[at] = escalated(o, d.start, from, to) * market_factor(c, b, o->kind, t);
            }
        }
    }
}

static void make_open(struct ot__case *c)
{
    c->open_frac = alloc(c, c->base_n * c->o_n * c->t_n, sizeof(double));
    c->open_price = alloc(c, c->base_n * c->o_n * c->t_n, sizeof(double));
    for (int b = 0; b < c->base_n; b++) {
        for (int o = 0; o < c->o_n; o++) {
            const struct ot__offer *offer = &c->offers[o];
            const struct ot_plan_offer *p = offer->plan;
            if (offer->committed || offer->closed != OT__OPEN)
                continue;
            const int64_t start = p->has_start ? p->start_day : c->quarter_day[0];
            const int64_t end = p->has_term ? ot_date_add(start, p->term) : c->quarter_day[c->t_n];
            const struct delivery d = deliver(c, b, o, start, end);
            for (int t = 0; t < c->t_n; t++) {
                const int64_t from = c->quarter_day[t], to = c->quarter_day[t + 1];
                const int at = (b * c->o_n + o) * c->t_n + t;
                c->open_frac[at] = ramp_mean(p, d.start, d.end, d.shift, from, to);
                c->open_price[at] = escalated(p, d.start, from, to) *
                                    market_factor(c, b, p->kind, t) * (1.0 - p->credit_frac);
            }
        }
    }
}

/* ---- Scenarios ---- */

static bool has_bands(const struct ot__case *c)
{
    for (int i = 0; i < c->k_n * c->w_n; i++) {
        const struct ot_pred p = c->work->cells[i].req_per_chip_s;
        if (p.value > 0.0 && (p.p10 < p.value || p.p90 > p.value))
            return true;
    }
    return false;
}

static void make_scenarios(struct ot__case *c)
{
    c->points_n = c->plan->policy.work_points == 3 && has_bands(c) ? 3 : 1;
    c->s_n = c->base_n * c->points_n;
    c->scenarios = alloc(c, c->s_n, sizeof(*c->scenarios));
    for (int s = 0; s < c->s_n; s++) {
        const int base = s / c->points_n;
        c->scenarios[s] = (struct ot__scenario){
            .base = base,
            .point = s % c->points_n,
            .probability = c->plan->scenarios[base].probability / c->points_n};
    }
    c->chip_of_pool = alloc(c, c->k_n, sizeof(int));
    c->chips = alloc(c, c->k_n, sizeof(*c->chips));
    for (int k = 0; k < c->k_n; k++)
        c->chip_of_pool[k] = intern(c->chips, &c->chips_n, c->plan->pools[k].chip);
}

static enum ot_code check_work(const struct ot__case *c, struct ot_err *err)
{
    if (c->work->pools_n != c->k_n || c->work->workloads_n != c->w_n)
        return ot_err_plain(err, OT_BUG, "the work matrix has another shape than the plan");
    for (int k = 0; k < c->k_n; k++) {
        for (int w = 0; w < c->w_n; w++) {
            const struct ot_work_cell *cell = &c->work->cells[k * c->w_n + w];
            const struct ot_pred p = cell->req_per_chip_s;
            if (cell->has && p.value >= 0.0 && p.p10 >= 0.0 && p.p10 <= p.value &&
                p.value <= p.p90 && isfinite(p.p90))
                continue;
            return ot_err_plain(err, OT_INPUT,
                                "work of '%.*s' on pool '%.*s': a number of requests/s per chip "
                                ">= 0 with p10 <= value <= p90 is needed",
                                (int)c->plan->workloads[w].name.len, c->plan->workloads[w].name.ptr,
                                (int)c->plan->pools[k].name.len, c->plan->pools[k].name.ptr);
        }
    }
    return OT_OK;
}

enum ot_code ot__case_make(const struct ot_plan *plan, const struct ot_work *work,
                           struct ot_arena *arena, struct ot__case *ret, struct ot_err *err)
{
    struct ot__case c = {.plan = plan,
                         .work = work,
                         .arena = arena,
                         .t_n = (int)plan->quarters_n,
                         .r_n = (int)plan->blocks_n,
                         .k_n = (int)plan->pools_n,
                         .w_n = (int)plan->workloads_n,
                         .o_n = (int)plan->offers_n,
                         .base_n = (int)plan->scenarios_n};
    const enum ot_code code = check_work(&c, err);
    if (code != OT_OK)
        return code;
    make_time(&c);
    make_scenarios(&c);
    make_demand(&c);
    make_work(&c);
    make_offers(&c);
    make_delivery(&c);
    make_open(&c);
    *ret = c;
    return OT_OK;
}
