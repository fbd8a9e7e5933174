/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFTAKE_BASE_FILE_H
#define OFFTAKE_BASE_FILE_H
/* Files: bounded reading (plain, gzip, zstd by magic bytes), CSV rows with line numbers, atomic
 * writing (temporary name, then rename). */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "offtake/base/arena.h"
#include "offtake/base/err.h"
#include "offtake/base/node.h"
#include "offtake/base/str.h"

/* Whole file, decompressed, at most max_bytes. sources may be NULL. */
enum ot_code ot_file_read(struct ot_arena *arena, const char *path, size_t max_bytes,
                          struct ot_sources *sources, struct ot_str *ret,
                          struct ot_err *err) OT_MUST_CHECK;
/* Writes to a temporary name beside `path` and renames; on failure nothing is left. */
enum ot_code ot_file_write(const char *path, struct ot_str bytes, struct ot_err *err) OT_MUST_CHECK;
bool ot_file_exists(const char *path); /* a regular file */
bool ot_dir_exists(const char *path);
struct ot_str ot_path_join(struct ot_arena *arena, struct ot_str dir, struct ot_str name);
struct ot_str ot_path_dir(struct ot_arena *arena, struct ot_str path);
struct ot_str ot_path_stem(struct ot_arena *arena, struct ot_str path); /* name without dir, .ext */
/* Names of regular files in `dir` that end in `suffix`, sorted bytewise. */
enum ot_code ot_dir_list(struct ot_arena *arena, const char *dir, const char *suffix,
                         struct ot_str **ret_names, size_t *ret_n,
                         struct ot_err *err) OT_MUST_CHECK;

/* A stream of bytes, so that a file larger than memory can be read. */
struct ot_reader;
enum ot_code ot_reader_open(struct ot_arena *arena, const char *path, struct ot_reader **ret,
                            struct ot_err *err) OT_MUST_CHECK;
enum ot_code ot_reader_read(struct ot_reader *reader, void *buf, size_t cap, size_t *ret_n,
                            struct ot_err *err) OT_MUST_CHECK;
void ot_reader_close(struct ot_reader *reader); /* NULL is fine */

/* CSV (RFC 4180, CRLF or LF, quoted fields), streaming. The first row is the header. */
struct ot_csv_row {
    struct ot_loc loc;           /* of the row's first field */
    const struct ot_str *fields; /* valid until the next row; blanks are empty */
    size_t n;
};
/* Returning other than OT_OK stops the reading and is passed on. */
typedef enum ot_code ot_csv_fn(void *ctx, const struct ot_csv_row *header,
                               const struct ot_csv_row *row, struct ot_err *err);
/* A row with more fields than the header, a truncated quoted field, a NUL, or invalid UTF-8 is
 * OT_INPUT. Calls `row_fn` per data row. */
enum ot_code ot_csv_read(const char *path, struct ot_sources *sources, ot_csv_fn *row_fn, void *ctx,
                         struct ot_err *err) OT_MUST_CHECK;
/* Column by name, ignoring case; -1 if absent. */
int ot_csv_column(const struct ot_csv_row *header, const char *name);
#endif
