/* SPDX-License-Identifier: Apache-2.0 */
/* Would catch: leap years, month ends, quarters across new year, dates that do not exist. */
#include "unit/base/base_test.h"

static int64_t day_of(const char *text)
{
    int64_t day = 0;
    assert_true(ot_date_parse(ot_str_c(text), &day));
    return day;
}

TEST(date, counts_days_from_1970)
{
    assert_int_equal(ot_date_of(1970, 1, 1), 0);
    assert_int_equal(ot_date_of(2000, 3, 1), 11017);
    assert_int_equal(ot_date_of(2026, 8, 21), 20686);
    assert_int_equal(ot_date_of(1969, 12, 31), -1);
}

TEST(date, every_day_of_four_centuries_survives_the_round_trip)
{
    int64_t expected = ot_date_of(1799, 12, 31);
    for (int64_t day = ot_date_of(1800, 1, 1); day < ot_date_of(2200, 1, 1); day++) {
        int y = 0, m = 0, d = 0;
        ot_date_civil(day, &y, &m, &d);
        assert_int_equal(ot_date_of(y, m, d), day);
        assert_int_equal(day, ++expected);
    }
}

TEST(date, reads_real_dates_only)
{
    static const char *const bad[] = {"2025-02-29", "1900-02-29", "2026-13-01",  "2026-00-10",
                                      "2026-04-31", "2026-1-1",   "26-01-01",    "2026/01/01",
                                      "2026-01-00", "0000-01-01", "2026-01-01 ", "",
                                      "today"};
    int64_t day = 7;
    for (size_t i = 0; i < OT_COUNT(bad); i++)
        assert_false(ot_date_parse(ot_str_c(bad[i]), &day));
    assert_int_equal(day, 7);
    assert_int_equal(day_of("2024-02-29"), ot_date_of(2024, 2, 29));
    assert_int_equal(day_of("2000-02-29"), ot_date_of(2000, 2, 29));
}

TEST(date, prints_dates_and_quarters)
{
    struct fixture *f = *state;
    assert_str(ot_date_text(f->arena, day_of("2026-08-21")), "2026-08-21");
    assert_str(ot_date_quarter_text(f->arena, day_of("2026-08-21")), "2026Q3");
    assert_str(ot_date_quarter_text(f->arena, day_of("2025-12-31")), "2025Q4");
    assert_int_equal(ot_date_quarter_start(day_of("2026-03-31")), day_of("2026-01-01"));
    assert_int_equal(ot_date_quarter_start(day_of("2026-12-31")), day_of("2026-10-01"));
}

TEST(date, months_added_are_cut_to_the_end_of_the_month)
{
    assert_int_equal(ot_date_add_months(day_of("2026-01-31"), 1), day_of("2026-02-28"));
    assert_int_equal(ot_date_add_months(day_of("2024-01-31"), 1), day_of("2024-02-29"));
    assert_int_equal(ot_date_add_months(day_of("2024-02-29"), 12), day_of("2025-02-28"));
    assert_int_equal(ot_date_add_months(day_of("2026-11-30"), 3), day_of("2027-02-28"));
    assert_int_equal(ot_date_add_months(day_of("2026-03-31"), -1), day_of("2026-02-28"));
    assert_int_equal(ot_date_add_months(day_of("2026-01-15"), -13), day_of("2024-12-15"));
    assert_int_equal(ot_date_add_months(day_of("2026-01-15"), 0), day_of("2026-01-15"));
}

TEST(date, periods_add_months_before_days)
{
    const struct ot_period p = {.months = 1, .days = 1};
    assert_int_equal(ot_date_add(day_of("2026-01-31"), p), day_of("2026-03-01"));
}

TEST(date, reads_periods)
{
    struct ot_period p = {0};
    assert_true(ot_period_parse(ot_str_c("3 y"), &p));
    assert_int_equal(p.months, 36);
    assert_true(ot_period_parse(ot_str_c("18mo"), &p));
    assert_int_equal(p.months, 18);
    assert_true(ot_period_parse(ot_str_c("90 d"), &p));
    assert_int_equal(p.days, 90);
    assert_int_equal(p.months, 0);
    assert_true(ot_period_parse(ot_str_c("2 wk"), &p));
    assert_int_equal(p.days, 14);
    assert_true(ot_period_parse(ot_str_c("1.5 y 3 d"), &p));
    assert_int_equal(p.months, 18);
    assert_int_equal(p.days, 3);
}

TEST(date, refuses_periods_no_contract_can_mean)
{
    static const char *const bad[] = {
        "",        "3",     "y",       "0.5 d", "1.3 y", "-1 y",          "3 h",
        "3 years", "1e3 d", "99999 y", "3 y y", "1,5 y", "999999999999 d"};
    struct ot_period p = {.months = 7};
    for (size_t i = 0; i < OT_COUNT(bad); i++)
        assert_false(ot_period_parse(ot_str_c(bad[i]), &p));
    assert_int_equal(p.months, 7);
}

TEST(date, years_for_discounting_are_actual_over_365_25)
{
    ot_assert_near(ot_date_years(day_of("2020-01-01"), day_of("2024-01-01")), 4, 1e-12);
    assert_true(ot_date_years(day_of("2024-01-01"), day_of("2020-01-01")) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(date, counts_days_from_1970),
        RUN(date, every_day_of_four_centuries_survives_the_round_trip),
        RUN(date, reads_real_dates_only),
        RUN_F(date, prints_dates_and_quarters),
        RUN(date, months_added_are_cut_to_the_end_of_the_month),
        RUN(date, periods_add_months_before_days),
        RUN(date, reads_periods),
        RUN(date, refuses_periods_no_contract_can_mean),
        RUN(date, years_for_discounting_are_actual_over_365_25),
    };
    return cmocka_run_group_tests_name("base date", tests, NULL, NULL);
}
