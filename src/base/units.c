/* SPDX-License-Identifier: Apache-2.0 */
/* Units by dimensional algebra: every symbol is a factor times powers of a few base quantities; a
 * text is taken for a dimension when its powers agree. So "USD/kW-month", "GUSD/GW-y" and "USD/MWh"
 * need no rows of their own: all three are USD per joule. */
#include "offtake/base/units.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const double year_s = 8760.0 * 3600.0;

/* Base quantities; the power of each makes a dimension. */
enum base {
    BASE_S,
    BASE_B,
    BASE_FLOP,
    BASE_HZ,
    BASE_J,
    BASE_USD,
    BASE_TOK,
    BASE_REQ,
    BASE_SHARE,
    BASE_CHIP,
    BASE_FRAC,
    BASE_COUNT
};
struct powers {
    int of[BASE_COUNT];
};

enum prefixes {
    NO_PREFIX,
    DECIMAL,
    DECIMAL_AND_BINARY
};
struct symbol {
    const char *name;
    double over, under; /* SI value = over / under; whole numbers, so that 9 ms is 0.009 exactly */
    enum prefixes prefixes;
    struct powers powers;
};

/* clang-format off */
static const struct symbol symbols[] = {
    {"s",      1, 1,                NO_PREFIX,          {{[BASE_S] = 1}}},
    {"ms",     1, 1e3,              NO_PREFIX,          {{[BASE_S] = 1}}},
    {"us",     1, 1e6,              NO_PREFIX,          {{[BASE_S] = 1}}},
    {"µs",     1, 1e6,              NO_PREFIX,          {{[BASE_S] = 1}}},
    {"ns",     1, 1e9,              NO_PREFIX,          {{[BASE_S] = 1}}},
    {"min",    60, 1,               NO_PREFIX,          {{[BASE_S] = 1}}},
    {"h",      3600, 1,             NO_PREFIX,          {{[BASE_S] = 1}}},
    {"d",      86400, 1,            NO_PREFIX,          {{[BASE_S] = 1}}},
    {"wk",     604800, 1,           NO_PREFIX,          {{[BASE_S] = 1}}},
    {"mo",     8760.0 * 300.0, 1,   NO_PREFIX,          {{[BASE_S] = 1}}},
    {"month",  8760.0 * 300.0, 1,   NO_PREFIX,          {{[BASE_S] = 1}}},
    {"y",      8760.0 * 3600.0, 1,  NO_PREFIX,          {{[BASE_S] = 1}}},
    {"B",      1, 1,                DECIMAL_AND_BINARY, {{[BASE_B] = 1}}},
    {"bit",    1, 8,                DECIMAL,            {{[BASE_B] = 1}}},
    {"FLOP",   1, 1,                DECIMAL,            {{[BASE_FLOP] = 1}}},
    {"Hz",     1, 1,                DECIMAL,            {{[BASE_HZ] = 1}}},
    {"W",      1, 1,                DECIMAL,            {{[BASE_J] = 1, [BASE_S] = -1}}},
    {"Wh",     3600, 1,             DECIMAL,            {{[BASE_J] = 1}}},
    {"J",      1, 1,                DECIMAL,            {{[BASE_J] = 1}}},
    {"USD",    1, 1,                DECIMAL,            {{[BASE_USD] = 1}}},
    {"tok",    1, 1,                DECIMAL,            {{[BASE_TOK] = 1}}},
    {"req",    1, 1,                DECIMAL,            {{[BASE_REQ] = 1}}},
    {"share",  1, 1,                NO_PREFIX,          {{[BASE_SHARE] = 1}}},
    {"chip",   1, 1,                NO_PREFIX,          {{[BASE_CHIP] = 1}}},
    {"%",      1, 100,              NO_PREFIX,          {{[BASE_FRAC] = 1}}},
};

