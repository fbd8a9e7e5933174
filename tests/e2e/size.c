/* SPDX-License-Identifier: Apache-2.0 */
/* `offtake size`, `validate` and `calibrate` as a user runs them: exit codes, what binds, the same
 * bytes on any number of threads, a file written whole or not at all. */
#include "run.h"

#include <string.h>

#define QUESTION                                                                                   \
    "size", "--model", "llama-3.1-8b", "--workload", "fixed:512/64", "--rate", "50", "--requests", \
        "200", "--max-chips", "2"
#define TARGETS "--slo", "ttft_p95=1s,tpot_p95=40ms"
#define GEMM_HEAD "chip,op,m,n,k,dtype_weights,engine,kind,metric,value,unit\n"

static const struct ot_node *parsed(struct ot_arena *arena, struct ot_str json)
{
    struct ot_node *root = NULL;
    struct ot_err err;
    ot_err_init(&err, arena);
    assert_int_equal(ot_json_parse(arena, json, "stdout", &root, &err), OT_OK);
    return root;
}

static const char *file_with(struct ot_arena *arena, const char *dir, const char *text)
{
    struct ot_err err;
    ot_err_init(&err, arena);
    const char *path = ot_str_fmt(arena, "%s/rows.csv", dir).ptr;
    assert_int_equal(ot_file_write(path, ot_str_c(text), &err), OT_OK);
    return path;
}

TEST(size, ranks_deployments_that_meet_the_targets)
{
    struct ot_arena *arena = ot_arena_new(0);
    const struct ran ran = e2e_run(
        arena, RUN_ARGS(QUESTION, TARGETS, "--chip", "h100-sxm,trainium2", "--json", "--emit"));
    double value;
    bool feasible;
    assert_int_equal(ran.exit_code, 0);
    const struct ot_node *root = parsed(arena, ran.out);
    assert_true(ot_node_bool(root, "feasible", &feasible) && feasible);
    const struct ot_node *first = ot_node_at(root, "deployments[0]");
    assert_non_null(first);
    assert_true(ot_node_num(first, "ttft_p95_s", &value) && value <= 1);
    assert_true(ot_node_num(first, "tpot_p95_s", &value) && value <= 0.04);
    assert_true(ot_node_num(first, "work_req_per_chip_s_p10", &value) && value > 0);
    assert_non_null(ot_node_get(first, "work_req_per_chip_s_label"));
    assert_non_null(ot_node_get(first, "launch"));
    double replicas, each;
    assert_true(ot_node_num(first, "replicas", &replicas));
    assert_true(ot_node_num(first, "rate_per_replica_req_per_s", &each));
    assert_true(replicas * each >= 50 * (1 - 1e-12));
    ot_arena_free(arena);
}

TEST(size, exits_1_and_names_what_binds_when_nothing_meets_them)
{
    struct ot_arena *arena = ot_arena_new(0);
    const struct ran ran =
        e2e_run(arena, RUN_ARGS(QUESTION, "--slo", "tpot_p95=1us", "--chip", "h100-sxm", "--json"));
    struct ot_str binding;
    bool feasible;
    assert_int_equal(ran.exit_code, 1);
    const struct ot_node *root = parsed(arena, ran.out);
    assert_true(ot_node_bool(root, "feasible", &feasible) && !feasible);
    assert_true(ot_node_str(root, "binding", &binding) && ot_str_is(binding, "tpot"));
    ot_arena_free(arena);
}

TEST(size, gives_the_same_bytes_on_any_number_of_threads)
{
    struct ot_arena *arena = ot_arena_new(0);
    static const char *const threads[] = {"1", "2", "5"};
    struct ot_str first = {0};
    for (size_t i = 0; i < OT_COUNT(threads); i++) {
        const struct ran ran =
            e2e_run(arena, RUN_ARGS(QUESTION, TARGETS, "--chip", "h100-sxm,l40s,trainium2",
                                    "--json", "--threads", threads[i]));
        assert_int_equal(ran.exit_code, 0);
        if (i == 0)
            first = ran.out;
        assert_true(ot_str_eq(first, ran.out));
    }
    ot_arena_free(arena);
}

