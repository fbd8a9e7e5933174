/* SPDX-License-Identifier: Apache-2.0 */
/* Small cases with answers worked out by hand from the engines' rules (docs/models/serving.md):
 * budget and chunks, admission gates, the null block, who is preempted, what comes back from the
 * cache, when an asynchronous engine sees an arrival, Neuron's buckets. */
#include <string.h>

#include "fake.h"
#include "sim/sim_internal.h"

enum {
    STEPS_MAX = 4096,
    REQUESTS_MAX = 64
};

struct shown {
    struct ot_sim_steps steps[STEPS_MAX]; /* jumps taken apart */
    int64_t steps_n;
    struct ot_sim_record records[REQUESTS_MAX];
};
static void show_steps(void *ctx, const struct ot_sim_steps *s)
{
    struct shown *shown = ctx;
    for (int64_t k = 0; k < s->n; k++) {
        assert_true(shown->steps_n < STEPS_MAX);
        struct ot_sim_steps *one = &shown->steps[shown->steps_n++];
        *one = *s;
        one->n = 1;
        one->end_ps = s->end_ps + k * s->step_ps + s->slope_ps * (k * (k - 1) / 2);
        one->decode_kv_tok = s->decode_kv_tok + k * s->decode_seqs;
    }
}
static void show_record(void *ctx, const struct ot_sim_record *record)
{
    ((struct shown *)ctx)->records[record->index] = *record;
}

static const struct fake flat = {.step_ps = 100}; /* every step takes 100 ps */

static struct ot_sim_engine vllm(void)
{
    return (struct ot_sim_engine){.policy = OT_SIM_POLICY_vllm,
                                  .max_num_seqs = 64,
                                  .max_batched_tokens = 2048,
                                  .max_model_len = 100000,
                                  .num_blocks = 10001,
                                  .block_tokens = 16,
                                  .in_flight_n = 1};
}

/* Runs requests at their times; `shown` may be NULL. */
static struct ot_sim_result run(const struct ot_sim_engine *engine, struct ot_request *requests,
                                int64_t n, struct shown *shown)
{
    struct ot_arena *arena = ot_arena_new(0);
    struct ot_err err;
    ot_err_init(&err, arena);
    const struct ot_trace trace = {.requests = requests, .n = n};
    struct ot_sim_setup setup = {.engine = *engine,
                                 .load = {.arrival = OT_SIM_TIMES, .trace = &trace},
                                 .cost_new = fake_new,
                                 .cost_ctx = &flat};
    if (shown != NULL) {
        memset(shown, 0, sizeof *shown);
        setup.watch = (struct ot_sim_watch){shown, show_record, show_steps};
    }
    struct ot_sim_result result;
    assert_int_equal(ot_sim_run(&setup, arena, &result, &err), OT_OK);
    ot_arena_free(arena);
    return result;
}

TEST(exact, a_long_prompt_is_chunked_by_what_decodes_leave_of_the_budget)
{
    const struct ot_sim_engine engine = vllm();
    struct ot_request requests[11];
    for (int i = 0; i < 10; i++) {
        requests[i] = (struct ot_request){0, 16, 50};
    }
    requests[10] = (struct ot_request){250, 5000, 3}; /* seen at 300 */
    struct shown shown;
    run(&engine, requests, 11, &shown);
    static const int64_t chunks[] = {2038, 2038, 924};
    for (int i = 0; i < 3; i++) {
        const struct ot_sim_steps *s = &shown.steps[3 + i];
        assert_int_equal(s->prefill_tok, chunks[i]);
        assert_int_equal(s->prefill_seqs, 1);
        assert_int_equal(s->prefill_kv_tok, 2038 * i);
        assert_int_equal(s->decode_seqs, 10);
    }
    assert_int_equal(shown.steps[6].prefill_tok, 0);
    assert_int_equal(shown.steps[6].decode_seqs, 11);
    assert_int_equal(shown.records[10].first_token_ps, 600);
}

