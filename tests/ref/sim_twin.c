/* SPDX-License-Identifier: Apache-2.0 */
/* See sim_twin.h. Plain malloc, plain arrays, one token at a time. */
#include "sim_twin.h"

#include <stdlib.h>
#include <string.h>

enum where {
    NOT_YET,
    WAITING,
    RUNNING,
    GONE
};

struct seq { /* a request and all that is known of it */
    int64_t index, arrival_ps, input, output;
    enum where where;
    int64_t scheduled; /* tokens whose KV is made by the batches scheduled so far */
    int64_t promised;  /* answers that those batches give */
    int64_t given;     /* answers read by the engine */
    int64_t token_ps;  /* of the last promised answer */
    bool prefilled;    /* its last prefill ended: one token a step from here */
    int64_t decodes;   /* decode steps since then */
    int64_t *blocks;
    int64_t blocks_n;
    struct ot_sim_record record;
};
struct block {               /* of KV memory: what it holds, for the prefix cache */
    int64_t owner, position; /* owner -1: nothing that could be found again */
    int64_t before, after;   /* in the free queue; block 0, the null block, is both its ends */
};
struct flight {
    int64_t end_ps;
    int64_t *seqs; /* that get an answer */
    int64_t n;
};
struct engine {
    const struct ot_sim_engine *rules;
    const struct ot_sim_cost *cost;
    struct twin_result *out;
    int64_t id;
    struct seq *seqs; /* all of the stream; replicas share the array, not the entries */
    int64_t *inbox, inbox_n, *waiting, waiting_n, *running, running_n;
    struct block *memory;
    int64_t free_n;
    struct flight flights[2];
    int64_t flights_n, now_ps, device_ps, outstanding;
    bool read_first;
    int64_t *clients_next; /* closed loop: next request; NULL = open */
    int64_t stream_n, stride;
};

static void *need(void *p)
{
    if (p == NULL) {
        abort();
    }
    return p;
}
/* A list of n things of `size` bytes with room for one more: doubles at 0, 64, 128, 256 … */
static void *with_room(void *list, int64_t n, size_t size)
{
    const bool full = n == 0 || (n >= 64 && (n & (n - 1)) == 0);
    return full ? need(realloc(list, (size_t)(n == 0 ? 64 : 2 * n) * size)) : list;
}
static void list_remove(int64_t *list, int64_t *n, int64_t at)
{
    memmove(list + at, list + at + 1, (size_t)(*n - at - 1) * sizeof *list);
    (*n)--;
}
static void list_insert_front(int64_t *list, int64_t *n, int64_t x)
{
    memmove(list + 1, list, (size_t)*n * sizeof *list);
    list[0] = x;
    (*n)++;
}
static int64_t list_find(const int64_t *list, int64_t n, int64_t x)
{
    for (int64_t i = 0; i < n; i++) {
        if (list[i] == x) {
            return i;
        }
    }
    return -1;
}

/* Out of the free queue, into the request's list. */
static void take(struct engine *e, struct seq *s, int64_t block)
{
    struct block *m = &e->memory[block];
    e->memory[m->before].after = m->after;
    e->memory[m->after].before = m->before;
    e->free_n--;
    s->blocks = with_room(s->blocks, s->blocks_n, sizeof *s->blocks);
    s->blocks[s->blocks_n++] = block;
}
static void take_first(struct engine *e, struct seq *s)
{
    const int64_t block = e->memory[0].after;
    take(e, s, block);
    e->memory[block].owner = -1;
}
static void give(struct engine *e, int64_t block, int64_t owner, int64_t position)
{
    const int64_t last = e->memory[0].before;
    e->memory[block] = (struct block){owner, position, last, 0};
    e->memory[last].after = block;
    e->memory[0].before = block;
    e->free_n++;
}

/* Last block first; the first `known` of them keep their content until taken. */
static void give_blocks(struct engine *e, struct seq *s, int64_t known)
{
    for (int64_t i = s->blocks_n - 1; i >= 0; i--) {
        give(e, s->blocks[i], i < known ? s->index : -1, i);
    }
    s->blocks_n = 0;
}

