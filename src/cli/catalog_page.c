/* SPDX-License-Identifier: Apache-2.0 */
/* One thing of the catalogue on one page: its plain properties, every figure with range, status and
 * date, and below each source once, numbered. Works from the field table, so a new property shows
 * without a change here. */
#include "cli/catalog_view.h"

#include <math.h>

/* One figure found in a thing. */
struct found {
    struct ot_str path;
    const struct ot_field *row;
    const struct ot_fact *fact;
};
struct finds {
    struct ot_arena *arena;
    struct found *items;
    size_t n, cap;
};

static void add(struct finds *finds, struct ot_str path, const struct ot_field *row,
                const struct ot_fact *fact)
{
    if (finds->n == finds->cap) {
        const size_t cap = finds->cap == 0 ? 32 : 2 * finds->cap;
        finds->items =
            ot_arena_grow(finds->arena, finds->items, finds->n, cap, sizeof *finds->items);
        finds->cap = cap;
    }
    finds->items[finds->n++] = (struct found){path, row, fact};
}

/* Facts of an object, down through its tables: "bf16 label", "hbm". */
static void collect(struct finds *finds, const struct ot_table *table, const void *object,
                    struct ot_str prefix)
{
    for (size_t i = 0; i < table->n; i++) {
        const struct ot_field *row = &table->rows[i];
        const void *at = (const char *)object + row->offset;
        const bool top = ot_str_is(ot_str_c(row->key), "rates");
        const struct ot_str path = prefix.len > 0
                                       ? ot_str_fmt(finds->arena, "%s %s", prefix.ptr, row->key)
                                       : ot_str_c(top ? "" : row->key);
        if (row->kind == OT_KIND_OBJ)
            collect(finds, row->table, at, path);
        else if (row->kind == OT_KIND_FACT && ((const struct ot_fact *)at)->has)
            add(finds, path, row, at);
    }
}

static const char *status_name(enum ot_status status)
{
    static const char *const names[] = {
#define ROW(name) #name,
        OT_STATUS_LIST(ROW)
#undef ROW
    };
    return names[status];
}

static struct ot_str value_text(struct ot_arena *arena, const struct ot_field *row, double value)
{
    const double mib = value / (1 << 20); /* memory is labelled in powers of two */
    if (row->dim == OT_DIM_BYTES && mib >= 1 && !(mib > floor(mib)))
        return mib < 1024 ? ot_str_fmt(arena, "%.0f MiB", mib)
                          : ot_str_fmt(arena, "%.4g GiB", mib / 1024);
    if (row->dim == OT_DIM_NONE && value >= 1e6)
        return ot_str_fmt(arena, "%.5g B", value * 1e-9);
    return row->dim == OT_DIM_NONE ? ot_num_text(arena, value, 3)
                                   : ot_units_text(arena, value, row->dim, 4);
}

/* "2.9 to 3.0 TB/s", or empty without a range. */
static struct ot_str range_text(struct ot_arena *arena, const struct found *f)
{
    const struct ot_fact *fact = f->fact;
    if (!(fact->low < fact->value) && !(fact->high > fact->value))
        return ot_str_c("");
    return ot_str_fmt(arena, "%s to %s", value_text(arena, f->row, fact->low).ptr,
                      value_text(arena, f->row, fact->high).ptr);
}

/* Number of a source among those seen; a new one is added. */
static size_t source_number(struct ot_str *sources, size_t *n, struct ot_str source)
{
    for (size_t i = 0; i < *n; i++)
        if (ot_str_eq(sources[i], source))
            return i + 1;
    sources[(*n)++] = source;
    return *n;
}

static void notes(struct ot_arena *arena, const struct finds *finds, struct ot_buf *out)
{
    bool any = false;
    for (size_t i = 0; i < finds->n; i++) {
        const struct found *f = &finds->items[i];
        if (f->fact->note.len == 0)
            continue;
        if (!any)
            ot_buf_addc(out, "\nNotes\n");
        any = true;
        ot_text_wrap(out, ot_str_fmt(arena, "%s: %s", f->path.ptr, f->fact->note.ptr), 2,
                     OT_TEXT_WIDTH);
    }
}

static void figures(struct ot_arena *arena, const struct finds *finds, struct ot_buf *out)
{
    static const struct ot_col cols[] = {
        {.key = "figure", .head = "figure", .kind = OT_COL_TEXT},
        {.key = "value", .head = "value", .kind = OT_COL_TEXT},
        {.key = "range", .head = "range", .kind = OT_COL_TEXT},
        {.key = "status", .head = "status", .kind = OT_COL_TEXT},
        {.key = "date", .head = "date", .kind = OT_COL_TEXT},
        {.key = "source", .head = "source", .kind = OT_COL_TEXT},
    };
    struct ot_grid *grid = ot_grid_new(arena, cols, OT_COUNT(cols));
    struct ot_str *sources = ot_arena_calloc(arena, finds->n, sizeof *sources);
    size_t sources_n = 0;
    for (size_t i = 0; i < finds->n; i++) {
        const struct found *f = &finds->items[i];
        const size_t number = source_number(sources, &sources_n, f->fact->source);
        ot_grid_row(grid);
        ot_grid_str(grid, f->path);
        ot_grid_str(grid, value_text(arena, f->row, f->fact->value));
        ot_grid_str(grid, range_text(arena, f));
        ot_grid_str(grid, ot_str_c(status_name(f->fact->status)));
        ot_grid_str(grid, ot_date_text(arena, f->fact->date_day));
        ot_grid_str(grid, ot_str_fmt(arena, "[%zu]", number));
    }
    ot_grid_text(grid, OT_TEXT_WIDTH, out);
    notes(arena, finds, out);
    ot_buf_addc(out, "\nSources\n");
    for (size_t i = 0; i < sources_n; i++) {
        const struct ot_str line = ot_str_fmt(arena, "[%zu] %s", i + 1, sources[i].ptr);
        ot_text_wrap(out, line, 2, OT_TEXT_WIDTH);
    }
}

