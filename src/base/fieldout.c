/* SPDX-License-Identifier: Apache-2.0 */
/* What else a field table can do: print a struct as JSON, describe the YAML as a JSON Schema, and
 * write its reference page. */
#include <math.h>
#include <string.h>

#include "base/internal.h"
#include "offtake/base/field.h"
#include "offtake/base/num.h"

enum {
    TABLES_MAX = 64 /* different tables below one */
};

/* --- JSON ------------------------------------------------------------------------------------ */

/* Reads of one slot; the tables promise the types. */
static int64_t count_of(const struct ot_field *row, const char *object)
{
    int64_t n = 0;
    memcpy(&n, object + row->count_offset, sizeof n);
    return n;
}

static const void *pointer_of(const struct ot_field *row, const char *object)
{
    const void *ptr = NULL;
    memcpy(&ptr, object + row->offset, sizeof ptr);
    return ptr;
}

static bool all_zero(const void *ptr, size_t n)
{
    const char *bytes = ptr;
    for (size_t i = 0; i < n; i++) {
        if (bytes[i])
            return false;
    }
    return true;
}

/* Whether nothing was said of this row: what an object made only of such rows is left out for. */
static bool is_blank(const struct ot_field *row, const char *object)
{
    const char *slot = object + row->offset;
    if (row->has_offset)
        return !*(const bool *)(object + row->has_offset) && !row->def;
    switch (row->kind) {
    case OT_KIND_STR:
        return ((const struct ot_str *)(const void *)slot)->len == 0;
    case OT_KIND_BOOL:
        return all_zero(slot, sizeof(bool));
    case OT_KIND_INT:
    case OT_KIND_DATE:
    case OT_KIND_NUM:
        return all_zero(slot, sizeof(double));
    case OT_KIND_ENUM:
        return all_zero(slot, sizeof(int));
    case OT_KIND_PERIOD:
        return all_zero(slot, sizeof(struct ot_period));
    case OT_KIND_FACT:
        return !((const struct ot_fact *)(const void *)slot)->has;
    case OT_KIND_STRS:
    case OT_KIND_NUMS:
    case OT_KIND_LIST:
        return count_of(row, object) == 0;
    case OT_KIND_RAW:
        return pointer_of(row, object) == NULL;
    case OT_KIND_OBJ: {
        bool blank = true;
        for (size_t i = 0; i < row->table->n; i++)
            blank = blank && is_blank(&row->table->rows[i], slot);
        return blank;
    }
    case OT_KIND_PRED:
        return false;
    }
    return false;
}

/* Plain numbers, booleans and enums print even when zero: zero is an answer. */
static bool is_left_out(const struct ot_field *row, const char *object)
{
    if (row->need == OT_REQUIRED && row->kind != OT_KIND_OBJ)
        return false;
    const bool zero_counts = row->kind == OT_KIND_NUM || row->kind == OT_KIND_INT ||
                             row->kind == OT_KIND_BOOL || row->kind == OT_KIND_ENUM;
    if (zero_counts && !row->has_offset)
        return false;
    return is_blank(row, object);
}

static void fact_json(const struct ot_fact *fact, struct ot_json *json)
{
    struct ot_arena *arena = json->out->arena;
    if (!fact->has) {
        ot_json_null(json);
        return;
    }
    ot_json_open(json, '{');
    ot_json_knum(json, "value", fact->value);
    if (fact->low != fact->value)
        ot_json_knum(json, "low", fact->low);
    if (fact->high != fact->value)
        ot_json_knum(json, "high", fact->high);
    ot_json_kstr(json, "status", ot_str_c(ot_status_name(fact->status)));
    ot_json_kstr(json, "source", fact->source);
    if (fact->date_day)
        ot_json_kstr(json, "date", ot_date_text(arena, fact->date_day));
    if (fact->note.len)
        ot_json_kstr(json, "note", fact->note);
    ot_json_close(json, '}');
}

