/* SPDX-License-Identifier: Apache-2.0 */
/* What every answer must satisfy, whatever the numbers: sums, bounds, orderings, and prices that
 * mean what they say when the offer is made at them. */
#include "ot_test.h"

#include "fixture.h"

static const struct fx_size small = {6, 2, 3, 3, 9, 4};

static struct ot_plan_result solve_with(struct ot_arena *arena, struct ot_plan *p,
                                        const struct ot_work *work, enum ot_plan_extra extra)
{
    struct ot_plan_result r = {0};
    struct ot_err err;
    ot_err_init(&err, arena);
    const struct ot_plan_opts opts = {.extra = extra};
    enum ot_code code = ot_plan_check(p, arena, &err);
    if (code == OT_OK)
        code = ot_plan_solve(p, work, &opts, arena, &r, &err);
    if (code != OT_OK)
        print_error("%s\n", ot_err_text(&err, arena).ptr);
    assert_int_equal(code, OT_OK);
    return r;
}

static struct ot_plan_result solve(struct ot_arena *arena, struct ot_plan *p, uint64_t seed,
                                   enum ot_plan_extra extra)
{
    const struct ot_work work = fx_random_work(arena, p, seed);
    return solve_with(arena, p, &work, extra);
}

TEST(solve, costs_add_up_by_part_scenario_and_quarter)
{
    for (uint64_t seed = 1; seed <= 8; seed++) {
        struct ot_arena *arena = ot_arena_new(0);
        struct ot_plan *p = fx_random(arena, small, seed);
        p->policy.work_points = seed % 2 ? 3 : 1;
        const struct ot_plan_result r = solve(arena, p, seed, OT_PLAN_EXTRA_NONE);
        double expected = 0.0, offers = 0.0;
        for (int64_t s = 0; s < r.scenarios_n; s++)
            expected += r.scenarios[s].probability * r.scenarios[s].cost_usd;
        for (int64_t o = 0; o < r.offers_n; o++)
            offers += r.offers[o].cost_usd;
        ot_assert_near(expected, r.cost_usd, 1e-9);
        ot_assert_near(r.commitment_usd + r.on_demand_usd + r.penalty_usd, r.cost_usd, 1e-12);
        ot_assert_near(offers, r.commitment_usd + r.on_demand_usd, 1e-9);
        ot_assert_near(r.objective_usd, 0.7 * r.cost_usd + 0.3 * r.cvar_usd, 1e-9);
        assert_true(r.cvar_usd >= r.cost_usd * (1.0 - 1e-12));
        assert_true(r.solver.duality_gap_frac < 1e-9);
        assert_int_equal(r.solver.scenarios, seed % 2 ? 12 : 4);
        ot_arena_free(arena);
    }
}

TEST(solve, one_scenario_or_no_risk_weight_is_the_deterministic_plan)
{
    struct ot_arena *arena = ot_arena_new(0);
    struct fx_size size = small;
    size.scenarios = 1;
    struct ot_plan *p = fx_random(arena, size, 5);
    const struct ot_plan_result risky = solve(arena, p, 5, OT_PLAN_EXTRA_NONE);
    p->policy.cvar_weight = 0.0;
    const struct ot_plan_result neutral = solve(arena, p, 5, OT_PLAN_EXTRA_NONE);
    ot_assert_near(risky.cost_usd, neutral.cost_usd, 1e-9);
    ot_assert_near(risky.cvar_usd, risky.cost_usd, 1e-12);

    /* Four equal scenarios are one. */
    size.scenarios = 4;
    struct ot_plan *four = fx_random(arena, size, 5);
    for (int s = 0; s < 4; s++) {
        four->scenarios[s].demand = p->scenarios[0].demand;
        four->scenarios[s].delays = p->scenarios[0].delays;
        four->workloads = p->workloads;
        four->offers = p->offers;
        four->blocks = p->blocks;
    }
    four->policy.cvar_weight = 0.0;
    const struct ot_plan_result same = solve(arena, four, 5, OT_PLAN_EXTRA_NONE);
    ot_assert_near(same.cost_usd, neutral.cost_usd, 1e-9);
    ot_arena_free(arena);
}

