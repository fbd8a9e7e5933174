/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFTAKE_BASE_RNG_H
#define OFFTAKE_BASE_RNG_H
/* Random numbers as a pure function of (seed, stream, counter): philox4x32-10 of random123.
 * stream = which entity, counter = which draw; adding an entity moves nobody else's numbers. */
#include <stdint.h>

struct ot_rng {
    uint64_t seed, stream;
};
struct ot_rng ot_rng_of(uint64_t seed, uint64_t stream);
/* A stream id from a name and an index, so that entities need no central numbering. */
uint64_t ot_rng_stream(const char *name, uint64_t index);
void ot_rng_words(struct ot_rng rng, uint64_t counter, uint32_t ret_words[4]);
double ot_rng_uniform(struct ot_rng rng, uint64_t counter); /* in (0, 1), 53 bits */
double ot_rng_normal(struct ot_rng rng, uint64_t counter);
double ot_rng_exponential(struct ot_rng rng, uint64_t counter);           /* mean 1 */
double ot_rng_gamma(struct ot_rng rng, uint64_t counter, double shape);   /* mean = shape */
double ot_rng_weibull(struct ot_rng rng, uint64_t counter, double shape); /* scale 1 */
/* Inverse normal cdf, for quantile transforms; p in (0, 1), |error| < 1.2e-9 relative. */
double ot_normal_quantile(double p);
double ot_normal_cdf(double x);
#endif
