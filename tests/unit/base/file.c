/* SPDX-License-Identifier: Apache-2.0 */
/* Would catch: half-written or left-over files, compressed files cut short read as whole, rows
 * reported at the wrong line. */
#include <zlib.h>
#include <zstd.h>

#include "unit/base/base_test.h"

static struct ot_str gzipped(struct fixture *f, const char *text)
{
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    unsigned char *in = ot_arena_calloc(f->arena, strlen(text) + 1, 1);
    unsigned char *out = ot_arena_calloc(f->arena, strlen(text) + 100, 1);
    memcpy(in, text, strlen(text));
    z.next_in = in;
    z.avail_in = (uInt)strlen(text);
    z.next_out = out;
    z.avail_out = (uInt)strlen(text) + 100;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    const struct ot_str bytes = ot_str_n((const char *)out, z.total_out);
    (void)deflateEnd(&z);
    return bytes;
}

static struct ot_str zstded(struct fixture *f, const char *text)
{
    const size_t room = ZSTD_compressBound(strlen(text));
    char *out = ot_arena_calloc(f->arena, room, 1);
    const size_t n = ZSTD_compress(out, room, text, strlen(text), 3);
    assert_false(ZSTD_isError(n));
    return ot_str_n(out, n);
}

static struct ot_str twice(struct fixture *f, struct ot_str a)
{
    struct ot_buf buf;
    ot_buf_init(&buf, f->arena, 0);
    ot_buf_add(&buf, a);
    ot_buf_add(&buf, a);
    return ot_buf_str(&buf);
}

/* Text that does not shrink to nothing. */
static const char *long_text(struct fixture *f, int lines)
{
    struct ot_buf buf;
    ot_buf_init(&buf, f->arena, 0);
    for (int i = 0; i < lines; i++)
        ot_buf_addf(&buf, "%d,%d\n", i, i * 7919 % 100003);
    return buf.ptr;
}

TEST(file, reads_plain_gzip_and_zstd_alike)
{
    struct fixture *f = *state;
    const char *text = long_text(f, 30000);
    const struct ot_str forms[] = {ot_str_c(text), gzipped(f, text), zstded(f, text)};
    for (size_t i = 0; i < OT_COUNT(forms); i++) {
        struct ot_str got = {0};
        const char *path = scratch(f, "x", forms[i]);
        assert_int_equal(ot_file_read(f->arena, path, 1 << 24, NULL, &got, &f->err), OT_OK);
        assert_str(got, text);
        assert_int_equal(got.ptr[got.len], '\0');
    }
}

TEST(file, reads_an_empty_file)
{
    struct fixture *f = *state;
    struct ot_str got = {"x", 1};
    const char *path = scratch_c(f, "empty", "");
    assert_int_equal(ot_file_read(f->arena, path, 10, NULL, &got, &f->err), OT_OK);
    assert_int_equal(got.len, 0);
}

TEST(file, reads_compressed_members_in_a_row_as_one)
{
    struct fixture *f = *state;
    struct ot_str got = {0};
    const struct ot_str forms[] = {gzipped(f, "abc"), zstded(f, "abc")};
    for (size_t i = 0; i < OT_COUNT(forms); i++) {
        const char *path = scratch(f, "x", twice(f, forms[i]));
        assert_int_equal(ot_file_read(f->arena, path, 10, NULL, &got, &f->err), OT_OK);
        assert_str(got, "abcabc");
    }
}

TEST(file, a_compressed_file_cut_anywhere_is_an_error)
{
    struct fixture *f = *state;
    const char *text = long_text(f, 200);
    const struct ot_str forms[] = {gzipped(f, text), zstded(f, text)};
    for (size_t i = 0; i < OT_COUNT(forms); i++) {
        for (size_t n = 4; n < forms[i].len; n += 37) {
            struct ot_str got = {"kept", 4};
            const char *path = scratch(f, "x.gz", ot_str_n(forms[i].ptr, n));
            assert_int_equal(ot_file_read(f->arena, path, 1 << 20, NULL, &got, &f->err), OT_INPUT);
            assert_str(got, "kept");
        }
        assert_error(f, "x.gz: error: compressed data end early: the file is cut off");
    }
}

