/* SPDX-License-Identifier: Apache-2.0 */
/* CSV rows by libcsv in strict mode. The library gives no positions, so it is fed line by line and
 * the lines are counted here; that also bounds how much an open quote can swallow. */
#include <csv.h>
#include <string.h>
#include <strings.h>

#include "base/internal.h"

enum {
    CHUNK = 64 * 1024,
    ROW_BYTES_MAX = 1 << 20,
    FIELDS_MAX = 4096,
};

struct parse {
    struct ot_arena *arena;
    struct ot_str file;
    ot_csv_fn *row_fn;
    void *ctx;
    struct ot_err *err;
    enum ot_code code;      /* first failure */
    int64_t line, row_line; /* now; where the row began */
    size_t row_bytes;       /* fed since the row began */
    size_t line_bytes;      /* fed since the line began */
    bool in_row, fired;     /* a row is begun; a row ended in this piece */
    char *text;             /* the row's fields, each with a NUL */
    size_t text_n, text_cap;
    size_t *ends; /* FIELDS_MAX + 1: ends[i] is where field i's NUL stands */
    size_t fields_n;
    struct ot_str *fields; /* FIELDS_MAX */
    struct ot_csv_row header;
};

static enum ot_code refuse(struct parse *p, int64_t line, int64_t col, const char *what)
{
    p->code =
        ot_err_set(p->err, OT_INPUT, ot_loc_of(p->file, line, col), NULL, ot_str_c(""), "%s", what);
    return p->code;
}

static void on_field(void *bytes, size_t n, void *ctx)
{
    struct parse *p = ctx;
    if (p->code != OT_OK)
        return;
    if (p->fields_n == FIELDS_MAX) {
        (void)refuse(p, p->row_line, 1, "more than the 4096 fields allowed in a row");
        return;
    }
    if (n && !ot_str_valid_utf8(ot_str_n(bytes, n), NULL)) {
        (void)refuse(p, p->row_line, 0, "a field in this row is not valid UTF-8");
        return;
    }
    if (p->text_cap - p->text_n <= n) {
        const size_t cap = p->text_cap * 2 + n + 1;
        p->text = ot_arena_grow(p->arena, p->text, p->text_n, cap, 1);
        p->text_cap = cap;
    }
    if (n)
        memcpy(p->text + p->text_n, bytes, n);
    p->text_n += n;
    p->text[p->text_n] = '\0';
    p->ends[p->fields_n++] = p->text_n++;
}

/* The header outlives the row buffers. */
static void keep_header(struct parse *p)
{
    struct ot_str *names = ot_arena_calloc(p->arena, p->fields_n, sizeof *names);
    for (size_t i = 0; i < p->fields_n; i++)
        names[i] = ot_str_dup(p->arena, p->fields[i]);
    p->header = (struct ot_csv_row){
        .loc = ot_loc_of(p->file, p->row_line, 1), .fields = names, .n = p->fields_n};
}

static void on_row(int end, void *ctx)
{
    struct parse *p = ctx;
    (void)end;
    p->fired = true;
    if (p->code != OT_OK)
        return;
    for (size_t i = 0, from = 0; i < p->fields_n; from = p->ends[i++] + 1)
        p->fields[i] = ot_str_n(p->text + from, p->ends[i] - from);
    if (!p->header.fields) {
        keep_header(p);
    } else if (p->fields_n > p->header.n) {
        p->code =
            ot_err_set(p->err, OT_INPUT, ot_loc_of(p->file, p->row_line, 1), NULL, ot_str_c(""),
                       "%zu fields where the header has %zu", p->fields_n, p->header.n);
    } else {
        for (size_t i = p->fields_n; i < p->header.n; i++)
            p->fields[i] = ot_str_c("");
        const struct ot_csv_row row = {
            .loc = ot_loc_of(p->file, p->row_line, 1), .fields = p->fields, .n = p->header.n};
        p->code = p->row_fn(p->ctx, &p->header, &row, p->err);
    }
    p->fields_n = 0;
    p->text_n = 0;
}

static bool is_blank_piece(struct ot_str piece)
{
    return ot_str_trim(piece).len == 0;
}

