/* SPDX-License-Identifier: Apache-2.0 */
/* `offtake runs list|show|diff`: the results of earlier plans. The day a run was saved is shown as
 * text only: JSON and CSV hold what was computed, not when. */
#include "cli/cli.h"
#include "offtake/report.h"

#include <math.h>

enum {
    DAY_S = 86400,
    HASH_SHOWN = 12
};

/* ---- list ---- */

static const struct ot_col list_cols[] = {
    {.key = "id", .head = "run", .kind = OT_COL_INT},
    {.key = "command", .head = "command", .kind = OT_COL_TEXT},
    {.key = "title", .head = "title", .kind = OT_COL_TEXT},
    {.key = "version", .head = "version", .kind = OT_COL_TEXT},
    {.key = "seed", .head = "seed", .kind = OT_COL_INT},
    {.key = "hash", .head = "hash", .kind = OT_COL_TEXT},
    {.key = "saved", .head = "saved", .kind = OT_COL_TEXT}, /* text only */
};

struct listing {
    const struct ot_run *rows;
    size_t n;
};

static struct ot_grid *list_grid(struct ot__cli *cli, const struct listing *list, bool for_text)
{
    struct ot_grid *grid =
        ot_grid_new(cli->arena, list_cols, OT_COUNT(list_cols) - (for_text ? 0 : 1));
    for (size_t i = 0; i < list->n; i++) {
        const struct ot_run *run = &list->rows[i];
        ot_grid_row(grid);
        ot_grid_num(grid, (double)run->id);
        ot_grid_str(grid, run->command);
        ot_grid_str(grid, run->title);
        ot_grid_str(grid, run->version);
        ot_grid_num(grid, (double)run->seed);
        ot_grid_str(grid, for_text ? ot_str_n(run->hash.ptr, HASH_SHOWN) : run->hash);
        if (for_text)
            ot_grid_str(grid, ot_date_text(cli->arena, run->saved_s / DAY_S));
    }
    return grid;
}

static void list_text(struct ot__cli *cli, const void *result, struct ot_buf *out)
{
    const struct listing *list = result;
    if (list->n == 0)
        ot_buf_addc(out, "no runs saved yet\n");
    else
        ot_grid_text(list_grid(cli, list, true), OT_TEXT_WIDTH, out);
}

static void list_csv(struct ot__cli *cli, const void *result, struct ot_buf *out)
{
    ot_grid_csv(list_grid(cli, result, false), out);
}

static void list_json(struct ot__cli *cli, const void *result, struct ot_json *json)
{
    ot_json_key(json, "runs");
    ot_grid_json(list_grid(cli, result, false), json);
}

static enum ot_code list(struct ot__cli *cli, struct ot_runs *runs, struct ot_err *err)
{
    struct ot_run *rows = NULL;
    struct listing listing = {0};
    enum ot_code code = ot_runs_list(runs, cli->arena, &rows, &listing.n, err);
    if (code != OT_OK)
        return code;
    listing.rows = rows;
    static const struct ot__view view = {"runs", list_text, list_json, list_csv};
    ot__cli_emit(cli, &view, &listing);
    return OT_OK;
}

/* ---- show ---- */

static enum ot_code get(struct ot__cli *cli, struct ot_runs *runs, size_t index, struct ot_run *ret,
                        struct ot_err *err)
{
    const struct ot__given *which = NULL;
    enum ot_code code = ot__cli_need_positional(cli, index, "run", &which, err);
    return code != OT_OK ? code : ot_runs_get(runs, cli->arena, which->value, which->loc, ret, err);
}

/* The scalars at the top of the result, one a line. */
static void show_text(struct ot__cli *cli, const struct ot_run *run, const struct ot_node *root)
{
    struct ot_buf *out = &cli->out;
    ot_buf_addf(out,
                "run        %lld\ncommand    %s\ntitle      %s\ninput      %s\n"
                "saved      %s\n\n",
                (long long)run->id, run->command.ptr, run->title.ptr, run->input.ptr,
                ot_date_text(cli->arena, run->saved_s / DAY_S).ptr);
    for (size_t i = 0; i < root->n; i++) {
        const struct ot_node *node = &root->items[i];
        struct ot_str key = ot_str_dup(cli->arena, node->key);
        if (node->kind == OT_NODE_SCALAR)
            ot_buf_addf(out, "%-28s %s\n", key.ptr, ot_str_dup(cli->arena, node->text).ptr);
        else if (node->kind == OT_NODE_SEQ)
            ot_buf_addf(out, "%-28s %zu entries\n", key.ptr, node->n);
    }
    ot_buf_addf(out, "\nwhole result: 'offtake runs show %lld --json'\n", (long long)run->id);
}

