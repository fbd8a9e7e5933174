/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFTAKE_COST_H
#define OFFTAKE_COST_H
/* Floor 2: time of ONE operation on one chip, from closed forms (docs/models/) whose coefficients
 * are data (data/fits/). */
#include "offtake/catalog.h"

/* A result as a tree of named parts; time_s of a node is the sum of its parts' time_s when it has
 * any (parts that overlap are shown by their exposed share). */
struct ot_part {
    const char *name;
    double time_s;
    double count; /* how many times it occurs in the parent, for display; time_s includes it */
    enum ot_label label;
    const char *source;  /* fit file or chip fact */
    const char *formula; /* docs/models/<formula>.md */
    struct ot_part *parts;
    int64_t parts_n;
};
void ot_part_json(const struct ot_part *part, struct ot_json *json);
void ot_part_text(const struct ot_part *part, struct ot_buf *out);

#define OT_OP_LIST(X)                                                                              \
    X(gemm)                                                                                        \
    X(grouped_gemm) X(attention_prefill) X(attention_decode) X(mla_prefill) X(mla_decode)          \
        X(elementwise) X(allreduce) X(allgather) X(reducescatter) X(alltoall) X(p2p)
enum ot_op {
#define OT_OP_ENUM(name) OT_OP_##name,
    OT_OP_LIST(OT_OP_ENUM)
#undef OT_OP_ENUM
    OT_OP_COUNT
};
const char *ot_op_name(enum ot_op op);
bool ot_op_parse(struct ot_str text, enum ot_op *ret); /* aliases: moe, prefill_attention, … */

/* Shapes of one operation; unused members stay 0. The columns of DESIGN 9. */
struct ot_kernel {
    enum ot_op op;
    enum ot_dtype dtype_act, dtype_weights, dtype_kv;
    enum ot_engine engine;
    double m, n, k;                               /* gemm */
    double batch, q_len, kv_len, window;          /* attention */
    double heads, kv_heads, head_dim;             /* attention, per rank */
    double tokens, hidden, inter, experts, top_k; /* grouped_gemm */
    double tp, ep;                                /* grouped_gemm: sharding of experts */
    bool gated;
    double skew_gamma;            /* routing skew: 0 balanced, 0.33 power_law_1.2 */
    double bytes;                 /* collectives, elementwise: S of the full buffer */
    double ranks, ranks_per_node; /* collectives */
    bool weights_in_cache;        /* L2 term on: only for micro-benchmarks */
};

struct ot_fits; /* coefficients of data/fits/, by (op, chip or family, dtype, engine) */
enum ot_code ot_fits_open(struct ot_arena *arena, struct ot_catalog *catalog, struct ot_fits **ret,
                          struct ot_err *err) OT_MUST_CHECK;

/* time of one kernel with its band; ret_part (may be NULL) explains it. OT_INPUT when the chip
 * lacks the number format or a shape is impossible. */
enum ot_code ot_kernel_time(const struct ot_fits *fits, const struct ot_chip *chip,
                            const struct ot_kernel *kernel, struct ot_arena *arena,
                            struct ot_pred *ret_time_s, struct ot_part *ret_part,
                            struct ot_err *err) OT_MUST_CHECK;
#endif