TEST(solve, more_offers_never_cost_more)
{
    struct ot_arena *arena = ot_arena_new(0);
    double last = HUGE_VAL;
    struct ot_plan *p = fx_random(arena, small, 2);
    p->policy.vendor_cap_frac = 1.0; /* a cap on shares is not monotone */
    for (int64_t s = 0; s < p->scenarios_n; s++)
        p->scenarios[s].delays_n = 0; /* they name vendors of later offers */
    for (int64_t n = 0; n <= small.offers; n++) {
        p->offers_n = n;
        const struct ot_plan_result r = solve(arena, p, 2, OT_PLAN_EXTRA_NONE);
        assert_true(r.objective_usd <= last * (1.0 + 1e-9));
        last = r.objective_usd;
    }
    ot_arena_free(arena);
}

TEST(solve, without_any_offer_all_demand_is_unmet_at_its_penalty)
{
    struct ot_arena *arena = ot_arena_new(0);
    struct ot_plan *p = fx_empty(arena, (struct fx_size){2, 1, 1, 1, 0, 1});
    const struct ot_work work = fx_work(arena, p, fx_pred(1.0, 1.0, 1.0));
    const struct ot_plan_result r = solve_with(arena, p, &work, OT_PLAN_EXTRA_ALL);
    ot_assert_near(r.penalty_usd, 181.0 * 86400.0, 1e-12);
    ot_assert_near(r.unmet_frac, 1.0, 1e-12);
    ot_arena_free(arena);
}

/* The objective when offer o costs `price`; how many chips of it are signed goes to *ret_chips. */
static double at_price(struct ot_arena *arena, struct ot_plan *p, uint64_t seed, int64_t o,
                       double price, double *ret_chips)
{
    const struct ot_fact old = p->offers[o].price_usd_per_chip_s;
    p->offers[o].price_usd_per_chip_s = fx_fact(price);
    const struct ot_plan_result r = solve(arena, p, seed, OT_PLAN_EXTRA_NONE);
    p->offers[o].price_usd_per_chip_s = old;
    *ret_chips = r.offers[o].chips;
    return r.objective_usd;
}

TEST(solve, rejected_offers_are_signed_just_below_their_break_even_price)
{
    int tried = 0;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        struct ot_arena *arena = ot_arena_new(0);
        struct ot_plan *p = fx_random(arena, small, seed);
        p->policy.vendor_cap_frac = 1.0;
        const struct ot_plan_result r = solve(arena, p, seed, OT_PLAN_EXTRA_PRICES);
        for (int64_t o = 0; o < r.offers_n; o++) {
            const struct ot_plan_offer_result *out = &r.offers[o];
            if (out->decision != OT_DECISION_leave || !out->has_break_even)
                continue;
            double below = 0.0, above = 0.0;
            at_price(arena, p, seed, o, out->break_even_usd_per_chip_s * 0.999, &below);
            at_price(arena, p, seed, o, out->break_even_usd_per_chip_s * 1.001, &above);
            assert_true(out->break_even_usd_per_chip_s <= out->price_usd_per_chip_s * (1 + 1e-6));
            assert_true(below > 0.0);
            assert_true(above == 0.0);
            tried++;
        }
        ot_arena_free(arena);
    }
    assert_true(tried >= 5);
}

TEST(solve, leave_one_out_is_the_plan_without_the_offer)
{
    struct ot_arena *arena = ot_arena_new(0);
    struct ot_plan *p = fx_random(arena, small, 4);
    p->policy.vendor_cap_frac = 1.0;
    const struct ot_plan_result r = solve(arena, p, 4, OT_PLAN_EXTRA_PRICES);
    int tried = 0;
    for (int64_t o = 0; o < r.offers_n; o++) {
        const struct ot_plan_offer_result *out = &r.offers[o];
        if (!out->has_leave_one_out)
            continue;
        const double price = p->offers[o].price_usd_per_chip_s.value;
        double chips = 0.0;
        const double without = at_price(arena, p, 4, o, price * 1e5, &chips);
        ot_assert_near(r.objective_usd + out->leave_one_out_usd, without, 1e-7);
        assert_true(out->break_even_usd_per_chip_s >= price);
        tried++;
    }
    assert_true(tried > 0);
    ot_arena_free(arena);
}

