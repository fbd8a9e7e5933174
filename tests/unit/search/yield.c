/* SPDX-License-Identifier: Apache-2.0 */
/* The highest rate within latency targets: against a scan of the rates, on one and two threads,
 * with targets nothing can meet. Would catch: a bracket closed on the wrong side, an answer that
 * depends on pruning order, a memory limit passed over, a cost without its price's basis. */
#include <math.h>
#include <string.h>

#include "offtake/search.h"
#include "ot_test.h"

struct bench {
    struct ot_arena *arena;
    struct ot_catalog *catalog;
    struct ot_fits *fits;
    struct ot_search *search;
    struct ot_search_query query;
    struct ot_err err;
};

static const struct ot_chip *chip_of(struct bench *b, const char *name)
{
    const struct ot_chip *chip;
    assert_int_equal(
        ot_catalog_chip(b->catalog, ot_str_c(name), ot_loc_of(ot_str_c(""), 0, 0), &chip, &b->err),
        OT_OK);
    return chip;
}

static void open_bench(struct bench *b, const char *model, const char *workload, const char *slo)
{
    const struct ot_loc loc = ot_loc_of(ot_str_c(""), 0, 0);
    memset(b, 0, sizeof *b);
    b->arena = ot_arena_new(0);
    ot_err_init(&b->err, b->arena);
    assert_int_equal(ot_catalog_open(b->arena, getenv("OFFTAKE_DATA"), NULL, &b->catalog, &b->err),
                     OT_OK);
    assert_int_equal(ot_fits_open(b->arena, b->catalog, &b->fits, &b->err), OT_OK);
    assert_int_equal(
        ot_catalog_model(b->catalog, ot_str_c(model), loc, &b->query.base.model, &b->err), OT_OK);
    assert_int_equal(
        ot_catalog_workload(b->catalog, ot_str_c(workload), loc, &b->query.workload, &b->err),
        OT_OK);
    assert_int_equal(ot_slo_parse(ot_str_c(slo), loc, &b->query.slo, &b->err), OT_OK);
    b->query.opts = (struct ot_search_opts){.seed = 1, .threads = 1, .requests_n = 300};
    b->search = ot_search_new(b->arena, b->catalog, b->fits);
}

static struct ot_yield yield_on(struct bench *b, const char *chip)
{
    struct ot_yield yield;
    assert_int_equal(ot_search_yield(b->search, &b->query, chip_of(b, chip), &yield, &b->err),
                     OT_OK);
    return yield;
}

/* The slow twin: is the SLO met at this rate, by the same requests. */
static bool met_at(struct bench *b, const struct ot_yield *yield, double rate)
{
    struct ot_sim_setup setup;
    struct ot_sim_result result;
    struct ot_sim_load load = ot_sim_load_of(b->query.workload);
    const struct ot_sim_deploy deploy = {b->fits, &yield->deploy};
    assert_int_equal(ot_sim_setup_of(&deploy, ot_sim_load_max_tok(&load), NULL, &setup, &b->err),
                     OT_OK);
    load.arrival = OT_SIM_OPEN;
    load.rate_req_per_s = rate;
    load.seed = b->query.opts.seed;
    load.requests_n = yield->served.requests_n + 2000; /* see below: counted part is the same */
    setup.load = load;
    setup.slo = b->query.slo;
    setup.replicas_n = 1;
    assert_int_equal(ot_sim_run(&setup, b->arena, &result, &b->err), OT_OK);
    return result.slo_met && !result.overloaded;
}

TEST(rate, lies_where_a_scan_of_the_rates_turns)
{
    struct bench b;
    open_bench(&b, "llama-3.1-8b", "fixed:512/64", "ttft_p95=200ms,tpot_p95=20ms");
    b.query.base.layout.tp = 1;
    const struct ot_yield yield = yield_on(&b, "h100-sxm");
    assert_true(yield.feasible);
    assert_int_equal(yield.chips_n, 1);
    double low = 0.05 * yield.rate_req_per_s, step = 1.06;
    double last = 0;
    for (double rate = low; rate < 3 * yield.rate_req_per_s; rate *= step) {
        if (!met_at(&b, &yield, rate))
            break;
        last = rate;
    }
    /* another number of requests: the turn moves by sampling, not by a tenth */
    assert_true(last > 0.85 * yield.rate_req_per_s && last < 1.15 * yield.rate_req_per_s);
    ot_arena_free(b.arena);
}

