/* SPDX-License-Identifier: Apache-2.0 */
/* NxD Inference on Neuron: everything has the shape it was compiled for (AWS Neuron SDK 2.29,
 * vLLM plugin 0.5.0; docs/models/serving.md). A prompt runs alone, padded to its bucket, and before
 * any decode; a decode batch always has all compiled rows, at the bucket of its longest sequence.
 * KV memory is one row of max_model_len per sequence, so nothing is ever preempted.
 *
 * Not covered: block layout with prefix caching, disaggregation. */
#include "sim/sim_internal.h"

int64_t ot__nxd_bucket(const struct ot_sim_engine *engine, int64_t tokens)
{
    int64_t bucket = engine->bucket_min_tok;
    while (bucket < tokens && bucket < engine->max_model_len) {
        bucket *= 2;
    }
    return bucket < engine->max_model_len ? bucket : engine->max_model_len;
}

bool ot__nxd_schedule(struct ot__replica *r, struct ot__plan *plan)
{
    const struct ot_sim_engine *e = &r->shared->engine;
    if (r->waiting.n > 0 && r->running_n < e->max_num_seqs) {
        const int32_t slot = ot__replica_admit(r);
        const int64_t prompt = r->slots[slot].input_tok;
        ot__replica_prefill(r, plan, slot, prompt, ot__nxd_bucket(e, prompt));
        return true;
    }
    if (r->decode_n == 0) {
        return false;
    }
    const int64_t longest = ot__replica_longest_kv(r);
    const int64_t bucket = ot__nxd_bucket(e, longest + 1);
    plan->decode_n = r->decode_n;
    plan->decode_kv = r->decode_kv;
    plan->price_seqs = e->max_num_seqs;
    plan->price_kv = e->max_num_seqs * bucket;
    plan->steps_max = bucket - longest;
    return true;
}
