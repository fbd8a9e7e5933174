/* SPDX-License-Identifier: Apache-2.0 */
/* JSON text into a tree. */
#include "fuzz/tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ot_arena *arena = ot_arena_new(0);
    struct ot_node *root = NULL;
    const struct ot_str text = ot_str_n((const char *)data, size);
    if (ot_json_parse(arena, text, "fuzz.json", &root, NULL) == OT_OK)
        check_reads_back(arena, root);
    ot_arena_free(arena);
    return 0;
}
