/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a deal file: what is refused, where the message points, and how files go together. Would
 * catch: a wrong figure let through, a message without its place, a circle that never ends. */
#include "deal_test.h"

#define PARTIES                                                                                    \
    "title: t\n"                                                                                   \
    "as_of: 2026-01-01\n"                                                                          \
    "parties:\n"                                                                                   \
    "  - name: a\n"                                                                                \
    "  - name: buyer-b\n"
#define TERM                                                                                       \
    "terms:\n"                                                                                     \
    "  - name: x\n"                                                                                \
    "    kind: capacity\n"                                                                         \
    "    payer: a\n"                                                                               \
    "    payee: buyer-b\n"                                                                         \
    "    certainty: firm\n"                                                                        \
    "    known_from: 2026-01-01\n"
#define USD(text) "{value: " text ", status: filed, date: 2026-01-01, source: s}\n"

TEST(load, refuses_what_is_wrong_and_says_where)
{
    struct fixture *f = *state;
    const struct {
        const char *text, *field, *value;
        int64_t line;
    } rows[] = {
        {PARTIES TERM "    total: " USD("NaN"), "total", "NaN", 13},
        {PARTIES TERM "    total: " USD("-3 GUSD"), "total", "-3 GUSD", 13},
        {PARTIES TERM "    total: " USD("3 GW"), "total", "3 GW", 13},
        {PARTIES TERM "    total: " USD("3000"), "total", "3000", 13},
        {PARTIES TERM "    total: " USD("1e400 USD"), "total", "1e400 USD", 13},
        {PARTIES TERM "    power: " USD("2 GW"), "power_basis", "", 13},
        {PARTIES TERM "    power_basis: somewhere\n", "power_basis", "somewhere", 13},
        {PARTIES TERM "    signed: 2026-02-01\n    start: 2026-01-31\n", "start", "2026-01-31", 14},
        {PARTIES TERM "    start: 2026-02-30\n", "start", "2026-02-30", 13},
        {PARTIES TERM "    start: 2026-01-01\n    end: 2025-01-01\n", "end", "2025-01-01", 14},
        {PARTIES TERM "    strat: 2026-01-01\n", "terms[0]", "strat", 13},
        {PARTIES TERM "    against: y\n", "against", "y", 0},
        {PARTIES TERM "    round: y\n", "round", "y", 0},
        {PARTIES TERM "    option_of: c\n", "party", "c", 0},
        {PARTIES TERM "    ramp: [0, 0]\n    start: 2026-01-01\n    term: 2 y\n", "ramp", "", 13},
        {PARTIES TERM "    start: 2026-01-01\n    term: 200 y\n", "term", "200 y", 14},
        {PARTIES "buyer: nobody\n", "party", "nobody", 0},
        {PARTIES "uses: [no-such-deal]\n", "uses", "no-such-deal", 6},
        {PARTIES "uses: ['../secret']\n", "uses", "../secret", 6},
    };
    for (size_t i = 0; i < OT_COUNT(rows); i++) {
        enum ot_code code = load_text(f, rows[i].text);
        struct ot_str text = ot_err_text(&f->err, f->arena);
        bool field = strstr(f->err.field.ptr ? f->err.field.ptr : "", rows[i].field) != NULL;
        bool value = ot_str_is(f->err.value, rows[i].value) || rows[i].value[0] == '\0';
        bool line = rows[i].line == 0 ? f->err.loc.line > 0 : f->err.loc.line == rows[i].line;
        if (code != OT_INPUT || !field || !value || !line || f->err.loc.col < 1)
            fail_msg("row %zu: code %d: %.*s", i, (int)code, (int)text.len, text.ptr);
    }
}

