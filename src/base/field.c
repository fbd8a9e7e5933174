/* SPDX-License-Identifier: Apache-2.0 */
/* Loading a map into a struct by its field table. */
#include "offtake/base/field.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/internal.h"
#include "offtake/base/num.h"

enum {
    NEAR_DISTANCE = 3,  /* edits within which a name is suggested */
    LIST_MAX = 1 << 20, /* entries of one list */
};

/* Where the loader is: a chain from the innermost key outward, written out only when needed. */
struct place {
    const struct place *outer;
    const char *key; /* NULL: list entry `index` */
    size_t index;
};

struct load {
    struct ot_arena *arena;
    struct ot_assumed *assumed;
    struct ot_err *err;
};

static enum ot_code load_map(struct load *l, const struct ot_table *table,
                             const struct ot_node *node, const struct place *place, void *object);

static const char *const status_names[] = {
#define STATUS_NAME(name) [OT_STATUS_##name] = #name,
    OT_STATUS_LIST(STATUS_NAME)
#undef STATUS_NAME
};
static const struct ot_enum_names all_statuses = {status_names, OT_STATUS_COUNT};

const char *ot_status_name(enum ot_status status)
{
    OT_ASSERT((unsigned)status < OT_STATUS_COUNT);
    return status_names[status];
}

const struct ot_enum_names *ot__status_names(void)
{
    return &all_statuses;
}

void ot_assumed_init(struct ot_assumed *assumed, struct ot_arena *arena)
{
    *assumed = (struct ot_assumed){.arena = arena};
}

void ot_assumed_add(struct ot_assumed *assumed, struct ot_str path, struct ot_str value,
                    const char *why)
{
    if (assumed->n == assumed->cap) {
        const size_t cap = assumed->cap ? assumed->cap * 2 : 16;
        assumed->items =
            ot_arena_grow(assumed->arena, assumed->items, assumed->n, cap, sizeof *assumed->items);
        assumed->cap = cap;
    }
    assumed->items[assumed->n++] =
        (struct ot_assumption){.path = ot_str_dup(assumed->arena, path),
                               .value = ot_str_dup(assumed->arena, value),
                               .why = ot_str_dup(assumed->arena, ot_str_c(why))};
}

static void add_path(struct ot_buf *out, const struct place *place)
{
    if (!place)
        return;
    add_path(out, place->outer); /* as deep as the tables nest */
    if (!place->key)
        ot_buf_addf(out, "[%zu]", place->index);
    else
        ot_buf_addf(out, "%s%s", out->len ? "." : "", place->key);
}

static struct ot_str path_text(struct ot_arena *arena, const struct place *place)
{
    struct ot_buf out;
    ot_buf_init(&out, arena, 0);
    add_path(&out, place);
    return ot_buf_str(&out);
}

/* An error at a value: its text stands in the message where it has one. */
static enum ot_code refuse(const struct load *l, const struct ot_node *node,
                           const struct place *place, struct ot_str what)
{
    return ot_err_set(l->err, OT_INPUT, node->loc, path_text(l->arena, place).ptr,
                      node->kind == OT_NODE_SCALAR ? node->text : ot_str_c(""), "%.*s",
                      (int)what.len, what.ptr);
}

static enum ot_code refuse_c(const struct load *l, const struct ot_node *node,
                             const struct place *place, const char *what)
{
    return refuse(l, node, place, ot_str_c(what));
}

struct ot_str ot__bound_text(struct ot_arena *arena, const struct ot_field *row, double value)
{
    struct ot_str text = {0};
    for (int digits = 1; digits <= 15; digits++) {
        double back = 0;
        const char *why = NULL;
        text = ot_units_text(arena, value, row->dim, digits);
        if (ot_units_parse(text, row->dim, &back, &why) && ot_near(back, value, 1e-14, 0))
            break;
    }
    return text;
}

