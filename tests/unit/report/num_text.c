/* SPDX-License-Identifier: Apache-2.0 */
/* Would catch: a rounding that jumps a size word ($1,000 M), lost signs, ungrouped thousands. */
#include "ot_test.h"

#include "offtake/report.h"

struct row {
    double value;
    int digits;
    const char *want;
};

static void check(struct ot_str (*text)(struct ot_arena *, double, int), const struct row *rows,
                  size_t n)
{
    struct ot_arena *arena = ot_arena_new(0);
    for (size_t i = 0; i < n; i++)
        assert_string_equal(text(arena, rows[i].value, rows[i].digits).ptr, rows[i].want);
    ot_arena_free(arena);
}

TEST(num_text, keeps_significant_digits_and_groups_thousands)
{
    static const struct row rows[] = {
        {0, 3, "0.00"},
        {1, 3, "1.00"},
        {12.345, 3, "12.3"},
        {999.6, 3, "1,000"},
        {1234567, 3, "1,234,567"},
        {-1234.5, 6, "-1,234.50"},
        {0.00123, 3, "0.00123"},
        {1e-9, 3, "1.00e-09"},
        {2.5e20, 2, "2.5e+20"},
        {-0.0, 2, "0.0"},
    };
    check(ot_num_text, rows, OT_COUNT(rows));
}

TEST(num_text, money_takes_the_size_word_that_rounding_asks_for)
{
    static const struct row rows[] = {
        {38e9, 3, "$38.0 B"},   {1.4e12, 2, "$1.4 T"},  {999.96e6, 3, "$1.00 B"},
        {-410e6, 3, "-$410 M"}, {12345, 3, "$12.3 k"},  {999.99, 3, "$1.00 k"},
        {2.235, 3, "$2.23"},    {0.0861, 3, "$0.0861"}, {0, 3, "$0"},
    };
    check(ot_usd_text, rows, OT_COUNT(rows));
}

TEST(num_text, percent_never_shows_a_small_share_as_zero)
{
    static const struct row rows[] = {
        {0.123, 3, "12.3 %"},   {1, 3, "100 %"},          {0, 2, "0.0 %"},
        {1e-6, 3, "< 0.001 %"}, {-1e-6, 3, "> -0.001 %"},
    };
    check(ot_percent_text, rows, OT_COUNT(rows));
}

TEST(num_text, width_counts_signs_not_bytes)
{
    assert_int_equal(ot_text_width(ot_str_c("abc")), 3);
    assert_int_equal(ot_text_width(ot_str_c("├─ é")), 4);
    assert_int_equal(ot_text_width(ot_str_c("")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(num_text, keeps_significant_digits_and_groups_thousands),
        RUN(num_text, money_takes_the_size_word_that_rounding_asks_for),
        RUN(num_text, percent_never_shows_a_small_share_as_zero),
        RUN(num_text, width_counts_signs_not_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