TEST(exact, the_full_prompt_gate_waits_and_the_first_chunk_gate_does_not)
{
    for (int gate = 0; gate < 2; gate++) {
        struct ot_sim_engine engine = vllm();
        engine.gate = gate == 0 ? OT_SIM_GATE_FULL_PROMPT : OT_SIM_GATE_FIRST_CHUNK;
        engine.max_batched_tokens = 100;
        engine.num_blocks = 21; /* 20 usable; the first request holds 10 of them from step 2 */
        struct ot_request requests[] = {{0, 150, 6}, {250, 170, 1}};
        struct shown shown;
        const struct ot_sim_result result = run(&engine, requests, 2, &shown);
        /* 2 chunks, 5 decodes; the prompt of 170 needs 11 blocks. Let in by its first chunk it
         * loses its blocks a step later, over and over. */
        static const int64_t prefills[2][9] = {{100, 50, 0, 0, 0, 0, 0, 100, 70},
                                               {100, 50, 0, 99, 0, 99, 0, 100, 70}};
        for (int i = 0; i < 9; i++) {
            assert_int_equal(shown.steps[i].prefill_tok, prefills[gate][i]);
        }
        assert_int_equal(result.preemptions_n, gate == 0 ? 0 : 2);
        assert_int_equal(shown.records[0].finish_ps, 700);
        assert_int_equal(shown.records[1].finish_ps, 900);
    }
}

TEST(exact, the_last_running_request_is_preempted_and_nobody_admitted)
{
    struct ot_sim_engine engine = vllm();
    engine.num_blocks = 10;
    for (int cache = 0; cache < 2; cache++) {
        engine.cache = cache == 0 ? OT_SIM_CACHE_OFF : OT_SIM_CACHE_OWN;
        /* A, B, C take 3 of 9 blocks each; D would fit in one. */
        struct ot_request requests[] = {{0, 48, 5}, {0, 48, 9}, {0, 48, 9}, {50, 8, 1}};
        struct shown shown;
        const struct ot_sim_result result = run(&engine, requests, 4, &shown);
        assert_int_equal(result.preemptions_n, 1);
        assert_int_equal(shown.records[2].preemptions_n, 1);
        assert_int_equal(shown.steps[0].prefill_seqs, 3);
        /* A and B open a block each, C goes: one of its three blocks is left. */
        assert_int_equal(shown.steps[1].decode_seqs, 2);
        assert_int_equal(shown.steps[1].prefill_seqs, 0);
        assert_int_equal(shown.steps[4].prefill_seqs, 0); /* D waits behind C */
        /* A ends with step 5; C comes back with prompt and first answer, then D. */
        assert_int_equal(shown.steps[5].prefill_seqs, 2);
        assert_int_equal(shown.steps[5].prefill_tok, (cache == 0 ? 49 : 33) + 8);
        assert_int_equal(shown.steps[5].prefill_kv_tok, cache == 0 ? 0 : 16);
        assert_int_equal(shown.records[2].first_token_ps, 100);
        assert_int_equal(shown.records[3].first_token_ps, 600);
    }
}

TEST(exact, freed_blocks_are_taken_from_the_end_of_the_sequence_first)
{
    struct ot_arena *arena = ot_arena_new(0);
    struct ot__blocks blocks;
    ot__blocks_init(&blocks, arena, 3, true);
    ot__blocks_take(&blocks, 3);
    const int64_t segment = ot__blocks_give_owned(&blocks, 3);
    ot__blocks_take(&blocks, 2);
    assert_int_equal(ot__blocks_left(&blocks, segment), 1);
    ot__blocks_retake(&blocks, segment, 1);
    assert_int_equal(blocks.free_n, 0);
    assert_int_equal(ot__blocks_left(&blocks, segment), 0);
    ot_arena_free(arena);
}

TEST(exact, one_block_is_the_null_block)
{
    struct ot_sim_engine engine = vllm();
    engine.num_blocks = 100;
    struct ot_request fits[] = {{0, 99 * 16 - 10, 10}};
    assert_int_equal(run(&engine, fits, 1, NULL).cut_n, 0);
    struct ot_request longer[] = {{0, 99 * 16 - 10, 11}};
    const struct ot_sim_result cut = run(&engine, longer, 1, NULL);
    assert_int_equal(cut.cut_n, 1);
    assert_int_equal(cut.output_tok, 10);
    assert_int_equal(
        run(&engine, (struct ot_request[]){{0, 99 * 16, 1}, {0, 5, 1}}, 2, NULL).refused_n, 1);
    /* The last answer needs no KV: 1,583 tokens in 99 blocks. */
    assert_true(cut.peak_kv_frac == 1.0);
}

TEST(exact, max_num_seqs_bounds_the_running_requests)
{
    struct ot_sim_engine engine = vllm();
    engine.max_num_seqs = 2;
    struct ot_request requests[] = {{0, 4, 3}, {0, 4, 3}, {0, 4, 1}};
    struct shown shown;
    const struct ot_sim_result result = run(&engine, requests, 3, &shown);
    assert_int_equal(result.peak_running_n, 2);
    assert_int_equal(result.peak_waiting_n, 3);
    assert_int_equal(shown.records[2].first_token_ps, 400);
}

