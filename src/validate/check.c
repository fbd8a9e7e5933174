/* SPDX-License-Identifier: Apache-2.0 */
/* From a record's texts to a checked measurement: numbers, SI units, chips and models looked up.
 * What is wrong becomes the reason why the row is skipped. */
#include <math.h>
#include <string.h>

#include "measure.h"

/* One look-up that was made: what the text means, or that it means nothing. */
struct known {
    struct ot_str text;
    const void *thing;
};
struct known_list {
    struct known *items;
    size_t n, cap;
};
struct ot__names {
    struct ot_arena *arena;
    struct ot_catalog *catalog;
    struct ot_str *slots; /* open addressing, cap a power of two */
    size_t n, cap;
    struct known_list chips, models, workloads;
};

struct ot__names *ot__names_new(struct ot_arena *arena, struct ot_catalog *catalog)
{
    struct ot__names *names = ot_arena_calloc(arena, 1, sizeof *names);
    names->arena = arena;
    names->catalog = catalog;
    names->cap = 256;
    names->slots = ot_arena_calloc(arena, names->cap, sizeof *names->slots);
    return names;
}

static size_t slot_of(const struct ot__names *names, struct ot_str text)
{
    uint64_t hash = 14695981039346656037u; /* FNV-1a */
    for (size_t i = 0; i < text.len; i++)
        hash = (hash ^ (unsigned char)text.ptr[i]) * 1099511628211u;
    size_t slot = (size_t)hash & (names->cap - 1);
    while (names->slots[slot].ptr != NULL && !ot_str_eq(names->slots[slot], text))
        slot = (slot + 1) & (names->cap - 1);
    return slot;
}

static void names_grow(struct ot__names *names)
{
    struct ot_str *old = names->slots;
    const size_t old_cap = names->cap;
    names->cap *= 2;
    names->slots = ot_arena_calloc(names->arena, names->cap, sizeof *names->slots);
    for (size_t i = 0; i < old_cap; i++)
        if (old[i].ptr != NULL)
            names->slots[slot_of(names, old[i])] = old[i];
}

struct ot_str ot__names_intern(struct ot__names *names, struct ot_str text)
{
    if (text.len == 0)
        return ot_str_c("");
    if (names->n * 2 >= names->cap)
        names_grow(names);
    const size_t slot = slot_of(names, text);
    if (names->slots[slot].ptr == NULL) {
        names->slots[slot] = ot_str_dup(names->arena, text);
        names->n++;
    }
    return names->slots[slot];
}

typedef enum ot_code lookup_fn(struct ot_catalog *catalog, struct ot_str name,
                               const void **ret_thing, struct ot_err *err);

static enum ot_code look_chip(struct ot_catalog *catalog, struct ot_str name, const void **ret,
                              struct ot_err *err)
{
    const struct ot_chip *chip;
    const enum ot_code code =
        ot_catalog_chip(catalog, name, ot_loc_of(ot_str_c(""), 0, 0), &chip, err);
    if (code == OT_OK)
        *ret = chip;
    return code;
}

static enum ot_code look_model(struct ot_catalog *catalog, struct ot_str name, const void **ret,
                               struct ot_err *err)
{
    const struct ot_model *model;
    const enum ot_code code =
        ot_catalog_model(catalog, name, ot_loc_of(ot_str_c(""), 0, 0), &model, err);
    if (code == OT_OK)
        *ret = model;
    return code;
}

static enum ot_code look_workload(struct ot_catalog *catalog, struct ot_str name, const void **ret,
                                  struct ot_err *err)
{
    const struct ot_workload *workload;
    const enum ot_code code =
        ot_catalog_workload(catalog, name, ot_loc_of(ot_str_c(""), 0, 0), &workload, err);
    if (code == OT_OK)
        *ret = workload;
    return code;
}