/* The free block that holds this part of the request; 0 = none. */
static int64_t find_free(const struct engine *e, const struct seq *s, int64_t position)
{
    int64_t block = e->memory[0].after;
    while (block != 0 &&
           (e->memory[block].owner != s->index || e->memory[block].position != position)) {
        block = e->memory[block].after;
    }
    return block;
}

static int64_t blocks_for(const struct engine *e, int64_t tokens)
{
    return (tokens + e->rules->block_tokens - 1) / e->rules->block_tokens;
}

/* Preempts the last of RUNNING; returns it. */
static int64_t preempt_last(struct engine *e)
{
    const int64_t victim = e->running[--e->running_n];
    struct seq *s = &e->seqs[victim];
    s->record.preemptions_n++;
    e->out->preemptions_n++;
    if (s->promised == s->output) { /* its last answer is on the way */
        give_blocks(e, s, 0);
        s->where = GONE;
        return victim;
    }
    const int64_t unknown = s->decodes > 0 ? e->rules->in_flight_n - 1 : 0;
    const bool keep = e->rules->cache == OT_SIM_CACHE_OWN;
    give_blocks(e, s, keep ? (s->scheduled - unknown) / e->rules->block_tokens : 0);
    s->scheduled = 0;
    s->decodes = 0;
    s->prefilled = false;
    s->where = WAITING;
    list_insert_front(e->waiting, &e->waiting_n, victim);
    return victim;
}

struct batch {
    struct twin_step step;
    struct ot_step_load load; /* its prefill chunks */
    int64_t *seqs, n;         /* with an answer at its end */
    bool preempted;
};
static void answer(struct batch *b, struct seq *s)
{
    b->seqs = with_room(b->seqs, b->n, sizeof *b->seqs);
    b->seqs[b->n++] = s->index;
}

/* Serves one running request; false when it lost its blocks itself. */
static bool serve_running(struct engine *e, struct batch *b, int64_t index, int64_t *budget)
{
    struct seq *s = &e->seqs[index];
    if (s->promised == s->output) {
        return true; /* nothing left to compute */
    }
    const int64_t left = s->input + s->promised - s->scheduled;
    const int64_t tokens = left < *budget ? left : *budget;
    while (blocks_for(e, s->scheduled + tokens) - s->blocks_n > e->free_n) {
        b->preempted = true;
        if (preempt_last(e) == index) {
            return false;
        }
    }
    while (s->blocks_n < blocks_for(e, s->scheduled + tokens)) {
        take_first(e, s);
    }
    *budget -= tokens;
    if (s->prefilled) {
        b->step.decode_seqs++;
        b->step.decode_kv_tok += s->scheduled;
        s->decodes++;
    } else {
        b->step.prefill_seqs++;
        b->step.prefill_tok += tokens;
        b->step.prefill_kv_tok += s->scheduled;
        ot_step_load_chunk(&b->load, (double)s->scheduled, (double)tokens);
    }
    s->scheduled += tokens;
    if (s->scheduled == s->input + s->promised) {
        answer(b, s);
    }
    return true;
}

/* Takes blocks that are free and still hold the request, from its first on; returns how many. */
static int64_t take_own(struct engine *e, struct seq *s, bool only_count)
{
    const int64_t most = (s->input + s->promised - 1) / e->rules->block_tokens;
    int64_t hit = 0;
    for (; s->record.preemptions_n > 0 && hit < most; hit++) {
        const int64_t block = find_free(e, s, hit);
        if (block == 0) {
            break;
        }
        if (!only_count) {
            take(e, s, block);
        }
    }
    return hit;
}

