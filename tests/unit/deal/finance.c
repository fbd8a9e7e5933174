/* SPDX-License-Identifier: Apache-2.0 */
/* The small formulas against known answers and slow twins: present value and rate of return, option
 * value, concentration, dilution, circulation. Would catch: a wrong day count, a root on the wrong
 * branch, a cycle left in the residual, sums that depend on threads. */
#include "ot_test.h"

#include <math.h>

#include "offtake/deal.h"

struct fixture {
    struct ot_arena *arena;
    struct ot_err err;
};

static int set_up(void **state)
{
    static struct fixture fixture;
    fixture.arena = ot_arena_new(0);
    ot_err_init(&fixture.err, fixture.arena);
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    ot_arena_free(f->arena);
    return 0;
}

TEST(npv, discounts_each_flow_from_the_given_day)
{
    struct fixture *f = *state;
    int64_t day = ot_date_of(2026, 1, 1);
    /* four years are 1,461 days = exactly 4 x 365.25 */
    struct ot_cash cash[] = {{day, -100}, {ot_date_of(2030, 1, 1), 146.41}};
    double usd;
    assert_int_equal(ot_npv(cash, 2, 0.10, day, &usd, &f->err), OT_OK);
    ot_assert_near(usd + 1, 1, 1e-12);
    assert_int_equal(ot_npv(cash, 2, 0, day, &usd, &f->err), OT_OK);
    ot_assert_near(usd, 46.41, 1e-12);
    assert_int_equal(ot_npv(cash, 0, 0.1, day, &usd, &f->err), OT_OK);
    assert_true(usd == 0);
}

TEST(npv, refuses_a_rate_of_minus_one_and_flows_that_are_not_numbers)
{
    struct fixture *f = *state;
    struct ot_cash cash[] = {{0, -100}, {365, nan("")}};
    double usd = 7;
    assert_int_equal(ot_npv(cash, 1, -1, 0, &usd, &f->err), OT_INPUT);
    assert_int_equal(ot_npv(cash, 1, nan(""), 0, &usd, &f->err), OT_INPUT);
    assert_int_equal(ot_npv(cash, 2, 0.1, 0, &usd, &f->err), OT_INPUT);
    assert_true(usd == 7); /* untouched */
}

TEST(xirr, gives_known_rates)
{
    struct fixture *f = *state;
    int64_t day = ot_date_of(2026, 1, 1), later = ot_date_of(2030, 1, 1);
    const struct {
        double in, out, rate;
    } rows[] = {
        {100, 146.41, 0.10}, {100, 100, 0},        {100, 65.61, -0.10},
        {100, 1600, 1.0},    {1e9, 5.0625e9, 0.5},
    };
    for (size_t i = 0; i < OT_COUNT(rows); i++) {
        struct ot_cash cash[] = {{later, rows[i].out}, {day, -rows[i].in}};
        double rate;
        assert_int_equal(ot_xirr(cash, 2, &rate, &f->err), OT_OK);
        ot_assert_near(1 + rate, 1 + rows[i].rate, 1e-10);
    }
}

TEST(xirr, agrees_with_bisection_on_a_quarterly_annuity)
{
    struct fixture *f = *state;
    struct ot_cash cash[33] = {{ot_date_of(2026, 1, 1), -50e9}};
    for (int i = 1; i < 33; i++)
        cash[i] = (struct ot_cash){ot_date_add_months(cash[0].day, 3 * i), 2.2e9};
    double rate, low = 0, high = 1, usd;
    assert_int_equal(ot_xirr(cash, 33, &rate, &f->err), OT_OK);
    for (int i = 0; i < 200; i++) { /* the slow twin */
        double mid = (low + high) / 2;
        assert_int_equal(ot_npv(cash, 33, mid, cash[0].day, &usd, &f->err), OT_OK);
        *(usd > 0 ? &low : &high) = mid;
    }
    ot_assert_near(rate, low, 1e-9);
}

TEST(xirr, takes_the_root_nearest_zero_when_there_are_two)
{
    struct fixture *f = *state;
    /* -100 + 230/(1+r) - 132/(1+r)^2 = 0 at 10 % and 20 %, over 4-year steps */
    int64_t day = ot_date_of(2026, 1, 1);
    struct ot_cash cash[] = {
        {day, -100}, {ot_date_of(2030, 1, 1), 230}, {ot_date_of(2034, 1, 1), -132}};
    double rate;
    assert_int_equal(ot_xirr(cash, 3, &rate, &f->err), OT_OK);
    ot_assert_near(1 + rate, pow(1.1, 0.25), 1e-10);
}

