/* SPDX-License-Identifier: Apache-2.0 */
/* Whole-step forms of AWS chips (docs/models/neuron-decode.md, neuron-prefill.md):
 *
 *   decode  = T0 + c_w W/w + |c_k K/w, c_s L S|_2 + c_b L B + 2 L alpha log2 t + c_e n_moe B k
 *   prefill = n T0p + F / (eta_p P)
 *
 * W, K: bytes one rank reads of weights and KV; w: DMA rate of its cores; F: padded FLOP of a rank.
 * B and S are the compiled batch and the context bucket. Valid to B = 64 (256 by extrapolation) in
 * one host or UltraServer. Not covered: speculation, several hosts, MX formats. */
#include <math.h>

#include "step_internal.h"

static void put(struct ot__neuron_step *step, const char *name, double time_s)
{
    OT_ASSERT(step->n < OT__NEURON_TERMS);
    step->items[step->n++] = (struct ot__neuron_term){name, time_s};
    step->total_s += time_s;
}

/* Distinct experts that B sequences of k picks each touch. */
static double distinct_experts(double experts, double top_k, double seqs)
{
    return experts * (1 - pow(1 - top_k / experts, seqs));
}

struct volumes {
    double attention, mlp, experts; /* bytes of weights a rank reads, all layers */
    double kv, layers_kv;           /* bytes of KV; layers x positions, in thousands */
    double moe_picks;               /* MoE layers x top-k */
};

static void add_layer(const struct ot_deploy *d, const struct ot_layers *l, double seqs, double len,
                      struct volumes *v)
{
    const double n = (double)l->count, t = ot__ranks(d);
    const double w = ot_dtype_bytes(d->dtype_weights);
    const struct ot__shard s = ot__shard_of(d, l);
    v->attention += n * w * s.weights;
    v->mlp += n * w * ot__mlp_weights(d, l);
    if (l->experts > 0) {
        const double x = distinct_experts((double)l->experts, (double)l->top_k, seqs);
        v->experts += n * x * ot_dtype_bytes(d->dtype_moe) * ot__expert_weights(l) *
                      ot__moe_dim(d->model, l) / t;
        v->moe_picks += n * (double)l->top_k;
    }
    const double seen = ot__seen(l, len);
    v->kv += n * (seqs * seen * s.kv_bytes + 2 * seqs * (double)l->state_bytes / t);
    if (l->attn == OT_ATTN_gqa || l->attn == OT_ATTN_mla)
        v->layers_kv += n * seen / 1000;
}

void ot__neuron_decode(const struct ot__plan *plan, double seqs, double kv_tokens,
                       struct ot__neuron_step *ret)
{
    const struct ot_deploy *d = &plan->deploy;
    const struct ot_neuron_fit *f = &plan->neuron_fit;
    *ret = (struct ot__neuron_step){0};
    if (seqs <= 0)
        return;
    const double batch = ceil(seqs / (double)d->layout.dp), len = kv_tokens / seqs;
    const double t = ot__ranks(d), w = (double)d->lnc * f->dma_core_bytes_per_s;
    struct volumes v = {0};
    for (int64_t g = 0; g < d->model->layers_n; g++)
        add_layer(d, &d->model->layers[g], batch, len, &v);
    const double head =
        ot_dtype_bytes(d->dtype_weights) * (double)d->model->vocab * (double)d->model->hidden / t;
    const double stream = f->ck * v.kv / w, chain = f->cs_s * v.layers_kv;
    const double both = sqrt(stream * stream + chain * chain);
    put(ret, "step constant", f->t0_s);
    put(ret, "attention weights", f->cw * v.attention / w);
    if (v.mlp > 0)
        put(ret, "MLP weights", f->cw * v.mlp / w);
    if (v.experts > 0)
        put(ret, "expert weights", f->cw * v.experts / w);
    put(ret, "LM head weights", f->cw * head / w);
    if (both > 0) { /* exposed shares of the 2-norm */
        put(ret, "KV stream", stream * stream / both);
        put(ret, "attention serial chain", chain * chain / both);
    }
    put(ret, "per sequence", f->cb_s * plan->layers_n * batch);
    if (t > 1 && f->alpha_s > 0)
        put(ret, "all-reduces", 2 * plan->layers_n * f->alpha_s * log2(t));
    if (v.moe_picks > 0 && f->ce_s > 0)
        put(ret, "expert selection", f->ce_s * v.moe_picks * batch);
}

static double pad128(double columns)
{
    return 128 * ceil(columns / 128);
}

/* Multiply-adds of one token on a rank, shards padded to 128, every expert computed. */
static double padded_macs(const struct ot_deploy *d, const struct ot_layers *l)
{
    const double hidden = (double)d->model->hidden, t = ot__ranks(d);
    const double sides = l->ffn_gated ? 3 : 2;
    const struct ot__shard s = ot__shard_of(d, l);
    double macs = 0;
    if (l->attn == OT_ATTN_mla) {
        const double rank = (double)l->kv_rank, query = (double)l->q_rank;
        const double v = s.out_k / s.heads;
        macs += hidden * (query + rank + (double)l->rope_dim) +
                (query > 0 ? query : hidden) * pad128(s.qkv_n) +
                rank * pad128(s.heads * ((double)l->nope_dim + v)) + hidden * pad128(s.out_k);
    } else if (l->attn != OT_ATTN_none) {
        macs += hidden * (pad128(s.qkv_n) + pad128(s.out_k));
    }
    if (l->ffn_dim > 0)
        macs += sides * hidden * pad128((double)l->ffn_dim / t);
    if (l->shared_ffn_dim > 0)
        macs += sides * hidden * pad128((double)l->shared_ffn_dim / t);
    if (l->experts > 0)
        macs += (double)l->experts * sides * ot__moe_dim(d->model, l) *
                pad128((double)l->moe_ffn_dim / t);
    return macs;
}

void ot__neuron_prefill(const struct ot__plan *plan, const struct ot_step_load *load,
                        struct ot__neuron_step *ret)
{
    const struct ot_deploy *d = &plan->deploy;
    const struct ot_neuron_fit *f = &plan->neuron_fit;
    *ret = (struct ot__neuron_step){0};
    if (load->prefill_tokens <= 0)
        return;
    const struct ot__rank_load r = ot__rank_load_of(d, load);
    const bool tuned = d->software == OT_SOFTWARE_tuned && !ot__has_experts(d->model);
    const double eta = tuned ? f->eta_p_tuned : f->eta_p;
    const double rate = eta * (double)d->lnc * f->tensor_core_flop_per_s;
    const double tokens = r.prefill_seqs * r.prefill_len;
    double macs = 0, pairs = 0;
    for (int64_t g = 0; g < d->model->layers_n; g++) {
        const struct ot_layers *l = &d->model->layers[g];
        macs += (double)l->count * padded_macs(d, l);
        if (l->attn == OT_ATTN_gqa || l->attn == OT_ATTN_mla) {
            const struct ot__shard s = ot__shard_of(d, l);
            const double dim =
                l->attn == OT_ATTN_mla ? (double)(l->nope_dim + l->rope_dim) : s.head_dim;
            pairs += (double)l->count * 4 * s.heads * dim;
        }
    }
    put(ret, "prefill constant", f->t0p_s * r.prefill_seqs);
    put(ret, "matrix products", 2 * macs * tokens / rate);
    put(ret, "attention", pairs * r.pairs / rate);
}