TEST(solve, minimum_lots_are_all_or_nothing_and_best)
{
    for (uint64_t seed = 1; seed <= 4; seed++) {
        struct ot_arena *arena = ot_arena_new(0);
        struct ot_plan *p = fx_random(arena, small, seed);
        p->policy.vendor_cap_frac = 1.0;
        for (int64_t o = small.pools; o < p->offers_n; o++)
            p->offers[o].min_chips = 0.7 * p->offers[o].max_chips;
        const struct ot_plan_result r = solve(arena, p, seed, OT_PLAN_EXTRA_PRICES);
        double best = HUGE_VAL;
        const int binaries = small.offers - small.pools;
        for (int mask = 0; mask < 1 << binaries; mask++) { /* by trying every combination */
            struct ot_plan *q = fx_random(arena, small, seed);
            q->policy.vendor_cap_frac = 1.0;
            for (int i = 0; i < binaries; i++) {
                struct ot_plan_offer *o = &q->offers[small.pools + i];
                o->min_chips = mask >> i & 1 ? 0.7 * o->max_chips : 0.0;
                o->max_chips = mask >> i & 1 ? o->max_chips : 0.0;
                o->state = mask >> i & 1 ? OT_OFFER_STATE_signed : OT_OFFER_STATE_proposed;
                o->prepay_frac = 0.0;
            }
            for (int64_t o = 0; o < p->offers_n; o++)
                p->offers[o].prepay_frac = 0.0;
            for (int64_t s = 0; s < q->scenarios_n; s++)
                q->scenarios[s].delays_n = 0; /* vendor delays do not move signed offers */
            best = fmin(best, solve(arena, q, seed, OT_PLAN_EXTRA_NONE).objective_usd);
        }
        for (int64_t s = 0; s < p->scenarios_n; s++)
            p->scenarios[s].delays_n = 0;
        const struct ot_plan_result again = solve(arena, p, seed, OT_PLAN_EXTRA_NONE);
        ot_assert_near(again.objective_usd, best, 2e-6);
        for (int64_t o = small.pools; o < r.offers_n; o++)
            assert_true(r.offers[o].chips == 0.0 ||
                        r.offers[o].chips >= p->offers[o].min_chips * (1.0 - 1e-9));
        assert_true(again.solver.gap_frac <= 1e-6);
        ot_arena_free(arena);
    }
}

TEST(solve, extras_are_ordered_as_theory_says)
{
    struct ot_arena *arena = ot_arena_new(0);
    struct ot_plan *p = fx_random(arena, small, 6);
    const struct ot_plan_result r = solve(arena, p, 6, OT_PLAN_EXTRA_ALL);
    assert_true(r.has_evpi && r.evpi_usd >= 0.0);
    assert_int_equal(r.frontier_n, 5);
    for (int64_t i = 1; i < r.frontier_n; i++) {
        assert_true(r.frontier[i].cost_usd >= r.frontier[i - 1].cost_usd * (1.0 - 1e-6));
        assert_true(r.frontier[i].cvar_usd <= r.frontier[i - 1].cvar_usd * (1.0 + 1e-6));
    }
    assert_int_equal(r.curve_n, 11);
    for (int64_t i = 0; i < r.curve_n; i++) {
        const double z = 0.7 * r.curve[i].cost_usd + 0.3 * r.curve[i].cvar_usd;
        assert_true(z >= r.objective_usd * (1.0 - 1e-6));
        if (i > 0 && i + 1 < r.curve_n) { /* convex */
            const double before = 0.7 * r.curve[i - 1].cost_usd + 0.3 * r.curve[i - 1].cvar_usd;
            const double after = 0.7 * r.curve[i + 1].cost_usd + 0.3 * r.curve[i + 1].cvar_usd;
            assert_true(z <= 0.5 * (before + after) * (1.0 + 1e-6));
        }
    }
    assert_true(r.has_alternative);
    assert_true(0.7 * r.alternative.cost_usd + 0.3 * r.alternative.cvar_usd <=
                r.objective_usd * 1.0101);
    assert_int_equal(r.hhi_n, 3);
    for (int64_t i = 0; i < 3; i++) {
        double sum = r.hhi[i].unknown_frac;
        for (int64_t j = 0; j < r.hhi[i].mix_n; j++)
            sum += r.hhi[i].mix[j].share_frac;
        ot_assert_near(sum, 1.0, 1e-12);
        assert_true(r.hhi[i].hhi > 0.0 && r.hhi[i].hhi <= 1.0 + 1e-12);
    }
    ot_arena_free(arena);
}

