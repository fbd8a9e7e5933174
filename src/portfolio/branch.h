/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFTAKE_PORTFOLIO_BRANCH_H
#define OFFTAKE_PORTFOLIO_BRANCH_H
/* Offers that are signed for at least min_chips or not at all: best-first branch and bound on the
 * warm program. A branch only moves the bounds of an offer's row of chips, so no binary columns
 * are needed. Budgets count nodes, never time, so results repeat. */
#include "portfolio/model.h"

enum ot__state {
    OT__STATE_FREE, /* relaxed: 0 .. max */
    OT__STATE_OUT,
    OT__STATE_IN /* min .. max */
};
struct ot__branch_opts {
    int64_t nodes_max, iterations_max;
    double gap_frac;
    enum ot__lp_method first; /* how to solve the root: dual, or primal after costs changed */
};
struct ot__branch_result {
    double objective, bound; /* in the program's units */
    double gap_frac;
    int64_t nodes;
    enum ot__state *state; /* [o] of the best plan; free for offers that are not binary */
};
/* Leaves the program solved at the best plan found, its binaries fixed. OT_LIMIT when an LP did not
 * finish. */
enum ot_code ot__branch(struct ot__model *m, const struct ot__branch_opts *opts,
                        struct ot_arena *arena, struct ot__branch_result *ret);
/* Sets the row of chips of offer o. */
void ot__set_state(struct ot__model *m, int o, enum ot__state state);
/* Sets it to exactly `chips`. */
void ot__fix_chips(struct ot__model *m, int o, double chips);
/* Chips of offer o over all its cohorts, in the program's last solution. */
double ot__chips(const struct ot__model *m, const double *values, int o);
#endif
