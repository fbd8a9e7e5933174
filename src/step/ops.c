/* SPDX-License-Identifier: Apache-2.0 */
/* The operations of a step on one rank, from the model's structure (docs/models/step.md):
 *
 *   norm  QKV  rope  [attention]  out  (all-reduce)  norm  MLP or experts  (all-reduce)
 *
 * once per layer, and embedding, LM head and stage hand-over once per step. Linear and state-space
 * layers are two GEMMs plus the traffic of their state. */
#include <math.h>

#include "step_internal.h"

static struct ot_kernel *add(struct ot__ops *ops, const char *name, double count, enum ot_op op,
                             const struct ot_deploy *d)
{
    OT_ASSERT(ops->n < OT__OPS_MAX);
    struct ot__op *item = &ops->items[ops->n++];
    *item = (struct ot__op){.name = name, .count = count};
    item->kernel = (struct ot_kernel){.op = op,
                                      .dtype_act = d->dtype_act,
                                      .dtype_weights = d->dtype_weights,
                                      .dtype_kv = d->dtype_kv,
                                      .library = ot_library_of(d->engine, op),
                                      .quant_fused = true};
    return &item->kernel;
}

static void gemm(struct ot__ops *ops, const char *name, const struct ot_deploy *d, double m,
                 double n, double k)
{
    if (n <= 0 || k <= 0)
        return;
    struct ot_kernel *kernel = add(ops, name, 1, OT_OP_gemm, d);
    kernel->m = m;
    kernel->n = n;
    kernel->k = k;
}

static void wide_gemm(struct ot__ops *ops, const char *name, const struct ot_deploy *d, double m,
                      double n, double k)
{
    gemm(ops, name, d, m, n, k);
    struct ot_kernel *kernel = &ops->items[ops->n - 1].kernel;
    kernel->dtype_act = OT_DTYPE_bf16;
    kernel->dtype_weights = OT_DTYPE_bf16;
}

static void stream(struct ot__ops *ops, const char *name, const struct ot_deploy *d,
                   enum ot_elementwise kind, double bytes)
{
    struct ot_kernel *kernel = add(ops, name, 1, OT_OP_elementwise, d);
    kernel->kind = kind;
    kernel->bytes = bytes;
}

static void exchange(struct ot__ops *ops, const char *name, const struct ot_deploy *d,
                     enum ot_op op, double ranks, double bytes)
{
    if (ranks < 2)
        return;
    struct ot_kernel *kernel = add(ops, name, 1, op, d);
    kernel->ranks = ranks;
    kernel->bytes = bytes;
    const double domain = (double)d->chip->scaleup_domain_n;
    kernel->ranks_per_node = domain >= 1 && domain < ranks ? domain : 0;
}

static void attention_linear(const struct ot_deploy *d, const struct ot_layers *l, double rows,
                             struct ot__ops *ops)
{
    const double hidden = (double)d->model->hidden;
    const struct ot__shard s = ot__shard_of(d, l);
    stream(ops, "norm", d, OT_ELEMENTWISE_norm, 4 * rows * hidden);
    if (l->attn == OT_ATTN_mla) {
        const double rank = (double)l->kv_rank, rope = (double)l->rope_dim;
        const double query = (double)l->q_rank, v = s.out_k / s.heads;
        gemm(ops, "QKV down", d, rows, query + rank + rope, hidden);
        gemm(ops, "Q up", d, rows, s.qkv_n, query > 0 ? query : hidden);
        /* absorbed in decode, expanded in prefill: the same products either way */
        gemm(ops, "K up", d, rows, s.heads * (double)l->nope_dim, rank);
        gemm(ops, "V up", d, rows, s.heads * v, rank);
        stream(ops, "rope", d, OT_ELEMENTWISE_rope, 4 * rows * (s.heads * rope + rope));
    } else {
        gemm(ops, "QKV", d, rows, s.qkv_n, hidden);
        if (l->attn == OT_ATTN_gqa)
            stream(ops, "rope", d, OT_ELEMENTWISE_rope,
                   4 * rows * (s.heads + s.kv_heads) * s.head_dim);
    }
    gemm(ops, "attention out", d, rows, hidden, s.out_k);
    exchange(ops, "attention all-reduce", d, OT_OP_allreduce, (double)d->layout.tp,
             2 * rows * hidden);
}

static void mlp(struct ot__ops *ops, const struct ot_deploy *d, double rows, double width,
                bool gated, bool shared)
{
    const double hidden = (double)d->model->hidden, sides = gated ? 2 : 1;
    gemm(ops, shared ? "shared expert up" : "MLP up", d, rows, sides * width, hidden);
    stream(ops, shared ? "shared expert act" : "MLP act", d, OT_ELEMENTWISE_act,
           2 * rows * (sides + 1) * width);
    gemm(ops, shared ? "shared expert down" : "MLP down", d, rows, hidden, width);
}