TEST(load, refuses_terms_that_do_not_say_what_their_kind_needs)
{
    struct fixture *f = *state;
    const struct {
        const char *kind, *certainty, *more, *field;
    } rows[] = {
        {"equity", "contingent", "", "condition"},
        {"equity", "optional", "", "option_of"},
        {"warrant", "firm", "", "shares"},
        {"credits", "firm", "", "against"},
        {"capacity", "maybe", "", "certainty"},
        {"swap", "firm", "", "kind"},
        {"capacity", "firm", "    firm_power: " USD("1 GW") "    power_basis: utility\n",
         "firm_power"},
        {"capacity", "firm",
         "    power: " USD("1 GW") "    firm_power: " USD("2 GW") "    power_basis: utility\n",
         "firm_power"},
        {"capacity", "firm", "    rate: " USD("1 GUSD/mo"), "rate"},
        {"capacity", "firm",
         "    start: 2026-01-01\n    term: 1 y\n    rate: " USD("1 GUSD/mo") "    total: " USD(
             "1 GUSD"),
         "rate"},
    };
    for (size_t i = 0; i < OT_COUNT(rows); i++) {
        struct ot_str text =
            ot_str_fmt(f->arena,
                       "%sterms:\n  - name: x\n    kind: %s\n    payer: a\n    payee: buyer-b\n"
                       "    certainty: %s\n    known_from: 2026-01-01\n%s",
                       PARTIES, rows[i].kind, rows[i].certainty, rows[i].more);
        enum ot_code code = load_text(f, text.ptr);
        if (code != OT_INPUT || !strstr(f->err.field.ptr, rows[i].field))
            fail_msg("row %zu: %s", i, ot_err_text(&f->err, f->arena).ptr);
    }
}

TEST(load, refuses_a_missing_file_and_a_missing_title)
{
    struct fixture *f = *state;
    assert_int_equal(load_path(f, ot_str_c("/nowhere/deal.yaml"), f->folder.ptr), OT_INPUT);
    assert_int_equal(load_text(f, "as_of: 2026-01-01\n"), OT_INPUT);
}

TEST(load, names_an_unknown_party_and_the_near_one)
{
    struct fixture *f = *state;
    int64_t i = -1;
    assert_int_equal(load_text(f, PARTIES), OT_OK);
    assert_int_equal(ot_deal_party(&f->deal, ot_str_c("buyer-b"), f->deal.loc, &i, &f->err), OT_OK);
    assert_int_equal(i, 1);
    assert_int_equal(ot_deal_party(&f->deal, ot_str_c("buyr-b"), f->deal.loc, &i, &f->err),
                     OT_INPUT);
    assert_non_null(strstr(f->err.allowed.ptr, "did you mean 'buyer-b'"));
    assert_int_equal(ot_deal_party(&f->deal, ot_str_c("zzzzzzzz"), f->deal.loc, &i, &f->err),
                     OT_INPUT);
}

TEST(load, refuses_two_terms_of_one_name_across_files)
{
    struct fixture *f = *state;
    write_deal(f, "other", PARTIES TERM);
    assert_int_equal(load_text(f, PARTIES "uses: [other]\n" TERM), OT_INPUT);
    assert_true(ot_str_is(f->err.value, "x"));
    assert_int_equal(load_text(f, PARTIES TERM
                               "    note: n\n  - name: x\n    kind: capacity\n"
                               "    payer: a\n    payee: buyer-b\n    certainty: firm\n"
                               "    known_from: 2026-01-01\n"),
                     OT_INPUT);
}

TEST(load, names_a_circle_of_files_with_its_path)
{
    struct fixture *f = *state;
    write_deal(f, "one", "title: t\nuses: [two]\n");
    write_deal(f, "two", "title: t\nuses: [one]\n");
    assert_int_equal(load_text(f, "title: t\nuses: [one]\n"), OT_INPUT);
    assert_non_null(strstr(f->err.allowed.ptr, "circle"));
    assert_non_null(strstr(f->err.allowed.ptr, "one.yaml -> "));
    assert_int_equal(f->err.loc.line, 2);
}

TEST(load, refuses_a_file_that_includes_itself)
{
    struct fixture *f = *state;
    assert_int_equal(load_text(f, "extends: case.yaml\ntitle: t\n"), OT_INPUT);
}

