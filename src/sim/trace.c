/* SPDX-License-Identifier: Apache-2.0 */
/* Reads request traces: one row per request, times as they stand in the file. Which columns mean
 * what is a table; another format is one more row.
 *
 * Not read: hash_ids and sessions (no prefix sharing between requests yet). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "offtake/sim.h"

enum {
    TRACE_BYTES_MAX = 2000000000,
    SPAN_S_MAX = 100 * 86400,
    TOKENS_MAX = 100000000
};
static const int64_t ps_per_s = 1000000000000;

enum clock {
    DATE_TIME,
    SECONDS,
    MILLISECONDS
};
struct format {
    const char *name;
    bool json;
    const char *time, *input, *output;
    enum clock clock;
    const char *mark; /* a further key that must be there; NULL = none */
};
/* First match wins. */
static const struct format formats[] = {
    {"azure", false, "TIMESTAMP", "ContextTokens", "GeneratedTokens", DATE_TIME, NULL},
    {"burstgpt", false, "Timestamp", "Request tokens", "Response tokens", SECONDS, NULL},
    {"plain", false, "arrival_s", "input_tokens", "output_tokens", SECONDS, NULL},
    {"bailian", true, "timestamp", "input_length", "output_length", SECONDS, "chat_id"},
    {"mooncake", true, "timestamp", "input_length", "output_length", MILLISECONDS, NULL},
    {"llmservingsim", true, "arrival_time", "input_toks", "output_toks", SECONDS, NULL},
};

struct field {
    struct ot_str text;
    int64_t col; /* 1-based */
};
struct reader {
    struct ot_arena *arena, *line_arena;
    struct ot_str file;
    const struct format *format;
    int time_at, input_at, output_at, columns_n; /* CSV */
    int64_t line, first_s;
    bool has_first;
    struct ot_request *requests;
    size_t n, cap;
    int64_t dropped_n;
    struct ot_err *err;
};

static enum ot_code bad(const struct reader *r, int64_t col, const char *field, struct ot_str value,
                        const char *allowed)
{
    return ot_err_set(r->err, OT_INPUT, ot_loc_of(r->file, r->line, col), field, value, "%s",
                      allowed);
}

/* ---- numbers ---- */

/* "12.345" with up to 12 decimals, exactly: whole units and 10^-12 of one. */
static bool parse_decimal(struct ot_str text, int64_t *ret_whole, int64_t *ret_ppt)
{
    struct ot_str decimals;
    const struct ot_str whole = ot_str_cut(text, '.', &decimals);
    if (!ot_str_int(whole, ret_whole) || *ret_whole < 0 || decimals.len > 12) {
        return false;
    }
    int64_t ppt = 0;
    for (size_t i = 0; i < 12; i++) {
        const char c = i < decimals.len ? decimals.ptr[i] : '0';
        if (c < '0' || c > '9') {
            return false;
        }
        ppt = 10 * ppt + (c - '0');
    }
    *ret_ppt = ppt;
    return true;
}

static bool parse_seconds(struct ot_str text, int64_t *ret_s, int64_t *ret_ps)
{
    if (parse_decimal(text, ret_s, ret_ps)) {
        return true;
    }
    double x; /* exponents and longer fractions */
    if (!ot_str_num(text, &x) || x < 0 || x > 1e15) {
        return false;
    }
    *ret_s = (int64_t)x;
    *ret_ps = llround((x - (double)*ret_s) * 1e12);
    return true;
}

static bool two_digits(struct ot_str text, size_t at, int64_t max, int64_t *ret)
{
    return text.len >= at + 2 && ot_str_int(ot_str_n(text.ptr + at, 2), ret) && *ret >= 0 &&
           *ret <= max;
}

/* YYYY-MM-DD HH:MM:SS[.fraction] */
static bool parse_date_time(struct ot_str text, int64_t *ret_s, int64_t *ret_ps)
{
    int64_t day, hour, minute, second, none;
    if (text.len < 19 || !ot_date_parse(ot_str_n(text.ptr, 10), &day) ||
        (text.ptr[10] != ' ' && text.ptr[10] != 'T') || text.ptr[13] != ':' ||
        text.ptr[16] != ':' || !two_digits(text, 11, 23, &hour) ||
        !two_digits(text, 14, 59, &minute) || !two_digits(text, 17, 60, &second)) {
        return false;
    }
    *ret_ps = 0;
    if (text.len > 19) {
        char fraction[32] = "0";
        const size_t n = text.len - 19;
        if (n < 2 || n > 13 || text.ptr[19] != '.') {
            return false;
        }
        memcpy(fraction + 1, text.ptr + 19, n);
        if (!parse_decimal(ot_str_n(fraction, n + 1), &none, ret_ps)) {
            return false;
        }
    }
    *ret_s = day * 86400 + hour * 3600 + minute * 60 + second;
    return true;
}