static enum ot_code show(struct ot__cli *cli, struct ot_runs *runs, struct ot_err *err)
{
    struct ot_run run = {0};
    enum ot_code code = get(cli, runs, 1, &run, err);
    if (code != OT_OK)
        return code;
    ot_buf_add(&cli->json, run.json);
    if (cli->format == OT__CSV)
        return ot_err_set(err, OT_USAGE, ot__cli_given(cli, "csv")->loc, "option",
                          ot_str_c("--csv"), "a run is shown as text or with --json");
    if (cli->format == OT__JSON) {
        ot_buf_add(&cli->out, run.json);
        return OT_OK;
    }
    struct ot_node *root = NULL;
    code = ot_json_parse(cli->arena, run.json, "<run>", &root, err);
    if (code == OT_OK)
        show_text(cli, &run, root);
    return code;
}

/* ---- diff ---- */

static const struct ot_col diff_cols[] = {
    {.key = "path", .head = "what", .kind = OT_COL_TEXT},
    {.key = "before", .head = "before", .kind = OT_COL_TEXT},
    {.key = "after", .head = "after", .kind = OT_COL_TEXT},
    {.key = "ratio", .head = "after/before", .kind = OT_COL_NUM, .digits = 4},
};

static void diff_cell(struct ot_grid *grid, struct ot_str text, bool absent)
{
    if (absent)
        ot_grid_none(grid);
    else
        ot_grid_str(grid, text);
}

static void diff_text(struct ot__cli *cli, const void *result, struct ot_buf *out)
{
    (void)cli;
    if (ot_grid_rows(result) == 0)
        ot_buf_addc(out, "the two results are equal\n");
    else
        ot_grid_text(result, OT_TEXT_WIDTH, out);
}

static void diff_csv(struct ot__cli *cli, const void *result, struct ot_buf *out)
{
    (void)cli;
    ot_grid_csv(result, out);
}

static void diff_json(struct ot__cli *cli, const void *result, struct ot_json *json)
{
    (void)cli;
    ot_json_key(json, "changes");
    ot_grid_json(result, json);
}

static enum ot_code diff(struct ot__cli *cli, struct ot_runs *runs, struct ot_err *err)
{
    struct ot_run before = {0};
    struct ot_run after = {0};
    enum ot_code code = get(cli, runs, 1, &before, err);
    if (code == OT_OK)
        code = get(cli, runs, 2, &after, err);
    struct ot_diff *rows = NULL;
    size_t n = 0;
    if (code == OT_OK)
        code = ot_runs_diff(cli->arena, before.json, after.json, &rows, &n, err);
    if (code != OT_OK)
        return code;
    struct ot_grid *grid = ot_grid_new(cli->arena, diff_cols, OT_COUNT(diff_cols));
    for (size_t i = 0; i < n; i++) {
        ot_grid_row(grid);
        ot_grid_str(grid, rows[i].path);
        diff_cell(grid, rows[i].before, rows[i].change == OT_CHANGE_ADDED);
        diff_cell(grid, rows[i].after, rows[i].change == OT_CHANGE_REMOVED);
        if (rows[i].has_ratio && isfinite(rows[i].ratio))
            ot_grid_num(grid, rows[i].ratio);
        else
            ot_grid_none(grid);
    }
    static const struct ot__view view = {"runs_diff", diff_text, diff_json, diff_csv};
    ot__cli_emit(cli, &view, grid);
    return OT_OK;
}

/* ---- the command ---- */

struct verb {
    const char *name;
    size_t args_n; /* with the verb */
    enum ot_code (*run)(struct ot__cli *cli, struct ot_runs *runs, struct ot_err *err);
};

static enum ot_code run_runs(struct ot__cli *cli, struct ot_err *err)
{
    static const struct verb verbs[] = {{"list", 1, list}, {"show", 2, show}, {"diff", 3, diff}};
    const struct ot__given *word = NULL;
    enum ot_code code = ot__cli_need_positional(cli, 0, "list, show or diff", &word, err);
    if (code != OT_OK)
        return code;
    const struct verb *verb = NULL;
    for (size_t i = 0; i < OT_COUNT(verbs); i++)
        if (ot_str_is(word->value, verbs[i].name))
            verb = &verbs[i];
    if (verb == NULL)
        return ot_err_set(err, OT_USAGE, word->loc, "argument", word->value, "list, show or diff");
    const struct ot__given *extra = ot__cli_positional(cli, verb->args_n);
    if (extra != NULL)
        return ot_err_set(err, OT_USAGE, extra->loc, "argument", extra->value, "is one too many");
    const char *path = ot__store_path(cli);
    if (path == NULL)
        return ot_err_plain(err, OT_INPUT, "there is no home folder; --store FILE names the store");
    struct ot_runs *runs = NULL;
    code = ot_runs_open(cli->arena, path, OT_OPEN_READ, &runs, err);
    if (code == OT_OK)
        code = verb->run(cli, runs, err);
    ot_runs_close(runs);
    return code;
}

static const struct ot__opt opts[] = {OT__STORE_OPT};

const struct ot__cmd ot__cmd_runs = {
    .name = "runs",
    .usage = "offtake runs list | show RUN | diff RUN RUN [--store FILE] [--json | --csv]",
    .help = "the results of earlier plans: list, show, compare",
    .opts = opts,
    .opts_n = OT_COUNT(opts),
    .run = run_runs,
    .args_max = 3,
};
