/* SPDX-License-Identifier: Apache-2.0 */
/* One pool, one offer, demand known only as a sample: the newsvendor problem, whose answer is an
 * order statistic of the sample (critical fractile). Would catch a wrong price, probability, hour
 * count or window in the program. */
#include "ot_test.h"

#include "fixture.h"

enum {
    SAMPLES = 101
};

struct vendor {
    double commit, on_demand, penalty, min_take; /* on_demand 0: none */
    enum ot_fulfilment fulfilment;
    enum ot_tariff tariff;
};

static void sample_demand(double *ret)
{
    const struct ot_rng rng = ot_rng_of(7, ot_rng_stream("demand", 0));
    for (int i = 0; i < SAMPLES; i++)
        ret[i] = 1000.0 * (0.3 + ot_rng_gamma(rng, (uint64_t)i, 4.0) / 4.0);
}

static void solve(struct ot_arena *arena, const struct vendor *v, const double *demand,
                  struct ot_plan_result *ret)
{
    struct ot_plan *p = fx_empty(arena, (struct fx_size){1, 1, 1, 1, 2, SAMPLES});
    p->workloads[0].penalty_usd_per_req = fx_fact(v->penalty);
    p->offers[0].price_usd_per_chip_s = fx_fact(v->commit);
    p->offers[0].min_take_frac = v->min_take;
    p->offers[0].fulfilment = v->fulfilment;
    p->offers[0].tariff = v->tariff;
    p->offers[1].kind = OT_OFFER_KIND_on_demand;
    p->offers[1].price_usd_per_chip_s = fx_fact(v->on_demand);
    p->offers_n = v->on_demand > 0.0 ? 2 : 1;
    for (int s = 0; s < SAMPLES; s++)
        fx_demand(arena, p, s, demand[s]);
    const struct ot_work work = fx_work(arena, p, fx_pred(1.0, 1.0, 1.0));
    struct ot_err err;
    ot_err_init(&err, arena);
    assert_int_equal(ot_plan_check(p, arena, &err), OT_OK);
    const struct ot_plan_opts opts = {.extra = OT_PLAN_EXTRA_NONE};
    assert_int_equal(ot_plan_solve(p, &work, &opts, arena, ret, &err), OT_OK);
}

/* Expected cost of x chips, summed sample by sample. */
static double closed_cost(const struct vendor *v, const double *demand, double x)
{
    const double seconds = 90.0 * 86400.0; /* 2026Q1 */
    const double beyond = v->on_demand > 0.0 ? v->on_demand : v->penalty;
    struct ot_sum sum = {0};
    for (int i = 0; i < SAMPLES; i++) {
        const double taken = fmin(demand[i], x);
        ot_sum_add(&sum, v->commit * v->min_take * x);
        if (v->tariff == OT_TARIFF_two_part)
            ot_sum_add(&sum, v->commit * (1.0 - v->min_take) * taken);
        else
            ot_sum_add(&sum, v->commit * fmax(0.0, taken - v->min_take * x));
        ot_sum_add(&sum, beyond * fmax(0.0, demand[i] - x));
    }
    return ot_sum_get(&sum) / SAMPLES * seconds;
}

/* The smallest order statistic at which the sample's distribution reaches `fractile`. */
static double order_statistic(const double *demand, double fractile)
{
    double sorted[SAMPLES];
    memcpy(sorted, demand, sizeof(sorted));
    ot_sort_doubles(sorted, SAMPLES);
    const double rank = ceil(SAMPLES * fractile - 1e-9);
    int i = (int)rank;
    if (i < 1)
        i = 1;
    return sorted[i - 1];
}

static void check_against(const struct vendor *v, const double *demand, double want)
{
    struct ot_arena *arena = ot_arena_new(0);
    struct ot_plan_result r;
    solve(arena, v, demand, &r);
    ot_assert_near(r.offers[0].chips, want, 1e-9);
    ot_assert_near(r.cost_usd, closed_cost(v, demand, want), 1e-9);
    assert_true(r.solver.duality_gap_frac < 1e-9);
    ot_arena_free(arena);
}

static void check(const struct vendor *v, double fractile)
{
    double demand[SAMPLES];
    sample_demand(demand);
    check_against(v, demand, order_statistic(demand, fractile));
}

