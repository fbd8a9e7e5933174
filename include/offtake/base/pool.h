/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFTAKE_BASE_POOL_H
#define OFFTAKE_BASE_POOL_H
/* Run n independent items on 1..N threads; results are written by index, so the outcome does not
 * depend on the number of threads. */
#include <stdint.h>

#include "offtake/base/err.h"

/* Called once per index, from any worker; must touch only item `index` of its results. */
typedef void ot_pool_fn(void *ctx, int64_t index);
void ot_pool_run(int threads, int64_t n, ot_pool_fn *fn, void *ctx);
int ot_pool_cpus(void); /* CPUs this process may use, >= 1 */
/* The one clock: monotonic nanoseconds, for progress, limits and the server only. */
int64_t ot_clock_ns(void);
#endif
