/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFTAKE_BASE_FIELD_H
#define OFFTAKE_BASE_FIELD_H
/* Field tables: one row per property. The same rows load a YAML map into a struct, check it, print
 * it as JSON, make its JSON Schema and its reference page. */
#include <stddef.h>

#include "offtake/base/date.h"
#include "offtake/base/json.h"
#include "offtake/base/node.h"
#include "offtake/base/pred.h"
#include "offtake/base/units.h"

/* A public figure: value with optional range, and where it comes from.
 * YAML: {value: 2.9 TB/s, low: 2.8 TB/s, high: 3 TB/s, source: "…", date: 2026-08-21,
 *        status: vendor, note: "…"}; low/high/note optional; `value: n/d` = not known. */
#define OT_STATUS_LIST(X)                                                                          \
    X(vendor)                                                                                      \
    X(measured)                                                                                    \
    X(filed)                                                                                       \
    X(closed) X(announced) X(reported) X(estimate) X(derived) X(assumed) X(disputed) X(withdrawn)
enum ot_status {
#define OT_STATUS_ENUM(name) OT_STATUS_##name,
    OT_STATUS_LIST(OT_STATUS_ENUM)
#undef OT_STATUS_ENUM
    OT_STATUS_COUNT
};
const char *ot_status_name(enum ot_status status);

struct ot_fact {
    double value, low, high; /* SI; low = high = value when no range is stated */
    bool has;                /* false: absent or n/d */
    enum ot_status status;
    int64_t date_day; /* of the source */
    struct ot_str source, note;
    struct ot_loc loc;
};

/* Storage by kind at `offset`:
 * STR ot_str | BOOL bool | INT int64_t | NUM double | ENUM int-sized enum | DATE int64_t day |
 * PERIOD ot_period | FACT ot_fact | PRED ot_pred (print only) | STRS ot_str* + count |
 * NUMS double* + count | OBJ inline struct | LIST struct* + count | RAW const ot_node* */
enum ot_kind {
    OT_KIND_STR,
    OT_KIND_BOOL,
    OT_KIND_INT,
    OT_KIND_NUM,
    OT_KIND_ENUM,
    OT_KIND_DATE,
    OT_KIND_PERIOD,
    OT_KIND_FACT,
    OT_KIND_PRED,
    OT_KIND_STRS,
    OT_KIND_NUMS,
    OT_KIND_OBJ,
    OT_KIND_LIST,
    OT_KIND_RAW
};
enum ot_need {
    OT_OPTIONAL,
    OT_REQUIRED,
    OT_OUTPUT_ONLY
};

struct ot_enum_names {
    const char *const *names;
    size_t n;
};
struct ot_table;

struct ot_field {
    const char *key; /* in YAML; unit-free */
    const char *out; /* in JSON, with the unit suffix; NULL = key */
    enum ot_kind kind;
    enum ot_need need;
    enum ot_dim dim;                   /* NUM, FACT, NUMS */
    size_t offset;                     /* of the value */
    size_t count_offset;               /* of the int64_t count: STRS, NUMS, LIST */
    size_t has_offset;                 /* of a bool set when the key is present; 0 = none */
    double min, max;                   /* of numbers, SI; min == max == 0: unchecked */
    const char *def;                   /* text of the default, as if written; NULL = zero */
    const struct ot_enum_names *names; /* ENUM */
    const struct ot_table *table;      /* OBJ, LIST */
    const char *unique;                /* LIST: key that must differ between entries */
    const char *help;                  /* one line */
};
struct ot_table {
    const char *name;
    const char *help;
    size_t size; /* of the struct */
    const struct ot_field *rows;
    size_t n;
};

/* Collects the defaults that were used, for "assumed" in results. */
struct ot_assumed {
    struct ot_arena *arena;
    struct ot_assumption {
        struct ot_str path, value, why;
    } * items;
    size_t n, cap;
};
void ot_assumed_init(struct ot_assumed *assumed, struct ot_arena *arena);
void ot_assumed_add(struct ot_assumed *assumed, struct ot_str path, struct ot_str value,
                    const char *why);

/* Rules the loader keeps:
 * - a null value counts as absent, so `extends` can take an inherited key away;
 * - a FACT with a value has source, date and status; `n/d` (plain, or as value) leaves has false;
 * - an optional OBJ that is absent still gets the defaults of its rows, unless it has has_offset;
 * - a default used is added to `assumed` with its dotted path and the row's help. */

/* Loads `node` (a map) into *ret (table->size bytes, zeroed by the callee first). Unknown keys,
 * missing required keys, wrong units and out-of-range values are OT_INPUT with position; unknown
 * keys get a "did you mean". assumed may be NULL. */
enum ot_code ot_field_load(const struct ot_table *table, const struct ot_node *node,
                           struct ot_arena *arena, struct ot_assumed *assumed, void *ret,
                           struct ot_err *err) OT_MUST_CHECK;
/* The struct as a JSON object; optional values that are absent are left out. */
void ot_field_json(const struct ot_table *table, const void *object, struct ot_json *json);
/* JSON Schema (draft 2020-12) of the YAML file. */
void ot_field_schema(const struct ot_table *table, struct ot_json *json);
/* Markdown reference page. */
void ot_field_page(const struct ot_table *table, struct ot_buf *out);
#endif
