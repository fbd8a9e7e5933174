/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFTAKE_REPORT_H
#define OFFTAKE_REPORT_H
/* Floor 8: how results look. Grids that print as text, CSV and JSON; numbers for people; trees that
 * explain; one self-contained HTML file; the store of past runs. It computes nothing new. */
#include "offtake/base.h"

/* ---- numbers for people ---- */

/* `digits` significant digits (1 to 15), thousands grouped: 1,234,567  0.00123  12.3 */
struct ot_str ot_num_text(struct ot_arena *arena, double value, int digits);
/* Money: $38.0 B, -$410 M, $2.24 (two decimals from $1 to $1,000), $0.0861, $0. USD in. */
struct ot_str ot_usd_text(struct ot_arena *arena, double usd, int digits);
struct ot_str ot_percent_text(struct ot_arena *arena, double frac, int digits); /* "12.3 %" */
/* Columns a text takes on a terminal: code points, as every sign we print is one wide. */
size_t ot_text_width(struct ot_str s);

/* ---- grids ---- */

enum ot_col_kind {
    OT_COL_TEXT, /* left, may wrap */
    OT_COL_INT,  /* 1,234 */
    OT_COL_NUM,  /* `digits` significant digits after scaling */
    OT_COL_USD,  /* $38.0 B */
    OT_COL_FRAC, /* 12.3 % */
    OT_COL_SI    /* by `dim`, own prefix per cell: 2.90 TB/s */
};
struct ot_col {
    const char *key;  /* in CSV and JSON, with the unit suffix: "price_usd_per_chip_s" */
    const char *head; /* in text */
    const char *unit; /* second head line in text, NULL = none */
    enum ot_col_kind kind;
    int digits;        /* significant digits in text; 0 = 3 */
    double text_scale; /* multiplies the SI value for text only; 0 = 1 */
    enum ot_dim dim;   /* OT_COL_SI */
};

struct ot_grid; /* rows of cells under fixed columns; CSV and JSON hold SI values in full */
struct ot_grid *ot_grid_new(struct ot_arena *arena, const struct ot_col *cols, size_t cols_n);
void ot_grid_row(struct ot_grid *grid); /* starts a row; the row before must be complete */
void ot_grid_str(struct ot_grid *grid, struct ot_str text);
void ot_grid_num(struct ot_grid *grid, double value); /* finite; any column but TEXT */
void ot_grid_none(struct ot_grid *grid);              /* n/d in text, empty in CSV, null in JSON */
size_t ot_grid_rows(const struct ot_grid *grid);
/* At most `width` columns wide: text cells wrap, and when that is not enough each row becomes a
 * block of "head: value" lines. Numbers right, text left. */
void ot_grid_text(const struct ot_grid *grid, size_t width, struct ot_buf *out);
void ot_grid_csv(const struct ot_grid *grid, struct ot_buf *out);    /* RFC 4180, LF */
void ot_grid_json(const struct ot_grid *grid, struct ot_json *json); /* array of objects */
#define OT_TEXT_WIDTH 100

/* A heading underlined to its width; a paragraph wrapped at `width` behind `indent` blanks. */
void ot_text_heading(struct ot_buf *out, const char *text);
void ot_text_wrap(struct ot_buf *out, struct ot_str text, size_t indent, size_t width);

/* ---- explain ---- */

/* A value and what it is made of. */
struct ot_branch {
    struct ot_str name, value, note; /* value as printed; note: label, source, formula */
    double share_frac;               /* of the root; has_share false: not a part of a sum */
    bool has_share;
    const struct ot_branch *parts;
    size_t parts_n;
};
void ot_branch_text(const struct ot_branch *root, struct ot_buf *out);

/* ---- HTML ---- */

bool ot_page_built(void); /* was the page there when the program was built? */
/* One file that opens offline: result JSON in a <script type="application/json">, the page's
 * program inlined, nothing fetched. OT_OUTPUT when the page was not built; OT_INPUT when the result
 * is not JSON. */
enum ot_code ot_report_html(struct ot_str json_result, struct ot_str title, struct ot_buf *out,
                            struct ot_err *err) OT_MUST_CHECK;

/* ---- the store of past runs (SQLite) ---- */

struct ot_runs;
struct ot_run {
    int64_t id;
    struct ot_str command, title, input; /* input: file name as given */
    struct ot_str version, hash;         /* hash: XXH3-128 of the JSON; equal results, equal hash */
    int64_t seed, saved_s;               /* saved_s: UNIX time, from the caller */
    struct ot_str json;                  /* empty in lists */
};
/* Creates folder and file when absent and `create`; a store of a later version is OT_INPUT. */
enum ot_open {
    OT_OPEN_READ,
    OT_OPEN_CREATE
};
enum ot_code ot_runs_open(struct ot_arena *arena, const char *path, enum ot_open mode,
                          struct ot_runs **ret, struct ot_err *err) OT_MUST_CHECK;
void ot_runs_close(struct ot_runs *runs); /* NULL is fine */
/* One transaction; `run->id` and `run->hash` are set by it, the rest by the caller. Saving an equal
 * result again gives the id it already has. */
enum ot_code ot_runs_save(struct ot_runs *runs, struct ot_run *run,
                          struct ot_err *err) OT_MUST_CHECK;
enum ot_code ot_runs_list(struct ot_runs *runs, struct ot_arena *arena, struct ot_run **ret,
                          size_t *ret_n, struct ot_err *err) OT_MUST_CHECK;
/* By number, "last", or the first letters (at least 4) of its hash. */
enum ot_code ot_runs_get(struct ot_runs *runs, struct ot_arena *arena, struct ot_str which,
                         struct ot_loc loc, struct ot_run *ret, struct ot_err *err) OT_MUST_CHECK;

/* What differs between two results: leaves by dotted path; entries of a list are matched by their
 * "id", "name" or "path" where they have one, else by place. */
enum ot_change {
    OT_CHANGE_VALUE,
    OT_CHANGE_ADDED,
    OT_CHANGE_REMOVED
};
struct ot_diff {
    struct ot_str path, before, after;
    enum ot_change change;
    bool is_num; /* both sides are numbers; ratio = after / before where before != 0 */
    bool has_ratio;
    double ratio;
};
enum ot_code ot_runs_diff(struct ot_arena *arena, struct ot_str json_before,
                          struct ot_str json_after, struct ot_diff **ret, size_t *ret_n,
                          struct ot_err *err) OT_MUST_CHECK;
#endif
