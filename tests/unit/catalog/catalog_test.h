/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFTAKE_TESTS_CATALOG_TEST_H
#define OFFTAKE_TESTS_CATALOG_TEST_H
/* What the tests of this floor share: an opened catalogue, an error, and a scratch folder to write
 * made-up files into. */
#include "ot_test.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "offtake/catalog.h"

struct fixture {
    struct ot_arena *arena;
    struct ot_err err;
    struct ot_catalog *catalog;
    char dir[64]; /* scratch folder, removed at the end */
    char made[32][128];
    int made_n;
};

static inline int fixture_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->arena = ot_arena_new(0);
    ot_err_init(&f->err, f->arena);
    (void)snprintf(f->dir, sizeof f->dir, "/tmp/offtake-catalog-XXXXXX");
    if (mkdtemp(f->dir) == NULL)
        return 1;
    enum ot_code code =
        ot_catalog_open(f->arena, getenv("OFFTAKE_DATA"), NULL, &f->catalog, &f->err);
    if (code != OT_OK)
        print_error("%s\n", ot_err_text(&f->err, f->arena).ptr);
    *state = f;
    return code == OT_OK ? 0 : 1;
}

/* Removes what write_file made, newest first. */
static inline void clear_files(struct fixture *f)
{
    while (f->made_n > 0)
        (void)remove(f->made[--f->made_n]);
}

static inline int fixture_down(void **state)
{
    struct fixture *f = *state;
    clear_files(f);
    (void)rmdir(f->dir);
    ot_arena_free(f->arena);
    free(f);
    return 0;
}

/* Writes `text` to <scratch>/<folder>/<name>; makes the folder when it is not there. */
static inline void write_file(struct fixture *f, const char *folder, const char *name,
                              const char *text)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", f->dir, folder);
    if (folder[0] != '\0' && mkdir(path, 0700) == 0)
        (void)snprintf(f->made[f->made_n++], sizeof f->made[0], "%s", path);
    (void)snprintf(path, sizeof path, "%s/%s%s%s", f->dir, folder, folder[0] ? "/" : "", name);
    assert_int_equal(ot_file_write(path, ot_str_c(text), &f->err), OT_OK);
    (void)snprintf(f->made[f->made_n++], sizeof f->made[0], "%s", path);
}

/* The text of the error after opening the shipped data with the scratch folder on top, which must
 * fail with OT_INPUT; the scratch folder is empty afterwards. */
static inline const char *refusal(struct fixture *f)
{
    struct ot_catalog *catalog = NULL;
    ot_err_init(&f->err, f->arena);
    assert_int_equal(ot_catalog_open(f->arena, getenv("OFFTAKE_DATA"), f->dir, &catalog, &f->err),
                     OT_INPUT);
    assert_null(catalog);
    clear_files(f);
    return ot_err_text(&f->err, f->arena).ptr;
}

static inline void assert_has(const char *text, const char *part)
{
    if (text == NULL || strstr(text, part) == NULL) {
        print_error("'%s' does not contain '%s'\n", text == NULL ? "" : text, part);
        fail();
    }
}
#endif