TEST(size, refuses_bad_arguments)
{
    struct ot_arena *arena = ot_arena_new(0);
    e2e_fails(e2e_run(arena, RUN_ARGS("size", "--model", "llama-3.1-8b")), 2, "--workload");
    e2e_fails(e2e_run(arena, RUN_ARGS(QUESTION)), 2, "--slo");
    e2e_fails(e2e_run(arena, RUN_ARGS(QUESTION, TARGETS, "--chip", "h100-sxm,h100-sxm")), 2,
              "name a chip once");
    e2e_fails(e2e_run(arena, RUN_ARGS(QUESTION, TARGETS, "--chip", "no-such-chip")), 3,
              "no-such-chip");
    e2e_fails(e2e_run(arena, RUN_ARGS(QUESTION, TARGETS, "--as-of", "2026-13-01")), 2, "--as-of");
    e2e_fails(e2e_run(arena, RUN_ARGS(QUESTION, TARGETS, "--engine", "abacus")), 2, "abacus");
    ot_arena_free(arena);
}

TEST(validate, prints_rows_cells_and_summary)
{
    struct ot_arena *arena = ot_arena_new(0);
    const char *dir = e2e_dir(arena);
    const char *path =
        file_with(arena, dir,
                  GEMM_HEAD "h100-sxm,gemm,128,8192,8192,bf16,vllm,kernel,time,60,us\n"
                            "h100-sxm,gemm,128,8192,8192,bf16,vllm,kernel,time,1,parsec\n");
    const struct ran ran = e2e_run(arena, RUN_ARGS("validate", "--table", path, "--json"));
    struct ot_str text;
    double n;
    assert_int_equal(ran.exit_code, 0);
    const struct ot_node *root = parsed(arena, ran.out);
    assert_true(ot_node_num(ot_node_get(root, "summary"), "n", &n) && n == 1);
    assert_true(ot_node_str(ot_node_at(root, "rows[0]"), "id", &text));
    assert_true(ot_str_is(text, "rows:1:time"));
    assert_true(ot_node_str(ot_node_at(root, "skipped[0]"), "reason", &text));
    assert_non_null(ot_node_at(root, "cells[0]"));
    e2e_fails(e2e_run(arena, RUN_ARGS("validate", "--table", "/no/such.csv")), 3, "/no/such.csv");
    e2e_fails(e2e_run(arena, RUN_ARGS("validate", "--table", path, "--by", "colour")), 2, "colour");
    e2e_rm(dir);
    ot_arena_free(arena);
}

TEST(calibrate, refuses_few_rows_and_leaves_no_file)
{
    struct ot_arena *arena = ot_arena_new(0);
    const char *dir = e2e_dir(arena);
    const char *path = file_with(
        arena, dir, GEMM_HEAD "h100-sxm,gemm,128,8192,8192,bf16,vllm,kernel,time,60,us\n");
    const char *out = ot_str_fmt(arena, "%s/fit.yaml", dir).ptr;
    e2e_fails(e2e_run(arena, RUN_ARGS("calibrate", "--chip", "h100-sxm", path, "--out", out)), 3,
              "at least 8 kernel times");
    assert_false(ot_file_exists(out));
    e2e_fails(e2e_run(arena, RUN_ARGS("calibrate", path)), 2, "--chip");
    e2e_rm(dir);
    ot_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(size, ranks_deployments_that_meet_the_targets),
        RUN(size, exits_1_and_names_what_binds_when_nothing_meets_them),
        RUN(size, gives_the_same_bytes_on_any_number_of_threads),
        RUN(size, refuses_bad_arguments),
        RUN(validate, prints_rows_cells_and_summary),
        RUN(calibrate, refuses_few_rows_and_leaves_no_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
