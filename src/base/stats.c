/* SPDX-License-Identifier: Apache-2.0 */
/* Streaming statistics. Mean and variance by Welford's update and Chan's merge; percentiles exact
 * from the values themselves up to exact_n of them, then from a DDSketch (Masson, Rim, Lee, VLDB
 * 2019): bucket i holds values in (g^(i-1), g^i], g = (1 + e) / (1 - e), so that the bucket's
 * representative 2 g^i / (1 + g) is within a relative e of every value in it.
 *
 *   values [....]  -> full ->  zero | bucket base, base+1, ... base+buckets_n-1
 *
 * Values at or below 1e-200 count as zero. The doubles above it span about 117,000 buckets at
 * e = 0.005 (0.9 MB), the bound on memory. */
#include "offtake/base/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "offtake/base/num.h"

static const double tiny = 1e-200; /* the smallest value told apart from zero */

struct ot_stats {
    struct ot_arena *arena;
    int64_t n;
    double mean, m2, min, max; /* m2: sum of squared distances from the mean */
    double *values;            /* while exact */
    size_t values_n, values_cap, exact_n;
    bool exact, sorted;
    int64_t zeros;
    int64_t *buckets; /* counts of bucket base + i */
    int32_t base;
    size_t buckets_n;
};

double ot_percentile_sorted(const double *sorted, size_t n, double p)
{
    OT_ASSERT(p >= 0 && p <= 100);
    if (n == 0)
        return 0;
    const double rank = p / 100 * (double)(n - 1);
    const double below = floor(rank);
    const size_t i = (size_t)below;
    if (i + 1 >= n)
        return sorted[n - 1];
    const double t = rank - below, gap = sorted[i + 1] - sorted[i];
    return t < 0.5 ? sorted[i] + gap * t : sorted[i + 1] - gap * (1 - t); /* numpy's lerp */
}

static int compare_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void ot_sort_doubles(double *x, size_t n)
{
    if (n > 1)
        qsort(x, n, sizeof *x, compare_doubles);
}

struct ot_stats *ot_stats_new(struct ot_arena *arena, size_t exact_n)
{
    struct ot_stats *stats = ot_arena_calloc(arena, 1, sizeof *stats);
    stats->arena = arena;
    stats->exact_n = exact_n;
    stats->exact = true;
    return stats;
}

static double log_gamma_base(void)
{
    return log((1 + OT_STATS_REL_ERR) / (1 - OT_STATS_REL_ERR));
}

static int32_t bucket_of(double x)
{
    const double i = ceil(log(x) / log_gamma_base());
    return (int32_t)i;
}

static double value_of(int32_t bucket)
{
    const double g = (1 + OT_STATS_REL_ERR) / (1 - OT_STATS_REL_ERR);
    return 2 * exp(bucket * log_gamma_base()) / (1 + g);
}

/* Makes the buckets cover from..to. */
static void cover(struct ot_stats *stats, int32_t from, int32_t to)
{
    const int32_t last = stats->base + (int32_t)stats->buckets_n - 1;
    if (stats->buckets_n && from >= stats->base && to <= last)
        return;
    const int32_t half = (int32_t)(stats->buckets_n / 2);
    const int32_t spare = half > 256 ? half : 256; /* so that a widening range seldom copies */
    const int32_t low = stats->buckets_n && stats->base <= from ? stats->base : from - spare;
    const int32_t high = stats->buckets_n && last >= to ? last : to + spare;
    int64_t *wider = ot_arena_calloc(stats->arena, (size_t)(high - low + 1), sizeof *wider);
    if (stats->buckets_n)
        memcpy(wider + (stats->base - low), stats->buckets, stats->buckets_n * sizeof *wider);
    stats->buckets = wider;
    stats->base = low;
    stats->buckets_n = (size_t)(high - low + 1);
}

static void sketch_add(struct ot_stats *stats, double x)
{
    if (x <= tiny) {
        stats->zeros++;
        return;
    }
    const int32_t bucket = bucket_of(x);
    cover(stats, bucket, bucket);
    stats->buckets[bucket - stats->base]++;
}

/* From here on the values are counted in buckets only. */
static void turn_to_sketch(struct ot_stats *stats)
{
    stats->exact = false;
    for (size_t i = 0; i < stats->values_n; i++)
        sketch_add(stats, stats->values[i]);
    stats->values = NULL;
    stats->values_n = stats->values_cap = 0;
}

