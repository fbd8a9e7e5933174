/* SPDX-License-Identifier: Apache-2.0 */
/* `offtake kernel` and `offtake step` as a user runs them: the keys of the contract, parts that sum
 * to the total, defaults named, the same bytes twice, bad input with its place. */
#include "run.h"

#define GEMM "kernel", "--chip", "h100-sxm", "--op", "gemm"
#define STEP "step", "--model", "llama-3.1-70b", "--chip", "trainium2", "--tp", "16"

static const struct ot_node *result(struct ot_arena *arena, const char *const *args)
{
    const struct ran ran = e2e_run(arena, args);
    assert_int_equal(ran.exit_code, 0);
    struct ot_node *root = NULL;
    struct ot_err err;
    ot_err_init(&err, arena);
    assert_int_equal(ot_json_parse(arena, ran.out, "stdout", &root, &err), OT_OK);
    return root;
}

static double number(const struct ot_node *root, const char *key)
{
    double x = 0;
    assert_true(ot_node_num(root, key, &x));
    return x;
}

static void check_parts(const struct ot_node *root)
{
    const struct ot_node *parts = ot_node_get(root, "parts");
    assert_non_null(parts);
    double sum = 0;
    for (size_t i = 0; i < parts->n; i++) {
        sum += number(&parts->items[i], "time_s");
        assert_non_null(ot_node_get(&parts->items[i], "label"));
        assert_non_null(ot_node_get(&parts->items[i], "formula"));
    }
    assert_true(sum == number(root, "time_s"));
    assert_true(number(root, "time_s_p10") <= sum && number(root, "time_s_p90") >= sum);
}

TEST(step, kernel_answers_with_time_band_and_parts)
{
    struct ot_arena *arena = ot_arena_new(0);
    const struct ot_node *root = result(arena, RUN_ARGS(GEMM, "--m", "128", "--n", "8192", "--k",
                                                        "8192", "--dtype", "bf16", "--json"));
    check_parts(root);
    ot_assert_near(number(root, "time_s"), 54e-6, 0.05);
    root = result(arena, RUN_ARGS("kernel", "--chip", "b200-sxm", "--op", "all_reduce", "--bytes",
                                  "1e6", "--ranks", "8", "--json"));
    check_parts(root);
    ot_arena_free(arena);
}

TEST(step, step_answers_with_time_memory_and_parts)
{
    struct ot_arena *arena = ot_arena_new(0);
    const char *const *args = RUN_ARGS(STEP, "--phase", "decode", "--batch", "32", "--context",
                                       "2000", "--dtype", "bf16", "--json", "--explain");
    const struct ot_node *root = result(arena, args);
    check_parts(root);
    bool fits = false;
    assert_true(ot_node_bool(root, "fits", &fits) && fits);
    assert_true(number(root, "kv_blocks") > 1000);
    assert_true(number(root, "memory_per_chip_bytes") > 141e9 / 16);
    assert_non_null(ot_node_get(root, "explain"));
    assert_true(ot_node_get(root, "assumed")->n >= 3);
    assert_true(ot_str_eq(e2e_run(arena, args).out, e2e_run(arena, args).out));
    ot_arena_free(arena);
}

TEST(step, what_does_not_fit_is_a_complete_answer)
{
    struct ot_arena *arena = ot_arena_new(0);
    const struct ot_node *root =
        result(arena, RUN_ARGS("step", "--model", "llama-3.1-405b", "--chip", "h100-sxm", "--tp",
                               "1", "--phase", "prefill", "--context", "1000", "--json"));
    bool fits = true;
    assert_true(ot_node_bool(root, "fits", &fits) && !fits);
    ot_arena_free(arena);
}

TEST(step, bad_input_is_named_with_its_place)
{
    struct ot_arena *arena = ot_arena_new(0);
    e2e_fails(e2e_run(arena, RUN_ARGS(GEMM, "--m", "-1", "--n", "8", "--k", "8")), 3,
              "<args>:1:7: error: m: '-1'");
    e2e_fails(e2e_run(arena, RUN_ARGS(GEMM, "--n", "8", "--k", "8")), 3, "m: '0'");
    e2e_fails(e2e_run(arena, RUN_ARGS("kernel", "--chip", "h100-sxm", "--op", "gemv")), 2,
              "<args>:1:5: error: --op: 'gemv'");
    e2e_fails(e2e_run(arena, RUN_ARGS("kernel", "--chip", "h900", "--op", "gemm")), 3, "h900");
    e2e_fails(e2e_run(arena, RUN_ARGS("step", "--model", "llama-3.1-8b", "--chip", "h100-sxm",
                                      "--tp", "3", "--phase", "decode", "--context", "9")),
              3, "<args>:1:7: error: tp: '3'");
    e2e_fails(e2e_run(arena, RUN_ARGS(STEP, "--phase", "decode")), 2, "--context");
    e2e_fails(e2e_run(arena, RUN_ARGS(STEP, "--phase", "dream", "--context", "9")), 2, "'dream'");
    e2e_fails(e2e_run(arena, RUN_ARGS(STEP, "--phase", "mixed", "--context", "9")), 2,
              "--prefill-tokens");
    e2e_fails(
        e2e_run(arena, RUN_ARGS(STEP, "--phase", "prefill", "--context", "9", "--q-len", "10")), 2,
        "--q-len: '10'");
    ot_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(step, kernel_answers_with_time_band_and_parts),
        RUN(step, step_answers_with_time_memory_and_parts),
        RUN(step, what_does_not_fit_is_a_complete_answer),
        RUN(step, bad_input_is_named_with_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
