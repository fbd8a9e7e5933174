/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFTAKE_BASE_NUM_H
#define OFFTAKE_BASE_NUM_H
/* Small numerical helpers: fixed-order compensated sums, comparison, clamps, root finding. */
#include <stdbool.h>
#include <stddef.h>

#include "offtake/base/err.h"

/* Neumaier sum; start from {0}. */
struct ot_sum {
    double total, carry;
};
void ot_sum_add(struct ot_sum *sum, double x);
double ot_sum_get(const struct ot_sum *sum);
double ot_sum_array(const double *x, size_t n);

/* |a - b| <= abs + rel * max(|a|, |b|) */
bool ot_near(double a, double b, double rel, double abs);
double ot_clamp(double x, double low, double high);
/* The value must be finite to cross a floor; name it so that the assertion says which. */
#define OT_CHECK_FINITE(x) OT_ASSERT(__builtin_isfinite(x))

/* Root of f in [low, high] by Brent's method; f(low), f(high) must differ in sign, else
 * OT_INFEASIBLE and nothing is written. tol: absolute on x. */
enum ot_code ot_root(double (*f)(double x, void *ctx), void *ctx, double low, double high,
                     double tol, double *ret_x, struct ot_err *err) OT_MUST_CHECK;
#endif
