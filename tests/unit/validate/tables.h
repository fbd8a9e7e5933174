/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OT_TESTS_VALIDATE_TABLES_H
#define OT_TESTS_VALIDATE_TABLES_H
/* What the table tests share: the repository's data, a scratch folder, small files in it. */
#include <string.h>
#include <unistd.h>

#include "offtake/validate.h"
#include "ot_test.h"

struct bench {
    struct ot_arena *arena;
    struct ot_catalog *catalog;
    struct ot_fits *fits;
    struct ot_err err;
    char dir[64];
};

static inline void bench_open(struct bench *bench)
{
    memset(bench, 0, sizeof *bench);
    bench->arena = ot_arena_new(0);
    ot_err_init(&bench->err, bench->arena);
    memcpy(bench->dir, "/tmp/offtake-test-XXXXXX", 25);
    assert_non_null(mkdtemp(bench->dir));
    const char *data = getenv("OFFTAKE_DATA");
    assert_non_null(data);
    assert_int_equal(ot_catalog_open(bench->arena, data, NULL, &bench->catalog, &bench->err),
                     OT_OK);
    assert_int_equal(ot_fits_open(bench->arena, bench->catalog, &bench->fits, &bench->err), OT_OK);
}

static inline const char *bench_path(struct bench *bench, const char *name)
{
    return ot_str_fmt(bench->arena, "%s/%s", bench->dir, name).ptr;
}

static inline const char *bench_file(struct bench *bench, const char *name, const char *text)
{
    const char *path = bench_path(bench, name);
    assert_int_equal(ot_file_write(path, ot_str_c(text), &bench->err), OT_OK);
    return path;
}

static inline void bench_close(struct bench *bench)
{
    struct ot_str *names;
    size_t n;
    if (ot_dir_list(bench->arena, bench->dir, "", &names, &n, &bench->err) == OT_OK)
        for (size_t i = 0; i < n; i++)
            (void)unlink(bench_path(bench, names[i].ptr));
    (void)rmdir(bench->dir);
    ot_arena_free(bench->arena);
}

static inline enum ot_code bench_validate(struct bench *bench, const char *path, int threads,
                                          struct ot_val_result *ret)
{
    const struct ot_val_opts opts = {.threads = threads, .seed = 1, .requests_n = 60};
    return ot_validate(bench->arena, bench->catalog, bench->fits, &path, 1, &opts, ret,
                       &bench->err);
}
#endif