TEST(file, damaged_compressed_data_are_an_error)
{
    struct fixture *f = *state;
    struct ot_str got = {0};
    const struct ot_str good = gzipped(f, long_text(f, 100));
    char *bad = ot_arena_calloc(f->arena, good.len, 1);
    memcpy(bad, good.ptr, good.len);
    bad[good.len / 2] = (char)~bad[good.len / 2];
    const char *path = scratch(f, "x.gz", ot_str_n(bad, good.len));
    assert_int_equal(ot_file_read(f->arena, path, 1 << 20, NULL, &got, &f->err), OT_INPUT);
    path = scratch_c(f, "y.gz", "\x1f\x8b garbage");
    assert_int_equal(ot_file_read(f->arena, path, 1 << 20, NULL, &got, &f->err), OT_INPUT);
    assert_error(f, "y.gz: error: gzip data is damaged");
}

TEST(file, refuses_more_than_the_bytes_allowed_also_when_compressed)
{
    struct fixture *f = *state;
    struct ot_str got = {0};
    char *zeros = ot_arena_calloc(f->arena, 1 << 20, 1);
    memset(zeros, '0', (1 << 20) - 1);
    const char *path = scratch(f, "bomb.gz", gzipped(f, zeros));
    assert_int_equal(ot_file_read(f->arena, path, 1000, NULL, &got, &f->err), OT_INPUT);
    assert_error(f, "bomb.gz: error: longer than the 1000 bytes allowed here");
}

TEST(file, says_what_is_missing_or_a_folder)
{
    struct fixture *f = *state;
    struct ot_str got = {0};
    const char *path = scratch(f, "nothing", (struct ot_str){0});
    assert_int_equal(ot_file_read(f->arena, path, 10, NULL, &got, &f->err), OT_INPUT);
    assert_error(f, "nothing: error: no such file");
    assert_int_equal(ot_file_read(f->arena, f->dir, 10, NULL, &got, &f->err), OT_INPUT);
    assert_int_equal(ot_file_read(f->arena, "", 10, NULL, &got, &f->err), OT_INPUT);
}

TEST(file, hashes_what_is_on_disk_once_per_file)
{
    struct fixture *f = *state;
    struct ot_sources sources;
    struct ot_str got = {0};
    ot_sources_init(&sources, f->arena);
    const char *path = scratch(f, "x.gz", gzipped(f, "abc"));
    for (int i = 0; i < 2; i++)
        assert_int_equal(ot_file_read(f->arena, path, 10, &sources, &got, &f->err), OT_OK);
    assert_int_equal(sources.n, 1);
    const struct ot_source by_read = sources.items[0];
    const struct ot_str stored = gzipped(f, "abc");
    ot_sources_init(&sources, f->arena);
    ot_sources_add(&sources, ot_str_c(path), stored.ptr, stored.len);
    assert_true(by_read.hash[0] == sources.items[0].hash[0]);
    assert_true(by_read.hash[1] == sources.items[0].hash[1]);
}

TEST(file, the_hash_is_xxh3_128)
{
    struct fixture *f = *state;
    struct ot_sources sources;
    ot_sources_init(&sources, f->arena);
    ot_sources_add(&sources, ot_str_c("empty"), "", 0); /* known answer of the xxHash project */
    assert_true(sources.items[0].hash[0] == 0x99AA06D3014798D8u);
    assert_true(sources.items[0].hash[1] == 0x6001C324468D497Fu);
}

TEST(file, writes_whole_and_replaces)
{
    struct fixture *f = *state;
    struct ot_str got = {0}, *names = NULL;
    size_t n = 0;
    const char *path = scratch_c(f, "out", "old");
    assert_int_equal(ot_file_write(path, ot_str_c("new\0x"), &f->err), OT_OK);
    assert_int_equal(ot_file_read(f->arena, path, 10, NULL, &got, &f->err), OT_OK);
    assert_str(got, "new");
    assert_int_equal(ot_dir_list(f->arena, f->dir, "", &names, &n, &f->err), OT_OK);
    assert_int_equal(n, 1);
}

TEST(file, a_failed_write_leaves_nothing)
{
    struct fixture *f = *state;
    struct ot_str *names = NULL;
    size_t n = 9;
    const char *below = scratch(f, "no-such-dir/out", (struct ot_str){0});
    (void)rmdir(ot_path_dir(f->arena, ot_str_c(below)).ptr);
    assert_int_equal(ot_file_write(below, ot_str_c("x"), &f->err), OT_OUTPUT);
    assert_int_equal(ot_file_write(f->dir, ot_str_c("x"), &f->err), OT_OUTPUT);
    assert_int_equal(ot_dir_list(f->arena, f->dir, "", &names, &n, &f->err), OT_OK);
    assert_int_equal(n, 0);
}

