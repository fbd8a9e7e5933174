/* SPDX-License-Identifier: Apache-2.0 */
/* The closed forms of kernel time (docs/models/gemm.md, attention.md, mla.md, moe.md,
 * collectives.md, elementwise.md): start cost, compute, memory and serial chain joined by a p-norm.
 * Units: SI. Shapes were checked by the caller. Not covered: wave quantisation (adds nothing once
 * the chain is there), windows of irregular shape, kernels an engine falls back to. */
#include <math.h>

#include "cost_internal.h"

static void add_term(struct ot__terms *terms, const char *name, double time_s, bool joined)
{
    OT_ASSERT(terms->n < OT__TERMS_MAX);
    terms->items[terms->n++] = (struct ot__term){name, time_s, joined};
}

/* (sum of joined ^ p) ^ (1/p), scaled by the largest so that powers stay near 1. */
static double joined_norm(const struct ot__terms *terms)
{
    double largest = 0;
    for (int i = 0; i < terms->n; i++)
        if (terms->items[i].joined && terms->items[i].time_s > largest)
            largest = terms->items[i].time_s;
    if (largest <= 0)
        return 0;
    const double p = terms->p;
    double sum = 0;
    for (int i = 0; i < terms->n; i++) {
        if (!terms->items[i].joined)
            continue;
        const double x = terms->items[i].time_s / largest;
        sum += p == 2 ? x * x : p == 1 ? x : x <= 0 ? 0 : pow(x, p);
    }
    return largest * (p == 2 ? sqrt(sum) : p == 1 ? sum : pow(sum, 1 / p));
}

static void finish(struct ot__terms *terms)
{
    double total_s = joined_norm(terms);
    for (int i = 0; i < terms->n; i++)
        if (!terms->items[i].joined)
            total_s += terms->items[i].time_s;
    terms->total_s = total_s;
    OT_CHECK_FINITE(total_s);
}

double ot__saturate(double x, double limit)
{
    return limit > 0 ? x / sqrt(1 + (x / limit) * (x / limit)) : x;
}

/* Share of memory time left when a repeated buffer of `bytes` stays in part of the cache. */
static double cache_bracket(const struct ot_fit *fit, const struct ot_kernel *k, double bytes)
{
    const double held = fit->coef[OT_COEF_h_l2] * fit->cache_bytes;
    if (!k->weights_in_cache || held <= 0)
        return 1;
    return 1 - (2.0 / 3) / (1 + pow(bytes / held, 4));
}

static void gemm(const struct ot_fit *fit, const struct ot_kernel *k, struct ot__terms *ret)
{
    const double *c = fit->coef;
    const double act = ot_dtype_bytes(k->dtype_act), weight = ot_dtype_bytes(k->dtype_weights);
    const double out = 2;
    const double bytes = act * k->m * k->k + weight * k->n * k->k + out * k->m * k->n;
    const double flop = 2 * k->m * k->n * (k->k + c[OT_COEF_k0]);
    ret->p = c[OT_COEF_p];
    add_term(ret, "start", c[OT_COEF_t0], false);
    add_term(ret, "compute", flop / (c[OT_COEF_eta_c] * fit->peak_flop_per_s), true);
    add_term(ret, "memory",
             bytes / (c[OT_COEF_eta_m] * fit->mem_bytes_per_s) * cache_bracket(fit, k, bytes),
             true);
    add_term(ret, "serial chain", c[OT_COEF_ck] * ot__saturate(k->k, c[OT_COEF_kc]) / 1000, true);
    if (c[OT_COEF_q_bytes] > 0)
        add_term(ret, "quantise input", 2 * c[OT_COEF_q_bytes] * k->m * k->k / fit->mem_bytes_per_s,
                 false);
}