/* What a dimension is made of; how it is shown: unit and SI value of that unit; what is allowed. */
struct dim {
    struct powers powers;
    const char *shown;
    double shown_si;
    bool prefixed;
    const char *example;
    const char *allowed;
};
static const struct dim dims[] = {
    [OT_DIM_NONE] = {{{0}}, "", 1, false, "12",
        "a plain number, without a unit"},
    [OT_DIM_FRAC] = {{{[BASE_FRAC] = 1}}, "%", 0.01, false, "50 %",
        "a fraction such as 0.5 or 50 %"},
    [OT_DIM_TIME] = {{{[BASE_S] = 1}}, "s", 1, false, "40 ms",
        "a time with its unit, such as 40 ms (ns us ms s min h d wk mo y)"},
    [OT_DIM_BYTES] = {{{[BASE_B] = 1}}, "B", 1, true, "96 GB",
        "bytes with their unit, such as 96 GB or 16 GiB"},
    [OT_DIM_BYTES_PER_S] = {{{[BASE_B] = 1, [BASE_S] = -1}}, "B/s", 1, true, "2.9 TB/s",
        "a byte rate with its unit, such as 2.9 TB/s or 400 Gbit/s"},
    [OT_DIM_FLOP_PER_S] = {{{[BASE_FLOP] = 1, [BASE_S] = -1}}, "FLOP/s", 1, true, "667 TFLOP/s",
        "an arithmetic rate with its unit, such as 667 TFLOP/s"},
    [OT_DIM_HERTZ] = {{{[BASE_HZ] = 1}}, "Hz", 1, true, "1.4 GHz",
        "a clock rate with its unit, such as 1.4 GHz"},
    [OT_DIM_POWER] = {{{[BASE_J] = 1, [BASE_S] = -1}}, "W", 1, true, "1.2 GW",
        "a power with its unit, such as 500 W, 1.6 kW or 1.2 GW"},
    [OT_DIM_ENERGY] = {{{[BASE_J] = 1}}, "Wh", 3600, true, "35 MWh",
        "an energy with its unit, such as 35 MWh or 3 J"},
    [OT_DIM_USD] = {{{[BASE_USD] = 1}}, "USD", 1, true, "38 GUSD",
        "an amount of money with its unit, such as 38 GUSD, 12 MUSD or 250 USD"},
    [OT_DIM_USD_PER_S] = {{{[BASE_USD] = 1, [BASE_S] = -1}}, "USD/h", 1 / 3600.0, true, "12 USD/h",
        "a cost rate with its unit, such as 12 USD/h or 5 GUSD/y"},
    [OT_DIM_USD_PER_CHIP_S] = {{{[BASE_USD] = 1, [BASE_CHIP] = -1, [BASE_S] = -1}}, "USD/chip-h",
        1 / 3600.0, true, "2.235 USD/chip-h",
        "a price per chip and time with its unit, such as 2.235 USD/chip-h"},
    [OT_DIM_USD_PER_TOK] = {{{[BASE_USD] = 1, [BASE_TOK] = -1}}, "USD/Mtok", 1e-6, true,
        "0.6 USD/Mtok", "a price per token with its unit, such as 0.6 USD/Mtok"},
    [OT_DIM_USD_PER_REQ] = {{{[BASE_USD] = 1, [BASE_REQ] = -1}}, "USD/kreq", 1e-3, true,
        "3 USD/kreq", "a price per request with its unit, such as 0.003 USD/req or 3 USD/kreq"},
    [OT_DIM_USD_PER_J] = {{{[BASE_USD] = 1, [BASE_J] = -1}}, "USD/kWh", 1 / 3.6e6, true,
        "0.08 USD/kWh",
        "a price per energy with its unit, such as 0.08 USD/kWh, 130 USD/kW-month or 12 GUSD/GW-y"},
    [OT_DIM_USD_PER_SHARE] = {{{[BASE_USD] = 1, [BASE_SHARE] = -1}}, "USD/share", 1, true,
        "160 USD/share", "a price per share with its unit, such as 160 USD/share"},
    [OT_DIM_TOK] = {{{[BASE_TOK] = 1}}, "tok", 1, true, "15 Ttok",
        "tokens with their unit, such as 5 Mtok or 15 Ttok"},
    [OT_DIM_TOK_PER_S] = {{{[BASE_TOK] = 1, [BASE_S] = -1}}, "tok/s", 1, true, "900 tok/s",
        "a token rate with its unit, such as 900 tok/s or 2 Mtok/h"},
    [OT_DIM_REQ_PER_S] = {{{[BASE_REQ] = 1, [BASE_S] = -1}}, "req/s", 1, true, "50 req/s",
        "a request rate with its unit, such as 50 req/s or 3600 req/h"},
};
/* clang-format on */
static_assert(OT_COUNT(dims) == OT_DIM_COUNT, "one row per dimension");

