/* SPDX-License-Identifier: Apache-2.0 */
/* String views, checked number reading, and the growing buffer. Independent of the locale as long
 * as nobody calls setlocale, which nothing here does. */
#include "offtake/base/str.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LONGEST_NUMBER = 400,   /* characters; longer texts are not taken as numbers */
    LONGEST_COMPARED = 128, /* bytes, for edit distances */
    FIRST_BUF_BYTES = 128,
};
static const size_t default_buf_max = (size_t)64 << 20;

struct ot_str ot_str_c(const char *text)
{
    return ot_str_n(text ? text : "", text ? strlen(text) : 0);
}

struct ot_str ot_str_n(const char *ptr, size_t len)
{
    return (struct ot_str){.ptr = ptr, .len = len};
}

struct ot_str ot_str_dup(struct ot_arena *arena, struct ot_str s)
{
    char *copy = ot_arena_calloc(arena, s.len + 1, 1);
    if (s.len)
        memcpy(copy, s.ptr, s.len);
    return ot_str_n(copy, s.len);
}

struct ot_str ot_str_fmt(struct ot_arena *arena, const char *fmt, ...)
{
    struct ot_buf buf;
    ot_buf_init(&buf, arena, 0);
    va_list args;
    va_start(args, fmt);
    ot_buf_addv(&buf, fmt, args);
    va_end(args);
    return ot_buf_str(&buf);
}

bool ot_str_eq(struct ot_str a, struct ot_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool ot_str_is(struct ot_str a, const char *text)
{
    return ot_str_eq(a, ot_str_c(text));
}

int ot_str_cmp(struct ot_str a, struct ot_str b)
{
    const size_t common = a.len < b.len ? a.len : b.len;
    const int order = common ? memcmp(a.ptr, b.ptr, common) : 0;
    if (order != 0)
        return order < 0 ? -1 : 1;
    return (a.len > b.len) - (a.len < b.len);
}

bool ot_str_starts(struct ot_str s, const char *prefix)
{
    const size_t n = strlen(prefix);
    return s.len >= n && (n == 0 || memcmp(s.ptr, prefix, n) == 0);
}

bool ot_str_ends(struct ot_str s, const char *suffix)
{
    const size_t n = strlen(suffix);
    return s.len >= n && (n == 0 || memcmp(s.ptr + s.len - n, suffix, n) == 0);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

struct ot_str ot_str_trim(struct ot_str s)
{
    while (s.len && is_blank(s.ptr[0])) {
        s.ptr++;
        s.len--;
    }
    while (s.len && is_blank(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

struct ot_str ot_str_cut(struct ot_str s, char sep, struct ot_str *rest)
{
    const char *at = s.len ? memchr(s.ptr, sep, s.len) : NULL;
    if (!at) {
        *rest = ot_str_n(s.ptr + s.len, 0);
        return s;
    }
    const size_t head = (size_t)(at - s.ptr);
    *rest = ot_str_n(at + 1, s.len - head - 1);
    return ot_str_n(s.ptr, head);
}

struct ot_str ot_str_fold(struct ot_arena *arena, struct ot_str s)
{
    for (size_t i = s.len; i > 0; i--) {
        if (s.ptr[i - 1] == '/') {
            s = ot_str_n(s.ptr + i, s.len - i);
            break;
        }
    }
    char *out = ot_arena_calloc(arena, s.len + 1, 1);
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++) {
        const char c = s.ptr[i];
        if (is_blank(c) || strchr("_-()[]{}<>", c))
            continue;
        out[n++] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    return ot_str_n(out, n);
}

/* Length of the well-formed UTF-8 sequence at s, 0 if it is none (RFC 3629: no surrogates, no
 * overlong forms, nothing above U+10FFFF). */
static size_t utf8_length(const unsigned char *s, size_t room)
{
    if (s[0] < 0x80)
        return 1;
    const size_t n = s[0] >= 0xF0 ? 4 : s[0] >= 0xE0 ? 3 : 2;
    if (s[0] < 0xC2 || s[0] > 0xF4 || room < n)
        return 0;
    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xC0) != 0x80)
            return 0;
    }
    const bool overlong = (s[0] == 0xE0 && s[1] < 0xA0) || (s[0] == 0xF0 && s[1] < 0x90);
    const bool surrogate = s[0] == 0xED && s[1] > 0x9F;
    const bool beyond = s[0] == 0xF4 && s[1] > 0x8F;
    return overlong || surrogate || beyond ? 0 : n;
}

bool ot_str_valid_utf8(struct ot_str s, size_t *ret_bad_offset)
{
    for (size_t i = 0; i < s.len;) {
        const size_t n = utf8_length((const unsigned char *)s.ptr + i, s.len - i);
        if (n == 0) {
            if (ret_bad_offset)
                *ret_bad_offset = i;
            return false;
        }
        i += n;
    }
    return true;
}

size_t ot_str_distance(struct ot_str a, struct ot_str b, size_t max)
{
    const size_t gap = a.len > b.len ? a.len - b.len : b.len - a.len;
    if (gap > max || a.len > LONGEST_COMPARED || b.len > LONGEST_COMPARED)
        return max;
    size_t row[LONGEST_COMPARED + 1];
    for (size_t j = 0; j <= b.len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            const size_t swap = diagonal + (a.ptr[i - 1] != b.ptr[j - 1]);
            const size_t step = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            diagonal = row[j];
            row[j] = swap < step ? swap : step;
        }
    }
    return row[b.len] < max ? row[b.len] : max;
}

bool ot_str_int(struct ot_str s, int64_t *ret)
{
    const bool minus = s.len && s.ptr[0] == '-';
    size_t i = s.len && (s.ptr[0] == '-' || s.ptr[0] == '+') ? 1 : 0;
    if (i == s.len)
        return false;
    int64_t value = 0;
    for (; i < s.len; i++) {
        if (!is_digit(s.ptr[i]))
            return false;
        const int64_t digit = s.ptr[i] - '0';
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, minus ? -digit : digit, &value))
            return false;
    }
    *ret = value;
    return true;
}

