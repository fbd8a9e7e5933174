/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFTAKE_STEP_H
#define OFFTAKE_STEP_H
/* Floor 3: time and memory of one inference step of a model under one parallel layout. */
#include "offtake/cost.h"

struct ot_layout {
    int64_t tp, pp, ep, dp, cp; /* >= 1; dp = attention DP; chips = tp * pp * dp * cp */
};
int64_t ot_layout_chips(struct ot_layout layout);

struct ot_deploy { /* what runs where: one replica */
    const struct ot_model *model;
    const struct ot_chip *chip;
    struct ot_layout layout;
    enum ot_engine engine;
    enum ot_dtype dtype_weights, dtype_act, dtype_moe, dtype_kv;
    double skew_gamma;                                       /* MoE routing */
    double gpu_memory_util_frac;                             /* 0 = engine default */
    int64_t num_gpu_blocks;                                  /* 0 = computed */
    int64_t max_num_seqs, max_batched_tokens, max_model_len; /* 0 = engine default */
    int64_t block_tokens;                                    /* 0 = engine default */
};
/* Fills defaults (DESIGN 5): dtypes, engine, tp by the rule when layout.tp == 0; each default used
 * goes to assumed (may be NULL). OT_INPUT when the model cannot run so. */
enum ot_code ot_deploy_fill(const struct ot_fits *fits, struct ot_deploy *deploy,
                            struct ot_assumed *assumed, struct ot_err *err) OT_MUST_CHECK;

enum ot_phase {
    OT_PHASE_prefill,
    OT_PHASE_decode,
    OT_PHASE_mixed,
    OT_PHASE_COUNT
};

struct ot_memory {
    double weights_bytes, activation_bytes, graph_bytes, runtime_bytes, usable_bytes; /* per chip */
    double kv_bytes_per_block;                                                        /* per chip */
    int64_t kv_blocks; /* usable blocks of block_tokens; 0 = does not fit */
    int64_t block_tokens;
    double state_bytes_per_seq; /* linear layers */
    double used_bytes;          /* with all blocks allocated */
    bool fits;
};
enum ot_code ot_step_memory(const struct ot_deploy *deploy, struct ot_memory *ret,
                            struct ot_err *err) OT_MUST_CHECK;

/* What one step processes, on one replica (sums over its attention-DP ranks). */
struct ot_step_load {
    double decode_seqs;      /* sequences that make one token */
    double decode_kv_tokens; /* their KV tokens in sum */
    double prefill_tokens;   /* new prompt tokens in this step */
    double prefill_seqs;
    double prefill_kv_tokens; /* sum over prefill chunks of the KV length before the chunk */
    /* Neuron: padded to the compiled batch and bucket by the policy before it gets here. */
};
enum ot_code ot_step_time(const struct ot_fits *fits, const struct ot_deploy *deploy,
                          const struct ot_step_load *load, struct ot_arena *arena,
                          struct ot_pred *ret_time_s, struct ot_part *ret_part,
                          struct ot_err *err) OT_MUST_CHECK;

/* The step cost as the simulator sees it, compiled once per deployment: integer picoseconds, for
 * decode piecewise linear in total KV tokens between knots with integer slope (DESIGN 7). Knots
 * are geometric, 9 per batch size; batch sizes are tabulated on demand in `arena`. */
struct ot_step_table;
enum ot_code ot_step_table_new(const struct ot_fits *fits, const struct ot_deploy *deploy,
                               struct ot_arena *arena, struct ot_step_table **ret,
                               struct ot_err *err) OT_MUST_CHECK;
/* One linear piece of the decode cost at `seqs` sequences: time = base + slope * (kv - kv_from),
 * valid for kv in [kv_from, kv_to). */
struct ot_step_piece {
    int64_t base_ps, slope_ps, kv_from, kv_to;
};
struct ot_step_piece ot_step_decode_piece(struct ot_step_table *table, int64_t seqs,
                                          int64_t kv_tokens);
int64_t ot_step_decode_ps(struct ot_step_table *table, int64_t seqs, int64_t kv_tokens);
/* Any step; equals ot_step_decode_ps when there is no prefill. */
int64_t ot_step_mixed_ps(struct ot_step_table *table, const struct ot_step_load *load);
/* Band of the step time as factors on it. */
struct ot_pred ot_step_table_band(const struct ot_step_table *table);
#endif