static const struct {
    const char *name;
    double factor;
    enum prefixes from;
} prefixes[] = {
    {"Ki", 0x1p10, DECIMAL_AND_BINARY},
    {"Mi", 0x1p20, DECIMAL_AND_BINARY},
    {"Gi", 0x1p30, DECIMAL_AND_BINARY},
    {"Ti", 0x1p40, DECIMAL_AND_BINARY},
    {"k", 1e3, DECIMAL},
    {"M", 1e6, DECIMAL},
    {"G", 1e9, DECIMAL},
    {"T", 1e12, DECIMAL},
    {"P", 1e15, DECIMAL},
};

/* A unit read so far. */
struct scale {
    double over, under;
    struct powers powers;
};

static const struct symbol *find_symbol(struct ot_str name)
{
    for (size_t i = 0; i < OT_COUNT(symbols); i++) {
        if (ot_str_is(name, symbols[i].name))
            return &symbols[i];
    }
    return NULL;
}

/* Multiplies in one symbol with its prefix, to the power +1 or -1. */
static bool take_symbol(struct ot_str name, int power, struct scale *scale)
{
    double prefix = 1;
    const struct symbol *symbol = find_symbol(name);
    for (size_t i = 0; !symbol && i < OT_COUNT(prefixes); i++) {
        if (!ot_str_starts(name, prefixes[i].name))
            continue;
        const size_t n = ot_str_c(prefixes[i].name).len;
        symbol = find_symbol(ot_str_n(name.ptr + n, name.len - n));
        if (symbol && symbol->prefixes < prefixes[i].from)
            symbol = NULL;
        prefix = prefixes[i].factor;
    }
    if (!symbol)
        return false;
    for (int b = 0; b < BASE_COUNT; b++)
        scale->powers.of[b] += power * symbol->powers.of[b];
    scale->over *= power > 0 ? prefix * symbol->over : symbol->under;
    scale->under *= power > 0 ? symbol->under : prefix * symbol->over;
    return true;
}

/* "A-B/C-D" is A times B over C times D. */
static bool take_unit(struct ot_str text, struct scale *scale)
{
    struct ot_str below = {0};
    struct ot_str above = ot_str_cut(text, '/', &below);
    const bool has_below = above.len < text.len;
    for (int side = 0; side < 1 + has_below; side++) {
        struct ot_str rest = side == 0 ? above : below;
        do {
            const struct ot_str all = rest;
            const struct ot_str name = ot_str_cut(all, '-', &rest);
            if (!take_symbol(name, side == 0 ? 1 : -1, scale))
                return false;
            if (name.len < all.len && rest.len == 0)
                return false; /* ends in '-' */
        } while (rest.len);
    }
    return true;
}

static bool same_powers(const struct powers *a, const struct powers *b)
{
    bool same = true;
    for (int i = 0; i < BASE_COUNT; i++)
        same = same && a->of[i] == b->of[i];
    return same;
}

/* Length of the number at the front: [+-] digits . digits [e [+-] digits]. */
static size_t number_length(struct ot_str s)
{
    size_t i = 0;
    if (i < s.len && (s.ptr[i] == '+' || s.ptr[i] == '-'))
        i++;
    while (i < s.len && ((s.ptr[i] >= '0' && s.ptr[i] <= '9') || s.ptr[i] == '.'))
        i++;
    size_t e = i;
    if (e < s.len && (s.ptr[e] == 'e' || s.ptr[e] == 'E')) {
        e++;
        if (e < s.len && (s.ptr[e] == '+' || s.ptr[e] == '-'))
            e++;
        const size_t first = e;
        while (e < s.len && s.ptr[e] >= '0' && s.ptr[e] <= '9')
            e++;
        if (e > first)
            i = e;
    }
    return i;
}

static bool refuse(const char **ret_why, const char *why)
{
    if (ret_why)
        *ret_why = why;
    return false;
}

