/* SPDX-License-Identifier: Apache-2.0 */
/* The pieces around the engine: latency targets, the histogram of gaps, lengths and arrivals,
 * bands, capacity, the overload flag, what set-ups are refused. */
#include <math.h>
#include <string.h>

#include "fake.h"
#include "sim/sim_internal.h"

static const struct fake machine = {.step_ps = 5000000000, /* 5 ms */
                                    .seq_ps = 20000000,
                                    .kv_ps = 20000,
                                    .prefill_ps = 60000000,
                                    .prefill_kv_ps = 100};

static double in_p[] = {0, 50, 100};
static double in_tok[] = {10, 200, 1000};
static double out_p[] = {0, 100};
static double out_tok[] = {1, 400};

static struct ot_sim_setup small_setup(void)
{
    return (struct ot_sim_setup){.engine = {.policy = OT_SIM_POLICY_vllm,
                                            .max_num_seqs = 32,
                                            .max_batched_tokens = 512,
                                            .max_model_len = 4096,
                                            .num_blocks = 4001,
                                            .block_tokens = 16,
                                            .in_flight_n = 2},
                                 .load = {.arrival = OT_SIM_OPEN,
                                          .rate_req_per_s = 5,
                                          .requests_n = 4000,
                                          .input = {in_p, in_tok, 3, 3},
                                          .output = {out_p, out_tok, 2, 2},
                                          .seed = 7},
                                 .cost_new = fake_new,
                                 .cost_ctx = &machine};
}

static struct ot_sim_result run(const struct ot_sim_setup *setup)
{
    struct ot_arena *arena = ot_arena_new(0);
    struct ot_err err;
    ot_err_init(&err, arena);
    struct ot_sim_result result;
    assert_int_equal(ot_sim_run(setup, arena, &result, &err), OT_OK);
    ot_arena_free(arena);
    return result;
}

static double capacity(const struct ot_sim_setup *setup)
{
    struct ot_arena *arena = ot_arena_new(0);
    struct ot_err err;
    ot_err_init(&err, arena);
    double rate = 0;
    assert_int_equal(ot_sim_capacity(setup, 0, arena, &rate, &err), OT_OK);
    ot_arena_free(arena);
    return rate;
}

/* ---- latency targets ---- */

TEST(slo, is_parsed_and_written_back)
{
    struct ot_arena *arena = ot_arena_new(0);
    struct ot_err err;
    ot_err_init(&err, arena);
    struct ot_slo slo;
    const struct ot_loc loc = {0};
    assert_int_equal(
        ot_slo_parse(ot_str_c("ttft_p95=1s, tpot_p95=40ms,e2e_mean=2 min,itl_p99=0.2 s"), loc, &slo,
                     &err),
        OT_OK);
    ot_assert_near(slo.limit_s[OT_SLO_METRIC_ttft][OT_SLO_STAT_p95], 1, 0);
    ot_assert_near(slo.limit_s[OT_SLO_METRIC_tpot][OT_SLO_STAT_p95], 0.04, 1e-15);
    ot_assert_near(slo.limit_s[OT_SLO_METRIC_e2e][OT_SLO_STAT_mean], 120, 0);
    const struct ot_str text = ot_slo_text(arena, &slo);
    assert_string_equal(text.ptr, "ttft_p95=1s,tpot_p95=0.04s,itl_p99=0.2s,e2e_mean=120s");
    struct ot_slo again;
    assert_int_equal(ot_slo_parse(text, loc, &again, &err), OT_OK);
    assert_memory_equal(&slo, &again, sizeof slo);
    const struct ot_slo none = {0};
    assert_int_equal(ot_slo_text(arena, &none).len, 0);
    assert_string_equal(ot_slo_metric_name(OT_SLO_METRIC_itl), "itl");
    assert_string_equal(ot_slo_stat_name(OT_SLO_STAT_p50), "p50");
    ot_arena_free(arena);
}

TEST(slo, is_refused_when_malformed)
{
    static const char *const texts[] = {"",
                                        "ttft",
                                        "ttft_p95",
                                        "ttft_p95=",
                                        "ttft_p95=1",
                                        "ttft_p42=1s",
                                        "latency_p95=1s",
                                        "ttft_p95=-1s",
                                        "ttft_p95=0s",
                                        "ttft_p95=1 GB",
                                        "_p95=1s",
                                        "ttft_p95=1s,,",
                                        "ttft_p95=1s,ttft_p95=2s"};
    for (size_t i = 0; i < OT_COUNT(texts); i++) {
        struct ot_arena *arena = ot_arena_new(0);
        struct ot_err err;
        ot_err_init(&err, arena);
        struct ot_slo slo;
        const struct ot_loc loc = ot_loc_of(ot_str_c("<args>"), 1, 9);
        assert_int_equal(ot_slo_parse(ot_str_c(texts[i]), loc, &slo, &err), OT_INPUT);
        assert_int_equal(err.loc.col, 9);
        assert_true(err.allowed.len > 0);
        ot_arena_free(arena);
    }
}

