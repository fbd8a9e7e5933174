/* SPDX-License-Identifier: Apache-2.0 */
/* `offtake catalog [KIND] [NAME]`: what is known, and from where. Without a kind: how much of each;
 * with one: a table; with a name: everything about one thing and every source. */
#include "cli/catalog_view.h"

/* What one call shows: exactly one of grid and thing is set. */
struct showing {
    const struct ot__shelf_view *view; /* NULL: the overview */
    struct ot_grid *grid;
    const void *thing;
};

static void text(struct ot__cli *cli, const void *result, struct ot_buf *out)
{
    const struct showing *s = result;
    if (s->thing != NULL)
        ot__catalog_page(cli, s->view, s->thing, out);
    else if (ot_grid_rows(s->grid) == 0)
        ot_buf_addf(out, "no public price\n");
    else
        ot_grid_text(s->grid, OT_TEXT_WIDTH, out);
}

static void json(struct ot__cli *cli, const void *result, struct ot_json *json)
{
    (void)cli;
    const struct showing *s = result;
    if (s->thing != NULL) {
        ot_json_key(json, s->view->noun);
        ot_field_json(s->view->table, s->thing, json);
        return;
    }
    ot_json_key(json, s->view != NULL ? s->view->kind : "kinds");
    ot_grid_json(s->grid, json);
}

/* What a model weighs is counted, not stored: it stands beside the fields. */
static void json_counts(const struct showing *s, struct ot_json *json)
{
    if (s->thing == NULL || s->view->table != &ot_model_table)
        return;
    const struct ot_model *model = s->thing;
    ot_json_knum(json, "params_counted", ot_model_params(model));
    ot_json_knum(json, "params_active_counted", ot_model_params_active(model));
    ot_json_knum(json, "kv_bytes_per_token", ot_model_kv_bytes_per_token(model, OT_DTYPE_bf16));
    ot_json_key(json, "unknown_keys");
    ot_json_open(json, '[');
    for (int64_t i = 0; i < model->unknown_keys_n; i++)
        ot_json_str(json, model->unknown_keys[i]);
    ot_json_close(json, ']');
}

static void json_all(struct ot__cli *cli, const void *result, struct ot_json *out)
{
    json(cli, result, out);
    json_counts(result, out);
}

static void csv(struct ot__cli *cli, const void *result, struct ot_buf *out)
{
    const struct showing *s = result;
    ot_grid_csv(s->thing != NULL ? ot__catalog_facts(cli, s->view->table, s->thing) : s->grid, out);
}

static struct ot_grid *overview(struct ot__cli *cli)
{
    static const struct ot_col cols[] = {
        {.key = "kind", .head = "kind", .kind = OT_COL_TEXT},
        {.key = "n", .head = "known", .kind = OT_COL_INT},
        {.key = "what", .head = "what they are", .kind = OT_COL_TEXT},
    };
    struct ot_grid *grid = ot_grid_new(cli->arena, cols, OT_COUNT(cols));
    size_t n = 0;
    const struct ot__shelf_view *views = ot__shelf_views(&n);
    for (size_t i = 0; i < n; i++) {
        const size_t known = ot_grid_rows(views[i].list(cli));
        ot_grid_row(grid);
        ot_grid_str(grid, ot_str_c(views[i].kind));
        ot_grid_num(grid, (double)known);
        ot_grid_str(grid, ot_str_c(views[i].help));
    }
    return grid;
}

/* "chips" or "chip". */
static enum ot_code find_view(const struct ot__given *kind, const struct ot__shelf_view **ret,
                              struct ot_err *err)
{
    size_t n = 0;
    const struct ot__shelf_view *views = ot__shelf_views(&n);
    for (size_t i = 0; i < n; i++)
        if (ot_str_is(kind->value, views[i].kind) || ot_str_is(kind->value, views[i].noun)) {
            *ret = &views[i];
            return OT_OK;
        }
    return ot_err_set(err, OT_USAGE, kind->loc, "kind", kind->value,
                      "chips, nodes, fabrics, models, offers or workloads");
}

static enum ot_code where(struct ot__cli *cli, struct ot_err *err)
{
    if (cli->format != OT__TEXT)
        return ot__cli_refuse(cli, ot__cli_given(cli, "where"),
                              "a path of this machine: only as text, without --json and --csv",
                              err);
    enum ot_code code = ot__cli_data_root(cli, err);
    if (code == OT_OK)
        ot_buf_addf(&cli->out, "%s\n", cli->data_root);
    return code;
}

static enum ot_code run(struct ot__cli *cli, struct ot_err *err)
{
    if (ot__cli_flag(cli, "where"))
        return where(cli, err);
    const struct ot__given *kind = ot__cli_positional(cli, 0), *name = ot__cli_positional(cli, 1);
    struct showing showing = {0};
    enum ot_code code = kind != NULL ? find_view(kind, &showing.view, err) : OT_OK;
    if (code == OT_OK)
        code = ot__cli_catalog(cli, err);
    if (code != OT_OK)
        return code;
    if (showing.view == NULL)
        showing.grid = overview(cli);
    else if (name == NULL)
        showing.grid = showing.view->list(cli);
    else if (showing.view->find == NULL)
        code = ot__catalog_offers_of(cli, name, &showing.grid, err);
    else
        code = showing.view->find(cli, name, &showing.thing, err);
    if (code != OT_OK)
        return code;
    static const struct ot__view view = {"catalog", text, json_all, csv};
    ot__cli_emit(cli, &view, &showing);
    return OT_OK;
}

static const struct ot__opt opts[] = {
    {"where", NULL, NULL, "print where the data folder is"},
};

const struct ot__cmd ot__cmd_catalog = {
    .name = "catalog",
    .usage = "offtake catalog [chips|nodes|fabrics|models|offers|workloads] [NAME]",
    .help = "what is known about chips, hosts, models, prices and workloads, and from where",
    .opts = opts,
    .opts_n = OT_COUNT(opts),
    .run = run,
    .args_max = 2,
    .no_html = true,
};