bool ot_units_parse(struct ot_str text, enum ot_dim dim, double *ret_value, const char **ret_why)
{
    OT_ASSERT((unsigned)dim < OT_DIM_COUNT);
    const struct dim *want = &dims[dim];
    text = ot_str_trim(text);
    const size_t n = number_length(text);
    if (n > 0 && n < text.len && text.ptr[n] == ',')
        return refuse(ret_why, "a number without thousands separators, with '.' as decimal mark");
    double number = 0;
    if (n == 0 || (n == 1 && (text.ptr[0] < '0' || text.ptr[0] > '9')))
        return refuse(ret_why, want->allowed);
    if (!ot_str_num(ot_str_n(text.ptr, n), &number))
        return refuse(ret_why, "a finite decimal number that a double can hold");
    const struct ot_str unit = ot_str_trim(ot_str_n(text.ptr + n, text.len - n));
    struct scale scale = {.over = 1, .under = 1};
    if (unit.len == 0) {
        if (dim != OT_DIM_NONE && dim != OT_DIM_FRAC)
            return refuse(ret_why, want->allowed);
        *ret_value = number;
        return true;
    }
    if (!take_unit(unit, &scale))
        return refuse(ret_why, want->allowed);
    if (dim == OT_DIM_USD_PER_CHIP_S && scale.powers.of[BASE_CHIP] == 0)
        scale.powers.of[BASE_CHIP] = -1; /* the field is per chip: USD/h will do */
    if (dim == OT_DIM_NONE || !same_powers(&scale.powers, &want->powers))
        return refuse(ret_why, want->allowed);
    const double value = number * scale.over / scale.under;
    if (!isfinite(value))
        return refuse(ret_why, "a finite decimal number that a double can hold");
    *ret_value = value;
    return true;
}

/* A time is shown in the largest unit that keeps it at 1 or more, within reason. */
static const char *time_unit(double value_s, double *ret_si)
{
    static const struct {
        const char *name;
        double below_s, si;
    } rows[] = {
        {"ns", 1e-6, 1e-9}, {"us", 1e-3, 1e-6},        {"ms", 1, 1e-3},
        {"s", 1000, 1},     {"h", 100 * 3600.0, 3600}, {"d", 1000 * 86400.0, 86400},
    };
    for (size_t i = 0; i < OT_COUNT(rows); i++) {
        if (value_s < rows[i].below_s && (value_s > 0 || rows[i].si == 1)) {
            *ret_si = rows[i].si;
            return rows[i].name;
        }
    }
    *ret_si = year_s;
    return "y";
}

static double rounded_to(double value, int digits)
{
    char text[64];
    (void)snprintf(text, sizeof text, "%.*e", digits - 1, value);
    return strtod(text, NULL);
}

struct ot_str ot_units_text(struct ot_arena *arena, double value, enum ot_dim dim, int digits)
{
    OT_ASSERT((unsigned)dim < OT_DIM_COUNT && digits >= 1 && digits <= 17);
    OT_ASSERT(isfinite(value));
    static const struct {
        const char *name;
        double factor;
    } decimal[] = {{"P", 1e15}, {"T", 1e12}, {"G", 1e9}, {"M", 1e6}, {"k", 1e3}};
    const struct dim *row = &dims[dim];
    const char *unit = row->shown, *prefix = "";
    double si = row->shown_si;
    if (dim == OT_DIM_TIME)
        unit = time_unit(fabs(rounded_to(value, digits)), &si);
    double x = rounded_to(value / si, digits);
    for (size_t i = 0; row->prefixed && i < OT_COUNT(decimal); i++) {
        if (fabs(x) >= decimal[i].factor) {
            prefix = decimal[i].name;
            x = rounded_to(value / si / decimal[i].factor, digits);
            break;
        }
    }
    const double exponent = x == 0 ? 0 : floor(log10(fabs(x)));
    const int whole = (int)exponent + 1;
    const int places = digits > whole ? digits - whole : 0;
    if (dim == OT_DIM_NONE && places == 0)
        x = value; /* counts keep all their digits before the point */
    if (x == 0)
        x = 0; /* not "-0" */
    return ot_str_fmt(arena, "%.*f%s%s%s", places, x, unit[0] ? " " : "", prefix, unit);
}

const char *ot_dim_si(enum ot_dim dim)
{
#define DIM_SI(name, si, suffix) [OT_DIM_##name] = si,
    static const char *const si[] = {OT_DIM_LIST(DIM_SI)};
#undef DIM_SI
    OT_ASSERT((unsigned)dim < OT_DIM_COUNT);
    return si[dim];
}

const char *ot_dim_suffix(enum ot_dim dim)
{
#define DIM_SUFFIX(name, si, suffix) [OT_DIM_##name] = suffix,
    static const char *const suffixes[] = {OT_DIM_LIST(DIM_SUFFIX)};
#undef DIM_SUFFIX
    OT_ASSERT((unsigned)dim < OT_DIM_COUNT);
    return suffixes[dim];
}

const char *ot_dim_example(enum ot_dim dim)
{
    OT_ASSERT((unsigned)dim < OT_DIM_COUNT);
    return dims[dim].example;
}
