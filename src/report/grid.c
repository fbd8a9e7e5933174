/* SPDX-License-Identifier: Apache-2.0 */
/* Grids: one set of rows, printed as a text table, as CSV or as JSON. Text is for reading (rounded,
 * scaled, wrapped to the width); CSV and JSON hold every number in full and in SI. */
#include "report/text.h"

#include <math.h>
#include <string.h>

struct cell {
    bool has;
    struct ot_str text;
    double num;
};
struct ot_grid {
    struct ot_arena *arena;
    const struct ot_col *cols;
    size_t cols_n;
    struct cell *cells; /* row by row */
    size_t n, cap;
};

enum {
    GAP = 2,       /* blanks between columns */
    TEXT_MIN = 12, /* a text column is not wrapped below this */
    DIGITS_DEF = 3
};

struct ot_grid *ot_grid_new(struct ot_arena *arena, const struct ot_col *cols, size_t cols_n)
{
    OT_ASSERT(cols_n > 0);
    struct ot_grid *grid = ot_arena_calloc(arena, 1, sizeof(*grid));
    *grid = (struct ot_grid){.arena = arena, .cols = cols, .cols_n = cols_n};
    return grid;
}

void ot_grid_row(struct ot_grid *grid)
{
    OT_ASSERT(grid->n % grid->cols_n == 0);
    size_t need = grid->n + grid->cols_n;
    if (need > grid->cap) {
        size_t cap = need * 2;
        grid->cells = ot_arena_grow(grid->arena, grid->cells, grid->n, cap, sizeof(*grid->cells));
        grid->cap = cap;
    }
}

static const struct ot_col *next_col(const struct ot_grid *grid)
{
    OT_ASSERT(grid->n < grid->cap);
    return &grid->cols[grid->n % grid->cols_n];
}

void ot_grid_str(struct ot_grid *grid, struct ot_str text)
{
    OT_ASSERT(next_col(grid)->kind == OT_COL_TEXT);
    grid->cells[grid->n++] = (struct cell){.has = true, .text = text};
}

void ot_grid_num(struct ot_grid *grid, double value)
{
    OT_CHECK_FINITE(value);
    OT_ASSERT(next_col(grid)->kind != OT_COL_TEXT);
    grid->cells[grid->n++] = (struct cell){.has = true, .num = value};
}

void ot_grid_none(struct ot_grid *grid)
{
    (void)next_col(grid);
    grid->cells[grid->n++] = (struct cell){0};
}

size_t ot_grid_rows(const struct ot_grid *grid)
{
    OT_ASSERT(grid->n % grid->cols_n == 0);
    return grid->n / grid->cols_n;
}

/* ---- text ---- */

static struct ot_str cell_text(const struct ot_grid *grid, size_t row, size_t col)
{
    const struct cell *cell = &grid->cells[row * grid->cols_n + col];
    const struct ot_col *spec = &grid->cols[col];
    if (!cell->has)
        return ot_str_c("n/d");
    double value = cell->num * (spec->text_scale == 0 ? 1 : spec->text_scale);
    int digits = spec->digits == 0 ? DIGITS_DEF : spec->digits;
    switch (spec->kind) {
    case OT_COL_TEXT:
        return cell->text;
    case OT_COL_INT:
        return ot_num_text(grid->arena, round(value), 1);
    case OT_COL_NUM:
        return ot_num_text(grid->arena, value, digits);
    case OT_COL_USD:
        return ot_usd_text(grid->arena, value, digits);
    case OT_COL_FRAC:
        return ot_percent_text(grid->arena, value, digits);
    case OT_COL_SI:
        return ot_units_text(grid->arena, value, spec->dim, digits);
    }
    OT_ASSERT(false);
    return ot_str_c("");
}

static size_t natural_width(const struct ot_grid *grid, size_t col)
{
    const struct ot_col *spec = &grid->cols[col];
    size_t width = ot_text_width(ot_str_c(spec->head));
    size_t unit = ot_text_width(ot_str_c(spec->unit));
    width = unit > width ? unit : width;
    for (size_t row = 0; row < ot_grid_rows(grid); row++) {
        size_t cell = ot_text_width(cell_text(grid, row, col));
        width = cell > width ? cell : width;
    }
    return width;
}

/* Takes the excess from the widest text columns; false when that is not enough. */
static bool fit_widths(const struct ot_grid *grid, size_t *widths, size_t width)
{
    size_t total = GAP * (grid->cols_n - 1);
    for (size_t col = 0; col < grid->cols_n; col++)
        total += widths[col];
    for (; total > width; total--) {
        size_t widest = grid->cols_n;
        for (size_t col = 0; col < grid->cols_n; col++) {
            bool can = grid->cols[col].kind == OT_COL_TEXT && widths[col] > TEXT_MIN;
            if (can && (widest == grid->cols_n || widths[col] > widths[widest]))
                widest = col;
        }
        if (widest == grid->cols_n)
            return false;
        widths[widest]--;
    }
    return true;
}

/* Prints one row of texts, each wrapped in its column, over as many lines as the tallest needs. */
static void table_row(const struct ot_grid *grid, const size_t *widths, struct ot_str *texts,
                      struct ot_buf *out)
{
    bool more = true;
    while (more) {
        more = false;
        size_t pending = 0; /* blanks not yet printed, so that no line ends in one */
        for (size_t col = 0; col < grid->cols_n; col++) {
            struct ot_str line = ot__text_line(&texts[col], widths[col]);
            size_t pad = widths[col] - ot_text_width(line);
            bool left = grid->cols[col].kind == OT_COL_TEXT;
            if (line.len > 0) {
                ot__text_pad(out, pending + (left ? 0 : pad));
                ot_buf_add(out, line);
                pending = left ? pad : 0;
            } else {
                pending += widths[col];
            }
            pending += GAP;
            more = more || texts[col].len > 0;
        }
        ot_buf_addc(out, "\n");
    }
}

