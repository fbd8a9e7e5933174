/* SPDX-License-Identifier: Apache-2.0 */
/* `offtake report RUN -o FILE.html`: the self-contained report of a saved run, or of a result kept
 * as a .json file. */
#include "cli/cli.h"
#include "offtake/report.h"

enum {
    RESULT_MAX_BYTES = 64 << 20
};

static enum ot_code result_of(struct ot__cli *cli, const struct ot__given *which,
                              struct ot_str *ret_json, struct ot_str *ret_title, struct ot_err *err)
{
    if (ot_str_ends(which->value, ".json")) {
        *ret_title = ot_path_stem(cli->arena, which->value);
        return ot_file_read(cli->arena, which->value.ptr, RESULT_MAX_BYTES, NULL, ret_json, err);
    }
    const char *path = ot__store_path(cli);
    if (path == NULL)
        return ot_err_plain(err, OT_INPUT, "there is no home folder; --store FILE names the store");
    struct ot_runs *runs = NULL;
    struct ot_run run = {0};
    enum ot_code code = ot_runs_open(cli->arena, path, OT_OPEN_READ, &runs, err);
    if (code == OT_OK)
        code = ot_runs_get(runs, cli->arena, which->value, which->loc, &run, err);
    ot_runs_close(runs);
    *ret_json = run.json;
    *ret_title = run.title;
    return code;
}

static enum ot_code run_report(struct ot__cli *cli, struct ot_err *err)
{
    const struct ot__given *which = NULL;
    const struct ot__given *file = NULL;
    enum ot_code code = ot__cli_need_positional(cli, 0, "run", &which, err);
    if (code == OT_OK)
        code = ot__cli_need(cli, "o", &file, err);
    struct ot_str json = {0};
    struct ot_str title = {0};
    if (code == OT_OK)
        code = result_of(cli, which, &json, &title, err);
    struct ot_buf html;
    ot_buf_init(&html, cli->arena, 0);
    if (code == OT_OK)
        code = ot_report_html(json, title, &html, err);
    if (code == OT_OK)
        code = ot_file_write(file->value.ptr, ot_buf_str(&html), err);
    if (code == OT_OK)
        ot_buf_addf(&cli->out, "wrote %s (%zu kB)\n", file->value.ptr, html.len / 1000);
    return code;
}

static const struct ot__opt opts[] = {
    {"o", "FILE.html", NULL, "where to write the report"},
    OT__STORE_OPT,
};

const struct ot__cmd ot__cmd_report = {
    .name = "report",
    .usage = "offtake report RUN|RESULT.json -o FILE.html [--store FILE]",
    .help = "the report of a saved run as one HTML file that opens offline",
    .opts = opts,
    .opts_n = OT_COUNT(opts),
    .run = run_report,
    .args_max = 1,
    .no_csv = true,
    .no_html = true,
};