static struct ot_str period_text(struct ot_arena *arena, struct ot_period period)
{
    const bool years = period.months && period.months % 12 == 0;
    struct ot_buf out;
    ot_buf_init(&out, arena, 0);
    if (period.months)
        ot_buf_addf(&out, "%d %s", years ? period.months / 12 : period.months, years ? "y" : "mo");
    if (period.days || !period.months)
        ot_buf_addf(&out, "%s%d d", out.len ? " " : "", period.days);
    return ot_buf_str(&out);
}

/* A tree as JSON; plain scalars that are numbers or booleans keep their type. Recursion is bounded
 * by the depth of the tree. */
static void node_json(const struct ot_node *node, struct ot_json *json)
{
    double number = 0;
    if (!node || node->kind == OT_NODE_NULL) {
        ot_json_null(json);
    } else if (node->kind == OT_NODE_SCALAR) {
        if (!node->quoted && ot_str_num(node->text, &number))
            ot_json_num(json, number);
        else if (!node->quoted && (ot_str_is(node->text, "true") || ot_str_is(node->text, "false")))
            ot_json_bool(json, ot_str_is(node->text, "true"));
        else
            ot_json_str(json, node->text);
    } else {
        const bool is_map = node->kind == OT_NODE_MAP;
        ot_json_open(json, is_map ? '{' : '[');
        for (size_t i = 0; i < node->n; i++) {
            if (is_map)
                ot_json_key(json, node->items[i].key.ptr);
            node_json(&node->items[i], json);
        }
        ot_json_close(json, is_map ? '}' : ']');
    }
}

static void seq_json(const struct ot_field *row, const char *object, struct ot_json *json)
{
    const char *items = pointer_of(row, object);
    const int64_t n = count_of(row, object);
    ot_json_open(json, '[');
    for (int64_t i = 0; i < n; i++) {
        if (row->kind == OT_KIND_STRS)
            ot_json_str(json, ((const struct ot_str *)(const void *)items)[i]);
        else if (row->kind == OT_KIND_NUMS)
            ot_json_num(json, ((const double *)(const void *)items)[i]);
        else
            ot_field_json(row->table, items + (size_t)i * row->table->size, json);
    }
    ot_json_close(json, ']');
}

static void value_json(const struct ot_field *row, const char *object, struct ot_json *json)
{
    const void *slot = object + row->offset;
    struct ot_arena *arena = json->out->arena;
    switch (row->kind) {
    case OT_KIND_STR:
        ot_json_str(json, *(const struct ot_str *)slot);
        break;
    case OT_KIND_BOOL:
        ot_json_bool(json, *(const bool *)slot);
        break;
    case OT_KIND_INT:
        ot_json_int(json, *(const int64_t *)slot);
        break;
    case OT_KIND_NUM:
        ot_json_num(json, *(const double *)slot);
        break;
    case OT_KIND_ENUM: {
        const int value = *(const int *)slot;
        OT_ASSERT(value >= 0 && (size_t)value < row->names->n);
        ot_json_str(json, ot_str_c(row->names->names[value]));
        break;
    }
    case OT_KIND_DATE:
        ot_json_str(json, ot_date_text(arena, *(const int64_t *)slot));
        break;
    case OT_KIND_PERIOD:
        ot_json_str(json, period_text(arena, *(const struct ot_period *)slot));
        break;
    case OT_KIND_FACT:
        fact_json(slot, json);
        break;
    case OT_KIND_OBJ:
        ot_field_json(row->table, slot, json);
        break;
    case OT_KIND_STRS:
    case OT_KIND_NUMS:
    case OT_KIND_LIST:
        seq_json(row, object, json);
        break;
    case OT_KIND_RAW:
        node_json(pointer_of(row, object), json);
        break;
    case OT_KIND_PRED:
        OT_ASSERT(row->kind != OT_KIND_PRED); /* prints with its key, in the caller */
    }
}

