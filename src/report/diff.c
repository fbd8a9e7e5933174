/* SPDX-License-Identifier: Apache-2.0 */
/* What differs between two results: a walk over both JSON trees at once. */
#include "offtake/report.h"

struct walk {
    struct ot_arena *arena;
    struct ot_diff *rows;
    size_t n, cap;
};

static struct ot_str shown(struct ot_arena *arena, const struct ot_node *node)
{
    switch (node->kind) {
    case OT_NODE_NULL:
        return ot_str_c("null");
    case OT_NODE_SCALAR:
        return ot_str_dup(arena, node->text);
    case OT_NODE_SEQ:
        return ot_str_fmt(arena, "list of %zu", node->n);
    case OT_NODE_MAP:
        return ot_str_fmt(arena, "object of %zu", node->n);
    }
    OT_ASSERT(false);
    return ot_str_c("");
}

static void add_row(struct walk *walk, struct ot_diff row)
{
    if (walk->n == walk->cap) {
        size_t cap = walk->cap == 0 ? 32 : walk->cap * 2;
        walk->rows = ot_arena_grow(walk->arena, walk->rows, walk->n, cap, sizeof(*walk->rows));
        walk->cap = cap;
    }
    walk->rows[walk->n++] = row;
}

static void one_sided(struct walk *walk, struct ot_str path, const struct ot_node *node,
                      enum ot_change change)
{
    struct ot_diff row = {.path = path, .change = change};
    struct ot_str text = shown(walk->arena, node);
    if (change == OT_CHANGE_ADDED)
        row.after = text;
    else
        row.before = text;
    add_row(walk, row);
}

static bool number_of(const struct ot_node *node, double *ret)
{
    return node->kind == OT_NODE_SCALAR && !node->quoted && ot_str_num(node->text, ret);
}

static void changed(struct walk *walk, struct ot_str path, const struct ot_node *before,
                    const struct ot_node *after)
{
    struct ot_diff row = {
        .path = path,
        .before = shown(walk->arena, before),
        .after = shown(walk->arena, after),
        .change = OT_CHANGE_VALUE,
    };
    double from = 0;
    double to = 0;
    row.is_num = number_of(before, &from) && number_of(after, &to);
    row.has_ratio = row.is_num && from != 0;
    if (row.has_ratio)
        row.ratio = to / from;
    add_row(walk, row);
}

/* What an entry of a list is called; empty when it has no such key. */
static struct ot_str entry_name(const struct ot_node *entry)
{
    static const char *const keys[] = {"id", "name", "path"};
    struct ot_str name = {0};
    for (size_t i = 0; entry->kind == OT_NODE_MAP && i < OT_COUNT(keys) && name.len == 0; i++)
        (void)ot_node_str(entry, keys[i], &name);
    return name;
}

/* The counterpart of entry `i` of `list` in `other`; NULL when it has none. */
static const struct ot_node *counterpart(const struct ot_node *list, size_t i,
                                         const struct ot_node *other)
{
    const struct ot_node *entry = &list->items[i];
    if (list->kind == OT_NODE_MAP) {
        for (size_t k = 0; k < other->n; k++)
            if (ot_str_eq(other->items[k].key, entry->key))
                return &other->items[k];
        return NULL;
    }
    struct ot_str name = entry_name(entry);
    if (name.len == 0)
        return i < other->n && entry_name(&other->items[i]).len == 0 ? &other->items[i] : NULL;
    for (size_t k = 0; k < other->n; k++)
        if (ot_str_eq(entry_name(&other->items[k]), name))
            return &other->items[k];
    return NULL;
}

static struct ot_str child_path(struct walk *walk, struct ot_str path, const struct ot_node *list,
                                size_t i)
{
    const struct ot_node *entry = &list->items[i];
    const char *dot = path.len == 0 ? "" : ".";
    if (list->kind == OT_NODE_MAP)
        return ot_str_fmt(walk->arena, "%s%s%.*s", path.ptr, dot, (int)entry->key.len,
                          entry->key.ptr);
    struct ot_str name = entry_name(entry);
    if (name.len > 0)
        return ot_str_fmt(walk->arena, "%s[%.*s]", path.ptr, (int)name.len, name.ptr);
    return ot_str_fmt(walk->arena, "%s[%zu]", path.ptr, i);
}

/* NOLINTNEXTLINE(misc-no-recursion): the reader refuses trees deeper than 64 */
static void compare(struct walk *walk, struct ot_str path, const struct ot_node *before,
                    const struct ot_node *after)
{
    bool inner = before->kind == OT_NODE_MAP || before->kind == OT_NODE_SEQ;
    if (before->kind != after->kind || !inner) {
        bool same = before->kind == after->kind && ot_str_eq(before->text, after->text) &&
                    before->quoted == after->quoted;
        if (!same)
            changed(walk, path, before, after);
        return;
    }
    for (size_t i = 0; i < before->n; i++) {
        const struct ot_node *other = counterpart(before, i, after);
        struct ot_str at = child_path(walk, path, before, i);
        if (other == NULL)
            one_sided(walk, at, &before->items[i], OT_CHANGE_REMOVED);
        else
            compare(walk, at, &before->items[i], other);
    }
    for (size_t i = 0; i < after->n; i++)
        if (counterpart(after, i, before) == NULL)
            one_sided(walk, child_path(walk, path, after, i), &after->items[i], OT_CHANGE_ADDED);
}

enum ot_code ot_runs_diff(struct ot_arena *arena, struct ot_str json_before,
                          struct ot_str json_after, struct ot_diff **ret, size_t *ret_n,
                          struct ot_err *err)
{
    struct ot_node *before = NULL;
    struct ot_node *after = NULL;
    enum ot_code code = ot_json_parse(arena, json_before, "<before>", &before, err);
    if (code == OT_OK)
        code = ot_json_parse(arena, json_after, "<after>", &after, err);
    if (code != OT_OK)
        return code;
    struct walk walk = {.arena = arena};
    compare(&walk, ot_str_c(""), before, after);
    *ret = walk.rows;
    *ret_n = walk.n;
    return OT_OK;
}
