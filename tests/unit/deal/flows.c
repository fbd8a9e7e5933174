/* SPDX-License-Identifier: Apache-2.0 */
/* Terms to dated flows, one test per kind of term, and what must hold for any deal: what one party
 * pays another receives, and sums come back. Would catch: money lost at a cut, at a ramp's edge or
 * between certainties; a date off by a quarter. */
#include "deal_test.h"

#include <math.h>

#define HEAD                                                                                       \
    "title: t\n"                                                                                   \
    "as_of: 2026-01-01\n"                                                                          \
    "buyer: b\n"                                                                                   \
    "supplier: s\n"                                                                                \
    "parties:\n"                                                                                   \
    "  - name: b\n"                                                                                \
    "    revenue:\n"                                                                               \
    "      - year: 2026\n        amount: " USD(                                                    \
        "10 GUSD") "      - year: 2027\n        amount: " USD("20 GUSD") "  - name: s\n"           \
                                                                         "terms:\n"
#define USD(text) "{value: " text ", status: filed, date: 2026-01-01, source: s}\n"
#define TERM(name, kind, payer, payee)                                                             \
    "  - name: " name "\n    kind: " kind "\n    payer: " payer "\n    payee: " payee              \
    "\n    known_from: 2025-01-01\n"
#define FIRM "    certainty: firm\n"

static struct ot_flows flows_of(struct fixture *f, const char *text)
{
    struct ot_flows flows = {0};
    enum ot_code code = load_text(f, text);
    code = code ? code : ot_deal_flows(&f->deal, f->deal.as_of_day, f->arena, &flows, &f->err);
    if (code)
        fail_msg("%s", ot_err_text(&f->err, f->arena).ptr);
    return flows;
}

static double sum_of(const struct ot_flows *flows, enum ot_certainty certainty)
{
    struct ot_sum sum = {0};
    for (size_t i = 0; i < flows->n; i++)
        if (flows->items[i].certainty == certainty)
            ot_sum_add(&sum, flows->items[i].usd);
    return ot_sum_get(&sum);
}

TEST(capacity, is_paid_in_the_middle_of_each_quarter)
{
    struct ot_flows flows =
        flows_of(*state, HEAD TERM("x", "capacity", "b", "s") FIRM
                 "    start: 2026-01-01\n    term: 2 y\n    total: " USD("8 GUSD"));
    assert_int_equal(flows.n, 8);
    assert_int_equal(flows.items[0].day, ot_date_of(2026, 2, 15));
    assert_int_equal(flows.items[7].day, ot_date_of(2027, 11, 16));
    ot_assert_near(flows.items[0].usd, 8e9 * 90 / 730, 1e-12); /* by days */
    ot_assert_near(sum_of(&flows, OT_CERTAINTY_firm), 8e9, 1e-12);
}

TEST(capacity, follows_its_ramp_and_holds_the_last_weight)
{
    struct ot_flows flows = flows_of(*state, HEAD TERM("x", "capacity", "b", "s") FIRM
                                     "    start: 2026-01-01\n    term: 3 y\n    ramp: [1, 3]\n"
                                     "    total: " USD("7 GUSD"));
    struct ot_sum years[3] = {{0}};
    for (size_t i = 0; i < flows.n; i++)
        ot_sum_add(&years[i / 4], flows.items[i].usd);
    ot_assert_near(ot_sum_get(&years[0]), 7e9 * 365 / (365 + 3 * 365 + 3 * 366), 1e-9);
    ot_assert_near(ot_sum_get(&years[1]), 7e9 * 3 * 365 / (365 + 3 * 365 + 3 * 366), 1e-9);
}

TEST(capacity, splits_at_min_take_and_at_the_binding_power)
{
    struct ot_flows flows = flows_of(*state, HEAD TERM("x", "take_or_pay", "b", "s") FIRM
                                     "    start: 2026-01-01\n    term: 1 y\n    min_take: 0.7\n"
                                     "    total: " USD("10 GUSD"));
    ot_assert_near(sum_of(&flows, OT_CERTAINTY_firm), 7e9, 1e-12);
    ot_assert_near(sum_of(&flows, OT_CERTAINTY_optional), 3e9, 1e-12);
    flows = flows_of(
        *state, HEAD TERM("x", "capacity", "b", "s") FIRM
        "    start: 2026-01-01\n    term: 3 y\n    power: " USD("6 GW") "    firm_power: " USD(
            "1 GW") "    power_basis: utility\n    total: " USD("60 GUSD"));
    ot_assert_near(sum_of(&flows, OT_CERTAINTY_firm), 10e9, 1e-12);
    assert_int_equal(flows.items[0].certainty, OT_CERTAINTY_firm); /* the first GW comes first */
    assert_int_equal(flows.items[flows.n - 1].certainty, OT_CERTAINTY_optional);
}

