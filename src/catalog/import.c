/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a model's config.json into the structure the catalogue keeps.
 *
 * Publishers agree on little: keys have several names, one key means different things in different
 * families, and a layer may be anything. So the reader works by keys, not by families: for each
 * layer it asks which attention it has, then which MLP, from whatever pattern the file gives, and
 * equal layers become one group. What a key means for one family only is a row of `families`.
 *
 * A key that is in neither list below is reported in model->unknown_keys. If it speaks of experts
 * or of recurrent state and no such layer was found, the file is refused: guessing "dense" would be
 * silently wrong. */
#include "catalog/internal.h"

#include <math.h>
#include <string.h>

enum {
    LAYERS_MAX = 10000
};

struct config {
    const struct ot_node *top, *text; /* text: text_config where there is one, else top */
    struct ot_arena *arena;
    struct ot_err *err;
    const struct family *family;
    int64_t layers_n;
    struct ot_layers full; /* a layer of full attention, before per-layer changes */
    int64_t window;        /* of sliding layers, 0 = none */
    int64_t experts, top_k, moe_ffn, shared_ffn, dense_ffn, moe_in;
    bool gated;
};

/* --- keys ---------------------------------------------------------------------------------- */

/* What one family means by keys that others share; matched by the start of model_type. */
struct family {
    const char *model_type;
    bool tied;            /* tie_word_embeddings when the key is absent */
    bool gated;           /* whatever the activation is called */
    bool gate;            /* attn_output_gate when the key is absent */
    bool shared_expert;   /* one shared expert of expert width, without a key */
    int64_t window_every; /* sliding layers: all but every n-th, without a key; 0 = none */
    int64_t chunk_every;  /* attention_chunk_size: all but every n-th layer */
};
/* clang-format off */
static const struct family families[] = {
    /* model_type  tied   gated  gate   shared window chunk */
    {"gemma2",     true,  true,  false, false, 2, 0},
    {"gemma3",     true,  true,  false, false, 6, 0},
    {"gemma",      true,  true,  false, false, 0, 0},
    {"llama4",     false, false, false, true,  0, 4},
    {"qwen3_next", false, false, true,  false, 0, 0},
    {"gpt_oss",    false, true,  false, false, 0, 0},
    {"cohere",     true,  false, false, false, 0, 0},
    {"opt",        true,  false, false, false, 0, 0},
    {"gpt2",       true,  false, false, false, 0, 0},
    {"falcon",     true,  false, false, false, 0, 0},
    {"mpt",        true,  false, false, false, 0, 0},
    {"",           false, false, false, false, 0, 0},
};
/* clang-format on */

static bool listed(const char *const *keys, size_t n, struct ot_str key)
{
    for (size_t i = 0; i < n; i++)
        if (ot_str_is(key, keys[i]))
            return true;
    return false;
}

/* An unknown key that contains one of these speaks of a kind of layer. */
static bool speaks_of(struct ot_str key, const char *const *parts, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strstr(key.ptr, parts[i]) != NULL)
            return true;
    return false;
}

/* The first of several keys that is there and not null, in the text part, then at the top. */
static const struct ot_node *first_of(const struct config *c, const char *const *keys, size_t n)
{
    const struct ot_node *const levels[] = {c->text, c->top};
    for (size_t l = 0; l < OT_COUNT(levels); l++)
        for (size_t i = 0; i < n; i++) {
            const struct ot_node *node = ot_node_get(levels[l], keys[i]);
            if (node != NULL && node->kind != OT_NODE_NULL)
                return node;
        }
    return NULL;
}

static const struct ot_node *get(const struct config *c, const char *key)
{
    return first_of(c, &key, 1);
}

static bool node_int(const struct ot_node *node, int64_t *ret)
{
    return node != NULL && node->kind == OT_NODE_SCALAR && !node->quoted &&
           ot_str_int(node->text, ret);
}