static void attention_decode(const struct ot_fit *fit, const struct ot_kernel *k,
                             struct ot__terms *ret)
{
    const double *c = fit->coef;
    const double len = k->window > 0 && k->window < k->kv_len ? k->window : k->kv_len;
    const double v_dim = k->v_head_dim > 0 ? k->v_head_dim : k->head_dim;
    const double kv = ot_dtype_bytes(k->dtype_kv);
    const double bytes = k->batch * len * k->kv_heads * (k->head_dim + v_dim) * kv +
                         2 * k->batch * k->heads * (k->head_dim + v_dim);
    ret->p = c[OT_COEF_p];
    add_term(ret, "start", c[OT_COEF_t0], false);
    add_term(ret, "memory",
             bytes / (c[OT_COEF_eta_m] * fit->mem_bytes_per_s) * cache_bracket(fit, k, bytes),
             true);
    add_term(ret, "blocks", c[OT_COEF_cb] * k->batch * k->kv_heads / fit->units, true);
    add_term(ret, "serial chain", c[OT_COEF_cl] * ot__saturate(len, c[OT_COEF_lc]) / 1000, true);
}

/* Query-key pairs of all chunks with s0 tokens added to each: sum of S' (R + S'/2), less what a
 * sliding window (widened by a tile of 128) cuts off. */
static double prefill_pairs(const struct ot_kernel *k, double s0)
{
    const double fresh = k->q_len, before = k->kv_len - k->q_len;
    const double pairs = k->pairs > 0 ? k->pairs : k->batch * fresh * (before + fresh / 2);
    const double full = pairs + s0 * k->batch * (before + fresh) + k->batch * s0 * s0 / 2;
    if (k->window <= 0 || k->window >= k->kv_len)
        return full;
    const double w = k->window + 128, tail = before + fresh + s0 - w, head = before - w;
    const double cut = (tail > 0 ? tail * tail : 0) - (head > 0 ? head * head : 0);
    const double most = k->batch * (fresh + s0) * w;
    const double left = full - k->batch * cut / 2;
    return left < most ? (left > 0 ? left : 0) : most;
}

static void prefill(const struct ot_fit *fit, const struct ot_kernel *k, double dim, double bytes,
                    struct ot__terms *ret)
{
    const double *c = fit->coef;
    const double flop = 4 * k->heads * (dim + 10) * prefill_pairs(k, c[OT_COEF_s0]);
    double longest = k->longest > 0 ? k->longest : k->kv_len;
    if (k->window > 0 && longest > k->window + 128)
        longest = k->window + 128;
    ret->p = c[OT_COEF_p];
    add_term(ret, "start", c[OT_COEF_t0], false);
    add_term(ret, "compute", flop / (c[OT_COEF_eta_c] * fit->peak_flop_per_s), true);
    add_term(ret, "memory", bytes / (c[OT_COEF_eta_m] * fit->mem_bytes_per_s), true);
    add_term(ret, "serial chain", c[OT_COEF_cl] * longest * dim / 128 / 1000, true);
}

static void attention_prefill(const struct ot_fit *fit, const struct ot_kernel *k,
                              struct ot__terms *ret)
{
    const double v_dim = k->v_head_dim > 0 ? k->v_head_dim : k->head_dim;
    const double dim = (k->head_dim + v_dim) / 2, kv = ot_dtype_bytes(k->dtype_kv);
    const double before = k->kv_len - k->q_len;
    const double bytes =
        k->batch * dim *
        (k->q_len * (4 * k->heads + k->kv_heads * (4 + 2 * kv)) + 2 * before * k->kv_heads * kv);
    prefill(fit, k, dim, bytes, ret);
}

static void mla_prefill(const struct ot_fit *fit, const struct ot_kernel *k, struct ot__terms *ret)
{
    const double kv = ot_dtype_bytes(k->dtype_kv), before = k->kv_len - k->q_len;
    const double bytes = k->batch * (k->q_len * (1280 * k->heads + 1152 * kv) + before * 576 * kv);
    prefill(fit, k, 160, bytes, ret);
}

