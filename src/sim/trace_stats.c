/* SPDX-License-Identifier: Apache-2.0 */
/* What a trace looks like: rate, burstiness at several scales, the Gamma law that fits its gaps
 * best, lengths and their correlation (docs/models/traces.md).
 *
 * IDC(w): variance over mean of the counts in windows of w seconds, whole windows from the first
 * arrival; 1 for a Poisson process at any w. */
#include <math.h>
#include <stdlib.h>

#include "offtake/sim.h"

static const double quantile_p[OT_TRACE_QUANTILE_N] = {5, 25, 50, 75, 90, 95, 99};
static const double window_s[OT_TRACE_IDC_N] = {1, 10, 60, 300};

/* ---- Gamma law ---- */

/* psi(x): recurrence up to 6, then the asymptotic series (Abramowitz and Stegun 6.3.18). */
static double digamma(double x)
{
    double shift = 0;
    while (x < 6) {
        shift -= 1 / x;
        x += 1;
    }
    const double f = 1 / (x * x);
    return shift + log(x) - 0.5 / x - f * (1.0 / 12 - f * (1.0 / 120 - f / 252));
}

/* P(a, x), regularised: series below a + 1, continued fraction above (A & S 6.5.29, 6.5.31). */
static double gamma_cdf(double a, double x)
{
    if (x <= 0) {
        return 0;
    }
    const double front = exp(a * log(x) - x - lgamma(a));
    if (x < a + 1) {
        double term = 1 / a;
        double sum = term;
        for (int n = 1; n < 1000 && term > 1e-16 * sum; n++) {
            term *= x / (a + n);
            sum += term;
        }
        return front * sum;
    }
    double b = x + 1 - a; /* modified Lentz */
    double c = 1e300;
    double d = 1 / b;
    double h = d;
    for (int n = 1; n < 1000; n++) {
        const double an = -n * (n - a);
        b += 2;
        d = 1 / (an * d + b);
        c = b + an / c;
        const double step = d * c;
        h *= step;
        if (fabs(step - 1) < 1e-15) {
            break;
        }
    }
    return 1 - front * h;
}

/* Likelihood equation in ln k: ln k - psi(k) = ln mean - mean ln. */
static double shape_excess(double log_k, void *ctx)
{
    return log_k - digamma(exp(log_k)) - *(const double *)ctx;
}

static enum ot_code fit_gamma(const double *sorted, size_t n, struct ot_trace_stats *ret,
                              struct ot_err *err)
{
    struct ot_sum sum = {0};
    struct ot_sum log_sum = {0};
    for (size_t i = 0; i < n; i++) {
        ot_sum_add(&sum, sorted[i]);
        ot_sum_add(&log_sum, log(sorted[i]));
    }
    const double mean = ot_sum_get(&sum) / (double)n;
    double target = log(mean) - ot_sum_get(&log_sum) / (double)n;
    target = ot_clamp(target, 1e-9, 1e6); /* 0: all gaps equal, shape without bound */
    double log_k;
    const enum ot_code code =
        ot_root(shape_excess, &target, log(1e-7), log(1e9), 1e-12, &log_k, err);
    if (code != OT_OK) {
        return code;
    }
    ret->gamma_shape = exp(log_k);
    ret->gamma_scale_s = mean / ret->gamma_shape;
    for (size_t i = 0; i < n; i++) {
        const double p = gamma_cdf(ret->gamma_shape, sorted[i] / ret->gamma_scale_s);
        const double above = fabs((double)(i + 1) / (double)n - p);
        const double below = fabs(p - (double)i / (double)n);
        ret->gamma_ks = fmax(ret->gamma_ks, fmax(above, below));
    }
    return OT_OK;
}

/* ---- arrivals ---- */

struct moments {
    double mean, variance;
};
static struct moments moments_of(const double *x, size_t n)
{
    const double mean = ot_sum_array(x, n) / (double)n;
    struct ot_sum squares = {0};
    for (size_t i = 0; i < n; i++) {
        ot_sum_add(&squares, (x[i] - mean) * (x[i] - mean));
    }
    return (struct moments){mean, ot_sum_get(&squares) / (double)n};
}

static double *counts_in(struct ot_arena *arena, const struct ot_trace *trace, double width_s,
                         size_t windows_n)
{
    double *counts = ot_arena_calloc(arena, windows_n, sizeof *counts);
    for (int64_t i = 0; i < trace->n; i++) {
        const double at = 1e-12 * (double)trace->requests[i].arrival_ps / width_s;
        if (at < (double)windows_n) {
            counts[(size_t)at]++;
        }
    }
    return counts;
}