/* ---- gaps ---- */

TEST(gaps, percentiles_are_within_the_stated_error)
{
    struct ot_arena *arena = ot_arena_new(0);
    struct ot__gaps gaps;
    ot__gaps_init(&gaps, arena);
    enum {
        N = 20001
    };
    double *exact = ot_arena_calloc(arena, N, sizeof *exact);
    for (int i = 0; i < N; i++) {
        const struct ot_rng rng = ot_rng_of(3, 1);
        const int64_t gap = llround(1e10 * exp(2 * ot_rng_normal(rng, (uint64_t)i)));
        ot__gaps_add(&gaps, gap, 1);
        exact[i] = 1e-12 * (double)gap;
    }
    ot_sort_doubles(exact, N);
    static const double ps[] = {0, 1, 50, 90, 95, 99, 99.9, 100};
    for (size_t i = 0; i < OT_COUNT(ps); i++) {
        ot_assert_near(ot__gaps_percentile_s(&gaps, ps[i]), ot_percentile_sorted(exact, N, ps[i]),
                       OT__GAPS_REL_ERR);
    }
    ot_arena_free(arena);
}

TEST(gaps, a_ramp_is_the_same_as_its_steps)
{
    static const int64_t cases[][4] = {/* first, slope, n, weight */
                                       {1, 0, 1, 1},         {100, 1, 5000, 3},
                                       {255, 1, 3, 2},       {1000000007, 12345, 8191, 17},
                                       {7, 1000000, 300, 1}, {123456789012, 0, 77, 5}};
    for (size_t c = 0; c < OT_COUNT(cases); c++) {
        struct ot_arena *arena = ot_arena_new(0);
        struct ot__gaps ramp;
        struct ot__gaps steps;
        ot__gaps_init(&ramp, arena);
        ot__gaps_init(&steps, arena);
        ot__gaps_ramp(&ramp, cases[c][0], cases[c][1], cases[c][2], cases[c][3]);
        for (int64_t k = 0; k < cases[c][2]; k++) {
            ot__gaps_add(&steps, cases[c][0] + k * cases[c][1], cases[c][3]);
        }
        assert_memory_equal(ramp.counts, steps.counts, OT__GAPS_N * sizeof *ramp.counts);
        assert_int_equal(ramp.n, steps.n);
        assert_int_equal(ramp.max_ps, steps.max_ps);
        ot_assert_near(ot_sum_get(&ramp.sum_ps), ot_sum_get(&steps.sum_ps), 1e-14);
        ot_arena_free(arena);
    }
}

/* ---- what arrives ---- */

TEST(load, lengths_follow_their_table_and_depend_on_seed_and_index_only)
{
    const struct ot_sim_setup setup = small_setup();
    int64_t below_median = 0;
    for (int64_t i = 0; i < 10000; i++) {
        int64_t in, out, in2, out2;
        ot_sim_lengths(&setup.load, i, &in, &out);
        ot_sim_lengths(&setup.load, i, &in2, &out2);
        assert_true(in == in2 && out == out2);
        assert_true(in >= 10 && in <= 1000 && out >= 1 && out <= 400);
        below_median += in < 200;
    }
    assert_true(below_median > 4850 && below_median < 5150);
    assert_int_equal(ot_sim_load_max_tok(&setup.load), 1400);
}

TEST(load, arrivals_have_the_rate_and_the_variation_asked_for)
{
    static const double shapes[] = {0, 1, 0.25, 4};
    for (size_t c = 0; c < OT_COUNT(shapes); c++) {
        struct ot_sim_load load = small_setup().load;
        load.shape = shapes[c];
        load.rate_req_per_s = 50;
        struct ot__clock clock;
        enum {
            N = 40000
        };
        ot__clock_init(&clock, &load, N, INT64_MAX);
        struct ot__arrival a;
        int64_t before_ps = 0;
        double square_sum = 0;
        while (ot__clock_next(&clock, &a)) {
            const double gap_s = 1e-12 * (double)(a.arrival_ps - before_ps);
            square_sum += gap_s * gap_s;
            before_ps = a.arrival_ps;
        }
        const double mean = 1e-12 * (double)before_ps / (N - 1);
        const double cv2 = square_sum / (N - 1) / (mean * mean) - 1;
        ot_assert_near(mean, 0.02, 0.04);
        ot_assert_near(cv2, 1 / (shapes[c] == 0 ? 1 : shapes[c]), 0.1);
    }
}

