/* SPDX-License-Identifier: Apache-2.0 */
/* The plan file: a good one loads, solves and prints; each bad one is refused with its place. */
#include "ot_test.h"

#include <string.h>
#include <unistd.h>

#include "fixture.h"

static const char *source(struct ot_arena *arena)
{
    return ot_str_fmt(arena, "%s/tests/unit/portfolio/plan.yaml", getenv("OT_SOURCE_ROOT")).ptr;
}

TEST(load, reads_every_part_of_the_file)
{
    struct ot_arena *arena = ot_arena_new(0);
    struct ot_err err;
    struct ot_plan *p = NULL;
    struct ot_assumed assumed;
    ot_err_init(&err, arena);
    ot_assumed_init(&assumed, arena);
    const struct ot_plan_load_opts opts = {.assumed = &assumed};
    const enum ot_code code = ot_plan_load(arena, source(arena), &opts, &p, &err);
    if (code != OT_OK)
        print_error("%s\n", ot_err_text(&err, arena).ptr);
    assert_int_equal(code, OT_OK);
    assert_int_equal(p->start_day, ot_date_of(2026, 1, 1));
    assert_int_equal(p->offers_n, 2);
    ot_assert_near(p->offers[0].price_usd_per_chip_s.value, 1.10 / 3600.0, 1e-12);
    assert_int_equal(p->offers[0].fulfilment, OT_FULFILMENT_annual);
    assert_int_equal(p->offers[0].price_basis, OT_PRICE_KIND_reserved_3y);
    assert_string_equal(ot_offer_kind_name(p->offers[1].kind), "on_demand");
    assert_int_equal(p->scenarios[1].work[0].at, OT_WORK_AT_p10);
    assert_int_equal(p->deals_n, 1);
    assert_true(assumed.n > 0);
    const struct ot_work work = ot_plan_work_stated(p, arena);
    assert_true(work.cells[0].has && !work.cells[1].has && !work.cells[2].has);
    ot_assert_near(work.cells[0].req_per_chip_s.p10, 0.6, 1e-12);
    ot_arena_free(arena);
}

TEST(load, solves_and_prints_the_file)
{
    struct ot_arena *arena = ot_arena_new(0);
    struct ot_err err;
    struct ot_plan *p = NULL;
    ot_err_init(&err, arena);
    assert_int_equal(ot_plan_load(arena, source(arena), NULL, &p, &err), OT_OK);
    struct ot_work work = ot_plan_work_stated(p, arena);
    for (int i = 1; i < 4; i++)
        work.cells[i] = (struct ot_work_cell){fx_pred(1.2, 0.9, 1.1), true};
    struct ot_plan_result r;
    assert_int_equal(ot_plan_solve(p, &work, NULL, arena, &r, &err), OT_OK);
    assert_int_equal(r.solver.scenarios, 6); /* 2 x 3 points of the bands */
    assert_string_equal(r.quarters[0].ptr, "2026Q1");
    struct ot_buf out;
    struct ot_json json;
    ot_buf_init(&out, arena, 0);
    ot_json_init(&json, &out);
    ot_field_json(&ot_plan_result_table, &r, &json);
    assert_non_null(strstr(out.ptr, "\"objective_usd\""));
    ot_buf_init(&out, arena, 0);
    ot_json_init(&json, &out);
    ot_field_schema(&ot_plan_table, &json);
    assert_non_null(strstr(out.ptr, "\"offers\""));
    ot_arena_free(arena);
}

TEST(load, applies_sets_and_refuses_bad_ones)
{
    struct ot_arena *arena = ot_arena_new(0);
    struct ot_err err;
    struct ot_plan *p = NULL;
    ot_err_init(&err, arena);
    struct ot_plan_set set = {ot_str_c("policy.cvar_weight=0.5"),
                              ot_loc_of(ot_str_c("<args>"), 1, 4)};
    const struct ot_plan_load_opts opts = {.sets = &set, .sets_n = 1};
    assert_int_equal(ot_plan_load(arena, source(arena), &opts, &p, &err), OT_OK);
    ot_assert_near(p->policy.cvar_weight, 0.5, 1e-15);
    set.text = ot_str_c("policy.cvar_weight=2");
    assert_int_equal(ot_plan_load(arena, source(arena), &opts, &p, &err), OT_INPUT);
    assert_non_null(strstr(ot_err_text(&err, arena).ptr, "<args>:1:4"));
    ot_arena_free(arena);
}