/* serving-latency: TTFT = rest of the running step + the step already queued + own. */
TEST(exact, an_asynchronous_engine_makes_an_arrival_wait_for_the_queued_step)
{
    struct ot_sim_engine engine = vllm();
    struct ot_request requests[] = {{0, 4, 50}, {1030, 4, 5}};
    struct shown shown;
    run(&engine, requests, 2, &shown);
    assert_int_equal(shown.records[1].first_token_ps, 1200); /* seen at 1100, own step */
    engine.in_flight_n = 2;
    run(&engine, requests, 2, &shown);
    assert_int_equal(shown.records[1].first_token_ps, 1300);
}

TEST(exact, scheduler_time_is_hidden_behind_the_device_only_when_asynchronous)
{
    struct ot_sim_engine engine = vllm();
    engine.cpu_ps = 30;
    engine.output_ps = 20;
    struct ot_request requests[] = {{0, 4, 11}};
    struct shown shown;
    run(&engine, requests, 1, &shown);
    assert_int_equal(shown.records[0].finish_ps, 30 + 11 * 100 + 10 * 50);
    engine.in_flight_n = 2;
    run(&engine, requests, 1, &shown);
    assert_int_equal(shown.records[0].finish_ps, 30 + 11 * 100);
    /* CPU-bound: batch 2 is launched at 220 behind batch 1; from then on each launch waits for the
     * scheduler alone, or for the batch before the last to be read. */
    engine.cpu_ps = 110;
    run(&engine, requests, 1, &shown);
    assert_int_equal(shown.steps[0].end_ps, 210);
    assert_int_equal(shown.steps[1].end_ps, 320);
    assert_int_equal(shown.steps[2].end_ps, 440); /* read 210 + 20, scheduled by 340 */
}

TEST(exact, client_time_is_added_once_to_ttft_and_e2e)
{
    struct ot_sim_engine engine = vllm();
    engine.client_ps = 1000;
    struct ot_request requests[] = {{0, 4, 11}};
    const struct ot_sim_result result = run(&engine, requests, 1, NULL);
    ot_assert_near(result.dist[OT_SLO_METRIC_ttft].mean, 1.1e-9, 1e-12);
    ot_assert_near(result.dist[OT_SLO_METRIC_e2e].mean, 2.1e-9, 1e-12);
    ot_assert_near(result.dist[OT_SLO_METRIC_tpot].mean, 1e-10, 1e-12);
    ot_assert_near(result.dist[OT_SLO_METRIC_itl].mean, 1e-10, 1e-12);
}

TEST(exact, neuron_prefills_alone_before_decodes_and_pays_buckets)
{
    const struct ot_sim_engine engine = {.policy = OT_SIM_POLICY_nxd,
                                         .max_num_seqs = 4,
                                         .max_model_len = 3000,
                                         .bucket_min_tok = 128,
                                         .in_flight_n = 1};
    struct ot_request requests[] = {{0, 1000, 3}, {0, 20, 3}, {150, 1025, 2}};
    struct shown shown;
    run(&engine, requests, 3, &shown);
    static const int64_t prefills[] = {1024, 128, 2048, 0, 0};
    static const int64_t decodes[] = {0, 0, 0, 3, 2};
    assert_int_equal(shown.steps_n, 5);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(shown.steps[i].prefill_tok, prefills[i]);
        assert_int_equal(shown.steps[i].decode_seqs, decodes[i]);
    }
    assert_int_equal(ot__nxd_bucket(&engine, 128), 128);
    assert_int_equal(ot__nxd_bucket(&engine, 129), 256);
    assert_int_equal(ot__nxd_bucket(&engine, 2049), 3000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(exact, a_long_prompt_is_chunked_by_what_decodes_leave_of_the_budget),
        RUN(exact, the_full_prompt_gate_waits_and_the_first_chunk_gate_does_not),
        RUN(exact, the_last_running_request_is_preempted_and_nobody_admitted),
        RUN(exact, freed_blocks_are_taken_from_the_end_of_the_sequence_first),
        RUN(exact, one_block_is_the_null_block),
        RUN(exact, max_num_seqs_bounds_the_running_requests),
        RUN(exact, an_asynchronous_engine_makes_an_arrival_wait_for_the_queued_step),
        RUN(exact, scheduler_time_is_hidden_behind_the_device_only_when_asynchronous),
        RUN(exact, client_time_is_added_once_to_ttft_and_e2e),
        RUN(exact, neuron_prefills_alone_before_decodes_and_pays_buckets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