static enum ot_code time_of(struct reader *r, struct field f, int64_t *ret_ps)
{
    int64_t s = 0;
    int64_t ps = 0;
    if (r->format->clock == DATE_TIME) {
        if (!parse_date_time(f.text, &s, &ps)) {
            return bad(r, f.col, r->format->time, f.text,
                       "a date and time such as 2023-11-16 18:15:46.6805900");
        }
    } else if (!parse_seconds(f.text, &s, &ps)) {
        return bad(r, f.col, r->format->time, f.text,
                   r->format->clock == SECONDS ? "seconds >= 0" : "milliseconds >= 0");
    }
    if (r->format->clock == MILLISECONDS) {
        ps = s % 1000 * (ps_per_s / 1000) + ps / 1000;
        s /= 1000;
    }
    if (!r->has_first) {
        r->first_s = s;
        r->has_first = true;
    }
    if (s - r->first_s > SPAN_S_MAX || r->first_s - s > SPAN_S_MAX) {
        return bad(r, f.col, r->format->time, f.text, "a trace spans at most 100 days");
    }
    *ret_ps = (s - r->first_s) * ps_per_s + ps;
    return OT_OK;
}

static enum ot_code tokens_of(const struct reader *r, struct field f, const char *name, int64_t min,
                              int64_t *ret)
{
    double x;
    if (ot_str_int(f.text, ret) && *ret >= min && *ret <= TOKENS_MAX) {
        return OT_OK;
    }
    /* Some exporters write counts as 374.0. */
    if (ot_str_num(f.text, &x) && x >= (double)min && x <= TOKENS_MAX && x == floor(x)) {
        *ret = llround(x);
        return OT_OK;
    }
    return bad(r, f.col, name, f.text,
               min == 0 ? "a number of tokens, 0 to 100000000"
                        : "a number of tokens, 1 to 100000000");
}

static enum ot_code add_row(struct reader *r, struct field time, struct field input,
                            struct field output)
{
    struct ot_request request = {0};
    enum ot_code code = time_of(r, time, &request.arrival_ps);
    if (code == OT_OK) {
        code = tokens_of(r, output, r->format->output, 0, &request.output_tok);
    }
    if (code == OT_OK) {
        code = tokens_of(r, input, r->format->input, request.output_tok == 0 ? 0 : 1,
                         &request.input_tok);
    }
    if (code != OT_OK) {
        return code;
    }
    if (request.output_tok == 0) {
        r->dropped_n++;
        return OT_OK;
    }
    if (r->n == r->cap) {
        const size_t cap = r->cap == 0 ? 1024 : 2 * r->cap;
        r->requests = ot_arena_grow(r->arena, r->requests, r->n, cap, sizeof *r->requests);
        r->cap = cap;
    }
    r->requests[r->n++] = request;
    return OT_OK;
}

/* ---- lines ---- */

/* Field number `at` of a CSV line; the formats have no quoted fields. */
static bool csv_field(struct ot_str line, int at, struct field *ret)
{
    struct ot_str rest = line;
    for (int i = 0;; i++) {
        const bool last = memchr(rest.ptr, ',', rest.len) == NULL;
        const struct ot_str text = ot_str_cut(rest, ',', &rest);
        if (i == at) {
            *ret = (struct field){ot_str_trim(text), text.ptr - line.ptr + 1};
            return true;
        }
        if (last) {
            return false;
        }
    }
}

static int csv_count(struct ot_str line)
{
    int n = 1;
    for (size_t i = 0; i < line.len; i++) {
        n += line.ptr[i] == ',';
    }
    return n;
}

static int csv_column(struct ot_str header, const char *name)
{
    struct field f;
    for (int i = 0; csv_field(header, i, &f); i++) {
        if (ot_str_is(f.text, name)) {
            return i;
        }
    }
    return -1;
}