static void keep(struct ot_stats *stats, double x)
{
    if (stats->exact && stats->values_n == stats->exact_n)
        turn_to_sketch(stats);
    if (!stats->exact) {
        sketch_add(stats, x);
        return;
    }
    if (stats->values_n == stats->values_cap) {
        size_t cap = stats->values_cap ? stats->values_cap * 2 : 256;
        if (cap > stats->exact_n)
            cap = stats->exact_n;
        stats->values =
            ot_arena_grow(stats->arena, stats->values, stats->values_n, cap, sizeof *stats->values);
        stats->values_cap = cap;
    }
    stats->values[stats->values_n++] = x;
    stats->sorted = false;
}

void ot_stats_add(struct ot_stats *stats, double x)
{
    OT_ASSERT(isfinite(x) && x >= 0);
    stats->n++;
    const double delta = x - stats->mean;
    stats->mean += delta / (double)stats->n;
    stats->m2 += delta * (x - stats->mean);
    stats->min = stats->n == 1 || x < stats->min ? x : stats->min;
    stats->max = stats->n == 1 || x > stats->max ? x : stats->max;
    keep(stats, x);
}

static void merge_moments(struct ot_stats *into, const struct ot_stats *from)
{
    const double a = (double)into->n, b = (double)from->n, n = a + b;
    const double delta = from->mean - into->mean;
    into->m2 += from->m2 + delta * delta * (a * b / n);
    into->mean += delta * (b / n);
    into->min = into->n == 0 || from->min < into->min ? from->min : into->min;
    into->max = into->n == 0 || from->max > into->max ? from->max : into->max;
    into->n += from->n;
}

void ot_stats_merge(struct ot_stats *into, const struct ot_stats *from)
{
    OT_ASSERT(into != from);
    if (from->n == 0)
        return;
    if (!from->exact && into->exact)
        turn_to_sketch(into);
    merge_moments(into, from);
    for (size_t i = 0; i < from->values_n; i++)
        keep(into, from->values[i]);
    into->zeros += from->zeros;
    if (!from->buckets_n)
        return;
    cover(into, from->base, from->base + (int32_t)from->buckets_n - 1);
    for (size_t i = 0; i < from->buckets_n; i++)
        into->buckets[(size_t)(from->base - into->base) + i] += from->buckets[i];
}

int64_t ot_stats_count(const struct ot_stats *stats)
{
    return stats->n;
}

double ot_stats_mean(const struct ot_stats *stats)
{
    return stats->mean;
}

/* Of the population: divided by n. */
double ot_stats_variance(const struct ot_stats *stats)
{
    return stats->n ? stats->m2 / (double)stats->n : 0;
}

double ot_stats_min(const struct ot_stats *stats)
{
    return stats->min;
}

double ot_stats_max(const struct ot_stats *stats)
{
    return stats->max;
}

bool ot_stats_is_exact(const struct ot_stats *stats)
{
    return stats->exact;
}

/* The value of 0-based rank by the sketch. */
static double sketch_at(const struct ot_stats *stats, int64_t rank)
{
    int64_t seen = stats->zeros;
    if (rank < seen)
        return stats->min;
    for (size_t i = 0; i < stats->buckets_n; i++) {
        seen += stats->buckets[i];
        if (rank < seen)
            return ot_clamp(value_of(stats->base + (int32_t)i), stats->min, stats->max);
    }
    return stats->max;
}

double ot_stats_percentile(struct ot_stats *stats, double p)
{
    OT_ASSERT(p >= 0 && p <= 100);
    if (stats->n == 0)
        return 0;
    if (stats->exact) {
        if (!stats->sorted)
            ot_sort_doubles(stats->values, stats->values_n);
        stats->sorted = true;
        return ot_percentile_sorted(stats->values, stats->values_n, p);
    }
    /* Both neighbours are within the error bound, so their mixture is too. */
    const double rank = p / 100 * (double)(stats->n - 1), below = floor(rank);
    const int64_t i = (int64_t)below;
    const double low = sketch_at(stats, i);
    return i + 1 >= stats->n ? low : low + (sketch_at(stats, i + 1) - low) * (rank - below);
}