static int64_t int_of(const struct config *c, const char *key, int64_t def)
{
    int64_t value = def;
    return node_int(get(c, key), &value) ? value : def;
}

#define KEYS(...)                                                                                  \
    ((const char *const[]){__VA_ARGS__}), OT_COUNT(((const char *const[]){__VA_ARGS__}))
static int64_t int_first(const struct config *c, const char *const *keys, size_t n, int64_t def)
{
    int64_t value = def;
    return node_int(first_of(c, keys, n), &value) ? value : def;
}

static bool flag_of(const struct config *c, const char *key, bool def)
{
    const struct ot_node *node = get(c, key);
    return node == NULL ? def : ot_str_is(node->text, "true");
}

static struct ot_str text_of(const struct config *c, const char *key)
{
    const struct ot_node *node = get(c, key);
    return node != NULL && node->kind == OT_NODE_SCALAR ? node->text : ot_str_c("");
}

/* Entry i of a list, NULL where there is no such list or entry. */
static const struct ot_node *entry_of(const struct config *c, const char *key, int64_t i)
{
    const struct ot_node *list = get(c, key);
    return list != NULL && list->kind == OT_NODE_SEQ && (size_t)i < list->n ? &list->items[i]
                                                                            : NULL;
}

static bool list_has(const struct ot_node *list, int64_t value)
{
    for (size_t i = 0; list != NULL && list->kind == OT_NODE_SEQ && i < list->n; i++) {
        int64_t entry = 0;
        if (node_int(&list->items[i], &entry) && entry == value)
            return true;
    }
    return false;
}

static enum ot_code need(const struct config *c, const char *field, int64_t value)
{
    if (value > 0)
        return OT_OK;
    return ot_err_set(c->err, OT_INPUT, c->text->loc, field, ot_str_c(""),
                      "missing: a whole number above zero");
}

/* --- attention of one layer ------------------------------------------------------------------ */

static void set_linear(const struct config *c, struct ot_layers *l)
{
    const int64_t nk = int_of(c, "linear_num_key_heads", 0),
                  nv = int_of(c, "linear_num_value_heads", 0);
    const int64_t dk = int_of(c, "linear_key_head_dim", 0),
                  dv = int_of(c, "linear_value_head_dim", 0);
    const int64_t wide = ot_str_is(text_of(c, "mamba_ssm_dtype"), "float32") ? 4 : 2;
    const int64_t conv = int_of(c, "linear_conv_kernel_dim", 4) - 1;
    *l =
        (struct ot_layers){.attn = OT_ATTN_linear,
                           .linear_in_dim = 2 * nk * dk + 2 * nv * dv + 2 * nv,
                           .linear_dim = nv * dv,
                           .state_bytes = nv * dk * dv * wide + (2 * nk * dk + nv * dv) * conv * 2};
}

/* Delta attention of kimi_linear: q, k, v and output gate of equal width, one rate per head. */
static void set_delta(const struct ot_node *linear, struct ot_layers *l)
{
    int64_t heads = 0, dim = 0, conv = 4;
    (void)ot_node_int(linear, "num_heads", &heads);
    (void)ot_node_int(linear, "head_dim", &dim);
    (void)ot_node_int(linear, "short_conv_kernel_size", &conv);
    const int64_t wide = heads * dim;
    *l = (struct ot_layers){.attn = OT_ATTN_linear,
                            .linear_in_dim = 4 * wide + heads,
                            .linear_dim = wide,
                            .state_bytes = heads * dim * dim * 4 + 3 * wide * (conv - 1) * 2};
}

