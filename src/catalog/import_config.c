/* SPDX-License-Identifier: Apache-2.0 */
/* Reading values of a config.json: several names for one thing, two levels, nulls as absent. */
#include "catalog/import.h"

static const struct ot_node *child(const struct ot_node *map, struct ot_str key)
{
    for (size_t i = 0; i < map->n; i++)
        if (ot_str_eq(map->items[i].key, key))
            return map->items[i].kind == OT_NODE_NULL ? NULL : &map->items[i];
    return NULL;
}

const struct ot_node *ot__config_get(const struct ot__config *c, const char *keys)
{
    const struct ot_node *const levels[] = {c->text, c->top};
    for (size_t l = 0; l < OT_COUNT(levels); l++)
        for (struct ot_str rest = ot_str_c(keys); rest.len > 0;) {
            const struct ot_node *node = child(levels[l], ot_str_cut(rest, '|', &rest));
            if (node != NULL)
                return node;
        }
    return NULL;
}

bool ot__config_node_int(const struct ot_node *node, int64_t *ret)
{
    return node != NULL && node->kind == OT_NODE_SCALAR && !node->quoted &&
           ot_str_int(node->text, ret);
}

int64_t ot__config_int(const struct ot__config *c, const char *keys, int64_t def)
{
    int64_t value = def;
    return ot__config_node_int(ot__config_get(c, keys), &value) ? value : def;
}

bool ot__config_flag(const struct ot__config *c, const char *keys, bool def)
{
    const struct ot_node *node = ot__config_get(c, keys);
    return node == NULL ? def : ot_str_is(node->text, "true");
}

struct ot_str ot__config_text(const struct ot__config *c, const char *keys)
{
    const struct ot_node *node = ot__config_get(c, keys);
    return node != NULL && node->kind == OT_NODE_SCALAR ? node->text : ot_str_c("");
}

const struct ot_node *ot__config_entry(const struct ot__config *c, const char *keys, int64_t i)
{
    const struct ot_node *list = ot__config_get(c, keys);
    return list != NULL && list->kind == OT_NODE_SEQ && (size_t)i < list->n ? &list->items[i]
                                                                            : NULL;
}

bool ot__config_list_has(const struct ot_node *list, int64_t value)
{
    for (size_t i = 0; list != NULL && list->kind == OT_NODE_SEQ && i < list->n; i++) {
        int64_t entry = 0;
        if (ot__config_node_int(&list->items[i], &entry) && entry == value)
            return true;
    }
    return false;
}
