/* SPDX-License-Identifier: Apache-2.0 */
/* Finding things by name: all things with a key equal to the folded text are collected; one is the
 * answer, two are an error that names both, none is an error that names near ones. A model name
 * may carry suffixes that are cut off one by one. */
#include "catalog/internal.h"

#include <string.h>

enum {
    NEAR_SHOWN = 3
};

/* --- look-up ------------------------------------------------------------------------------- */

enum found {
    FOUND_NONE,
    FOUND_ONE,
    FOUND_MANY
};

/* fold: text as ot_str_fold gives it. ret_hits: the first two different things that match. */
static enum found find(const struct ot__shelf *shelf, struct ot_str fold, size_t ret_hits[2])
{
    enum found found = FOUND_NONE;
    for (size_t i = 0; i < shelf->keys_n && found != FOUND_MANY; i++) {
        if (!ot_str_eq(shelf->keys[i].fold, fold))
            continue;
        if (found == FOUND_NONE) {
            ret_hits[0] = shelf->keys[i].index;
            found = FOUND_ONE;
        } else if (shelf->keys[i].index != ret_hits[0]) {
            ret_hits[1] = shelf->keys[i].index;
            found = FOUND_MANY;
        }
    }
    return found;
}

static bool contains(struct ot_str text, struct ot_str part)
{
    for (size_t i = 0; part.len >= 3 && i + part.len <= text.len; i++)
        if (memcmp(text.ptr + i, part.ptr, part.len) == 0)
            return true;
    return false;
}

/* Smaller is nearer: edits between the texts; a part of a longer name counts as one edit. */
static size_t nearness(struct ot_str key, struct ot_str fold, size_t max)
{
    size_t d = ot_str_distance(key, fold, max + 1);
    return d > 1 && (contains(key, fold) || contains(fold, key)) ? 1 : d;
}

/* "h100-sxm, h100-nvl", or empty. */
static struct ot_str near_names(const struct ot_catalog *catalog, enum ot__kind kind,
                                struct ot_str fold, struct ot_arena *arena)
{
    const struct ot__shelf *shelf = &catalog->shelves[kind];
    const size_t max = fold.len / 3 + 1;
    struct ot_buf buf;
    ot_buf_init(&buf, arena, 0);
    bool *shown = ot_arena_calloc(arena, shelf->n, sizeof *shown);
    int n = 0;
    for (size_t d = 0; d <= max && n < NEAR_SHOWN; d++)
        for (size_t i = 0; i < shelf->keys_n && n < NEAR_SHOWN; i++) {
            size_t index = shelf->keys[i].index;
            if (shown[index] || nearness(shelf->keys[i].fold, fold, max) != d)
                continue;
            shown[index] = true;
            struct ot_str name = *ot__shelf_name(shelf, kind, index);
            ot_buf_addf(&buf, "%s%s", n++ > 0 ? ", " : "", name.ptr);
        }
    return ot_buf_str(&buf);
}

static enum ot_code unknown(struct ot_catalog *catalog, enum ot__kind kind, struct ot_str name,
                            struct ot_loc loc, struct ot_err *err)
{
    const struct ot__kind_row *row = ot__kind_row(kind);
    const struct ot_unsupported *known = ot_catalog_unsupported(catalog, name);
    if (known != NULL)
        return ot_err_set(err, OT_INPUT, loc, row->noun, name, "not supported: %s",
                          known->reason.ptr);
    ot_arena_reset(catalog->scratch);
    struct ot_str fold = ot_str_fold(catalog->scratch, name);
    struct ot_str near = near_names(catalog, kind, fold, catalog->scratch);
    if (near.len == 0)
        return ot_err_set(err, OT_INPUT, loc, row->noun, name,
                          "no such %s; `offtake catalog %s` lists them", row->noun, row->folder);
    return ot_err_set(err, OT_INPUT, loc, row->noun, name, "no such %s; did you mean %s?",
                      row->noun, near.ptr);
}

static enum ot_code ambiguous(const struct ot_catalog *catalog, enum ot__kind kind,
                              struct ot_str name, const size_t hits[2], struct ot_loc loc,
                              struct ot_err *err)
{
    const struct ot__shelf *shelf = &catalog->shelves[kind];
    return ot_err_set(err, OT_INPUT, loc, ot__kind_row(kind)->noun, name,
                      "could be '%s' or '%s'; write one of these",
                      ot__shelf_name(shelf, kind, hits[0])->ptr,
                      ot__shelf_name(shelf, kind, hits[1])->ptr);
}

