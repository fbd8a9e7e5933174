/* SPDX-License-Identifier: Apache-2.0 */
/* vLLM v1's scheduler (vllm/v1/core/sched/scheduler.py, read 2026-11; docs/models/serving.md lists
 * the rules): running first, then waiting, one token budget; first come, first served; when blocks
 * run out the last running request loses its own and starts anew from the front of the queue.
 *
 * Where it differs in form, not in outcome: vLLM walks RUNNING and pops victims from its end until
 * the request at hand fits. Every victim comes from the end and is not yet served in this pass, so
 * popping until the whole need of those left fits gives the same set.
 *
 * Not covered: long_prefill_token_threshold, priorities, LoRA, drafts, prefix sharing between
 * requests. */
#include "sim/sim_internal.h"

static int64_t blocks_for(const struct ot__replica *r, int64_t tokens)
{
    const int64_t size = r->shared->engine.block_tokens;
    return (tokens + size - 1) / size;
}

/* Decodes whose next token opens a block. */
static int64_t decode_need(const struct ot__replica *r)
{
    const int64_t size = r->shared->engine.block_tokens;
    return r->need[(size - r->it % size) % size];
}

/* Half-done prefill: as much as the budget allows, or lose everything. */
static void continue_half(struct ot__replica *r, struct ot__plan *plan, int64_t *budget)
{
    const int32_t slot = r->half;
    const struct ot__slot *s = &r->slots[slot];
    const int64_t left = s->input_tok + s->made_tok - s->kv_tok;
    const int64_t chunk = left < *budget ? left : *budget;
    const int64_t need = blocks_for(r, s->kv_tok + chunk) - blocks_for(r, s->kv_tok);
    if (need > r->blocks.free_n) {
        OT_ASSERT(slot == r->run_last);
        ot__replica_preempt_last(r);
        plan->preempted = true;
        return;
    }
    ot__blocks_take(&r->blocks, need);
    ot__replica_prefill(r, plan, slot, chunk, chunk);
    *budget -= chunk;
}

/* Full blocks of its own, of before a preemption, that nobody has taken; never the whole request.
 */
static int64_t own_hit(const struct ot__replica *r, const struct ot__slot *s)
{
    if (s->segment < 0) {
        return 0;
    }
    int64_t hit = (s->input_tok + s->made_tok - 1) / r->shared->engine.block_tokens;
    hit = s->old_full_blocks < hit ? s->old_full_blocks : hit;
    const int64_t left = ot__blocks_left(&r->blocks, s->segment);
    return left < hit ? left : hit;
}

/* The head of WAITING into the batch; false when it must wait. */
static bool admit(struct ot__replica *r, struct ot__plan *plan, int64_t *budget)
{
    struct ot__slot *s = &r->slots[r->waiting.items[r->waiting.head]];
    const int64_t size = r->shared->engine.block_tokens;
    const int64_t tokens = s->input_tok + s->made_tok;
    const int64_t hit = own_hit(r, s);
    const int64_t left = tokens - hit * size;
    const int64_t chunk = left < *budget ? left : *budget;
    const int64_t held = r->shared->engine.gate == OT_SIM_GATE_FULL_PROMPT
                             ? blocks_for(r, tokens)
                             : blocks_for(r, hit * size + chunk);
    if (held > r->blocks.free_n) { /* blocks hit are in the free queue too */
        return false;
    }
    ot__blocks_retake(&r->blocks, s->segment, hit);
    s->segment = -1;
    s->kv_tok = hit * size;
    ot__blocks_take(&r->blocks, blocks_for(r, hit * size + chunk) - hit);
    ot__replica_prefill(r, plan, ot__replica_admit(r), chunk, chunk);
    *budget -= chunk;
    return true;
}

/* Batches of the same decodes that free blocks allow, the first being paid for already. */
static int64_t steps_by_blocks(const struct ot__replica *r)
{
    const int64_t size = r->shared->engine.block_tokens;
    int64_t left = r->blocks.free_n % r->decode_n;
    int64_t n = 1 + r->blocks.free_n / r->decode_n * size;
    for (int64_t k = 0; k < size; k++, n++) {
        const int64_t c = (size - (r->it + n) % size) % size;
        if (r->need[c] > left) {
            break;
        }
        left -= r->need[c];
    }
    return n;
}

bool ot__vllm_schedule(struct ot__replica *r, struct ot__plan *plan)
{
    int64_t budget = r->shared->engine.max_batched_tokens;
    while (decode_need(r) > r->blocks.free_n) {
        ot__replica_preempt_last(r);
        plan->preempted = true;
    }
    ot__blocks_take(&r->blocks, decode_need(r));
    plan->decode_n = plan->price_seqs = r->decode_n;
    plan->decode_kv = plan->price_kv = r->decode_kv;
    budget -= r->decode_n;
    if (r->half >= 0) {
        continue_half(r, plan, &budget);
    }
    while (!plan->preempted && budget > 0 && r->waiting.n > 0 &&
           r->running_n < r->shared->engine.max_num_seqs) {
        if (!admit(r, plan, &budget)) {
            break;
        }
    }
    if (plan->decode_n > 0 && plan->prefill_n == 0 && !plan->preempted) {
        plan->steps_max = steps_by_blocks(r);
    }
    return plan->decode_n + plan->prefill_n > 0;
}
