/* SPDX-License-Identifier: Apache-2.0 */
/* Would catch: rows reported at the wrong line after a newline in a field, quotes left open, rows
 * wider than the header, blanks at the end lost. */
#include "unit/base/base_test.h"

/* Rows written down as "line:a|b|c;". */
struct seen {
    struct ot_buf text;
    int rows, stop_at;
    int column;
};

static enum ot_code note(void *ctx, const struct ot_csv_row *header, const struct ot_csv_row *row,
                         struct ot_err *err)
{
    struct seen *seen = ctx;
    assert_int_equal(header->n, row->n);
    ot_buf_addf(&seen->text, "%lld:", (long long)row->loc.line);
    for (size_t i = 0; i < row->n; i++) {
        ot_buf_addf(&seen->text, "%s", i ? "|" : "");
        ot_buf_add(&seen->text, row->fields[i]);
    }
    ot_buf_addc(&seen->text, ";");
    seen->column = ot_csv_column(header, "Value");
    if (++seen->rows == seen->stop_at)
        return ot_err_set(err, OT_INPUT, row->loc, "value", row->fields[0], "something else");
    return OT_OK;
}

static enum ot_code read_text(struct fixture *f, struct ot_str text, struct seen *seen)
{
    ot_buf_init(&seen->text, f->arena, 0);
    return ot_csv_read(scratch(f, "t.csv", text), NULL, note, seen, &f->err);
}

static void reads_as(struct fixture *f, const char *text, const char *want)
{
    struct seen seen = {0};
    assert_int_equal(read_text(f, ot_str_c(text), &seen), OT_OK);
    assert_str(ot_buf_str(&seen.text), want);
}

TEST(csv, reads_rows_with_their_lines)
{
    struct fixture *f = *state;
    reads_as(f, "a,b\n1,2\n3,4\n", "2:1|2;3:3|4;");
    reads_as(f, "a,b\r\n1,2\r\n3,4\r\n", "2:1|2;3:3|4;");
    reads_as(f, "a,b\n1,2\n3,4", "2:1|2;3:3|4;");         /* no newline at the end */
    reads_as(f, "a,b\n\n1,2\n\n\n3,4\n", "3:1|2;6:3|4;"); /* empty lines are skipped */
    reads_as(f, "a,b\n", "");
}

TEST(csv, newlines_and_quotes_in_a_field_do_not_upset_the_count)
{
    struct fixture *f = *state;
    reads_as(f, "a,b\n\"x\ny\n\nz\",2\n3,4\n", "2:x\ny\n\nz|2;6:3|4;");
    reads_as(f, "a,b\n\"say \"\"hi\"\", now\",2\n", "2:say \"hi\", now|2;");
}

TEST(csv, blanks_are_empty_and_short_rows_are_filled)
{
    struct fixture *f = *state;
    reads_as(f, "a,b,c\n1,,\n,,3\n1\n", "2:1||;3:||3;4:1||;");
    reads_as(f, "a,b\n\"\",x\n", "2:|x;");
}

TEST(csv, a_byte_order_mark_is_not_part_of_the_header)
{
    struct fixture *f = *state;
    struct seen seen = {0};
    assert_int_equal(read_text(f, ot_str_c("\xEF\xBB\xBFvalue,b\n1,2\n"), &seen), OT_OK);
    assert_int_equal(seen.column, 0);
}

TEST(csv, columns_are_found_in_any_case)
{
    const struct ot_str names[] = {ot_str_c("id"), ot_str_c("VALUE"), ot_str_c("val")};
    const struct ot_csv_row header = {.fields = names, .n = 3};
    assert_int_equal(ot_csv_column(&header, "value"), 1);
    assert_int_equal(ot_csv_column(&header, "Val"), 2);
    assert_int_equal(ot_csv_column(&header, "none"), -1);
    assert_int_equal(ot_csv_column(&header, ""), -1);
}