static void set_mamba(const struct config *c, struct ot_layers *l)
{
    const int64_t heads = int_of(c, "mamba_num_heads", 0), dim = int_of(c, "mamba_head_dim", 0);
    const int64_t state = int_of(c, "ssm_state_size", 0), groups = int_of(c, "n_groups", 1);
    const int64_t inner = heads * dim, conv = int_of(c, "conv_kernel", 4) - 1;
    const bool half = ot_str_is(text_of(c, "mamba_ssm_cache_dtype"), "bfloat16");
    *l = (struct ot_layers){.attn = OT_ATTN_mamba,
                            .linear_in_dim = 2 * inner + 2 * groups * state + heads,
                            .linear_dim = inner,
                            .state_bytes = heads * dim * state * (half ? 2 : 4) +
                                           (inner + 2 * groups * state) * conv * 2};
}

/* The sliding variant of the full layer: its own head counts where the file has them. */
static void set_sliding(const struct config *c, struct ot_layers *l)
{
    l->window = c->window;
    l->kv_heads = int_of(c, "swa_num_key_value_heads", l->kv_heads);
    l->heads = int_of(c, "swa_num_attention_heads", l->heads);
    l->head_dim = int_of(c, "swa_head_dim", l->head_dim);
    l->v_head_dim = int_of(c, "swa_v_head_dim", l->v_head_dim);
    const struct ot_node *other = get(c, "attention_other_setting");
    if (other != NULL) {
        (void)ot_node_int(other, "num_attention_heads", &l->heads);
        (void)ot_node_int(other, "num_attention_groups", &l->kv_heads);
        (void)ot_node_int(other, "head_dim", &l->head_dim);
    }
}

/* Full layers of a model whose sliding ones are the plain ones (Gemma 4). */
static void set_global(const struct config *c, struct ot_layers *l)
{
    l->head_dim = int_of(c, "global_head_dim", l->head_dim);
    l->kv_heads = int_of(c, "num_global_key_value_heads", l->kv_heads);
    l->v_from_k = flag_of(c, "attention_k_eq_v", false);
}

enum look {
    LOOK_FULL,
    LOOK_SLIDING,
    LOOK_LINEAR,
    LOOK_DELTA,
    LOOK_MAMBA,
    LOOK_NONE,
    LOOK_UNKNOWN
};

static enum look look_of_name(struct ot_str name)
{
    static const struct {
        const char *name;
        enum look look;
    } names[] = {
        {"full_attention", LOOK_FULL},
        {"attention", LOOK_FULL},
        {"global_attention", LOOK_FULL},
        {"sliding_attention", LOOK_SLIDING},
        {"chunked_attention", LOOK_SLIDING},
        {"linear_attention", LOOK_LINEAR},
        {"mamba", LOOK_MAMBA},
        {"moe", LOOK_NONE},
        {"mlp", LOOK_NONE},
    };
    for (size_t i = 0; i < OT_COUNT(names); i++)
        if (ot_str_is(name, names[i].name))
            return names[i].look;
    return LOOK_UNKNOWN;
}

static enum look look_of_letter(char letter)
{
    return letter == 'M'                    ? LOOK_MAMBA
           : letter == '*'                  ? LOOK_FULL
           : letter == 'E' || letter == '-' ? LOOK_NONE
                                            : LOOK_UNKNOWN;
}

/* Every n-th layer is full, the others are `other`. */
static enum look every(int64_t i, int64_t n, enum look other)
{
    return n > 0 && (i + 1) % n != 0 ? other : LOOK_FULL;
}

/* Sliding layers without a list of layer types. */
static enum look look_sliding(const struct config *c, int64_t i)
{
    int64_t flag = 0;
    if (node_int(entry_of(c, "hybrid_layer_pattern", i), &flag))
        return flag == 1 ? LOOK_SLIDING : LOOK_FULL;
    if (c->window == 0)
        return LOOK_FULL;
    if (get(c, "attention_chunk_size") != NULL)
        return every(i, c->family->chunk_every, LOOK_SLIDING);
    const int64_t pattern = int_first(c, KEYS("sliding_window_pattern", "_sliding_window_pattern"),
                                      c->family->window_every);
    if (pattern > 0)
        return every(i, pattern, LOOK_SLIDING);
    return i < int_of(c, "max_window_layers", 0) && get(c, "use_sliding_window") != NULL
               ? LOOK_FULL
               : LOOK_SLIDING;
}