TEST(rate, meets_the_targets_and_reports_what_binds)
{
    struct bench b;
    open_bench(&b, "llama-3.1-8b", "fixed:512/64", "ttft_p95=200ms,tpot_p95=20ms");
    b.query.base.layout.tp = 1;
    const struct ot_yield yield = yield_on(&b, "h100-sxm");
    assert_true(yield.latency_s[OT_SLO_METRIC_ttft][OT_SLO_STAT_p95] <= 0.2);
    assert_true(yield.latency_s[OT_SLO_METRIC_tpot][OT_SLO_STAT_p95] <= 0.02);
    assert_true(yield.binding == OT_BINDING_tpot || yield.binding == OT_BINDING_ttft ||
                yield.binding == OT_BINDING_throughput);
    assert_true(yield.rate_low_req_per_s <= yield.rate_req_per_s);
    assert_true(yield.rate_high_req_per_s >= yield.rate_req_per_s);
    const struct ot_pred work = yield.work_req_per_chip_s;
    assert_true(work.p10 > 0 && work.p10 <= work.value && work.value <= work.p90);
    ot_assert_near(work.value, yield.rate_req_per_s, 1e-12);
    ot_assert_near(yield.output_tok_per_s, 64 * yield.rate_req_per_s, 1e-9);
    const struct ot_pred ttft = ot_yield_latency(&yield, OT_SLO_METRIC_ttft, OT_SLO_STAT_p95);
    assert_true(ttft.p10 <= ttft.value && ttft.value <= ttft.p90);
    ot_arena_free(b.arena);
}

TEST(rate, does_not_fall_when_a_target_is_relaxed)
{
    static const char *const slos[] = {"tpot_p95=10ms", "tpot_p95=14ms", "tpot_p95=20ms",
                                       "tpot_p95=40ms"};
    double last = 0;
    for (size_t i = 0; i < OT_COUNT(slos); i++) {
        struct bench b;
        open_bench(&b, "llama-3.1-8b", "fixed:512/64", slos[i]);
        b.query.base.layout.tp = 1;
        const struct ot_yield yield = yield_on(&b, "h100-sxm");
        const double rate = yield.feasible ? yield.rate_req_per_s : 0;
        assert_true(rate >= last * 0.98); /* within the bracket's width */
        last = rate;
        ot_arena_free(b.arena);
    }
    assert_true(last > 0);
}

TEST(search, gives_the_same_on_one_and_two_threads)
{
    struct bench one, two;
    const struct ot_chip *chips[3];
    struct ot_search_result results[2];
    struct bench *benches[] = {&one, &two};
    static const char *const names[] = {"h100-sxm", "a100-sxm-80gb", "trainium2"};
    for (int t = 0; t < 2; t++) {
        struct bench *b = benches[t];
        open_bench(b, "llama-3.1-8b", "fixed:512/64", "ttft_p95=1s,tpot_p95=40ms");
        for (size_t i = 0; i < OT_COUNT(chips); i++)
            chips[i] = chip_of(b, names[i]);
        b->query.chips = chips;
        b->query.chips_n = 3;
        b->query.opts.threads = t + 1;
        b->query.opts.max_chips_n = 2;
        assert_int_equal(ot_search_run(b->search, &b->query, &results[t], &b->err), OT_OK);
    }
    assert_int_equal(results[0].all_n, results[1].all_n);
    for (int64_t i = 0; i < results[0].all_n; i++) {
        const struct ot_yield *a = &results[0].all[i], *c = &results[1].all[i];
        assert_string_equal(a->deploy.chip->name.ptr, c->deploy.chip->name.ptr);
        assert_memory_equal(&a->rate_req_per_s, &c->rate_req_per_s, sizeof(double));
        assert_memory_equal(&a->work_req_per_chip_s, &c->work_req_per_chip_s, 3 * sizeof(double));
        assert_memory_equal(a->latency_s, c->latency_s, sizeof a->latency_s);
        assert_string_equal(a->why.ptr, c->why.ptr);
    }
    ot_arena_free(one.arena);
    ot_arena_free(two.arena);
}

TEST(search, finds_the_best_of_all_layouts)
{
    struct bench b;
    struct ot_search_result result;
    open_bench(&b, "llama-3.1-8b", "fixed:512/64", "ttft_p95=1s,tpot_p95=10ms");
    const struct ot_chip *chip = chip_of(&b, "h100-sxm");
    b.query.chips = &chip;
    b.query.chips_n = 1;
    b.query.opts.max_chips_n = 8;
    assert_int_equal(ot_search_run(b.search, &b.query, &result, &b.err), OT_OK);
    assert_int_equal(result.best_n, 1);
    double best = 0;
    for (int64_t tp = 1; tp <= 8; tp *= 2) { /* brute force: every layout by itself */
        b.query.base.layout.tp = tp;
        const struct ot_yield yield = yield_on(&b, "h100-sxm");
        if (yield.feasible)
            best = fmax(best, yield.work_req_per_chip_s.value);
    }
    ot_assert_near(result.best[0].work_req_per_chip_s.value, best, 1e-12);
    ot_arena_free(b.arena);
}

TEST(search, refuses_by_memory_before_any_run)
{
    struct bench b;
    open_bench(&b, "llama-3.1-405b", "fixed:512/64", "ttft_p95=1s,tpot_p95=40ms");
    b.query.base.layout.tp = 1;
    const struct ot_yield yield = yield_on(&b, "h100-sxm");
    assert_false(yield.feasible);
    assert_int_equal(yield.binding, OT_BINDING_memory);
    assert_int_equal(yield.simulations_n, 0);
    assert_true(yield.why.len > 0);
    ot_arena_free(b.arena);
}