static enum ot_code csv_header(struct reader *r, struct ot_str line)
{
    for (size_t i = 0; i < OT_COUNT(formats); i++) {
        if (formats[i].json) {
            continue;
        }
        r->format = &formats[i];
        r->time_at = csv_column(line, formats[i].time);
        r->input_at = csv_column(line, formats[i].input);
        r->output_at = csv_column(line, formats[i].output);
        r->columns_n = csv_count(line);
        if (r->time_at >= 0 && r->input_at >= 0 && r->output_at >= 0) {
            return OT_OK;
        }
    }
    const struct ot_str shown = ot_str_n(line.ptr, line.len > 80 ? 80 : line.len);
    return bad(r, 1, NULL, shown,
               "a trace starts with TIMESTAMP,ContextTokens,GeneratedTokens (Azure), "
               "Timestamp,…,Request tokens,Response tokens (BurstGPT), "
               "arrival_s,input_tokens,output_tokens, or a JSON object a line (Mooncake)");
}

static enum ot_code csv_row(struct reader *r, struct ot_str line)
{
    struct field time = {.col = 1};
    struct field input = time;
    struct field output = time;
    if (csv_count(line) != r->columns_n || !csv_field(line, r->time_at, &time) ||
        !csv_field(line, r->input_at, &input) || !csv_field(line, r->output_at, &output)) {
        const struct ot_str shown = ot_str_n(line.ptr, line.len > 80 ? 80 : line.len);
        return ot_err_set(r->err, OT_INPUT, ot_loc_of(r->file, r->line, 1), NULL, shown,
                          "%d fields, as the header has; is the file cut off?", r->columns_n);
    }
    return add_row(r, time, input, output);
}

static bool json_field(const struct ot_node *map, const char *key, struct field *ret)
{
    const struct ot_node *node = ot_node_get(map, key);
    if (node == NULL || node->kind != OT_NODE_SCALAR) {
        return false;
    }
    *ret = (struct field){node->text, node->loc.col > 0 ? node->loc.col : 1};
    return true;
}

static enum ot_code json_row(struct reader *r, struct ot_str line)
{
    struct ot_node *map;
    ot_arena_reset(r->line_arena);
    struct ot_err inner; /* its line is 1: ours is known here */
    ot_err_init(&inner, r->line_arena);
    if (ot_json_parse(r->line_arena, line, "line", &map, &inner) != OT_OK) {
        return bad(r, inner.loc.col, NULL, ot_str_c(""),
                   "a JSON object on each line; is the file cut off?");
    }
    for (size_t i = 0; r->format == NULL && i < OT_COUNT(formats); i++) {
        const struct format *f = &formats[i];
        if (f->json && ot_node_get(map, f->time) != NULL && ot_node_get(map, f->input) != NULL &&
            (f->mark == NULL || ot_node_get(map, f->mark) != NULL)) {
            r->format = f;
        }
    }
    struct field time;
    struct field input;
    struct field output;
    if (r->format == NULL) {
        return bad(r, 1, NULL, ot_str_c(""),
                   "keys timestamp, input_length, output_length (Mooncake) or arrival_time, "
                   "input_toks, output_toks");
    }
    if (!json_field(map, r->format->time, &time) || !json_field(map, r->format->input, &input) ||
        !json_field(map, r->format->output, &output)) {
        return ot_err_set(r->err, OT_INPUT, ot_loc_of(r->file, r->line, 1), NULL, ot_str_c(""),
                          "keys %s, %s, %s on every line", r->format->time, r->format->input,
                          r->format->output);
    }
    return add_row(r, time, input, output);
}

static enum ot_code read_lines(struct reader *r, struct ot_str bytes)
{
    struct ot_str rest = bytes;
    if (ot_str_starts(rest, "\xEF\xBB\xBF")) {
        rest = ot_str_n(rest.ptr + 3, rest.len - 3);
    }
    bool json = false;
    bool begun = false;
    while (rest.len > 0) {
        const char *newline = memchr(rest.ptr, '\n', rest.len);
        const size_t n = newline == NULL ? rest.len : (size_t)(newline - rest.ptr);
        struct ot_str line = ot_str_n(rest.ptr, n);
        rest = newline == NULL ? ot_str_c("") : ot_str_n(newline + 1, rest.len - n - 1);
        r->line++;
        if (ot_str_ends(line, "\r")) {
            line.len--;
        }
        if (ot_str_trim(line).len == 0) {
            continue;
        }
        enum ot_code code = OT_OK;
        if (!begun) {
            json = ot_str_starts(line, "{");
            begun = true;
            code = json ? json_row(r, line) : csv_header(r, line);
        } else {
            code = json ? json_row(r, line) : csv_row(r, line);
        }
        if (code != OT_OK) {
            return code;
        }
    }
    return OT_OK;
}