/* What the attention of layer i looks like, from whichever pattern the file gives. */
static enum look look_of(const struct config *c, int64_t i)
{
    const struct ot_str letters = text_of(c, "hybrid_override_pattern");
    if (letters.len > 0)
        return (size_t)i < letters.len ? look_of_letter(letters.ptr[i]) : LOOK_UNKNOWN;
    const struct ot_node *name = entry_of(c, "layers_block_type", i);
    if (name == NULL)
        name = entry_of(c, "layer_types", i);
    if (name != NULL)
        return look_of_name(name->text);
    const struct ot_node *linear = get(c, "linear_attn_config");
    if (linear != NULL) /* counts layers from 1 */
        return list_has(ot_node_get(linear, "kda_layers"), i + 1) ? LOOK_DELTA : LOOK_FULL;
    if (get(c, "linear_num_value_heads") != NULL)
        return every(i, int_of(c, "full_attention_interval", 4), LOOK_LINEAR);
    return look_sliding(c, i);
}

/* Search keys of sparse attention on the layers that have their own. */
static void set_indexer(const struct config *c, int64_t i, struct ot_layers *l)
{
    const struct ot_node *type = entry_of(c, "indexer_types", i);
    if (get(c, "index_head_dim") == NULL || (type != NULL && !ot_str_is(type->text, "full")))
        return;
    l->index_dim = int_of(c, "index_head_dim", 0);
    l->index_heads = int_of(c, "index_n_heads", 0);
}

/* Nemotron-NAS states attention per layer. False: the layer has none. */
static bool set_block(const struct config *c, int64_t i, struct ot_layers *l)
{
    const struct ot_node *block = entry_of(c, "block_configs", i);
    const struct ot_node *attention = block != NULL ? ot_node_get(block, "attention") : NULL;
    if (attention == NULL)
        return true;
    bool none = false, replaced = false;
    int64_t per_group = 0;
    (void)ot_node_bool(attention, "no_op", &none);
    (void)ot_node_bool(attention, "replace_with_linear", &replaced);
    if (none || replaced)
        return false;
    if (ot_node_int(attention, "n_heads_in_group", &per_group) && per_group > 0)
        l->kv_heads = l->heads / per_group;
    return true;
}

static enum ot_code attention_of(const struct config *c, int64_t i, struct ot_layers *ret)
{
    *ret = c->full;
    int64_t ratio = 0;
    switch (look_of(c, i)) {
    case LOOK_FULL:
        set_global(c, ret);
        break;
    case LOOK_SLIDING:
        set_sliding(c, ret);
        break;
    case LOOK_LINEAR:
        set_linear(c, ret);
        return OT_OK;
    case LOOK_DELTA:
        set_delta(get(c, "linear_attn_config"), ret);
        return OT_OK;
    case LOOK_MAMBA:
        set_mamba(c, ret);
        return OT_OK;
    case LOOK_NONE:
        *ret = (struct ot_layers){.attn = OT_ATTN_none};
        return OT_OK;
    case LOOK_UNKNOWN:
        return ot_err_set(c->err, OT_INPUT, c->text->loc, "layer_types", ot_str_c(""),
                          "layer %lld: a kind of layer this importer knows", (long long)i);
    }
    if (!set_block(c, i, ret)) {
        *ret = (struct ot_layers){.attn = OT_ATTN_none};
        return OT_OK;
    }
    if (node_int(entry_of(c, "compress_ratios", i), &ratio)) {
        ret->window = c->window;
        ret->compress = ratio;
        if (ratio != 4) /* only the finely compressed layers search */
            return OT_OK;
    }
    set_indexer(c, i, ret);
    return OT_OK;
}