/* The file with `from` replaced once by `to`, loaded; the message goes to the arena. */
static const char *message_after(struct ot_arena *arena, const char *from, const char *to)
{
    struct ot_err err;
    struct ot_str text;
    struct ot_plan *p = NULL;
    ot_err_init(&err, arena);
    assert_int_equal(ot_file_read(arena, source(arena), 1 << 20, NULL, &text, &err), OT_OK);
    const char *at = strstr(ot_str_dup(arena, text).ptr, from);
    assert_non_null(at);
    const char *all = ot_str_dup(arena, text).ptr;
    const size_t head = (size_t)(strstr(all, from) - all);
    const struct ot_str bad =
        ot_str_fmt(arena, "%.*s%s%s", (int)head, all, to, all + head + strlen(from));
    const struct ot_str path = ot_str_fmt(arena, "/tmp/offtake-plan-%ld.yaml", (long)getpid());
    assert_int_equal(ot_file_write(path.ptr, bad, &err), OT_OK);
    const enum ot_code code = ot_plan_load(arena, path.ptr, NULL, &p, &err);
    unlink(path.ptr);
    if (code != OT_INPUT)
        print_error("'%s' was accepted\n", to);
    assert_int_equal(code, OT_INPUT);
    assert_null(p);
    assert_true(err.loc.line > 0);
    return ot_err_text(&err, arena).ptr;
}

TEST(load, refuses_bad_input_with_field_and_place)
{
    const struct {
        const char *from, *to, *want;
    } rows[] = {
        {"name: h100-od", "name: trn-3y", "offers[1].name: 'trn-3y'"},
        {"pool: trn\n    kind", "pool: tnr\n    kind", "offers[0].pool: 'tnr'"},
        {"pool: trn\n    kind", "pool: tnr\n    kind", "did you mean 'trn'?"},
        {"1.10 USD/chip-h", "-1.10 USD/chip-h", "offers[0].price"},
        {"1.10 USD/chip-h", ".nan USD/chip-h", "offers[0].price"},
        {"1.10 USD/chip-h", "1.10", "offers[0].price"},
        {"max_chips: 20000", "max_chips: NaN", "offers[0].max_chips"},
        {"max_chips: 20000", "max_chips: 20000\n    min_chips: 30000", "offers[0].max_chips"},
        {"start_latest: 2026-10-01", "start_latest: 2026-03-01", "offers[0].start_latest"},
        {"start_latest: 2026-10-01\n    term: 3 y", "term: 0 d", "offers[0].term"},
        {"start: 2026-04-01\n    start_latest: 2026-10-01\n    term: 3 y",
         "start: 2020-04-01\n    term: 3 y", "offers[0].term: '3 y': a term that ends after"},
        {"min_take: 80 %", "min_take: 180 %", "offers[0].min_take"},
        {"share: 50 %}, {after: 6 mo", "share: 50 %}, {after: -6 mo", "offers[0].ramp[1]"},
        {"vendor: AWS, share: 1}", "vendor: AWS, share: 1}, {chip: x, share: 0.5}",
         "offers[0].supply"},
        {"kind: take_or_pay", "kind: take_and_pay", "offers[0].kind"},
        {"probability: 0.6", "probability: 0.5", "scenarios"},
        {"vendor: aws, by", "vendor: awx, by", "scenarios[1].delays[0].vendor: 'awx'"},
        {"{vendor: aws, by", "{vendor: aws, offer: trn-3y, by", "scenarios[1].delays[0]"},
        {"chip: trainium2, at", "chip: trainium9, at", "scenarios[1].work[0].chip"},
        {"workload: chat}", "workload: chatt}", "scenarios[1].demand[0].workload"},
        {"hours: 50 %, demand: 1.4", "hours: 40 %, demand: 1.4", "blocks"},
        {"demand: 1.4", "demand: 2.4", "blocks"},
        {"rate: 1000 req/s", "rate: -1 req/s", "workloads[0].demand[0].rate"},
        {"date: 2027-01-01, rate", "date: 2025-01-01, rate", "workloads[0].demand[1].date"},
        {"demand: [{date: 2026-01-01, rate: 300 req/s}]", "demand: []", "workloads[1].demand"},
        {"penalty: {value: 0.01 USD/req,", "penalty: {value: n/d,", "workloads[0].penalty"},
        {"power: {value: 500 W,", "power: {value: n/d,", "pools[0].power"},
        {"quarters: 8", "quarters: 0", "quarters"},
        {"quarters: 8", "quarters: 8\nmain_offer: nothing", "main_offer: 'nothing'"},
        {"cvar_weight: 0.2", "cvar_wait: 0.2", "did you mean 'cvar_weight'?"},
        {"cvar_weight: 0.2", "work_points: 2", "policy.work_points: '2'"},
        {"workload: chat\n    rate", "workload: nothing\n    rate", "work[0].workload"},
        {"as_of: 2026-01-15", "as_of: 2026-02-30", "as_of: '2026-02-30'"},
    };
    for (size_t i = 0; i < OT_COUNT(rows); i++) {
        struct ot_arena *arena = ot_arena_new(0);
        const char *got = message_after(arena, rows[i].from, rows[i].to);
        if (!strstr(got, rows[i].want))
            print_error("row %zu: want '%s' in: %s\n", i, rows[i].want, got);
        assert_non_null(strstr(got, rows[i].want));
        ot_arena_free(arena);
    }
}