TEST(newsvendor, take_or_pay_commits_the_discount_fractile)
{
    const double on_demand = 2.0 / 3600.0;
    for (int i = 1; i < 20; i++) {
        const double discount = 0.05 * i + 0.001; /* not a multiple of 1/101: a unique optimum */
        const struct vendor v = {on_demand * (1.0 - discount), on_demand,           1.0, 1.0,
                                 OT_FULFILMENT_quarterly,      OT_TARIFF_deficiency};
        check(&v, discount);
    }
}

TEST(newsvendor, flat_optimum_is_cut_at_its_lower_end)
{
    /* discount = 50/101 exactly: every x between two order statistics costs the same. */
    struct ot_arena *arena = ot_arena_new(0);
    const double on_demand = 2.0 / 3600.0;
    const struct vendor v = {on_demand * 51.0 / 101.0, on_demand,           1.0, 1.0,
                             OT_FULFILMENT_quarterly,  OT_TARIFF_deficiency};
    double demand[SAMPLES];
    struct ot_plan_result r;
    sample_demand(demand);
    solve(arena, &v, demand, &r);
    const double low = order_statistic(demand, 50.0 / 101.0);
    ot_assert_near(r.cost_usd, closed_cost(&v, demand, low), 1e-9);
    ot_assert_near(r.offers[0].chips, low, 1e-9);
    ot_arena_free(arena);
}

TEST(newsvendor, two_part_tariff_commits_the_fractile_of_its_fee)
{
    /* P(D > x) = m p_c / (p_o - (1 - m) p_c) */
    const double on_demand = 2.0 / 3600.0, commit = 1.3 / 3600.0;
    const enum ot_fulfilment windows[] = {OT_FULFILMENT_hourly, OT_FULFILMENT_quarterly,
                                          OT_FULFILMENT_full_period};
    for (int i = 1; i < 10; i++) {
        const double m = 0.1 * i + 0.003;
        const double tail = m * commit / (on_demand - (1.0 - m) * commit);
        const struct vendor v = {commit, on_demand, 1.0, m, windows[i % 3], OT_TARIFF_two_part};
        check(&v, 1.0 - tail);
    }
}

TEST(newsvendor, deficiency_minimum_balances_excess_against_the_minimum)
{
    /* (p_o - p_c) P(D > x) = m p_c P(D < m x): the cost is piecewise linear with its corners at
     * D and D / m, so the best corner, found by trying all, is the optimum. */
    const double on_demand = 2.0 / 3600.0, commit = 1.3 / 3600.0;
    const enum ot_fulfilment windows[] = {OT_FULFILMENT_hourly, OT_FULFILMENT_quarterly,
                                          OT_FULFILMENT_full_period};
    double demand[SAMPLES];
    sample_demand(demand);
    for (int i = 3; i < 10; i++) {
        const struct vendor v = {commit,          on_demand,      1.0,
                                 0.1 * i + 0.003, windows[i % 3], OT_TARIFF_deficiency};
        double best = 0.0;
        for (int j = 0; j < 2 * SAMPLES; j++) {
            const double x = j % 2 ? demand[j / 2] : demand[j / 2] / v.min_take;
            if (closed_cost(&v, demand, x) < closed_cost(&v, demand, best))
                best = x;
        }
        check_against(&v, demand, best);
    }
}

TEST(newsvendor, without_on_demand_the_penalty_sets_the_fractile)
{
    const double penalty = 5.0 / 3600.0; /* USD per request; a chip serves one request/s */
    for (int i = 1; i < 20; i++) {
        const double fractile = 0.05 * i + 0.001;
        const struct vendor v = {
            penalty * (1.0 - fractile), 0.0, penalty, 1.0, OT_FULFILMENT_quarterly,
            OT_TARIFF_deficiency};
        check(&v, fractile);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(newsvendor, take_or_pay_commits_the_discount_fractile),
        RUN(newsvendor, flat_optimum_is_cut_at_its_lower_end),
        RUN(newsvendor, two_part_tariff_commits_the_fractile_of_its_fee),
        RUN(newsvendor, deficiency_minimum_balances_excess_against_the_minimum),
        RUN(newsvendor, without_on_demand_the_penalty_sets_the_fractile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