TEST(file, a_full_device_is_an_output_error)
{
    struct fixture *f = *state;
    if (access("/dev/full", W_OK) != 0)
        skip();
    assert_int_equal(ot_file_write("/dev/full", ot_str_c("x"), &f->err), OT_OUTPUT);
    assert_error(f, "/dev/full: error: cannot be written: No space left on device");
    assert_int_equal(ot_file_write("/dev/null", ot_str_c("x"), &f->err), OT_OK);
    assert_false(ot_file_exists("/dev/null")); /* still a device */
}

TEST(file, paths_are_joined_and_taken_apart)
{
    struct fixture *f = *state;
    struct ot_arena *a = f->arena;
    assert_str(ot_path_join(a, ot_str_c("a"), ot_str_c("b")), "a/b");
    assert_str(ot_path_join(a, ot_str_c("a/"), ot_str_c("b")), "a/b");
    assert_str(ot_path_join(a, ot_str_c("a"), ot_str_c("/b")), "/b");
    assert_str(ot_path_join(a, ot_str_c(""), ot_str_c("b")), "b");
    assert_str(ot_path_dir(a, ot_str_c("a/b/c.yaml")), "a/b");
    assert_str(ot_path_dir(a, ot_str_c("c.yaml")), ".");
    assert_str(ot_path_dir(a, ot_str_c("/c.yaml")), "/");
    assert_str(ot_path_stem(a, ot_str_c("a/llama-3.1-8b.yaml")), "llama-3.1-8b");
    assert_str(ot_path_stem(a, ot_str_c(".hidden")), ".hidden");
    assert_str(ot_path_stem(a, ot_str_c("a.b/plain")), "plain");
}

TEST(file, lists_a_folder_sorted_by_bytes)
{
    struct fixture *f = *state;
    struct ot_str *names = NULL;
    size_t n = 0;
    (void)scratch_c(f, "b.yaml", "");
    (void)scratch_c(f, "a.yaml", "");
    (void)scratch_c(f, "Z.yaml", "");
    (void)scratch_c(f, "a.txt", "");
    (void)scratch_c(f, "folder.yaml/x", "");
    assert_int_equal(ot_dir_list(f->arena, f->dir, ".yaml", &names, &n, &f->err), OT_OK);
    assert_int_equal(n, 3);
    assert_str(names[0], "Z.yaml");
    assert_str(names[1], "a.yaml");
    assert_str(names[2], "b.yaml");
    assert_int_equal(ot_dir_list(f->arena, "no-such-dir", "", &names, &n, &f->err), OT_INPUT);
}

TEST(file, a_stream_gives_the_same_bytes_in_small_pieces)
{
    struct fixture *f = *state;
    const char *text = long_text(f, 5000);
    struct ot_reader *reader = NULL;
    const char *path = scratch(f, "x.zst", zstded(f, text));
    assert_int_equal(ot_reader_open(f->arena, path, &reader, &f->err), OT_OK);
    struct ot_buf all;
    ot_buf_init(&all, f->arena, 0);
    char piece[97];
    size_t n = 0;
    do {
        assert_int_equal(ot_reader_read(reader, piece, sizeof piece, &n, &f->err), OT_OK);
        ot_buf_add(&all, ot_str_n(piece, n));
    } while (n);
    assert_str(ot_buf_str(&all), text);
    ot_reader_close(reader);
    ot_reader_close(NULL);
    assert_int_equal(ot_reader_open(f->arena, "no-such-file", &reader, &f->err), OT_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN_F(file, reads_plain_gzip_and_zstd_alike),
        RUN_F(file, reads_an_empty_file),
        RUN_F(file, reads_compressed_members_in_a_row_as_one),
        RUN_F(file, a_compressed_file_cut_anywhere_is_an_error),
        RUN_F(file, damaged_compressed_data_are_an_error),
        RUN_F(file, refuses_more_than_the_bytes_allowed_also_when_compressed),
        RUN_F(file, says_what_is_missing_or_a_folder),
        RUN_F(file, hashes_what_is_on_disk_once_per_file),
        RUN_F(file, the_hash_is_xxh3_128),
        RUN_F(file, writes_whole_and_replaces),
        RUN_F(file, a_failed_write_leaves_nothing),
        RUN_F(file, a_full_device_is_an_output_error),
        RUN_F(file, paths_are_joined_and_taken_apart),
        RUN_F(file, lists_a_folder_sorted_by_bytes),
        RUN_F(file, a_stream_gives_the_same_bytes_in_small_pieces),
    };
    return cmocka_run_group_tests_name("base file", tests, NULL, NULL);
}