TEST(solve, extras_do_not_change_the_plan)
{
    struct ot_arena *arena = ot_arena_new(0);
    struct ot_plan *p = fx_random(arena, small, 9);
    const struct ot_plan_result a = solve(arena, p, 9, OT_PLAN_EXTRA_NONE);
    const struct ot_plan_result b = solve(arena, p, 9, OT_PLAN_EXTRA_ALL);
    assert_true(a.objective_usd == b.objective_usd);
    for (int64_t o = 0; o < a.offers_n; o++)
        assert_true(a.offers[o].chips == b.offers[o].chips);
    ot_arena_free(arena);
}

/* Committed USD (present value) of one vendor, and of all. */
static void committed(const struct ot_plan_result *r, const char *vendor, double *ret_own,
                      double *ret_all)
{
    *ret_own = *ret_all = 0.0;
    for (int64_t o = 0; o < r->offers_n; o++) {
        const struct ot_plan_offer_result *out = &r->offers[o];
        const bool signs = out->kind == OT_OFFER_KIND_take_or_pay;
        *ret_all += signs ? out->commitment_usd - out->beyond_horizon_usd : 0.0;
        if (signs && ot_str_is(out->vendor, vendor))
            *ret_own += out->commitment_usd - out->beyond_horizon_usd;
    }
}

TEST(solve, a_vendor_cap_holds_and_has_a_price)
{
    struct ot_arena *arena = ot_arena_new(0);
    struct ot_plan *p = fx_empty(arena, (struct fx_size){4, 1, 1, 1, 2, 1});
    p->workloads[0].demand[0].rate_req_per_s = 1000.0;
    p->offers[0].price_usd_per_chip_s = fx_fact(0.001);
    p->offers[1].price_usd_per_chip_s = fx_fact(0.002);
    p->policy.vendor_cap_frac = 0.7;
    const struct ot_work work = fx_work(arena, p, fx_pred(1.0, 1.0, 1.0));
    const struct ot_plan_result r = solve_with(arena, p, &work, OT_PLAN_EXTRA_NONE);
    double own = 0.0, all = 0.0;
    committed(&r, "vendor0", &own, &all);
    ot_assert_near(own / all, 0.7, 1e-9);
    ot_assert_near(r.unmet_frac + 1.0, 1.0, 1e-9);
    assert_int_equal(r.limits_n, 1);
    assert_string_equal(r.limits[0].name.ptr, "vendor_cap vendor0");
    assert_true(r.limits[0].price_usd > 0.0 && r.limits[0].raised_by == 0.0);
    ot_arena_free(arena);
}

TEST(solve, power_and_budget_limits_hold)
{
    struct ot_arena *arena = ot_arena_new(0);
    struct ot_plan *p = fx_empty(arena, (struct fx_size){2, 1, 1, 1, 1, 1});
    struct ot_plan_site site = {.name = ot_str_c("hall"), .power_cap_w = fx_fact(500e3)};
    p->workloads[0].demand[0].rate_req_per_s = 1000.0;
    p->pools[0].site = site.name;
    p->pools[0].power_per_chip_w = fx_fact(1000.0);
    p->sites = &site;
    p->sites_n = 1;
    p->offers[0].price_usd_per_chip_s = fx_fact(0.001);
    const struct ot_work work = fx_work(arena, p, fx_pred(1.0, 1.0, 1.0));
    const struct ot_plan_result power = solve_with(arena, p, &work, OT_PLAN_EXTRA_NONE);
    ot_assert_near(power.offers[0].chips, 500.0, 1e-9);

    struct ot_plan_budget budget = {p->as_of_day, 0.001 * 90.0 * 86400.0 * 200.0};
    p->sites_n = 0;
    p->policy.budget = &budget;
    p->policy.budget_n = 1;
    const struct ot_plan_result cash = solve_with(arena, p, &work, OT_PLAN_EXTRA_NONE);
    ot_assert_near(cash.offers[0].chips, 200.0 * 90.0 / 91.0, 1e-9); /* 2026Q2 has 91 days */
    ot_arena_free(arena);
}