TEST(load, names_the_files_of_a_cycle)
{
    struct ot_arena *arena = ot_arena_new(0);
    struct ot_err err;
    struct ot_plan *p = NULL;
    ot_err_init(&err, arena);
    const struct ot_str a = ot_str_fmt(arena, "/tmp/offtake-cycle-a-%ld.yaml", (long)getpid());
    const struct ot_str b = ot_str_fmt(arena, "/tmp/offtake-cycle-b-%ld.yaml", (long)getpid());
    const struct ot_str to_a = ot_str_fmt(arena, "extends: %s\n", strrchr(a.ptr, '/') + 1);
    const struct ot_str to_b = ot_str_fmt(arena, "extends: %s\n", strrchr(b.ptr, '/') + 1);
    assert_int_equal(ot_file_write(a.ptr, to_b, &err), OT_OK);
    assert_int_equal(ot_file_write(b.ptr, to_a, &err), OT_OK);
    assert_int_equal(ot_plan_load(arena, a.ptr, NULL, &p, &err), OT_INPUT);
    assert_non_null(strstr(ot_err_text(&err, arena).ptr, "offtake-cycle-b"));
    assert_int_equal(ot_plan_load(arena, "/nonexistent/plan.yaml", NULL, &p, &err), OT_INPUT);
    unlink(a.ptr);
    unlink(b.ptr);
    ot_arena_free(arena);
}

TEST(load, checks_plans_that_were_built_in_memory)
{
    struct ot_arena *arena = ot_arena_new(0);
    struct ot_err err;
    ot_err_init(&err, arena);
    struct ot_plan *p = fx_empty(arena, (struct fx_size){1, 1, 1, 1, 1, 1});
    assert_int_equal(ot_plan_check(p, arena, &err), OT_OK);
    p->offers[0].price_usd_per_chip_s.value = (double)NAN;
    assert_int_equal(ot_plan_check(p, arena, &err), OT_INPUT);
    p = fx_empty(arena, (struct fx_size){1, 0, 1, 1, 1, 0});
    assert_int_equal(ot_plan_check(p, arena, &err), OT_OK);
    assert_int_equal(p->blocks_n, 1);
    assert_int_equal(p->scenarios_n, 1);
    ot_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(load, reads_every_part_of_the_file),
        RUN(load, solves_and_prints_the_file),
        RUN(load, applies_sets_and_refuses_bad_ones),
        RUN(load, refuses_bad_input_with_field_and_place),
        RUN(load, names_the_files_of_a_cycle),
        RUN(load, checks_plans_that_were_built_in_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