TEST(xirr, says_so_when_no_rate_exists)
{
    struct fixture *f = *state;
    struct ot_cash only_out[] = {{0, -1}, {10, -1}}, bad[] = {{0, -1}, {10, HUGE_VAL}};
    double rate = 7;
    assert_int_equal(ot_xirr(only_out, 2, &rate, &f->err), OT_INFEASIBLE);
    assert_int_equal(ot_xirr(only_out, 0, &rate, &f->err), OT_INFEASIBLE);
    assert_int_equal(ot_xirr(bad, 2, &rate, &f->err), OT_INPUT);
    assert_true(rate == 7);
}

TEST(hhi, is_one_for_a_monopoly_and_one_nth_for_equals)
{
    struct fixture *f = *state;
    double one[] = {5}, four[] = {2, 2, 2, 2}, hhi;
    assert_int_equal(ot_hhi(one, 1, &hhi, &f->err), OT_OK);
    ot_assert_near(hhi, 1, 1e-12);
    assert_int_equal(ot_hhi(four, 4, &hhi, &f->err), OT_OK);
    ot_assert_near(hhi, 0.25, 1e-12);
}

TEST(hhi, refuses_negative_amounts_and_nothing_at_all)
{
    struct fixture *f = *state;
    double negative[] = {1, -1}, zero[] = {0, 0}, not_a_number[] = {1, nan("")}, hhi;
    assert_int_equal(ot_hhi(negative, 2, &hhi, &f->err), OT_INPUT);
    assert_int_equal(ot_hhi(zero, 2, &hhi, &f->err), OT_INPUT);
    assert_int_equal(ot_hhi(not_a_number, 2, &hhi, &f->err), OT_INPUT);
    assert_int_equal(ot_hhi(zero, 0, &hhi, &f->err), OT_INPUT);
}

TEST(dilution, is_new_money_over_old_and_new)
{
    struct fixture *f = *state;
    double frac;
    assert_int_equal(ot_dilution(50e9, 730e9, 110e9, &frac, &f->err), OT_OK);
    ot_assert_near(frac, 50.0 / 840.0, 1e-12);
}

TEST(dilution, refuses_a_worthless_company_and_more_than_the_round)
{
    struct fixture *f = *state;
    double frac;
    assert_int_equal(ot_dilution(1, 0, 1, &frac, &f->err), OT_INPUT);
    assert_int_equal(ot_dilution(2, 1, 1, &frac, &f->err), OT_INPUT);
    assert_int_equal(ot_dilution(-1, 1, 1, &frac, &f->err), OT_INPUT);
    assert_int_equal(ot_dilution(1, 1, nan(""), &frac, &f->err), OT_INPUT);
}

TEST(call, gives_the_textbook_value_and_its_limits)
{
    struct fixture *f = *state;
    double value;
    /* S 42, K 40, r 10 % continuous, vol 20 %, half a year: 4.76 (Hull, the standard example) */
    assert_int_equal(ot_call_value(42, 40, expm1(0.10), 0.20, 0.5, &value, &f->err), OT_OK);
    ot_assert_near(value, 4.7594223929, 1e-9);
    assert_int_equal(ot_call_value(42, 0, 0.05, 0.5, 3, &value, &f->err), OT_OK);
    ot_assert_near(value, 42, 1e-12);
    assert_int_equal(ot_call_value(42, 40, 0, 0, 3, &value, &f->err), OT_OK);
    ot_assert_near(value, 2, 1e-12);
}

TEST(call, refuses_what_is_negative_or_not_a_number)
{
    struct fixture *f = *state;
    double value;
    assert_int_equal(ot_call_value(-1, 1, 0, 0.2, 1, &value, &f->err), OT_INPUT);
    assert_int_equal(ot_call_value(1, -1, 0, 0.2, 1, &value, &f->err), OT_INPUT);
    assert_int_equal(ot_call_value(1, 1, -1, 0.2, 1, &value, &f->err), OT_INPUT);
    assert_int_equal(ot_call_value(1, 1, 0, nan(""), 1, &value, &f->err), OT_INPUT);
    assert_int_equal(ot_call_value(1, 1, 0, 0.2, -1, &value, &f->err), OT_INPUT);
}