void ot_field_json(const struct ot_table *table, const void *object, struct ot_json *json)
{
    ot_json_open(json, '{');
    for (size_t i = 0; i < table->n; i++) {
        const struct ot_field *row = &table->rows[i];
        const char *key = row->out ? row->out : row->key;
        if (is_left_out(row, object))
            continue;
        if (row->kind == OT_KIND_PRED) {
            struct ot_pred pred;
            memcpy(&pred, (const char *)object + row->offset, sizeof pred);
            ot_json_kpred(json, key, pred);
            continue;
        }
        ot_json_key(json, key);
        value_json(row, object, json);
    }
    ot_json_close(json, '}');
}

/* --- tables below a table -------------------------------------------------------------------- */

struct tables {
    const struct ot_table *items[TABLES_MAX];
    size_t n;
};

/* The table and all it refers to, each once, in order of first mention. */
static void collect(struct tables *all, const struct ot_table *root)
{
    *all = (struct tables){.items = {root}, .n = 1};
    for (size_t t = 0; t < all->n; t++) {
        for (size_t i = 0; i < all->items[t]->n; i++) {
            const struct ot_field *row = &all->items[t]->rows[i];
            if (!row->table || row->need == OT_OUTPUT_ONLY)
                continue;
            bool known = false;
            for (size_t k = 0; k < all->n; k++)
                known = known || all->items[k] == row->table;
            if (!known) {
                OT_ASSERT(all->n < TABLES_MAX);
                all->items[all->n++] = row->table;
            }
        }
    }
}

/* --- JSON Schema ----------------------------------------------------------------------------- */

static void type_json(struct ot_json *json, const char *type)
{
    ot_json_kstr(json, "type", ot_str_c(type));
}

static void ref_json(struct ot_json *json, const char *name)
{
    ot_json_kstr(json, "$ref", ot_str_fmt(json->out->arena, "#/$defs/%s", name));
}

/* A number of a dimension: text with a unit, or bare where no unit belongs. */
static void number_schema(const struct ot_field *row, struct ot_json *json)
{
    static const char number[] = "^[-+]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][-+]?[0-9]+)?";
    const bool bare = row->dim == OT_DIM_NONE, either = row->dim == OT_DIM_FRAC;
    if (bare) {
        type_json(json, "number");
        if (row->min != 0 || row->max != 0) {
            if (isfinite(row->min))
                ot_json_knum(json, "minimum", row->min);
            if (isfinite(row->max))
                ot_json_knum(json, "maximum", row->max);
        }
        return;
    }
    ot_json_key(json, "type");
    ot_json_open(json, '[');
    ot_json_str(json, ot_str_c("string"));
    if (either)
        ot_json_str(json, ot_str_c("number"));
    ot_json_close(json, ']');
    ot_json_kstr(json, "pattern",
                 ot_str_fmt(json->out->arena, "%s ?%s$", number,
                            either ? "%?" : "[A-Za-zµ][-A-Za-z]*(/[A-Za-z][-A-Za-z]*)?"));
    ot_json_key(json, "examples");
    ot_json_open(json, '[');
    ot_json_str(json, ot_str_c(ot_dim_example(row->dim)));
    ot_json_close(json, ']');
}

static void names_schema(const struct ot_enum_names *names, struct ot_json *json)
{
    ot_json_key(json, "enum");
    ot_json_open(json, '[');
    for (size_t i = 0; i < names->n; i++)
        ot_json_str(json, ot_str_c(names->names[i]));
    ot_json_close(json, ']');
}

static void key_and_text(struct ot_json *json, const char *key, const char *pattern)
{
    ot_json_key(json, key);
    ot_json_open(json, '{');
    type_json(json, "string");
    if (pattern)
        ot_json_kstr(json, "pattern", ot_str_c(pattern));
    ot_json_close(json, '}');
}

static const char date_pattern[] = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$";

static void fact_number(struct ot_json *json, const char *key, const struct ot_field *row)
{
    ot_json_key(json, key);
    ot_json_open(json, '{');
    number_schema(row, json);
    ot_json_close(json, '}');
}