static void count_windows(struct ot_arena *arena, const struct ot_trace *trace,
                          struct ot_trace_stats *ret)
{
    for (size_t w = 0; w < OT_TRACE_IDC_N; w++) {
        const size_t n = (size_t)(ret->span_s / window_s[w]);
        if (n < 2) {
            continue;
        }
        const double *counts = counts_in(arena, trace, window_s[w], n);
        const struct moments m = moments_of(counts, n);
        ret->has_idc[w] = m.mean > 0;
        ret->idc[w] = m.mean > 0 ? m.variance / m.mean : 0;
        for (size_t i = 0; window_s[w] == 60 && i < n && m.mean > 0; i++) {
            ret->peak60_frac = fmax(ret->peak60_frac, counts[i] / m.mean);
        }
    }
}

static enum ot_code gaps_of(struct ot_arena *arena, const struct ot_trace *trace,
                            struct ot_trace_stats *ret, struct ot_err *err)
{
    const size_t n = (size_t)trace->n - 1;
    double *gaps = ot_arena_calloc(arena, n, sizeof *gaps);
    for (size_t i = 0; i < n; i++) {
        gaps[i] =
            1e-12 * (double)(trace->requests[i + 1].arrival_ps - trace->requests[i].arrival_ps);
    }
    const struct moments m = moments_of(gaps, n);
    ret->iat_cv = sqrt(m.variance) / m.mean;
    ot_sort_doubles(gaps, n);
    size_t zeros = 0;
    while (zeros < n && gaps[zeros] <= 0) {
        zeros++;
    }
    return fit_gamma(gaps + zeros, n - zeros, ret, err);
}

/* ---- lengths ---- */

static struct ot_trace_lengths lengths_of(double *sorted, size_t n)
{
    const struct moments m = moments_of(sorted, n);
    struct ot_trace_lengths lengths = {.mean = m.mean,
                                       .sd = sqrt(m.variance * (double)n / (double)(n - 1))};
    ot_sort_doubles(sorted, n);
    lengths.min = sorted[0];
    lengths.max = sorted[n - 1];
    for (size_t i = 0; i < OT_TRACE_QUANTILE_N; i++) {
        lengths.quantile[i] = ot_percentile_sorted(sorted, n, quantile_p[i]);
    }
    return lengths;
}

/* Rank of x among the sorted values, equal ones sharing the mean of theirs. */
static double rank_of(const double *sorted, size_t n, double x)
{
    size_t low = 0;
    size_t high = n;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        *(sorted[middle] < x ? &low : &high) = sorted[middle] < x ? middle + 1 : middle;
    }
    const size_t first = low;
    high = n;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        *(sorted[middle] <= x ? &low : &high) = sorted[middle] <= x ? middle + 1 : middle;
    }
    return 0.5 * ((double)first + (double)low - 1);
}

static double spearman_of(const struct ot_trace *trace, const double *inputs, const double *outputs)
{
    const size_t n = (size_t)trace->n;
    const double middle = 0.5 * (double)(n - 1); /* mean rank */
    struct ot_sum cross = {0};
    struct ot_sum in2 = {0};
    struct ot_sum out2 = {0};
    for (size_t i = 0; i < n; i++) {
        const double a = rank_of(inputs, n, (double)trace->requests[i].input_tok) - middle;
        const double b = rank_of(outputs, n, (double)trace->requests[i].output_tok) - middle;
        ot_sum_add(&cross, a * b);
        ot_sum_add(&in2, a * a);
        ot_sum_add(&out2, b * b);
    }
    const double scale = sqrt(ot_sum_get(&in2) * ot_sum_get(&out2));
    return scale > 0 ? ot_sum_get(&cross) / scale : 0; /* 0: one length is constant */
}

enum ot_code ot_trace_stats(struct ot_arena *arena, const struct ot_trace *trace,
                            struct ot_trace_stats *ret, struct ot_err *err)
{
    const size_t n = (size_t)trace->n;
    const int64_t span_ps = n > 0 ? trace->requests[n - 1].arrival_ps : 0;
    if (n < 3 || span_ps <= 0) {
        return ot_err_plain(err, OT_INPUT,
                            "statistics need at least 3 requests at different times");
    }
    struct ot_arena *scratch = ot_arena_child(arena);
    struct ot_trace_stats stats = {.n = trace->n, .span_s = 1e-12 * (double)span_ps};
    stats.rate_req_per_s = (double)n / stats.span_s;
    const enum ot_code code = gaps_of(scratch, trace, &stats, err);
    if (code == OT_OK) {
        count_windows(scratch, trace, &stats);
        double *inputs = ot_arena_calloc(scratch, n, sizeof *inputs);
        double *outputs = ot_arena_calloc(scratch, n, sizeof *outputs);
        for (size_t i = 0; i < n; i++) {
            inputs[i] = (double)trace->requests[i].input_tok;
            outputs[i] = (double)trace->requests[i].output_tok;
        }
        stats.input = lengths_of(inputs, n);
        stats.output = lengths_of(outputs, n);
        stats.spearman = spearman_of(trace, inputs, outputs);
        *ret = stats;
    }
    ot_arena_free(scratch);
    return code;
}
