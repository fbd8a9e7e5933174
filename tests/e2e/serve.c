/* SPDX-License-Identifier: Apache-2.0 */
/* `offtake serve` and `offtake trace` as a user runs them: one load, or a usage error; bad traces
 * with their line; the same bytes on any number of threads; times of requests in a file. */
#include "run.h"

#include <string.h>

#define SYSTEM "serve", "--model", "llama-3.1-8b", "--chip", "h100-sxm", "--tp", "1"

static const struct ot_node *parsed(struct ot_arena *arena, struct ot_str json)
{
    struct ot_node *root = NULL;
    struct ot_err err;
    ot_err_init(&err, arena);
    assert_int_equal(ot_json_parse(arena, json, "stdout", &root, &err), OT_OK);
    return root;
}

static double number(const struct ot_node *root, const char *key)
{
    double x = 0;
    assert_true(ot_node_num(root, key, &x));
    return x;
}

TEST(serve, wants_exactly_one_load)
{
    struct ot_arena *arena = ot_arena_new(0);
    e2e_fails(e2e_run(arena, RUN_ARGS(SYSTEM)), 2, "--workload NAME and --trace FILE");
    e2e_fails(e2e_run(arena, RUN_ARGS(SYSTEM, "--workload", "fixed:100/10")), 2,
              "exactly one load");
    e2e_fails(e2e_run(arena, RUN_ARGS(SYSTEM, "--workload", "fixed:100/10", "--rate", "1",
                                      "--concurrency", "2")),
              2, "exactly one load");
    e2e_fails(e2e_run(arena, RUN_ARGS(SYSTEM, "--workload", "fixed:100/10", "--rate", "-1")), 2,
              "--rate: '-1'");
    e2e_fails(e2e_run(arena, RUN_ARGS(SYSTEM, "--workload", "fixed:100/10", "--rate", "1",
                                      "--speedup", "2")),
              2, "--speedup: '2'");
    e2e_fails(e2e_run(arena, RUN_ARGS(SYSTEM, "--workload", "fixed:100/10", "--concurrency", "1",
                                      "--arrival", "gamma:2")),
              2, "--arrival: 'gamma:2'");
    ot_arena_free(arena);
}

TEST(serve, refuses_bad_input_with_its_place)
{
    struct ot_arena *arena = ot_arena_new(0);
    e2e_fails(e2e_run(arena, RUN_ARGS(SYSTEM, "--trace", "/no/such.csv")), 3, "/no/such.csv");
    const char *dir = e2e_dir(arena);
    const char *path = ot_str_fmt(arena, "%s/cut.csv", dir).ptr;
    struct ot_err err;
    ot_err_init(&err, arena);
    assert_int_equal(ot_file_write(path,
                                   ot_str_c("TIMESTAMP,ContextTokens,GeneratedTokens\n"
                                            "2023-11-16 18:15:46.68,374,44\n2023-11-16 18:1"),
                                   &err),
                     OT_OK);
    const char *place = ot_str_fmt(arena, "%s:3:1: error:", path).ptr;
    e2e_fails(e2e_run(arena, RUN_ARGS(SYSTEM, "--trace", path)), 3, place);
    e2e_fails(e2e_run(arena, RUN_ARGS("trace", "stats", path)), 3, place);
    e2e_rm(dir);
    e2e_fails(e2e_run(arena, RUN_ARGS(SYSTEM, "--workload", "fixed:100/10", "--rate", "1", "--slo",
                                      "ttft_p42=1s")),
              3, "ttft_p42=1s");
    ot_arena_free(arena);
}

TEST(serve, gives_the_same_bytes_on_any_number_of_threads)
{
    struct ot_arena *arena = ot_arena_new(0);
    struct ot_str first = {0};
    static const char *const threads[] = {"1", "2", "5"};
    for (size_t i = 0; i < OT_COUNT(threads); i++) {
        const struct ran ran = e2e_run(
            arena, RUN_ARGS(SYSTEM, "--workload", "fixed:700/90", "--rate", "60", "--requests",
                            "2000", "--replicas", "5", "--slo", "ttft_p95=1s,tpot_p95=40ms",
                            "--json", "--threads", threads[i]));
        assert_int_equal(ran.exit_code, 0);
        if (i == 0) {
            first = ran.out;
        }
        assert_true(ot_str_eq(first, ran.out));
    }
    const struct ot_node *root = parsed(arena, first);
    assert_true(number(root, "requests_n") == 2000);
    assert_true(number(root, "ttft_p95_s_p10") <= number(root, "ttft_p95_s"));
    assert_true(number(root, "ttft_p95_s") <= number(root, "ttft_p95_s_p90"));
    assert_non_null(ot_node_get(root, "overloaded"));
    ot_arena_free(arena);
}

TEST(serve, flags_overload_and_still_exits_0)
{
    struct ot_arena *arena = ot_arena_new(0);
    const struct ran ran = e2e_run(arena, RUN_ARGS(SYSTEM, "--workload", "fixed:2000/200", "--rate",
                                                   "200", "--requests", "2000", "--json"));
    assert_int_equal(ran.exit_code, 0);
    bool overloaded = false;
    assert_true(ot_node_bool(parsed(arena, ran.out), "overloaded", &overloaded));
    assert_true(overloaded);
    ot_arena_free(arena);
}

TEST(trace, made_by_synth_is_served_and_described)
{
    struct ot_arena *arena = ot_arena_new(0);
    const char *dir = e2e_dir(arena);
    const char *path = ot_str_fmt(arena, "%s/made.csv", dir).ptr;
    const char *times = ot_str_fmt(arena, "%s/times.csv", dir).ptr;
    struct ran ran =
        e2e_run(arena, RUN_ARGS("trace", "synth", "--workload", "fixed:300/20", "--rate", "10",
                                "--arrival", "gamma:0.5", "--requests", "3000", "-o", path));
    assert_int_equal(ran.exit_code, 0);
    ran = e2e_run(arena, RUN_ARGS("trace", "stats", path, "--json"));
    assert_int_equal(ran.exit_code, 0);
    const struct ot_node *stats = parsed(arena, ran.out);
    ot_assert_near(number(stats, "rate_req_per_s"), 10, 0.1);
    ot_assert_near(number(stats, "gamma_shape"), 0.5, 0.1);
    ran = e2e_run(arena,
                  RUN_ARGS(SYSTEM, "--trace", path, "--speedup", "2", "--requests-out", times));
    assert_int_equal(ran.exit_code, 0);
    struct ot_str bytes;
    struct ot_err err;
    ot_err_init(&err, arena);
    assert_int_equal(ot_file_read(arena, times, 1 << 24, NULL, &bytes, &err), OT_OK);
    size_t lines = 0;
    for (size_t i = 0; i < bytes.len; i++) {
        lines += bytes.ptr[i] == '\n';
    }
    assert_int_equal(lines, 3001);
    e2e_rm(dir);
    ot_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(serve, wants_exactly_one_load),
        RUN(serve, refuses_bad_input_with_its_place),
        RUN(serve, gives_the_same_bytes_on_any_number_of_threads),
        RUN(serve, flags_overload_and_still_exits_0),
        RUN(trace, made_by_synth_is_served_and_described),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