static void experts(struct ot__ops *ops, const struct ot_deploy *d, const struct ot_layers *l,
                    double rows)
{
    const double hidden = (double)d->model->hidden, dim = ot__moe_dim(d->model, l);
    const double dp = (double)d->layout.dp, ep = (double)d->layout.ep;
    wide_gemm(ops, "router", d, rows, (double)l->experts, hidden);
    if (l->moe_in_dim > 0) {
        gemm(ops, "expert space in", d, rows, dim, hidden);
        gemm(ops, "expert space out", d, rows, hidden, dim);
    }
    /* with attention DP the tokens of all ranks meet at the experts */
    const double bytes = rows * (double)l->top_k * dim;
    if (dp > 1 && ep > 1) {
        exchange(ops, "dispatch tokens", d, OT_OP_alltoall, ep,
                 bytes * ot_dtype_bytes(d->dtype_act));
        exchange(ops, "combine tokens", d, OT_OP_alltoall, ep, 2 * bytes);
    } else if (dp > 1) {
        exchange(ops, "gather tokens", d, OT_OP_allgather, dp, 2 * rows * dp * dim);
        exchange(ops, "scatter tokens", d, OT_OP_reducescatter, dp, 2 * rows * dp * dim);
    }
    struct ot_kernel *k = add(ops, "experts", 1, OT_OP_grouped_gemm, d);
    k->dtype_weights = d->dtype_moe;
    k->tokens = rows * dp;
    k->hidden = dim;
    k->inter = (double)l->moe_ffn_dim;
    k->experts = (double)l->experts;
    k->top_k = (double)l->top_k;
    k->tp = ot__expert_tp(d);
    k->ep = ep;
    k->gated = l->ffn_gated;
    k->skew_gamma = d->skew_gamma;
}

void ot__ops_linear(const struct ot_deploy *d, const struct ot_layers *l, double rows,
                    struct ot__ops *ops)
{
    const double tp = (double)d->layout.tp, hidden = (double)d->model->hidden;
    ops->n = 0;
    if (l->attn != OT_ATTN_none)
        attention_linear(d, l, rows, ops);
    if (l->ffn_dim <= 0 && l->experts <= 0)
        return;
    stream(ops, "norm", d, OT_ELEMENTWISE_norm, 4 * rows * hidden);
    if (l->ffn_dim > 0)
        mlp(ops, d, rows, (double)l->ffn_dim / tp, l->ffn_gated, false);
    if (l->experts > 0)
        experts(ops, d, l, rows);
    if (l->shared_ffn_dim > 0)
        mlp(ops, d, rows, (double)l->shared_ffn_dim / tp, l->ffn_gated, true);
    exchange(ops, "MLP all-reduce", d, OT_OP_allreduce, tp, 2 * rows * hidden);
}

static void state_traffic(const struct ot_deploy *d, const struct ot_layers *l, double seqs,
                          struct ot__ops *ops)
{
    if (seqs <= 0 || l->state_bytes <= 0)
        return;
    stream(ops, "state", d, OT_ELEMENTWISE_add, 2 * seqs * (double)l->state_bytes / ot__ranks(d));
}

void ot__decode_lengths(const struct ot_deploy *d, const struct ot_layers *l,
                        const struct ot__rank_load *load, struct ot_kernel *k)
{
    k->batch = load->decode_seqs;
    k->kv_len = ot__seen(l, load->decode_len) / (double)d->layout.cp;
}

void ot__prefill_lengths(const struct ot_deploy *d, const struct ot_layers *l,
                         const struct ot__rank_load *load, struct ot_kernel *k)
{
    const double cp = (double)d->layout.cp;
    const bool cut = l->window > 0 && load->longest > (double)l->window;
    k->batch = load->prefill_seqs;
    k->q_len = load->prefill_len / cp;
    k->kv_len = load->prefill_past + load->prefill_len;
    k->pairs = load->pairs / cp;
    k->longest = load->longest;
    k->window = cut ? ot__seen(l, load->longest) : 0;
}

static void attention_shape(const struct ot__shard *s, bool mla, struct ot_kernel *k)
{
    k->heads = s->heads;
    k->kv_heads = mla ? 1 : s->kv_heads;
    k->head_dim = s->head_dim;
    k->v_head_dim = s->v_dim;
}

