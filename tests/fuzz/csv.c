/* SPDX-License-Identifier: Apache-2.0 */
/* CSV rows from plain, gzip and zstd bytes. */
#define _GNU_SOURCE /* memfd_create */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "offtake/base.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum ot_code check_row(void *ctx, const struct ot_csv_row *header,
                              const struct ot_csv_row *row, struct ot_err *err)
{
    int64_t *last_line = ctx;
    (void)err;
    OT_ASSERT(row->n == header->n && row->loc.line >= *last_line);
    *last_line = row->loc.line;
    for (size_t i = 0; i < row->n; i++)
        OT_ASSERT(ot_str_valid_utf8(row->fields[i], NULL));
    (void)ot_csv_column(header, "value");
    return OT_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const int fd = memfd_create("fuzz", MFD_CLOEXEC);
    if (fd < 0)
        return 0;
    if (write(fd, data, size) == (ssize_t)size) {
        struct ot_arena *arena = ot_arena_new(0);
        struct ot_err err;
        int64_t last_line = 1;
        ot_err_init(&err, arena);
        const char *path = ot_str_fmt(arena, "/proc/self/fd/%d", fd).ptr;
        if (ot_csv_read(path, NULL, check_row, &last_line, &err) != OT_OK)
            OT_ASSERT(err.code != OT_OK && ot_err_text(&err, arena).len > 0);
        ot_arena_free(arena);
    }
    (void)close(fd);
    return 0;
}
