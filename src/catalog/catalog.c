/* SPDX-License-Identifier: Apache-2.0 */
/* Opening a data folder.
 *
 *   data/ chips/ *.yaml   one file, one thing; the file name is its name
 *         offers/ *.yaml  one file, one provider; its prices are laid out flat after loading
 *         unsupported.yaml
 *
 * Every folder is loaded by the same code from a row of `kinds` (kinds.c) onto a shelf. Each name
 * and alias becomes a key, folded, for lookup.c. */
#include "catalog/internal.h"

#include <stdlib.h>
#include <string.h>

enum {
    FILES_MAX = 4096 /* per folder; a slip such as OFFTAKE_DATA=/ stops here */
};

void *ot__shelf_item(const struct ot__shelf *shelf, enum ot__kind kind, size_t index)
{
    return shelf->items + index * ot__kind_row(kind)->table->size;
}

struct ot_str *ot__shelf_name(const struct ot__shelf *shelf, enum ot__kind kind, size_t index)
{
    return (void *)((char *)ot__shelf_item(shelf, kind, index) + ot__kind_row(kind)->name);
}

/* --- loading ------------------------------------------------------------------------------- */

static bool name_is_valid(struct ot_str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-'))
            return false;
    }
    return name.len > 0;
}

/* Room for an item of that name: the one to be replaced, or a new one at the end. */
static size_t shelf_slot(struct ot_arena *arena, struct ot__shelf *shelf, enum ot__kind kind,
                         struct ot_str name)
{
    for (size_t i = 0; i < shelf->n; i++)
        if (ot_str_eq(*ot__shelf_name(shelf, kind, i), name))
            return i;
    if (shelf->n == shelf->cap) {
        size_t cap = shelf->cap == 0 ? 64 : 2 * shelf->cap;
        shelf->items =
            ot_arena_grow(arena, shelf->items, shelf->n, cap, ot__kind_row(kind)->table->size);
        shelf->sources =
            ot_arena_grow(arena, shelf->sources, shelf->n, cap, sizeof *shelf->sources);
        shelf->cap = cap;
    }
    return shelf->n++;
}

static enum ot_code load_file(struct ot_catalog *catalog, enum ot__kind kind, const char *path,
                              struct ot_err *err)
{
    const struct ot__kind_row *row = ot__kind_row(kind);
    struct ot_arena *arena = catalog->arena;
    struct ot_str name = ot_path_stem(arena, ot_str_c(path));
    if (!name_is_valid(name))
        return ot_err_set(err, OT_INPUT, ot_loc_of(ot_str_c(path), 1, 1), "file name", name,
                          "small letters, digits, '.' and '-' only");
    struct ot_sources sources;
    ot_sources_init(&sources, arena);
    struct ot_node *file = NULL;
    enum ot_code code = ot_yaml_load(arena, path, &sources, &file, err);
    if (code != OT_OK)
        return code;
    char *item = ot_arena_calloc(arena, 1, row->table->size);
    code = ot_field_load(row->table, file, arena, NULL, item, err);
    if (code != OT_OK)
        return code;
    *(struct ot_str *)(void *)(item + row->name) = name;
    *(struct ot_loc *)(void *)(item + row->loc) =
        ot_loc_of(ot_str_dup(arena, ot_str_c(path)), 1, 1);
    if (row->check != NULL) {
        code = row->check(item, file, err);
        if (code != OT_OK)
            return code;
    }
    struct ot__shelf *shelf = &catalog->shelves[kind];
    size_t slot = shelf_slot(arena, shelf, kind, name);
    memcpy(ot__shelf_item(shelf, kind, slot), item, row->table->size);
    shelf->sources[slot] = sources;
    return OT_OK;
}

static enum ot_code load_folder(struct ot_catalog *catalog, enum ot__kind kind, const char *root,
                                struct ot_err *err)
{
    struct ot_arena *arena = catalog->arena;
    struct ot_str dir = ot_path_join(arena, ot_str_c(root), ot_str_c(ot__kind_row(kind)->folder));
    if (!ot_dir_exists(dir.ptr))
        return OT_OK;
    struct ot_str *names = NULL;
    size_t n = 0;
    enum ot_code code = ot_dir_list(arena, dir.ptr, ".yaml", &names, &n, err);
    if (code != OT_OK)
        return code;
    if (n > FILES_MAX)
        return ot_err_set(err, OT_INPUT, ot_loc_of(dir, 0, 0), NULL, ot_str_c(""),
                          "at most %d files in one folder", (int)FILES_MAX);
    for (size_t i = 0; i < n; i++) {
        code = load_file(catalog, kind, ot_path_join(arena, dir, names[i]).ptr, err);
        if (code != OT_OK)
            return code;
    }
    return OT_OK;
}

/* --- keys ---------------------------------------------------------------------------------- */