TEST(load, stops_at_the_duration)
{
    struct ot_sim_setup setup = small_setup();
    setup.load.requests_n = 0;
    setup.load.duration_s = 100;
    const struct ot_sim_result r = run(&setup);
    assert_true(r.arrivals_s <= 100 && r.arrivals_s > 95);
    assert_true(r.requests_n > 400 && r.requests_n < 600);
}

TEST(load, warm_up_is_simulated_but_not_counted)
{
    struct ot_sim_setup setup = small_setup();
    const struct ot_sim_result all = run(&setup);
    setup.load.warmup_n = 1000;
    const struct ot_sim_result later = run(&setup);
    assert_int_equal(all.requests_n, 4000);
    assert_int_equal(later.requests_n, 3000);
    assert_int_equal(all.steps_n, later.steps_n);
}

TEST(load, a_closed_loop_never_has_more_than_its_clients)
{
    struct ot_sim_setup setup = small_setup();
    setup.load.arrival = OT_SIM_CLOSED;
    setup.load.concurrency = 14;
    setup.replicas_n = 2;
    const struct ot_sim_result r = run(&setup);
    assert_int_equal(r.requests_n, 4000);
    assert_int_equal(r.peak_running_n, 7);
    assert_false(r.overloaded || r.has_offered);
    /* Little's law: requests in flight = throughput x E2E, but for start and drain. */
    ot_assert_near(r.requests_per_s * r.dist[OT_SLO_METRIC_e2e].mean, 14, 0.02);
}

TEST(load, times_can_be_sped_up)
{
    struct ot_request rows[] = {{0, 10, 2}, {1000000000000, 10, 2}, {3000000000000, 10, 2}};
    const struct ot_trace trace = {.requests = rows, .n = 3};
    struct ot_sim_setup setup = small_setup();
    setup.load = (struct ot_sim_load){.arrival = OT_SIM_TIMES, .trace = &trace, .speedup = 10};
    const struct ot_sim_result r = run(&setup);
    ot_assert_near(r.arrivals_s, 0.3, 1e-12);
}

/* ---- what it all adds up to ---- */

TEST(capacity, separates_loads_that_settle_from_loads_that_grow)
{
    struct ot_sim_setup setup = small_setup();
    setup.load.requests_n = 6000;
    const double limit = capacity(&setup);
    static const struct {
        double u;
        bool overloaded;
    } rows[] = {{0.3, false}, {0.6, false}, {0.8, false}, {0.9, false}, {1.1, true}, {1.5, true}};
    for (size_t i = 0; i < OT_COUNT(rows); i++) {
        for (uint64_t seed = 1; seed <= 5; seed++) {
            setup.load.seed = seed;
            setup.load.rate_req_per_s = rows[i].u * limit;
            assert_true(run(&setup).overloaded == rows[i].overloaded);
        }
    }
    setup.replicas_n = 3;
    ot_assert_near(capacity(&setup), 3 * limit, 0.05);
}

TEST(capacity, least_outstanding_routing_beats_round_robin_on_waiting)
{
    struct ot_sim_setup setup = small_setup();
    setup.replicas_n = 4;
    setup.load.rate_req_per_s = 0.8 * capacity(&setup);
    const double turns = run(&setup).dist[OT_SLO_METRIC_ttft].stat[OT_SLO_STAT_p99];
    setup.router = OT_SIM_LEAST_OUTSTANDING;
    const double least = run(&setup).dist[OT_SLO_METRIC_ttft].stat[OT_SLO_STAT_p99];
    assert_true(least < turns);
}

TEST(result, goodput_counts_requests_within_every_bound)
{
    struct ot_sim_setup setup = small_setup();
    const struct ot_sim_result free_of = run(&setup);
    assert_true(free_of.slo_met);
    ot_assert_near(free_of.goodput_req_per_s, free_of.requests_per_s, 0);
    /* Half of the requests meet the median. */
    setup.slo.limit_s[OT_SLO_METRIC_ttft][OT_SLO_STAT_p95] =
        free_of.dist[OT_SLO_METRIC_ttft].stat[OT_SLO_STAT_p50];
    const struct ot_sim_result half = run(&setup);
    assert_false(half.slo_met);
    ot_assert_near(half.goodput_req_per_s, 0.5 * free_of.requests_per_s, 0.01);
}