static const double no_shares[] = {1}, no_target[] = {0}, no_volume[] = {0};

static struct ot_warrant plain_warrant(void)
{
    return (struct ot_warrant){.price_usd = 100,
                               .strike_usd = 90,
                               .rate_frac = 0.04,
                               .volatility_frac = 0.4,
                               .years = 3,
                               .shares_n = no_shares,
                               .target_usd = no_target,
                               .volume_min_w = no_volume,
                               .tranches_n = 1,
                               .paths_n = 40000,
                               .seed = 1,
                               .threads = 1};
}

TEST(warrant, without_conditions_is_a_plain_call)
{
    struct fixture *f = *state;
    struct ot_warrant w = plain_warrant();
    struct ot_mc mc;
    double exact;
    assert_int_equal(ot_warrant_value(&w, &mc, &f->err), OT_OK);
    assert_int_equal(ot_call_value(100, 90, 0.04, 0.4, 3, &exact, &f->err), OT_OK);
    assert_true(fabs(mc.value - exact) < 3 * mc.std_err);
    assert_true(mc.std_err < exact / 50);
}

TEST(warrant, on_volume_alone_is_the_call_times_the_odds)
{
    struct fixture *f = *state;
    struct ot_warrant w = plain_warrant();
    const double need[] = {1.2e9};
    struct ot_mc mc;
    double call;
    w.volume_w = 1e9;
    w.volume_volatility_frac = 0.3;
    w.volume_min_w = need;
    assert_int_equal(ot_warrant_value(&w, &mc, &f->err), OT_OK);
    assert_int_equal(ot_call_value(100, 90, 0.04, 0.4, 3, &call, &f->err), OT_OK);
    double odds = 1 - ot_normal_cdf(log(1.2) / (0.3 * sqrt(3)));
    assert_true(fabs(mc.value - call * odds) < 3 * mc.std_err);
}

TEST(warrant, is_worth_more_when_volume_and_share_rise_together)
{
    struct fixture *f = *state;
    struct ot_warrant w = plain_warrant();
    const double need[] = {1e9}, target[] = {150};
    struct ot_mc none, with, targeted;
    w.volume_w = 1e9;
    w.volume_volatility_frac = 0.3;
    w.volume_min_w = need;
    assert_int_equal(ot_warrant_value(&w, &none, &f->err), OT_OK);
    w.correlation_frac = 0.8;
    assert_int_equal(ot_warrant_value(&w, &with, &f->err), OT_OK);
    assert_true(with.value > none.value + 3 * none.std_err);
    w.target_usd = target;
    assert_int_equal(ot_warrant_value(&w, &targeted, &f->err), OT_OK);
    assert_true(targeted.value < with.value);
}

TEST(warrant, gives_the_same_bits_on_one_and_two_threads)
{
    struct fixture *f = *state;
    struct ot_warrant w = plain_warrant();
    struct ot_mc one, two;
    assert_int_equal(ot_warrant_value(&w, &one, &f->err), OT_OK);
    w.threads = 2;
    assert_int_equal(ot_warrant_value(&w, &two, &f->err), OT_OK);
    assert_true(one.value == two.value && one.std_err == two.std_err);
}

TEST(warrant, refuses_bad_figures)
{
    struct fixture *f = *state;
    struct ot_mc mc;
    const double negative[] = {-1};
    struct ot_warrant w = plain_warrant();
    w.price_usd = nan("");
    assert_int_equal(ot_warrant_value(&w, &mc, &f->err), OT_INPUT);
    w = plain_warrant();
    w.correlation_frac = 1.5;
    assert_int_equal(ot_warrant_value(&w, &mc, &f->err), OT_INPUT);
    w = plain_warrant();
    w.paths_n = 1;
    assert_int_equal(ot_warrant_value(&w, &mc, &f->err), OT_INPUT);
    w = plain_warrant();
    w.shares_n = negative;
    assert_int_equal(ot_warrant_value(&w, &mc, &f->err), OT_INPUT);
}