/* NULL: the catalogue does not know it. `text` is interned. */
static const void *look_up(struct ot__names *names, struct known_list *list, struct ot_str text,
                           lookup_fn *fn)
{
    for (size_t i = 0; i < list->n; i++)
        if (list->items[i].text.ptr == text.ptr)
            return list->items[i].thing;
    if (list->n == list->cap) {
        const size_t cap = list->cap == 0 ? 16 : 2 * list->cap;
        list->items = ot_arena_grow(names->arena, list->items, list->n, cap, sizeof *list->items);
        list->cap = cap;
    }
    struct ot_err err;
    ot_err_init(&err, names->arena);
    const void *thing = NULL;
    const bool path = memchr(text.ptr, '/', text.len) != NULL && ot_str_ends(text, ".json");
    if (path || fn(names->catalog, text, &thing, &err) != OT_OK)
        thing = NULL; /* a table never names a file of the reader's */
    list->items[list->n++] = (struct known){text, thing};
    return thing;
}

static void skip(struct ot__meas *meas, struct ot_arena *arena, const char *why,
                 struct ot_str value)
{
    if (meas->skip_class != NULL)
        return; /* the first reason stands */
    meas->skip_class = why;
    meas->skip_value = ot_str_dup(arena, value);
}

static void read_number(struct ot__meas *meas, struct ot_arena *arena, enum ot__col col,
                        struct ot_str text)
{
    double value;
    if (text.len == 0)
        return;
    if (ot__col_kind(col) == 'L' && (text.ptr[0] == 'P' || text.ptr[0] == 'p')) {
        skip(meas, arena, "disaggregated serving is not predicted yet", ot_str_c(""));
        return;
    }
    if (!ot_str_num(text, &value) || value < 0) {
        skip(meas, arena, "a column does not hold a number >= 0",
             ot_str_fmt(arena, "%s=%.*s", ot__col_name(col), (int)text.len, text.ptr));
        return;
    }
    meas->num[col] = value;
    meas->has[col] = true;
}

static bool cut_per_chip(struct ot_str *unit)
{
    static const char *const tails[] = {"/chip", "/gpu", "/GPU"};
    for (size_t i = 0; i < OT_COUNT(tails); i++) {
        if (ot_str_ends(*unit, tails[i])) {
            unit->len -= strlen(tails[i]);
            return true;
        }
    }
    return false;
}

/* SI value of one unit of the figure; false: the unit does not belong to the metric. */
static bool unit_factor(const struct ot__metric *metric, struct ot_str unit, struct ot_arena *arena,
                        double *ret)
{
    static const enum ot_dim dims[] = {
        [OT__DIM_time] = OT_DIM_TIME,   [OT__DIM_rate] = OT_DIM_TOK_PER_S,
        [OT__DIM_bytes] = OT_DIM_BYTES, [OT__DIM_count] = OT_DIM_NONE,
        [OT__DIM_other] = OT_DIM_NONE,
    };
    const char *why;
    if (metric->dim == OT__DIM_count || metric->dim == OT__DIM_other) {
        *ret = 1;
        return metric->dim == OT__DIM_other || ot_str_is(unit, "blocks") || ot_str_is(unit, "1");
    }
    enum ot_dim dim = dims[metric->dim];
    if (strcmp(metric->name, "requests_per_s") == 0)
        dim = OT_DIM_REQ_PER_S;
    const struct ot_str one = ot_str_fmt(arena, "1 %.*s", (int)unit.len, unit.ptr);
    return ot_units_parse(one, dim, ret, &why);
}

static void read_figure(struct ot__meas *meas, struct ot_arena *arena,
                        const struct ot__record *record)
{
    const struct ot_str value = record->col[OT__COL_value];
    struct ot_str unit = record->col[OT__COL_unit];
    const struct ot__metric *metric = ot__metric_find(record->col[OT__COL_metric]);
    double number, factor;
    if (metric == NULL) {
        skip(meas, arena, "unknown metric", record->col[OT__COL_metric]);
        return;
    }
    if (unit.len == 0) {
        skip(meas, arena, "no unit", ot_str_c(""));
        return;
    }
    meas->per_chip = cut_per_chip(&unit) || ot_str_is(meas->metric, "tokens_per_s_per_chip");
    if (!unit_factor(metric, unit, arena, &factor)) {
        skip(meas, arena, "unit does not fit the metric", record->col[OT__COL_unit]);
        return;
    }
    if (!ot_str_num(value, &number) || !(number * factor > 0)) {
        skip(meas, arena, "value is not a number > 0", value);
        return;
    }
    meas->measured = number * factor;
}

