/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFTAKE_PORTFOLIO_VALUES_H
#define OFFTAKE_PORTFOLIO_VALUES_H
/* The second half of reading a solution: prices out, limits, risk figures, concentration. */
#include "portfolio/read.h"

void ot__read_values(const struct ot__model *m, const struct ot__solution *sol,
                     struct ot_arena *arena, struct ot_plan_result *ret);
void ot__read_risk(const struct ot__model *m, const double *value, struct ot_arena *arena,
                   struct ot_plan_result *ret);
/* Needs ret->offers. */
void ot__read_mix(const struct ot__model *m, struct ot_arena *arena, struct ot_plan_result *ret);
#endif
