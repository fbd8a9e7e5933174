/* SPDX-License-Identifier: Apache-2.0 */
/* The engine loop of one replica: when batches start and end, when their outputs are read, which
 * tokens come out when. What goes into a batch is the policy's (vllm.c, nxd.c).
 *
 * A tick, at time `now` (docs/models/serving.md has the picture):
 *
 *   1. if told so, read the output of the oldest batch in flight: finished requests leave
 *   2. pick up the requests that have arrived
 *   3. plan a batch; launch it: start = max(device free, now + cpu), end = start + T
 *   4. fewer batches in flight than allowed: tick again at once; else the next tick is when the
 *      oldest has ended (+ output_ps); with nothing in flight, at the next arrival
 *
 * Where a batch is followed by others like it (decodes only, nobody arrives, ends, or lacks a
 * block) all of them are launched at once: their lengths are T, T + q, T + 2 q …, so the clock has
 * a closed form. Splitting a jump anywhere gives the same events. */
#include "sim/sim_internal.h"

/* ---- rings and slots ---- */

static struct ot__arrival *inbox_at(const struct ot__inbox *inbox, size_t i)
{
    return &inbox->items[(inbox->head + i) & (inbox->cap - 1)];
}

static void inbox_grow(struct ot__replica *r)
{
    struct ot__inbox grown = {.n = r->inbox.n, .cap = r->inbox.cap == 0 ? 64 : 2 * r->inbox.cap};
    grown.items = ot_arena_calloc(r->arena, grown.cap, sizeof *grown.items);
    for (size_t i = 0; i < r->inbox.n; i++) {
        grown.items[i] = *inbox_at(&r->inbox, i);
    }
    r->inbox = grown;
}

static void waiting_grow(struct ot__replica *r)
{
    struct ot__waiting grown = {.n = r->waiting.n,
                                .cap = r->waiting.cap == 0 ? 64 : 2 * r->waiting.cap};
    grown.items = ot_arena_calloc(r->arena, grown.cap, sizeof *grown.items);
    for (size_t i = 0; i < r->waiting.n; i++) {
        grown.items[i] = r->waiting.items[(r->waiting.head + i) & (r->waiting.cap - 1)];
    }
    r->waiting = grown;
}

static void waiting_push_back(struct ot__replica *r, int32_t slot)
{
    if (r->waiting.n == r->waiting.cap) {
        waiting_grow(r);
    }
    r->waiting.items[(r->waiting.head + r->waiting.n++) & (r->waiting.cap - 1)] = slot;
}

static void waiting_push_front(struct ot__replica *r, int32_t slot)
{
    if (r->waiting.n == r->waiting.cap) {
        waiting_grow(r);
    }
    r->waiting.head = (r->waiting.head + r->waiting.cap - 1) & (r->waiting.cap - 1);
    r->waiting.items[r->waiting.head] = slot;
    r->waiting.n++;
}

static int32_t slot_new(struct ot__replica *r)
{
    if (r->free_slot < 0) {
        if (r->slots_n == r->slots_cap) {
            const size_t cap = r->slots_cap == 0 ? 64 : 2 * r->slots_cap;
            r->slots = ot_arena_grow(r->arena, r->slots, r->slots_n, cap, sizeof *r->slots);
            r->slots_cap = cap;
        }
        return (int32_t)r->slots_n++;
    }
    const int32_t slot = r->free_slot;
    r->free_slot = r->slots[slot].next;
    return slot;
}

static void slot_free(struct ot__replica *r, int32_t slot)
{
    r->slots[slot].state = OT__FREE;
    r->slots[slot].next = r->free_slot;
    r->free_slot = slot;
}

static void running_remove(struct ot__replica *r, int32_t slot)
{
    const struct ot__slot *s = &r->slots[slot];
    *(s->prev < 0 ? &r->run_first : &r->slots[s->prev].next) = s->next;
    *(s->next < 0 ? &r->run_last : &r->slots[s->next].prev) = s->prev;
    r->running_n--;
}

static int64_t blocks_of(const struct ot__replica *r, int64_t kv_tok)
{
    const int64_t size = r->shared->engine.block_tokens;
    return r->shared->paged ? (kv_tok + size - 1) / size : 0;
}

/* ---- the decode sums ---- */

