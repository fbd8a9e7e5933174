/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFTAKE_BASE_ERR_H
#define OFFTAKE_BASE_ERR_H
/* Errors: what went wrong, where in the user's input, and what is allowed there.
 *
 * A fallible function returns an ot_code and takes `struct ot_err *err` as its last argument. The
 * error belongs to the caller; its strings live in the arena it was initialised with. A broken
 * promise between our own functions is OT_ASSERT, never an error. */
#include <stdarg.h>
#include <stdint.h>

#include "offtake/base/arena.h"
#include "offtake/base/str.h"

#define OT_MUST_CHECK __attribute__((warn_unused_result))
#define OT_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/* name, process exit code, meaning */
#define OT_CODE_LIST(X)                                                                            \
    X(OK, 0, "done")                                                                               \
    X(INFEASIBLE, 1, "complete result, but no answer meets the limits")                            \
    X(USAGE, 2, "usage")                                                                           \
    X(INPUT, 3, "bad input")                                                                       \
    X(LIMIT, 4, "time or solver limit with nothing usable")                                        \
    X(OUTPUT, 5, "output cannot be written")                                                       \
    X(BUG, 70, "internal error")                                                                   \
    X(INTERRUPTED, 130, "interrupted")

enum ot_code {
#define OT_CODE_ENUM(name, exit_code, meaning) OT_##name = (exit_code),
    OT_CODE_LIST(OT_CODE_ENUM)
#undef OT_CODE_ENUM
};

/* A place in an input; line and col are 1-based, 0 = not known. */
struct ot_loc {
    struct ot_str file;
    int64_t line;
    int64_t col;
};

struct ot_err {
    struct ot_arena *arena; /* where the strings live; set by ot_err_init */
    enum ot_code code;
    struct ot_loc loc;
    struct ot_str field;   /* dotted path of the field, may be empty */
    struct ot_str value;   /* the offending value as written, may be empty */
    struct ot_str allowed; /* what is allowed, or the plain message */
};

/* Makes `err` empty. arena: lives at least as long as the error is read. */
void ot_err_init(struct ot_err *err, struct ot_arena *arena);

/* Fills `err` (may be NULL) and returns `code`, so callers write `return ot_err_set(...)`.
 * field may be NULL; value may be empty; the message says what is allowed or what to do. */
enum ot_code ot_err_set(struct ot_err *err, enum ot_code code, struct ot_loc loc, const char *field,
                        struct ot_str value, const char *fmt, ...) OT_PRINTF(6, 7);

/* Shorthand for errors that have no place in a file. */
enum ot_code ot_err_plain(struct ot_err *err, enum ot_code code, const char *fmt, ...)
    OT_PRINTF(3, 4);

/* "FILE:LINE:COL: error: FIELD: 'VALUE': what is allowed", parts that are empty left out. */
struct ot_str ot_err_text(const struct ot_err *err, struct ot_arena *arena);

/* A location inside a named file; line, col 0 = the file as a whole. */
struct ot_loc ot_loc_of(struct ot_str file, int64_t line, int64_t col);

/* Broken promises between our own functions: prints the expression and stops with exit code 70. */
_Noreturn void ot_assert_fail(const char *expr, const char *file, int line);
#define OT_ASSERT(expr) ((expr) ? (void)0 : ot_assert_fail(#expr, __FILE__, __LINE__))
#ifdef NDEBUG
#define OT_DEBUG_ASSERT(expr) ((void)0)
#else
#define OT_DEBUG_ASSERT(expr) OT_ASSERT(expr)
#endif
#define OT_COUNT(array) (sizeof(array) / sizeof((array)[0]))
#endif
