/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFTAKE_STEP_INTERNAL_H
#define OFFTAKE_STEP_INTERNAL_H
/* Shared inside floor 3: the shard of a layer on one rank, the operations of a step, and a
 * deployment compiled for repeated evaluation. */
#include "offtake/step.h"

/* One layer on one tensor-parallel rank. */
struct ot__shard {
    double heads, kv_heads; /* padded (AWS) and replicated (past tp = kv_heads) */
    double head_dim, v_dim; /* of the attention kernel */
    double qkv_n, out_k;    /* columns of the QKV product, rows of the output product */
    double weights;         /* attention weights held, elements */
    double kv_bytes;        /* cached per token */
};
/* Tensor-parallel ranks of the deployment: tp, times the ranks on a chip for AWS. */
double ot__ranks(const struct ot_deploy *deploy);
bool ot__is_neuron(const struct ot_deploy *deploy);
struct ot__shard ot__shard_of(const struct ot_deploy *deploy, const struct ot_layers *layers);
/* KV entries a query at `length` reads: the window, and what lies before it if it is kept folded.
 */
double ot__seen(const struct ot_layers *layers, double length);
/* Elements of the other weights of a layer on one rank: dense and shared MLP and router; experts.
 */
double ot__mlp_weights(const struct ot_deploy *deploy, const struct ot_layers *layers);
double ot__expert_weights(const struct ot_layers *layers); /* one expert, unsharded */
double ot__moe_dim(const struct ot_model *model, const struct ot_layers *layers);
double ot__expert_tp(const struct ot_deploy *deploy); /* ranks one expert is split over */
bool ot__has_experts(const struct ot_model *model);

/* The busiest attention-DP rank's share of a load. */
struct ot__rank_load {
    double decode_seqs, decode_len;                 /* length: mean KV per sequence */
    double prefill_seqs, prefill_len, prefill_past; /* per chunk, mean */
    double pairs, longest;
    double tokens; /* dense rows on a rank: decode + prefill */
};
struct ot__rank_load ot__rank_load_of(const struct ot_deploy *deploy,
                                      const struct ot_step_load *load);

/* One operation of a step. */
struct ot__op {
    const char *name;
    double count;
    struct ot_kernel kernel;
};
enum {
    OT__OPS_MAX = 40
};
struct ot__ops {
    struct ot__op items[OT__OPS_MAX];
    int n;
};
/* Per layer of a group: what depends on the rows only, and what depends on KV. */
void ot__ops_linear(const struct ot_deploy *deploy, const struct ot_layers *layers, double rows,
                    struct ot__ops *ret);
void ot__ops_attention(const struct ot_deploy *deploy, const struct ot_layers *layers,
                       const struct ot__rank_load *load, struct ot__ops *ret);
/* Writes the lengths of a load into an attention kernel of that layer. */
void ot__decode_lengths(const struct ot_deploy *deploy, const struct ot_layers *layers,
                        const struct ot__rank_load *load, struct ot_kernel *kernel);
void ot__prefill_lengths(const struct ot_deploy *deploy, const struct ot_layers *layers,
                         const struct ot__rank_load *load, struct ot_kernel *kernel);
/* Once per step: embedding, last norm, stage hand-over; and the LM head on `sampled` rows. */
void ot__ops_once(const struct ot_deploy *deploy, double rows, struct ot__ops *ret);
void ot__ops_sampled(const struct ot_deploy *deploy, double sampled, struct ot__ops *ret);
double ot__padded_rows(enum ot_engine engine, double rows); /* CUDA graph sizes */

/* A found coefficient row, looked up once per kind of operation. */
struct ot__found {
    struct ot_kernel key; /* the members that select a row */
    struct ot_fit fit;
    struct ot_pred band;
};
struct ot__plan {
    const struct ot_fits *fits;
    struct ot_deploy deploy;
    const struct ot_host_fit *host;
    bool neuron;
    struct ot_neuron_fit neuron_fit;
    double scale_decode, scale_prefill; /* chip scale on device time */
    struct ot__found *found;
    size_t found_n, found_cap;
    struct ot_arena *arena;
    double layers_n;
};
enum ot_code ot__plan_init(const struct ot_fits *fits, const struct ot_deploy *deploy,
                           struct ot_arena *arena, struct ot__plan *ret,
                           struct ot_err *err) OT_MUST_CHECK;
/* The row for an operation; collectives: the faster of the engine's own and the plain library. The
 * plan saw all kinds in ot__plan_init, so this cannot fail. */
const struct ot__found *ot__plan_find(const struct ot__plan *plan, const struct ot_kernel *kernel);
/* Device-time factor of the rows of a step. */
void ot__plan_dummy(struct ot__rank_load *ret); /* a load with every kind of work in it */
double ot__plan_scale(const struct ot__plan *plan, const struct ot__rank_load *load);
double ot__host_s(const struct ot__plan *plan, const struct ot__rank_load *load);
struct ot_pred ot__plan_band(const struct ot__plan *plan, const struct ot_step_load *load,
                             double time_s);

/* AWS whole-step forms: the terms of one decode step and of prefill, on one replica. */
enum {
    OT__NEURON_TERMS = 12
};
struct ot__neuron_term {
    const char *name;
    double time_s;
};
struct ot__neuron_step {
    struct ot__neuron_term items[OT__NEURON_TERMS];
    int n;
    double total_s; /* sum of the items, in order */
};
void ot__neuron_decode(const struct ot__plan *plan, double seqs, double kv_tokens,
                       struct ot__neuron_step *ret);
void ot__neuron_prefill(const struct ot__plan *plan, const struct ot_step_load *load,
                        struct ot__neuron_step *ret);
#endif