TEST(search, names_the_target_that_nothing_meets)
{
    struct bench b;
    struct ot_search_result result;
    open_bench(&b, "llama-3.1-8b", "fixed:512/64", "ttft_p95=1s,tpot_p95=1us");
    const struct ot_chip *chip = chip_of(&b, "h100-sxm");
    b.query.chips = &chip;
    b.query.chips_n = 1;
    b.query.opts.max_chips_n = 2;
    assert_int_equal(ot_search_run(b.search, &b.query, &result, &b.err), OT_OK);
    assert_false(result.best[0].feasible);
    assert_int_equal(result.binding, OT_BINDING_tpot);
    ot_arena_free(b.arena);
}

TEST(search, refuses_a_query_without_target_model_or_workload)
{
    struct bench b;
    struct ot_yield yield;
    open_bench(&b, "llama-3.1-8b", "fixed:512/64", "tpot_p95=40ms");
    const struct ot_chip *chip = chip_of(&b, "h100-sxm");
    struct ot_search_query query = b.query;
    query.slo = (struct ot_slo){0};
    assert_int_equal(ot_search_yield(b.search, &query, chip, &yield, &b.err), OT_INPUT);
    query = b.query;
    query.workload = NULL;
    assert_int_equal(ot_search_yield(b.search, &query, chip, &yield, &b.err), OT_INPUT);
    query = b.query;
    query.base.model = NULL;
    assert_int_equal(ot_search_yield(b.search, &query, chip, &yield, &b.err), OT_INPUT);
    ot_arena_free(b.arena);
}

TEST(search, remembers_an_answer)
{
    struct bench b;
    open_bench(&b, "llama-3.1-8b", "fixed:512/64", "tpot_p95=40ms");
    b.query.opts.max_chips_n = 1;
    const struct ot_yield first = yield_on(&b, "h100-sxm");
    const int64_t start = ot_clock_ns();
    for (int i = 0; i < 100; i++) {
        const struct ot_yield again = yield_on(&b, "h100-sxm");
        assert_memory_equal(&again.rate_req_per_s, &first.rate_req_per_s, sizeof(double));
    }
    assert_true(ot_clock_ns() - start < INT64_C(1000000000));
    ot_arena_free(b.arena);
}

TEST(price, comes_with_basis_and_date)
{
    struct bench b;
    open_bench(&b, "llama-3.1-8b", "fixed:512/64", "tpot_p95=40ms");
    b.query.opts.max_chips_n = 1;
    const struct ot_yield yield = yield_on(&b, "h100-sxm");
    assert_true(yield.has_price);
    assert_true(yield.price->price_usd_per_chip_s.date_day > 0);
    ot_assert_near(yield.usd_per_req * yield.work_req_per_chip_s.value, yield.usd_per_chip_s,
                   1e-12);
    ot_assert_near(yield.usd_per_tok * (512 + 64), yield.usd_per_req, 1e-9);
    ot_assert_near(512 * yield.usd_per_tok_input_share + 64 * yield.usd_per_tok_output_share,
                   yield.usd_per_req, 1e-9);
    b.query.opts.as_of_day = 1; /* nothing was known in 1970 */
    assert_false(yield_on(&b, "h100-sxm").has_price);
    ot_arena_free(b.arena);
}

TEST(replicas, are_whole_and_enough)
{
    struct ot_yield yield = {.feasible = true, .rate_req_per_s = 2.5};
    assert_int_equal(ot_yield_replicas(&yield, 0.1), 1);
    assert_int_equal(ot_yield_replicas(&yield, 2.5), 1);
    assert_int_equal(ot_yield_replicas(&yield, 5), 2);
    assert_int_equal(ot_yield_replicas(&yield, 5.1), 3);
}

TEST(bindings, have_names_and_help)
{
    for (int i = 0; i < OT_BINDING_COUNT; i++) {
        assert_true(strlen(ot_binding_name((enum ot_binding)i)) > 0);
        assert_true(strlen(ot_binding_help((enum ot_binding)i)) > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(rate, lies_where_a_scan_of_the_rates_turns),
        RUN(rate, meets_the_targets_and_reports_what_binds),
        RUN(rate, does_not_fall_when_a_target_is_relaxed),
        RUN(search, gives_the_same_on_one_and_two_threads),
        RUN(search, finds_the_best_of_all_layouts),
        RUN(search, refuses_by_memory_before_any_run),
        RUN(search, names_the_target_that_nothing_meets),
        RUN(search, refuses_a_query_without_target_model_or_workload),
        RUN(search, remembers_an_answer),
        RUN(price, comes_with_basis_and_date),
        RUN(replicas, are_whole_and_enough),
        RUN(bindings, have_names_and_help),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