void ot__ops_attention(const struct ot_deploy *d, const struct ot_layers *l,
                       const struct ot__rank_load *load, struct ot__ops *ops)
{
    ops->n = 0;
    if (l->attn == OT_ATTN_linear || l->attn == OT_ATTN_mamba)
        state_traffic(d, l, load->decode_seqs + load->prefill_seqs, ops);
    if (l->attn != OT_ATTN_gqa && l->attn != OT_ATTN_mla)
        return;
    const bool mla = l->attn == OT_ATTN_mla;
    const double cp = (double)d->layout.cp;
    const struct ot__shard s = ot__shard_of(d, l);
    if (load->decode_seqs > 0) {
        const enum ot_op op = mla ? OT_OP_mla_decode : OT_OP_attention_decode;
        struct ot_kernel *k = add(ops, "decode attention", 1, op, d);
        attention_shape(&s, mla, k);
        ot__decode_lengths(d, l, load, k);
        exchange(ops, "join context shards", d, OT_OP_allreduce, cp,
                 2 * load->decode_seqs * s.heads * s.v_dim);
    }
    if (load->prefill_seqs > 0) {
        const enum ot_op op = mla ? OT_OP_mla_prefill : OT_OP_attention_prefill;
        struct ot_kernel *k = add(ops, "prefill attention", 1, op, d);
        attention_shape(&s, mla, k);
        ot__prefill_lengths(d, l, load, k);
        exchange(ops, "gather context", d, OT_OP_allgather, cp,
                 s.kv_bytes * load->prefill_seqs * (load->prefill_past + load->prefill_len));
    }
}

void ot__ops_once(const struct ot_deploy *d, double rows, struct ot__ops *ops)
{
    const double hidden = (double)d->model->hidden, pp = (double)d->layout.pp;
    ops->n = 0;
    stream(ops, "embedding", d, OT_ELEMENTWISE_add, 4 * rows * hidden);
    if (pp > 1) {
        exchange(ops, "stage hand-over", d, OT_OP_p2p, 2, 2 * rows * hidden);
        struct ot__op *hop = &ops->items[ops->n - 1];
        hop->count = pp - 1;
        const double domain = (double)d->chip->scaleup_domain_n;
        hop->kernel.ranks_per_node = (double)d->layout.tp * pp > domain ? 1 : 0;
    }
    stream(ops, "last norm", d, OT_ELEMENTWISE_norm, 4 * rows * hidden);
}

void ot__ops_sampled(const struct ot_deploy *d, double sampled, struct ot__ops *ops)
{
    const double hidden = (double)d->model->hidden;
    ops->n = 0;
    if (sampled <= 0)
        return;
    wide_gemm(ops, "LM head", d, sampled, (double)d->model->vocab / (double)d->layout.tp, hidden);
    exchange(ops, "gather logits", d, OT_OP_allgather, (double)d->layout.tp,
             2 * sampled * (double)d->model->vocab);
}

/* vLLM's captured sizes: 1, 2, 4, then by 8 to 256, by 16 to 512; nothing above is padded. */
double ot__padded_rows(enum ot_engine engine, double rows)
{
    if (engine == OT_ENGINE_static || rows > 512 || rows < 1)
        return rows;
    if (rows <= 2)
        return ceil(rows);
    if (rows <= 4)
        return 4;
    const double step = rows <= 256 ? 8 : 16;
    return step * ceil(rows / step);
}

struct ot__rank_load ot__rank_load_of(const struct ot_deploy *d, const struct ot_step_load *load)
{
    const double dp = (double)d->layout.dp, cp = (double)d->layout.cp;
    struct ot__rank_load r = {0};
    if (load->decode_seqs > 0) {
        r.decode_seqs = ceil(load->decode_seqs / dp);
        r.decode_len = load->decode_kv_tokens / load->decode_seqs;
    }
    if (load->prefill_tokens > 0) {
        const double n = load->prefill_seqs > 0 ? load->prefill_seqs : 1;
        const double share = ceil(n / dp) / n; /* of the busiest rank */
        r.prefill_seqs = ceil(n / dp);
        r.prefill_len = load->prefill_tokens / n;
        r.prefill_past = load->prefill_kv_tokens / n;
        const double equal = n * r.prefill_len * (r.prefill_past + r.prefill_len / 2);
        r.pairs = share * (load->prefill_pairs > 0 ? load->prefill_pairs : equal);
        r.longest =
            load->prefill_longest > 0 ? load->prefill_longest : r.prefill_past + r.prefill_len;
    }
    r.tokens = r.decode_seqs + ceil(r.prefill_seqs * r.prefill_len / cp);
    return r;
}

void ot_step_load_chunk(struct ot_step_load *load, double cached_tokens, double new_tokens)
{
    load->prefill_tokens += new_tokens;
    load->prefill_seqs += 1;
    load->prefill_kv_tokens += cached_tokens;
    load->prefill_pairs += new_tokens * (cached_tokens + new_tokens / 2);
    load->prefill_longest = fmax(load->prefill_longest, cached_tokens + new_tokens);
}

int64_t ot_step_bucket(int64_t tokens)
{
    int64_t bucket = 128;
    while (bucket < tokens && bucket < INT64_MAX / 2)
        bucket *= 2;
    return bucket;
}
