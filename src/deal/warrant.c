/* SPDX-License-Identifier: Apache-2.0 */
/* What a warrant with volume and share-price conditions is worth: joint simulation of the share and
 * of the volume bought, so that a buyer who fails also fails to vest. Share: geometric Brownian
 * motion at the risk-free rate, watched monthly (a target between two months is missed: the value
 * is biased slightly low). Volume at expiry: lognormal about its plan, median = plan, correlated
 * with the share's last value through its standard normal. docs/models/deal-warrant.md.
 * Not covered: early exercise (worthless without dividends), stochastic volatility. */
#include "offtake/deal.h"

#include <math.h>

enum {
    BLOCKS = 64 /* fixed, so that sums do not depend on the number of threads */
};

struct block {
    double sum, sum_sq;
};
struct run {
    const struct ot_warrant *w;
    struct block blocks[BLOCKS];
};

static double path_value(const struct ot_warrant *w, int64_t path)
{
    int64_t steps = 1; /* months, the last one short */
    while ((double)steps < w->years * 12)
        steps++;
    double dt = w->years / (double)steps, rate = log1p(w->rate_frac);
    double drift = (rate - w->volatility_frac * w->volatility_frac / 2) * dt;
    double sd = w->volatility_frac * sqrt(dt);
    struct ot_rng share = ot_rng_of(w->seed, ot_rng_stream("warrant share", (uint64_t)path));
    double price = w->price_usd, top = price, normals = 0;
    for (int64_t i = 0; i < steps; i++) {
        double z = ot_rng_normal(share, (uint64_t)i);
        normals += z;
        price *= exp(drift + sd * z);
        top = fmax(top, price);
    }
    struct ot_rng own = ot_rng_of(w->seed, ot_rng_stream("warrant volume", (uint64_t)path));
    double rho = w->correlation_frac;
    double z = rho * normals / sqrt((double)steps) + sqrt(1 - rho * rho) * ot_rng_normal(own, 0);
    double volume = w->volume_w * exp(w->volume_volatility_frac * sqrt(w->years) * z);
    double shares = 0;
    for (size_t m = 0; m < w->tranches_n; m++)
        if (top >= w->target_usd[m] && volume >= w->volume_min_w[m])
            shares += w->shares_n[m];
    return shares * fmax(price - w->strike_usd, 0) * exp(-rate * w->years);
}

static void run_block(void *ctx, int64_t index)
{
    struct run *run = ctx;
    int64_t from = run->w->paths_n * index / BLOCKS, to = run->w->paths_n * (index + 1) / BLOCKS;
    struct ot_sum sum = {0}, sum_sq = {0};
    for (int64_t path = from; path < to; path++) {
        double value = path_value(run->w, path);
        ot_sum_add(&sum, value);
        ot_sum_add(&sum_sq, value * value);
    }
    run->blocks[index] = (struct block){ot_sum_get(&sum), ot_sum_get(&sum_sq)};
}

static enum ot_code check(const struct ot_warrant *w, struct ot_err *err)
{
    const struct {
        const char *name;
        double value, min, max;
    } rows[] = {
        {"price_usd", w->price_usd, 0, 1e9},
        {"strike_usd", w->strike_usd, 0, 1e9},
        {"rate_frac", w->rate_frac, -0.5, 10},
        {"volatility_frac", w->volatility_frac, 0, 10},
        {"years", w->years, 0, 100},
        {"volume_w", w->volume_w, 0, 1e15},
        {"volume_volatility_frac", w->volume_volatility_frac, 0, 10},
        {"correlation_frac", w->correlation_frac, -1, 1},
        {"paths_n", (double)w->paths_n, 2, 1e9},
    };
    for (size_t i = 0; i < OT_COUNT(rows); i++)
        if (!(isfinite(rows[i].value) && rows[i].value >= rows[i].min &&
              rows[i].value <= rows[i].max))
            return ot_err_plain(err, OT_INPUT, "%s: '%g': from %g to %g", rows[i].name,
                                rows[i].value, rows[i].min, rows[i].max);
    for (size_t m = 0; m < w->tranches_n; m++)
        if (!(w->shares_n[m] >= 0 && w->target_usd[m] >= 0 && w->volume_min_w[m] >= 0))
            return ot_err_plain(err, OT_INPUT, "tranche %zu: shares, target and volume of >= 0", m);
    return OT_OK;
}

enum ot_code ot_warrant_value(const struct ot_warrant *warrant, struct ot_mc *ret,
                              struct ot_err *err)
{
    enum ot_code code = check(warrant, err);
    if (code)
        return code;
    struct run run = {.w = warrant};
    ot_pool_run(warrant->threads, BLOCKS, run_block, &run);
    struct ot_sum sum = {0}, sum_sq = {0};
    for (size_t i = 0; i < BLOCKS; i++) {
        ot_sum_add(&sum, run.blocks[i].sum);
        ot_sum_add(&sum_sq, run.blocks[i].sum_sq);
    }
    double n = (double)warrant->paths_n, mean = ot_sum_get(&sum) / n;
    double variance = fmax(ot_sum_get(&sum_sq) / n - mean * mean, 0) * n / (n - 1);
    *ret = (struct ot_mc){mean, sqrt(variance / n)};
    return OT_OK;
}
