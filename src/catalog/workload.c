/* SPDX-License-Identifier: Apache-2.0 */
/* Lengths from quantile tables, rates from curves, and the workload `fixed:ISL/OSL`. */
#include "catalog/internal.h"

#include <math.h>

static const double fixed_tokens_max = 1e8;

/* Index of the segment [i, i + 1] that holds percentile p. */
static int64_t segment(const struct ot_quantiles *q, double p)
{
    int64_t low = 0, high = q->p_n - 2;
    while (low < high) {
        const int64_t mid = low + (high - low + 1) / 2;
        if (q->p[mid] <= p)
            low = mid;
        else
            high = mid - 1;
    }
    return low;
}

int64_t ot_workload_sample(const struct ot_quantiles *lengths, double u)
{
    OT_ASSERT(lengths->p_n >= 1 && u >= 0 && u <= 1);
    double tokens = lengths->tokens[0];
    if (lengths->p_n > 1) {
        const int64_t i = segment(lengths, 100 * u);
        const double width = lengths->p[i + 1] - lengths->p[i];
        const double share = ot_clamp((100 * u - lengths->p[i]) / width, 0, 1);
        tokens = lengths->tokens[i] + share * (lengths->tokens[i + 1] - lengths->tokens[i]);
    }
    const double whole = floor(tokens + 0.5);
    return whole < 1 ? 1 : (int64_t)whole;
}

double ot_quantiles_mean(const struct ot_quantiles *lengths)
{
    OT_ASSERT(lengths->p_n >= 1);
    if (lengths->p_n == 1)
        return lengths->tokens[0];
    struct ot_sum sum = {0};
    for (int64_t i = 0; i + 1 < lengths->p_n; i++)
        ot_sum_add(&sum, (lengths->p[i + 1] - lengths->p[i]) *
                             (lengths->tokens[i] + lengths->tokens[i + 1]) / 2);
    return ot_sum_get(&sum) / (lengths->p[lengths->p_n - 1] - lengths->p[0]);
}

double ot_workload_rate_factor(const struct ot_workload *workload, double t_s)
{
    OT_ASSERT(t_s >= 0);
    if (workload->rate_curve_n == 0)
        return 1;
    const double within = fmod(t_s, workload->rate_period_s) / workload->rate_period_s;
    const int64_t slot = (int64_t)(within * (double)workload->rate_curve_n);
    return workload->rate_curve[slot < workload->rate_curve_n ? slot : workload->rate_curve_n - 1];
}

static const char fixed_prefix[] = "fixed:";

bool ot__workload_is_fixed(struct ot_str name)
{
    return ot_str_starts(name, fixed_prefix);
}

static struct ot_quantiles all_equal(struct ot_arena *arena, double tokens)
{
    struct ot_quantiles q = {.p_n = 2, .tokens_n = 2};
    q.p = ot_arena_calloc(arena, 2, sizeof *q.p);
    q.tokens = ot_arena_calloc(arena, 2, sizeof *q.tokens);
    q.p[1] = 100;
    q.tokens[0] = q.tokens[1] = tokens;
    return q;
}

enum ot_code ot__workload_fixed(struct ot_arena *arena, struct ot_str name, struct ot_loc loc,
                                struct ot_workload *ret, struct ot_err *err)
{
    const size_t skip = sizeof fixed_prefix - 1;
    struct ot_str output = {0};
    struct ot_str input = ot_str_cut(ot_str_n(name.ptr + skip, name.len - skip), '/', &output);
    int64_t in = 0, out = 0;
    if (!ot_str_int(input, &in) || !ot_str_int(output, &out) || in < 1 || out < 1 ||
        (double)in > fixed_tokens_max || (double)out > fixed_tokens_max)
        return ot_err_set(err, OT_INPUT, loc, "workload", name,
                          "fixed:ISL/OSL with whole tokens from 1 to 1e8, such as fixed:1024/256");
    *ret = (struct ot_workload){
        .name = ot_str_dup(arena, name),
        .title = ot_str_fmt(arena, "%lld tokens in, %lld out", (long long)in, (long long)out),
        .input = all_equal(arena, (double)in),
        .output = all_equal(arena, (double)out),
        .arrival_shape = 1,
        .source = ot_str_c("as given"),
        .loc = loc,
    };
    return OT_OK;
}
