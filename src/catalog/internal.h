/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFTAKE_SRC_CATALOG_INTERNAL_H
#define OFFTAKE_SRC_CATALOG_INTERNAL_H
/* What the files of this floor share and no other floor sees. */
#include "offtake/catalog.h"

/* data/offers/<provider>.yaml */
struct ot__offers {
    struct ot_str name, provider, note;
    struct ot_str *aliases;
    int64_t aliases_n;
    struct ot_price *prices;
    int64_t prices_n;
    struct ot_loc loc;
};

/* One folder of data/: what it holds and how one file of it is checked after loading. */
#define OT__KIND_LIST(X) X(chips) X(nodes) X(fabrics) X(models) X(offers) X(workloads)
enum ot__kind {
#define OT__KIND_ENUM(name) OT__KIND_##name,
    OT__KIND_LIST(OT__KIND_ENUM)
#undef OT__KIND_ENUM
    OT__KIND_COUNT
};
struct ot__kind_row {
    const char *folder; /* under the data root */
    const char *noun;   /* in messages */
    const struct ot_table *table;
    size_t name, aliases, aliases_n, loc; /* offsets */
    enum ot_code (*check)(void *item, const struct ot_node *file, struct ot_err *err);
};
const struct ot__kind_row *ot__kind_row(enum ot__kind kind);

extern const struct ot_table ot__layers_table;

/* Adds one to the group of layers equal to `layer`, or opens a group. */
void ot__layers_add(struct ot_arena *arena, struct ot_model *model, const struct ot_layers *layer);
/* A layer group whose numbers contradict each other or lack what its kind of attention needs. */
enum ot_code ot__layers_check(const struct ot_layers *layers, struct ot_loc loc,
                              struct ot_err *err) OT_MUST_CHECK;

/* Whether the importer reads the key, or may pass it over. */
bool ot__import_knows(struct ot_str key);
/* Sets dtype, dtype_moe and dtype_kv from quantization_config (or NULL) and from the contents of
 * hf_quant_config.json (or NULL). */
void ot__import_formats(const struct ot_node *top, const struct ot_node *text,
                        const struct ot_node *hf_quant, struct ot_model *model);
/* Four bits of an MoE checkpoint are its experts; the rest stays as it was. */
void ot__model_set_format(struct ot_model *model, enum ot_dtype format);
bool ot__model_has_experts(const struct ot_model *model);

/* Length of the longest suffix of a folded model name that leaves the structure as it is, 0 if
 * none; *ret_sets: it names the number format *ret_format. */
size_t ot__name_suffix(struct ot_str fold, bool *ret_sets, enum ot_dtype *ret_format);

/* Reads `fixed:ISL/OSL`; false when `name` is not of that form. */
bool ot__workload_is_fixed(struct ot_str name);
enum ot_code ot__workload_fixed(struct ot_arena *arena, struct ot_str name, struct ot_loc loc,
                                struct ot_workload *ret, struct ot_err *err) OT_MUST_CHECK;

/* --- what an open catalogue is made of ------------------------------------------------------- */

struct ot__key {
    struct ot_str fold;
    size_t index;
};
struct ot__shelf { /* all things of one kind, sorted by name */
    char *items;
    size_t n, cap;
    struct ot_sources *sources; /* per item: the files it came from */
    struct ot__key *keys;       /* sorted by (fold, index) */
    size_t keys_n, keys_cap;
};
struct ot_catalog {
    struct ot_arena *arena, *scratch;
    const char *root;
    struct ot_sources sources; /* of what was handed out */
    struct ot__shelf shelves[OT__KIND_COUNT];
    struct ot_price *prices;
    size_t prices_n;
    struct ot_unsupported *unsupported;
    size_t unsupported_n;
};
void *ot__shelf_item(const struct ot__shelf *shelf, enum ot__kind kind, size_t index);
struct ot_str *ot__shelf_name(const struct ot__shelf *shelf, enum ot__kind kind, size_t index);
#endif
