/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFTAKE_TESTS_SIM_TWIN_H
#define OFFTAKE_TESTS_SIM_TWIN_H
/* The slow, obvious twin of the serving floor: walks every token of every request and every block
 * of KV memory by the rules of docs/models/serving.md, shares no code with src/sim, and must agree
 * with it on every event time, bit for bit. */
#include "offtake/sim.h"

struct twin_step { /* one batch */
    int64_t replica, end_ps;
    int64_t decode_seqs, decode_kv_tok, prefill_seqs, prefill_tok, prefill_kv_tok;
};
struct twin_result {
    struct ot_sim_record *records; /* by index; finish_ps 0 = not served */
    int64_t records_n;
    struct twin_step *steps; /* in the order of launch within a replica; replicas one by one */
    int64_t steps_n;
    int64_t *token_ps; /* gaps between tokens of all requests, in no order of meaning */
    int64_t gaps_n, preemptions_n;
};
/* The requests are given: n of them by arrival. concurrency > 0: a closed loop, arrivals ignored.
 */
void twin_run(const struct ot_sim_engine *engine, const struct ot_sim_cost *cost,
              const struct ot_request *requests, int64_t n, int64_t replicas_n,
              enum ot_sim_router router, int64_t concurrency, struct twin_result *ret);
void twin_free(struct twin_result *result);
#endif