static void add_key(struct ot_arena *arena, struct ot__shelf *shelf, struct ot_str text,
                    size_t index)
{
    if (shelf->keys_n == shelf->keys_cap) {
        size_t cap = shelf->keys_cap == 0 ? 256 : 2 * shelf->keys_cap;
        shelf->keys = ot_arena_grow(arena, shelf->keys, shelf->keys_n, cap, sizeof *shelf->keys);
        shelf->keys_cap = cap;
    }
    shelf->keys[shelf->keys_n++] = (struct ot__key){ot_str_fold(arena, text), index};
}

static int compare_keys(const void *a, const void *b)
{
    const struct ot__key *x = a, *y = b;
    int c = ot_str_cmp(x->fold, y->fold);
    return c != 0 ? c : (x->index > y->index) - (x->index < y->index);
}

/* Two spellings of one alias within a file are a slip. */
static enum ot_code check_aliases(struct ot_arena *scratch, const struct ot_str *aliases, int64_t n,
                                  struct ot_loc loc, struct ot_err *err)
{
    for (int64_t i = 0; i < n; i++) {
        struct ot_str fold = ot_str_fold(scratch, aliases[i]);
        for (int64_t j = 0; j < i; j++)
            if (ot_str_eq(fold, ot_str_fold(scratch, aliases[j])))
                return ot_err_set(err, OT_INPUT, loc, "aliases", aliases[i],
                                  "once only: it reads the same as '%s'", aliases[j].ptr);
        if (fold.len == 0)
            return ot_err_set(err, OT_INPUT, loc, "aliases", aliases[i], "a name");
    }
    return OT_OK;
}

static void swap_items(struct ot__shelf *shelf, enum ot__kind kind, size_t a, size_t b)
{
    size_t size = ot__kind_row(kind)->table->size;
    char *x = ot__shelf_item(shelf, kind, a), *y = ot__shelf_item(shelf, kind, b);
    for (size_t i = 0; i < size; i++) {
        char byte = x[i];
        x[i] = y[i];
        y[i] = byte;
    }
    struct ot_sources sources = shelf->sources[a];
    shelf->sources[a] = shelf->sources[b];
    shelf->sources[b] = sources;
}

/* The files of one folder come sorted; only those of the extra folder have to move. */
static void sort_items(struct ot__shelf *shelf, enum ot__kind kind)
{
    for (size_t i = 1; i < shelf->n; i++)
        for (size_t j = i; j > 0; j--) {
            if (ot_str_cmp(*ot__shelf_name(shelf, kind, j - 1), *ot__shelf_name(shelf, kind, j)) <=
                0)
                break;
            swap_items(shelf, kind, j - 1, j);
        }
}

static enum ot_code index_shelf(struct ot_catalog *catalog, enum ot__kind kind, struct ot_err *err)
{
    const struct ot__kind_row *row = ot__kind_row(kind);
    struct ot__shelf *shelf = &catalog->shelves[kind];
    sort_items(shelf, kind);
    for (size_t i = 0; i < shelf->n; i++) {
        char *item = ot__shelf_item(shelf, kind, i);
        const struct ot_str *aliases = *(struct ot_str **)(void *)(item + row->aliases);
        int64_t n = *(int64_t *)(void *)(item + row->aliases_n);
        ot_arena_reset(catalog->scratch);
        enum ot_code code = check_aliases(catalog->scratch, aliases, n,
                                          *(struct ot_loc *)(void *)(item + row->loc), err);
        if (code != OT_OK)
            return code;
        add_key(catalog->arena, shelf, *ot__shelf_name(shelf, kind, i), i);
        for (int64_t a = 0; a < n; a++)
            add_key(catalog->arena, shelf, aliases[a], i);
    }
    if (shelf->keys_n > 0)
        qsort(shelf->keys, shelf->keys_n, sizeof *shelf->keys, compare_keys);
    return OT_OK;
}

/* --- prices and the unsupported -------------------------------------------------------------- */

static int compare_prices(const void *a, const void *b)
{
    const struct ot_price *x = a, *y = b;
    int c = ot_str_cmp(x->name, y->name);
    if (c != 0)
        return c;
    return (x->loc.line > y->loc.line) - (x->loc.line < y->loc.line);
}

static enum ot_code lay_out_prices(struct ot_catalog *catalog, struct ot_err *err)
{
    const struct ot__shelf *shelf = &catalog->shelves[OT__KIND_offers];
    struct ot_arena *arena = catalog->arena;
    size_t n = 0;
    for (size_t i = 0; i < shelf->n; i++)
        n += (size_t)((struct ot__offers *)ot__shelf_item(shelf, OT__KIND_offers, i))->prices_n;
    catalog->prices = ot_arena_calloc(arena, n, sizeof *catalog->prices);
    for (size_t i = 0; i < shelf->n; i++) {
        const struct ot__offers *offers = ot__shelf_item(shelf, OT__KIND_offers, i);
        for (int64_t k = 0; k < offers->prices_n; k++) {
            struct ot_price price = offers->prices[k];
            const struct ot_chip *chip = NULL;
            price.loc = price.price_usd_per_chip_s.loc;
            enum ot_code code = ot_catalog_chip(catalog, price.chip, price.loc, &chip, err);
            if (code != OT_OK)
                return code;
            price.chip = chip->name;
            price.provider = offers->provider;
            price.name =
                ot_str_fmt(arena, "%s:%s:%s:%s", offers->name.ptr,
                           price.node.len > 0 ? price.node.ptr : price.chip.ptr,
                           ot_price_kind_name(price.kind),
                           ot_date_text(catalog->scratch, price.price_usd_per_chip_s.date_day).ptr);
            catalog->prices[catalog->prices_n++] = price;
        }
    }
    if (n > 0)
        qsort(catalog->prices, n, sizeof *catalog->prices, compare_prices);
    return OT_OK;
}