/* Notes the files of an item as read for the result. */
static void hand_out(struct ot_catalog *catalog, enum ot__kind kind, size_t index)
{
    const struct ot_sources *from = &catalog->shelves[kind].sources[index];
    struct ot_sources *to = &catalog->sources;
    for (size_t i = 0; i < from->n; i++) {
        bool there = false;
        for (size_t j = 0; j < to->n && !there; j++)
            there = ot_str_eq(to->items[j].path, from->items[i].path);
        if (there)
            continue;
        if (to->n == to->cap) {
            size_t cap = to->cap == 0 ? 32 : 2 * to->cap;
            to->items = ot_arena_grow(to->arena, to->items, to->n, cap, sizeof *to->items);
            to->cap = cap;
        }
        to->items[to->n++] = from->items[i];
    }
}

static enum ot_code look_up(struct ot_catalog *catalog, enum ot__kind kind, struct ot_str name,
                            struct ot_loc loc, void const **ret, struct ot_err *err)
{
    ot_arena_reset(catalog->scratch);
    size_t hits[2] = {0};
    switch (find(&catalog->shelves[kind], ot_str_fold(catalog->scratch, name), hits)) {
    case FOUND_NONE:
        return unknown(catalog, kind, name, loc, err);
    case FOUND_MANY:
        return ambiguous(catalog, kind, name, hits, loc, err);
    case FOUND_ONE:
        break;
    }
    hand_out(catalog, kind, hits[0]);
    *ret = ot__shelf_item(&catalog->shelves[kind], kind, hits[0]);
    return OT_OK;
}

/* --- public --------------------------------------------------------------------------------- */

enum ot_code ot_catalog_chip(struct ot_catalog *catalog, struct ot_str name, struct ot_loc loc,
                             const struct ot_chip **ret, struct ot_err *err)
{
    const void *item = NULL;
    enum ot_code code = look_up(catalog, OT__KIND_chips, name, loc, &item, err);
    if (code == OT_OK)
        *ret = item;
    return code;
}

enum ot_code ot_catalog_node(struct ot_catalog *catalog, struct ot_str name, struct ot_loc loc,
                             const struct ot_node_type **ret, struct ot_err *err)
{
    const void *item = NULL;
    enum ot_code code = look_up(catalog, OT__KIND_nodes, name, loc, &item, err);
    if (code == OT_OK)
        *ret = item;
    return code;
}

enum ot_code ot_catalog_fabric(struct ot_catalog *catalog, struct ot_str name, struct ot_loc loc,
                               const struct ot_fabric **ret, struct ot_err *err)
{
    const void *item = NULL;
    enum ot_code code = look_up(catalog, OT__KIND_fabrics, name, loc, &item, err);
    if (code == OT_OK)
        *ret = item;
    return code;
}

/* A look-up by a name that drops suffixes until something matches; format: of the last one seen
 * that names a number format, has_format whether there was one. */
struct trimmed {
    size_t hits[2];
    bool has_format;
    enum ot_dtype format;
};
static enum found find_trimmed(const struct ot__shelf *shelf, struct ot_str fold,
                               struct trimmed *ret)
{
    enum found found = find(shelf, fold, ret->hits);
    while (found == FOUND_NONE) {
        bool sets = false;
        enum ot_dtype format = OT_DTYPE_bf16;
        size_t cut = ot__name_suffix(fold, &sets, &format);
        if (cut == 0 || cut >= fold.len)
            return FOUND_NONE;
        if (sets) {
            ret->has_format = true;
            ret->format = format;
        }
        fold.len -= cut;
        found = find(shelf, fold, ret->hits);
    }
    return found;
}

static enum ot_code model_of_config(struct ot_catalog *catalog, struct ot_str path,
                                    const struct ot_model **ret, struct ot_err *err)
{
    struct ot_model *model = ot_arena_calloc(catalog->arena, 1, sizeof *model);
    enum ot_code code = ot_model_import(catalog->arena, ot_str_dup(catalog->arena, path).ptr,
                                        &catalog->sources, model, err);
    if (code == OT_OK)
        *ret = model;
    return code;
}

