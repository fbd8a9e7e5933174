/* SPDX-License-Identifier: Apache-2.0 */
/* Would catch: paragraphs that overrun or lose words, trees whose lines do not join. */
#include "ot_test.h"

#include "offtake/report.h"

TEST(text, heading_is_underlined_to_its_width)
{
    struct ot_arena *arena = ot_arena_new(0);
    struct ot_buf out;
    ot_buf_init(&out, arena, 0);
    ot_text_heading(&out, "Café");
    assert_string_equal(out.ptr, "Café\n────\n");
    ot_arena_free(arena);
}

TEST(text, paragraph_wraps_at_blanks_and_keeps_newlines)
{
    struct ot_arena *arena = ot_arena_new(0);
    struct ot_buf out;
    ot_buf_init(&out, arena, 0);
    ot_text_wrap(&out, ot_str_c("one two three four\nfive"), 2, 12);
    assert_string_equal(out.ptr, "  one two\n  three four\n  five\n");
    ot_arena_free(arena);
}

TEST(text, empty_paragraph_is_one_empty_line)
{
    struct ot_arena *arena = ot_arena_new(0);
    struct ot_buf out;
    ot_buf_init(&out, arena, 0);
    ot_text_wrap(&out, ot_str_c(""), 0, 10);
    assert_string_equal(out.ptr, "\n");
    ot_arena_free(arena);
}

TEST(text, tree_joins_parts_and_shows_their_shares)
{
    const struct ot_branch leaves[] = {
        {.name = ot_str_c("weights"), .value = ot_str_c("6 ms")},
        {.name = ot_str_c("kv"), .value = ot_str_c("2 ms"), .note = ot_str_c("fitted")},
    };
    const struct ot_branch parts[] = {
        {.name = ot_str_c("attention"),
         .value = ot_str_c("8 ms"),
         .share_frac = 0.8,
         .has_share = true,
         .parts = leaves,
         .parts_n = 2},
        {.name = ot_str_c("collectives"),
         .value = ot_str_c("2 ms"),
         .share_frac = 0.2,
         .has_share = true},
    };
    const struct ot_branch root = {
        .name = ot_str_c("step"), .value = ot_str_c("10 ms"), .parts = parts, .parts_n = 2};
    struct ot_arena *arena = ot_arena_new(0);
    struct ot_buf out;
    ot_buf_init(&out, arena, 0);
    ot_branch_text(&root, &out);
    assert_string_equal(out.ptr,
                        "step                                               10 ms\n"
                        "├─ attention                                        8 ms   80.0 %\n"
                        "│  ├─ weights                                       6 ms\n"
                        "│  └─ kv                                            2 ms           "
                        "fitted\n"
                        "└─ collectives                                      2 ms   20.0 %\n");
    ot_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(text, heading_is_underlined_to_its_width),
        RUN(text, paragraph_wraps_at_blanks_and_keeps_newlines),
        RUN(text, empty_paragraph_is_one_empty_line),
        RUN(text, tree_joins_parts_and_shows_their_shares),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
