/* SPDX-License-Identifier: Apache-2.0 */
/* Would catch: a result whose text ends the data block or runs as a script, a page that fetches. */
#include "ot_test.h"

#include "offtake/report.h"

#include <string.h>

static const char *html_of(struct ot_arena *arena, const char *json, const char *title,
                           enum ot_code *ret_code)
{
    struct ot_buf out;
    ot_buf_init(&out, arena, 0);
    struct ot_err err;
    ot_err_init(&err, arena);
    *ret_code = ot_report_html(ot_str_c(json), ot_str_c(title), &out, &err);
    return out.ptr;
}

TEST(html, text_of_the_result_cannot_leave_its_block)
{
    if (!ot_page_built())
        skip();
    struct ot_arena *arena = ot_arena_new(0);
    enum ot_code code = OT_BUG;
    const char *html = html_of(arena, "{\"title\":\"</script><script>alert(1)</script><!--\"}",
                               "a <b> & c", &code);
    assert_int_equal(code, OT_OK);
    assert_non_null(strstr(html, "<title>a &lt;b> &amp; c</title>"));
    assert_non_null(strstr(html, "\\u003c/script>\\u003cscript>alert(1)"));
    assert_null(strstr(html, "<script>alert"));
    ot_arena_free(arena);
}

TEST(html, names_no_other_place_to_fetch_from)
{
    if (!ot_page_built())
        skip();
    struct ot_arena *arena = ot_arena_new(0);
    enum ot_code code = OT_BUG;
    const char *html = html_of(arena, "{\"a\":1}", "t", &code);
    assert_int_equal(code, OT_OK);
    assert_non_null(strstr(html, "default-src 'none'"));
    assert_null(strstr(html, "<link"));
    assert_null(strstr(html, " src="));
    assert_null(strstr(html, "@import"));
    /* One data block, one program, each closed once. */
    int closed = 0;
    for (const char *at = html; (at = strstr(at, "</script")) != NULL; at++)
        closed++;
    assert_int_equal(closed, 2);
    ot_arena_free(arena);
}

TEST(html, refuses_what_is_not_json)
{
    struct ot_arena *arena = ot_arena_new(0);
    enum ot_code code = OT_OK;
    (void)html_of(arena, "{\"a\":", "t", &code);
    assert_int_equal(code, OT_INPUT);
    (void)html_of(arena, "", "t", &code);
    assert_int_equal(code, OT_INPUT);
    ot_arena_free(arena);
}

TEST(html, says_so_when_the_page_was_not_built)
{
    if (ot_page_built())
        skip();
    struct ot_arena *arena = ot_arena_new(0);
    enum ot_code code = OT_OK;
    (void)html_of(arena, "{}", "t", &code);
    assert_int_equal(code, OT_OUTPUT);
    ot_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(html, text_of_the_result_cannot_leave_its_block),
        RUN(html, names_no_other_place_to_fetch_from),
        RUN(html, refuses_what_is_not_json),
        RUN(html, says_so_when_the_page_was_not_built),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