/* One line, or the part of it that is at hand. */
static enum ot_code feed(struct parse *p, struct csv_parser *parser, struct ot_str piece)
{
    if (!p->in_row) {
        p->row_line = p->line;
        p->row_bytes = 0;
    }
    p->row_bytes += piece.len;
    if (p->row_bytes > ROW_BYTES_MAX)
        return refuse(p, p->row_line, 1, "a row longer than 1 MiB; is a quote left open?");
    p->fired = false;
    const size_t taken = csv_parse(parser, piece.ptr, piece.len, on_field, on_row, p);
    if (p->code != OT_OK)
        return p->code;
    if (taken < piece.len)
        return refuse(p, p->line, (int64_t)(p->line_bytes + taken) + 1,
                      "a quote in the wrong place; write \"\" for a quote within quotes");
    p->in_row = !p->fired && (p->in_row || !is_blank_piece(piece));
    p->line_bytes += piece.len;
    if (ot_str_ends(piece, "\n")) {
        p->line++;
        p->line_bytes = 0;
    }
    return OT_OK;
}

static enum ot_code feed_chunk(struct parse *p, struct csv_parser *parser, struct ot_str chunk)
{
    const char *nul = chunk.len ? memchr(chunk.ptr, '\0', chunk.len) : NULL;
    if (p->line == 1 && p->line_bytes == 0 && ot_str_starts(chunk, "\xEF\xBB\xBF"))
        chunk = ot_str_n(chunk.ptr + 3, chunk.len - 3); /* byte order mark */
    enum ot_code code = OT_OK;
    while (code == OT_OK && chunk.len) {
        const char *newline = memchr(chunk.ptr, '\n', chunk.len);
        const size_t n = newline ? (size_t)(newline - chunk.ptr) + 1 : chunk.len;
        if (nul && nul < chunk.ptr + n)
            return refuse(p, p->line, (int64_t)p->line_bytes + (nul - chunk.ptr) + 1,
                          "text must not contain a NUL character");
        code = feed(p, parser, ot_str_n(chunk.ptr, n));
        chunk = ot_str_n(chunk.ptr + n, chunk.len - n);
    }
    return code;
}

static enum ot_code feed_all(struct parse *p, struct csv_parser *parser, struct ot_reader *reader)
{
    char *chunk = ot_arena_calloc(p->arena, CHUNK, 1);
    for (;;) {
        size_t n = 0;
        enum ot_code code = ot_reader_read(reader, chunk, CHUNK, &n, p->err);
        if (code == OT_OK && n > 0)
            code = feed_chunk(p, parser, ot_str_n(chunk, n));
        if (code != OT_OK)
            return code;
        if (n == 0)
            break;
    }
    if (csv_fini(parser, on_field, on_row, p) != 0)
        return refuse(p, p->row_line, 1, "a quote is opened in this row and never closed");
    if (p->code == OT_OK && !p->header.fields)
        return refuse(p, 1, 1, "the file is empty: the first row names the columns");
    return p->code;
}

enum ot_code ot_csv_read(const char *path, struct ot_sources *sources, ot_csv_fn *row_fn, void *ctx,
                         struct ot_err *err)
{
    struct ot_arena *arena = ot_arena_new(0);
    struct ot_reader *reader = NULL;
    enum ot_code code = ot__reader_open(arena, path, sources, &reader, err);
    struct csv_parser parser;
    if (code == OT_OK) {
        struct parse p = {.arena = arena,
                          .file = ot_str_dup(arena, ot_str_c(path)),
                          .row_fn = row_fn,
                          .ctx = ctx,
                          .err = err,
                          .line = 1,
                          .row_line = 1};
        p.ends = ot_arena_calloc(arena, FIELDS_MAX, sizeof *p.ends);
        p.fields = ot_arena_calloc(arena, FIELDS_MAX, sizeof *p.fields);
        if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI | CSV_EMPTY_IS_NULL) != 0) {
            code = refuse(&p, 0, 0, "cannot be read: out of memory");
        } else {
            code = feed_all(&p, &parser, reader);
            csv_free(&parser);
        }
    }
    ot_reader_close(reader);
    ot_arena_free(arena);
    return code;
}

int ot_csv_column(const struct ot_csv_row *header, const char *name)
{
    const size_t n = strlen(name);
    for (size_t i = 0; i < header->n; i++) {
        if (header->fields[i].len == n &&
            (n == 0 || strncasecmp(header->fields[i].ptr, name, n) == 0))
            return (int)i;
    }
    return -1;
}
