/* SPDX-License-Identifier: Apache-2.0 */
/* Replicas in threads: the same bytes on 1 to 8 threads. Catches figures that depend on who ran
 * what, and costs shared between threads. Runs under ThreadSanitizer. */
#include <string.h>

#include "fake.h"

TEST(threads, the_number_of_threads_changes_no_byte)
{
    static double p[] = {0, 100};
    static double in_tok[] = {10, 900};
    static double out_tok[] = {1, 300};
    const struct fake machine = {.step_ps = 5000000000,
                                 .seq_ps = 20000000,
                                 .kv_ps = 20000,
                                 .prefill_ps = 60000000,
                                 .prefill_kv_ps = 100};
    struct ot_sim_setup setup = {.engine = {.policy = OT_SIM_POLICY_vllm,
                                            .max_num_seqs = 32,
                                            .max_batched_tokens = 512,
                                            .max_model_len = 4096,
                                            .num_blocks = 701,
                                            .block_tokens = 16,
                                            .in_flight_n = 2},
                                 .load = {.rate_req_per_s = 60,
                                          .requests_n = 70000, /* more than one chunk */
                                          .input = {p, in_tok, 2, 2},
                                          .output = {p, out_tok, 2, 2},
                                          .seed = 1},
                                 .replicas_n = 11,
                                 .cost_new = fake_new,
                                 .cost_ctx = &machine};
    for (int kind = 0; kind < 3; kind++) {
        setup.load.arrival = kind == 1 ? OT_SIM_CLOSED : OT_SIM_OPEN;
        setup.load.concurrency = 200;
        setup.router = kind == 2 ? OT_SIM_LEAST_OUTSTANDING : OT_SIM_ROUND_ROBIN;
        setup.load.requests_n = kind == 0 ? 70000 : 5000;
        struct ot_sim_result first = {0};
        for (int threads = 1; threads <= 8; threads = threads * 2 + (threads == 1)) {
            struct ot_arena *arena = ot_arena_new(0);
            struct ot_err err;
            ot_err_init(&err, arena);
            struct ot_sim_result result;
            memset(&result, 0, sizeof result);
            setup.threads = threads;
            assert_int_equal(ot_sim_run(&setup, arena, &result, &err), OT_OK);
            if (threads == 1) {
                first = result;
            }
            assert_memory_equal(first.dist, result.dist, sizeof first.dist);
            assert_int_equal(first.preemptions_n, result.preemptions_n);
            assert_int_equal(first.steps_n, result.steps_n);
            assert_true(first.duration_s == result.duration_s);
            assert_true(first.busy_frac == result.busy_frac);
            assert_true(first.goodput_req_per_s == result.goodput_req_per_s);
            assert_true(first.waiting_q4 == result.waiting_q4);
            ot_arena_free(arena);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {RUN(threads, the_number_of_threads_changes_no_byte)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