static void not_known_schema(struct ot_json *json)
{
    ot_json_open(json, '{');
    ot_json_kstr(json, "const", ot_str_c("n/d"));
    ot_json_close(json, '}');
}

static void required_names(struct ot_json *json, const char *const *names, size_t n)
{
    ot_json_key(json, "required");
    ot_json_open(json, '[');
    for (size_t i = 0; i < n; i++)
        ot_json_str(json, ot_str_c(names[i]));
    ot_json_close(json, ']');
}

/* Either n/d, or a map whose value is n/d, or a figure with source, date and status. */
static void fact_schema(const struct ot_field *row, struct ot_json *json)
{
    static const char *const whole[] = {"value", "source", "date", "status"};
    ot_json_key(json, "anyOf");
    ot_json_open(json, '[');
    not_known_schema(json);
    for (int known = 0; known < 2; known++) {
        ot_json_open(json, '{');
        type_json(json, "object");
        ot_json_kbool(json, "additionalProperties", false);
        required_names(json, whole, known ? OT_COUNT(whole) : 1);
        ot_json_key(json, "properties");
        ot_json_open(json, '{');
        if (known) {
            fact_number(json, "value", row);
        } else {
            ot_json_key(json, "value");
            not_known_schema(json);
        }
        fact_number(json, "low", row);
        fact_number(json, "high", row);
        key_and_text(json, "source", NULL);
        key_and_text(json, "date", date_pattern);
        ot_json_key(json, "status");
        ot_json_open(json, '{');
        names_schema(ot__status_names(), json);
        ot_json_close(json, '}');
        key_and_text(json, "note", NULL);
        ot_json_close(json, '}');
        ot_json_close(json, '}');
    }
    ot_json_open(json, '{');
    ref_json(json, "include");
    ot_json_close(json, '}');
    ot_json_close(json, ']');
}

/* The members that say what one value may be, without braces. */
static void value_schema(const struct ot_field *row, struct ot_json *json)
{
    switch (row->kind) {
    case OT_KIND_STR:
        ot_json_key(json, "type");
        ot_json_open(json, '[');
        ot_json_str(json, ot_str_c("string"));
        ot_json_str(json, ot_str_c("number")); /* a name such as 405 needs no quotes */
        ot_json_close(json, ']');
        break;
    case OT_KIND_BOOL:
        type_json(json, "boolean");
        break;
    case OT_KIND_INT:
        type_json(json, "integer");
        if (row->min != 0 || row->max != 0) {
            if (isfinite(row->min))
                ot_json_knum(json, "minimum", row->min);
            if (isfinite(row->max))
                ot_json_knum(json, "maximum", row->max);
        }
        break;
    case OT_KIND_NUM:
        number_schema(row, json);
        break;
    case OT_KIND_ENUM:
        names_schema(row->names, json);
        break;
    case OT_KIND_DATE:
        type_json(json, "string");
        ot_json_kstr(json, "pattern", ot_str_c(date_pattern));
        break;
    case OT_KIND_PERIOD:
        type_json(json, "string");
        ot_json_kstr(json, "pattern", ot_str_c("^([0-9.]+ ?(y|mo|wk|d) ?)+$"));
        break;
    case OT_KIND_FACT:
        fact_schema(row, json);
        break;
    case OT_KIND_OBJ:
    case OT_KIND_LIST:
    case OT_KIND_STRS:
    case OT_KIND_NUMS:
    case OT_KIND_RAW:
    case OT_KIND_PRED:
        break; /* compounds: below; raw: anything; predictions: never read */
    }
}

