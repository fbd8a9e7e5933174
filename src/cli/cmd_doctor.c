/* SPDX-License-Identifier: Apache-2.0 */
/* `offtake doctor`: is this installation whole? Program, page, data folder and what is in it, the
 * outside originals, the run store. JSON holds no paths; the text does. */
#include "cli/cli.h"
#include "offtake/report.h"

#include <stdlib.h>

struct kind_count {
    const char *kind; /* folder of the data root */
    size_t n;
};
struct health {
    bool data_found;
    struct kind_count kinds[8];
    size_t kinds_n;
    bool originals_set, originals_found;
    const char *originals, *store;
    bool store_found;
};

static void count_data(struct ot__cli *cli, struct health *health)
{
    static const char *const kinds[] = {"chips",  "nodes", "fabrics",   "models",
                                        "offers", "deals", "workloads", "fits"};
    struct ot_err ignored;
    ot_err_init(&ignored, cli->arena);
    health->data_found = ot__cli_data_root(cli, &ignored) == OT_OK;
    for (size_t i = 0; health->data_found && i < OT_COUNT(kinds); i++) {
        struct ot_str dir = ot_path_join(cli->arena, ot_str_c(cli->data_root), ot_str_c(kinds[i]));
        struct ot_str *names = NULL;
        struct kind_count row = {kinds[i], 0};
        if (ot_dir_list(cli->arena, dir.ptr, "", &names, &row.n, &ignored) != OT_OK)
            row.n = 0;
        health->kinds[health->kinds_n++] = row;
    }
}

static void text(struct ot__cli *cli, const void *result, struct ot_buf *out)
{
    const struct health *health = result;
    ot_buf_addf(out, "offtake    %s\n", ot__version());
    ot_buf_addf(out, "page       %s\n",
                ot_page_built() ? "built in: --html works"
                                : "not built: --html does not work (npm was absent at build)");
    ot_buf_addf(out, "data       %s\n",
                health->data_found ? cli->data_root : "not found: set OFFTAKE_DATA");
    for (size_t i = 0; i < health->kinds_n; i++)
        ot_buf_addf(out, "           %-10s %zu file%s\n", health->kinds[i].kind, health->kinds[i].n,
                    health->kinds[i].n == 1 ? "" : "s");
    ot_buf_addf(out, "originals  %s%s\n",
                health->originals_set ? health->originals : "OFFTAKE_ORIGINALS is not set",
                health->originals_set && !health->originals_found ? " (not found)" : "");
    ot_buf_addf(out, "runs       %s%s\n", health->store == NULL ? "no home folder" : health->store,
                health->store_found ? "" : " (not made yet)");
    ot_buf_addf(out, "threads    %d\n", ot_pool_cpus());
}

static void json(struct ot__cli *cli, const void *result, struct ot_json *json)
{
    (void)cli;
    const struct health *health = result;
    ot_json_kbool(json, "page_built", ot_page_built());
    ot_json_kbool(json, "data_found", health->data_found);
    ot_json_key(json, "data_files");
    ot_json_open(json, '{');
    for (size_t i = 0; i < health->kinds_n; i++)
        ot_json_kint(json, health->kinds[i].kind, (int64_t)health->kinds[i].n);
    ot_json_close(json, '}');
    ot_json_kbool(json, "originals_found", health->originals_found);
    ot_json_kbool(json, "store_found", health->store_found);
}

static enum ot_code run(struct ot__cli *cli, struct ot_err *err)
{
    (void)err;
    struct health health = {.originals = getenv("OFFTAKE_ORIGINALS")};
    count_data(cli, &health);
    health.originals_set = health.originals != NULL && health.originals[0] != '\0';
    health.originals_found = health.originals_set && ot__is_dir(health.originals);
    health.store = ot__store_path(cli);
    health.store_found = health.store != NULL && ot_file_exists(health.store);
    static const struct ot__view view = {.schema = "doctor", .text = text, .json = json};
    ot__cli_emit(cli, &view, &health);
    return OT_OK;
}

const struct ot__cmd ot__cmd_doctor = {
    .name = "doctor",
    .usage = "offtake doctor [--json]",
    .help = "is this installation whole?",
    .run = run,
    .no_csv = true,
    .no_html = true,
};
