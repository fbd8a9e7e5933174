/* SPDX-License-Identifier: Apache-2.0 */
/* `offtake plan` as a user runs it: the verdicts follow the prices, bad input is named with its
 * place, the bytes do not depend on threads, and a made-up chip is one file and nothing else. */
#include "run.h"

#include <string.h>

static const char *small_plan(struct ot_arena *arena)
{
    return ot_str_fmt(arena, "%s/tests/data/small-plan.yaml", getenv("OT_SOURCE_ROOT")).ptr;
}

static const struct ot_node *parsed(struct ot_arena *arena, struct ot_str json)
{
    struct ot_node *root = NULL;
    struct ot_err err;
    ot_err_init(&err, arena);
    assert_int_equal(ot_json_parse(arena, json, "stdout", &root, &err), OT_OK);
    return root;
}

static struct ot_str text_at(const struct ot_node *root, const char *path)
{
    const struct ot_node *node = ot_node_at(root, path);
    assert_non_null(node);
    return node->text;
}

static double number_at(const struct ot_node *root, const char *path)
{
    double value = 0;
    assert_true(ot_str_num(text_at(root, path), &value));
    return value;
}

/* The result of the small plan with one value set ("" = none). */
static const struct ot_node *planned(struct ot_arena *arena, const char *set)
{
    struct ran ran = set[0] == '\0'
                         ? e2e_run(arena, RUN_ARGS("plan", small_plan(arena), "--requests", "100",
                                                   "--no-store", "--json"))
                         : e2e_run(arena, RUN_ARGS("plan", small_plan(arena), "--requests", "100",
                                                   "--no-store", "--json", "--set", set));
    assert_int_equal(ran.exit_code, 0);
    return parsed(arena, ran.out);
}

TEST(plan, signs_a_cheap_offer_and_not_a_dear_one)
{
    struct ot_arena *arena = ot_arena_new(0);
    const struct ot_node *cheap = planned(arena, "");
    assert_true(ot_str_is(text_at(cheap, "decision[0].verdict"), "sign"));
    assert_true(number_at(cheap, "decision[0].chips_n") > 1);
    const struct ot_node *dear = planned(arena, "offers[0].price.value=40 USD/chip-h");
    assert_false(ot_str_is(text_at(dear, "decision[0].verdict"), "sign"));
    assert_true(number_at(dear, "decision[0].chips_n") < 1);
    ot_arena_free(arena);
}

TEST(plan, an_offer_without_a_price_is_never_signed_but_has_a_worth)
{
    struct ot_arena *arena = ot_arena_new(0);
    const struct ot_node *root = planned(arena, "");
    assert_true(ot_str_is(text_at(root, "decision[1].verdict"), "no_price"));
    assert_true(number_at(root, "decision[1].chips_n") < 1e-9);
    double worth = number_at(root, "decision[1].walk_away_usd_per_chip_s") * 3600;
    assert_true(worth > 0 && worth < 4.0 + 1e-6);
    ot_arena_free(arena);
}

TEST(plan, a_higher_price_of_the_alternative_raises_the_walk_away_price)
{
    struct ot_arena *arena = ot_arena_new(0);
    const char *path = "decision[0].walk_away_usd_per_chip_s";
    double before = number_at(planned(arena, ""), path);
    double after = number_at(planned(arena, "offers[2].price.value=8 USD/chip-h"), path);
    assert_true(after > before);
    ot_arena_free(arena);
}

TEST(plan, gives_the_same_bytes_on_one_and_two_threads)
{
    struct ot_arena *arena = ot_arena_new(0);
    const char *file = small_plan(arena);
    struct ran one = e2e_run(arena, RUN_ARGS("plan", file, "--requests", "100", "--no-store",
                                             "--json", "--threads", "1"));
    struct ran two = e2e_run(arena, RUN_ARGS("plan", file, "--requests", "100", "--no-store",
                                             "--json", "--threads", "2"));
    assert_int_equal(one.exit_code, 0);
    assert_true(ot_str_eq(one.out, two.out));
    ot_arena_free(arena);
}

TEST(plan, names_the_place_of_bad_input)
{
    static const struct {
        const char *set, *has;
    } cases[] = {
        {"quarters=0", "quarters"},
        {"offers[0].price.value=2 USD", "USD/chip-h"},
        {"offers[0].price.value=-2 USD/chip-h", "price"},
        {"offers[0].pool=c", "'c'"},
        {"offers[1].name=a-1y", "a-1y"},
        {"pools[0].chip=h1000", "h100"},
        {"pools[0].software=perfect", "published"},
        {"workloads[0].model=lama-3.1-8b", "llama-3.1-8b"},
        {"workloads[0].slo=ttft_p95=soon", "soon"},
        {"workloads[0].demand[0].rate=nan", "nan"},
        {"scenarios[0].probability=1e400", "1e400"},
        {"colour=red", "colour"},
    };
    struct ot_arena *arena = ot_arena_new(0);
    for (size_t i = 0; i < OT_COUNT(cases); i++)
        e2e_fails(e2e_run(arena,
                          RUN_ARGS("plan", small_plan(arena), "--no-store", "--set", cases[i].set)),
                  3, cases[i].has);
    e2e_fails(e2e_run(arena, RUN_ARGS("plan", "/nowhere/plan.yaml")), 3, "/nowhere/plan.yaml");
    ot_arena_free(arena);
}