static int64_t class_of(const struct ot__replica *r, int64_t offset)
{
    const int64_t size = r->shared->engine.block_tokens;
    return ((offset % size) + size) % size;
}

static int64_t packed(int32_t slot, int32_t epoch)
{
    return ((int64_t)epoch << 32) | slot;
}

static bool is_current(const struct ot__replica *r, int64_t payload)
{
    const struct ot__slot *s = &r->slots[(int32_t)(payload & INT32_MAX)];
    return s->state == OT__DECODE && s->epoch == (int32_t)(payload >> 32);
}

/* Top of a heap whose entries may be stale. */
static bool heap_top(const struct ot__replica *r, struct ot_heap *heap, struct ot_event *ret)
{
    while (ot_heap_peek(heap, ret)) {
        if (is_current(r, ret->payload)) {
            return true;
        }
        ot_heap_pop(heap, ret);
    }
    return false;
}

/* Entries of requests that were preempted or ended stay in a heap until they reach its top; when
 * they are most of it, it is built anew, which keeps memory at O(live requests). */
static void heap_push(struct ot__replica *r, struct ot_heap *heap, int64_t key, int32_t slot)
{
    if (heap->n > 64 + 4 * (size_t)r->decode_n) {
        const size_t n = heap->n;
        heap->n = 0;
        for (size_t i = 0; i < n; i++) {
            const struct ot_event e = heap->items[i];
            if (is_current(r, e.payload)) {
                ot_heap_push(heap, e.time_ps, 0, 0, e.payload);
            }
        }
    }
    ot_heap_push(heap, key, 0, 0, packed(slot, r->slots[slot].epoch));
}

static void decode_join(struct ot__replica *r, int32_t slot)
{
    struct ot__slot *s = &r->slots[slot];
    s->state = OT__DECODE;
    s->offset = s->kv_tok - r->it;
    s->join_it = r->it;
    s->end_it = r->it + s->output_tok - s->made_tok;
    r->need[class_of(r, s->offset)]++;
    r->decode_n++;
    r->decode_kv += s->kv_tok;
    heap_push(r, &r->ends, s->end_it, slot);
    if (r->shared->engine.policy == OT_SIM_POLICY_nxd) {
        heap_push(r, &r->longest, -s->offset, slot);
    }
    if (r->joined_n == r->joined_cap) {
        const size_t cap = r->joined_cap == 0 ? 64 : 2 * r->joined_cap;
        r->joined = ot_arena_grow(r->arena, r->joined, r->joined_n, cap, sizeof *r->joined);
        r->joined_cap = cap;
    }
    r->joined[r->joined_n++] = (struct ot__joined){slot, s->epoch};
}

/* Out of the sums; the slot's own kv_tok, made_tok and last_ps become true again. */
static void decode_leave(struct ot__replica *r, int32_t slot)
{
    struct ot__slot *s = &r->slots[slot];
    s->kv_tok = s->offset + r->it;
    s->made_tok = s->output_tok - (s->end_it - r->it);
    if (r->it > s->join_it) {
        s->last_ps = r->last_decode_end_ps;
    }
    r->need[class_of(r, s->offset)]--;
    r->decode_n--;
    r->decode_kv -= s->kv_tok;
    s->epoch++;
}

int64_t ot__replica_longest_kv(struct ot__replica *r)
{
    struct ot_event top;
    return heap_top(r, &r->longest, &top) ? -top.time_ps + r->it : 0;
}

/* ---- for policies ---- */

int32_t ot__replica_admit(struct ot__replica *r)
{
    const int32_t slot = r->waiting.items[r->waiting.head];
    r->waiting.head = (r->waiting.head + 1) & (r->waiting.cap - 1);
    r->waiting.n--;
    struct ot__slot *s = &r->slots[slot];
    s->state = OT__PREFILL;
    s->prev = r->run_last;
    s->next = -1;
    *(r->run_last < 0 ? &r->run_first : &r->slots[r->run_last].next) = slot;
    r->run_last = slot;
    if (++r->running_n > r->tally.peak_running_n) {
        r->tally.peak_running_n = r->running_n;
    }
    return slot;
}

