/* SPDX-License-Identifier: Apache-2.0 */
/* Would catch: numbers taken in half, broken UTF-8 let through, decimals that do not read back. */
#include <math.h>

#include "unit/base/base_test.h"

TEST(str, views_compare_bytewise_and_shorter_first)
{
    assert_true(ot_str_eq(ot_str_c("abc"), ot_str_n("abcd", 3)));
    assert_false(ot_str_eq(ot_str_c("abc"), ot_str_c("abd")));
    assert_true(ot_str_is(ot_str_c(NULL), ""));
    assert_int_equal(ot_str_cmp(ot_str_c("a"), ot_str_c("b")), -1);
    assert_int_equal(ot_str_cmp(ot_str_c("ab"), ot_str_c("a")), 1);
    assert_int_equal(ot_str_cmp(ot_str_c(""), ot_str_c("")), 0);
    assert_int_equal(ot_str_cmp(ot_str_c("\xC3"), ot_str_c("z")), 1);
}

TEST(str, copies_end_in_a_nul)
{
    struct fixture *f = *state;
    const struct ot_str copy = ot_str_dup(f->arena, ot_str_n("abcdef", 3));
    assert_string_equal(copy.ptr, "abc");
    assert_string_equal(ot_str_fmt(f->arena, "%s-%d", "x", 7).ptr, "x-7");
    assert_string_equal(ot_str_dup(f->arena, (struct ot_str){0}).ptr, "");
}

TEST(str, starts_and_ends)
{
    assert_true(ot_str_starts(ot_str_c("abc"), "ab"));
    assert_false(ot_str_starts(ot_str_c("a"), "ab"));
    assert_true(ot_str_ends(ot_str_c("x.csv.gz"), ".gz"));
    assert_false(ot_str_ends(ot_str_c("gz"), ".gz"));
    assert_true(ot_str_ends(ot_str_c(""), ""));
}

TEST(str, trims_blanks_at_both_ends_only)
{
    assert_str(ot_str_trim(ot_str_c(" \t a b\r\n")), "a b");
    assert_str(ot_str_trim(ot_str_c("   ")), "");
}

TEST(str, cuts_at_the_first_separator)
{
    struct ot_str rest = {0};
    assert_str(ot_str_cut(ot_str_c("a=b=c"), '=', &rest), "a");
    assert_str(rest, "b=c");
    assert_str(ot_str_cut(ot_str_c("abc"), '=', &rest), "abc");
    assert_str(rest, "");
    assert_str(ot_str_cut((struct ot_str){0}, '=', &rest), "");
}

TEST(str, folds_the_spellings_of_a_name_together)
{
    struct fixture *f = *state;
    const char *spellings[] = {"llama-3.1-70b", "Llama 3.1 (70B)", "meta-llama/Llama_3.1_70B",
                               "a/b/LLAMA-3.1-[70b]"};
    for (size_t i = 0; i < OT_COUNT(spellings); i++)
        assert_str(ot_str_fold(f->arena, ot_str_c(spellings[i])), "llama3.170b");
    assert_str(ot_str_fold(f->arena, ot_str_c("")), "");
}

TEST(str, knows_valid_utf8)
{
    assert_true(ot_str_valid_utf8(ot_str_c("plain"), NULL));
    assert_true(ot_str_valid_utf8(ot_str_c("µ–漢😀"), NULL));
}

TEST(str, refuses_malformed_utf8_and_says_where)
{
    static const struct {
        const char *bytes;
        size_t len, bad;
    } rows[] = {
        {"ab\xFF", 3, 2},           /* not a lead byte */
        {"a\x80", 2, 1},            /* lone continuation */
        {"\xC0\xAF", 2, 0},         /* overlong */
        {"\xE0\x80\xAF", 3, 0},     /* overlong */
        {"x\xED\xA0\x80", 4, 1},    /* surrogate */
        {"\xF4\x90\x80\x80", 4, 0}, /* beyond U+10FFFF */
        {"é\xE2\x82", 4, 2},        /* cut off */
    };
    for (size_t i = 0; i < OT_COUNT(rows); i++) {
        size_t bad = 99;
        assert_false(ot_str_valid_utf8(ot_str_n(rows[i].bytes, rows[i].len), &bad));
        assert_int_equal(bad, rows[i].bad);
    }
}

TEST(str, distance_counts_edits_and_stops_at_the_cap)
{
    assert_int_equal(ot_str_distance(ot_str_c("kitten"), ot_str_c("sitting"), 10), 3);
    assert_int_equal(ot_str_distance(ot_str_c("same"), ot_str_c("same"), 10), 0);
    assert_int_equal(ot_str_distance(ot_str_c(""), ot_str_c("abc"), 10), 3);
    assert_int_equal(ot_str_distance(ot_str_c("abcdefgh"), ot_str_c("x"), 3), 3);
    char big[300];
    memset(big, 'a', sizeof big);
    assert_int_equal(ot_str_distance(ot_str_n(big, 300), ot_str_n(big, 299), 4), 4);
}

TEST(str, reads_whole_integers)
{
    int64_t x = 0;
    assert_true(ot_str_int(ot_str_c("-9223372036854775808"), &x));
    assert_true(x == INT64_MIN);
    assert_true(ot_str_int(ot_str_c("+42"), &x));
    assert_int_equal(x, 42);
}