static void mla_decode(const struct ot_fit *fit, const struct ot_kernel *k, struct ot__terms *ret)
{
    const double *c = fit->coef;
    const double cached = k->head_dim > 0 ? k->head_dim : 576;
    const double both = cached + (k->v_head_dim > 0 ? k->v_head_dim : 512);
    const double bytes = cached * k->batch * k->kv_len * ot_dtype_bytes(k->dtype_kv) +
                         2 * k->batch * k->heads * both;
    const double heads = k->heads > c[OT_COEF_h0] ? k->heads : c[OT_COEF_h0];
    const double flop = 2 * k->batch * heads * k->kv_len * both;
    ret->p = c[OT_COEF_p];
    add_term(ret, "start", c[OT_COEF_t0], false);
    add_term(ret, "compute", flop / (c[OT_COEF_eta_c] * fit->peak_flop_per_s), true);
    add_term(ret, "memory", bytes / (c[OT_COEF_eta_m] * fit->mem_bytes_per_s), true);
    add_term(ret, "blocks", c[OT_COEF_cb] * k->batch / fit->units, true);
    add_term(ret, "serial chain", c[OT_COEF_cl] * ot__saturate(k->kv_len, c[OT_COEF_lc]) / 1000,
             true);
}

/* Experts of the busiest rank that get at least one of its r tokens. */
static double active_experts(const struct ot_kernel *k, double r, double local)
{
    if (k->skew_gamma > 0)
        return local * (1 - exp(-0.7 * pow(r / local, 0.75)));
    const double some = r > 1 ? r : 1;
    return some < local ? some : local;
}

static void grouped_gemm(const struct ot_fit *fit, const struct ot_kernel *k, struct ot__terms *ret)
{
    const double *c = fit->coef;
    const double ep = k->ep > 0 ? k->ep : 1, inter = k->inter / (k->tp > 0 ? k->tp : 1);
    const double act = ot_dtype_bytes(k->dtype_act), weight = ot_dtype_bytes(k->dtype_weights);
    const double matrices = k->gated ? 3 : 2, local = k->experts / ep;
    const double gamma = k->skew_gamma * pow(k->experts / 128, -0.25);
    const double per_token = k->top_k < local ? k->top_k : local;
    double r = k->tokens * k->top_k / ep * pow(ep, gamma);
    if (r > k->tokens * per_token)
        r = k->tokens * per_token;
    const double active = active_experts(k, r, local);
    const double matrix = k->hidden * inter * matrices;
    ret->p = c[OT_COEF_p];
    add_term(ret, "start", c[OT_COEF_t0], false);
    add_term(ret, "compute",
             2 * (r + 16 * active) * matrix / (c[OT_COEF_eta_c] * fit->peak_flop_per_s), true);
    add_term(ret, "memory", active * matrix * weight / (c[OT_COEF_eta_m] * fit->mem_bytes_per_s),
             true);
    add_term(ret, "serial chain", c[OT_COEF_ck] * (k->hidden + inter) / 1000, true);
    const double routed = r * (2 * act * k->hidden + 4 * k->hidden + 4 * act * inter);
    const double gathered = 4 * k->tokens * k->top_k * k->hidden;
    add_term(ret, "route tokens",
             (c[OT_COEF_cr] * routed + c[OT_COEF_ct] * gathered) / fit->mem_bytes_per_s, false);
}

static void elementwise(const struct ot_fit *fit, const struct ot_kernel *k, struct ot__terms *ret)
{
    const double *c = fit->coef;
    ret->p = c[OT_COEF_p];
    add_term(ret, "start", c[OT_COEF_t0], true);
    add_term(ret, "memory", k->bytes / (c[OT_COEF_eta_m] * fit->mem_bytes_per_s), true);
}

