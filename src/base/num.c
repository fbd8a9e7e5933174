/* SPDX-License-Identifier: Apache-2.0 */
/* Compensated sums, comparison with tolerance, clamping, Brent's root finder. */
#include "offtake/base/num.h"

#include <float.h>
#include <math.h>

/* Neumaier 1974: the lost low-order part of each addition is carried apart. */
void ot_sum_add(struct ot_sum *sum, double x)
{
    const double t = sum->total + x;
    sum->carry += fabs(sum->total) >= fabs(x) ? (sum->total - t) + x : (x - t) + sum->total;
    sum->total = t;
}

double ot_sum_get(const struct ot_sum *sum)
{
    return sum->total + sum->carry;
}

double ot_sum_array(const double *x, size_t n)
{
    struct ot_sum sum = {0};
    for (size_t i = 0; i < n; i++)
        ot_sum_add(&sum, x[i]);
    return ot_sum_get(&sum);
}

bool ot_near(double a, double b, double rel, double abs)
{
    return fabs(a - b) <= abs + rel * fmax(fabs(a), fabs(b));
}

double ot_clamp(double x, double low, double high)
{
    OT_ASSERT(low <= high);
    return x < low ? low : x > high ? high : x;
}

struct bracket {
    double a, fa; /* previous best */
    double b, fb; /* best so far */
    double c, fc; /* other side of the root */
    double step, last_step;
};

/* One step by inverse quadratic or secant interpolation where it is safe, else bisection. */
static void choose_step(struct bracket *k, double tol, double half)
{
    if (fabs(k->last_step) < tol || fabs(k->fa) <= fabs(k->fb)) {
        k->step = k->last_step = half;
        return;
    }
    const double s = k->fb / k->fa;
    double p = 0, q = 0;
    if (k->a == k->c) {
        p = 2 * half * s;
        q = 1 - s;
    } else {
        const double r = k->fb / k->fc, t = k->fa / k->fc;
        p = s * (2 * half * t * (t - r) - (k->b - k->a) * (r - 1));
        q = (t - 1) * (r - 1) * (s - 1);
    }
    if (p > 0)
        q = -q;
    p = fabs(p);
    const double limit = fmin(3 * half * q - fabs(tol * q), fabs(k->last_step * q));
    if (2 * p < limit) {
        k->last_step = k->step;
        k->step = p / q;
    } else {
        k->step = k->last_step = half;
    }
}

/* Brent 1973, "Algorithms for Minimization without Derivatives", ch. 4. */
enum ot_code ot_root(double (*f)(double x, void *ctx), void *ctx, double low, double high,
                     double tol, double *ret_x, struct ot_err *err)
{
    enum {
        STEPS = 200
    };
    struct bracket k = {.a = low, .fa = f(low, ctx), .b = high, .fb = f(high, ctx)};
    if (!isfinite(k.fa) || !isfinite(k.fb) || (k.fa > 0 && k.fb > 0) || (k.fa < 0 && k.fb < 0))
        return ot_err_plain(err, OT_INFEASIBLE,
                            "no root between %g and %g: %g and %g do not "
                            "differ in sign",
                            low, high, k.fa, k.fb);
    k.c = k.b;
    k.fc = k.fb;
    for (int i = 0; i < STEPS; i++) {
        if ((k.fb > 0) == (k.fc > 0)) {
            k.c = k.a;
            k.fc = k.fa;
            k.step = k.last_step = k.b - k.a;
        }
        if (fabs(k.fc) < fabs(k.fb)) {
            k.a = k.b;
            k.b = k.c;
            k.c = k.a;
            k.fa = k.fb;
            k.fb = k.fc;
            k.fc = k.fa;
        }
        const double near = 2 * DBL_EPSILON * fabs(k.b) + tol / 2;
        const double half = (k.c - k.b) / 2;
        if (fabs(half) <= near || k.fb == 0)
            break;
        choose_step(&k, near, half);
        k.a = k.b;
        k.fa = k.fb;
        k.b += fabs(k.step) > near ? k.step : copysign(near, half);
        k.fb = f(k.b, ctx);
        if (!isfinite(k.fb))
            return ot_err_plain(err, OT_INFEASIBLE, "no finite value at %g", k.b);
    }
    *ret_x = k.b;
    return OT_OK;
}
