/* SPDX-License-Identifier: Apache-2.0 */
/* Where runs are kept, and saving one. */
#include "cli/cli.h"
#include "offtake/report.h"

#include <stdlib.h>
#include <time.h>

const char *ot__store_path(const struct ot__cli *cli)
{
    const char *given = ot__cli_text(cli, "store", NULL);
    if (given != NULL)
        return given;
    const char *xdg = getenv("XDG_DATA_HOME");
    if (xdg != NULL && xdg[0] == '/')
        return ot_str_fmt(cli->arena, "%s/offtake/runs.db", xdg).ptr;
    const char *home = getenv("HOME");
    if (home != NULL && home[0] == '/')
        return ot_str_fmt(cli->arena, "%s/.local/share/offtake/runs.db", home).ptr;
    return NULL;
}

static enum ot_code save(struct ot__cli *cli, const char *path, struct ot_str title,
                         struct ot_err *err)
{
    struct ot_runs *runs = NULL;
    enum ot_code code = ot_runs_open(cli->arena, path, OT_OPEN_CREATE, &runs, err);
    if (code != OT_OK)
        return code;
    const struct ot__given *input = ot__cli_positional(cli, 0);
    struct ot_run run = {
        .command = ot_str_c(cli->cmd->name),
        .title = title,
        .input = input == NULL ? ot_str_c("") : input->value,
        .version = ot_str_c(ot__version()),
        .seed = (int64_t)cli->seed,
        .saved_s = (int64_t)time(NULL),
        .json = ot_buf_str(&cli->json),
    };
    code = ot_runs_save(runs, &run, err);
    ot_runs_close(runs);
    if (code == OT_OK)
        ot__cli_note("saved as run %lld; 'offtake runs show %lld'", (long long)run.id,
                     (long long)run.id);
    return code;
}

enum ot_code ot__cli_save(struct ot__cli *cli, struct ot_str title, struct ot_err *err)
{
    OT_ASSERT(cli->json.len > 0);
    if (ot__cli_flag(cli, "no-store"))
        return OT_OK;
    if (ot__cli_flag(cli, "store"))
        return save(cli, ot__store_path(cli), title, err);
    const char *path = ot__store_path(cli);
    struct ot_err why;
    ot_err_init(&why, cli->arena);
    if (path == NULL)
        ot__cli_note("this run is not saved: there is no home folder; --store FILE names a place");
    else if (save(cli, path, title, &why) != OT_OK)
        ot__cli_note("this run is not saved: %s", ot_err_text(&why, cli->arena).ptr);
    return OT_OK;
}
