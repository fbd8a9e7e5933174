/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFTAKE_PORTFOLIO_CASE_H
#define OFFTAKE_PORTFOLIO_CASE_H
/* A plan as numbers on a grid: quarters t, blocks r, pools k, workloads w, offers o, cohorts c of
 * an offer (one per quarter in which its term may start), solver scenarios s. Everything that
 * needs a calendar is done here; build.c only multiplies. */
#include "offtake/portfolio.h"

/* A committed offer that starts in one given quarter. */
struct ot__cohort {
    int offer;
    int64_t start_day, end_day;     /* of the term, as signed */
    double prepay_usd_per_chip;     /* at as_of, for payments within the horizon, net of credits */
    double prepay_all_usd_per_chip; /* the same for the whole term */
    double term_usd_per_chip, beyond_usd_per_chip; /* minimum payments, undiscounted */
};

enum ot__closed {
    OT__OPEN,
    OT__EXPIRED,
    OT__NOT_KNOWN_YET,
    OT__OUTSIDE_HORIZON
};

struct ot__offer {
    const struct ot_plan_offer *plan;
    enum ot__closed closed;
    bool committed; /* has chips to sign; else on-demand or spot */
    bool binary;    /* chips are 0 or min..max */
    bool drawn;     /* committed with min_take < 1: use is a decision of its own */
    int pool, vendor;
    double min_chips, max_chips; /* max OT__LP_INF = no limit */
    int cohort_from, cohort_n;   /* into case->cohorts */
    int window_n;                /* drawn: fulfilment windows within the horizon */
};

struct ot__scenario {
    int base;           /* index in the plan */
    int point;          /* of the split along the work bands */
    double probability; /* of the solver scenario */
};

struct ot__case {
    const struct ot_plan *plan;
    const struct ot_work *work;
    struct ot_arena *arena;
    int t_n, r_n, k_n, w_n, o_n, c_n, s_n, base_n, points_n;
    int64_t *quarter_day; /* [t_n + 1] */
    double *quarter_s;    /* [t_n] seconds */
    double *block_s;      /* [t_n * r_n] seconds */
    double *discount;     /* [t_n] to as_of, from the middle of the quarter */
    struct ot__offer *offers;
    struct ot__cohort *cohorts;
    struct ot__scenario *scenarios;
    double *demand;     /* [(base * w_n + w) * t_n + t] mean requests/s */
    double *rate;       /* [((s * k_n + k) * w_n + w) * t_n + t] requests/s per chip */
    double *avail;      /* [(base * c_n + c) * t_n + t] delivered share of the signed chips */
    double *price;      /* [(base * c_n + c) * t_n + t] USD per chip-second of a cohort */
    double *open_frac;  /* [(base * o_n + o) * t_n + t] on-demand: share of the quarter on offer */
    double *open_price; /* [(base * o_n + o) * t_n + t] */
    struct ot_str *vendors;
    int vendors_n;
    int *chip_of_pool;
    struct ot_str *chips;
    int chips_n;
};
enum ot_code ot__case_make(const struct ot_plan *plan, const struct ot_work *work,
                           struct ot_arena *arena, struct ot__case *ret, struct ot_err *err);

static inline double ot__demand(const struct ot__case *c, int base, int w, int t)
{
    return c->demand[(base * c->w_n + w) * c->t_n + t];
}
static inline double ot__rate(const struct ot__case *c, int s, int k, int w, int t)
{
    return c->rate[((s * c->k_n + k) * c->w_n + w) * c->t_n + t];
}
static inline double ot__avail(const struct ot__case *c, int base, int cohort, int t)
{
    return c->avail[(base * c->c_n + cohort) * c->t_n + t];
}
static inline double ot__price(const struct ot__case *c, int base, int cohort, int t)
{
    return c->price[(base * c->c_n + cohort) * c->t_n + t];
}
static inline double ot__open_frac(const struct ot__case *c, int base, int o, int t)
{
    return c->open_frac[(base * c->o_n + o) * c->t_n + t];
}
static inline double ot__open_price(const struct ot__case *c, int base, int o, int t)
{
    return c->open_price[(base * c->o_n + o) * c->t_n + t];
}
/* Interactive demand of a block, requests/s. */
static inline double ot__block_demand(const struct ot__case *c, int base, int w, int t, int r)
{
    return ot__demand(c, base, w, t) * c->plan->blocks[r].demand_factor;
}
/* Share of the signed chip-hours of a window that may be used without paying for use. */
static inline double ot__free_frac(const struct ot_plan_offer *o)
{
    return o->tariff == OT_TARIFF_two_part ? 0.0 : o->min_take_frac;
}
/* Share of the price that use beyond it costs. */
static inline double ot__use_frac(const struct ot_plan_offer *o)
{
    return o->tariff == OT_TARIFF_two_part ? 1.0 - o->min_take_frac : 1.0;
}
/* The fulfilment window of (t, r) of a drawn offer, counted from its first cohort's start. */
int ot__window(const struct ot__case *c, int o, int t, int r);
#endif
