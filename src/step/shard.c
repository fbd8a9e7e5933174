/* SPDX-License-Identifier: Apache-2.0 */
/* What one rank holds of a layer: heads, weights, cache (docs/models/shards.md). Weights are
 * elements without norms and biases. */
#include <math.h>

#include "step_internal.h"

bool ot__is_neuron(const struct ot_deploy *deploy)
{
    return deploy->engine == OT_ENGINE_nxd;
}

double ot__ranks(const struct ot_deploy *deploy)
{
    const int64_t per_chip =
        ot__is_neuron(deploy) && deploy->ranks_per_chip > 0 ? deploy->ranks_per_chip : 1;
    return (double)(deploy->layout.tp * per_chip);
}

bool ot__has_experts(const struct ot_model *model)
{
    for (int64_t g = 0; g < model->layers_n; g++)
        if (model->layers[g].experts > 0)
            return true;
    return false;
}

/* Heads and KV heads on a rank. AWS pads the heads to the ranks; multi-head attention keeps one KV
 * head per padded head. */
static void shard_heads(const struct ot_deploy *deploy, const struct ot_layers *l,
                        struct ot__shard *shard)
{
    const double t = ot__ranks(deploy);
    /* heads that do not divide are padded, and grouped KV heads then become one per head */
    const bool own_kv = l->kv_heads == l->heads || fmod((double)l->heads, t) != 0;
    shard->heads = ceil((double)l->heads / t);
    shard->kv_heads = own_kv ? shard->heads : fmax(1, ceil((double)l->kv_heads / t));
}

/* One index key of sparse attention: 8 bits with a 4-byte scale per 128 elements. */
static double index_bytes(const struct ot_layers *l)
{
    return (double)l->index_dim * 132 / 128;
}

static void shard_mla(const struct ot_deploy *deploy, const struct ot_layers *l,
                      struct ot__shard *shard)
{
    const double hidden = (double)deploy->model->hidden, rank = (double)l->kv_rank;
    const double cached = rank + (double)l->rope_dim, query = (double)l->q_rank;
    const double v = (double)(l->v_head_dim > 0 ? l->v_head_dim : l->head_dim);
    shard->head_dim = cached;
    shard->v_dim = rank;
    shard->qkv_n = shard->heads * (double)(l->nope_dim + l->rope_dim);
    shard->out_k = shard->heads * v;
    const double down = hidden * (query + cached); /* held by every rank */
    const double split = ot_layers_attn_params(deploy->model, l) - down;
    shard->weights = down + split * shard->heads / (double)l->heads;
    shard->kv_bytes = cached * ot_dtype_bytes(deploy->dtype_kv) + index_bytes(l);
}

static void shard_linear(const struct ot_deploy *deploy, const struct ot_layers *l,
                         struct ot__shard *shard)
{
    shard->qkv_n = (double)l->linear_in_dim / ot__ranks(deploy);
    shard->out_k = (double)l->linear_dim / ot__ranks(deploy);
    shard->weights = ot_layers_attn_params(deploy->model, l) / ot__ranks(deploy);
}

static void shard_gqa(const struct ot_deploy *deploy, const struct ot_layers *l,
                      struct ot__shard *shard)
{
    const double hidden = (double)deploy->model->hidden, d = (double)l->head_dim;
    const double v = l->v_head_dim > 0 ? (double)l->v_head_dim : d, t = ot__ranks(deploy);
    const double cached = l->kv_shared ? d : d + v;
    const double query = d * (l->gate ? 2 : 1);
    shard->head_dim = d;
    shard->v_dim = v;
    shard->qkv_n = shard->heads * query + shard->kv_heads * cached;
    shard->out_k = shard->heads * v;
    /* an even share, and what padding of heads and replication of KV heads add */
    shard->weights = ot_layers_attn_params(deploy->model, l) / t +
                     hidden * (query + v) * (shard->heads - (double)l->heads / t) +
                     hidden * cached * (shard->kv_heads - (double)l->kv_heads / t);
    shard->kv_bytes = shard->kv_heads * cached * ot_dtype_bytes(deploy->dtype_kv) + index_bytes(l);
}

double ot__seen(const struct ot_layers *l, double length)
{
    const double window = (double)l->window;
    if (window <= 0 || length <= window)
        return length;
    return l->compress > 0 ? window + (length - window) / (double)l->compress : window;
}

struct ot__shard ot__shard_of(const struct ot_deploy *deploy, const struct ot_layers *layers)
{
    struct ot__shard shard = {0};
    if (layers->attn == OT_ATTN_none)
        return shard;
    if (layers->attn == OT_ATTN_linear || layers->attn == OT_ATTN_mamba) {
        shard_linear(deploy, layers, &shard);
        return shard;
    }
    shard_heads(deploy, layers, &shard);
    if (layers->attn == OT_ATTN_mla)
        shard_mla(deploy, layers, &shard);
    else
        shard_gqa(deploy, layers, &shard);
    return shard;
}

double ot__moe_dim(const struct ot_model *model, const struct ot_layers *layers)
{
    return (double)(layers->moe_in_dim > 0 ? layers->moe_in_dim : model->hidden);
}

double ot__mlp_weights(const struct ot_deploy *deploy, const struct ot_layers *layers)
{
    const double hidden = (double)deploy->model->hidden, matrices = layers->ffn_gated ? 3 : 2;
    const double sharded = matrices * hidden * (double)(layers->ffn_dim + layers->shared_ffn_dim);
    double router = hidden * (double)layers->experts;
    if (layers->experts > 0 && layers->moe_in_dim > 0)
        router += 2 * hidden * (double)layers->moe_in_dim;
    return sharded / ot__ranks(deploy) + router;
}

double ot__expert_weights(const struct ot_layers *layers)
{
    return (layers->ffn_gated ? 3.0 : 2.0) * (double)layers->moe_ffn_dim;
}

double ot__expert_tp(const struct ot_deploy *deploy)
{
    const double ranks = ot__ranks(deploy) * (double)deploy->layout.dp;
    return fmax(1, ranks / (double)deploy->layout.ep);
}
