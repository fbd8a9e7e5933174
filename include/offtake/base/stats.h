/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFTAKE_BASE_STATS_H
#define OFFTAKE_BASE_STATS_H
/* Streaming statistics: mean, variance, extremes, and percentiles that are exact up to a number of
 * values and then a log-bucketed sketch (DDSketch) with a stated relative error. Mergeable; bounded
 * memory; merging in the same order gives the same bits. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "offtake/base/arena.h"

/* Percentile of n sorted values, linear between order statistics (numpy's default). p in [0,100].
 */
double ot_percentile_sorted(const double *sorted, size_t n, double p);
void ot_sort_doubles(double *x, size_t n);

struct ot_stats;
/* exact_n: values kept exactly (1,000,000 = DESIGN's rule); past it a sketch of relative error
 * <= OT_STATS_REL_ERR. Values must be finite and >= 0. */
#define OT_STATS_REL_ERR 0.005
struct ot_stats *ot_stats_new(struct ot_arena *arena, size_t exact_n);
void ot_stats_add(struct ot_stats *stats, double x);
void ot_stats_merge(struct ot_stats *into, const struct ot_stats *from);
int64_t ot_stats_count(const struct ot_stats *stats);
double ot_stats_mean(const struct ot_stats *stats); /* 0 when empty, as all below */
double ot_stats_variance(const struct ot_stats *stats);
double ot_stats_min(const struct ot_stats *stats);
double ot_stats_max(const struct ot_stats *stats);
double ot_stats_percentile(struct ot_stats *stats, double p);
bool ot_stats_is_exact(const struct ot_stats *stats);
#endif