static enum ot_code check_range(const struct load *l, const struct ot_field *row,
                                const struct ot_node *node, const struct place *place, double value)
{
    if ((row->min == 0 && row->max == 0) || (value >= row->min && value <= row->max))
        return OT_OK;
    struct ot_arena *a = l->arena;
    if (!isfinite(row->max))
        return refuse(l, node, place,
                      ot_str_fmt(a, "at least %s", ot__bound_text(a, row, row->min).ptr));
    if (!isfinite(row->min))
        return refuse(l, node, place,
                      ot_str_fmt(a, "at most %s", ot__bound_text(a, row, row->max).ptr));
    return refuse(l, node, place,
                  ot_str_fmt(a, "between %s and %s", ot__bound_text(a, row, row->min).ptr,
                             ot__bound_text(a, row, row->max).ptr));
}

static enum ot_code load_num(const struct load *l, const struct ot_field *row,
                             const struct ot_node *node, const struct place *place, double *ret)
{
    const char *why = NULL;
    double value = 0;
    if (node->kind != OT_NODE_SCALAR)
        (void)ot_units_parse(ot_str_c(""), row->dim, &value, &why); /* what is allowed */
    else
        (void)ot_units_parse(node->text, row->dim, &value, &why);
    if (why)
        return refuse_c(l, node, place, why);
    const enum ot_code code = check_range(l, row, node, place, value);
    if (code == OT_OK)
        *ret = value;
    return code;
}

static enum ot_code load_int(const struct load *l, const struct ot_field *row,
                             const struct ot_node *node, const struct place *place, void *slot)
{
    int64_t value = 0;
    if (node->kind != OT_NODE_SCALAR || !ot_str_int(node->text, &value)) {
        const char *why = NULL;
        double number = 0;
        const bool is_num =
            node->kind == OT_NODE_SCALAR &&
            ot_units_parse(node->text, OT_DIM_NONE, &number, &why); /* 1e6 is a count too */
        if (!is_num || number != floor(number) || fabs(number) > 0x1p53)
            return refuse_c(l, node, place, why && !is_num ? why : "a whole number");
        value = (int64_t)number;
    }
    const enum ot_code code = check_range(l, row, node, place, (double)value);
    if (code == OT_OK)
        memcpy(slot, &value, sizeof value);
    return code;
}

static struct ot_str joined(struct ot_arena *arena, const char *lead,
                            const struct ot_enum_names *names)
{
    struct ot_buf out;
    ot_buf_init(&out, arena, 0);
    ot_buf_addc(&out, lead);
    for (size_t i = 0; i < names->n; i++)
        ot_buf_addf(&out, "%s%s", i ? ", " : "", names->names[i]);
    return ot_buf_str(&out);
}

static enum ot_code load_enum(const struct load *l, const struct ot_enum_names *names,
                              const struct ot_node *node, const struct place *place, void *slot)
{
    for (size_t i = 0; node->kind == OT_NODE_SCALAR && i < names->n; i++) {
        if (ot_str_is(node->text, names->names[i])) {
            const int value = (int)i;
            memcpy(slot, &value, sizeof value);
            return OT_OK;
        }
    }
    return refuse(l, node, place, joined(l->arena, "one of ", names));
}

static enum ot_code load_date(const struct load *l, const struct ot_node *node,
                              const struct place *place, void *slot)
{
    int64_t day = 0;
    if (node->kind != OT_NODE_SCALAR || !ot_date_parse(node->text, &day))
        return refuse_c(l, node, place, "a date such as 2026-08-21");
    memcpy(slot, &day, sizeof day);
    return OT_OK;
}

static bool is_not_known(const struct ot_node *node)
{
    return node->kind == OT_NODE_SCALAR && ot_str_is(node->text, "n/d");
}

static const char *const fact_keys[] = {"value", "low", "high", "source", "date", "status", "note"};
static const struct ot_enum_names fact_key_names = {fact_keys, OT_COUNT(fact_keys)};