void ot__replica_prefill(struct ot__replica *r, struct ot__plan *plan, int32_t slot, int64_t tokens,
                         int64_t paid_tok)
{
    struct ot__slot *s = &r->slots[slot];
    plan->prefill_n++;
    plan->prefill_tok += paid_tok;
    plan->prefill_kv += s->kv_tok;
    ot_step_load_chunk(&plan->load, (double)s->kv_tok, (double)paid_tok);
    s->kv_tok += tokens;
    r->half = -1;
    if (s->kv_tok < s->input_tok + s->made_tok) {
        r->half = slot;
        return;
    }
    if (r->done_n == r->done_cap) {
        const size_t cap = r->done_cap == 0 ? 64 : 2 * r->done_cap;
        r->done = ot_arena_grow(r->arena, r->done, r->done_n, cap, sizeof *r->done);
        r->done_cap = cap;
    }
    r->done[r->done_n++] = slot;
}

void ot__replica_preempt_last(struct ot__replica *r)
{
    const int32_t slot = r->run_last;
    struct ot__slot *s = &r->slots[slot];
    const bool leaving = s->state == OT__LEAVING;
    /* The answer of a batch still in flight is not yet known, so neither is a block it ends. */
    int64_t unknown_tok = 0;
    if (s->state == OT__DECODE) {
        unknown_tok = r->it > s->join_it ? r->shared->engine.in_flight_n - 1 : 0;
        decode_leave(r, slot);
    }
    running_remove(r, slot);
    r->tally.preemptions_n++;
    s->preemptions_n++;
    const int64_t held = blocks_of(r, s->kv_tok);
    if (leaving) { /* its last token still comes; nothing is left to schedule */
        s->state = OT__LEFT;
        ot__blocks_give(&r->blocks, held);
        return;
    }
    if (r->half == slot) {
        r->half = -1;
    }
    s->old_full_blocks = (s->kv_tok - unknown_tok) / r->shared->engine.block_tokens;
    s->segment = ot__blocks_give_owned(&r->blocks, held);
    s->kv_tok = 0;
    s->state = OT__WAITING;
    waiting_push_front(r, slot);
}

/* ---- outputs ---- */

static void closed_next(struct ot__replica *r, int64_t arrival_ps)
{
    const struct ot__shared *shared = r->shared;
    while (r->next_index < shared->requests_n && arrival_ps <= shared->duration_ps) {
        struct ot__arrival next = {.index = r->next_index, .arrival_ps = arrival_ps};
        ot_sim_lengths(&shared->load, next.index, &next.input_tok, &next.output_tok);
        r->next_index += shared->replicas_n;
        const int64_t refused_n = r->tally.refused_n;
        ot__replica_offer(r, &next);
        if (r->tally.refused_n == refused_n) {
            return;
        }
    }
}

static void read_oldest(struct ot__replica *r)
{
    const struct ot__batch batch = r->flight[0];
    r->flight[0] = r->flight[1];
    r->flight_n--;
    for (int32_t slot = batch.leaving; slot >= 0;) {
        struct ot__slot *s = &r->slots[slot];
        const int32_t next = s->next_leaving;
        if (s->state == OT__LEAVING) {
            running_remove(r, slot);
            ot__blocks_give(&r->blocks, blocks_of(r, s->kv_tok));
        }
        r->outstanding_n--;
        ot__tally_finish(r->shared, &r->tally, r->id, s, batch.end_ps);
        slot_free(r, slot);
        if (r->shared->load.arrival == OT_SIM_CLOSED) {
            closed_next(r, batch.end_ps + r->shared->engine.client_ps);
        }
        slot = next;
    }
}

static void pick_up(struct ot__replica *r)
{
    while (r->inbox.n > 0 && inbox_at(&r->inbox, 0)->arrival_ps <= r->now_ps) {
        const struct ot__arrival a = *inbox_at(&r->inbox, 0);
        r->inbox.head = (r->inbox.head + 1) & (r->inbox.cap - 1);
        r->inbox.n--;
        const int32_t slot = slot_new(r);
        const int32_t epoch = r->slots[slot].epoch;
        r->slots[slot] = (struct ot__slot){.index = a.index,
                                           .arrival_ps = a.arrival_ps,
                                           .input_tok = a.input_tok,
                                           .output_tok = a.output_tok,
                                           .segment = -1,
                                           .epoch = epoch,
                                           .state = OT__WAITING};
        ot__tally_waiting(r->shared, &r->tally, a.index, a.arrival_ps, (int64_t)r->waiting.n);
        waiting_push_back(r, slot);
    }
}

