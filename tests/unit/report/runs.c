/* SPDX-License-Identifier: Apache-2.0 */
/* Would catch: a result stored twice or changed on its way, a store of another kind or version
 * taken for ours, differences that a moved list entry hides. */
#include "ot_test.h"

#include "offtake/report.h"

#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

struct place {
    struct ot_arena *arena;
    struct ot_err err;
    char dir[32];
    const char *path; /* dir/a/runs.db; dir/a does not exist yet */
};

static int setup(void **state)
{
    static struct place place;
    place.arena = ot_arena_new(0);
    ot_err_init(&place.err, place.arena);
    memcpy(place.dir, "/tmp/ot-runs-XXXXXX", sizeof("/tmp/ot-runs-XXXXXX"));
    if (mkdtemp(place.dir) == NULL)
        return -1;
    place.path = ot_str_fmt(place.arena, "%s/a/runs.db", place.dir).ptr;
    *state = &place;
    return 0;
}

static int teardown(void **state)
{
    struct place *place = *state;
    (void)unlink(place->path);
    (void)rmdir(ot_str_fmt(place->arena, "%s/a", place->dir).ptr);
    (void)rmdir(place->dir);
    ot_arena_free(place->arena);
    return 0;
}

static struct ot_run run_of(const char *json)
{
    return (struct ot_run){
        .command = ot_str_c("plan"),
        .title = ot_str_c("a title"),
        .input = ot_str_c("plan.yaml"),
        .version = ot_str_c("0.1.0"),
        .seed = 7,
        .saved_s = 1766000000,
        .json = ot_str_c(json),
    };
}

static struct ot_runs *opened(struct place *place, enum ot_open mode)
{
    struct ot_runs *runs = NULL;
    assert_int_equal(ot_runs_open(place->arena, place->path, mode, &runs, &place->err), OT_OK);
    return runs;
}

#define PLACE struct place *place = *state

TEST(runs, what_is_saved_comes_back_byte_for_byte)
{
    PLACE;
    struct ot_runs *runs = opened(place, OT_OPEN_CREATE);
    struct ot_run run = run_of("{\"cost_usd\":1.5,\"é\":\"\\u0000\"}");
    assert_int_equal(ot_runs_save(runs, &run, &place->err), OT_OK);
    ot_runs_close(runs);
    runs = opened(place, OT_OPEN_READ);
    struct ot_run back = {0};
    struct ot_loc loc = {0};
    assert_int_equal(ot_runs_get(runs, place->arena, ot_str_c("last"), loc, &back, &place->err),
                     OT_OK);
    assert_true(ot_str_eq(back.json, run.json));
    assert_true(ot_str_eq(back.title, run.title));
    assert_int_equal(back.seed, 7);
    assert_int_equal(back.id, run.id);
    struct ot_str prefix = ot_str_n(run.hash.ptr, 6);
    assert_int_equal(ot_runs_get(runs, place->arena, prefix, loc, &back, &place->err), OT_OK);
    assert_int_equal(back.id, run.id);
    ot_runs_close(runs);
}

TEST(runs, an_equal_result_keeps_its_number)
{
    PLACE;
    struct ot_runs *runs = opened(place, OT_OPEN_CREATE);
    struct ot_run first = run_of("{\"a\":1}");
    struct ot_run second = run_of("{\"a\":2}");
    struct ot_run again = run_of("{\"a\":1}");
    assert_int_equal(ot_runs_save(runs, &first, &place->err), OT_OK);
    assert_int_equal(ot_runs_save(runs, &second, &place->err), OT_OK);
    assert_int_equal(ot_runs_save(runs, &again, &place->err), OT_OK);
    assert_int_equal(first.id, again.id);
    assert_int_not_equal(first.id, second.id);
    struct ot_run *rows = NULL;
    size_t n = 0;
    assert_int_equal(ot_runs_list(runs, place->arena, &rows, &n, &place->err), OT_OK);
    assert_int_equal(n, 2);
    assert_int_equal(rows[0].json.len, 0);
    ot_runs_close(runs);
}