static void read_kind(struct ot__meas *meas, struct ot_arena *arena,
                      const struct ot__record *record)
{
    const struct ot_str kind = record->col[OT__COL_kind];
    if (kind.len == 0 && record->col[OT__COL_op].len > 0) {
        meas->kind = OT_MEAS_KIND_kernel;
        return;
    }
    for (int i = 0; i < OT_MEAS_KIND_COUNT; i++) {
        if (ot_str_is(kind, ot_meas_kind_name((enum ot_meas_kind)i))) {
            meas->kind = (enum ot_meas_kind)i;
            if (meas->kind == OT_MEAS_KIND_train)
                skip(meas, arena, "training is not predicted yet", ot_str_c(""));
            return;
        }
    }
    skip(meas, arena, kind.len == 0 ? "kind not stated" : "unknown kind", kind);
}

static void read_names(struct ot__names *names, struct ot__meas *meas, struct ot_arena *arena)
{
    if (meas->skip_class != NULL)
        return;
    if (meas->chip_name.len > 0)
        meas->chip = look_up(names, &names->chips, meas->chip_name, look_chip);
    if (meas->chip == NULL) {
        skip(meas, arena, meas->chip_name.len == 0 ? "chip not stated" : "unknown chip",
             meas->chip_name);
        return;
    }
    if (meas->kind == OT_MEAS_KIND_kernel)
        return;
    if (meas->model_name.len > 0)
        meas->model = look_up(names, &names->models, meas->model_name, look_model);
    if (meas->model == NULL)
        skip(meas, arena, meas->model_name.len == 0 ? "model not stated" : "unknown model",
             meas->model_name);
    const struct ot_str workload = meas->text[OT__COL_workload];
    if (workload.len > 0) {
        meas->workload = look_up(names, &names->workloads, workload, look_workload);
        if (meas->workload == NULL)
            skip(meas, arena, "unknown workload", workload);
    }
}

void ot__measure_of(struct ot__names *names, const struct ot__record *record,
                    struct ot_str default_id, struct ot_arena *arena, struct ot__meas *ret)
{
    static const enum ot__col unused[] = {OT__COL_id,   OT__COL_url,    OT__COL_date,
                                          OT__COL_note, OT__COL_source, OT__COL_quality};
    const struct ot_str *col = record->col;
    *ret = (struct ot__meas){.gated = record->gated};
    ret->metric = ot__names_intern(names, col[OT__COL_metric]);
    ret->unit = ot__names_intern(names, col[OT__COL_unit]);
    ret->chip_name = ot__names_intern(names, col[OT__COL_chip]);
    ret->model_name = ot__names_intern(names, col[OT__COL_model]);
    ret->source = ot__names_intern(names, col[OT__COL_source]);
    ret->op = ot__names_intern(names, col[OT__COL_op]);
    const struct ot_str id = col[OT__COL_id];
    if (id.len > 0 && !record->own_id)
        ret->id = ot_str_dup(arena, id);
    else
        ret->id =
            ot_str_fmt(arena, "%s:%s", id.len > 0 ? ot_str_dup(arena, id).ptr : default_id.ptr,
                       ret->metric.ptr);
    if (record->skip != NULL)
        skip(ret, arena, record->skip, record->skip_value);
    read_kind(ret, arena, record);
    read_figure(ret, arena, record);
    for (int i = 0; i < OT__COL_COUNT; i++) {
        const enum ot__col c = (enum ot__col)i;
        if (ot__col_kind(c) != 'S' && c != OT__COL_value)
            read_number(ret, arena, c, col[c]);
        else
            ret->text[c] = ot__names_intern(names, col[c]);
    }
    for (size_t i = 0; i < OT_COUNT(unused); i++)
        ret->text[unused[i]] = ot_str_c("");
    read_names(names, ret, arena);
}