static enum ot_code refuse_key(const struct load *l, const struct ot_node *entry,
                               const struct place *outer, const struct ot_enum_names *known)
{
    size_t nearest = 0, best = NEAR_DISTANCE + 1;
    for (size_t i = 0; i < known->n; i++) {
        const size_t distance =
            ot_str_distance(entry->key, ot_str_c(known->names[i]), NEAR_DISTANCE + 1);
        if (distance < best) {
            best = distance;
            nearest = i;
        }
    }
    const struct ot_str path = path_text(l->arena, outer);
    const struct ot_str hint =
        best <= NEAR_DISTANCE && best < entry->key.len
            ? ot_str_fmt(l->arena, "unknown key; did you mean '%s'?", known->names[nearest])
            : joined(l->arena, "unknown key; known here: ", known);
    return ot_err_set(l->err, OT_INPUT, entry->key_loc, path.len ? path.ptr : NULL, entry->key,
                      "%s", hint.ptr);
}

/* Strings of a fact, and whether a fact with a value has all it must have. */
static enum ot_code load_fact_origin(const struct load *l, const struct ot_node *node,
                                     const struct place *place, struct ot_fact *fact)
{
    const struct ot_node *source = ot_node_get(node, "source"), *date = ot_node_get(node, "date"),
                         *status = ot_node_get(node, "status");
    (void)ot_node_str(node, "note", &fact->note);
    (void)ot_node_str(node, "source", &fact->source);
    if (fact->has && fact->source.len == 0)
        return refuse_c(l, source ? source : node, &(struct place){place, "source", 0},
                        "missing: a figure says where it comes from");
    if (fact->has && (!date || date->kind == OT_NODE_NULL))
        return refuse_c(l, node, &(struct place){place, "date", 0},
                        "missing: the date of the source, such as 2026-08-21");
    if (fact->has && (!status || status->kind == OT_NODE_NULL))
        return refuse(l, node, &(struct place){place, "status", 0},
                      joined(l->arena, "missing: one of ", &all_statuses));
    enum ot_code code = OT_OK;
    if (date && date->kind != OT_NODE_NULL)
        code = load_date(l, date, &(struct place){place, "date", 0}, &fact->date_day);
    if (code == OT_OK && status && status->kind != OT_NODE_NULL)
        code =
            load_enum(l, &all_statuses, status, &(struct place){place, "status", 0}, &fact->status);
    return code;
}

static enum ot_code load_fact_range(const struct load *l, const struct ot_field *row,
                                    const struct ot_node *node, const struct place *place,
                                    struct ot_fact *fact)
{
    const struct ot_node *low = ot_node_get(node, "low"), *high = ot_node_get(node, "high");
    fact->low = fact->high = fact->value;
    enum ot_code code = OT_OK;
    if (low && low->kind != OT_NODE_NULL)
        code = load_num(l, row, low, &(struct place){place, "low", 0}, &fact->low);
    if (code == OT_OK && high && high->kind != OT_NODE_NULL)
        code = load_num(l, row, high, &(struct place){place, "high", 0}, &fact->high);
    if (code == OT_OK && fact->low > fact->value)
        code = refuse_c(l, low, &(struct place){place, "low", 0}, "not above the value");
    if (code == OT_OK && fact->high < fact->value)
        code = refuse_c(l, high, &(struct place){place, "high", 0}, "not below the value");
    return code;
}