static bool admit(struct engine *e, struct batch *b, int64_t *budget)
{
    struct seq *s = &e->seqs[e->waiting[0]];
    const int64_t tokens = s->input + s->promised;
    const int64_t hit = take_own(e, s, true);
    const int64_t left = tokens - hit * e->rules->block_tokens;
    const int64_t chunk = left < *budget ? left : *budget;
    const bool whole = e->rules->gate == OT_SIM_GATE_FULL_PROMPT;
    if (blocks_for(e, whole ? tokens : hit * e->rules->block_tokens + chunk) > e->free_n) {
        return false;
    }
    list_remove(e->waiting, &e->waiting_n, 0);
    e->running[e->running_n++] = s->index;
    s->where = RUNNING;
    take_own(e, s, false);
    s->scheduled = hit * e->rules->block_tokens;
    while (s->blocks_n < blocks_for(e, s->scheduled + chunk)) {
        take_first(e, s);
    }
    b->step.prefill_seqs++;
    b->step.prefill_tok += chunk;
    b->step.prefill_kv_tok += s->scheduled;
    ot_step_load_chunk(&b->load, (double)s->scheduled, (double)chunk);
    s->scheduled += chunk;
    *budget -= chunk;
    if (s->scheduled == tokens) {
        answer(b, s);
    }
    return true;
}

static void schedule_vllm(struct engine *e, struct batch *b)
{
    int64_t budget = e->rules->max_batched_tokens;
    for (int64_t i = 0; i < e->running_n && budget > 0; i++) {
        if (!serve_running(e, b, e->running[i], &budget)) {
            break;
        }
    }
    while (!b->preempted && budget > 0 && e->waiting_n > 0 &&
           e->running_n < e->rules->max_num_seqs) {
        if (!admit(e, b, &budget)) {
            break;
        }
    }
}

static int64_t bucket_of(const struct engine *e, int64_t tokens)
{
    int64_t bucket = e->rules->bucket_min_tok;
    while (bucket < tokens) {
        bucket *= 2;
    }
    return bucket < e->rules->max_model_len ? bucket : e->rules->max_model_len;
}

/* Returns the KV tokens a decode step is paid for. */
static int64_t schedule_nxd(struct engine *e, struct batch *b)
{
    if (e->waiting_n > 0 && e->running_n < e->rules->max_num_seqs) {
        struct seq *s = &e->seqs[e->waiting[0]];
        list_remove(e->waiting, &e->waiting_n, 0);
        e->running[e->running_n++] = s->index;
        s->where = RUNNING;
        s->scheduled = s->input;
        b->step.prefill_seqs = 1;
        b->step.prefill_tok = bucket_of(e, s->input);
        ot_step_load_chunk(&b->load, 0, (double)b->step.prefill_tok);
        answer(b, s);
        return 0;
    }
    int64_t longest = 0;
    for (int64_t i = 0; i < e->running_n; i++) {
        struct seq *s = &e->seqs[e->running[i]];
        if (s->promised == s->output) {
            continue;
        }
        longest = s->scheduled > longest ? s->scheduled : longest;
        b->step.decode_seqs++;
        b->step.decode_kv_tok += s->scheduled;
        s->scheduled++;
        answer(b, s);
    }
    return e->rules->max_num_seqs * bucket_of(e, longest + 1);
}

static int64_t time_of(const struct engine *e, const struct batch *b, int64_t padded_kv)
{
    const bool padded = e->rules->policy == OT_SIM_POLICY_nxd;
    if (b->step.prefill_seqs == 0) {
        const int64_t seqs = padded ? e->rules->max_num_seqs : b->step.decode_seqs;
        const int64_t kv = padded ? padded_kv : b->step.decode_kv_tok;
        const struct ot_step_piece p = e->cost->decode_piece(e->cost->ctx, seqs, kv);
        return p.base_ps + p.slope_ps * (kv - p.kv_from);
    }
    struct ot_step_load load = b->load;
    load.decode_seqs = (double)b->step.decode_seqs;
    load.decode_kv_tokens = (double)b->step.decode_kv_tok;
    return e->cost->mixed_ps(e->cost->ctx, &load);
}

static void add_gap(struct twin_result *out, int64_t gap_ps)
{
    out->token_ps = with_room(out->token_ps, out->gaps_n, sizeof *out->token_ps);
    out->token_ps[out->gaps_n++] = gap_ps;
}