/* A property that is neither a figure nor a compound, as text; empty when it says nothing. */
static struct ot_str plain_text(struct ot_arena *arena, const struct ot_field *row,
                                const void *object)
{
    const void *at = (const char *)object + row->offset;
    struct ot_buf buf;
    ot_buf_init(&buf, arena, 0);
    if (row->kind == OT_KIND_STR)
        return *(const struct ot_str *)at;
    if (row->kind == OT_KIND_INT && *(const int64_t *)at != 0)
        return ot_str_fmt(arena, "%lld", (long long)*(const int64_t *)at);
    if (row->kind == OT_KIND_ENUM)
        return ot_str_c(row->names->names[*(const int *)at]);
    if (row->kind == OT_KIND_BOOL && *(const bool *)at)
        return ot_str_c("yes");
    if (row->kind == OT_KIND_NUM && *(const double *)at > 0)
        return value_text(arena, row, *(const double *)at);
    if (row->kind == OT_KIND_STRS) {
        const struct ot_str *items = *(struct ot_str *const *)at;
        const int64_t n =
            *(const int64_t *)(const void *)((const char *)object + row->count_offset);
        for (int64_t i = 0; i < n; i++)
            ot_buf_addf(&buf, "%s%s", i > 0 ? ", " : "", items[i].ptr);
    }
    return ot_buf_str(&buf);
}

static void properties(struct ot_arena *arena, const struct ot_table *table, const void *thing,
                       struct ot_buf *out)
{
    enum {
        KEY_WIDTH = 18
    };
    for (size_t i = 0; i < table->n; i++) {
        const struct ot_field *row = &table->rows[i];
        const struct ot_str text = plain_text(arena, row, thing);
        if (text.len == 0 || ot_str_is(ot_str_c(row->key), "title"))
            continue;
        struct ot_buf line;
        ot_buf_init(&line, arena, 0);
        ot_text_wrap(&line, text, KEY_WIDTH, OT_TEXT_WIDTH);
        const struct ot_str wrapped = ot_buf_str(&line);
        ot_buf_addf(out, "%-*s%.*s", KEY_WIDTH, row->key, (int)(wrapped.len - KEY_WIDTH),
                    wrapped.ptr + KEY_WIDTH);
    }
}

void ot__catalog_page(struct ot__cli *cli, const struct ot__shelf_view *view, const void *thing,
                      struct ot_buf *out)
{
    struct finds finds = {.arena = cli->arena};
    collect(&finds, view->table, thing, ot_str_c(""));
    ot_text_heading(out, view->title(thing)->ptr);
    properties(cli->arena, view->table, thing, out);
    if (view->extra != NULL)
        view->extra(cli, thing, out);
    if (finds.n == 0)
        return;
    ot_buf_addc(out, "\nFigures\n\n");
    figures(cli->arena, &finds, out);
}

struct ot_grid *ot__catalog_facts(struct ot__cli *cli, const struct ot_table *table,
                                  const void *thing)
{
    static const struct ot_col cols[] = {
        {.key = "figure", .head = "figure", .kind = OT_COL_TEXT},
        {.key = "value", .head = "value", .kind = OT_COL_NUM},
        {.key = "low", .head = "low", .kind = OT_COL_NUM},
        {.key = "high", .head = "high", .kind = OT_COL_NUM},
        {.key = "unit", .head = "unit", .kind = OT_COL_TEXT},
        {.key = "status", .head = "status", .kind = OT_COL_TEXT},
        {.key = "date", .head = "date", .kind = OT_COL_TEXT},
        {.key = "source", .head = "source", .kind = OT_COL_TEXT},
        {.key = "note", .head = "note", .kind = OT_COL_TEXT},
    };
    struct finds finds = {.arena = cli->arena};
    collect(&finds, table, thing, ot_str_c(""));
    struct ot_grid *grid = ot_grid_new(cli->arena, cols, OT_COUNT(cols));
    for (size_t i = 0; i < finds.n; i++) {
        const struct ot_fact *fact = finds.items[i].fact;
        ot_grid_row(grid);
        ot_grid_str(grid, finds.items[i].path);
        ot_grid_num(grid, fact->value);
        ot_grid_num(grid, fact->low);
        ot_grid_num(grid, fact->high);
        ot_grid_str(grid, ot_str_c(ot_dim_si(finds.items[i].row->dim)));
        ot_grid_str(grid, ot_str_c(status_name(fact->status)));
        ot_grid_str(grid, ot_date_text(cli->arena, fact->date_day));
        ot_grid_str(grid, fact->source);
        ot_grid_str(grid, fact->note);
    }
    return grid;
}
