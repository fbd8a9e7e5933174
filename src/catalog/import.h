/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFTAKE_SRC_CATALOG_IMPORT_H
#define OFFTAKE_SRC_CATALOG_IMPORT_H
/* What the files of the config.json importer share. */
#include "catalog/internal.h"

/* What one family means by keys that others share; matched by the start of model_type. */
struct ot__family {
    const char *model_type;
    bool tied;            /* tie_word_embeddings when the key is absent */
    bool gated;           /* whatever the activation is called */
    bool gate;            /* attn_output_gate when the key is absent */
    bool shared_expert;   /* one shared expert of expert width, without a key */
    int64_t window_every; /* sliding layers: all but every n-th, without a key; 0 = none */
    int64_t chunk_every;  /* attention_chunk_size: all but every n-th layer */
    int64_t vocab;        /* where the family may leave the key out; 0 = never */
};
struct ot__config {
    const struct ot_node *top, *text; /* text: text_config where there is one, else top */
    struct ot_arena *arena;
    struct ot_err *err;
    const struct ot__family *family;
    int64_t layers_n;
    struct ot_layers full; /* a layer of full attention, before per-layer changes */
    int64_t window;        /* of sliding layers, 0 = none */
    int64_t experts, top_k, moe_ffn, shared_ffn, dense_ffn, moe_in;
    bool gated;
};

/* The first of the keys, "new_name|old_name", that is there and not null, in the text part, then at
 * the top; NULL when none is. */
const struct ot_node *ot__config_get(const struct ot__config *c, const char *keys);
/* A whole number; false for anything else. */
bool ot__config_node_int(const struct ot_node *node, int64_t *ret);
/* Values by key; the default when absent or of another type. */
int64_t ot__config_int(const struct ot__config *c, const char *keys, int64_t def);
bool ot__config_flag(const struct ot__config *c, const char *keys, bool def);
struct ot_str ot__config_text(const struct ot__config *c, const char *keys);
/* Entry i of a list, NULL where there is no such list or entry. */
const struct ot_node *ot__config_entry(const struct ot__config *c, const char *keys, int64_t i);
bool ot__config_list_has(const struct ot_node *list, int64_t value);

/* Attention of layer i, everything but its MLP. */
enum ot_code ot__import_attention(const struct ot__config *c, int64_t i,
                                  struct ot_layers *ret) OT_MUST_CHECK;
/* Adds the MLP of layer i: dense, experts, both or none. */
void ot__import_mlp(const struct ot__config *c, int64_t i, int64_t hidden, struct ot_layers *l);
#endif