TEST(capacity, is_firm_to_the_first_exit_and_cut_at_the_day_of_looking)
{
    struct fixture *f = *state;
    const char *text = HEAD TERM("x", "capacity", "b", "s") FIRM
        "    start: 2026-01-01\n    term: 3 y\n    notice: 90 d\n    exit_after: 3 mo\n"
        "    rate: " USD("1 GUSD/mo");
    struct ot_flows flows = flows_of(f, text);
    double day_usd = 36e9 / 1096; /* 2028 is a leap year */
    ot_assert_near(sum_of(&flows, OT_CERTAINTY_firm), day_usd * (90 + 90), 1e-9);
    assert_int_equal(ot_deal_flows(&f->deal, ot_date_of(2027, 5, 20), f->arena, &flows, &f->err),
                     OT_OK);
    double owed = 0;
    for (size_t i = 0; i < flows.n; i++)
        if (flows.items[i].day >= ot_date_of(2027, 5, 20) &&
            flows.items[i].certainty == OT_CERTAINTY_firm)
            owed += flows.items[i].usd;
    ot_assert_near(owed, day_usd * 90, 1e-9);
}

TEST(capacity, with_a_ramp_that_is_zero_over_its_whole_period_is_refused)
{
    struct fixture *f = *state;
    struct ot_flows flows = {0};
    assert_int_equal(load_text(f, HEAD TERM("x", "capacity", "b", "s") FIRM
                               "    start: 2026-01-01\n    term: 6 mo\n    ramp: [0, 1]\n"
                               "    total: " USD("10 GUSD")),
                     OT_OK);
    assert_int_equal(ot_deal_flows(&f->deal, f->deal.as_of_day, f->arena, &flows, &f->err),
                     OT_INPUT);
    assert_true(ot_str_is(f->err.field, "ramp"));
}

TEST(prepayment, comes_first_and_lowers_what_follows)
{
    struct ot_flows flows =
        flows_of(*state, HEAD TERM("x", "capacity", "b", "s") FIRM
                 "    start: 2026-01-01\n    term: 1 y\n    total: " USD("10 GUSD")
                     TERM("pre", "prepayment", "b", "s") FIRM
                 "    start: 2025-12-01\n    against: x\n    total: " USD("4 GUSD"));
    ot_assert_near(flows.items[0].usd, 4e9, 1e-12);
    ot_assert_near(sum_of(&flows, OT_CERTAINTY_firm), 10e9, 1e-12);
}

TEST(prepayment, above_the_total_is_refused)
{
    struct fixture *f = *state;
    struct ot_flows flows = {0};
    assert_int_equal(load_text(f, HEAD TERM("x", "capacity", "b", "s") FIRM
                               "    start: 2026-01-01\n    term: 1 y\n    total: " USD("10 GUSD")
                                   TERM("pre", "prepayment", "b", "s") FIRM
                               "    start: 2025-12-01\n    against: x\n    total: " USD("11 GUSD")),
                     OT_OK);
    assert_int_equal(ot_deal_flows(&f->deal, f->deal.as_of_day, f->arena, &flows, &f->err),
                     OT_INPUT);
    assert_true(ot_str_is(f->err.value, "x"));
}

TEST(credits, come_back_with_the_payments_they_are_against)
{
    struct ot_flows flows = flows_of(
        *state, HEAD TERM("x", "capacity", "b", "s") FIRM
        "    start: 2026-01-01\n    term: 1 y\n    total: " USD("10 GUSD")
            TERM("back", "credits", "s", "b") FIRM "    against: x\n    total: " USD("1 GUSD"));
    assert_int_equal(flows.n, 8);
    assert_int_equal(flows.items[1].payer_i, 1);
    assert_int_equal(flows.items[1].money, OT_MONEY_rebate);
    ot_assert_near(flows.items[0].usd / flows.items[1].usd, 10, 1e-9);
}