static void launch(struct engine *e, struct batch *b, int64_t padded_kv)
{
    e->now_ps += e->rules->cpu_ps;
    const int64_t start_ps = e->now_ps > e->device_ps ? e->now_ps : e->device_ps;
    e->device_ps = start_ps + time_of(e, b, padded_kv);
    b->step.replica = e->id;
    b->step.end_ps = e->device_ps;
    e->out->steps = with_room(e->out->steps, e->out->steps_n, sizeof *e->out->steps);
    e->out->steps[e->out->steps_n++] = b->step;
    for (int64_t i = 0; i < b->n; i++) {
        struct seq *s = &e->seqs[b->seqs[i]];
        if (s->promised++ == 0) {
            s->record.first_token_ps = e->device_ps;
        } else {
            add_gap(e->out, e->device_ps - s->token_ps);
        }
        s->token_ps = e->device_ps;
        s->prefilled = true;
    }
    e->flights[e->flights_n++] = (struct flight){e->device_ps, b->seqs, b->n};
}

/* A request enters the replica, or is refused. */
static bool offer(struct engine *e, int64_t index, int64_t arrival_ps)
{
    struct seq *s = &e->seqs[index];
    int64_t limit = e->rules->max_model_len;
    if (e->rules->policy == OT_SIM_POLICY_vllm &&
        (e->rules->num_blocks - 1) * e->rules->block_tokens < limit) {
        limit = (e->rules->num_blocks - 1) * e->rules->block_tokens;
    }
    if (s->input >= limit) {
        return false;
    }
    s->output = s->input + s->output > limit ? limit - s->input : s->output;
    s->arrival_ps = arrival_ps;
    e->inbox[e->inbox_n++] = index;
    e->outstanding++;
    if (e->now_ps == INT64_MAX) {
        e->now_ps = arrival_ps;
    }
    return true;
}

static void next_of_client(struct engine *e, int64_t time_ps)
{
    while (*e->clients_next < e->stream_n) {
        const int64_t index = *e->clients_next;
        *e->clients_next += e->stride;
        if (offer(e, index, time_ps)) {
            return;
        }
    }
}

static void read_oldest(struct engine *e)
{
    const struct flight f = e->flights[0];
    e->flights[0] = e->flights[1];
    e->flights_n--;
    for (int64_t i = 0; i < f.n; i++) {
        struct seq *s = &e->seqs[f.seqs[i]];
        if (++s->given < s->output) {
            continue;
        }
        if (s->where == RUNNING) {
            list_remove(e->running, &e->running_n, list_find(e->running, e->running_n, s->index));
            give_blocks(e, s, 0);
        }
        s->where = GONE;
        s->record.index = s->index;
        s->record.replica = e->id;
        s->record.arrival_ps = s->arrival_ps;
        s->record.request = (struct ot_request){s->arrival_ps, s->input, s->output};
        s->record.finish_ps = f.end_ps;
        e->out->records[s->index] = s->record;
        e->outstanding--;
        if (e->clients_next != NULL) {
            next_of_client(e, f.end_ps + e->rules->client_ps);
        }
    }
    free(f.seqs);
}

static void tick(struct engine *e)
{
    if (e->read_first) {
        read_oldest(e);
    }
    e->read_first = false;
    while (e->inbox_n > 0 && e->seqs[e->inbox[0]].arrival_ps <= e->now_ps) {
        const int64_t index = e->inbox[0];
        list_remove(e->inbox, &e->inbox_n, 0);
        e->seqs[index].where = WAITING;
        e->waiting[e->waiting_n++] = index;
    }
    struct batch b = {0};
    int64_t padded_kv = 0;
    if (e->rules->policy == OT_SIM_POLICY_vllm) {
        schedule_vllm(e, &b);
    } else {
        padded_kv = schedule_nxd(e, &b);
    }
    if (b.step.decode_seqs + b.step.prefill_seqs > 0) {
        launch(e, &b, padded_kv);
        if (e->flights_n < e->rules->in_flight_n) {
            return;
        }
    }
    if (e->flights_n > 0) {
        const int64_t read_ps = e->flights[0].end_ps + e->rules->output_ps;
        e->now_ps = read_ps > e->now_ps ? read_ps : e->now_ps;
        e->read_first = true;
    } else if (!b.preempted) {
        e->now_ps = e->inbox_n > 0 ? e->seqs[e->inbox[0]].arrival_ps : INT64_MAX;
    }
}