TEST(runs, an_unknown_run_is_refused_by_name)
{
    PLACE;
    struct ot_runs *runs = opened(place, OT_OPEN_CREATE);
    struct ot_run run = run_of("{\"a\":1}");
    assert_int_equal(ot_runs_save(runs, &run, &place->err), OT_OK);
    static const char *const wrong[] = {"99", "abc", "zzzzzz", "", "-1", "LAST"};
    for (size_t i = 0; i < OT_COUNT(wrong); i++) {
        struct ot_run back = {0};
        struct ot_loc loc = ot_loc_of(ot_str_c("<args>"), 1, 3);
        assert_int_equal(
            ot_runs_get(runs, place->arena, ot_str_c(wrong[i]), loc, &back, &place->err), OT_INPUT);
        assert_int_equal(back.id, 0);
    }
    ot_runs_close(runs);
}

TEST(runs, a_store_that_is_not_there_or_not_one_is_refused)
{
    PLACE;
    struct ot_runs *runs = NULL;
    assert_int_equal(ot_runs_open(place->arena, place->path, OT_OPEN_READ, &runs, &place->err),
                     OT_INPUT);
    assert_int_equal(ot_runs_open(place->arena, "", OT_OPEN_CREATE, &runs, &place->err), OT_USAGE);
    assert_int_equal(
        ot_runs_open(place->arena, "/dev/null/x/runs.db", OT_OPEN_CREATE, &runs, &place->err),
        OT_OUTPUT);
    ot_runs_close(opened(place, OT_OPEN_CREATE));
    struct ot_str junk = ot_str_c("this is a text and no store, however long one makes it\n");
    assert_int_equal(ot_file_write(place->path, junk, &place->err), OT_OK);
    assert_int_equal(ot_runs_open(place->arena, place->path, OT_OPEN_READ, &runs, &place->err),
                     OT_INPUT);
    assert_null(runs);
}

TEST(runs, a_store_of_a_later_version_is_left_alone)
{
    PLACE;
    ot_runs_close(opened(place, OT_OPEN_CREATE));
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(place->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "PRAGMA user_version = 99", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    struct ot_runs *runs = NULL;
    assert_int_equal(ot_runs_open(place->arena, place->path, OT_OPEN_CREATE, &runs, &place->err),
                     OT_INPUT);
}

TEST(runs, diff_follows_names_and_tells_added_from_changed)
{
    PLACE;
    struct ot_diff *rows = NULL;
    size_t n = 0;
    const char *before = "{\"cost_usd\":10,\"offers\":[{\"name\":\"a\",\"chips\":1},"
                         "{\"name\":\"b\",\"chips\":2}],\"x\":[1,2],\"s\":\"1\"}";
    const char *after = "{\"cost_usd\":15,\"offers\":[{\"name\":\"b\",\"chips\":2},"
                        "{\"name\":\"a\",\"chips\":3}],\"x\":[1,2,3],\"s\":1}";
    assert_int_equal(
        ot_runs_diff(place->arena, ot_str_c(before), ot_str_c(after), &rows, &n, &place->err),
        OT_OK);
    assert_int_equal(n, 4);
    assert_string_equal(rows[0].path.ptr, "cost_usd");
    assert_true(rows[0].has_ratio);
    ot_assert_near(rows[0].ratio, 1.5, 1e-15);
    assert_string_equal(rows[1].path.ptr, "offers[a].chips");
    assert_string_equal(rows[2].path.ptr, "x[2]");
    assert_int_equal(rows[2].change, OT_CHANGE_ADDED);
    assert_string_equal(rows[3].path.ptr, "s");
    assert_false(rows[3].is_num);
}

TEST(runs, diff_of_equal_results_is_empty_and_of_junk_is_refused)
{
    PLACE;
    struct ot_diff *rows = NULL;
    size_t n = 9;
    struct ot_str json = ot_str_c("{\"a\":[1,{\"b\":null}]}");
    assert_int_equal(ot_runs_diff(place->arena, json, json, &rows, &n, &place->err), OT_OK);
    assert_int_equal(n, 0);
    assert_int_equal(ot_runs_diff(place->arena, json, ot_str_c("{"), &rows, &n, &place->err),
                     OT_INPUT);
}

#define RUNS(name) cmocka_unit_test_setup_teardown(test_runs_##name, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        RUNS(what_is_saved_comes_back_byte_for_byte),
        RUNS(an_equal_result_keeps_its_number),
        RUNS(an_unknown_run_is_refused_by_name),
        RUNS(a_store_that_is_not_there_or_not_one_is_refused),
        RUNS(a_store_of_a_later_version_is_left_alone),
        RUNS(diff_follows_names_and_tells_added_from_changed),
        RUNS(diff_of_equal_results_is_empty_and_of_junk_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
