/* SPDX-License-Identifier: Apache-2.0 */
/* Dates as day numbers. Conversions after Howard Hinnant, "chrono-compatible low-level date
 * algorithms" (public domain): years start in March, eras are 400 years = 146,097 days. */
#include "offtake/base/date.h"

enum {
    ERA_DAYS = 146097,
    EPOCH_DAYS = 719468, /* from 0000-03-01 to 1970-01-01 */
    LAST_YEAR = 9999,
    LONGEST_PERIOD = 1000000, /* of each unit, in contracts */
};

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

int64_t ot_date_of(int year, int month, int day)
{
    const int64_t y = (int64_t)year - (month <= 2);
    const int64_t era = floor_div(y, 400), year_of_era = y - era * 400;
    const int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    const int64_t day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * ERA_DAYS + day_of_era - EPOCH_DAYS;
}

void ot_date_civil(int64_t date_day, int *ret_year, int *ret_month, int *ret_day)
{
    const int64_t z = date_day + EPOCH_DAYS;
    const int64_t era = floor_div(z, ERA_DAYS), doe = z - era * ERA_DAYS;
    const int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    const int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    const int64_t mp = (5 * doy + 2) / 153;
    *ret_day = (int)(doy - (153 * mp + 2) / 5 + 1);
    *ret_month = (int)(mp < 10 ? mp + 3 : mp - 9);
    *ret_year = (int)(yoe + era * 400 + (*ret_month <= 2));
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

/* `n` digits as a number, -1 if one is not a digit. */
static int digits(const char *s, int n)
{
    int value = 0;
    for (int i = 0; i < n; i++) {
        if (s[i] < '0' || s[i] > '9')
            return -1;
        value = value * 10 + (s[i] - '0');
    }
    return value;
}

bool ot_date_parse(struct ot_str text, int64_t *ret_day)
{
    if (text.len != 10 || text.ptr[4] != '-' || text.ptr[7] != '-')
        return false;
    const int year = digits(text.ptr, 4), month = digits(text.ptr + 5, 2);
    const int day = digits(text.ptr + 8, 2);
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month))
        return false;
    *ret_day = ot_date_of(year, month, day);
    return true;
}

struct ot_str ot_date_text(struct ot_arena *arena, int64_t date_day)
{
    int year = 0, month = 0, day = 0;
    ot_date_civil(date_day, &year, &month, &day);
    return ot_str_fmt(arena, "%04d-%02d-%02d", year, month, day);
}

struct ot_str ot_date_quarter_text(struct ot_arena *arena, int64_t date_day)
{
    int year = 0, month = 0, day = 0;
    ot_date_civil(date_day, &year, &month, &day);
    return ot_str_fmt(arena, "%04dQ%d", year, (month - 1) / 3 + 1);
}

int64_t ot_date_add_months(int64_t date_day, int months)
{
    int year = 0, month = 0, day = 0;
    ot_date_civil(date_day, &year, &month, &day);
    const int64_t count = (int64_t)year * 12 + (month - 1) + months;
    const int to_year = (int)floor_div(count, 12);
    const int to_month = (int)(count - (int64_t)to_year * 12) + 1;
    const int last = days_in_month(to_year, to_month);
    return ot_date_of(to_year, to_month, day < last ? day : last);
}

int64_t ot_date_add(int64_t date_day, struct ot_period period)
{
    return ot_date_add_months(date_day, period.months) + period.days;
}

int64_t ot_date_quarter_start(int64_t date_day)
{
    int year = 0, month = 0, day = 0;
    ot_date_civil(date_day, &year, &month, &day);
    return ot_date_of(year, (month - 1) / 3 * 3 + 1, 1);
}

/* One "NUMBER UNIT" off the front of *text, added to *period. "1.5 y" is 18 months; half a month
 * or half a day is nothing a contract can mean. */
static bool take_part(struct ot_str *text, struct ot_period *period)
{
    static const struct {
        const char *unit;
        int months, days;
    } units[] = {{"y", 12, 0}, {"mo", 1, 0}, {"wk", 0, 7}, {"d", 0, 1}};
    size_t n = 0;
    while (n < text->len && (digits(text->ptr + n, 1) >= 0 || text->ptr[n] == '.'))
        n++;
    double count = 0;
    if (!ot_str_num(ot_str_n(text->ptr, n), &count) || count > LONGEST_PERIOD)
        return false;
    struct ot_str rest = ot_str_trim(ot_str_n(text->ptr + n, text->len - n));
    struct ot_str unit = ot_str_cut(rest, ' ', text);
    *text = ot_str_trim(*text);
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (!ot_str_is(unit, units[i].unit))
            continue;
        const double months = count * units[i].months, days = count * units[i].days;
        if (months != (double)(int32_t)months || days != (double)(int32_t)days)
            return false;
        return !__builtin_add_overflow(period->months, (int32_t)months, &period->months) &&
               !__builtin_add_overflow(period->days, (int32_t)days, &period->days);
    }
    return false;
}

bool ot_period_parse(struct ot_str text, struct ot_period *ret)
{
    struct ot_period period = {0};
    text = ot_str_trim(text);
    if (!text.len)
        return false;
    while (text.len) {
        if (!take_part(&text, &period))
            return false;
    }
    if (period.months > LAST_YEAR * 12 || period.days > LAST_YEAR * 366)
        return false;
    *ret = period;
    return true;
}

double ot_date_years(int64_t from_day, int64_t to_day)
{
    return (double)(to_day - from_day) / 365.25;
}
