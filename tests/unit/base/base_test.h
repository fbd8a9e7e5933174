/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFTAKE_TESTS_UNIT_BASE_BASE_TEST_H
#define OFFTAKE_TESTS_UNIT_BASE_BASE_TEST_H
/* What the tests of this floor share: an arena and an error per test, text assertions, and a folder
 * of scratch files that is gone after the test. */
#include <dirent.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ot_test.h"

struct fixture {
    struct ot_arena *arena;
    struct ot_err err;
    char dir[64]; /* made by scratch(), empty before */
};

static inline int fixture_begin(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->arena = ot_arena_new(0);
    ot_err_init(&f->err, f->arena);
    *state = f;
    return 0;
}

static inline void remove_folder(struct ot_arena *arena, const char *dir)
{
    DIR *stream = opendir(dir);
    const struct dirent *entry = NULL;
    while (stream && (entry = readdir(stream)) != NULL) {
        const char *path = ot_path_join(arena, ot_str_c(dir), ot_str_c(entry->d_name)).ptr;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (unlink(path) != 0)
            remove_folder(arena, path);
    }
    if (stream)
        (void)closedir(stream);
    (void)rmdir(dir);
}

static inline int fixture_end(void **state)
{
    struct fixture *f = *state;
    if (f->dir[0])
        remove_folder(f->arena, f->dir);
    ot_arena_free(f->arena);
    free(f);
    return 0;
}

#define RUN_F(group, name)                                                                         \
    cmocka_unit_test_setup_teardown(test_##group##_##name, fixture_begin, fixture_end)

/* The path of a file of this test, "sub/x.yaml" included; written unless bytes.ptr is NULL. */
static inline const char *scratch(struct fixture *f, const char *name, struct ot_str bytes)
{
    if (!f->dir[0]) {
        (void)snprintf(f->dir, sizeof f->dir, "ot_test_XXXXXX");
        assert_non_null(mkdtemp(f->dir));
    }
    const struct ot_str path = ot_path_join(f->arena, ot_str_c(f->dir), ot_str_c(name));
    const struct ot_str dir = ot_path_dir(f->arena, path);
    (void)mkdir(dir.ptr, 0777);
    if (bytes.ptr) {
        FILE *file = fopen(path.ptr, "wb");
        assert_non_null(file);
        assert_int_equal(fwrite(bytes.ptr, 1, bytes.len, file), bytes.len);
        assert_int_equal(fclose(file), 0);
    }
    return path.ptr;
}

static inline const char *scratch_c(struct fixture *f, const char *name, const char *text)
{
    return scratch(f, name, ot_str_c(text));
}

static inline void assert_str_at(struct ot_str got, const char *want, const char *file, int line)
{
    if (!ot_str_is(got, want)) {
        print_error("got '%.*s', want '%s'\n", (int)got.len, got.ptr ? got.ptr : "", want);
        _fail(file, line);
    }
}
#define assert_str(got, want) assert_str_at((got), (want), __FILE__, __LINE__)

/* The error as the user would see it, without the path of the scratch folder. */
static inline void assert_error_at(struct fixture *f, const char *want, const char *file, int line)
{
    struct ot_str text = ot_err_text(&f->err, f->arena);
    const size_t n = strlen(f->dir);
    if (n && ot_str_starts(text, f->dir) && text.ptr[n] == '/')
        text = ot_str_n(text.ptr + n + 1, text.len - n - 1);
    assert_str_at(text, want, file, line);
}
#define assert_error(f, want) assert_error_at((f), (want), __FILE__, __LINE__)
#endif
