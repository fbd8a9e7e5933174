/* SPDX-License-Identifier: Apache-2.0 */
/* YAML text into a tree, and the tree into a struct of every kind of field. */
#include "fuzz/tree.h"

struct thing {
    struct ot_str name;
    double number, share;
    int64_t count, tags_n, steps_n, parts_n, day;
    struct ot_period term;
    struct ot_fact rate;
    struct ot_str *tags;
    double *steps;
    struct thing *parts;
    bool flag;
};

#define AT(member) .offset = offsetof(struct thing, member)
#define N(member) .count_offset = offsetof(struct thing, member)

static const struct ot_table thing_table;
static const struct ot_field rows[] = {
    {.key = "name", .kind = OT_KIND_STR, .need = OT_REQUIRED, AT(name)},
    {.key = "flag", .kind = OT_KIND_BOOL, AT(flag), .def = "true"},
    {.key = "count", .kind = OT_KIND_INT, AT(count), .min = 0, .max = 1e6},
    {.key = "number", .kind = OT_KIND_NUM, .dim = OT_DIM_TIME, AT(number)},
    {.key = "share", .kind = OT_KIND_NUM, .dim = OT_DIM_FRAC, AT(share), .def = "20 %"},
    {.key = "day", .kind = OT_KIND_DATE, AT(day)},
    {.key = "term", .kind = OT_KIND_PERIOD, AT(term)},
    {.key = "rate", .kind = OT_KIND_FACT, .dim = OT_DIM_BYTES_PER_S, AT(rate)},
    {.key = "tags", .kind = OT_KIND_STRS, AT(tags), N(tags_n)},
    {.key = "steps", .kind = OT_KIND_NUMS, .dim = OT_DIM_USD, AT(steps), N(steps_n)},
    {.key = "parts",
     .kind = OT_KIND_LIST,
     AT(parts),
     N(parts_n),
     .table = &thing_table,
     .unique = "name"},
};
static const struct ot_table thing_table = {
    .name = "thing", .size = sizeof(struct thing), .rows = rows, .n = OT_COUNT(rows)};

/* libfyaml 0.7.12 loses 4 kB of its own when a long quoted text is cut off (corpus/yaml/quote-run);
 * nothing of ours. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libfyaml\n";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ot_arena *arena = ot_arena_new(0);
    struct ot_err err;
    struct ot_node *root = NULL;
    ot_err_init(&err, arena);
    const struct ot_str text = ot_str_n((const char *)data, size);
    if (ot_yaml_parse(arena, text, "fuzz.yaml", &root, &err) == OT_OK) {
        struct ot_assumed assumed;
        struct thing thing;
        check_reads_back(arena, root);
        ot_assumed_init(&assumed, arena);
        if (ot_field_load(&thing_table, root, arena, &assumed, &thing, &err) == OT_OK) {
            struct ot_buf out;
            struct ot_json json;
            ot_buf_init(&out, arena, 0);
            ot_json_init(&json, &out);
            ot_field_json(&thing_table, &thing, &json);
        }
    }
    OT_ASSERT(err.code == OT_OK || ot_err_text(&err, arena).len > 0);
    ot_arena_free(arena);
    return 0;
}