TEST(plan, a_deal_file_that_is_missing_is_named)
{
    struct ot_arena *arena = ot_arena_new(0);
    const char *dir = e2e_dir(arena);
    struct ot_str plan = {0};
    struct ot_err err;
    ot_err_init(&err, arena);
    assert_int_equal(ot_file_read(arena, small_plan(arena), 1 << 20, NULL, &plan, &err), OT_OK);
    struct ot_str path = ot_str_fmt(arena, "%s/plan.yaml", dir);
    struct ot_str with = ot_str_fmt(arena, "%sdeals: [{file: no-such-deal.yaml}]\n", plan.ptr);
    assert_int_equal(ot_file_write(path.ptr, with, &err), OT_OK);
    e2e_fails(e2e_run(arena, RUN_ARGS("plan", path.ptr, "--no-store")), 3, "no-such-deal.yaml");
    e2e_rm(dir);
    ot_arena_free(arena);
}

/* ---- a new chip is one file ---- */

static const char made_up[] =
    "title: Made-up 1\nvendor: Nobody\nfamily: made-up\nyear: 2026\naliases: [mu1]\n"
    "rates:\n  bf16:\n"
    "    label: {value: 800 TFLOP/s, status: assumed, date: 2026-01-01, source: test}\n"
    "    roof: {value: 700 TFLOP/s, status: assumed, date: 2026-01-01, source: test}\n"
    "hbm: {value: 100 GB, status: assumed, date: 2026-01-01, source: test}\n"
    "hbm_bandwidth: {value: 3 TB/s, status: assumed, date: 2026-01-01, source: test}\n"
    "compute_units: 100\n"
    "scaleup: {value: 300 GB/s, status: assumed, date: 2026-01-01, source: test}\n"
    "scaleup_topology: nvswitch\nscaleup_domain: 8\n";

static const char *data_with_made_up_chip(struct ot_arena *arena, const char *dir)
{
    const char *root = getenv("OT_SOURCE_ROOT");
    struct ot_str copy = ot_str_fmt(arena, "cp -r %s/data %s/data", root, dir);
    assert_int_equal(system(copy.ptr), 0); /* NOLINT(concurrency-mt-unsafe) */
    struct ot_err err;
    ot_err_init(&err, arena);
    struct ot_str path = ot_str_fmt(arena, "%s/data/chips/made-up-1.yaml", dir);
    assert_int_equal(ot_file_write(path.ptr, ot_str_c(made_up), &err), OT_OK);
    return ot_str_fmt(arena, "%s/data", dir).ptr;
}

TEST(new_chip, is_one_file_in_catalog_size_and_plan)
{
    struct ot_arena *arena = ot_arena_new(0);
    const char *dir = e2e_dir(arena);
    const char *before = getenv("OFFTAKE_DATA");
    char *keep = before == NULL ? NULL : strdup(before);
    setenv("OFFTAKE_DATA", data_with_made_up_chip(arena, dir), 1);
    struct ran listed = e2e_run(arena, RUN_ARGS("catalog", "chips", "--json"));
    assert_int_equal(listed.exit_code, 0);
    assert_non_null(strstr(listed.out.ptr, "made-up-1"));
    struct ran sized =
        e2e_run(arena, RUN_ARGS("size", "--model", "llama-3.1-8b", "--workload", "fixed:512/128",
                                "--rate", "10", "--slo", "ttft_p95=1s,tpot_p95=50ms", "--chip",
                                "mu1", "--requests", "100", "--json"));
    assert_int_equal(sized.exit_code, 0);
    assert_non_null(strstr(sized.out.ptr, "made-up-1"));
    struct ran plan =
        e2e_run(arena, RUN_ARGS("plan", small_plan(arena), "--requests", "100", "--no-store",
                                "--json", "--set", "pools[1].chip=made-up-1"));
    assert_int_equal(plan.exit_code, 0);
    const struct ot_node *root = parsed(arena, plan.out);
    assert_true(ot_str_is(text_at(root, "work[1].chip"), "made-up-1"));
    assert_true(number_at(root, "work[1].req_per_chip_s") > 0);
    if (keep != NULL)
        setenv("OFFTAKE_DATA", keep, 1);
    free(keep);
    struct ot_str remove = ot_str_fmt(arena, "rm -r %s", dir);
    assert_int_equal(system(remove.ptr), 0); /* NOLINT(concurrency-mt-unsafe) */
    ot_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(plan, signs_a_cheap_offer_and_not_a_dear_one),
        RUN(plan, an_offer_without_a_price_is_never_signed_but_has_a_worth),
        RUN(plan, a_higher_price_of_the_alternative_raises_the_walk_away_price),
        RUN(plan, gives_the_same_bytes_on_one_and_two_threads),
        RUN(plan, names_the_place_of_bad_input),
        RUN(plan, a_deal_file_that_is_missing_is_named),
        RUN(new_chip, is_one_file_in_catalog_size_and_plan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
