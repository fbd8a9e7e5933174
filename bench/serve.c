/* SPDX-License-Identifier: Apache-2.0 */
/* Requests simulated per CPU second: Llama-3.1-8B on one A100 under lengths like the Azure
 * conversation trace, the system on which Vidur does 1,216 requests and 6,130 iterations per CPU
 * second; a router over many replicas; an overloaded one. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "offtake/sim.h"

static double cpu_s(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

struct row {
    const char *name;
    int64_t requests_n, replicas_n, blocks;
    double rate_req_per_s;
    enum ot_sim_router router;
};

static enum ot_code bench(const struct row *row, struct ot_arena *arena, struct ot_err *err)
{
    struct ot_catalog *catalog;
    struct ot_fits *fits;
    const struct ot_model *model;
    const struct ot_chip *chip;
    const struct ot_workload *workload;
    const struct ot_loc none = {0};
    enum ot_code code = ot_catalog_open(arena, getenv("OFFTAKE_DATA"), NULL, &catalog, err);
    if (code == OT_OK)
        code = ot_fits_open(arena, catalog, &fits, err);
    if (code == OT_OK)
        code = ot_catalog_model(catalog, ot_str_c("llama-3.1-8b"), none, &model, err);
    if (code == OT_OK)
        code = ot_catalog_chip(catalog, ot_str_c("a100-sxm-80gb"), none, &chip, err);
    if (code == OT_OK)
        code = ot_catalog_workload(catalog, ot_str_c("azure-conv-2023"), none, &workload, err);
    if (code != OT_OK)
        return code;
    struct ot_deploy deploy = ot_deploy_of(model, chip);
    deploy.num_gpu_blocks = row->blocks;
    code = ot_deploy_fill(fits, &deploy, NULL, err);
    const struct ot_sim_deploy ctx = {fits, &deploy};
    struct ot_sim_setup setup;
    if (code == OT_OK)
        code = ot_sim_setup_of(&ctx, 0, NULL, &setup, err);
    if (code != OT_OK)
        return code;
    setup.load = ot_sim_load_of(workload);
    setup.load.rate_req_per_s = row->rate_req_per_s;
    setup.load.requests_n = row->requests_n;
    setup.replicas_n = row->replicas_n;
    setup.router = row->router;
    struct ot_sim_result r;
    const double before_s = cpu_s();
    code = ot_sim_run(&setup, arena, &r, err);
    const double spent_s = cpu_s() - before_s;
    if (code == OT_OK)
        printf("%-34s %8.0f requests/CPU s, %9.0f iterations/CPU s (%lld requests, %.2f CPU s, "
               "%.1f iterations each, %lld preemptions)\n",
               row->name, (double)r.requests_n / spent_s, (double)r.steps_n / spent_s,
               (long long)r.requests_n, spent_s, (double)r.steps_n / (double)r.requests_n,
               (long long)r.preemptions_n);
    return code;
}

int main(void)
{
    static const struct row rows[] = {
        {"1 replica, 5.5 req/s", 200000, 1, 0, 5.5, OT_SIM_ROUND_ROBIN},
        {"1 replica, 5.5 req/s, 3000 blocks", 50000, 1, 3000, 5.5, OT_SIM_ROUND_ROBIN},
        {"1 replica, overloaded", 50000, 1, 0, 15, OT_SIM_ROUND_ROBIN},
        {"8 replicas in turn, 44 req/s", 200000, 8, 0, 44, OT_SIM_ROUND_ROBIN},
        {"8 replicas, least outstanding", 200000, 8, 0, 44, OT_SIM_LEAST_OUTSTANDING},
    };
    for (size_t i = 0; i < OT_COUNT(rows); i++) {
        struct ot_arena *arena = ot_arena_new(0);
        struct ot_err err;
        ot_err_init(&err, arena);
        const enum ot_code code = bench(&rows[i], arena, &err);
        if (code != OT_OK)
            fprintf(stderr, "%s\n", ot_err_text(&err, arena).ptr);
        ot_arena_free(arena);
        if (code != OT_OK)
            return 1;
    }
    return 0;
}
