/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFTAKE_BASE_DATE_H
#define OFFTAKE_BASE_DATE_H
/* Calendar dates as day numbers (days since 1970-01-01, proleptic Gregorian). */
#include <stdbool.h>
#include <stdint.h>

#include "offtake/base/str.h"

/* A calendar period, as contracts state it ("3 y", "18 mo", "90 d"): months and days apart. */
struct ot_period {
    int32_t months, days;
};

int64_t ot_date_of(int year, int month, int day);
void ot_date_civil(int64_t date_day, int *ret_year, int *ret_month, int *ret_day);
bool ot_date_parse(struct ot_str text, int64_t *ret_day); /* YYYY-MM-DD, a real date */
struct ot_str ot_date_text(struct ot_arena *arena, int64_t date_day);
struct ot_str ot_date_quarter_text(struct ot_arena *arena, int64_t date_day); /* "2026Q3" */
/* Adds months keeping the day of month, cut to the month's end (31 Jan + 1 mo = 28/29 Feb). */
int64_t ot_date_add_months(int64_t date_day, int months);
int64_t ot_date_add(int64_t date_day, struct ot_period period);
int64_t ot_date_quarter_start(int64_t date_day);
bool ot_period_parse(struct ot_str text, struct ot_period *ret); /* y mo wk d */
double ot_date_years(int64_t from_day, int64_t to_day); /* actual/365.25, for discounting */
#endif
