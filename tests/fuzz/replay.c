/* SPDX-License-Identifier: Apache-2.0 */
/* Runs one fuzz target over its corpus folder as a normal test: every file as it is, cut short at
 * many places, and with single bytes changed. Would catch: a crash found once and come back. */
#include "ot_test.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    CUTS = 64,   /* per file */
    CHANGES = 64 /* per file */
};

static void run_copy(struct ot_str bytes, size_t len, size_t flip)
{
    uint8_t *copy = malloc(len ? len : 1); /* its own block, so that a read past the end shows */
    assert_non_null(copy);
    for (size_t i = 0; i < len; i++)
        copy[i] = (uint8_t)bytes.ptr[i];
    if (flip < len)
        copy[flip] ^= (uint8_t)(1u << (flip % 8));
    assert_int_equal(LLVMFuzzerTestOneInput(copy, len), 0);
    free(copy);
}

TEST(fuzz, every_file_of_the_corpus_is_survived)
{
    const char *dir = *state;
    struct ot_arena *arena = ot_arena_new(0);
    struct ot_str *names = NULL;
    size_t n = 0;
    assert_int_equal(ot_dir_list(arena, dir, "", &names, &n, NULL), OT_OK);
    assert_true(n > 0);
    for (size_t i = 0; i < n; i++) {
        struct ot_str bytes = {0};
        const char *path = ot_path_join(arena, ot_str_c(dir), names[i]).ptr;
        FILE *file = fopen(path, "rb"); /* not ot_file_read, which would decompress */
        assert_non_null(file);
        char *buf = ot_arena_calloc(arena, 1 << 20, 1);
        bytes = ot_str_n(buf, fread(buf, 1, 1 << 20, file));
        (void)fclose(file);
        run_copy(bytes, bytes.len, SIZE_MAX);
        for (size_t k = 0; k < CUTS; k++)
            run_copy(bytes, bytes.len * k / CUTS, SIZE_MAX);
        for (size_t k = 0; k < CHANGES; k++)
            run_copy(bytes, bytes.len, bytes.len * k / CHANGES);
    }
    ot_arena_free(arena);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(test_fuzz_every_file_of_the_corpus_is_survived, argv[1]),
    };
    return cmocka_run_group_tests_name("fuzz corpus", tests, NULL, NULL);
}
