/* SPDX-License-Identifier: Apache-2.0 */
/* How far predictions are off: weighted quantiles of the log error, bias, coverage. Definitions in
 * docs/models/validation.md. */
#include <math.h>
#include <stdlib.h>

#include "measure.h"

struct weighted {
    double x, weight;
    size_t index; /* makes the order total */
};

static int by_x(const void *a, const void *b)
{
    const struct weighted *p = a;
    const struct weighted *q = b;
    if (p->x != q->x)
        return p->x < q->x ? -1 : 1;
    return p->index < q->index ? -1 : p->index > q->index;
}

/* Rounding of the running sum must not push a quantile past the value it falls on. */
static double quantile_sorted(const struct weighted *items, size_t n, double frac)
{
    struct ot_sum total = {0, 0};
    for (size_t i = 0; i < n; i++)
        ot_sum_add(&total, items[i].weight);
    const double target = frac * ot_sum_get(&total) * (1 - 1e-12);
    struct ot_sum run = {0, 0};
    for (size_t i = 0; i + 1 < n; i++) {
        ot_sum_add(&run, items[i].weight);
        if (ot_sum_get(&run) >= target)
            return items[i].x;
    }
    return items[n - 1].x;
}

double ot_weighted_quantile(struct ot_arena *arena, const double *x, const double *weight, size_t n,
                            double frac)
{
    OT_ASSERT(n > 0 && frac >= 0 && frac <= 1);
    struct ot_arena *scratch = ot_arena_child(arena);
    struct weighted *items = ot_arena_calloc(scratch, n, sizeof *items);
    for (size_t i = 0; i < n; i++)
        items[i] = (struct weighted){x[i], weight[i], i};
    qsort(items, n, sizeof *items, by_x);
    const double q = quantile_sorted(items, n, frac);
    ot_arena_free(scratch);
    return q;
}

struct ot_val_stats ot__stats_of(struct ot_arena *arena, const struct ot_val_row *rows,
                                 const size_t *index, size_t n)
{
    struct ot_val_stats stats = {.n = (int64_t)n};
    if (n == 0)
        return stats;
    struct ot_arena *scratch = ot_arena_child(arena);
    struct weighted *items = ot_arena_calloc(scratch, n, sizeof *items);
    struct ot_sum total = {0, 0}, bias = {0, 0}, within = {0, 0}, covered = {0, 0};
    for (size_t i = 0; i < n; i++) {
        const struct ot_val_row *row = &rows[index != NULL ? index[i] : i];
        const double ln = log(row->predicted.value / row->measured);
        OT_CHECK_FINITE(ln);
        items[i] = (struct weighted){fabs(ln), row->weight, i};
        ot_sum_add(&total, row->weight);
        ot_sum_add(&bias, row->weight * ln);
        if (fabs(ln) <= log(1.25))
            ot_sum_add(&within, row->weight);
        if (row->measured >= row->predicted.p10 && row->measured <= row->predicted.p90)
            ot_sum_add(&covered, row->weight);
    }
    qsort(items, n, sizeof *items, by_x);
    const double sum = ot_sum_get(&total);
    stats.median_abs_ln = quantile_sorted(items, n, 0.5);
    stats.p90_abs_ln = quantile_sorted(items, n, 0.9);
    stats.bias_ln = ot_sum_get(&bias) / sum;
    stats.within_1_25_frac = ot_sum_get(&within) / sum;
    stats.coverage_frac = ot_sum_get(&covered) / sum;
    ot_arena_free(scratch);
    return stats;
}

struct ot_val_stats ot_val_stats_of(struct ot_arena *arena, const struct ot_val_row *rows,
                                    int64_t n)
{
    return ot__stats_of(arena, rows, NULL, (size_t)n);
}