TEST(load, merges_parties_with_the_outer_file_first_and_reads_a_file_once)
{
    struct fixture *f = *state;
    write_deal(f, "parties", PARTIES "    discount_rate: " USD("20 %"));
    write_deal(f, "one", "title: t\nuses: [parties]\n");
    assert_int_equal(load_text(f, "title: t\nas_of: 2026-01-01\nuses: [parties, one]\nparties:\n"
                                  "  - name: buyer-b\n    cash: " USD("1 GUSD")),
                     OT_OK);
    assert_int_equal(f->deal.parties_n, 2);
    assert_true(ot_str_is(f->deal.parties[0].name, "buyer-b"));
    ot_assert_near(f->deal.parties[0].discount_frac.value, 0.2, 1e-12);
    ot_assert_near(f->deal.parties[0].cash_usd.value, 1e9, 1e-12);
}

TEST(load, widens_a_total_by_the_readings_that_conflict)
{
    struct fixture *f = *state;
    assert_int_equal(
        load_text(
            f, PARTIES TERM "    total: " USD(
                   "100 GUSD") "    readings:\n      - text: less\n        total: " USD("62 GUSD")),
        OT_OK);
    ot_assert_near(f->deal.terms[0].total_usd.value, 100e9, 1e-12);
    ot_assert_near(f->deal.terms[0].total_usd.low, 62e9, 1e-12);
}

static enum ot_code set_total(void *ctx, struct ot_node *root, struct ot_err *err)
{
    struct fixture *f = ctx;
    return ot_node_set(f->arena, root, ot_str_c("terms[0].total.value=7 GUSD"), f->deal.loc, err);
}

TEST(load, lets_the_caller_edit_the_outer_file_before_it_is_checked)
{
    struct fixture *f = *state;
    struct ot_str path = write_deal(f, "case", PARTIES TERM "    total: " USD("100 GUSD"));
    struct ot_deal_read how = {.data_root = f->folder.ptr, .edit = set_total, .edit_ctx = f};
    assert_int_equal(ot_deal_load(f->arena, path.ptr, &how, &f->deal, &f->err), OT_OK);
    ot_assert_near(f->deal.terms[0].total_usd.value, 7e9, 1e-12);
}

TEST(load, lists_the_assumptions_that_move_results)
{
    struct fixture *f = *state;
    struct ot_assumed assumed;
    ot_assumed_init(&assumed, f->arena);
    struct ot_str path = write_deal(
        f, "case",
        PARTIES "terms:\n  - name: x\n    kind: equity\n    payer: a\n    payee: buyer-b\n"
                "    certainty: firm\n    known_from: 2026-01-01\n"
                "    expires: 2027-01-01\n    total: " USD("1 GUSD"));
    struct ot_deal_read how = {.data_root = f->folder.ptr, .assumed = &assumed};
    assert_int_equal(ot_deal_load(f->arena, path.ptr, &how, &f->deal, &f->err), OT_OK);
    assert_int_equal(assumed.n, 4); /* two rates, the fair value, the day */
    assert_true(ot_str_is(assumed.items[2].path, "terms.x.fair_value"));
    assert_true(ot_str_is(assumed.items[3].value, "2027-01-01"));
}

TEST(names, are_those_of_the_files)
{
    (void)state;
    assert_string_equal(ot_term_kind_name(OT_TERM_take_or_pay), "take_or_pay");
    assert_string_equal(ot_certainty_name(OT_CERTAINTY_optional), "optional");
    assert_string_equal(ot_money_name(OT_MONEY_capital), "capital");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(load, refuses_what_is_wrong_and_says_where),
        RUN(load, refuses_terms_that_do_not_say_what_their_kind_needs),
        RUN(load, refuses_a_missing_file_and_a_missing_title),
        RUN(load, names_an_unknown_party_and_the_near_one),
        RUN(load, refuses_two_terms_of_one_name_across_files),
        RUN(load, names_a_circle_of_files_with_its_path),
        RUN(load, refuses_a_file_that_includes_itself),
        RUN(load, merges_parties_with_the_outer_file_first_and_reads_a_file_once),
        RUN(load, widens_a_total_by_the_readings_that_conflict),
        RUN(load, lets_the_caller_edit_the_outer_file_before_it_is_checked),
        RUN(load, lists_the_assumptions_that_move_results),
        RUN(names, are_those_of_the_files),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