static void leave_with(struct ot__replica *r, struct ot__batch *batch, int32_t slot)
{
    struct ot__slot *s = &r->slots[slot];
    s->state = OT__LEAVING;
    s->next_leaving = -1;
    *(batch->leaving < 0 ? &batch->leaving : &r->slots[batch->leaving_last].next_leaving) = slot;
    batch->leaving_last = slot;
}

/* Prompts that end with this batch give their first token, or after a preemption the next one. */
static void finish_prefills(struct ot__replica *r, struct ot__batch *batch)
{
    for (size_t i = 0; i < r->done_n; i++) {
        struct ot__slot *s = &r->slots[r->done[i]];
        if (s->made_tok == 0) {
            s->first_ps = batch->end_ps;
        } else {
            ot__gaps_add(&r->tally.gaps, batch->end_ps - s->last_ps, 1);
        }
        s->last_ps = batch->end_ps;
        if (++s->made_tok == s->output_tok) {
            leave_with(r, batch, r->done[i]);
        } else {
            decode_join(r, r->done[i]);
        }
    }
    r->done_n = 0;
}

/* Gaps of the first of the launched decode batches: sequences that joined since the last one count
 * from their own last token. */
static void first_gaps(struct ot__replica *r, int64_t end_ps)
{
    int64_t new_n = 0;
    for (size_t i = 0; i < r->joined_n; i++) {
        const struct ot__joined j = r->joined[i];
        if (is_current(r, packed(j.slot, j.epoch))) {
            ot__gaps_add(&r->tally.gaps, end_ps - r->slots[j.slot].last_ps, 1);
            new_n++;
        }
    }
    r->joined_n = 0;
    if (r->decode_n > new_n) {
        ot__gaps_add(&r->tally.gaps, end_ps - r->last_decode_end_ps, r->decode_n - new_n);
    }
}

/* ---- launching ---- */

struct ot__price { /* of batch k in the row: first + k * slope */
    int64_t first_ps, slope_ps;
};

static struct ot__price price(struct ot__replica *r, struct ot__plan *plan)
{
    struct ot__price p = {0};
    if (plan->prefill_n > 0) {
        plan->load.decode_seqs = (double)plan->price_seqs;
        plan->load.decode_kv_tokens = (double)plan->price_kv;
        plan->steps_max = 1;
        p.first_ps = r->cost.mixed_ps(r->cost.ctx, &plan->load);
        OT_ASSERT(p.first_ps > 0);
        return p;
    }
    const struct ot_step_piece piece =
        r->cost.decode_piece(r->cost.ctx, plan->price_seqs, plan->price_kv);
    p.first_ps = piece.base_ps + piece.slope_ps * (plan->price_kv - piece.kv_from);
    OT_ASSERT(p.first_ps > 0 && piece.slope_ps >= 0);
    if (plan->price_kv != plan->decode_kv) { /* padded: the price does not move with the tokens */
        return p;
    }
    const int64_t in_piece = (piece.kv_to - plan->decode_kv + plan->decode_n - 1) / plan->decode_n;
    if (in_piece < plan->steps_max) {
        plan->steps_max = in_piece < 1 ? 1 : in_piece;
    }
    p.slope_ps = piece.slope_ps * plan->decode_n;
    return p;
}

/* Sum of the first m of p, p + q, p + 2 q … */
static int64_t row_sum(int64_t p, int64_t q, int64_t m)
{
    return m * p + q * (m * (m - 1) / 2);
}

