/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFTAKE_PORTFOLIO_MODEL_H
#define OFFTAKE_PORTFOLIO_MODEL_H
/* A case as a linear program, and where each of its variables and rows sits.
 *
 *   first stage  x(c)                       chips signed per cohort
 *   per scenario g(t,r,k,w) draw(t,r,o) u(t,r,w) above(o,f)
 *   risk         C(s) cost, xi(s), eta
 *
 * Inside the program chips are counted in chip_unit, money in usd_unit, window hours in
 * hour_unit_s, work of w in work_unit[w]; all powers of two but the last, so scaling is exact. */
#include "portfolio/case.h"
#include "portfolio/lp.h"

#define OT__TIE_BREAK 1e-7 /* relative cost added to signed chips: in a tie, sign less */

struct ot__model {
    const struct ot__case *c;
    struct ot_arena *arena;
    int s_from, s_n;        /* the case's scenarios it covers */
    double probability_sum; /* of them; weights are probability / sum */
    double lambda, beta;
    double chip_unit, usd_unit, hour_unit_s;
    double *work_unit;
    int window_max;
    int *col_x;                      /* [c] */
    int *col_g, *col_draw, *col_u;   /* by the functions below; -1 = none */
    int *col_above;                  /* [(si * o_n + o) * window_max + f] */
    int *col_cost, *col_xi, col_eta; /* [si] */
    int *row_total;                  /* [o] */
    int *row_vendor;                 /* [v], -1 = no cap */
    int *row_power;                  /* [(base * sites_n + site) * t_n + t], -1 = none or twin */
    int *row_budget;                 /* [si * t_n + t], -1 = none */
    int *row_pool, *row_demand, *row_draw;
    int *row_window;          /* like col_above */
    int *row_cost, *row_cvar; /* [si] */
    int row_near;             /* objective as a row, free unless an alternative is sought */
    double *raised_vendor, *raised_power, *raised_budget; /* as the rows: what signed needs more */
    double *commit_usd; /* [c] expected present value per chip of the minimum payments */
    struct ot__lp_data data;
    struct ot__lp *lp;
};

/* Builds and loads; does not solve. Covers scenarios s_from .. s_from + s_n. */
void ot__model_make(const struct ot__case *c, int s_from, int s_n, double lambda,
                    struct ot_arena *arena, struct ot__model *ret);
void ot__model_free(struct ot__model *m);
/* Rewrites the risk weights of the objective (not of the row `near`). */
void ot__model_set_lambda(struct ot__model *m, double lambda);

static inline int ot__at_str(const struct ot__model *m, int si, int t, int r)
{
    return (si * m->c->t_n + t) * m->c->r_n + r;
}
static inline int ot__at_pool(const struct ot__model *m, int si, int t, int r, int k)
{
    return ot__at_str(m, si, t, r) * m->c->k_n + k;
}
static inline int ot__at_work(const struct ot__model *m, int si, int t, int r, int w)
{
    return ot__at_str(m, si, t, r) * m->c->w_n + w;
}
static inline int ot__at_draw(const struct ot__model *m, int si, int t, int r, int o)
{
    return ot__at_str(m, si, t, r) * m->c->o_n + o;
}
static inline int ot__at_g(const struct ot__model *m, int si, int t, int r, int k, int w)
{
    return ot__at_pool(m, si, t, r, k) * m->c->w_n + w;
}
static inline int ot__at_window(const struct ot__model *m, int si, int o, int f)
{
    return (si * m->c->o_n + o) * m->window_max + f;
}

/* Of one window: the mean price, what use beyond the free share costs, and the quarter in which it
 * is paid. */
struct ot__window_price {
    double usd_per_chip_s, use_usd_per_chip_s;
    int t_paid;
};
struct ot__window_price ot__window_price(const struct ot__case *c, int base, int o, int f);
/* Undiscounted minimum payment of one signed chip in quarter t, prepaid part and credits off. */
double ot__min_pay(const struct ot__case *c, int base, int cohort, int t);
/* Present value of all payments of one signed chip in a scenario, draws above the minimum apart. */
double ot__commit_pv(const struct ot__case *c, int base, int cohort);
#endif
