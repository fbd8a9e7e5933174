/* SPDX-License-Identifier: Apache-2.0 */
/* Counter-based random numbers: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as
 * 1, 2, 3", SC 2011; the generator itself is random123's. Key = seed; counter = (draw, stream).
 *
 * Rejection methods need a number of uniforms that is not known beforehand: each draw has its own
 * sub-streams, derived from (stream, counter), so that draws never share words. */
#include "offtake/base/rng.h"

#include <Random123/philox.h>
#include <math.h>
#include <xxhash.h>

#include "offtake/base/num.h"

enum {
    TRIES_MAX = 1000 /* of a rejection that accepts more than 95 % of the time */
};

struct ot_rng ot_rng_of(uint64_t seed, uint64_t stream)
{
    return (struct ot_rng){.seed = seed, .stream = stream};
}

uint64_t ot_rng_stream(const char *name, uint64_t index)
{
    const struct ot_str text = ot_str_c(name);
    return XXH3_64bits_withSeed(text.ptr, text.len, index);
}

void ot_rng_words(struct ot_rng rng, uint64_t counter, uint32_t ret_words[4])
{
    const philox4x32_key_t key = {{(uint32_t)rng.seed, (uint32_t)(rng.seed >> 32)}};
    const philox4x32_ctr_t ctr = {{(uint32_t)counter, (uint32_t)(counter >> 32),
                                   (uint32_t)rng.stream, (uint32_t)(rng.stream >> 32)}};
    const philox4x32_ctr_t out = philox4x32(ctr, key);
    for (int i = 0; i < 4; i++)
        ret_words[i] = out.v[i];
}

/* (k + 1/2) / 2^52: the middle of one of 2^52 equal cells, never 0 or 1. */
static double unit_of(uint32_t high, uint32_t low)
{
    const uint64_t k = ((uint64_t)high << 32 | low) >> 12;
    return ((double)k + 0.5) * 0x1p-52;
}

double ot_rng_uniform(struct ot_rng rng, uint64_t counter)
{
    uint32_t w[4];
    ot_rng_words(rng, counter, w);
    return unit_of(w[0], w[1]);
}

double ot_rng_normal(struct ot_rng rng, uint64_t counter)
{
    return ot_normal_quantile(ot_rng_uniform(rng, counter));
}

double ot_rng_exponential(struct ot_rng rng, uint64_t counter)
{
    return -log(ot_rng_uniform(rng, counter));
}

/* Marsaglia and Tsang 2000, "A simple method for generating gamma variables"; below shape 1 by
 * their boost: gamma(a) = gamma(a + 1) * u^(1/a). */
double ot_rng_gamma(struct ot_rng rng, uint64_t counter, double shape)
{
    OT_ASSERT(shape > 0 && isfinite(shape));
    const struct ot_rng tries = {
        .seed = rng.seed, .stream = XXH3_64bits_withSeed(&counter, sizeof counter, rng.stream)};
    const double d = (shape < 1 ? shape + 1 : shape) - 1.0 / 3, c = 1 / sqrt(9 * d);
    double boost = 1;
    if (shape < 1)
        boost = pow(ot_rng_uniform(tries, TRIES_MAX), 1 / shape);
    for (uint64_t i = 0; i < TRIES_MAX; i++) {
        uint32_t w[4];
        ot_rng_words(tries, i, w);
        const double x = ot_normal_quantile(unit_of(w[0], w[1])), u = unit_of(w[2], w[3]);
        const double root = 1 + c * x, v = root * root * root;
        if (v > 0 && log(u) < 0.5 * x * x + d - d * v + d * log(v))
            return d * v * boost;
    }
    return shape; /* cannot be reached in practice: 0.05^1000 */
}

double ot_rng_weibull(struct ot_rng rng, uint64_t counter, double shape)
{
    OT_ASSERT(shape > 0 && isfinite(shape));
    return pow(ot_rng_exponential(rng, counter), 1 / shape);
}

static double polynomial(const double *c, int n, double x)
{
    double y = c[0];
    for (int i = 1; i < n; i++)
        y = y * x + c[i];
    return y;
}

/* Peter Acklam's rational approximation (2003), relative error below 1.15e-9 over (0, 1). */
double ot_normal_quantile(double p)
{
    static const double a[] = {-3.969683028665376e+01, 2.209460984245205e+02,
                               -2.759285104469687e+02, 1.383577518672690e+02,
                               -3.066479806614716e+01, 2.506628277459239e+00};
    static const double b[] = {-5.447609879822406e+01, 1.615858368580409e+02,
                               -1.556989798598866e+02, 6.680131188771972e+01,
                               -1.328068155288572e+01, 1};
    static const double c[] = {-7.784894002430293e-03, -3.223964580411365e-01,
                               -2.400758277161838e+00, -2.549732539343734e+00,
                               4.374664141464968e+00,  2.938163982698783e+00};
    static const double d[] = {7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00,
                               3.754408661907416e+00, 1};
    static const double low = 0.02425;
    OT_ASSERT(p > 0 && p < 1);
    if (p < low || p > 1 - low) {
        const double q = sqrt(-2 * log(p < low ? p : 1 - p));
        const double x = polynomial(c, 6, q) / polynomial(d, 5, q);
        return p < low ? x : -x;
    }
    const double q = p - 0.5, r = q * q;
    return polynomial(a, 6, r) * q / polynomial(b, 6, r);
}

double ot_normal_cdf(double x)
{
    return 0.5 * erfc(-x * 0.70710678118654752440);
}
