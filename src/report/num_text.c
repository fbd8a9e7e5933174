/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers as people read them: significant digits, grouped thousands, money with its size word.
 * Only for text; files carry the full value. */
#include "offtake/report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    DIGITS_MAX = 15,
    FIXED_EXP_MAX = 15, /* larger and smaller than this power of ten: scientific */
    FIXED_EXP_MIN = -5
};

/* Power of ten of the first digit once rounded to `digits`; 0 for 0. */
static int exponent_of(double value, int digits)
{
    char text[48]; /* sign, 15 digits, point, exponent */
    int n = snprintf(text, sizeof(text), "%.*e", digits - 1, value);
    const char *e = memchr(text, 'e', (size_t)n);
    return value == 0 || e == NULL ? 0 : (int)strtol(e + 1, NULL, 10);
}

/* "-1234567.5" with a comma before every third digit of the whole part. */
static struct ot_str grouped(struct ot_arena *arena, struct ot_str plain)
{
    struct ot_buf out;
    ot_buf_init(&out, arena, 0);
    size_t whole = plain.len;
    const char *point = memchr(plain.ptr, '.', plain.len);
    if (point != NULL)
        whole = (size_t)(point - plain.ptr);
    size_t first = plain.len > 0 && plain.ptr[0] == '-' ? 1 : 0;
    for (size_t i = 0; i < plain.len; i++) {
        if (i > first && i < whole && (whole - i) % 3 == 0)
            ot_buf_addc(&out, ",");
        ot_buf_add(&out, ot_str_n(plain.ptr + i, 1));
    }
    return ot_buf_str(&out);
}

static struct ot_str fixed_text(struct ot_arena *arena, double value, int decimals)
{
    return grouped(arena, ot_str_fmt(arena, "%.*f", decimals, value == 0 ? 0 : value));
}

struct ot_str ot_num_text(struct ot_arena *arena, double value, int digits)
{
    OT_CHECK_FINITE(value);
    OT_ASSERT(digits >= 1 && digits <= DIGITS_MAX);
    int exponent = exponent_of(value, digits);
    if (exponent > FIXED_EXP_MAX || exponent < FIXED_EXP_MIN)
        return ot_str_fmt(arena, "%.*e", digits - 1, value);
    int decimals = digits - 1 - exponent;
    return fixed_text(arena, value, decimals > 0 ? decimals : 0);
}

struct ot_str ot_usd_text(struct ot_arena *arena, double usd, int digits)
{
    static const struct {
        int exponent;
        const char *word;
    } sizes[] = {{12, " T"}, {9, " B"}, {6, " M"}, {3, " k"}};
    OT_CHECK_FINITE(usd);
    const char *sign = usd < 0 ? "-" : "";
    double size = fabs(usd);
    int exponent = exponent_of(size, digits);
    for (size_t i = 0; i < OT_COUNT(sizes); i++) {
        if (exponent < sizes[i].exponent)
            continue;
        struct ot_str text = ot_num_text(arena, size / pow(10, sizes[i].exponent), digits);
        return ot_str_fmt(arena, "%s$%s%s", sign, text.ptr, sizes[i].word);
    }
    if (size == 0)
        return ot_str_c("$0");
    struct ot_str text = size < 1 ? ot_num_text(arena, size, digits) : fixed_text(arena, size, 2);
    return ot_str_fmt(arena, "%s$%s", sign, text.ptr);
}

struct ot_str ot_percent_text(struct ot_arena *arena, double frac, int digits)
{
    double percent = frac * 100;
    if (fabs(percent) < 1e-3 && percent != 0)
        return ot_str_c(percent < 0 ? "> -0.001 %" : "< 0.001 %");
    return ot_str_fmt(arena, "%s %%", ot_num_text(arena, percent, digits).ptr);
}

size_t ot_text_width(struct ot_str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++)
        n += ((unsigned char)s.ptr[i] & 0xC0) != 0x80;
    return n;
}
