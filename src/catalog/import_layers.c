/* SPDX-License-Identifier: Apache-2.0 */
/* One layer of a config.json: which attention it has, then which MLP, from whatever pattern the
 * file gives. */
#include "catalog/import.h"

#include <math.h>

/* --- attention of one layer ------------------------------------------------------------------ */

static void set_linear(const struct ot__config *c, struct ot_layers *l)
{
    const int64_t nk = ot__config_int(c, "linear_num_key_heads", 0),
                  nv = ot__config_int(c, "linear_num_value_heads", 0);
    const int64_t dk = ot__config_int(c, "linear_key_head_dim", 0),
                  dv = ot__config_int(c, "linear_value_head_dim", 0);
    const int64_t wide = ot_str_is(ot__config_text(c, "mamba_ssm_dtype"), "float32") ? 4 : 2;
    const int64_t conv = ot__config_int(c, "linear_conv_kernel_dim", 4) - 1;
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

static void set_mamba(const struct ot__config *c, struct ot_layers *l)
{
    const int64_t heads = ot__config_int(c, "mamba_num_heads", 0),
                  dim = ot__config_int(c, "mamba_head_dim", 0);
    const int64_t state = ot__config_int(c, "ssm_state_size", 0),
                  groups = ot__config_int(c, "n_groups", 1);
    const int64_t inner = heads * dim, conv = ot__config_int(c, "conv_kernel", 4) - 1;
    const bool half = ot_str_is(ot__config_text(c, "mamba_ssm_cache_dtype"), "bfloat16");
    *l = (struct ot_layers){.attn = OT_ATTN_mamba,
                            .linear_in_dim = 2 * inner + 2 * groups * state + heads,
                            .linear_dim = inner,
                            .state_bytes = heads * dim * state * (half ? 2 : 4) +
                                           (inner + 2 * groups * state) * conv * 2};
}

/* The sliding variant of the full layer: its own head counts where the file has them. */
static void set_sliding(const struct ot__config *c, struct ot_layers *l)
{
    l->window = c->window;
    l->kv_heads = ot__config_int(c, "swa_num_key_value_heads", l->kv_heads);
    l->heads = ot__config_int(c, "swa_num_attention_heads", l->heads);
    l->head_dim = ot__config_int(c, "swa_head_dim", l->head_dim);
    l->v_head_dim = ot__config_int(c, "swa_v_head_dim", l->v_head_dim);
    const struct ot_node *other = ot__config_get(c, "attention_other_setting");
    if (other != NULL) {
        (void)ot_node_int(other, "num_attention_heads", &l->heads);
        (void)ot_node_int(other, "num_attention_groups", &l->kv_heads);
        (void)ot_node_int(other, "head_dim", &l->head_dim);
    }
}

/* Full layers of a model whose sliding ones are the plain ones (Gemma 4). */
static void set_global(const struct ot__config *c, struct ot_layers *l)
{
    l->head_dim = ot__config_int(c, "global_head_dim", l->head_dim);
    l->kv_heads = ot__config_int(c, "num_global_key_value_heads", l->kv_heads);
    l->v_from_k = ot__config_flag(c, "attention_k_eq_v", false);
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
static enum look look_sliding(const struct ot__config *c, int64_t i)
{
    int64_t flag = 0;
    if (ot__config_node_int(ot__config_entry(c, "hybrid_layer_pattern", i), &flag))
        return flag == 1 ? LOOK_SLIDING : LOOK_FULL;
    if (c->window == 0)
        return LOOK_FULL;
    if (ot__config_get(c, "attention_chunk_size") != NULL)
        return every(i, c->family->chunk_every, LOOK_SLIDING);
    const int64_t pattern = ot__config_int(c, "sliding_window_pattern|_sliding_window_pattern",
                                           c->family->window_every);
    if (pattern > 0)
        return every(i, pattern, LOOK_SLIDING);
    return i < ot__config_int(c, "max_window_layers", 0) &&
                   ot__config_get(c, "use_sliding_window") != NULL
               ? LOOK_FULL
               : LOOK_SLIDING;
}

/* What the attention of layer i looks like, from whichever pattern the file gives. */
static enum look look_of(const struct ot__config *c, int64_t i)
{
    const struct ot_str letters = ot__config_text(c, "hybrid_override_pattern");
    if (letters.len > 0)
        return (size_t)i < letters.len ? look_of_letter(letters.ptr[i]) : LOOK_UNKNOWN;
    const struct ot_node *name = ot__config_entry(c, "layers_block_type", i);
    if (name == NULL)
        name = ot__config_entry(c, "layer_types", i);
    if (name != NULL)
        return look_of_name(name->text);
    const struct ot_node *linear = ot__config_get(c, "linear_attn_config");
    if (linear != NULL) /* counts layers from 1 */
        return ot__config_list_has(ot_node_get(linear, "kda_layers"), i + 1) ? LOOK_DELTA
                                                                             : LOOK_FULL;
    if (ot__config_get(c, "linear_num_value_heads") != NULL)
        return every(i, ot__config_int(c, "full_attention_interval", 4), LOOK_LINEAR);
    return look_sliding(c, i);
}

/* Search keys of sparse attention on the layers that have their own. */
static void set_indexer(const struct ot__config *c, int64_t i, struct ot_layers *l)
{
    const struct ot_node *type = ot__config_entry(c, "indexer_types", i);
    if (ot__config_get(c, "index_head_dim") == NULL ||
        (type != NULL && !ot_str_is(type->text, "full")))
        return;
    l->index_dim = ot__config_int(c, "index_head_dim", 0);
    l->index_heads = ot__config_int(c, "index_n_heads", 0);
}

/* Nemotron-NAS states attention per layer. False: the layer has none. */
static bool set_block(const struct ot__config *c, int64_t i, struct ot_layers *l)
{
    const struct ot_node *block = ot__config_entry(c, "block_configs", i);
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

enum ot_code ot__import_attention(const struct ot__config *c, int64_t i, struct ot_layers *ret)
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
        set_delta(ot__config_get(c, "linear_attn_config"), ret);
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
    if (ot__config_node_int(ot__config_entry(c, "compress_ratios", i), &ratio)) {
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

static bool is_moe(const struct ot__config *c, int64_t i)
{
    if (c->experts == 0)
        return false;
    const struct ot_node *type = ot__config_entry(c, "mlp_layer_types", i);
    if (type != NULL)
        return ot_str_is(type->text, "sparse") || ot_str_is(type->text, "moe");
    if (ot__config_get(c, "moe_layers") != NULL)
        return ot__config_list_has(ot__config_get(c, "moe_layers"), i);
    if (ot__config_text(c, "moe_layers_enum").len > 0)
        return text_list_has(ot__config_text(c, "moe_layers_enum"), i);
    int64_t flag = 0;
    if (ot__config_node_int(ot__config_entry(c, "moe_layer_freq", i), &flag))
        return flag != 0;
    if (i < ot__config_int(c, "first_k_dense_replace", 0) ||
        ot__config_list_has(ot__config_get(c, "mlp_only_layers"), i))
        return false;
    const int64_t step = ot__config_int(c, "decoder_sparse_step|interleave_moe_layer_step", 1);
    if (step > 1)
        return (i + 1) % step == 0;
    const int64_t freq = ot__config_int(c, "moe_layer_freq", 1);
    return freq <= 1 || i % freq == 0;
}

static void set_experts(const struct ot__config *c, struct ot_layers *l)
{
    l->experts = c->experts;
    l->top_k = c->top_k;
    l->moe_ffn_dim = c->moe_ffn;
    l->shared_ffn_dim = c->shared_ffn;
    l->moe_in_dim = c->moe_in;
}

/* Nemotron-NAS: width of layer i's MLP, a multiple of 256. */
static int64_t block_ffn(const struct ot__config *c, int64_t i, int64_t hidden, int64_t def)
{
    const struct ot_node *block = ot__config_entry(c, "block_configs", i);
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

void ot__import_mlp(const struct ot__config *c, int64_t i, int64_t hidden, struct ot_layers *l)
{
    l->ffn_gated = c->gated;
    const struct ot_str letters = ot__config_text(c, "hybrid_override_pattern");
    const struct ot_node *name = ot__config_entry(c, "layers_block_type", i);
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
        if (ot__config_flag(c, "enable_moe_block", false)) /* dense MLP beside the experts */
            l->ffn_dim = c->dense_ffn;
    } else {
        l->ffn_dim = block_ffn(c, i, hidden, c->dense_ffn);
    }
}