/* --- MLP of one layer ------------------------------------------------------------------------ */

/* "3,4,5" */
static bool text_list_has(struct ot_str list, int64_t value)
{
    while (list.len > 0) {
        struct ot_str rest = {0};
        int64_t entry = 0;
        if (ot_str_int(ot_str_trim(ot_str_cut(list, ',', &rest)), &entry) && entry == value)
            return true;
        list = rest;
    }
    return false;
}

static bool is_moe(const struct config *c, int64_t i)
{
    if (c->experts == 0)
        return false;
    const struct ot_node *type = entry_of(c, "mlp_layer_types", i);
    if (type != NULL)
        return ot_str_is(type->text, "sparse") || ot_str_is(type->text, "moe");
    if (get(c, "moe_layers") != NULL)
        return list_has(get(c, "moe_layers"), i);
    if (text_of(c, "moe_layers_enum").len > 0)
        return text_list_has(text_of(c, "moe_layers_enum"), i);
    int64_t flag = 0;
    if (node_int(entry_of(c, "moe_layer_freq", i), &flag))
        return flag != 0;
    if (i < int_of(c, "first_k_dense_replace", 0) || list_has(get(c, "mlp_only_layers"), i))
        return false;
    const int64_t step = int_first(c, KEYS("decoder_sparse_step", "interleave_moe_layer_step"), 1);
    if (step > 1)
        return (i + 1) % step == 0;
    const int64_t freq = int_of(c, "moe_layer_freq", 1);
    return freq <= 1 || i % freq == 0;
}

static void set_experts(const struct config *c, struct ot_layers *l)
{
    l->experts = c->experts;
    l->top_k = c->top_k;
    l->moe_ffn_dim = c->moe_ffn;
    l->shared_ffn_dim = c->shared_ffn;
    l->moe_in_dim = c->moe_in;
}

/* Nemotron-NAS: width of layer i's MLP, a multiple of 256. */
static int64_t block_ffn(const struct config *c, int64_t i, int64_t hidden, int64_t def)
{
    const struct ot_node *block = entry_of(c, "block_configs", i);
    const struct ot_node *ffn = block != NULL ? ot_node_get(block, "ffn") : NULL;
    bool none = false;
    double mult = 0;
    if (ffn == NULL)
        return def;
    if (ot_node_bool(ffn, "no_op", &none) && none)
        return 0;
    if (!ot_node_num(ffn, "ffn_mult", &mult))
        return def;
    const double width = ceil(floor(2 * mult * (double)hidden / 3) / 256) * 256;
    return (int64_t)width;
}

static void mlp_of(const struct config *c, int64_t i, int64_t hidden, struct ot_layers *l)
{
    l->ffn_gated = c->gated;
    const struct ot_str letters = text_of(c, "hybrid_override_pattern");
    const struct ot_node *name = entry_of(c, "layers_block_type", i);
    if (letters.len > 0 || name != NULL) { /* a layer is ONE of mamba, attention, moe, mlp */
        const bool moe = letters.len > 0 ? letters.ptr[i] == 'E' : ot_str_is(name->text, "moe");
        const bool mlp = letters.len > 0 ? letters.ptr[i] == '-' : ot_str_is(name->text, "mlp");
        if (moe)
            set_experts(c, l);
        if (mlp)
            l->ffn_dim = c->dense_ffn;
        return;
    }
    if (is_moe(c, i)) {
        set_experts(c, l);
        if (flag_of(c, "enable_moe_block", false)) /* dense MLP beside the experts */
            l->ffn_dim = c->dense_ffn;
    } else {
        l->ffn_dim = block_ffn(c, i, hidden, c->dense_ffn);
    }
}

/* --- the whole ------------------------------------------------------------------------------- */