static enum ot_code load_fact(const struct load *l, const struct ot_field *row,
                              const struct ot_node *node, const struct place *place, void *slot)
{
    struct ot_fact fact = {.loc = node->loc};
    enum ot_code code = OT_OK;
    if (!is_not_known(node)) {
        if (node->kind != OT_NODE_MAP)
            return refuse_c(l, node, place,
                            "{value: …, source: …, date: …, status: …} or n/d; a figure says "
                            "where it comes from");
        for (size_t i = 0; i < node->n; i++) {
            bool known = false;
            for (size_t k = 0; k < fact_key_names.n; k++)
                known = known || ot_str_is(node->items[i].key, fact_keys[k]);
            if (!known)
                return refuse_key(l, &node->items[i], place, &fact_key_names);
        }
        const struct ot_node *value = ot_node_get(node, "value");
        if (!value || value->kind == OT_NODE_NULL)
            return refuse_c(l, value ? value : node, &(struct place){place, "value", 0},
                            "missing: a figure, or n/d where it is not known");
        fact.has = !is_not_known(value);
        if (fact.has)
            code = load_num(l, row, value, &(struct place){place, "value", 0}, &fact.value);
        if (code == OT_OK && fact.has)
            code = load_fact_range(l, row, node, place, &fact);
        if (code == OT_OK)
            code = load_fact_origin(l, node, place, &fact);
    }
    if (code == OT_OK)
        memcpy(slot, &fact, sizeof fact);
    return code;
}

static enum ot_code load_seq(const struct load *l, const struct ot_field *row,
                             const struct ot_node *node, const struct place *place, char *object)
{
    if (node->kind != OT_NODE_SEQ || node->n > LIST_MAX)
        return refuse_c(l, node, place, "a list [a, b, …]");
    const size_t size = row->kind == OT_KIND_STRS ? sizeof(struct ot_str) : sizeof(double);
    char *items = ot_arena_calloc(l->arena, node->n, size);
    for (size_t i = 0; i < node->n; i++) {
        const struct place entry = {place, NULL, i};
        const struct ot_node *item = &node->items[i];
        enum ot_code code = OT_OK;
        if (row->kind == OT_KIND_NUMS) {
            double value = 0;
            code = load_num(l, row, item, &entry, &value);
            memcpy(items + i * size, &value, size);
        } else if (item->kind == OT_NODE_SCALAR) {
            memcpy(items + i * size, &item->text, size);
        } else {
            code = refuse_c(l, item, &entry, "plain text");
        }
        if (code != OT_OK)
            return code;
    }
    const int64_t n = (int64_t)node->n;
    memcpy(object + row->offset, &items, sizeof items);
    memcpy(object + row->count_offset, &n, sizeof n);
    return OT_OK;
}

/* An entry's unique key, for sorting. */
struct named {
    struct ot_str name;
    size_t index;
};

static int compare_named(const void *a, const void *b)
{
    const struct named *x = a, *y = b;
    const int order = ot_str_cmp(x->name, y->name);
    return order ? order : (x->index > y->index) - (x->index < y->index);
}

static enum ot_code check_unique(const struct load *l, const struct ot_field *row,
                                 const struct ot_node *node, const struct place *place)
{
    if (!row->unique || node->n < 2)
        return OT_OK;
    struct ot_arena *scratch = ot_arena_child(l->arena);
    struct named *names = ot_arena_calloc(scratch, node->n, sizeof *names);
    size_t n = 0, again = node->n, before = 0; /* the first entry whose name was used before */
    for (size_t i = 0; i < node->n; i++) {
        if (ot_node_str(&node->items[i], row->unique, &names[n].name))
            names[n++].index = i;
    }
    qsort(names, n, sizeof *names, compare_named);
    for (size_t i = 1; i < n; i++) {
        if (ot_str_eq(names[i].name, names[i - 1].name) && names[i].index < again) {
            again = names[i].index;
            before = names[i - 1].index;
        }
    }
    ot_arena_free(scratch);
    if (again == node->n)
        return OT_OK;
    const struct place entry = {place, NULL, again};
    return refuse(l, ot_node_get(&node->items[again], row->unique),
                  &(struct place){&entry, row->unique, 0},
                  ot_str_fmt(l->arena, "one not used by entry [%zu]", before));
}

