/* SPDX-License-Identifier: Apache-2.0 */
/* What surrounds every JSON result: schema, versions, seed, a hash of every file read, and the
 * defaults that were used. Paths are relative to the data root or to the input's folder, and the
 * files are sorted, so the bytes do not depend on where or in which order things were read. */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

enum {
    SCHEMA_VERSION = 1
};

const char *ot__version(void)
{
    return OT_VERSION;
}

struct source_row {
    struct ot_str from, path, hash;
};

/* `path` below `dir`, or empty. */
static struct ot_str below(struct ot_str path, struct ot_str dir)
{
    if (dir.len == 0 || path.len <= dir.len || memcmp(path.ptr, dir.ptr, dir.len) != 0)
        return ot_str_c("");
    const char *rest = path.ptr + dir.len;
    if (dir.ptr[dir.len - 1] != '/') {
        if (*rest != '/')
            return ot_str_c("");
        rest++;
    }
    return ot_str_n(rest, (size_t)(path.ptr + path.len - rest));
}

static struct ot_str base_name(struct ot_str path)
{
    size_t at = path.len;
    while (at > 0 && path.ptr[at - 1] != '/')
        at--;
    return ot_str_n(path.ptr + at, path.len - at);
}

static struct source_row row_of(const struct ot__cli *cli, const struct ot_source *source)
{
    struct source_row row = {.hash = ot_str_fmt(cli->arena, "%016llx%016llx",
                                                (unsigned long long)source->hash[0],
                                                (unsigned long long)source->hash[1])};
    row.path =
        cli->data_root == NULL ? ot_str_c("") : below(source->path, ot_str_c(cli->data_root));
    row.from = ot_str_c("data");
    if (row.path.len > 0)
        return row;
    row.from = ot_str_c("input");
    const struct ot__given *input = ot__cli_positional(cli, 0);
    if (input != NULL)
        row.path = below(source->path, ot_path_dir(cli->arena, input->value));
    if (row.path.len == 0 || row.path.ptr[0] == '/')
        row.path = base_name(source->path);
    return row;
}

static int row_cmp(const void *a, const void *b)
{
    const struct source_row *x = a;
    const struct source_row *y = b;
    int order = ot_str_cmp(x->from, y->from);
    if (order == 0)
        order = ot_str_cmp(x->path, y->path);
    return order != 0 ? order : ot_str_cmp(x->hash, y->hash);
}

static void json_sources(const struct ot__cli *cli, struct ot_json *json)
{
    const struct ot_sources *lists[] = {cli->catalog_sources, &cli->sources};
    size_t n = 0;
    for (size_t k = 0; k < OT_COUNT(lists); k++)
        n += lists[k] == NULL ? 0 : lists[k]->n;
    struct source_row *rows = ot_arena_calloc(cli->arena, n, sizeof(*rows));
    size_t at = 0;
    for (size_t k = 0; k < OT_COUNT(lists); k++)
        for (size_t i = 0; lists[k] != NULL && i < lists[k]->n; i++)
            rows[at++] = row_of(cli, &lists[k]->items[i]);
    qsort(rows, n, sizeof(*rows), row_cmp);
    ot_json_key(json, "data");
    ot_json_open(json, '[');
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && row_cmp(&rows[i - 1], &rows[i]) == 0)
            continue;
        ot_json_open(json, '{');
        ot_json_kstr(json, "from", rows[i].from);
        ot_json_kstr(json, "path", rows[i].path);
        ot_json_kstr(json, "xxh3_128", rows[i].hash);
        ot_json_close(json, '}');
    }
    ot_json_close(json, ']');
}

void ot__cli_json_begin(struct ot__cli *cli, struct ot_json *json, const char *schema)
{
    ot_json_open(json, '{');
    ot_json_kstr(json, "schema", ot_str_c(schema));
    ot_json_kint(json, "schema_version", SCHEMA_VERSION);
    ot_json_kstr(json, "version", ot_str_c(ot__version()));
    ot_json_kint(json, "seed", (int64_t)cli->seed);
    json_sources(cli, json);
}

void ot__cli_json_end(struct ot__cli *cli, struct ot_json *json)
{
    ot_json_key(json, "assumed");
    ot_json_open(json, '[');
    for (size_t i = 0; i < cli->assumed.n; i++) {
        ot_json_open(json, '{');
        ot_json_kstr(json, "path", cli->assumed.items[i].path);
        ot_json_kstr(json, "value", cli->assumed.items[i].value);
        ot_json_kstr(json, "why", cli->assumed.items[i].why);
        ot_json_close(json, '}');
    }
    ot_json_close(json, ']');
    ot_json_close(json, '}');
}

void ot__cli_emit(struct ot__cli *cli, const struct ot__view *view, const void *result)
{
    OT_ASSERT(cli->format != OT__CSV || view->csv != NULL);
    if (cli->format == OT__JSON || cli->want_json) {
        struct ot_json json;
        ot_json_init(&json, &cli->json);
        ot__cli_json_begin(cli, &json, view->schema);
        view->json(cli, result, &json);
        ot__cli_json_end(cli, &json);
        ot_buf_addc(&cli->json, "\n");
    }
    if (cli->format == OT__JSON)
        ot_buf_add(&cli->out, ot_buf_str(&cli->json));
    else if (cli->format == OT__CSV)
        view->csv(cli, result, &cli->out);
    else
        view->text(cli, result, &cli->out);
}
