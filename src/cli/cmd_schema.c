/* SPDX-License-Identifier: Apache-2.0 */
/* `offtake schema [NAME] [--page]`: what a YAML file may say. The JSON Schema is for editors, the
 * page for people; both come from the field tables that load the files, so they cannot disagree
 * with the program. */
#include "cli/cli.h"
#include "offtake/deal.h"
#include "offtake/portfolio.h"

enum {
    NEAR = 3 /* edits within which a name is suggested */
};

struct kind {
    const char *name, *files;
    const struct ot_table *table;
};
static const struct kind kinds[] = {
    {"chip", "data/chips/*.yaml", &ot_chip_table},
    {"node", "data/nodes/*.yaml", &ot_node_type_table},
    {"fabric", "data/fabrics/*.yaml", &ot_fabric_table},
    {"model", "data/models/*.yaml", &ot_model_table},
    {"offers", "data/offers/*.yaml", &ot_offers_table},
    {"price", "one entry of data/offers/*.yaml", &ot_price_table},
    {"workload", "data/workloads/*.yaml", &ot_workload_table},
    {"deal", "the input of offtake deal", &ot_deal_table},
    {"plan", "the input of offtake plan", &ot_plan_table},
};

struct request {
    const struct kind *kind; /* NULL: the list of kinds */
    bool page;
};

static void text(struct ot__cli *cli, const void *result, struct ot_buf *out)
{
    const struct request *request = result;
    (void)cli;
    if (!request->kind) {
        for (size_t i = 0; i < OT_COUNT(kinds); i++)
            ot_buf_addf(out, "%-10s %s\n", kinds[i].name, kinds[i].files);
    } else if (request->page) {
        ot_field_page(request->kind->table, out);
    } else {
        struct ot_json json;
        ot_json_init(&json, out);
        ot_field_schema(request->kind->table, &json);
        ot_buf_addc(out, "\n");
    }
}

static void kinds_json(struct ot_json *json)
{
    ot_json_key(json, "schemas");
    ot_json_open(json, '[');
    for (size_t i = 0; i < OT_COUNT(kinds); i++) {
        ot_json_open(json, '{');
        ot_json_kstr(json, "name", ot_str_c(kinds[i].name));
        ot_json_kstr(json, "files", ot_str_c(kinds[i].files));
        ot_json_close(json, '}');
    }
    ot_json_close(json, ']');
}

static void json(struct ot__cli *cli, const void *result, struct ot_json *json)
{
    const struct request *request = result;
    if (!request->kind) {
        kinds_json(json);
        return;
    }
    ot_json_kstr(json, "name", ot_str_c(request->kind->name));
    if (request->page) {
        struct ot_buf page;
        ot_buf_init(&page, cli->arena, 0);
        ot_field_page(request->kind->table, &page);
        ot_json_kstr(json, "page", ot_buf_str(&page));
    } else {
        ot_json_key(json, "json_schema");
        ot_field_schema(request->kind->table, json);
    }
}

/* What a name that is none could have been, or all there are. */
static const char *allowed(struct ot__cli *cli, struct ot_str name)
{
    struct ot_buf out;
    ot_buf_init(&out, cli->arena, 0);
    for (size_t i = 0; i < OT_COUNT(kinds); i++) {
        if (ot_str_distance(name, ot_str_c(kinds[i].name), NEAR) < NEAR)
            return ot_str_fmt(cli->arena, "no such schema; did you mean '%s'?", kinds[i].name).ptr;
        ot_buf_addf(&out, "%s%s", i ? ", " : "one of ", kinds[i].name);
    }
    return out.ptr;
}

static enum ot_code run(struct ot__cli *cli, struct ot_err *err)
{
    struct request request = {.page = ot__cli_flag(cli, "page")};
    const struct ot__given *name = ot__cli_positional(cli, 0);
    if (request.page && !name)
        return ot__cli_refuse(cli, ot__cli_given(cli, "page"), "a name before it: which page?",
                              err);
    for (size_t i = 0; name && i < OT_COUNT(kinds); i++) {
        if (ot_str_is(name->value, kinds[i].name))
            request.kind = &kinds[i];
    }
    if (name && !request.kind)
        return ot_err_set(err, OT_USAGE, name->loc, "name", name->value, "%s",
                          allowed(cli, name->value));
    static const struct ot__view view = {.schema = "schema", .text = text, .json = json};
    ot__cli_emit(cli, &view, &request);
    return OT_OK;
}

static const struct ot__opt opts[] = {
    {"page", NULL, NULL, "the reference page (Markdown) instead of the JSON Schema"},
};

const struct ot__cmd ot__cmd_schema = {
    .name = "schema",
    .usage = "offtake schema [NAME] [--page] [--json]",
    .help = "what may a YAML file say?",
    .opts = opts,
    .opts_n = OT_COUNT(opts),
    .run = run,
    .args_max = 1,
    .no_csv = true,
    .no_html = true,
};