TEST(solve, limits_that_signed_offers_break_are_raised_and_named)
{
    struct ot_arena *arena = ot_arena_new(0);
    struct ot_plan *p = fx_empty(arena, (struct fx_size){2, 1, 1, 1, 2, 1});
    p->offers[0].state = OT_OFFER_STATE_signed;
    p->offers[0].min_chips = 100.0;
    p->offers[0].price_usd_per_chip_s = fx_fact(0.001);
    p->policy.vendor_cap_frac = 0.4;
    const struct ot_work work = fx_work(arena, p, fx_pred(1.0, 1.0, 1.0));
    const struct ot_plan_result r = solve_with(arena, p, &work, OT_PLAN_EXTRA_ALL);
    ot_assert_near(r.offers[0].chips, 100.0, 1e-9);
    assert_int_equal(r.offers[0].decision, OT_DECISION_keep);
    assert_true(r.limits_n >= 1 && r.limits[0].raised_by > 0.0);
    ot_arena_free(arena);
}

TEST(solve, late_delivery_and_a_failed_vendor_leave_demand_unmet)
{
    struct ot_arena *arena = ot_arena_new(0);
    struct ot_plan *p = fx_empty(arena, (struct fx_size){4, 1, 1, 1, 1, 3});
    struct ot_plan_delay delay = {.vendor = ot_str_c("vendor0"), .by = {6, 0}};
    struct ot_plan_failure failure = {ot_str_c("vendor0"), ot_date_of(2026, 7, 1)};
    p->offers[0].price_usd_per_chip_s = fx_fact(0.001);
    p->offers[0].has_term = true;
    p->offers[0].term.months = 12;
    p->scenarios[1].delays = &delay;
    p->scenarios[1].delays_n = 1;
    p->scenarios[2].failures = &failure;
    p->scenarios[2].failures_n = 1;
    const struct ot_work work = fx_work(arena, p, fx_pred(1.0, 1.0, 1.0));
    const struct ot_plan_result r = solve_with(arena, p, &work, OT_PLAN_EXTRA_NONE);
    const double served[3][4] = {{1, 1, 1, 1}, {0, 0, 1, 1}, {1, 1, 0, 0}};
    for (int64_t i = 0; i < r.flows_n; i++)
        ot_assert_near(1.0 + r.flows[i].unmet_req_per_s, 2.0 - served[i / 4][i % 4], 1e-9);
    ot_arena_free(arena);
}

TEST(solve, deferrable_work_fills_the_valleys)
{
    struct ot_arena *arena = ot_arena_new(0);
    struct ot_plan *p = fx_empty(arena, (struct fx_size){1, 2, 1, 1, 1, 1});
    p->blocks[0].demand_factor = 1.8;
    p->blocks[1].demand_factor = 0.2;
    p->workloads[0].demand[0].rate_req_per_s = 100.0;
    p->offers[0].price_usd_per_chip_s = fx_fact(0.001);
    const struct ot_work work = fx_work(arena, p, fx_pred(1.0, 1.0, 1.0));
    const struct ot_plan_result peak = solve_with(arena, p, &work, OT_PLAN_EXTRA_NONE);
    p->workloads[0].class = OT_WORK_CLASS_deferrable;
    const struct ot_plan_result flat = solve_with(arena, p, &work, OT_PLAN_EXTRA_NONE);
    ot_assert_near(peak.offers[0].chips, 180.0, 1e-9);
    ot_assert_near(flat.offers[0].chips, 100.0, 1e-9);
    ot_assert_near(flat.offers[0].used_frac, 1.0, 1e-9);
    ot_assert_near(peak.offers[0].used_frac, 100.0 / 180.0, 1e-9);
    ot_arena_free(arena);
}