static void table_head(const struct ot_grid *grid, const size_t *widths, struct ot_str *texts,
                       struct ot_buf *out)
{
    bool units = false;
    for (size_t col = 0; col < grid->cols_n; col++) {
        texts[col] = ot_str_c(grid->cols[col].head);
        units = units || grid->cols[col].unit != NULL;
    }
    table_row(grid, widths, texts, out);
    for (size_t col = 0; units && col < grid->cols_n; col++)
        texts[col] = ot_str_c(grid->cols[col].unit);
    if (units)
        table_row(grid, widths, texts, out);
    for (size_t col = 0; col < grid->cols_n; col++) {
        for (size_t i = 0; i < widths[col]; i++)
            ot_buf_addc(out, "─");
        if (col + 1 < grid->cols_n)
            ot__text_pad(out, GAP);
    }
    ot_buf_addc(out, "\n");
}

/* Each row as lines of "head: value", for grids that no wrapping makes fit. */
static void blocks_text(const struct ot_grid *grid, size_t width, struct ot_buf *out)
{
    size_t heads = 0;
    for (size_t col = 0; col < grid->cols_n; col++) {
        size_t head = ot_text_width(ot_str_c(grid->cols[col].head));
        heads = head > heads ? head : heads;
    }
    size_t indent = heads + GAP;
    for (size_t row = 0; row < ot_grid_rows(grid); row++) {
        if (row > 0)
            ot_buf_addc(out, "\n");
        for (size_t col = 0; col < grid->cols_n; col++) {
            const struct ot_col *spec = &grid->cols[col];
            ot_buf_addc(out, spec->head);
            ot__text_pad(out, indent - ot_text_width(ot_str_c(spec->head)));
            struct ot_str text = cell_text(grid, row, col);
            if (spec->unit != NULL)
                text = ot_str_fmt(grid->arena, "%.*s %s", (int)text.len, text.ptr, spec->unit);
            ot_buf_add(out, ot__text_line(&text, width - indent));
            ot_buf_addc(out, "\n");
            if (text.len > 0)
                ot_text_wrap(out, text, indent, width);
        }
    }
}

void ot_grid_text(const struct ot_grid *grid, size_t width, struct ot_buf *out)
{
    size_t *widths = ot_arena_calloc(grid->arena, grid->cols_n, sizeof(*widths));
    struct ot_str *texts = ot_arena_calloc(grid->arena, grid->cols_n, sizeof(*texts));
    for (size_t col = 0; col < grid->cols_n; col++)
        widths[col] = natural_width(grid, col);
    if (!fit_widths(grid, widths, width)) {
        blocks_text(grid, width, out);
        return;
    }
    table_head(grid, widths, texts, out);
    for (size_t row = 0; row < ot_grid_rows(grid); row++) {
        for (size_t col = 0; col < grid->cols_n; col++)
            texts[col] = cell_text(grid, row, col);
        table_row(grid, widths, texts, out);
    }
}

/* ---- CSV and JSON ---- */

static void csv_text(struct ot_str text, struct ot_buf *out)
{
    bool quote = false;
    for (size_t i = 0; i < text.len; i++)
        quote = quote || strchr(",\"\r\n", text.ptr[i]) != NULL;
    if (!quote) {
        ot_buf_add(out, text);
        return;
    }
    ot_buf_addc(out, "\"");
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"')
            ot_buf_addc(out, "\"");
        ot_buf_add(out, ot_str_n(text.ptr + i, 1));
    }
    ot_buf_addc(out, "\"");
}

void ot_grid_csv(const struct ot_grid *grid, struct ot_buf *out)
{
    for (size_t col = 0; col < grid->cols_n; col++)
        ot_buf_addf(out, "%s%s", col == 0 ? "" : ",", grid->cols[col].key);
    ot_buf_addc(out, "\n");
    size_t n = ot_grid_rows(grid) * grid->cols_n;
    for (size_t i = 0; i < n; i++) {
        size_t col = i % grid->cols_n;
        ot_buf_addc(out, col == 0 ? "" : ",");
        if (grid->cells[i].has && grid->cols[col].kind == OT_COL_TEXT)
            csv_text(grid->cells[i].text, out);
        else if (grid->cells[i].has)
            ot_buf_add_num(out, grid->cells[i].num);
        ot_buf_addc(out, col + 1 == grid->cols_n ? "\n" : "");
    }
}

void ot_grid_json(const struct ot_grid *grid, struct ot_json *json)
{
    ot_json_open(json, '[');
    for (size_t row = 0; row < ot_grid_rows(grid); row++) {
        ot_json_open(json, '{');
        for (size_t col = 0; col < grid->cols_n; col++) {
            const struct cell *cell = &grid->cells[row * grid->cols_n + col];
            ot_json_key(json, grid->cols[col].key);
            if (!cell->has)
                ot_json_null(json);
            else if (grid->cols[col].kind == OT_COL_TEXT)
                ot_json_str(json, cell->text);
            else if (grid->cols[col].kind == OT_COL_INT)
                ot_json_int(json, llround(cell->num));
            else
                ot_json_num(json, cell->num);
        }
        ot_json_close(json, '}');
    }
    ot_json_close(json, ']');
}
