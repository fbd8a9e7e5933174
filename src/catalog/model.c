/* SPDX-License-Identifier: Apache-2.0 */
/* How many weights a model has and how many bytes of KV a token takes, counted from its structure.
 * Norms, biases, sinks and gates of single vectors are left out (below 0.1 % of any model).
 * Statement and check: docs/models/parameters.md. */
#include "catalog/internal.h"

/* One index key in 8 bits with a 4-byte scale per 128 elements. */
static const double index_key_bytes = 132.0 / 128.0;

static double v_dim(const struct ot_layers *l)
{
    return (double)(l->v_head_dim > 0 ? l->v_head_dim : l->head_dim);
}

/* Query projection from `hidden` to `columns`, direct or through q_rank. */
static double query_params(double hidden, double q_rank, double columns)
{
    return q_rank > 0 ? hidden * q_rank + q_rank * columns : hidden * columns;
}

/* The indexer of sparse attention: queries, one key, one weight per head. */
static double index_params(double hidden, const struct ot_layers *l)
{
    const double heads = (double)l->index_heads, dim = (double)l->index_dim;
    const double from = l->q_rank > 0 ? (double)l->q_rank : hidden;
    return dim > 0 ? from * heads * dim + hidden * dim + hidden * heads : 0;
}

static double gqa_params(double hidden, const struct ot_layers *l)
{
    const double heads = (double)l->heads, kv = (double)l->kv_heads, dim = (double)l->head_dim;
    const double q = query_params(hidden, (double)l->q_rank, heads * dim * (l->gate ? 2 : 1));
    const double k = hidden * kv * dim;
    const double v = l->kv_shared || l->v_from_k ? 0 : hidden * kv * v_dim(l);
    const double rank = (double)l->o_rank, wide = heads * v_dim(l);
    const double o = rank > 0 ? wide * rank + (double)l->o_groups * rank * hidden : wide * hidden;
    return q + k + v + o + index_params(hidden, l);
}

static double mla_params(double hidden, const struct ot_layers *l)
{
    const double heads = (double)l->heads, nope = (double)l->nope_dim, rope = (double)l->rope_dim;
    const double q = query_params(hidden, (double)l->q_rank, heads * (nope + rope));
    const double down = hidden * (double)(l->kv_rank + l->rope_dim);
    const double up = (double)l->kv_rank * heads * (nope + v_dim(l));
    return q + down + up + heads * v_dim(l) * hidden + index_params(hidden, l);
}

static double linear_params(double hidden, const struct ot_layers *l)
{
    return hidden * (double)(l->linear_in_dim + l->linear_dim);
}

static double no_params(double hidden, const struct ot_layers *l)
{
    (void)hidden, (void)l;
    return 0;
}

/* Cached elements of one token in one layer. */
static double gqa_kv(const struct ot_layers *l)
{
    const double folded = l->compress > 0 ? (double)l->compress : 1;
    return (double)l->kv_heads * ((double)l->head_dim + (l->kv_shared ? 0 : v_dim(l))) / folded;
}

static double mla_kv(const struct ot_layers *l)
{
    return (double)(l->kv_rank + l->rope_dim);
}

static double no_kv(const struct ot_layers *l)
{
    (void)l;
    return 0;
}

/* To add a kind of attention: one row here, one in OT_ATTN_LIST. */
static const struct {
    double (*params)(double hidden, const struct ot_layers *l);
    double (*kv)(const struct ot_layers *l);
} kinds[] = {
    [OT_ATTN_gqa] = {gqa_params, gqa_kv},      [OT_ATTN_mla] = {mla_params, mla_kv},
    [OT_ATTN_linear] = {linear_params, no_kv}, [OT_ATTN_mamba] = {linear_params, no_kv},
    [OT_ATTN_none] = {no_params, no_kv},
};

double ot_layers_attn_params(const struct ot_model *model, const struct ot_layers *layers)
{
    return kinds[layers->attn].params((double)model->hidden, layers);
}

double ot_layers_ffn_params(const struct ot_model *model, const struct ot_layers *layers)
{
    const double matrices = layers->ffn_gated ? 3 : 2;
    return matrices * (double)model->hidden * (double)(layers->ffn_dim + layers->shared_ffn_dim);
}

/* Router, the way into and out of a latent, and `experts` experts. */
static double moe_params(const struct ot_model *model, const struct ot_layers *l, double experts)
{
    if (l->experts == 0)
        return 0;
    const double hidden = (double)model->hidden;
    const double in = l->moe_in_dim > 0 ? (double)l->moe_in_dim : hidden;
    const double latent = l->moe_in_dim > 0 ? 2 * hidden * in : 0;
    return hidden * (double)l->experts + latent +
           experts * (l->ffn_gated ? 3 : 2) * in * (double)l->moe_ffn_dim;
}

double ot_layers_moe_params(const struct ot_model *model, const struct ot_layers *layers)
{
    return moe_params(model, layers, (double)layers->experts);
}

double ot_layers_moe_params_active(const struct ot_model *model, const struct ot_layers *layers)
{
    return moe_params(model, layers, (double)layers->top_k);
}

static double embedding_params(const struct ot_model *model)
{
    return (double)model->vocab * (double)model->hidden * (model->tied_embeddings ? 1 : 2);
}

double ot_model_params(const struct ot_model *model)
{
    struct ot_sum sum = {0};
    ot_sum_add(&sum, embedding_params(model));
    for (int64_t i = 0; i < model->layers_n; i++) {
        const struct ot_layers *l = &model->layers[i];
        ot_sum_add(&sum, (double)l->count *
                             (ot_layers_attn_params(model, l) + ot_layers_ffn_params(model, l) +
                              ot_layers_moe_params(model, l)));
    }
    return ot_sum_get(&sum);
}

