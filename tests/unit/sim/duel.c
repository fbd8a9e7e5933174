/* SPDX-License-Identifier: Apache-2.0 */
/* The fast simulator against its slow twin: every batch, first token, finish, preemption and gap of
 * random small systems, where blocks run out, queues build, the CPU binds, arrivals coincide.
 * Catches: a jump one step too long or short, a block counted twice, a wrong victim, an output read
 * too early. OT_DUEL_SEED starts elsewhere (nightly). */
#include "fake.h"
#include "ref/sim_twin.c" /* the twin is part of this program: tests/ref holds sources only */

enum {
    SEEDS_N = 1500
};

struct seen { /* what the fast simulator showed */
    struct ot_sim_record *records;
    struct twin_step *steps;
    int64_t steps_n, steps_cap;
};

static void see_finish(void *ctx, const struct ot_sim_record *record)
{
    struct seen *seen = ctx;
    seen->records[record->index] = *record;
}

static void see_steps(void *ctx, const struct ot_sim_steps *s)
{
    struct seen *seen = ctx;
    if (seen->steps_n + s->n > seen->steps_cap) {
        seen->steps_cap = 2 * (seen->steps_n + s->n);
        seen->steps = realloc(seen->steps, (size_t)seen->steps_cap * sizeof *seen->steps);
        assert_non_null(seen->steps);
    }
    for (int64_t k = 0; k < s->n; k++) {
        seen->steps[seen->steps_n++] = (struct twin_step){
            s->replica,       s->end_ps + k * s->step_ps + s->slope_ps * (k * (k - 1) / 2),
            s->decode_seqs,   s->decode_kv_tok + k * s->decode_seqs,
            s->prefill_seqs,  s->prefill_tok,
            s->prefill_kv_tok};
    }
}

static int by_replica(const void *a, const void *b)
{
    const struct twin_step *x = a;
    const struct twin_step *y = b;
    if (x->replica != y->replica) {
        return x->replica < y->replica ? -1 : 1;
    }
    return (x->end_ps > y->end_ps) - (x->end_ps < y->end_ps);
}

static int64_t pick(struct ot_rng rng, uint64_t *counter, int64_t low, int64_t high)
{
    const double u = ot_rng_uniform(rng, (*counter)++);
    return low + (int64_t)(u * (double)(high - low + 1));
}

static void random_setup(uint64_t seed, enum ot_sim_policy policy, int64_t in_flight,
                         struct ot_sim_setup *setup, struct fake *fake, struct ot_trace *trace)
{
    const struct ot_rng rng = ot_rng_of(seed, ot_rng_stream("duel", (uint64_t)in_flight));
    uint64_t c = 0;
    *fake = (struct fake){pick(rng, &c, 1, 2000), pick(rng, &c, 0, 50), pick(rng, &c, 0, 5),
                          pick(rng, &c, 0, 40), pick(rng, &c, 0, 3)};
    struct ot_sim_engine *e = &setup->engine;
    e->policy = policy;
    e->gate = pick(rng, &c, 0, 1) ? OT_SIM_GATE_FIRST_CHUNK : OT_SIM_GATE_FULL_PROMPT;
    e->cache = pick(rng, &c, 0, 1) ? OT_SIM_CACHE_OWN : OT_SIM_CACHE_OFF;
    e->max_num_seqs = pick(rng, &c, 1, 9);
    e->max_batched_tokens = e->max_num_seqs + pick(rng, &c, 0, 40);
    e->block_tokens = 1 << pick(rng, &c, 0, 4);
    e->num_blocks = 2 + pick(rng, &c, 1, 300) / e->block_tokens;
    e->max_model_len = pick(rng, &c, 20, 200);
    e->bucket_min_tok = 8;
    e->in_flight_n = in_flight;
    e->cpu_ps = pick(rng, &c, 0, 1) * pick(rng, &c, 0, 1500);
    e->output_ps = pick(rng, &c, 0, 1) * pick(rng, &c, 0, 300);
    e->client_ps = pick(rng, &c, 0, 1) * 777;
    setup->replicas_n = pick(rng, &c, 1, 3);
    setup->router = pick(rng, &c, 0, 1) ? OT_SIM_LEAST_OUTSTANDING : OT_SIM_ROUND_ROBIN;
    trace->n = pick(rng, &c, 3, 60);
    const int64_t spread_ps = pick(rng, &c, 0, 40000);
    int64_t now_ps = 0;
    for (int64_t i = 0; i < trace->n; i++) {
        trace->requests[i] =
            (struct ot_request){now_ps, pick(rng, &c, 1, 90), pick(rng, &c, 1, 60)};
        now_ps += pick(rng, &c, 0, 2) * pick(rng, &c, 0, spread_ps) / 2;
    }
    setup->load = (struct ot_sim_load){.arrival = OT_SIM_TIMES, .trace = trace, .seed = seed};
    if (pick(rng, &c, 0, 3) == 0) {
        setup->load.arrival = OT_SIM_CLOSED;
        setup->load.concurrency = pick(rng, &c, 1, 12);
        setup->load.requests_n = trace->n;
    }
    setup->cost_new = fake_new;
    setup->cost_ctx = fake;
}