/* Whether `s` is [+-] digits [. digits] [e [+-] digits] with a digit before or after the point. */
static bool looks_like_number(struct ot_str s, bool *ret_nonzero)
{
    size_t i = 0, digits = 0;
    if (i < s.len && (s.ptr[i] == '-' || s.ptr[i] == '+'))
        i++;
    bool point = false;
    for (; i < s.len && (is_digit(s.ptr[i]) || (s.ptr[i] == '.' && !point)); i++) {
        point = point || s.ptr[i] == '.';
        digits += is_digit(s.ptr[i]);
        *ret_nonzero = *ret_nonzero || (s.ptr[i] >= '1' && s.ptr[i] <= '9');
    }
    if (digits == 0 || i == s.len)
        return digits > 0;
    if (s.ptr[i] != 'e' && s.ptr[i] != 'E')
        return false;
    i++;
    if (i < s.len && (s.ptr[i] == '-' || s.ptr[i] == '+'))
        i++;
    const size_t exponent = i;
    while (i < s.len && is_digit(s.ptr[i]))
        i++;
    return i == s.len && i > exponent;
}

bool ot_str_num(struct ot_str s, double *ret)
{
    bool nonzero = false;
    if (s.len > LONGEST_NUMBER || !looks_like_number(s, &nonzero))
        return false;
    char text[LONGEST_NUMBER + 1];
    memcpy(text, s.ptr, s.len);
    text[s.len] = '\0';
    const double value = strtod(text, NULL);
    if (!isfinite(value) || (value == 0 && nonzero))
        return false;
    *ret = value;
    return true;
}

void ot_buf_init(struct ot_buf *buf, struct ot_arena *arena, size_t max_bytes)
{
    *buf = (struct ot_buf){.arena = arena, .max = max_bytes ? max_bytes : default_buf_max};
}

/* Room for `more` bytes and the NUL; past the buffer's own limit, asks the arena for more than any
 * arena has, so that its handler runs. */
static void reserve(struct ot_buf *buf, size_t more)
{
    if (more > buf->max || buf->len > buf->max - more)
        (void)ot_arena_calloc(buf->arena, SIZE_MAX, 2);
    const size_t need = buf->len + more + 1;
    if (need <= buf->cap)
        return;
    size_t cap = buf->cap ? buf->cap * 2 : FIRST_BUF_BYTES;
    if (cap < need)
        cap = need;
    buf->ptr = ot_arena_grow(buf->arena, buf->ptr, buf->cap, cap, 1);
    buf->cap = cap;
}

void ot_buf_add(struct ot_buf *buf, struct ot_str s)
{
    reserve(buf, s.len);
    if (s.len)
        memcpy(buf->ptr + buf->len, s.ptr, s.len);
    buf->len += s.len;
    buf->ptr[buf->len] = '\0';
}

void ot_buf_addc(struct ot_buf *buf, const char *text)
{
    ot_buf_add(buf, ot_str_c(text));
}

void ot_buf_addv(struct ot_buf *buf, const char *fmt, va_list args)
{
    va_list again;
    va_copy(again, args);
    const int n = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    if (n < 0)
        return;
    reserve(buf, (size_t)n);
    (void)vsnprintf(buf->ptr + buf->len, (size_t)n + 1, fmt, args);
    buf->len += (size_t)n;
}

void ot_buf_addf(struct ot_buf *buf, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    ot_buf_addv(buf, fmt, args);
    va_end(args);
}

void ot_buf_add_num(struct ot_buf *buf, double value)
{
    if (value == 0) { /* also -0 */
        ot_buf_addc(buf, "0");
        return;
    }
    char text[40] = "";
    for (int digits = 15; digits <= 17; digits++) {
        (void)snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    ot_buf_addc(buf, text);
}

struct ot_str ot_buf_str(const struct ot_buf *buf)
{
    return buf->len ? ot_str_n(buf->ptr, buf->len) : ot_str_c("");
}