/* Largest m in [0, max] with row_sum < room; room > 0, p > 0, q >= 0. */
static int64_t row_fits(int64_t p, int64_t q, int64_t room, int64_t max)
{
    int64_t low = 0;
    int64_t high = max;
    if (room / p < high) {
        high = room / p + 1;
        high = high > max ? max : high;
    }
    while (low < high) {
        const int64_t middle = (low + high + 1) / 2;
        if (row_sum(p, q, middle) < room) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    return low;
}

/* How many batches like the planned one may be launched at once, such that every tick after the
 * first would do nothing but launch the next: no arrival seen, nothing leaves, device never idle.
 *
 *   asynchronous, e = end of the batch in flight:   ticks at now, e + out, e + out + T0, …
 *   synchronous:                                    ticks at now, now + T0 + d, …, d = cpu + out */
static int64_t jump_length(struct ot__replica *r, const struct ot__plan *plan, struct ot__price p,
                           int64_t until_ps)
{
    const struct ot_sim_engine *e = &r->shared->engine;
    int64_t limit_ps = until_ps;
    if (r->inbox.n > 0 && inbox_at(&r->inbox, 0)->arrival_ps < limit_ps) {
        limit_ps = inbox_at(&r->inbox, 0)->arrival_ps;
    }
    int64_t max = plan->steps_max < OT__STEPS_MAX ? plan->steps_max : OT__STEPS_MAX;
    struct ot_event top;
    if (max > 1 && heap_top(r, &r->ends, &top) && top.time_ps - r->it < max) {
        max = top.time_ps - r->it;
    }
    if (max <= 1) {
        return 1;
    }
    if (e->in_flight_n == 1) {
        const int64_t wait_ps = e->cpu_ps + e->output_ps;
        return 1 + row_fits(p.first_ps + wait_ps, p.slope_ps, limit_ps - r->now_ps, max - 1);
    }
    const int64_t room_ps = limit_ps - r->gpu_end_ps - e->output_ps;
    const bool device_bound =
        p.first_ps >= e->cpu_ps + e->output_ps && r->now_ps + e->cpu_ps <= r->gpu_end_ps;
    if (r->flight_n != 1 || r->flight[0].leaving >= 0 || !device_bound || room_ps <= 0) {
        return 1;
    }
    return 2 + row_fits(p.first_ps, p.slope_ps, room_ps, max - 2);
}

static void watch_steps(const struct ot__replica *r, const struct ot__plan *plan,
                        const struct ot_sim_steps *times)
{
    if (r->shared->watch.steps == NULL) {
        return;
    }
    struct ot_sim_steps steps = *times;
    steps.replica = r->id;
    steps.decode_seqs = plan->decode_n;
    steps.decode_kv_tok = plan->decode_kv;
    steps.prefill_seqs = plan->prefill_n;
    steps.prefill_tok = plan->prefill_tok;
    steps.prefill_kv_tok = plan->prefill_kv;
    r->shared->watch.steps(r->shared->watch.ctx, &steps);
}

/* New blocks of the decodes in their next n batches; the tokens of batch k (from 1) go to class
 * -(it + k - 1). */
static int64_t decode_blocks(const struct ot__replica *r, int64_t from, int64_t n)
{
    const int64_t size = r->shared->engine.block_tokens;
    int64_t total = n / size * r->decode_n;
    for (int64_t k = 0; k < n % size; k++) {
        total += r->need[class_of(r, -(r->it + from + k))];
    }
    return total;
}

/* Ends of decodes in the last of n batches, which brought `it` to its new value. */
static void finish_decodes(struct ot__replica *r, struct ot__batch *batch)
{
    struct ot_event top;
    while (heap_top(r, &r->ends, &top) && top.time_ps == r->it) {
        ot_heap_pop(&r->ends, &top);
        const int32_t slot = (int32_t)(top.payload & INT32_MAX);
        decode_leave(r, slot);
        leave_with(r, batch, slot);
    }
}

static void launch(struct ot__replica *r, const struct ot__plan *plan, struct ot__price p,
                   int64_t n)
{
    const struct ot_sim_engine *e = &r->shared->engine;
    r->now_ps += e->cpu_ps;
    const int64_t start_ps = r->now_ps > r->gpu_end_ps ? r->now_ps : r->gpu_end_ps;
    const int64_t wait_ps = e->in_flight_n == 1 ? e->cpu_ps + e->output_ps : 0;
    const int64_t first_end_ps = start_ps + p.first_ps;
    /* Batches after the first end a period apart: T + wait, growing by the slope. */
    const int64_t period_ps = p.first_ps + p.slope_ps + wait_ps;
    const struct ot_sim_steps times = {
        .n = n, .end_ps = first_end_ps, .step_ps = period_ps, .slope_ps = p.slope_ps};
    struct ot__batch batch = {first_end_ps + row_sum(period_ps, p.slope_ps, n - 1), -1, -1};
    r->tally.steps_n += n;
    r->tally.busy_ps += row_sum(p.first_ps, p.slope_ps, n);
    watch_steps(r, plan, &times);
    if (plan->decode_n > 0) {
        r->tally.decode_steps_n += n;
        r->tally.decode_seq_steps += (double)n * (double)plan->decode_n;
        first_gaps(r, first_end_ps);
        if (n > 1) {
            ot__gaps_ramp(&r->tally.gaps, period_ps, p.slope_ps, n - 1, plan->decode_n);
        }
        if (r->shared->paged) {
            ot__blocks_take(&r->blocks, decode_blocks(r, 1, n - 1));
        }
        r->it += n;
        r->decode_kv += n * r->decode_n;
        r->last_decode_end_ps = batch.end_ps;
        finish_decodes(r, &batch);
    }
    finish_prefills(r, &batch);
    r->gpu_end_ps = batch.end_ps;
    if (n > 1 && e->in_flight_n == 2) { /* the one in flight and all but two of these are read */
        const int64_t last_ps = row_sum(period_ps, p.slope_ps, n - 2);
        r->flight[0] = (struct ot__batch){first_end_ps + last_ps, -1, -1};
        r->flight_n = 1;
    }
    r->flight[r->flight_n++] = batch;
}

static void tick(struct ot__replica *r, int64_t until_ps)
{
    const struct ot_sim_engine *e = &r->shared->engine;
    if (r->read_first) {
        read_oldest(r);
    }
    r->read_first = false;
    pick_up(r);
    if ((int64_t)r->waiting.n > r->tally.peak_waiting_n) {
        r->tally.peak_waiting_n = (int64_t)r->waiting.n;
    }
    struct ot__plan plan = {.steps_max = 1};
    if (r->shared->schedule(r, &plan)) {
        const struct ot__price p = price(r, &plan);
        launch(r, &plan, p, jump_length(r, &plan, p, until_ps));
        if (r->flight_n < e->in_flight_n) {
            return;
        }
    }
    if (r->flight_n > 0) {
        const int64_t read_ps = r->flight[0].end_ps + e->output_ps;
        r->now_ps = read_ps > r->now_ps ? read_ps : r->now_ps;
        r->read_first = true;
    } else if (!plan.preempted) {
        OT_ASSERT(r->waiting.n == 0);
        r->now_ps = r->inbox.n > 0 ? inbox_at(&r->inbox, 0)->arrival_ps : INT64_MAX;
    }
}

void ot__replica_init(struct ot__replica *replica, const struct ot__shared *shared, int64_t id,
                      struct ot_arena *arena)
{
    const struct ot_sim_engine *e = &shared->engine;
    *replica = (struct ot__replica){.shared = shared,
                                    .arena = arena,
                                    .id = id,
                                    .now_ps = INT64_MAX,
                                    .free_slot = -1,
                                    .run_first = -1,
                                    .run_last = -1,
                                    .half = -1,
                                    .next_index = id};
    replica->need = ot_arena_calloc(arena, (size_t)e->block_tokens, sizeof *replica->need);
    ot_heap_init(&replica->ends, arena);
    ot_heap_init(&replica->longest, arena);
    ot__blocks_init(&replica->blocks, arena, e->num_blocks - 1, e->cache == OT_SIM_CACHE_OWN);
    ot__tally_init(&replica->tally, arena);
}

void ot__replica_offer(struct ot__replica *r, const struct ot__arrival *arrival)
{
    const int64_t limit = r->shared->token_limit;
    struct ot__arrival a = *arrival;
    if (a.input_tok >= limit) {
        r->tally.refused_n++;
        return;
    }
    if (a.input_tok + a.output_tok > limit) {
        a.output_tok = limit - a.input_tok;
        r->tally.cut_n++;
    }
    if (r->inbox.n == r->inbox.cap) {
        inbox_grow(r);
    }
    *inbox_at(&r->inbox, r->inbox.n++) = a;
    r->outstanding_n++;
    if (r->now_ps == INT64_MAX) {
        r->now_ps = a.arrival_ps;
    }
}

void ot__replica_next_client(struct ot__replica *r)
{
    closed_next(r, 0);
}

void ot__replica_run(struct ot__replica *r, int64_t until_ps)
{
    while (r->now_ps < until_ps) {
        tick(r, until_ps);
    }
}
