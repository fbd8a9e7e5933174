/* SPDX-License-Identifier: Apache-2.0 */
/* Errors with their place in the input, and the line that shows them. */
#include "offtake/base/err.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    SHOWN_VALUE_BYTES = 120
}; /* longer values are cut in messages */

void ot_err_init(struct ot_err *err, struct ot_arena *arena)
{
    *err = (struct ot_err){.arena = arena, .code = OT_OK};
}

static OT_PRINTF(2, 0) struct ot_str vformat(struct ot_arena *arena, const char *fmt, va_list args)
{
    struct ot_buf buf;
    ot_buf_init(&buf, arena, 0);
    ot_buf_addv(&buf, fmt, args);
    return ot_buf_str(&buf);
}

/* User text on one line: control characters shown as '?', long values cut between characters. */
static struct ot_str shown(struct ot_arena *arena, struct ot_str value)
{
    const bool cut = value.len > SHOWN_VALUE_BYTES;
    size_t len = cut ? SHOWN_VALUE_BYTES : value.len;
    while (cut && len > 0 && ((unsigned char)value.ptr[len] & 0xC0) == 0x80)
        len--;
    char *copy = ot_arena_calloc(arena, len + sizeof "…", 1);
    for (size_t i = 0; i < len; i++) {
        const unsigned char c = (unsigned char)value.ptr[i];
        copy[i] = c < 0x20 || c == 0x7F ? '?' : (char)c;
    }
    if (cut) {
        for (size_t i = 0; i < sizeof "…"; i++)
            copy[len + i] = "…"[i];
        len += sizeof "…" - 1;
    }
    return ot_str_n(copy, len);
}

enum ot_code ot_err_set(struct ot_err *err, enum ot_code code, struct ot_loc loc, const char *field,
                        struct ot_str value, const char *fmt, ...)
{
    if (!err)
        return code;
    va_list args;
    va_start(args, fmt);
    err->allowed = vformat(err->arena, fmt, args);
    va_end(args);
    err->code = code;
    err->loc = loc;
    err->loc.file = ot_str_dup(err->arena, loc.file);
    err->field = ot_str_dup(err->arena, ot_str_c(field));
    err->value = shown(err->arena, value);
    return code;
}

enum ot_code ot_err_plain(struct ot_err *err, enum ot_code code, const char *fmt, ...)
{
    if (!err)
        return code;
    va_list args;
    va_start(args, fmt);
    const struct ot_str text = vformat(err->arena, fmt, args);
    va_end(args);
    struct ot_arena *arena = err->arena;
    ot_err_init(err, arena);
    err->code = code;
    err->allowed = text;
    return code;
}

struct ot_str ot_err_text(const struct ot_err *err, struct ot_arena *arena)
{
    struct ot_buf out;
    ot_buf_init(&out, arena, 0);
    ot_buf_add(&out, err->loc.file);
    if (err->loc.line > 0)
        ot_buf_addf(&out, ":%lld", (long long)err->loc.line);
    if (err->loc.line > 0 && err->loc.col > 0)
        ot_buf_addf(&out, ":%lld", (long long)err->loc.col);
    ot_buf_addc(&out, out.len ? ": error: " : "error: ");
    if (err->field.len)
        ot_buf_addf(&out, "%.*s: ", (int)err->field.len, err->field.ptr);
    if (err->value.len)
        ot_buf_addf(&out, "'%.*s': ", (int)err->value.len, err->value.ptr);
    ot_buf_add(&out, err->allowed);
    return ot_buf_str(&out);
}

struct ot_loc ot_loc_of(struct ot_str file, int64_t line, int64_t col)
{
    return (struct ot_loc){.file = file, .line = line, .col = col};
}

_Noreturn void ot_assert_fail(const char *expr, const char *file, int line)
{
    fprintf(stderr, "%s:%d: internal error: '%s' does not hold\n", file, line, expr);
    exit(OT_BUG);
}