static enum ot_code load_list(struct load *l, const struct ot_field *row,
                              const struct ot_node *node, const struct place *place, char *object)
{
    if (node->kind != OT_NODE_SEQ || node->n > LIST_MAX)
        return refuse_c(l, node, place, "a list of maps");
    char *items = ot_arena_calloc(l->arena, node->n, row->table->size);
    for (size_t i = 0; i < node->n; i++) {
        const struct place entry = {place, NULL, i};
        const enum ot_code code =
            load_map(l, row->table, &node->items[i], &entry, items + i * row->table->size);
        if (code != OT_OK)
            return code;
    }
    const int64_t n = (int64_t)node->n;
    memcpy(object + row->offset, &items, sizeof items);
    memcpy(object + row->count_offset, &n, sizeof n);
    return check_unique(l, row, node, place);
}

static enum ot_code load_value(struct load *l, const struct ot_field *row,
                               const struct ot_node *node, const struct place *place, char *object)
{
    void *slot = object + row->offset;
    switch (row->kind) {
    case OT_KIND_STR:
        if (node->kind != OT_NODE_SCALAR)
            return refuse_c(l, node, place, "plain text");
        memcpy(slot, &node->text, sizeof node->text);
        return OT_OK;
    case OT_KIND_BOOL: {
        const bool yes = node->kind == OT_NODE_SCALAR && ot_str_is(node->text, "true");
        if (!yes && !(node->kind == OT_NODE_SCALAR && ot_str_is(node->text, "false")))
            return refuse_c(l, node, place, "true or false");
        memcpy(slot, &yes, sizeof yes);
        return OT_OK;
    }
    case OT_KIND_INT:
        return load_int(l, row, node, place, slot);
    case OT_KIND_NUM: {
        double value = 0;
        const enum ot_code code = load_num(l, row, node, place, &value);
        if (code == OT_OK)
            memcpy(slot, &value, sizeof value);
        return code;
    }
    case OT_KIND_ENUM:
        return load_enum(l, row->names, node, place, slot);
    case OT_KIND_DATE:
        return load_date(l, node, place, slot);
    case OT_KIND_PERIOD: {
        struct ot_period period = {0};
        if (node->kind != OT_NODE_SCALAR || !ot_period_parse(node->text, &period))
            return refuse_c(l, node, place, "a period such as 3 y, 18 mo or 90 d");
        memcpy(slot, &period, sizeof period);
        return OT_OK;
    }
    case OT_KIND_FACT:
        return load_fact(l, row, node, place, slot);
    case OT_KIND_STRS:
    case OT_KIND_NUMS:
        return load_seq(l, row, node, place, object);
    case OT_KIND_OBJ:
        return load_map(l, row->table, node, place, slot);
    case OT_KIND_LIST:
        return load_list(l, row, node, place, object);
    case OT_KIND_RAW:
        memcpy(slot, &node, sizeof(const struct ot_node *));
        return OT_OK;
    case OT_KIND_PRED:
        break;
    }
    OT_ASSERT(row->kind != OT_KIND_PRED); /* printed, never read */
    return OT_BUG;
}

/* A fact's default is an assumption of ours: bare text, and marked so. */
static enum ot_code default_fact(const struct load *l, const struct ot_field *row,
                                 const struct ot_node *text, const struct place *place, void *slot)
{
    struct ot_fact fact = {
        .has = true, .status = OT_STATUS_assumed, .source = ot_str_c("default"), .loc = text->loc};
    const enum ot_code code = load_num(l, row, text, place, &fact.value);
    fact.low = fact.high = fact.value;
    if (code == OT_OK)
        memcpy(slot, &fact, sizeof fact);
    return code;
}

/* The row's default into the object; map: where it is missing. */
static enum ot_code apply_default(struct load *l, const struct ot_field *row,
                                  const struct ot_node *map, const struct place *place,
                                  char *object)
{
    const struct ot_node text = {
        .kind = OT_NODE_SCALAR, .loc = map->loc, .text = ot_str_c(row->def)};
    const enum ot_code code = row->kind == OT_KIND_FACT
                                  ? default_fact(l, row, &text, place, object + row->offset)
                                  : load_value(l, row, &text, place, object);
    if (code == OT_OK && l->assumed)
        ot_assumed_add(l->assumed, path_text(l->arena, place), text.text,
                       row->help ? row->help : "default");
    return code;
}

