/* SPDX-License-Identifier: Apache-2.0 */
/* Histogram of gaps between tokens: bucket of x = (position of its highest bit, next 8 bits). */
#include "sim/sim_internal.h"

static size_t bucket_of(int64_t x)
{
    if (x < (1 << OT__GAPS_BITS)) {
        return x < 0 ? 0 : (size_t)x;
    }
    const int shift = 63 - __builtin_clzll((unsigned long long)x) - OT__GAPS_BITS;
    return ((size_t)(shift + 1) << OT__GAPS_BITS) + (size_t)((x >> shift) - (1 << OT__GAPS_BITS));
}

/* Smallest value of the bucket. */
static int64_t bucket_low(size_t bucket)
{
    const int64_t mantissa = (int64_t)(bucket & ((1 << OT__GAPS_BITS) - 1));
    const int64_t exponent = (int64_t)(bucket >> OT__GAPS_BITS);
    return exponent == 0 ? mantissa : (mantissa + (1 << OT__GAPS_BITS)) << (exponent - 1);
}

void ot__gaps_init(struct ot__gaps *gaps, struct ot_arena *arena)
{
    *gaps = (struct ot__gaps){0};
    gaps->counts = ot_arena_calloc(arena, OT__GAPS_N, sizeof *gaps->counts);
}

void ot__gaps_add(struct ot__gaps *gaps, int64_t gap_ps, int64_t weight)
{
    gaps->counts[bucket_of(gap_ps)] += weight;
    gaps->n += weight;
    ot_sum_add(&gaps->sum_ps, (double)gap_ps * (double)weight);
    if (weight > 0 && gap_ps > gaps->max_ps) {
        gaps->max_ps = gap_ps;
    }
}

void ot__gaps_ramp(struct ot__gaps *gaps, int64_t first_ps, int64_t slope_ps, int64_t n,
                   int64_t weight)
{
    const int64_t last_ps = first_ps + slope_ps * (n - 1);
    for (int64_t k = 0; k < n;) {
        const size_t bucket = bucket_of(first_ps + k * slope_ps);
        const int64_t next_low = bucket_low(bucket + 1);
        const int64_t end =
            last_ps < next_low ? n : (next_low - first_ps + slope_ps - 1) / slope_ps;
        gaps->counts[bucket] += (end - k) * weight;
        k = end;
    }
    gaps->n += n * weight;
    ot_sum_add(&gaps->sum_ps, ((double)first_ps * (double)n +
                               0.5 * (double)slope_ps * (double)n * (double)(n - 1)) *
                                  (double)weight);
    if (n > 0 && weight > 0 && last_ps > gaps->max_ps) {
        gaps->max_ps = last_ps;
    }
}

void ot__gaps_merge(struct ot__gaps *into, const struct ot__gaps *from)
{
    for (size_t i = 0; i < OT__GAPS_N; i++) {
        into->counts[i] += from->counts[i];
    }
    into->n += from->n;
    ot_sum_add(&into->sum_ps, ot_sum_get(&from->sum_ps));
    if (from->max_ps > into->max_ps) {
        into->max_ps = from->max_ps;
    }
}

/* Middle of the bucket that holds the gap of 0-based rank k. */
static double ranked_s(const struct ot__gaps *gaps, int64_t k)
{
    int64_t seen = 0;
    size_t i = 0;
    for (; i < OT__GAPS_N - 1 && seen + gaps->counts[i] <= k; i++) {
        seen += gaps->counts[i];
    }
    const int64_t low_ps = bucket_low(i);
    const int64_t width_ps = bucket_low(i + 1) - low_ps;
    return 1e-12 * ((double)low_ps + 0.5 * (double)(width_ps - 1));
}

double ot__gaps_percentile_s(const struct ot__gaps *gaps, double p)
{
    if (gaps->n == 0) {
        return 0;
    }
    const double rank = p / 100 * (double)(gaps->n - 1);
    const int64_t below = (int64_t)rank;
    const double low = ranked_s(gaps, below);
    const double high = below + 1 < gaps->n ? ranked_s(gaps, below + 1) : low;
    return low + (rank - (double)below) * (high - low);
}
