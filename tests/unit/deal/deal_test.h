/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFTAKE_TESTS_DEAL_TEST_H
#define OFFTAKE_TESTS_DEAL_TEST_H
/* What the tests of this floor share: a deal from a file of the repository or from text, and its
 * evaluation. Texts are written to a folder of their own, since `uses` and messages need files. */
#include "ot_test.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "offtake/deal.h"

struct fixture {
    struct ot_arena *arena;
    struct ot_err err;
    struct ot_str folder; /* of the written files; data root of deals/ */
    struct ot_deal deal;
    struct ot_deal_result result;
};

static inline int set_up(void **state)
{
    struct ot_arena *arena = ot_arena_new(0);
    struct fixture *f = ot_arena_calloc(arena, 1, sizeof(*f));
    char folder[] = "/tmp/offtake-deal-XXXXXX";
    f->arena = arena;
    ot_err_init(&f->err, arena);
    assert_non_null(mkdtemp(folder));
    f->folder = ot_str_dup(arena, ot_str_c(folder));
    mkdir(ot_str_fmt(arena, "%s/deals", folder).ptr, 0700);
    *state = f;
    return 0;
}

static inline int tear_down(void **state)
{
    struct fixture *f = *state;
    struct ot_str *names, deals = ot_str_fmt(f->arena, "%s/deals", f->folder.ptr);
    size_t n;
    if (ot_dir_list(f->arena, deals.ptr, "", &names, &n, &f->err) == OT_OK)
        for (size_t i = 0; i < n; i++)
            unlink(ot_path_join(f->arena, deals, names[i]).ptr);
    rmdir(deals.ptr);
    rmdir(f->folder.ptr);
    ot_arena_free(f->arena);
    return 0;
}

static inline enum ot_code load_path(struct fixture *f, struct ot_str path, const char *data_root)
{
    struct ot_deal_read how = {.data_root = data_root};
    ot_err_init(&f->err, f->arena);
    return ot_deal_load(f->arena, path.ptr, &how, &f->deal, &f->err);
}

/* Writes deals/<name>.yaml into the test's folder. */
static inline struct ot_str write_deal(struct fixture *f, const char *name, const char *text)
{
    struct ot_str path = ot_str_fmt(f->arena, "%s/deals/%s.yaml", f->folder.ptr, name);
    assert_int_equal(ot_file_write(path.ptr, ot_str_c(text), &f->err), OT_OK);
    return path;
}

static inline enum ot_code load_text(struct fixture *f, const char *text)
{
    return load_path(f, write_deal(f, "case", text), f->folder.ptr);
}

static inline enum ot_code evaluate_at(struct fixture *f, const char *as_of)
{
    struct ot_deal_opts opts = {
        .seed = 1, .threads = 1, .paths_n = 2000, .has_as_of = as_of != NULL};
    if (as_of)
        assert_true(ot_date_parse(ot_str_c(as_of), &opts.as_of_day));
    return ot_deal_evaluate(&f->deal, &opts, f->arena, &f->result, &f->err);
}

/* A file of the repository, evaluated; the error is printed when it fails. */
static inline const struct ot_deal_result *public_deal(struct fixture *f, const char *path,
                                                       const char *as_of)
{
    const char *root = getenv("OT_SOURCE_ROOT");
    assert_non_null(root);
    enum ot_code code = load_path(f, ot_str_fmt(f->arena, "%s/%s", root, path),
                                  ot_str_fmt(f->arena, "%s/data", root).ptr);
    code = code ? code : evaluate_at(f, as_of);
    if (code)
        print_error("%s\n", ot_err_text(&f->err, f->arena).ptr);
    assert_int_equal(code, OT_OK);
    return &f->result;
}
#endif