static bool gated(const struct config *c)
{
    static const char *const two_matrices[] = {"gelu", "gelu_new", "gelu_fast", "relu", "relu2"};
    if (c->family->gated)
        return true;
    if (get(c, "activation_function") != NULL) /* the key of GPT-2, GPT-J and OPT */
        return false;
    struct ot_str act = text_of(c, "mlp_hidden_act");
    if (act.len == 0)
        act = text_of(c, "hidden_act");
    return act.len > 0 ? !listed(two_matrices, OT_COUNT(two_matrices), act)
                       : get(c, "n_inner") == NULL && get(c, "ffn_dim") == NULL;
}

static void read_mlp(struct config *c, int64_t hidden)
{
    c->gated = gated(c);
    c->experts = int_first(
        c, KEYS("num_local_experts", "n_routed_experts", "num_experts", "moe_num_experts"), 0);
    c->top_k = int_first(c,
                         KEYS("num_experts_per_tok", "num_experts_per_token", "experts_per_token",
                              "top_k_experts", "moe_top_k"),
                         0);
    const int64_t width = int_first(c, KEYS("intermediate_size", "n_inner", "ffn_dim"), 0);
    c->moe_ffn = int_of(c, "moe_intermediate_size", c->experts > 0 ? width : 0);
    c->dense_ffn = int_first(c, KEYS("intermediate_size_mlp", "dense_intermediate_size"), width);
    if (c->dense_ffn == 0 && c->experts == 0)
        c->dense_ffn = 4 * hidden; /* GPT-J and GPT-2 leave n_inner null, Falcon has no key */
    const int64_t shared_n = int_first(c, KEYS("n_shared_experts", "num_shared_experts"),
                                       c->family->shared_expert ? 1 : 0);
    const int64_t each = int_of(c, "moe_shared_expert_intermediate_size", c->moe_ffn);
    c->shared_ffn = int_first(
        c, KEYS("shared_expert_intermediate_size", "share_expert_dim", "shared_intermediate_size"),
        shared_n * each);
    c->moe_in = int_first(c, KEYS("routed_expert_hidden_size", "moe_latent_size"), 0);
    if (c->experts == 0)
        c->top_k = c->moe_ffn = c->shared_ffn = c->moe_in = 0;
}

/* The window, where it is active at all. */
static int64_t window_of(const struct config *c, int64_t max_position)
{
    if (!flag_of(c, "use_sliding_window", true))
        return 0;
    const int64_t window =
        int_first(c, KEYS("sliding_window", "sliding_window_size", "attention_chunk_size"), 0);
    return max_position > 0 && window >= max_position ? 0 : window;
}

static void read_attention(struct config *c, int64_t hidden)
{
    struct ot_layers *l = &c->full;
    l->heads = int_first(c, KEYS("num_attention_heads", "n_head", "n_heads"), 0);
    int64_t kv = l->heads;
    if (flag_of(c, "multi_query", false) && !flag_of(c, "new_decoder_architecture", false))
        kv = 1;
    else
        kv = int_first(c, KEYS("num_key_value_heads", "num_kv_heads", "num_attention_groups"), kv);
    l->head_dim = int_of(c, "head_dim", l->heads > 0 ? hidden / l->heads : 0);
    l->v_head_dim = int_of(c, "v_head_dim", 0);
    l->q_rank = int_of(c, "q_lora_rank", 0);
    l->gate = flag_of(c, "attn_output_gate", c->family->gate);
    const bool latent_heads = get(c, "compress_ratios") != NULL;
    if (get(c, "kv_lora_rank") != NULL) {
        l->attn = OT_ATTN_mla;
        l->kv_rank = int_of(c, "kv_lora_rank", 0);
        l->rope_dim = int_of(c, "qk_rope_head_dim", 0);
        l->nope_dim = int_of(c, "qk_nope_head_dim", 0);
        l->head_dim = 0; /* in GLM-5 the key holds something else */
        return;
    }
    l->kv_heads = kv;
    if (latent_heads) {
        l->kv_shared = true;
        l->o_rank = int_of(c, "o_lora_rank", 0);
        l->o_groups = int_of(c, "o_groups", 0);
    }
}