/* Share of the link rate at n ranks: log2-linear between the fitted 2, 4, 8. */
static double beta_of(const double *c, double n)
{
    const double b2 = c[OT_COEF_beta2], b4 = c[OT_COEF_beta4] > 0 ? c[OT_COEF_beta4] : b2;
    const double b8 = c[OT_COEF_beta8] > 0 ? c[OT_COEF_beta8] : b4;
    if (n <= 2)
        return b2;
    if (n <= 4)
        return b2 + (b4 - b2) * (log2(n) - 1);
    return n >= 8 ? b8 : b4 + (b8 - b4) * (log2(n) - 2);
}

/* Bytes a rank moves per direction for a full buffer of S over n ranks. */
static double moved_bytes(enum ot_op op, double bytes, double n)
{
    if (op == OT_OP_p2p)
        return bytes;
    return (op == OT_OP_allreduce ? 2 : 1) * bytes * (n - 1) / n;
}

static void collective(const struct ot_fit *fit, const struct ot_kernel *k, struct ot__terms *ret)
{
    const double *c = fit->coef;
    ret->p = 1;
    if (k->ranks < 2)
        return;
    const double inside =
        k->ranks_per_node > 0 && k->ranks_per_node < k->ranks ? k->ranks_per_node : k->ranks;
    const double hosts = ceil(k->ranks / inside);
    const double alpha_in = c[OT_COEF_a0] + c[OT_COEF_a1] * (inside > 2 ? inside - 2 : 0);
    double wire = inside < 2 ? 0
                             : moved_bytes(k->op, k->bytes, inside) /
                                   (beta_of(c, inside) * fit->link_bytes_per_s);
    double alpha = alpha_in;
    if (hosts > 1) { /* net_*: hop latency and rate of the network card, set by look-up */
        const double share = k->op == OT_OP_alltoall ? (k->ranks - inside) / k->ranks
                                                     : moved_bytes(k->op, 1, hosts) / inside;
        const double net = (k->op == OT_OP_p2p ? 1 : share) * k->bytes / fit->net_bytes_per_s;
        alpha += fit->net_hop_s * log2(hosts);
        wire = k->op == OT_OP_p2p || net > wire ? net : wire;
    }
    add_term(ret, "latency", alpha, true);
    add_term(ret, "transfer", wire, true);
    add_term(ret, "chunks in flight", 2 * c[OT_COEF_kappa] * sqrt(alpha * wire), true);
}

static const struct {
    void (*eval)(const struct ot_fit *, const struct ot_kernel *, struct ot__terms *);
    const char *page;
} forms[OT_OP_COUNT] = {
    [OT_OP_gemm] = {gemm, "docs/models/gemm.md"},
    [OT_OP_grouped_gemm] = {grouped_gemm, "docs/models/moe.md"},
    [OT_OP_attention_prefill] = {attention_prefill, "docs/models/attention-prefill.md"},
    [OT_OP_attention_decode] = {attention_decode, "docs/models/attention-decode.md"},
    [OT_OP_mla_prefill] = {mla_prefill, "docs/models/mla.md"},
    [OT_OP_mla_decode] = {mla_decode, "docs/models/mla.md"},
    [OT_OP_elementwise] = {elementwise, "docs/models/elementwise.md"},
    [OT_OP_allreduce] = {collective, "docs/models/collectives.md"},
    [OT_OP_allgather] = {collective, "docs/models/collectives.md"},
    [OT_OP_reducescatter] = {collective, "docs/models/collectives.md"},
    [OT_OP_alltoall] = {collective, "docs/models/collectives.md"},
    [OT_OP_p2p] = {collective, "docs/models/collectives.md"},
};

void ot__form_eval(const struct ot_fit *fit, const struct ot_kernel *kernel, struct ot__terms *ret)
{
    OT_ASSERT(kernel->op < OT_OP_COUNT);
    *ret = (struct ot__terms){.p = 1};
    forms[kernel->op].eval(fit, kernel, ret);
    finish(ret);
}

const char *ot__form_page(enum ot_op op)
{
    OT_ASSERT(op < OT_OP_COUNT);
    return forms[op].page;
}