/* A list or map, or {include: FILE} in its place. */
static void compound_schema(const struct ot_field *row, struct ot_json *json)
{
    struct ot_field item = *row;
    item.kind = row->kind == OT_KIND_NUMS ? OT_KIND_NUM : OT_KIND_STR;
    ot_json_key(json, "anyOf");
    ot_json_open(json, '[');
    ot_json_open(json, '{');
    if (row->kind == OT_KIND_OBJ) {
        ref_json(json, row->table->name);
    } else {
        type_json(json, "array");
        ot_json_key(json, "items");
        ot_json_open(json, '{');
        if (row->kind == OT_KIND_LIST)
            ref_json(json, row->table->name);
        else
            value_schema(&item, json);
        ot_json_close(json, '}');
    }
    ot_json_close(json, '}');
    ot_json_open(json, '{');
    ref_json(json, "include");
    ot_json_close(json, '}');
    ot_json_close(json, ']');
}

static void row_schema(const struct ot_field *row, struct ot_json *json)
{
    ot_json_key(json, row->key);
    ot_json_open(json, '{');
    if (row->help)
        ot_json_kstr(json, "description", ot_str_c(row->help));
    if (row->def)
        ot_json_kstr(json, "default", ot_str_c(row->def));
    if (row->table || row->kind == OT_KIND_STRS || row->kind == OT_KIND_NUMS)
        compound_schema(row, json);
    else
        value_schema(row, json);
    ot_json_close(json, '}');
}

/* Required keys may come from the file this one extends. */
static void required_schema(const struct ot_table *table, struct ot_json *json)
{
    static const char *const extends[] = {"extends"};
    const char **names = ot_arena_calloc(json->out->arena, table->n, sizeof *names);
    size_t n = 0;
    for (size_t i = 0; i < table->n; i++) {
        if (table->rows[i].need == OT_REQUIRED && !table->rows[i].def)
            names[n++] = table->rows[i].key;
    }
    if (n == 0)
        return;
    ot_json_key(json, "anyOf");
    ot_json_open(json, '[');
    ot_json_open(json, '{');
    required_names(json, extends, 1);
    ot_json_close(json, '}');
    ot_json_open(json, '{');
    required_names(json, names, n);
    ot_json_close(json, '}');
    ot_json_close(json, ']');
}

static void table_schema(const struct ot_table *table, struct ot_json *json)
{
    if (table->help)
        ot_json_kstr(json, "description", ot_str_c(table->help));
    type_json(json, "object");
    ot_json_kbool(json, "additionalProperties", false);
    ot_json_key(json, "properties");
    ot_json_open(json, '{');
    for (size_t i = 0; i < table->n; i++) {
        if (table->rows[i].need != OT_OUTPUT_ONLY)
            row_schema(&table->rows[i], json);
    }
    key_and_text(json, "extends", NULL);
    ot_json_close(json, '}');
    required_schema(table, json);
}

static void include_schema(struct ot_json *json)
{
    static const char *const names[] = {"include"};
    ot_json_key(json, "include");
    ot_json_open(json, '{');
    ot_json_kstr(json, "description", ot_str_c("the contents of another file, relative to this"));
    type_json(json, "object");
    ot_json_kbool(json, "additionalProperties", false);
    required_names(json, names, 1);
    ot_json_key(json, "properties");
    ot_json_open(json, '{');
    key_and_text(json, "include", NULL);
    ot_json_close(json, '}');
    ot_json_close(json, '}');
}

void ot_field_schema(const struct ot_table *table, struct ot_json *json)
{
    struct tables all;
    collect(&all, table);
    ot_json_open(json, '{');
    ot_json_kstr(json, "$schema", ot_str_c("https://json-schema.org/draft/2020-12/schema"));
    ot_json_kstr(json, "title", ot_str_fmt(json->out->arena, "offtake %s", table->name));
    ref_json(json, table->name);
    ot_json_key(json, "$defs");
    ot_json_open(json, '{');
    for (size_t i = 0; i < all.n; i++) {
        ot_json_key(json, all.items[i]->name);
        ot_json_open(json, '{');
        table_schema(all.items[i], json);
        ot_json_close(json, '}');
    }
    include_schema(json);
    ot_json_close(json, '}');
    ot_json_close(json, '}');
}

/* --- reference page -------------------------------------------------------------------------- */

