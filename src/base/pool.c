/* SPDX-License-Identifier: Apache-2.0 */
/* Threads over independent items, taken one by one from a shared counter; and the one clock. */
#define _GNU_SOURCE /* sched_getaffinity */
#include "offtake/base/pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <time.h>

enum {
    THREADS_MAX = 256
};

struct job {
    atomic_llong next;
    int64_t n;
    ot_pool_fn *fn;
    void *ctx;
};

static void *work(void *arg)
{
    struct job *job = arg;
    for (;;) {
        const int64_t index = atomic_fetch_add(&job->next, 1);
        if (index >= job->n)
            return NULL;
        job->fn(job->ctx, index);
    }
}

void ot_pool_run(int threads, int64_t n, ot_pool_fn *fn, void *ctx)
{
    struct job job = {.n = n, .fn = fn, .ctx = ctx};
    pthread_t others[THREADS_MAX];
    int wanted = threads < THREADS_MAX ? threads : THREADS_MAX;
    if (wanted > n)
        wanted = (int)n;
    int started = 0; /* beside this thread; fewer than wanted is slower and no less right */
    while (started < wanted - 1 && pthread_create(&others[started], NULL, work, &job) == 0)
        started++;
    (void)work(&job);
    for (int i = 0; i < started; i++)
        (void)pthread_join(others[i], NULL);
}

int ot_pool_cpus(void)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return 1;
    const int n = CPU_COUNT(&set);
    return n > 0 ? n : 1;
}

int64_t ot_clock_ns(void)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}
