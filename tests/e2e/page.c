/* SPDX-License-Identifier: Apache-2.0 */
/* The report as a browser shows it: every view is drawn from a whole result, a result with parts
 * missing says which views it cannot fill, nothing is wider than the window. Skipped where there is
 * no Chromium or the page was not built. Would catch: a view that throws, a key that was renamed.
 */
#include "run.h"

#include "offtake/report.h"

#include <string.h>

static const char *chromium(void)
{
    static const char *const places[] = {"/usr/bin/chromium", "/usr/bin/chromium-browser"};
    const char *given = getenv("OFFTAKE_CHROMIUM");
    if (given != NULL)
        return given;
    for (size_t i = 0; i < OT_COUNT(places); i++)
        if (ot_file_exists(places[i]))
            return places[i];
    return NULL;
}

/* The document as it stands once its script has run. */
static struct ot_str dom_of(struct ot_arena *arena, const char *dir, const char *json)
{
    const char *result = ot_str_fmt(arena, "%s/r.json", dir).ptr;
    const char *html = ot_str_fmt(arena, "%s/r.html", dir).ptr;
    const char *dom = ot_str_fmt(arena, "%s/dom.html", dir).ptr;
    struct ot_err err;
    ot_err_init(&err, arena);
    assert_int_equal(ot_file_write(result, ot_str_c(json), &err), OT_OK);
    struct ran ran = e2e_run(arena, RUN_ARGS("report", result, "-o", html));
    assert_int_equal(ran.exit_code, 0);
    struct ot_str command = ot_str_fmt(
        arena,
        "d=$(mktemp -d) && timeout 100 %s --headless --no-sandbox --disable-gpu "
        "--disable-dev-shm-usage --user-data-dir=$d --window-size=1280,900 "
        "--virtual-time-budget=4000 --dump-dom file://%s >%s 2>/dev/null; c=$?; rm -rf $d; exit $c",
        chromium(), html, dom);
    assert_int_equal(system(command.ptr), 0); /* NOLINT(cert-env33-c): a test's own command */
    struct ot_str text = {0};
    assert_int_equal(ot_file_read(arena, dom, 64 << 20, NULL, &text, &err), OT_OK);
    /* What was drawn stands before the data block. */
    const char *end = strstr(text.ptr, "id=\"result\"");
    assert_non_null(end);
    return ot_str_dup(arena, ot_str_n(text.ptr, (size_t)(end - text.ptr)));
}

static struct ot_str fixture(struct ot_arena *arena)
{
    struct ot_err err;
    ot_err_init(&err, arena);
    struct ot_str path =
        ot_path_join(arena, ot_str_c(getenv("OT_SOURCE_ROOT")), ot_str_c("tests/e2e/result.json"));
    struct ot_str json = {0};
    assert_int_equal(ot_file_read(arena, path.ptr, 1 << 20, NULL, &json, &err), OT_OK);
    return json;
}

TEST(page, draws_every_view_of_a_whole_result)
{
    (void)state;
    if (chromium() == NULL || !ot_page_built())
        skip();
    struct ot_arena *arena = ot_arena_new(0);
    const char *dir = e2e_dir(arena);
    struct ot_str dom = dom_of(arena, dir, fixture(arena).ptr);
    static const char *const views[] = {"decision", "capacity", "commitments", "cash",   "money",
                                        "work",     "curve",    "deal",        "sources"};
    for (size_t i = 0; i < OT_COUNT(views); i++)
        assert_non_null(strstr(dom.ptr, ot_str_fmt(arena, "<section id=\"%s\"", views[i]).ptr));
    assert_null(strstr(dom.ptr, "could not be drawn"));
    assert_null(strstr(dom.ptr, "Not shown"));
    assert_null(strstr(dom.ptr, "NaN"));
    assert_null(strstr(dom.ptr, "undefined"));
    assert_non_null(strstr(dom.ptr, "<svg"));
    assert_null(strstr(dom.ptr, "data-wide"));
    e2e_rm(dir);
    ot_arena_free(arena);
}

TEST(page, says_what_a_poorer_result_lacks)
{
    (void)state;
    if (chromium() == NULL || !ot_page_built())
        skip();
    struct ot_arena *arena = ot_arena_new(0);
    const char *dir = e2e_dir(arena);
    struct ot_str dom = dom_of(arena, dir,
                               "{\"headline\":\"sign nothing\",\"decision\":[{}],"
                               "\"swings\":[{}],\"work\":[{}],\"deals\":[{}],"
                               "\"portfolio\":{\"offers\":[{}],\"curve\":[]}}");
    assert_null(strstr(dom.ptr, "could not be drawn"));
    assert_non_null(strstr(dom.ptr, "sign nothing"));
    assert_non_null(strstr(dom.ptr, "Not shown"));
    e2e_rm(dir);
    ot_arena_free(arena);
}

TEST(page, shows_any_other_result_as_tables)
{
    (void)state;
    if (chromium() == NULL || !ot_page_built())
        skip();
    struct ot_arena *arena = ot_arena_new(0);
    const char *dir = e2e_dir(arena);
    struct ot_str dom = dom_of(
        arena, dir, "{\"schema\":\"step\",\"time_s\":0.0125,\"parts\":[{\"name\":\"gemm\"}]}");
    assert_null(strstr(dom.ptr, "could not be drawn"));
    assert_non_null(strstr(dom.ptr, "0.012500"));
    assert_non_null(strstr(dom.ptr, "gemm"));
    e2e_rm(dir);
    ot_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(page, draws_every_view_of_a_whole_result),
        RUN(page, says_what_a_poorer_result_lacks),
        RUN(page, shows_any_other_result_as_tables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