struct unsupported_file {
    struct ot_unsupported *chips, *models;
    int64_t chips_n, models_n;
};
/* clang-format off */
static const struct ot_field unsupported_file_rows[] = {
    {.key = "chips", .kind = OT_KIND_LIST, .offset = offsetof(struct unsupported_file, chips),
     .count_offset = offsetof(struct unsupported_file, chips_n), .table = &ot_unsupported_table,
     .unique = "name", .help = "chips"},
    {.key = "models", .kind = OT_KIND_LIST, .offset = offsetof(struct unsupported_file, models),
     .count_offset = offsetof(struct unsupported_file, models_n), .table = &ot_unsupported_table,
     .unique = "name", .help = "models"},
};
/* clang-format on */
static const struct ot_table unsupported_file_table = {
    "unsupported", "What public tables name and offtake cannot predict, and why.",
    sizeof(struct unsupported_file), unsupported_file_rows, OT_COUNT(unsupported_file_rows)};

static enum ot_code load_unsupported(struct ot_catalog *catalog, const char *root,
                                     struct ot_err *err)
{
    struct ot_arena *arena = catalog->arena;
    struct ot_str path = ot_path_join(arena, ot_str_c(root), ot_str_c("unsupported.yaml"));
    if (!ot_file_exists(path.ptr))
        return OT_OK;
    struct ot_node *node = NULL;
    enum ot_code code = ot_yaml_load(arena, path.ptr, NULL, &node, err);
    if (code != OT_OK)
        return code;
    struct unsupported_file file;
    code = ot_field_load(&unsupported_file_table, node, arena, NULL, &file, err);
    if (code != OT_OK)
        return code;
    size_t n = catalog->unsupported_n, more = (size_t)(file.chips_n + file.models_n);
    struct ot_unsupported *all =
        ot_arena_grow(arena, catalog->unsupported, n, n + more, sizeof *all);
    for (int64_t i = 0; i < file.chips_n; i++)
        all[n++] = file.chips[i];
    for (int64_t i = 0; i < file.models_n; i++)
        all[n++] = file.models[i];
    catalog->unsupported = all;
    catalog->unsupported_n = n;
    return OT_OK;
}

/* --- public -------------------------------------------------------------------------------- */

static enum ot_code load_root(struct ot_catalog *catalog, const char *root, struct ot_err *err)
{
    for (size_t kind = 0; kind < OT__KIND_COUNT; kind++) {
        enum ot_code code = load_folder(catalog, (enum ot__kind)kind, root, err);
        if (code != OT_OK)
            return code;
    }
    return load_unsupported(catalog, root, err);
}

enum ot_code ot_catalog_open(struct ot_arena *arena, const char *root, const char *extra,
                             struct ot_catalog **ret, struct ot_err *err)
{
    if (root == NULL || !ot_dir_exists(root))
        return ot_err_set(err, OT_INPUT, ot_loc_of(ot_str_c(root != NULL ? root : "<data>"), 0, 0),
                          "data folder", ot_str_c(root != NULL ? root : ""),
                          "an existing folder with chips/, models/ and so on");
    struct ot_catalog *catalog = ot_arena_calloc(arena, 1, sizeof *catalog);
    catalog->arena = arena;
    catalog->scratch = ot_arena_child(arena);
    catalog->root = ot_str_dup(arena, ot_str_c(root)).ptr;
    ot_sources_init(&catalog->sources, arena);
    enum ot_code code = load_root(catalog, catalog->root, err);
    if (code == OT_OK && extra != NULL)
        code = load_root(catalog, extra, err);
    for (size_t kind = 0; kind < OT__KIND_COUNT && code == OT_OK; kind++)
        code = index_shelf(catalog, (enum ot__kind)kind, err);
    if (code == OT_OK)
        code = lay_out_prices(catalog, err);
    if (code != OT_OK)
        return code;
    ot_sources_init(&catalog->sources, arena); /* nothing was handed out yet */
    *ret = catalog;
    return OT_OK;
}

const char *ot_catalog_root(const struct ot_catalog *catalog)
{
    return catalog->root;
}

struct ot_sources *ot_catalog_sources(struct ot_catalog *catalog)
{
    return &catalog->sources;
}