TEST(csv, refuses_what_is_malformed_and_says_where)
{
    struct fixture *f = *state;
    static const struct {
        const char *text;
        size_t len;
        const char *message;
    } rows[] = {
        {"a,b\n1,2,3\n", 10, "t.csv:2:1: error: 3 fields where the header has 2"},
        {"a,b\n1,2\n\"open,3\nx\n", 18,
         "t.csv:3:1: error: a quote is opened in this row and never closed"},
        {"a,b\n1,x\"y\n", 10,
         "t.csv:2:4: error: a quote in the wrong place; write \"\" for a quote within quotes"},
        {"a,b\n1,\0\n", 8, "t.csv:2:3: error: text must not contain a NUL character"},
        {"a,b\n1,2\n\xFF,2\n", 12, "t.csv:3: error: a field in this row is not valid UTF-8"},
        {"", 0, "t.csv:1:1: error: the file is empty: the first row names the columns"},
    };
    for (size_t i = 0; i < OT_COUNT(rows); i++) {
        struct seen seen = {0};
        assert_int_equal(read_text(f, ot_str_n(rows[i].text, rows[i].len), &seen), OT_INPUT);
        assert_error(f, rows[i].message);
    }
}

TEST(csv, an_open_quote_cannot_swallow_a_big_file)
{
    struct fixture *f = *state;
    struct ot_buf text;
    struct seen seen = {0};
    ot_buf_init(&text, f->arena, 0);
    ot_buf_addc(&text, "a,b\n\"open,1\n");
    while (text.len < (3u << 20))
        ot_buf_addc(&text, "some,more,rows\n");
    assert_int_equal(read_text(f, ot_buf_str(&text), &seen), OT_INPUT);
    assert_error(f, "t.csv:2:1: error: a row longer than 1 MiB; is a quote left open?");
}

TEST(csv, the_row_function_can_stop_the_reading)
{
    struct fixture *f = *state;
    struct seen seen = {.stop_at = 2};
    assert_int_equal(read_text(f, ot_str_c("a\n1\n2\n3\n4\n"), &seen), OT_INPUT);
    assert_int_equal(seen.rows, 2);
    assert_error(f, "t.csv:3:1: error: value: '2': something else");
}

TEST(csv, reads_many_rows_over_chunk_borders)
{
    struct fixture *f = *state;
    struct ot_buf text, want;
    struct seen seen = {0};
    ot_buf_init(&text, f->arena, 0);
    ot_buf_init(&want, f->arena, 0);
    ot_buf_addc(&text, "value,note\n");
    for (int i = 0; i < 20000; i++) {
        ot_buf_addf(&text, "%d,\"n, %d\"\r\n", i, i * 31);
        ot_buf_addf(&want, "%d:%d|n, %d;", i + 2, i, i * 31);
    }
    assert_int_equal(read_text(f, ot_buf_str(&text), &seen), OT_OK);
    assert_true(ot_str_eq(ot_buf_str(&seen.text), ot_buf_str(&want)));
}

TEST(csv, a_missing_file_is_an_input_error)
{
    struct fixture *f = *state;
    struct seen seen = {0};
    assert_int_equal(ot_csv_read("no-such.csv", NULL, note, &seen, &f->err), OT_INPUT);
    assert_error(f, "no-such.csv: error: no such file");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN_F(csv, reads_rows_with_their_lines),
        RUN_F(csv, newlines_and_quotes_in_a_field_do_not_upset_the_count),
        RUN_F(csv, blanks_are_empty_and_short_rows_are_filled),
        RUN_F(csv, a_byte_order_mark_is_not_part_of_the_header),
        RUN(csv, columns_are_found_in_any_case),
        RUN_F(csv, refuses_what_is_malformed_and_says_where),
        RUN_F(csv, an_open_quote_cannot_swallow_a_big_file),
        RUN_F(csv, the_row_function_can_stop_the_reading),
        RUN_F(csv, reads_many_rows_over_chunk_borders),
        RUN_F(csv, a_missing_file_is_an_input_error),
    };
    return cmocka_run_group_tests_name("base csv", tests, NULL, NULL);
}