TEST(equity, is_one_flow_on_its_date_or_on_its_last_possible_day)
{
    struct ot_flows flows =
        flows_of(*state, HEAD TERM("x", "equity", "s", "b") FIRM
                 "    start: 2026-03-31\n    total: " USD("15 GUSD")
                     TERM("y", "equity", "s",
                          "b") "    certainty: optional\n    option_of: s\n"
                               "    expires: 2028-12-31\n    total: " USD("35 GUSD")
                                   TERM("z", "equity", "s", "b") FIRM "    total: " USD("1 GUSD"));
    assert_int_equal(flows.n, 2); /* z has no date at all */
    assert_int_equal(flows.items[0].day, ot_date_of(2026, 3, 31));
    assert_int_equal(flows.items[1].day, ot_date_of(2028, 12, 31));
    assert_int_equal(flows.items[1].certainty, OT_CERTAINTY_optional);
}

TEST(loan, comes_back_with_interest)
{
    struct ot_flows flows = flows_of(*state, HEAD TERM("x", "loan", "s", "b") FIRM
                                     "    start: 2026-01-01\n    term: 4 y\n    interest: " USD(
                                         "10 %") "    total: " USD("1 GUSD"));
    struct ot_cash cash[32];
    double rate;
    struct fixture *f = *state;
    assert_int_equal(flows.n, 18);
    for (size_t i = 0; i < flows.n; i++)
        cash[i] =
            (struct ot_cash){flows.items[i].day, flows.items[i].payer_i == 1 ? -flows.items[i].usd
                                                                             : flows.items[i].usd};
    assert_int_equal(ot_xirr(cash, flows.n, &rate, &f->err), OT_OK);
    assert_true(fabs(rate - (pow(1.025, 4) - 1)) < 3e-4); /* 10 % paid quarterly */
}

TEST(revenue_share, follows_the_payers_revenue_up_to_its_cap)
{
    struct ot_flows flows = flows_of(*state, HEAD TERM("x", "revenue_share", "b", "s") FIRM
                                     "    start: 2026-07-02\n    end: 2028-01-01\n"
                                     "    revenue_share: " USD("20 %"));
    assert_int_equal(flows.n, 2);
    ot_assert_near(flows.items[0].usd, 0.2 * 10e9 * 183 / 365, 1e-9);
    ot_assert_near(flows.items[1].usd, 4e9, 1e-9);
    flows = flows_of(*state, HEAD TERM("x", "revenue_share", "b", "s") FIRM
                     "    start: 2026-07-02\n    end: 2028-01-01\n    cap: " USD(
                         "2 GUSD") "    revenue_share: " USD("20 %"));
    ot_assert_near(sum_of(&flows, OT_CERTAINTY_firm), 2e9, 1e-9);
}

TEST(guarantee, secondary_and_shares_are_single_flows_of_their_own_money)
{
    struct ot_flows flows = flows_of(
        *state,
        HEAD TERM("g", "guarantee", "s", "b") "    certainty: contingent\n    condition: default\n "
                                              "   start: 2026-05-01\n    total: " USD("3 GUSD")
                                                  TERM("sale", "secondary", "s", "b") FIRM
        "    start: 2026-06-01\n    total: " USD("6.6 GUSD") TERM("stock", "stock_grant", "s", "b")
            FIRM "    start: 2026-07-01\n    total: " USD("350 MUSD")
                TERM("held", "holding", "s", "b") FIRM "    total: " USD("8 GUSD"));
    assert_int_equal(flows.n, 3); /* a holding moves nothing */
    assert_int_equal(flows.items[0].money, OT_MONEY_other);
    assert_int_equal(flows.items[1].money, OT_MONEY_security);
    assert_int_equal(flows.items[2].money, OT_MONEY_rebate);
    assert_false(flows.items[2].is_cash);
}

TEST(terms, are_left_out_before_they_are_known_and_after_they_are_replaced)
{
    struct fixture *f = *state;
    struct ot_flows flows = flows_of(f, HEAD TERM("x", "equity", "s", "b") FIRM
                                     "    start: 2026-06-01\n    replaced_on: 2026-03-01\n"
                                     "    total: " USD("1 GUSD"));
    assert_int_equal(flows.n, 1);
    assert_int_equal(ot_deal_flows(&f->deal, ot_date_of(2024, 12, 31), f->arena, &flows, &f->err),
                     OT_OK);
    assert_int_equal(flows.n, 0);
    assert_int_equal(ot_deal_flows(&f->deal, ot_date_of(2026, 3, 1), f->arena, &flows, &f->err),
                     OT_OK);
    assert_int_equal(flows.n, 0);
}

