/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFTAKE_PORTFOLIO_READ_H
#define OFFTAKE_PORTFOLIO_READ_H
/* From the solved program to what a reader wants to know. */
#include "portfolio/model.h"

/* A solution that outlives further solves of the same program. */
struct ot__solution {
    const double *value;   /* [column] */
    const double *price;   /* [row] */
    const double *reduced; /* [column] */
};
struct ot__solution ot__solution_of(const struct ot__model *m, struct ot_arena *arena);

/* Everything that follows from one solution: chips, uses, costs by quarter and scenario, prices
 * out, limits, concentration. */
void ot__read(const struct ot__model *m, const struct ot__solution *sol, struct ot_arena *arena,
              struct ot_plan_result *ret);

/* Expected cost and CVaR, USD, from the scenario costs of a solution. */
void ot__risk(const struct ot__model *m, const double *value, double *ret_cost_usd,
              double *ret_cvar_usd);
/* (1 - lambda) E[cost] + lambda CVaR with the model's weights, without the tie break. */
double ot__objective_usd(const struct ot__model *m, const double *value);
/* Mean of the worst (1 - level) of n costs with probabilities; costs are reordered. */
double ot__cvar(double *cost, double *probability, int n, double level);
/* Expected present value of the signed minimum payments. */
double ot__commitment_usd(const struct ot__model *m, const double *value);
/* Expected present value paid to offer o: minimum, above it, draws. */
double ot__spend_usd(const struct ot__model *m, const double *value, int o);
double ot__spend_in_usd(const struct ot__model *m, const double *value, int si, int o);
/* Shares and HHI of what is paid per offer (USD), by cloud, maker or chip. */
struct ot_plan_hhi ot__concentration(const struct ot__case *c, const double *spend_usd,
                                     const char *by, struct ot_arena *arena);
#endif
