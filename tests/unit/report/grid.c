/* SPDX-License-Identifier: Apache-2.0 */
/* Would catch: lines wider than the terminal, numbers not under each other, CSV that needs quotes
 * and has none, unknown values printed as 0. */
#include "ot_test.h"

#include "offtake/report.h"

#include <string.h>

static const struct ot_col cols[] = {
    {.key = "name", .head = "name", .kind = OT_COL_TEXT},
    {.key = "price_usd_per_chip_s",
     .head = "price",
     .unit = "$/chip-h",
     .kind = OT_COL_NUM,
     .text_scale = 3600},
    {.key = "chips", .head = "chips", .kind = OT_COL_INT},
};

static struct ot_grid *two_rows(struct ot_arena *arena, const char *name)
{
    struct ot_grid *grid = ot_grid_new(arena, cols, OT_COUNT(cols));
    ot_grid_row(grid);
    ot_grid_str(grid, ot_str_c(name));
    ot_grid_num(grid, 0.001);
    ot_grid_num(grid, 42000);
    ot_grid_row(grid);
    ot_grid_str(grid, ot_str_c("b"));
    ot_grid_none(grid);
    ot_grid_num(grid, 7);
    return grid;
}

TEST(grid, text_puts_numbers_right_and_names_what_is_unknown)
{
    struct ot_arena *arena = ot_arena_new(0);
    struct ot_buf out;
    ot_buf_init(&out, arena, 0);
    ot_grid_text(two_rows(arena, "a"), OT_TEXT_WIDTH, &out);
    assert_string_equal(out.ptr, "name     price   chips\n"
                                 "      $/chip-h\n"
                                 "────  ────────  ──────\n"
                                 "a         3.60  42,000\n"
                                 "b          n/d       7\n");
    ot_arena_free(arena);
}

TEST(grid, csv_holds_full_si_values_and_quotes_what_needs_it)
{
    struct ot_arena *arena = ot_arena_new(0);
    struct ot_buf out;
    ot_buf_init(&out, arena, 0);
    ot_grid_csv(two_rows(arena, "say \"a\", b"), &out);
    assert_string_equal(out.ptr, "name,price_usd_per_chip_s,chips\n"
                                 "\"say \"\"a\"\", b\",0.001,42000\n"
                                 "b,,7\n");
    ot_arena_free(arena);
}

TEST(grid, json_rows_have_null_for_what_is_unknown)
{
    struct ot_arena *arena = ot_arena_new(0);
    struct ot_buf out;
    ot_buf_init(&out, arena, 0);
    struct ot_json json;
    ot_json_init(&json, &out);
    ot_grid_json(two_rows(arena, "a"), &json);
    struct ot_node *root = NULL;
    struct ot_err err;
    ot_err_init(&err, arena);
    assert_int_equal(ot_json_parse(arena, ot_buf_str(&out), "grid", &root, &err), OT_OK);
    assert_int_equal(root->n, 2);
    assert_int_equal(ot_node_get(&root->items[1], "price_usd_per_chip_s")->kind, OT_NODE_NULL);
    double chips = 0;
    assert_true(ot_node_num(&root->items[0], "chips", &chips));
    ot_assert_near(chips, 42000, 1e-15);
    ot_arena_free(arena);
}

/* The widest line of a text. */
static size_t widest(struct ot_str text)
{
    size_t most = 0;
    while (text.len > 0) {
        struct ot_str rest = {0};
        size_t width = ot_text_width(ot_str_cut(text, '\n', &rest));
        most = width > most ? width : most;
        text = rest;
    }
    return most;
}

TEST(grid, every_line_fits_the_width_whatever_the_cells)
{
    static const char *const names[] = {
        "short",
        "a name of many words that goes on and on and on and on and on until no terminal holds it",
        "onewordwithoutanyblankthatislongerthanthewholelineofthenarrowesttableanybodywouldlookat",
        "é è ê with signs of two bytes each: é è ê é è ê é è ê é è ê é è ê é è ê é è ê é è ê é è",
    };
    struct ot_arena *arena = ot_arena_new(0);
    for (size_t i = 0; i < OT_COUNT(names); i++) {
        for (size_t width = 20; width <= 100; width += 16) {
            struct ot_buf out;
            ot_buf_init(&out, arena, 0);
            ot_grid_text(two_rows(arena, names[i]), width, &out);
            assert_true(widest(ot_buf_str(&out)) <= width);
        }
    }
    ot_arena_free(arena);
}

TEST(grid, without_rows_prints_its_heads_only)
{
    struct ot_arena *arena = ot_arena_new(0);
    struct ot_grid *grid = ot_grid_new(arena, cols, OT_COUNT(cols));
    struct ot_buf out;
    ot_buf_init(&out, arena, 0);
    ot_grid_csv(grid, &out);
    assert_string_equal(out.ptr, "name,price_usd_per_chip_s,chips\n");
    assert_int_equal(ot_grid_rows(grid), 0);
    ot_arena_free(arena);
}

TEST(grid, si_usd_and_share_columns_print_for_people)
{
    static const struct ot_col kinds[] = {
        {.key = "a", .head = "a", .kind = OT_COL_SI, .dim = OT_DIM_BYTES_PER_S},
        {.key = "b", .head = "b", .kind = OT_COL_USD},
        {.key = "c", .head = "c", .kind = OT_COL_FRAC},
    };
    struct ot_arena *arena = ot_arena_new(0);
    struct ot_grid *grid = ot_grid_new(arena, kinds, OT_COUNT(kinds));
    ot_grid_row(grid);
    ot_grid_num(grid, 2.9e12);
    ot_grid_num(grid, 38e9);
    ot_grid_num(grid, 0.5);
    struct ot_buf out;
    ot_buf_init(&out, arena, 0);
    ot_grid_text(grid, OT_TEXT_WIDTH, &out);
    assert_non_null(strstr(out.ptr, "2.90 TB/s"));
    assert_non_null(strstr(out.ptr, "$38.0 B"));
    assert_non_null(strstr(out.ptr, "50.0 %"));
    ot_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(grid, text_puts_numbers_right_and_names_what_is_unknown),
        RUN(grid, csv_holds_full_si_values_and_quotes_what_needs_it),
        RUN(grid, json_rows_have_null_for_what_is_unknown),
        RUN(grid, every_line_fits_the_width_whatever_the_cells),
        RUN(grid, without_rows_prints_its_heads_only),
        RUN(grid, si_usd_and_share_columns_print_for_people),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