static int64_t count_layers(const struct config *c)
{
    const int64_t n = int_first(c, KEYS("num_hidden_layers", "n_layer", "n_layers"), 0);
    const struct ot_node *types = get(c, "layers_block_type");
    return n == 0 && types != NULL ? (int64_t)types->n : n;
}

static enum ot_code read_layers(struct config *c, struct ot_model *model)
{
    for (int64_t i = 0; i < c->layers_n; i++) {
        struct ot_layers layer;
        enum ot_code code = attention_of(c, i, &layer);
        if (code != OT_OK)
            return code;
        mlp_of(c, i, model->hidden, &layer);
        code = ot__layers_check(&layer, c->text->loc, c->err);
        if (code != OT_OK)
            return code;
        ot__layers_add(c->arena, model, &layer);
    }
    return OT_OK;
}

static bool has_recurrent(const struct ot_model *model)
{
    for (int64_t i = 0; i < model->layers_n; i++)
        if (model->layers[i].attn == OT_ATTN_linear || model->layers[i].attn == OT_ATTN_mamba)
            return true;
    return false;
}

/* A number above zero, true, a list or an object: something that may stand for a structure. */
static bool says_something(const struct ot_node *value)
{
    if (value->kind == OT_NODE_SCALAR)
        return !value->quoted && !ot_str_is(value->text, "0") && !ot_str_is(value->text, "false");
    return value->n > 0;
}

static enum ot_code note_unknown(const struct config *c, const struct ot_node *map,
                                 struct ot_model *model)
{
    static const char *const experts[] = {"expert", "moe"}, *const recurrent[] = {"mamba", "ssm",
                                                                                  "linear_attn",
                                                                                  "delta"};
    for (size_t i = 0; i < map->n; i++) {
        const struct ot_node *value = &map->items[i];
        const struct ot_str key = value->key;
        if (ot__import_knows(key))
            continue;
        if (says_something(value) &&
            ((speaks_of(key, experts, OT_COUNT(experts)) && !ot__model_has_experts(model)) ||
             (speaks_of(key, recurrent, OT_COUNT(recurrent)) && !has_recurrent(model))))
            return ot_err_set(c->err, OT_INPUT, value->key_loc, key.ptr, value->text,
                              "a key this importer knows: without it the model would be read as "
                              "having no such layers");
        const size_t n = (size_t)model->unknown_keys_n;
        model->unknown_keys =
            ot_arena_grow(c->arena, model->unknown_keys, n, n + 1, sizeof *model->unknown_keys);
        model->unknown_keys[n] = key;
        model->unknown_keys_n++;
    }
    return OT_OK;
}

static const struct family *family_of(struct ot_str model_type)
{
    size_t i = 0;
    while (!ot_str_starts(model_type, families[i].model_type))
        i++;
    return &families[i];
}

/* "…/org--Name_config.json" and "…/Name/config.json" are both called Name. */
static struct ot_str name_of_path(struct ot_arena *arena, struct ot_str path)
{
    static const char tail[] = "config.json";
    const struct ot_str dir = ot_path_dir(arena, path);
    struct ot_str stem = ot_path_stem(arena, path);
    if (ot_str_is(stem, "config"))
        return dir.len > 0 ? ot_path_stem(arena, ot_str_fmt(arena, "%s.", dir.ptr)) : stem;
    if (ot_str_ends(path, tail) && ot_str_ends(stem, "_config"))
        stem.len -= strlen("_config");
    for (size_t i = 0; i + 2 < stem.len; i++)
        if (stem.ptr[i] == '-' && stem.ptr[i + 1] == '-') {
            stem = ot_str_n(stem.ptr + i + 2, stem.len - i - 2);
            break;
        }
    return ot_str_dup(arena, stem);
}