/* What to write as the value, in a few words. */
static struct ot_str form_text(struct ot_arena *arena, const struct ot_field *row)
{
    struct ot_buf out;
    ot_buf_init(&out, arena, 0);
    switch (row->kind) {
    case OT_KIND_STR:
        return ot_str_c("text");
    case OT_KIND_BOOL:
        return ot_str_c("`true` or `false`");
    case OT_KIND_INT:
        return ot_str_c("whole number");
    case OT_KIND_NUM:
        return ot_str_fmt(arena, "number, as `%s`", ot_dim_example(row->dim));
    case OT_KIND_FACT:
        return ot_str_fmt(arena, "figure with source, value as `%s`", ot_dim_example(row->dim));
    case OT_KIND_ENUM:
        for (size_t i = 0; i < row->names->n; i++)
            ot_buf_addf(&out, "%s`%s`", i ? ", " : "", row->names->names[i]);
        return ot_buf_str(&out);
    case OT_KIND_DATE:
        return ot_str_c("date, as `2026-08-21`");
    case OT_KIND_PERIOD:
        return ot_str_c("period, as `18 mo`");
    case OT_KIND_STRS:
        return ot_str_c("list of text");
    case OT_KIND_NUMS:
        return ot_str_fmt(arena, "list of numbers, as `%s`", ot_dim_example(row->dim));
    case OT_KIND_OBJ:
        return ot_str_fmt(arena, "map [%s](#%s)", row->table->name, row->table->name);
    case OT_KIND_LIST:
        return ot_str_fmt(arena, "list of [%s](#%s)", row->table->name, row->table->name);
    case OT_KIND_RAW:
        return ot_str_c("anything");
    case OT_KIND_PRED:
        return ot_str_c("prediction");
    }
    return ot_str_c("");
}

static struct ot_str need_text(struct ot_arena *arena, const struct ot_field *row)
{
    if (row->def)
        return ot_str_fmt(arena, "`%s`", row->def);
    return ot_str_c(row->need == OT_REQUIRED ? "required" : "");
}

static struct ot_str range_text(struct ot_arena *arena, const struct ot_field *row)
{
    if (row->min == 0 && row->max == 0)
        return ot_str_c("");
    if (!isfinite(row->max))
        return ot_str_fmt(arena, "≥ %s", ot__bound_text(arena, row, row->min).ptr);
    if (!isfinite(row->min))
        return ot_str_fmt(arena, "≤ %s", ot__bound_text(arena, row, row->max).ptr);
    return ot_str_fmt(arena, "%s to %s", ot__bound_text(arena, row, row->min).ptr,
                      ot__bound_text(arena, row, row->max).ptr);
}

void ot_field_page(const struct ot_table *table, struct ot_buf *out)
{
    struct tables all;
    collect(&all, table);
    for (size_t t = 0; t < all.n; t++) {
        const struct ot_table *one = all.items[t];
        ot_buf_addf(out, "%s%s %s\n\n", t ? "\n" : "", t ? "##" : "#", one->name);
        if (one->help)
            ot_buf_addf(out, "%s%s\n\n", one->help,
                        ot_str_ends(ot_str_c(one->help), ".") ? "" : ".");
        ot_buf_addc(out, "| key | value | range | default | meaning |\n|---|---|---|---|---|\n");
        for (size_t i = 0; i < one->n; i++) {
            const struct ot_field *row = &one->rows[i];
            if (row->need == OT_OUTPUT_ONLY)
                continue;
            const struct ot_str form = form_text(out->arena, row),
                                range = range_text(out->arena, row),
                                need = need_text(out->arena, row);
            ot_buf_addf(out, "| `%s` | ", row->key);
            ot_buf_add(out, form);
            ot_buf_addc(out, " | ");
            ot_buf_add(out, range);
            ot_buf_addc(out, " | ");
            ot_buf_add(out, need);
            ot_buf_addf(out, " | %s |\n", row->help ? row->help : "");
        }
    }
}
