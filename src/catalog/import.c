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
#include "catalog/import.h"

#include <string.h>

enum {
    LAYERS_MAX = 10000
};

/* clang-format off */
static const struct ot__family families[] = {
    /* model_type  tied   gated  gate   shared window chunk vocab */
    {"gemma2",     true,  true,  false, false, 2, 0, 0},
    {"gemma3",     true,  true,  false, false, 6, 0, 262208},
    {"gemma",      true,  true,  false, false, 0, 0, 0},
    {"llama4",     false, false, false, true,  0, 4, 0},
    {"qwen3_next", false, false, true,  false, 0, 0, 0},
    {"gpt_oss",    false, true,  false, false, 0, 0, 0},
    {"cohere",     true,  false, false, false, 0, 0, 0},
    {"opt",        true,  false, false, false, 0, 0, 0},
    {"gpt2",       true,  false, false, false, 0, 0, 0},
    {"falcon",     true,  false, false, false, 0, 0, 0},
    {"mpt",        true,  false, false, false, 0, 0, 0},
    {"",           false, false, false, false, 0, 0, 0},
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

static enum ot_code need(const struct ot__config *c, const char *field, int64_t value)
{
    if (value > 0)
        return OT_OK;
    return ot_err_set(c->err, OT_INPUT, c->text->loc, field, ot_str_c(""),
                      "missing: a whole number above zero");
}

/* --- the whole ------------------------------------------------------------------------------- */

static bool gated(const struct ot__config *c)
{
    static const char *const two_matrices[] = {"gelu", "gelu_new", "gelu_fast", "relu", "relu2"};
    if (c->family->gated)
        return true;
    if (ot__config_get(c, "activation_function") != NULL) /* the key of GPT-2, GPT-J and OPT */
        return false;
    struct ot_str act = ot__config_text(c, "mlp_hidden_act");
    if (act.len == 0)
        act = ot__config_text(c, "hidden_act");
    return act.len > 0
               ? !listed(two_matrices, OT_COUNT(two_matrices), act)
               : ot__config_get(c, "n_inner") == NULL && ot__config_get(c, "ffn_dim") == NULL;
}

static void read_mlp(struct ot__config *c, int64_t hidden)
{
    c->gated = gated(c);
    c->experts =
        ot__config_int(c, "num_local_experts|n_routed_experts|num_experts|moe_num_experts", 0);
    c->top_k = ot__config_int(c,
                              "num_experts_per_tok|num_experts_per_token|experts_per_token|"
                              "top_k_experts|moe_top_k",
                              0);
    const int64_t width = ot__config_int(c, "intermediate_size|n_inner|ffn_dim", 0);
    c->moe_ffn = ot__config_int(c, "moe_intermediate_size", c->experts > 0 ? width : 0);
    c->dense_ffn = ot__config_int(c, "intermediate_size_mlp|dense_intermediate_size", width);
    if (c->dense_ffn == 0 && c->experts == 0)
        c->dense_ffn = 4 * hidden; /* GPT-J and GPT-2 leave n_inner null, Falcon has no key */
    const int64_t shared_n =
        ot__config_int(c, "n_shared_experts|num_shared_experts", c->family->shared_expert ? 1 : 0);
    const int64_t each = ot__config_int(c, "moe_shared_expert_intermediate_size", c->moe_ffn);
    c->shared_ffn = ot__config_int(c,
                                   "shared_expert_intermediate_size|share_expert_dim|"
                                   "shared_intermediate_size",
                                   shared_n * each);
    c->moe_in = ot__config_int(c, "routed_expert_hidden_size|moe_latent_size", 0);
    if (c->experts == 0)
        c->top_k = c->moe_ffn = c->shared_ffn = c->moe_in = 0;
}

/* The window, where it is active at all. */
static int64_t window_of(const struct ot__config *c, int64_t max_position)
{
    if (!ot__config_flag(c, "use_sliding_window", true))
        return 0;
    const int64_t window =
        ot__config_int(c, "sliding_window|sliding_window_size|attention_chunk_size", 0);
    return max_position > 0 && window >= max_position ? 0 : window;
}

static void read_attention(struct ot__config *c, int64_t hidden)
{
    struct ot_layers *l = &c->full;
    l->heads = ot__config_int(c, "num_attention_heads|n_head|n_heads", 0);
    int64_t kv = l->heads;
    if (ot__config_flag(c, "multi_query", false) &&
        !ot__config_flag(c, "new_decoder_architecture", false))
        kv = 1;
    else
        kv = ot__config_int(c, "num_key_value_heads|num_kv_heads|num_attention_groups", kv);
    l->head_dim = ot__config_int(c, "head_dim", l->heads > 0 ? hidden / l->heads : 0);
    l->v_head_dim = ot__config_int(c, "v_head_dim", 0);
    l->q_rank = ot__config_int(c, "q_lora_rank", 0);
    l->gate = ot__config_flag(c, "attn_output_gate", c->family->gate);
    const bool latent_heads = ot__config_get(c, "compress_ratios") != NULL;
    if (ot__config_get(c, "kv_lora_rank") != NULL) {
        l->attn = OT_ATTN_mla;
        l->kv_rank = ot__config_int(c, "kv_lora_rank", 0);
        l->rope_dim = ot__config_int(c, "qk_rope_head_dim", 0);
        l->nope_dim = ot__config_int(c, "qk_nope_head_dim", 0);
        l->head_dim = 0; /* in GLM-5 the key holds something else */
        return;
    }
    l->kv_heads = kv;
    if (latent_heads) {
        l->kv_shared = true;
        l->o_rank = ot__config_int(c, "o_lora_rank", 0);
        l->o_groups = ot__config_int(c, "o_groups", 0);
    }
}

static int64_t count_layers(const struct ot__config *c)
{
    const int64_t n = ot__config_int(c, "num_hidden_layers|n_layer|n_layers", 0);
    const struct ot_node *types = ot__config_get(c, "layers_block_type");
    return n == 0 && types != NULL ? (int64_t)types->n : n;
}

static enum ot_code read_layers(struct ot__config *c, struct ot_model *model)
{
    for (int64_t i = 0; i < c->layers_n; i++) {
        struct ot_layers layer;
        enum ot_code code = ot__import_attention(c, i, &layer);
        if (code != OT_OK)
            return code;
        ot__import_mlp(c, i, model->hidden, &layer);
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

/* Whether the key, or one inside its value, speaks of it and says something. */
static bool mentions(const struct ot_node *entry, const char *const *parts, size_t n)
{
    if (!says_something(entry))
        return false;
    if (speaks_of(entry->key, parts, n))
        return true;
    for (size_t i = 0; entry->kind == OT_NODE_MAP && i < entry->n; i++)
        if (speaks_of(entry->items[i].key, parts, n) && says_something(&entry->items[i]))
            return true;
    return false;
}

static enum ot_code note_unknown(const struct ot__config *c, const struct ot_node *map,
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
        if ((mentions(value, experts, OT_COUNT(experts)) && !ot__model_has_experts(model)) ||
            (mentions(value, recurrent, OT_COUNT(recurrent)) && !has_recurrent(model)))
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

static const struct ot__family *family_of(struct ot_str model_type)
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

static void read_sizes(const struct ot__config *c, struct ot_model *model)
{
    model->hidden = ot__config_int(c, "hidden_size|n_embd|d_model", 0);
    model->vocab = ot__config_int(c, "vocab_size", c->family->vocab);
    model->max_position = ot__config_int(c, "max_position_embeddings|n_positions|max_seq_len", 0);
    model->tied_embeddings = ot__config_flag(c, "tie_word_embeddings", c->family->tied);
    model->mtp_layers =
        ot__config_int(c, "num_nextn_predict_layers|mtp_num_hidden_layers|num_mtp_modules", 0);
}

static enum ot_code read_model(struct ot__config *c, struct ot_model *model)
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
    struct ot__config c = {.top = top, .text = top, .arena = arena, .err = err};
    const struct ot_node *text = ot__config_get(&c, "text_config|language_config|llm_config");
    if (text != NULL && text->kind == OT_NODE_MAP)
        c.text = text;
    const struct ot_str model_type = ot__config_text(&c, "model_type");
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
