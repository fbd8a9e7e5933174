/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFTAKE_STEP_H
#define OFFTAKE_STEP_H
/* Floor 3: time and memory of one inference step of a model under one parallel layout. */
#include "offtake/cost.h"

struct ot_layout {
    int64_t tp, pp, ep, dp, cp; /* >= 1; dp = attention DP; chips = tp * pp * dp * cp */
};
int64_t ot_layout_chips(struct ot_layout layout);

/* How far the software of an AWS chip is taken to be (docs/models/software.md); no effect on
 * others. published: as the vendor publishes it, measured; tuned: the same with the better prefill
 * kernels some have published; parity: a what-if in which kernels and scheduler are as good,
 * relative to this chip's own facts, as the best measured elsewhere. */
#define OT_SOFTWARE_LIST(X) X(published) X(tuned) X(parity)
enum ot_software {
#define OT_SOFTWARE_ENUM(name) OT_SOFTWARE_##name,
    OT_SOFTWARE_LIST(OT_SOFTWARE_ENUM)
#undef OT_SOFTWARE_ENUM
    OT_SOFTWARE_COUNT
};
const char *ot_software_name(enum ot_software software);
bool ot_software_parse(struct ot_str text, enum ot_software *ret);

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
    double runtime_bytes, graph_bytes; /* 0 = engine default; a filled deployment has them */
    /* Chips with several cores a rank (AWS): TP ranks on each of the tp chips, 0 = cores / lnc; a
     * table that counts TP in ranks gives tp = chips used and ranks_per_chip = ranks / chips. */
    int64_t ranks_per_chip, lnc; /* 0 = the chip's */
    enum ot_software software;
};
/* A deployment with everything at its default: layout all 1, tp by the rule, skew power_law_1.2. */
struct ot_deploy ot_deploy_of(const struct ot_model *model, const struct ot_chip *chip);
/* nxd on AWS chips (vllm at software parity), else vllm. */
enum ot_engine ot_engine_default(const struct ot_fits *fits, const struct ot_chip *chip,
                                 enum ot_software software);
/* Fills defaults (DESIGN 5): dtypes, engine, tp by the rule when layout.tp == 0; each default used
 * goes to assumed (may be NULL). Formats left at fp32 (0) are not set; an AWS chip always gets
 * engine nxd, at software parity vllm. OT_INPUT when the model cannot run so. Every function below
 * wants a filled deployment. */
enum ot_code ot_deploy_fill(const struct ot_fits *fits, struct ot_deploy *deploy,
                            struct ot_assumed *assumed, struct ot_err *err) OT_MUST_CHECK;

#define OT_PHASE_LIST(X) X(prefill) X(decode) X(mixed)
enum ot_phase {
#define OT_PHASE_ENUM(name) OT_PHASE_##name,
    OT_PHASE_LIST(OT_PHASE_ENUM)
#undef OT_PHASE_ENUM
    OT_PHASE_COUNT
};

struct ot_memory {
    double weights_bytes, activation_bytes, graph_bytes, runtime_bytes, usable_bytes; /* per chip */
    double kv_bytes_per_block;                                                        /* per chip */
    int64_t kv_blocks; /* usable blocks of block_tokens; 0 = does not fit */
    int64_t block_tokens;
    double state_bytes_per_seq; /* linear layers, per chip */
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
    /* Sum over chunks of S (R + S/2), S new tokens after R cached ones: query-key pairs; and the
     * longest R + S. Both 0: taken as equal chunks. */
    double prefill_pairs, prefill_longest;
    /* Neuron: padded to the compiled batch and bucket by the policy before it gets here. */
};
/* Adds one prefill chunk of `new_tokens` after `cached_tokens` to the load. */
void ot_step_load_chunk(struct ot_step_load *load, double cached_tokens, double new_tokens);
/* Context or prompt bucket of a static-shape engine: the power of two >= tokens, at least 128. */
int64_t ot_step_bucket(int64_t tokens);
enum ot_code ot_step_time(const struct ot_fits *fits, const struct ot_deploy *deploy,
                          const struct ot_step_load *load, struct ot_arena *arena,
                          struct ot_pred *ret_time_s, struct ot_part *ret_part,
                          struct ot_err *err) OT_MUST_CHECK;

/* The step cost as the simulator sees it, compiled once per deployment: integer picoseconds, for
 * decode piecewise linear in total KV tokens between knots with integer slope (DESIGN 7), within
 * 0.1 % of ot_step_time. Knots are as many as that takes; batch sizes are tabulated on demand in
 * `arena`, so a table belongs to one thread. On AWS chips decode_seqs is the compiled batch and
 * kv = batch x bucket. */
struct ot_step_table;
enum ot_code ot_step_table_new(const struct ot_fits *fits, const struct ot_deploy *deploy,
                               struct ot_arena *arena, struct ot_step_table **ret,
                               struct ot_err *err) OT_MUST_CHECK;
/* One linear piece of the decode cost at `seqs` sequences: time = base + slope * (kv - kv_from),
 * valid for kv in [kv_from, kv_to); the cost never falls as kv grows. */
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