double ot_model_params_active(const struct ot_model *model)
{
    struct ot_sum sum = {0};
    ot_sum_add(&sum, embedding_params(model));
    for (int64_t i = 0; i < model->layers_n; i++) {
        const struct ot_layers *l = &model->layers[i];
        ot_sum_add(&sum, (double)l->count *
                             (ot_layers_attn_params(model, l) + ot_layers_ffn_params(model, l) +
                              ot_layers_moe_params_active(model, l)));
    }
    return ot_sum_get(&sum);
}

int64_t ot_model_layers(const struct ot_model *model)
{
    int64_t n = 0;
    for (int64_t i = 0; i < model->layers_n; i++)
        n += model->layers[i].count;
    return n;
}

double ot_layers_kv_bytes_per_token(const struct ot_layers *layers, enum ot_dtype kv)
{
    return kinds[layers->attn].kv(layers) * ot_dtype_bytes(kv) +
           (double)layers->index_dim * index_key_bytes;
}

double ot_model_kv_bytes_per_token(const struct ot_model *model, enum ot_dtype kv)
{
    double bytes = 0;
    for (int64_t i = 0; i < model->layers_n; i++)
        bytes +=
            (double)model->layers[i].count * ot_layers_kv_bytes_per_token(&model->layers[i], kv);
    return bytes;
}

bool ot__model_has_experts(const struct ot_model *model)
{
    for (int64_t i = 0; i < model->layers_n; i++)
        if (model->layers[i].experts > 0)
            return true;
    return false;
}

void ot__model_set_format(struct ot_model *model, enum ot_dtype format)
{
    const bool four_bits = ot_dtype_bytes(format) < 1;
    if (four_bits && ot__model_has_experts(model))
        model->dtype = ot_dtype_bytes(model->dtype) < 2 ? OT_DTYPE_bf16 : model->dtype;
    else
        model->dtype = format;
    model->dtype_moe = format;
}

/* --- groups -------------------------------------------------------------------------------- */

/* Equal in every field but `count`. */
static bool layers_equal(const struct ot_layers *a, const struct ot_layers *b)
{
    for (size_t i = 0; i < ot__layers_table.n; i++) {
        const struct ot_field *row = &ot__layers_table.rows[i];
        const char *x = (const char *)a + row->offset, *y = (const char *)b + row->offset;
        if (row->offset == offsetof(struct ot_layers, count))
            continue;
        const bool same =
            row->kind == OT_KIND_BOOL ? *(const bool *)x == *(const bool *)y
            : row->kind == OT_KIND_ENUM
                ? *(const int *)(const void *)x == *(const int *)(const void *)y
                : *(const int64_t *)(const void *)x == *(const int64_t *)(const void *)y;
        if (!same)
            return false;
    }
    return true;
}

void ot__layers_add(struct ot_arena *arena, struct ot_model *model, const struct ot_layers *layer)
{
    for (int64_t i = 0; i < model->layers_n; i++)
        if (layers_equal(&model->layers[i], layer)) {
            model->layers[i].count++;
            return;
        }
    const size_t n = (size_t)model->layers_n;
    model->layers = ot_arena_grow(arena, model->layers, n, n + 1, sizeof *model->layers);
    model->layers[n] = *layer;
    model->layers[n].count = 1;
    model->layers_n++;
}

/* What must be set for a kind of attention, as a field name; NULL when nothing is missing. */
static const char *missing(const struct ot_layers *l)
{
    const bool gqa = l->attn == OT_ATTN_gqa, mla = l->attn == OT_ATTN_mla,
               state = l->attn == OT_ATTN_linear || l->attn == OT_ATTN_mamba;
    if ((gqa || mla) && l->heads == 0)
        return "heads";
    if (gqa && l->kv_heads == 0)
        return "kv_heads";
    if (gqa && l->head_dim == 0)
        return "head_dim";
    if (mla && l->kv_rank == 0)
        return "kv_rank";
    if (mla && l->nope_dim == 0)
        return "nope_dim";
    if (mla && l->v_head_dim == 0)
        return "v_head_dim";
    if (state && l->state_bytes == 0)
        return "state";
    if (state && l->linear_in_dim == 0)
        return "linear_in";
    if (state && l->linear_dim == 0)
        return "linear";
    if (l->experts > 0 && l->moe_ffn_dim == 0)
        return "moe_ffn";
    if (l->experts > 0 && l->top_k == 0)
        return "top_k";
    if (l->index_dim > 0 && l->index_heads == 0)
        return "index_heads";
    return NULL;
}

enum ot_code ot__layers_check(const struct ot_layers *layers, struct ot_loc loc, struct ot_err *err)
{
    const char *field = missing(layers);
    if (field != NULL)
        return ot_err_set(err, OT_INPUT, loc, field, ot_str_c(""),
                          "missing or 0: these layers need it");
    if (layers->attn == OT_ATTN_gqa && layers->heads % layers->kv_heads != 0)
        return ot_err_set(err, OT_INPUT, loc, "kv_heads", ot_str_c(""),
                          "a divisor of the %lld heads", (long long)layers->heads);
    if (layers->experts > 0 && layers->top_k > layers->experts)
        return ot_err_set(err, OT_INPUT, loc, "top_k", ot_str_c(""), "at most the %lld experts",
                          (long long)layers->experts);
    if (layers->experts == 0 && (layers->top_k > 0 || layers->moe_ffn_dim > 0))
        return ot_err_set(err, OT_INPUT, loc, "experts", ot_str_c(""),
                          "missing: top_k and moe_ffn are given");
    return OT_OK;
}