static bool gaps_agree(const struct twin_result *twin, const struct ot_sim_dist *itl)
{
    struct ot_sum sum = {0};
    int64_t max_ps = 0;
    for (int64_t i = 0; i < twin->gaps_n; i++) {
        ot_sum_add(&sum, (double)twin->token_ps[i]);
        max_ps = twin->token_ps[i] > max_ps ? twin->token_ps[i] : max_ps;
    }
    const double mean = twin->gaps_n == 0 ? 0 : 1e-12 * ot_sum_get(&sum) / (double)twin->gaps_n;
    return itl->n == twin->gaps_n && ot_near(itl->mean, mean, 1e-12, 0) &&
           ot_near(itl->max, 1e-12 * (double)max_ps, 1e-15, 0);
}

static bool steps_agree(const struct twin_result *twin, struct seen *seen)
{
    qsort(twin->steps, (size_t)twin->steps_n, sizeof *twin->steps, by_replica);
    qsort(seen->steps, (size_t)seen->steps_n, sizeof *seen->steps, by_replica);
    return twin->steps_n == seen->steps_n &&
           memcmp(twin->steps, seen->steps, (size_t)twin->steps_n * sizeof *twin->steps) == 0;
}

static bool agree(const struct twin_result *twin, struct seen *seen,
                  const struct ot_sim_result *result)
{
    bool same = steps_agree(twin, seen) && twin->steps_n == result->steps_n &&
                twin->preemptions_n == result->preemptions_n &&
                gaps_agree(twin, &result->dist[OT_SLO_METRIC_itl]);
    for (int64_t i = 0; i < twin->records_n; i++) {
        const struct ot_sim_record *a = &twin->records[i];
        const struct ot_sim_record *b = &seen->records[i];
        same = same && a->first_token_ps == b->first_token_ps && a->finish_ps == b->finish_ps &&
               a->preemptions_n == b->preemptions_n && a->replica == b->replica;
    }
    return same;
}

static int64_t duel(uint64_t seed, enum ot_sim_policy policy, int64_t in_flight)
{
    struct ot_arena *arena = ot_arena_new(0);
    struct ot_err err;
    ot_err_init(&err, arena);
    struct ot_request requests[64];
    struct ot_trace trace = {.requests = requests};
    struct ot_sim_setup setup = {0};
    struct fake fake;
    random_setup(seed, policy, in_flight, &setup, &fake, &trace);
    struct seen seen = {.records = ot_arena_calloc(arena, 64, sizeof *seen.records)};
    setup.watch = (struct ot_sim_watch){&seen, see_finish, see_steps};
    struct ot_sim_cost cost;
    assert_int_equal(fake_new(&fake, arena, &cost, &err), OT_OK);
    struct twin_result twin;
    twin_run(&setup.engine, &cost, requests, trace.n, setup.replicas_n, setup.router,
             setup.load.concurrency, &twin);
    struct ot_sim_result result = {0};
    const enum ot_code code = ot_sim_run(&setup, arena, &result, &err);
    const bool same = code == OT_OK ? agree(&twin, &seen, &result)
                                    : code == OT_INPUT && twin.steps_n == 0; /* all too long */
    if (!same) {
        print_error("%s, %d in flight, seed %llu: the twin disagrees\n", ot_sim_policy_name(policy),
                    (int)in_flight, (unsigned long long)seed);
        fail();
    }
    twin_free(&twin);
    free(seen.steps);
    ot_arena_free(arena);
    return result.preemptions_n;
}

static void duels(enum ot_sim_policy policy, int64_t in_flight)
{
    const char *from = getenv("OT_DUEL_SEED");
    const uint64_t first = from == NULL ? 1 : strtoull(from, NULL, 10);
    int64_t preemptions_n = 0;
    for (uint64_t seed = first; seed < first + SEEDS_N; seed++) {
        preemptions_n += duel(seed, policy, in_flight);
    }
    print_message("%s, %d in flight: %d systems agree, %lld preemptions\n",
                  ot_sim_policy_name(policy), (int)in_flight, SEEDS_N, (long long)preemptions_n);
    assert_true(policy == OT_SIM_POLICY_nxd || preemptions_n > SEEDS_N);
}

TEST(duel, vllm_synchronous_agrees_with_its_twin)
{
    duels(OT_SIM_POLICY_vllm, 1);
}
TEST(duel, vllm_asynchronous_agrees_with_its_twin)
{
    duels(OT_SIM_POLICY_vllm, 2);
}
TEST(duel, nxd_agrees_with_its_twin)
{
    duels(OT_SIM_POLICY_nxd, 1);
}
TEST(duel, nxd_asynchronous_agrees_with_its_twin)
{
    duels(OT_SIM_POLICY_nxd, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(duel, vllm_synchronous_agrees_with_its_twin),
        RUN(duel, vllm_asynchronous_agrees_with_its_twin),
        RUN(duel, nxd_agrees_with_its_twin),
        RUN(duel, nxd_asynchronous_agrees_with_its_twin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