TEST(result, slower_steps_give_longer_latencies)
{
    struct ot_sim_setup setup = small_setup();
    const struct ot_sim_result one = run(&setup);
    setup.engine.step_scale_ppm = 1100000;
    const struct ot_sim_result slow = run(&setup);
    const double ratio = slow.dist[OT_SLO_METRIC_tpot].mean / one.dist[OT_SLO_METRIC_tpot].mean;
    assert_true(ratio > 1.1 && ratio < 1.6);
}

TEST(band, grows_with_load_by_the_rule)
{
    struct ot_sim_result result = {.requests_n = 1500};
    result.dist[OT_SLO_METRIC_ttft].mean = 0.1;
    result.dist[OT_SLO_METRIC_e2e].mean = 1;
    struct ot_sim_band band = {.u = 0, .step_half_frac = 0.05, .label = OT_LABEL_fitted};
    struct ot_pred tpot = ot_sim_pred(&band, &result, OT_SLO_METRIC_tpot, 0.02);
    ot_assert_near(tpot.p90, 0.021, 1e-12);
    ot_assert_near(tpot.p10, 0.02 / 1.05, 1e-12);
    band.u = 0.8; /* e = 2.5 */
    tpot = ot_sim_pred(&band, &result, OT_SLO_METRIC_tpot, 0.02);
    ot_assert_near(tpot.p90, 0.02 * 1.125, 1e-12);
    const struct ot_pred ttft = ot_sim_pred(&band, &result, OT_SLO_METRIC_ttft, 0.1);
    ot_assert_near(ttft.p90, 0.1 * (1 + sqrt(0.125 * 0.125 + 0.04 * 0.04 + 0.096 * 0.096)), 1e-12);
    assert_true(ttft.label == OT_LABEL_fitted);
    band.assumed_arrivals = band.fixed_lengths = true;
    assert_true(ot_sim_pred(&band, &result, OT_SLO_METRIC_ttft, 0.1).p90 > ttft.p90);
    const struct ot_pred e2e = ot_sim_pred(&band, &result, OT_SLO_METRIC_e2e, 1);
    assert_true(e2e.p90 > 1.125 && e2e.p90 < 1.2);
    assert_false(ot_sim_saturated(&band));
    band.u = 0.96;
    assert_true(ot_sim_saturated(&band));
}

TEST(setup, that_makes_no_sense_is_refused)
{
    for (int i = 0; i < 12; i++) {
        struct ot_arena *arena = ot_arena_new(0);
        struct ot_err err;
        ot_err_init(&err, arena);
        struct ot_sim_setup s = small_setup();
        switch (i) {
        case 0:
            s.engine.max_num_seqs = 0;
            break;
        case 1:
            s.engine.max_batched_tokens = 31;
            break;
        case 2:
            s.engine.num_blocks = 1;
            break;
        case 3:
            s.engine.in_flight_n = 3;
            break;
        case 4:
            s.load.rate_req_per_s = 0;
            break;
        case 5:
            s.load.arrival = OT_SIM_TIMES;
            break;
        case 6:
            s.load.arrival = OT_SIM_CLOSED;
            break;
        case 7:
            s.load.input.p_n = 0;
            break;
        case 8:
            s.replicas_n = -1;
            break;
        case 9:
            s.engine.max_model_len = 5;
            break; /* every prompt is longer */
        case 10:
            s.load.rate_req_per_s = NAN;
            break;
        default:
            s.engine.policy = OT_SIM_POLICY_nxd;
            break; /* without buckets */
        }
        struct ot_sim_result result;
        assert_int_equal(ot_sim_run(&s, arena, &result, &err), OT_INPUT);
        assert_true(err.allowed.len > 0);
        ot_arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(slo, is_parsed_and_written_back),
        RUN(slo, is_refused_when_malformed),
        RUN(gaps, percentiles_are_within_the_stated_error),
        RUN(gaps, a_ramp_is_the_same_as_its_steps),
        RUN(load, lengths_follow_their_table_and_depend_on_seed_and_index_only),
        RUN(load, arrivals_have_the_rate_and_the_variation_asked_for),
        RUN(load, stops_at_the_duration),
        RUN(load, warm_up_is_simulated_but_not_counted),
        RUN(load, a_closed_loop_never_has_more_than_its_clients),
        RUN(load, times_can_be_sped_up),
        RUN(capacity, separates_loads_that_settle_from_loads_that_grow),
        RUN(capacity, least_outstanding_routing_beats_round_robin_on_waiting),
        RUN(result, goodput_counts_requests_within_every_bound),
        RUN(result, slower_steps_give_longer_latencies),
        RUN(band, grows_with_load_by_the_rule),
        RUN(setup, that_makes_no_sense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
