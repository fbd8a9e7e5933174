/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFTAKE_BASE_STR_H
#define OFFTAKE_BASE_STR_H
/* String views and a bounded builder.
 *
 * A view does not own its bytes. Strings kept in specs and results are copies made by ot_str_dup
 * or ot_str_fmt: those are followed by a NUL, so `.ptr` may go to printf; other views may not. */
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "offtake/base/arena.h"

struct ot_str {
    const char *ptr;
    size_t len;
};

struct ot_str ot_str_c(const char *text); /* view of a NUL-terminated string; NULL = empty */
struct ot_str ot_str_n(const char *ptr, size_t len);
struct ot_str ot_str_dup(struct ot_arena *arena, struct ot_str s);
struct ot_str ot_str_fmt(struct ot_arena *arena, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
bool ot_str_eq(struct ot_str a, struct ot_str b);
bool ot_str_is(struct ot_str a, const char *text);
int ot_str_cmp(struct ot_str a, struct ot_str b); /* bytewise; total order */
bool ot_str_starts(struct ot_str s, const char *prefix);
bool ot_str_ends(struct ot_str s, const char *suffix);
struct ot_str ot_str_trim(struct ot_str s); /* blanks off both ends */
/* Splits at the first `sep`: returns the head, leaves the tail in *rest (empty when no sep). */
struct ot_str ot_str_cut(struct ot_str s, char sep, struct ot_str *rest);
/* Lower case, without space, '_', '-', brackets and an `org/` prefix: the key of name look-up. */
struct ot_str ot_str_fold(struct ot_arena *arena, struct ot_str s);
bool ot_str_valid_utf8(struct ot_str s, size_t *ret_bad_offset);
/* Edit distance capped at `max`, for "did you mean". */
size_t ot_str_distance(struct ot_str a, struct ot_str b, size_t max);
/* Whole-string decimal integer or C-locale number; false when anything is left or out of range,
 * NaN, Inf. */
bool ot_str_int(struct ot_str s, int64_t *ret);
bool ot_str_num(struct ot_str s, double *ret);

/* A growing string in an arena, with a hard cap (0 = 64 MiB); past it the arena's handler runs. */
struct ot_buf {
    struct ot_arena *arena;
    char *ptr; /* always NUL-terminated once something was added */
    size_t len, cap, max;
};
void ot_buf_init(struct ot_buf *buf, struct ot_arena *arena, size_t max_bytes);
void ot_buf_add(struct ot_buf *buf, struct ot_str s);
void ot_buf_addc(struct ot_buf *buf, const char *text);
void ot_buf_addf(struct ot_buf *buf, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void ot_buf_addv(struct ot_buf *buf, const char *fmt, va_list args)
    __attribute__((format(printf, 2, 0), nonnull(2)));
/* Shortest decimal that reads back to the same double; '.' whatever the locale. Finite only. */
void ot_buf_add_num(struct ot_buf *buf, double value);
struct ot_str ot_buf_str(const struct ot_buf *buf);
#endif