enum ot_code ot_catalog_model(struct ot_catalog *catalog, struct ot_str name, struct ot_loc loc,
                              const struct ot_model **ret, struct ot_err *err)
{
    if (ot_str_ends(name, ".json"))
        return model_of_config(catalog, name, ret, err);
    const struct ot__shelf *shelf = &catalog->shelves[OT__KIND_models];
    struct trimmed trimmed = {0};
    ot_arena_reset(catalog->scratch);
    switch (find_trimmed(shelf, ot_str_fold(catalog->scratch, name), &trimmed)) {
    case FOUND_NONE:
        return unknown(catalog, OT__KIND_models, name, loc, err);
    case FOUND_MANY:
        return ambiguous(catalog, OT__KIND_models, name, trimmed.hits, loc, err);
    case FOUND_ONE:
        break;
    }
    hand_out(catalog, OT__KIND_models, trimmed.hits[0]);
    struct ot_model *model = ot__shelf_item(shelf, OT__KIND_models, trimmed.hits[0]);
    if (trimmed.has_format) {
        struct ot_model *copy = ot_arena_calloc(catalog->arena, 1, sizeof *copy);
        *copy = *model;
        copy->dtype_from_alias = true;
        ot__model_set_format(copy, trimmed.format);
        model = copy;
    }
    *ret = model;
    return OT_OK;
}

enum ot_code ot_catalog_workload(struct ot_catalog *catalog, struct ot_str name, struct ot_loc loc,
                                 const struct ot_workload **ret, struct ot_err *err)
{
    if (ot__workload_is_fixed(name)) {
        struct ot_workload *fixed = ot_arena_calloc(catalog->arena, 1, sizeof *fixed);
        enum ot_code code = ot__workload_fixed(catalog->arena, name, loc, fixed, err);
        if (code == OT_OK)
            *ret = fixed;
        return code;
    }
    const void *item = NULL;
    enum ot_code code = look_up(catalog, OT__KIND_workloads, name, loc, &item, err);
    if (code == OT_OK)
        *ret = item;
    return code;
}

const struct ot_unsupported *ot_catalog_unsupported(const struct ot_catalog *catalog,
                                                    struct ot_str name)
{
    struct ot_arena *scratch = catalog->scratch;
    ot_arena_reset(scratch);
    struct ot_str fold = ot_str_fold(scratch, name);
    for (size_t i = 0; i < catalog->unsupported_n; i++) {
        const struct ot_unsupported *row = &catalog->unsupported[i];
        if (ot_str_eq(fold, ot_str_fold(scratch, row->name)))
            return row;
        for (int64_t a = 0; a < row->aliases_n; a++)
            if (ot_str_eq(fold, ot_str_fold(scratch, row->aliases[a])))
                return row;
    }
    return NULL;
}

static const void *all_of(struct ot_catalog *catalog, enum ot__kind kind, size_t *ret_n)
{
    const struct ot__shelf *shelf = &catalog->shelves[kind];
    for (size_t i = 0; i < shelf->n; i++)
        hand_out(catalog, kind, i);
    *ret_n = shelf->n;
    return shelf->items;
}

const struct ot_chip *ot_catalog_chips(struct ot_catalog *catalog, size_t *ret_n)
{
    return all_of(catalog, OT__KIND_chips, ret_n);
}

const struct ot_node_type *ot_catalog_nodes(struct ot_catalog *catalog, size_t *ret_n)
{
    return all_of(catalog, OT__KIND_nodes, ret_n);
}

const struct ot_fabric *ot_catalog_fabrics(struct ot_catalog *catalog, size_t *ret_n)
{
    return all_of(catalog, OT__KIND_fabrics, ret_n);
}

const struct ot_model *ot_catalog_models(struct ot_catalog *catalog, size_t *ret_n)
{
    return all_of(catalog, OT__KIND_models, ret_n);
}

const struct ot_workload *ot_catalog_workloads(struct ot_catalog *catalog, size_t *ret_n)
{
    return all_of(catalog, OT__KIND_workloads, ret_n);
}

const struct ot_price *ot_catalog_prices(struct ot_catalog *catalog, size_t *ret_n)
{
    for (size_t i = 0; i < catalog->shelves[OT__KIND_offers].n; i++)
        hand_out(catalog, OT__KIND_offers, i);
    *ret_n = catalog->prices_n;
    return catalog->prices;
}