TEST(str, refuses_what_is_not_wholly_an_integer)
{
    static const char *const bad[] = {
        "", "-", "12a", " 1", "1 ", "1.0", "0x10", "1,000", "1_0", "1e3", "9223372036854775808"};
    int64_t x = 7;
    for (size_t i = 0; i < OT_COUNT(bad); i++)
        assert_false(ot_str_int(ot_str_c(bad[i]), &x));
    assert_int_equal(x, 7);
}

TEST(str, reads_whole_numbers_and_decimals)
{
    static const struct {
        const char *text;
        double value;
    } rows[] = {{"0", 0},       {"-1.5", -1.5},
                {".5", 0.5},    {"5.", 5},
                {"1e-3", 1e-3}, {"+2E+2", 200},
                {"0e400", 0},   {"1.7976931348623157e308", 1.7976931348623157e308}};
    for (size_t i = 0; i < OT_COUNT(rows); i++) {
        double x = NAN;
        assert_true(ot_str_num(ot_str_c(rows[i].text), &x));
        assert_true(x == rows[i].value);
    }
}

TEST(str, refuses_numbers_out_of_range_or_in_other_grammars)
{
    static const char *const bad[] = {"",       "nan",   "NaN", "inf", "1e400", "-1e400",
                                      "1e-400", "1,000", "0x1", "1e",  "e5",    ".",
                                      "1.2.3",  " 1",    "1 ",  "1f",  "1_000"};
    double x = 7;
    for (size_t i = 0; i < OT_COUNT(bad); i++)
        assert_false(ot_str_num(ot_str_c(bad[i]), &x));
    char longest[500];
    memset(longest, '1', sizeof longest);
    assert_false(ot_str_num(ot_str_n(longest, sizeof longest), &x));
    assert_true(x == 7);
}

TEST(str, buffer_grows_by_all_its_ways)
{
    struct fixture *f = *state;
    struct ot_buf buf;
    ot_buf_init(&buf, f->arena, 0);
    assert_str(ot_buf_str(&buf), "");
    ot_buf_add(&buf, ot_str_c("a"));
    ot_buf_addc(&buf, "b");
    ot_buf_addf(&buf, "%d", 12);
    assert_str(ot_buf_str(&buf), "ab12");
    for (int i = 0; i < 1000; i++)
        ot_buf_addf(&buf, "%d,", i);
    assert_int_equal(buf.len, strlen(buf.ptr));
}

static void jump(void *ctx)
{
    longjmp(*(jmp_buf *)ctx, 1);
}

TEST(str, buffer_stops_at_its_cap)
{
    struct fixture *f = *state;
    jmp_buf back;
    struct ot_buf buf;
    ot_arena_on_exhausted(f->arena, jump, &back);
    ot_buf_init(&buf, f->arena, 10);
    ot_buf_addc(&buf, "0123456789");
    if (setjmp(back) == 0) {
        ot_buf_addc(&buf, "x");
        fail();
    }
    assert_int_equal(buf.len, 10);
}

TEST(str, numbers_print_as_the_shortest_that_reads_back)
{
    struct fixture *f = *state;
    static const struct {
        double value;
        const char *text;
    } rows[] = {{0.1, "0.1"},
                {1.0 / 3, "0.3333333333333333"},
                {-0.0, "0"},
                {100, "100"},
                {1e21, "1e+21"},
                {2.9e12, "2900000000000"},
                {5e-324, "4.94065645841247e-324"},
                {0.1 + 0.2, "0.30000000000000004"}};
    for (size_t i = 0; i < OT_COUNT(rows); i++) {
        struct ot_buf buf;
        ot_buf_init(&buf, f->arena, 0);
        ot_buf_add_num(&buf, rows[i].value);
        assert_str(ot_buf_str(&buf), rows[i].text);
    }
}

TEST(str, any_double_reads_back)
{
    struct fixture *f = *state;
    struct ot_buf buf;
    ot_buf_init(&buf, f->arena, 0);
    const struct ot_rng rng = ot_rng_of(20260821, 1);
    for (uint64_t i = 0; i < 20000; i++) {
        uint32_t w[4];
        ot_rng_words(rng, i, w);
        const uint64_t bits = (uint64_t)w[0] << 32 | w[1];
        double x = 0, back = 0;
        memcpy(&x, &bits, sizeof x);
        if (!isfinite(x))
            continue;
        buf.len = 0;
        ot_buf_add_num(&buf, x);
        assert_true(ot_str_num(ot_buf_str(&buf), &back));
        assert_true(back == x);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(str, views_compare_bytewise_and_shorter_first),
        RUN_F(str, copies_end_in_a_nul),
        RUN(str, starts_and_ends),
        RUN(str, trims_blanks_at_both_ends_only),
        RUN(str, cuts_at_the_first_separator),
        RUN_F(str, folds_the_spellings_of_a_name_together),
        RUN(str, knows_valid_utf8),
        RUN(str, refuses_malformed_utf8_and_says_where),
        RUN(str, distance_counts_edits_and_stops_at_the_cap),
        RUN(str, reads_whole_integers),
        RUN(str, refuses_what_is_not_wholly_an_integer),
        RUN(str, reads_whole_numbers_and_decimals),
        RUN(str, refuses_numbers_out_of_range_or_in_other_grammars),
        RUN_F(str, buffer_grows_by_all_its_ways),
        RUN_F(str, buffer_stops_at_its_cap),
        RUN_F(str, numbers_print_as_the_shortest_that_reads_back),
        RUN_F(str, any_double_reads_back),
    };
    return cmocka_run_group_tests_name("base str", tests, NULL, NULL);
}