TEST(circulation, keeps_what_runs_round_and_leaves_the_rest)
{
    struct fixture *f = *state;
    /* 0 -> 1: 10, 1 -> 0: 4, 1 -> 2: 3, 2 -> 0: 5, 2 -> 3: 100 */
    double usd[16] = {[1] = 10, [4] = 4, [6] = 3, [8] = 5, [11] = 100}, kept[16], sum;
    assert_int_equal(ot_circulation(f->arena, usd, 4, kept, &sum, &f->err), OT_OK);
    ot_assert_near(sum, 7 + 4 + 3 + 3, 1e-12);
    assert_true(kept[11] == 0);
}

/* Slow twin: every circulation in whole dollars on three nodes is a sum of the three two-cycles and
 * the two three-cycles; try all. */
static double brute_circulation(const double *u)
{
    double best = 0;
    for (int a = 0; a <= 4; a++)
        for (int b = 0; b <= 4; b++)
            for (int c = 0; c <= 4; c++)
                for (int d = 0; d <= 4; d++)
                    for (int e = 0; e <= 4; e++) {
                        bool fits = a + d <= u[1] && a + e <= u[3] && b + d <= u[5] &&
                                    b + e <= u[7] && c + d <= u[6] && c + e <= u[2];
                        double sum = 2.0 * (a + b + c) + 3.0 * (d + e);
                        best = fits && sum > best ? sum : best;
                    }
    return best;
}

TEST(circulation, is_the_largest_on_random_graphs)
{
    struct fixture *f = *state;
    struct ot_rng rng = ot_rng_of(7, 1);
    for (uint64_t trial = 0; trial < 300; trial++) {
        double usd[9], kept[9], sum;
        for (uint64_t i = 0; i < 9; i++)
            usd[i] = i % 4 == 0 ? 0 : floor(5 * ot_rng_uniform(rng, trial * 16 + i));
        assert_int_equal(ot_circulation(f->arena, usd, 3, kept, &sum, &f->err), OT_OK);
        ot_assert_near(sum + 1, brute_circulation(usd) + 1, 1e-12);
        for (size_t i = 0; i < 3; i++) { /* what comes in goes out */
            double in = kept[i] + kept[3 + i] + kept[6 + i];
            double out = kept[3 * i] + kept[3 * i + 1] + kept[3 * i + 2];
            assert_true(in == out);
        }
    }
}

TEST(circulation, refuses_negative_money_and_too_many_parties)
{
    struct fixture *f = *state;
    double usd[4] = {0, -1, 0, 0}, kept[4], sum;
    assert_int_equal(ot_circulation(f->arena, usd, 2, kept, &sum, &f->err), OT_INPUT);
    usd[1] = nan("");
    assert_int_equal(ot_circulation(f->arena, usd, 2, kept, &sum, &f->err), OT_INPUT);
    assert_int_equal(ot_circulation(f->arena, usd, 65, kept, &sum, &f->err), OT_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(npv, discounts_each_flow_from_the_given_day),
        RUN(npv, refuses_a_rate_of_minus_one_and_flows_that_are_not_numbers),
        RUN(xirr, gives_known_rates),
        RUN(xirr, agrees_with_bisection_on_a_quarterly_annuity),
        RUN(xirr, takes_the_root_nearest_zero_when_there_are_two),
        RUN(xirr, says_so_when_no_rate_exists),
        RUN(hhi, is_one_for_a_monopoly_and_one_nth_for_equals),
        RUN(hhi, refuses_negative_amounts_and_nothing_at_all),
        RUN(dilution, is_new_money_over_old_and_new),
        RUN(dilution, refuses_a_worthless_company_and_more_than_the_round),
        RUN(call, gives_the_textbook_value_and_its_limits),
        RUN(call, refuses_what_is_negative_or_not_a_number),
        RUN(warrant, without_conditions_is_a_plain_call),
        RUN(warrant, on_volume_alone_is_the_call_times_the_odds),
        RUN(warrant, is_worth_more_when_volume_and_share_rise_together),
        RUN(warrant, gives_the_same_bits_on_one_and_two_threads),
        RUN(warrant, refuses_bad_figures),
        RUN(circulation, keeps_what_runs_round_and_leaves_the_rest),
        RUN(circulation, is_the_largest_on_random_graphs),
        RUN(circulation, refuses_negative_money_and_too_many_parties),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