TEST(solve, one_chips_error_moves_all_its_pools_together)
{
    /* Two pools of the same chip: the split must not diversify the risk away. */
    struct ot_arena *arena = ot_arena_new(0);
    struct ot_plan *p = fx_empty(arena, (struct fx_size){1, 1, 1, 2, 2, 1});
    p->workloads[0].demand[0].rate_req_per_s = 100.0;
    p->policy.work_points = 3;
    for (int i = 0; i < 2; i++) {
        p->pools[i].chip = ot_str_c("same");
        p->offers[i].state = OT_OFFER_STATE_signed;
        p->offers[i].min_chips = p->offers[i].max_chips = 50.0;
        p->offers[i].has_max_chips = true;
    }
    const struct ot_work work = fx_work(arena, p, fx_pred(1.0, 0.8, 1.25));
    const struct ot_plan_result r = solve_with(arena, p, &work, OT_PLAN_EXTRA_NONE);
    const double low = pow(0.8, 1.2247448713915890 / 1.2815515655446004);
    ot_assert_near(r.unmet_frac, (1.0 - low) / 3.0, 1e-9);
    ot_arena_free(arena);
}

TEST(solve, closed_offers_say_so)
{
    struct ot_arena *arena = ot_arena_new(0);
    struct ot_plan *p = fx_empty(arena, (struct fx_size){2, 1, 1, 1, 3, 1});
    p->offers[0].expires_day = p->as_of_day - 1;
    p->offers[0].has_expires = true;
    p->offers[1].known_from_day = p->as_of_day + 1;
    p->offers[1].has_known_from = true;
    p->offers[2].lead_time.months = 12;
    for (int i = 0; i < 3; i++)
        p->offers[i].price_usd_per_chip_s = fx_fact(1e-9);
    const struct ot_work work = fx_work(arena, p, fx_pred(1.0, 1.0, 1.0));
    const struct ot_plan_result r = solve_with(arena, p, &work, OT_PLAN_EXTRA_ALL);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(r.offers[i].decision, OT_DECISION_closed);
        assert_true(r.offers[i].chips == 0.0);
        assert_string_equal(ot_decision_name(r.offers[i].decision), "closed");
    }
    ot_arena_free(arena);
}

TEST(solve, work_that_is_not_known_is_refused_by_name)
{
    struct ot_arena *arena = ot_arena_new(0);
    struct ot_plan *p = fx_empty(arena, (struct fx_size){1, 1, 1, 1, 1, 1});
    struct ot_work work = fx_work(arena, p, fx_pred(1.0, 1.0, 1.0));
    struct ot_plan_result r = {.cost_usd = 42.0};
    struct ot_err err;
    ot_err_init(&err, arena);
    assert_int_equal(ot_plan_check(p, arena, &err), OT_OK);
    work.cells[0].has = false;
    assert_int_equal(ot_plan_solve(p, &work, NULL, arena, &r, &err), OT_INPUT);
    assert_non_null(strstr(ot_err_text(&err, arena).ptr, "work of 'work0' on pool 'pool0'"));
    work.cells[0].has = true;
    work.cells[0].req_per_chip_s.value = (double)NAN;
    assert_int_equal(ot_plan_solve(p, &work, NULL, arena, &r, &err), OT_INPUT);
    assert_true(r.cost_usd == 42.0);
    ot_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(solve, costs_add_up_by_part_scenario_and_quarter),
        RUN(solve, one_scenario_or_no_risk_weight_is_the_deterministic_plan),
        RUN(solve, more_offers_never_cost_more),
        RUN(solve, without_any_offer_all_demand_is_unmet_at_its_penalty),
        RUN(solve, rejected_offers_are_signed_just_below_their_break_even_price),
        RUN(solve, leave_one_out_is_the_plan_without_the_offer),
        RUN(solve, minimum_lots_are_all_or_nothing_and_best),
        RUN(solve, extras_are_ordered_as_theory_says),
        RUN(solve, extras_do_not_change_the_plan),
        RUN(solve, a_vendor_cap_holds_and_has_a_price),
        RUN(solve, power_and_budget_limits_hold),
        RUN(solve, limits_that_signed_offers_break_are_raised_and_named),
        RUN(solve, late_delivery_and_a_failed_vendor_leave_demand_unmet),
        RUN(solve, deferrable_work_fills_the_valleys),
        RUN(solve, one_chips_error_moves_all_its_pools_together),
        RUN(solve, closed_offers_say_so),
        RUN(solve, work_that_is_not_known_is_refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