/* ---- order ---- */

struct ranked {
    struct ot_request request;
    size_t rank;
};

static int by_arrival(const void *a, const void *b)
{
    const struct ranked *x = a;
    const struct ranked *y = b;
    if (x->request.arrival_ps != y->request.arrival_ps) {
        return x->request.arrival_ps < y->request.arrival_ps ? -1 : 1;
    }
    return (x->rank > y->rank) - (x->rank < y->rank);
}

static void put_in_order(struct reader *r)
{
    bool sorted = true;
    for (size_t i = 1; i < r->n; i++) {
        sorted = sorted && r->requests[i - 1].arrival_ps <= r->requests[i].arrival_ps;
    }
    if (!sorted) {
        struct ranked *ranked = ot_arena_calloc(r->line_arena, r->n, sizeof *ranked);
        for (size_t i = 0; i < r->n; i++) {
            ranked[i] = (struct ranked){r->requests[i], i};
        }
        qsort(ranked, r->n, sizeof *ranked, by_arrival);
        for (size_t i = 0; i < r->n; i++) {
            r->requests[i] = ranked[i].request;
        }
    }
    const int64_t first_ps = r->requests[0].arrival_ps;
    for (size_t i = 0; i < r->n; i++) {
        r->requests[i].arrival_ps -= first_ps;
    }
}

enum ot_code ot_trace_parse(struct ot_arena *arena, struct ot_str bytes, const char *name,
                            struct ot_trace *ret, struct ot_err *err)
{
    struct reader r = {.arena = arena,
                       .line_arena = ot_arena_child(arena),
                       .file = ot_str_dup(arena, ot_str_c(name)),
                       .err = err};
    enum ot_code code = read_lines(&r, bytes);
    if (code == OT_OK && r.n == 0) {
        r.line = r.line == 0 ? 1 : r.line;
        code = bad(&r, 1, NULL, ot_str_c(""), "at least one request with an answer");
    }
    if (code == OT_OK) {
        ot_arena_reset(r.line_arena);
        put_in_order(&r);
        const char *slash = strrchr(name, '/');
        *ret =
            (struct ot_trace){.requests = r.requests,
                              .n = (int64_t)r.n,
                              .dropped_n = r.dropped_n,
                              .name = ot_str_dup(arena, ot_str_c(slash == NULL ? name : slash + 1)),
                              .format = r.format->name};
    }
    ot_arena_free(r.line_arena);
    return code;
}

enum ot_code ot_trace_read(struct ot_arena *arena, const char *path, struct ot_sources *sources,
                           struct ot_trace *ret, struct ot_err *err)
{
    struct ot_arena *scratch = ot_arena_new(0);
    struct ot_str bytes;
    enum ot_code code = ot_file_read(scratch, path, TRACE_BYTES_MAX, sources, &bytes, err);
    if (code == OT_OK) {
        code = ot_trace_parse(arena, bytes, path, ret, err);
    }
    ot_arena_free(scratch);
    return code;
}

void ot_trace_csv(const struct ot_trace *trace, struct ot_buf *out)
{
    const int64_t first_day = ot_date_of(2000, 1, 1);
    ot_buf_addc(out, "TIMESTAMP,ContextTokens,GeneratedTokens\n");
    for (int64_t i = 0; i < trace->n; i++) {
        const struct ot_request *q = &trace->requests[i];
        const int64_t s = q->arrival_ps / ps_per_s;
        int year, month, day;
        ot_date_civil(first_day + s / 86400, &year, &month, &day);
        ot_buf_addf(out, "%04d-%02d-%02d %02lld:%02lld:%02lld.%012lld,%lld,%lld\n", year, month,
                    day, (long long)(s % 86400 / 3600), (long long)(s % 3600 / 60),
                    (long long)(s % 60), (long long)(q->arrival_ps % ps_per_s),
                    (long long)q->input_tok, (long long)q->output_tok);
    }
}