/* All defaults below an object that is not in the file. */
static enum ot_code load_defaults(struct load *l, const struct ot_table *table,
                                  const struct ot_node *map, const struct place *outer,
                                  char *object)
{
    enum ot_code code = OT_OK;
    for (size_t i = 0; code == OT_OK && i < table->n; i++) {
        const struct ot_field *row = &table->rows[i];
        const struct place place = {outer, row->key, 0};
        if (row->need == OT_OUTPUT_ONLY)
            continue;
        if (row->def)
            code = apply_default(l, row, map, &place, object);
        else if (row->kind == OT_KIND_OBJ && !row->has_offset)
            code = load_defaults(l, row->table, map, &place, object + row->offset);
    }
    return code;
}

static enum ot_code load_absent(struct load *l, const struct ot_field *row,
                                const struct ot_node *map, const struct place *place, char *object)
{
    if (row->def)
        return apply_default(l, row, map, place, object);
    if (row->need == OT_REQUIRED)
        return ot_err_set(l->err, OT_INPUT, map->loc, path_text(l->arena, place).ptr, ot_str_c(""),
                          "missing: %s", row->help ? row->help : "this key is required");
    if (row->kind == OT_KIND_OBJ && !row->has_offset)
        return load_defaults(l, row->table, map, place, object + row->offset);
    return OT_OK;
}

static enum ot_code check_keys(const struct load *l, const struct ot_table *table,
                               const struct ot_node *node, const struct place *place)
{
    for (size_t i = 0; i < node->n; i++) {
        bool known = false;
        for (size_t r = 0; r < table->n && !known; r++)
            known = table->rows[r].need != OT_OUTPUT_ONLY &&
                    ot_str_is(node->items[i].key, table->rows[r].key);
        if (known)
            continue;
        const char **names = ot_arena_calloc(l->arena, table->n, sizeof *names);
        struct ot_enum_names keys = {names, 0};
        for (size_t r = 0; r < table->n; r++) {
            if (table->rows[r].need != OT_OUTPUT_ONLY)
                names[keys.n++] = table->rows[r].key;
        }
        return refuse_key(l, &node->items[i], place, &keys);
    }
    return OT_OK;
}

/* Recursion goes as deep as the tables nest, which the depth of the tree bounds. */
static enum ot_code load_map(struct load *l, const struct ot_table *table,
                             const struct ot_node *node, const struct place *outer, void *object)
{
    if (node->kind != OT_NODE_MAP)
        return refuse(l, node, outer, ot_str_fmt(l->arena, "a map (%s)", table->name));
    enum ot_code code = check_keys(l, table, node, outer);
    for (size_t i = 0; code == OT_OK && i < table->n; i++) {
        const struct ot_field *row = &table->rows[i];
        if (row->need == OT_OUTPUT_ONLY)
            continue;
        const struct place place = {outer, row->key, 0};
        const struct ot_node *value = ot_node_get(node, row->key);
        if (!value || value->kind == OT_NODE_NULL) {
            code = load_absent(l, row, node, &place, object);
            continue;
        }
        code = load_value(l, row, value, &place, object);
        if (row->has_offset)
            *((bool *)((char *)object + row->has_offset)) = true;
    }
    return code;
}

enum ot_code ot_field_load(const struct ot_table *table, const struct ot_node *node,
                           struct ot_arena *arena, struct ot_assumed *assumed, void *ret,
                           struct ot_err *err)
{
    struct load l = {.arena = arena, .assumed = assumed, .err = err};
    memset(ret, 0, table->size);
    return load_map(&l, table, node, NULL, ret);
}