/* hf_quant_config.json beside the file, with the same prefix; NULL where there is none. */
static enum ot_code load_hf_quant(struct ot_arena *arena, struct ot_str path,
                                  struct ot_sources *sources, struct ot_node **ret,
                                  struct ot_err *err)
{
    static const char tail[] = "config.json";
    if (!ot_str_ends(path, tail))
        return OT_OK;
    struct ot_str beside =
        ot_str_fmt(arena, "%.*shf_quant_config.json", (int)(path.len - strlen(tail)), path.ptr);
    return ot_file_exists(beside.ptr) ? ot_json_load(arena, beside.ptr, sources, ret, err) : OT_OK;
}

static void read_sizes(const struct config *c, struct ot_model *model)
{
    model->hidden = int_first(c, KEYS("hidden_size", "n_embd", "d_model"), 0);
    model->vocab = int_of(c, "vocab_size", 0);
    model->max_position =
        int_first(c, KEYS("max_position_embeddings", "n_positions", "max_seq_len"), 0);
    model->tied_embeddings = flag_of(c, "tie_word_embeddings", c->family->tied);
    model->mtp_layers = int_first(
        c, KEYS("num_nextn_predict_layers", "mtp_num_hidden_layers", "num_mtp_modules"), 0);
}

static enum ot_code read_model(struct config *c, struct ot_model *model)
{
    read_sizes(c, model);
    c->layers_n = count_layers(c);
    enum ot_code code = need(c, "hidden_size", model->hidden);
    if (code == OT_OK)
        code = need(c, "vocab_size", model->vocab);
    if (code == OT_OK)
        code = need(c, "num_hidden_layers", c->layers_n);
    if (code != OT_OK)
        return code;
    if (c->layers_n > LAYERS_MAX)
        return ot_err_set(c->err, OT_INPUT, c->text->loc, "num_hidden_layers", ot_str_c(""),
                          "at most %d layers", (int)LAYERS_MAX);
    read_mlp(c, model->hidden);
    read_attention(c, model->hidden);
    c->window = window_of(c, model->max_position);
    code = read_layers(c, model);
    if (code == OT_OK)
        code = note_unknown(c, c->top, model);
    if (code == OT_OK && c->text != c->top)
        code = note_unknown(c, c->text, model);
    return code;
}

enum ot_code ot_model_import(struct ot_arena *arena, const char *path, struct ot_sources *sources,
                             struct ot_model *ret, struct ot_err *err)
{
    struct ot_node *top = NULL, *hf_quant = NULL;
    enum ot_code code = ot_json_load(arena, path, sources, &top, err);
    if (code == OT_OK)
        code = load_hf_quant(arena, ot_str_c(path), sources, &hf_quant, err);
    if (code != OT_OK)
        return code;
    if (top->kind != OT_NODE_MAP)
        return ot_err_set(err, OT_INPUT, top->loc, NULL, ot_str_c(""), "a JSON object");
    struct config c = {.top = top, .text = top, .arena = arena, .err = err};
    const struct ot_node *text = ot_node_get(top, "text_config");
    if (text != NULL && text->kind == OT_NODE_MAP)
        c.text = text;
    const struct ot_str model_type = text_of(&c, "model_type");
    c.family = family_of(model_type);
    const struct ot_str name = name_of_path(arena, ot_str_c(path));
    struct ot_model model = {
        .name = name,
        .title = name,
        .family = model_type,
        .source = ot_str_fmt(arena, "config.json of %s", name.ptr),
        .note = ot_node_get(top, "vision_config") != NULL
                    ? ot_str_c("the vision tower is not counted")
                    : ot_str_c(""),
        .loc = ot_loc_of(ot_str_dup(arena, ot_str_c(path)), 1, 1),
    };
    code = read_model(&c, &model);
    if (code != OT_OK)
        return code;
    ot__import_formats(top, c.text, hf_quant, &model);
    *ret = model;
    return OT_OK;
}
