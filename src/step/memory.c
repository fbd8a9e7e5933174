/* SPDX-License-Identifier: Apache-2.0 */
/* Memory of one chip (docs/models/memory.md): weights of its shard, activation peak, graphs,
 * runtime; what is left becomes KV blocks. The fullest pipeline stage decides. */
#include <math.h>

#include "step_internal.h"

/* Share of the layers on the fullest pipeline stage. */
static double stage_share(const struct ot_deploy *d)
{
    const int64_t layers = ot_model_layers(d->model), pp = d->layout.pp;
    return layers > 0 ? (double)((layers + pp - 1) / pp) / (double)layers : 1;
}

static double weights_bytes(const struct ot_deploy *d)
{
    const double w = ot_dtype_bytes(d->dtype_weights), moe = ot_dtype_bytes(d->dtype_moe);
    const double ranks = ot__ranks(d), pp = (double)d->layout.pp;
    struct ot_sum sum = {0};
    for (int64_t g = 0; g < d->model->layers_n; g++) {
        const struct ot_layers *l = &d->model->layers[g];
        const double n = (double)l->count;
        ot_sum_add(&sum, n * w * (ot__shard_of(d, l).weights + ot__mlp_weights(d, l)));
        if (l->experts > 0)
            ot_sum_add(&sum, n * moe * (double)l->experts * ot__expert_weights(l) *
                                 ot__moe_dim(d->model, l) / (ranks * (double)d->layout.dp));
    }
    const double stage = stage_share(d);
    /* embedding and head stay in 16 bit; with one stage both are on it unless tied */
    const double table = 2.0 * (double)d->model->vocab * (double)d->model->hidden / ranks;
    const double tables = d->model->tied_embeddings || pp > 1 ? 1 : 2;
    return ot_sum_get(&sum) * stage + tables * table;
}

static double activation_bytes(const struct ot_deploy *d)
{
    const double ranks = ot__ranks(d), hidden = (double)d->model->hidden;
    double widest = 0;
    for (int64_t g = 0; g < d->model->layers_n; g++) {
        const struct ot_layers *l = &d->model->layers[g];
        const double mlp = 3 * (double)(l->ffn_dim + l->shared_ffn_dim) / ranks;
        const double routed = (double)l->top_k * (2 * ot__moe_dim(d->model, l) +
                                                  3 * (double)l->moe_ffn_dim / ot__expert_tp(d));
        const double here = fmax(mlp + (l->experts > 0 ? routed : 0), ot__shard_of(d, l).qkv_n);
        widest = fmax(widest, here);
    }
    const double rows = (double)d->max_batched_tokens;
    const double sampled = fmin((double)d->max_num_seqs, rows);
    const double logits = sampled * (double)d->model->vocab * (2 / ranks + 4 + 4);
    return fmax(2 * rows * (widest + 4 * hidden), logits + 4 * rows * hidden);
}

/* Bytes of one token's KV on a rank, over the layers that keep all of it; a window counts as
 * fixed state unless no layer keeps everything. */
static double kv_bytes(const struct ot_deploy *d, bool windows)
{
    double sum = 0;
    for (int64_t g = 0; g < d->model->layers_n; g++) {
        const struct ot_layers *l = &d->model->layers[g];
        const bool forgets = l->window > 0 && l->compress == 0;
        const double folded = l->compress > 0 ? (double)l->compress : 1;
        if (forgets == windows)
            sum += (double)l->count * ot__shard_of(d, l).kv_bytes / folded;
    }
    return sum;
}

static double state_bytes(const struct ot_deploy *d)
{
    double sum = 0;
    for (int64_t g = 0; g < d->model->layers_n; g++) {
        const struct ot_layers *l = &d->model->layers[g];
        sum += (double)l->count * (double)l->state_bytes / ot__ranks(d);
        if (l->window > 0)
            sum += (double)l->count * (double)l->window * ot__shard_of(d, l).kv_bytes;
    }
    return sum;
}

enum ot_code ot_step_memory(const struct ot_deploy *deploy, struct ot_memory *ret,
                            struct ot_err *err)
{
    const struct ot_chip *chip = deploy->chip;
    if (!chip->hbm_bytes.has && !chip->hbm_usable_bytes.has)
        return ot_err_set(err, OT_INPUT, chip->loc, "hbm_bytes", chip->name,
                          "memory size of the chip is not known: state it in its file");
    const double size =
        chip->hbm_usable_bytes.has ? chip->hbm_usable_bytes.value : chip->hbm_bytes.value;
    const double per_chip = ot__is_neuron(deploy) ? (double)deploy->ranks_per_chip : 1;
    const double stage = stage_share(deploy);
    double token_bytes = kv_bytes(deploy, false);
    const bool only_windows = token_bytes <= 0;
    if (only_windows)
        token_bytes = kv_bytes(deploy, true);
    struct ot_memory m = {
        .weights_bytes = weights_bytes(deploy) * per_chip,
        .activation_bytes = activation_bytes(deploy) * per_chip,
        .graph_bytes = deploy->graph_bytes,
        .runtime_bytes = deploy->runtime_bytes,
        .usable_bytes = size * deploy->gpu_memory_util_frac,
        .kv_bytes_per_block = token_bytes * stage * (double)deploy->block_tokens * per_chip,
        .block_tokens = deploy->block_tokens,
        .state_bytes_per_seq = only_windows ? 0 : state_bytes(deploy) * stage * per_chip,
    };
    const double fixed = m.weights_bytes + m.activation_bytes + m.graph_bytes + m.runtime_bytes;
    const double room = m.usable_bytes - fixed;
    double blocks = deploy->num_gpu_blocks > 0 ? (double)deploy->num_gpu_blocks
                    : room <= 0                ? 0
                    : m.kv_bytes_per_block > 0 ? floor(room / m.kv_bytes_per_block)
                                               : 1e9; /* no cache to run out of */
    m.used_bytes = fixed + blocks * m.kv_bytes_per_block;
    m.fits = room > 0 && (blocks >= 1) && m.used_bytes <= m.usable_bytes * 1.000001;
    if (deploy->num_gpu_blocks > 0)
        m.fits = true; /* the engine said so */
    if (deploy->engine == OT_ENGINE_vllm && blocks >= 1)
        blocks -= 1; /* the null block */
    /* attention-DP and context-parallel ranks each hold their own sequences' blocks */
    m.kv_blocks = (int64_t)(blocks * (double)(deploy->layout.dp * deploy->layout.cp));
    OT_CHECK_FINITE(m.used_bytes);
    *ret = m;
    return OT_OK;
}