static void run_until(struct engine *e, int64_t until_ps)
{
    while (e->now_ps < until_ps) {
        tick(e);
    }
}

static void engine_init(struct engine *e, int64_t n)
{
    const size_t count = (size_t)n + 1;
    e->inbox = need(calloc(count, sizeof *e->inbox));
    e->waiting = need(calloc(count, sizeof *e->waiting));
    e->running = need(calloc(count, sizeof *e->running));
    e->now_ps = INT64_MAX;
    if (e->rules->policy == OT_SIM_POLICY_vllm) {
        e->memory = need(calloc((size_t)e->rules->num_blocks, sizeof *e->memory));
        for (int64_t i = 1; i < e->rules->num_blocks; i++) {
            give(e, i, -1, 0);
        }
    }
}

static void engine_free(struct engine *e)
{
    free(e->inbox);
    free(e->waiting);
    free(e->running);
    free(e->memory);
}

static void route(struct engine *engines, int64_t replicas_n, enum ot_sim_router router,
                  const struct ot_request *requests, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        int64_t to = i % replicas_n;
        if (router == OT_SIM_LEAST_OUTSTANDING) {
            to = 0;
            for (int64_t k = 0; k < replicas_n; k++) {
                run_until(&engines[k], requests[i].arrival_ps);
                to = engines[k].outstanding < engines[to].outstanding ? k : to;
            }
        }
        run_until(&engines[to], requests[i].arrival_ps);
        offer(&engines[to], i, requests[i].arrival_ps);
    }
}

void twin_run(const struct ot_sim_engine *engine, const struct ot_sim_cost *cost,
              const struct ot_request *requests, int64_t n, int64_t replicas_n,
              enum ot_sim_router router, int64_t concurrency, struct twin_result *ret)
{
    memset(ret, 0, sizeof *ret);
    ret->records = need(calloc((size_t)n + 1, sizeof *ret->records));
    ret->records_n = n;
    struct seq *seqs = need(calloc((size_t)n + 1, sizeof *seqs));
    for (int64_t i = 0; i < n; i++) {
        seqs[i].index = i;
        seqs[i].input = requests[i].input_tok;
        seqs[i].output = requests[i].output_tok;
    }
    struct engine *engines = need(calloc((size_t)replicas_n, sizeof *engines));
    int64_t *next = need(calloc((size_t)replicas_n, sizeof *next));
    for (int64_t k = 0; k < replicas_n; k++) {
        next[k] = k;
        engines[k] = (struct engine){.rules = engine,
                                     .cost = cost,
                                     .out = ret,
                                     .id = k,
                                     .seqs = seqs,
                                     .clients_next = concurrency > 0 ? &next[k] : NULL,
                                     .stream_n = n,
                                     .stride = replicas_n};
        engine_init(&engines[k], n);
    }
    if (concurrency > 0) {
        for (int64_t client = 0; client < concurrency; client++) {
            next_of_client(&engines[client % replicas_n], 0);
        }
    } else {
        route(engines, replicas_n, router, requests, n);
    }
    for (int64_t k = 0; k < replicas_n; k++) {
        run_until(&engines[k], INT64_MAX);
        engine_free(&engines[k]);
    }
    for (int64_t i = 0; i < n; i++) {
        free(seqs[i].blocks);
    }
    free(seqs);
    free(engines);
    free(next);
}

void twin_free(struct twin_result *result)
{
    free(result->records);
    free(result->steps);
    free(result->token_ps);
}