/* A random deal as text: 3 parties, 6 terms of any kind with cash flows. */
static struct ot_str random_deal(struct ot_arena *arena, struct ot_rng rng)
{
    static const char *const kinds[] = {"capacity", "take_or_pay", "equity",
                                        "loan",     "secondary",   "guarantee"};
    struct ot_buf text;
    ot_buf_init(&text, arena, 0);
    ot_buf_addc(&text, "title: t\nas_of: 2026-06-15\nparties:\n  - name: p0\n  - name: p1\n"
                       "  - name: p2\nterms:\n");
    for (uint64_t i = 0; i < 6; i++) {
        uint32_t w[4];
        ot_rng_words(rng, i, w);
        ot_buf_addf(&text,
                    "  - name: t%d\n    kind: %s\n    payer: p%u\n    payee: p%u\n"
                    "    certainty: firm\n    known_from: 2025-01-01\n"
                    "    start: 20%u-0%u-1%u\n    term: %u mo\n    min_take: 0.%u\n"
                    "    ramp: [%u, 2, %u]\n    notice: %u d\n    interest: " USD(
                        "7 %%") "    total: " USD("%u.%02u MUSD"),
                    (int)i, kinds[w[0] % 6], w[1] % 3, (w[1] + 1 + w[2] % 2) % 3, 25 + w[2] % 4,
                    1 + w[3] % 9, w[0] / 8 % 10, 1 + w[1] / 8 % 90, w[2] / 8 % 10,
                    1 + w[3] / 16 % 4, w[0] / 128 % 5, 30 + w[1] / 1024 % 400, w[2] / 64 % 100000,
                    w[3] / 64 % 100);
    }
    return ot_buf_str(&text);
}

TEST(conservation, what_one_pays_another_receives_to_the_cent_on_random_deals)
{
    struct fixture *f = *state;
    for (uint64_t trial = 0; trial < 300; trial++) {
        struct ot_rng rng = ot_rng_of(11, trial);
        struct ot_str text = random_deal(f->arena, rng);
        struct ot_flows flows = flows_of(f, text.ptr);
        struct ot_sum parties[3] = {{0}}, terms[6] = {{0}};
        for (size_t i = 0; i < flows.n; i++) {
            const struct ot_flow *flow = &flows.items[i];
            assert_true(flow->usd > 0 && isfinite(flow->usd) && flow->payer_i != flow->payee_i);
            assert_true(i == 0 || flow->day >= flows.items[i - 1].day);
            ot_sum_add(&parties[flow->payer_i], -flow->usd);
            ot_sum_add(&parties[flow->payee_i], flow->usd);
            if (flow->payer_i == f->deal.terms[flow->term_i].payer_i)
                ot_sum_add(&terms[flow->term_i], flow->usd);
        }
        double all = ot_sum_get(&parties[0]) + ot_sum_get(&parties[1]) + ot_sum_get(&parties[2]);
        assert_true(fabs(all) < 0.01);
        for (int64_t t = 0; t < 6; t++) /* each term pays its whole total */
            assert_true(fabs(ot_sum_get(&terms[t]) - f->deal.terms[t].total_usd.value) < 0.01);
        assert_int_equal(evaluate_at(f, NULL), OT_OK);
    }
}

TEST(evaluate, needs_a_day_of_looking)
{
    struct fixture *f = *state;
    assert_int_equal(load_text(f, "title: t\n"), OT_OK);
    assert_int_equal(evaluate_at(f, NULL), OT_INPUT);
    assert_true(ot_str_is(f->err.field, "as_of"));
    assert_int_equal(evaluate_at(f, "2026-01-01"), OT_OK);
}

TEST(evaluate, refuses_companies_that_wholly_depend_on_each_other)
{
    struct fixture *f = *state;
    assert_int_equal(load_text(f,
                               "title: t\nas_of: 2026-01-01\nparties:\n  - name: a\n  - name: b\n"
                               "dependencies:\n  - of: a\n    on: b\n    share: " USD("100 %")),
                     OT_INPUT); /* at most 99.9 % */
}

