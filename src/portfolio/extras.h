/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFTAKE_PORTFOLIO_EXTRAS_H
#define OFFTAKE_PORTFOLIO_EXTRAS_H
/* Further solves around the best plan. Each starts from the same saved basis and signatures, so
 * its result does not depend on which others were asked for. Where offers are binary they stay as
 * in the best plan unless said otherwise. */
#include "portfolio/branch.h"
#include "portfolio/read.h"

struct ot__extras {
    struct ot__model *m;
    const struct ot__solution *sol;
    const struct ot__branch_result *best;
    const unsigned char *basis; /* of the best plan */
    const struct ot_plan_opts *opts;
    struct ot_arena *arena; /* of the result */
    struct ot_plan_result *ret;
    int64_t iterations, solves; /* in other programs than m */
};
/* Break-even price of each offer, worth of each that is used. */
enum ot_code ot__extra_prices(struct ot__extras *x);
/* Expected value of perfect information: one program per scenario, alone. */
enum ot_code ot__extra_evpi(struct ot__extras *x);
/* Expected cost against CVaR over the weight of risk. */
enum ot_code ot__extra_frontier(struct ot__extras *x);
/* Cost against chips of the main offer. */
enum ot_code ot__extra_curve(struct ot__extras *x);
/* A plan of nearly the same cost with the most different vendors. */
enum ot_code ot__extra_alternative(struct ot__extras *x);
/* Back to the best plan: bounds, weights and basis. */
void ot__extra_restore(struct ot__extras *x);
#endif
