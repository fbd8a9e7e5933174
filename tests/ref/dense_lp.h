/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFTAKE_TESTS_REF_DENSE_LP_H
#define OFFTAKE_TESTS_REF_DENSE_LP_H
/* The slow twin of lp_clp.c: a textbook two-phase tableau simplex with Bland's rule, dense, for
 * programs of a few dozen rows. Every lower bound of a column must be finite.
 *
 *   x = lo + z, z >= 0;  upper bounds become rows;  each row side becomes  a'z + slack = b
 *   with a sign flip where b < 0 and an artificial variable on every row in phase one. */
#include <math.h>

#include "portfolio/lp.h"

#define REF_EPS 1e-10

struct ref_tableau {
    int m, n;  /* rows, columns without the right-hand side */
    double *a; /* [(m + 1) * (n + 1)]; last row: reduced costs, last column: right-hand side */
    int *basis;
};

static inline double *ref_at(const struct ref_tableau *t, int i, int j)
{
    return &t->a[i * (t->n + 1) + j];
}

static inline void ref_pivot(struct ref_tableau *t, int row, int col)
{
    const double p = *ref_at(t, row, col);
    for (int j = 0; j <= t->n; j++)
        *ref_at(t, row, j) /= p;
    for (int i = 0; i <= t->m; i++) {
        const double f = *ref_at(t, i, col);
        if (i == row || f == 0.0)
            continue;
        for (int j = 0; j <= t->n; j++)
            *ref_at(t, i, j) -= f * *ref_at(t, row, j);
    }
    t->basis[row] = col;
}

/* Minimises over columns 0..n_allowed; false when unbounded. */
static inline bool ref_run(struct ref_tableau *t, int n_allowed)
{
    for (;;) {
        int col = -1, row = -1;
        for (int j = 0; j < n_allowed && col < 0; j++)
            col = *ref_at(t, t->m, j) < -REF_EPS ? j : -1;
        if (col < 0)
            return true;
        for (int i = 0; i < t->m; i++) {
            if (*ref_at(t, i, col) <= REF_EPS)
                continue;
            const double ratio = *ref_at(t, i, t->n) / *ref_at(t, i, col);
            const double best = row < 0 ? 0.0 : *ref_at(t, row, t->n) / *ref_at(t, row, col);
            if (row < 0 || ratio < best - REF_EPS ||
                (ratio < best + REF_EPS && t->basis[i] < t->basis[row]))
                row = i;
        }
        if (row < 0)
            return false;
        ref_pivot(t, row, col);
    }
}

/* One side of a row, or a column's upper bound, as a'z <= b. */
static inline void ref_side(struct ref_tableau *t, int *m, const double *coef, int cols, double b)
{
    const int i = (*m)++;
    const double sign = b < 0.0 ? -1.0 : 1.0;
    for (int j = 0; j < cols; j++)
        *ref_at(t, i, j) = sign * coef[j];
    *ref_at(t, i, cols + i) = sign;
    *ref_at(t, i, cols + t->m + i) = 1.0;
    *ref_at(t, i, t->n) = sign * b;
    t->basis[i] = cols + t->m + i;
}

static inline void ref_fill(const struct ot__lp_data *d, struct ref_tableau *t, double *coef)
{
    int m = 0;
    for (int i = 0; i < d->rows_n; i++) {
        double shift = 0.0;
        for (int j = 0; j < d->cols_n; j++) {
            coef[j] = 0.0;
            for (int e = d->start[j]; e < d->start[j + 1]; e++)
                coef[j] += d->row[e] == i ? d->value[e] : 0.0;
            shift += coef[j] * d->col_lo[j];
        }
        if (d->row_hi[i] < OT__LP_INF)
            ref_side(t, &m, coef, d->cols_n, d->row_hi[i] - shift);
        for (int j = 0; j < d->cols_n; j++)
            coef[j] = -coef[j];
        if (d->row_lo[i] > -OT__LP_INF)
            ref_side(t, &m, coef, d->cols_n, shift - d->row_lo[i]);
    }
    for (int j = 0; j < d->cols_n; j++) {
        if (d->col_hi[j] >= OT__LP_INF)
            continue;
        for (int k = 0; k < d->cols_n; k++)
            coef[k] = k == j ? 1.0 : 0.0;
        ref_side(t, &m, coef, d->cols_n, d->col_hi[j] - d->col_lo[j]);
    }
    OT_ASSERT(m == t->m);
}

/* Optimal value; OT_INFEASIBLE when there is none (or it is unbounded). */
static inline enum ot_code ref_solve(const struct ot__lp_data *d, struct ot_arena *arena,
                                     double *ret_objective)
{
    int m = 0;
    for (int i = 0; i < d->rows_n; i++)
        m += (d->row_hi[i] < OT__LP_INF) + (d->row_lo[i] > -OT__LP_INF);
    for (int j = 0; j < d->cols_n; j++)
        m += d->col_hi[j] < OT__LP_INF;
    struct ref_tableau t = {.m = m, .n = d->cols_n + 2 * m};
    t.a = ot_arena_calloc(arena, (size_t)((m + 1) * (t.n + 1)), sizeof(double));
    t.basis = ot_arena_calloc(arena, (size_t)m, sizeof(int));
    ref_fill(d, &t, ot_arena_calloc(arena, (size_t)d->cols_n, sizeof(double)));
    for (int i = 0; i < m; i++) { /* phase one: minimise the artificials */
        for (int j = 0; j <= t.n; j++)
            *ref_at(&t, m, j) -= j >= d->cols_n + m && j < t.n ? 0.0 : *ref_at(&t, i, j);
    }
    if (!ref_run(&t, d->cols_n + m) || *ref_at(&t, m, t.n) < -1e-7)
        return OT_INFEASIBLE;
    for (int i = 0; i < m; i++) { /* drive artificials that stay at zero out of the basis */
        for (int j = 0; t.basis[i] >= d->cols_n + m && j < d->cols_n + m; j++) {
            if (fabs(*ref_at(&t, i, j)) > REF_EPS)
                ref_pivot(&t, i, j);
        }
    }
    double constant = 0.0;
    for (int j = 0; j <= t.n; j++)
        *ref_at(&t, m, j) = j < d->cols_n ? d->cost[j] : 0.0;
    for (int j = 0; j < d->cols_n; j++)
        constant += d->cost[j] * d->col_lo[j];
    for (int i = 0; i < m; i++) {
        const double c = t.basis[i] < d->cols_n ? d->cost[t.basis[i]] : 0.0;
        for (int j = 0; c != 0.0 && j <= t.n; j++)
            *ref_at(&t, m, j) -= c * *ref_at(&t, i, j);
    }
    if (!ref_run(&t, d->cols_n + m))
        return OT_INFEASIBLE;
    *ret_objective = constant - *ref_at(&t, m, t.n);
    return OT_OK;
}
#endif