TEST(evaluate, sees_through_to_what_others_depend_on)
{
    struct fixture *f = *state;
    assert_int_equal(
        load_text(
            f, "title: t\nas_of: 2026-01-01\nparties:\n  - name: bank\n"
               "  - name: cloud\n  - name: lab\nterms:\n" TERM("loan", "loan", "bank", "cloud") FIRM
            "    start: 2026-01-01\n    total: " USD("10 GUSD")
                TERM("order", "capacity", "lab", "cloud") FIRM
            "    start: 2026-01-01\n    term: 5 y\n    total: " USD(
                "20 GUSD") "dependencies:\n  - of: cloud\n    on: lab\n    share: " USD("60 %")),
        OT_OK);
    assert_int_equal(evaluate_at(f, NULL), OT_OK);
    for (int64_t i = 0; i < f->result.exposure_n; i++)
        if (ot_str_is(f->result.exposure[i].party, "bank"))
            ot_assert_near(f->result.exposure[i].through_usd.value, 6e9, 1e-12);
    assert_int_equal(f->result.exposure_n, 2);
}

TEST(evaluate, counts_a_premium_paid_for_shares_as_a_discount)
{
    struct fixture *f = *state;
    assert_int_equal(
        load_text(f, HEAD TERM("x", "capacity", "b", "s") FIRM
                  "    start: 2026-01-01\n    term: 4 y\n    total: " USD("100 GUSD")
                      TERM("y", "equity", "s", "b") FIRM
                  "    start: 2026-01-01\n    total: " USD("20 GUSD") "    price: " USD(
                      "500 GUSD") "    fair_value: " USD("400 GUSD")),
        OT_OK);
    assert_int_equal(evaluate_at(f, NULL), OT_OK);
    ot_assert_near(f->result.effective[0].fair_value_discount_frac.value, 0.04, 1e-9);
    ot_assert_near(f->result.effective[0].headline_discount_frac.value, 0.20, 1e-9);
    assert_true(f->result.effective[0].cash_discount_frac.value == 0);
}

static struct ot_str json_of(struct fixture *f, int threads)
{
    struct ot_deal_opts opts = {.seed = 1, .threads = threads, .paths_n = 2000};
    struct ot_buf buf;
    struct ot_json json;
    ot_buf_init(&buf, f->arena, 0);
    ot_json_init(&json, &buf);
    assert_int_equal(ot_deal_evaluate(&f->deal, &opts, f->arena, &f->result, &f->err), OT_OK);
    ot_field_json(&ot_deal_result_table, &f->result, &json);
    return ot_buf_str(&buf);
}

TEST(evaluate, gives_the_same_bytes_on_one_and_two_threads)
{
    struct fixture *f = *state;
    (void)public_deal(f, "data/deals/openai-amd.yaml", NULL);
    struct ot_str one = json_of(f, 1), two = json_of(f, 2);
    assert_true(one.len > 1000 && ot_str_eq(one, two));
}

TEST(tables, describe_the_file_and_the_result)
{
    struct fixture *f = *state;
    struct ot_buf buf;
    struct ot_json json;
    ot_buf_init(&buf, f->arena, 0);
    ot_json_init(&json, &buf);
    ot_field_schema(&ot_deal_table, &json);
    assert_non_null(strstr(buf.ptr, "take_or_pay"));
    assert_int_equal(ot_deal_result_table.size, sizeof(struct ot_deal_result));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(capacity, is_paid_in_the_middle_of_each_quarter),
        RUN(capacity, follows_its_ramp_and_holds_the_last_weight),
        RUN(capacity, splits_at_min_take_and_at_the_binding_power),
        RUN(capacity, is_firm_to_the_first_exit_and_cut_at_the_day_of_looking),
        RUN(capacity, with_a_ramp_that_is_zero_over_its_whole_period_is_refused),
        RUN(prepayment, comes_first_and_lowers_what_follows),
        RUN(prepayment, above_the_total_is_refused),
        RUN(credits, come_back_with_the_payments_they_are_against),
        RUN(equity, is_one_flow_on_its_date_or_on_its_last_possible_day),
        RUN(loan, comes_back_with_interest),
        RUN(revenue_share, follows_the_payers_revenue_up_to_its_cap),
        RUN(guarantee, secondary_and_shares_are_single_flows_of_their_own_money),
        RUN(terms, are_left_out_before_they_are_known_and_after_they_are_replaced),
        RUN(conservation, what_one_pays_another_receives_to_the_cent_on_random_deals),
        RUN(evaluate, needs_a_day_of_looking),
        RUN(evaluate, refuses_companies_that_wholly_depend_on_each_other),
        RUN(evaluate, sees_through_to_what_others_depend_on),
        RUN(evaluate, counts_a_premium_paid_for_shares_as_a_discount),
        RUN(evaluate, gives_the_same_bytes_on_one_and_two_threads),
        RUN(tables, describe_the_file_and_the_result),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
