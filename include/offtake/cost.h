/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFTAKE_COST_H
#define OFFTAKE_COST_H
/* Floor 2: time of ONE operation on one chip, from closed forms (docs/models/) whose coefficients
 * are data (data/fits/). */
#include "offtake/catalog.h"

/* A result as a tree of named parts; time_s of a node is exactly the sum, in order, of its parts'
 * time_s when it has any (parts that overlap are shown by their exposed share). */
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
    X(grouped_gemm)                                                                                \
    X(attention_prefill)                                                                           \
    X(attention_decode)                                                                            \
    X(mla_prefill)                                                                                 \
    X(mla_decode)                                                                                  \
    X(elementwise)                                                                                 \
    X(allreduce)                                                                                   \
    X(allgather)                                                                                   \
    X(reducescatter)                                                                               \
    X(alltoall)                                                                                    \
    X(p2p)
enum ot_op {
#define OT_OP_ENUM(name) OT_OP_##name,
    OT_OP_LIST(OT_OP_ENUM)
#undef OT_OP_ENUM
    OT_OP_COUNT
};
const char *ot_op_name(enum ot_op op);
bool ot_op_parse(struct ot_str text, enum ot_op *ret); /* aliases: moe, prefill_attention, … */

/* Whose kernels: an engine's own, or nccl for the plain collective library of the vendor. */
#define OT_LIBRARY_LIST(X) X(vllm) X(trtllm) X(sglang) X(nccl)
enum ot_library {
#define OT_LIBRARY_ENUM(name) OT_LIBRARY_##name,
    OT_LIBRARY_LIST(OT_LIBRARY_ENUM)
#undef OT_LIBRARY_ENUM
    OT_LIBRARY_COUNT
};
const char *ot_library_name(enum ot_library library);
/* Takes engine and library names as tables spell them: vllm, custom_vllm_graph, oneccl, sarathi. */
bool ot_library_parse(struct ot_str text, enum ot_library *ret);
/* The engine's kernels; collectives of engines without own ones come from nccl. */
enum ot_library ot_library_of(enum ot_engine engine, enum ot_op op);

#define OT_ELEMENTWISE_LIST(X) X(any) X(norm) X(act) X(add) X(rope) X(quant)
enum ot_elementwise {
#define OT_ELEMENTWISE_ENUM(name) OT_ELEMENTWISE_##name,
    OT_ELEMENTWISE_LIST(OT_ELEMENTWISE_ENUM)
#undef OT_ELEMENTWISE_ENUM
    OT_ELEMENTWISE_COUNT
};
bool ot_elementwise_parse(struct ot_str text, enum ot_elementwise *ret);

/* Routing skew exponent by name: balanced 0, power_law_1.01 0.24, power_law_1.2 0.33, or a number
 * in [0, 1]. */
bool ot_skew_parse(struct ot_str text, double *ret_gamma);

/* Shapes of one operation; unused members stay 0. The columns of DESIGN 9. */
struct ot_kernel {
    enum ot_op op;
    enum ot_dtype dtype_act, dtype_weights, dtype_kv;
    enum ot_library library;
    enum ot_elementwise kind;            /* elementwise */
    double m, n, k;                      /* gemm */
    double batch, q_len, kv_len, window; /* attention: per sequence; kv_len includes q_len */
    double heads, kv_heads, head_dim;    /* attention, per rank */
    double v_head_dim;                   /* 0 = head_dim */
    double tokens, hidden, inter, experts, top_k; /* grouped_gemm */
    double tp, ep;                                /* grouped_gemm: sharding of experts; 0 = 1 */
    bool gated;
    double skew_gamma;            /* routing skew: 0 balanced, 0.33 power_law_1.2 */
    double bytes;                 /* collectives, elementwise: S of the full buffer */
    double ranks, ranks_per_node; /* collectives; ranks_per_node 0 = one scale-up domain */
    double pairs, longest; /* prefill of unequal chunks: sum of S (R + S/2) and the longest R + S; 0
                            * = equal chunks */
    bool weights_in_cache; /* L2 term on: micro-benchmarks that repeat one GEMM */
    bool quant_fused;      /* inside a step the quantiser is fused into the kernel before */
};

/* Coefficients of the forms in docs/models/: name, unit, default, meaning. */
#define OT_COEF_LIST(X)                                                                            \
    X(t0, TIME, 0, "start cost of the kernel")                                                     \
    X(eta_c, NONE, 0, "share of peak FLOP/s reached")                                              \
    X(eta_m, NONE, 0, "share of memory bandwidth reached")                                         \
    X(ck, TIME, 0, "serial chain per 1,000 of K (gemm) or of D + I/t (grouped_gemm)")              \
    X(p, NONE, 0, "exponent of the norm that joins overlapping terms")                             \
    X(k0, NONE, 0, "K added per tile: prologue")                                                   \
    X(kc, NONE, 0, "K at which the chain saturates (split-K); 0 = never")                          \
    X(h_l2, NONE, 0, "share of cache that holds weights between repeats")                          \
    X(q_bytes, NONE, 0, "bytes moved per activation element by an unfused quantiser, halved")      \
    X(cb, TIME, 0, "cost per block: batch x kv heads / compute units")                             \
    X(cl, TIME, 0, "serial chain per 1,000 KV tokens")                                             \
    X(lc, NONE, 0, "KV length at which the chain saturates; 0 = never")                            \
    X(s0, NONE, 0, "tokens added per sequence in prefill: tile edges")                             \
    X(h0, NONE, 0, "least heads the MLA kernel computes")                                          \
    X(cr, NONE, 0, "share of routed-token traffic exposed")                                        \
    X(ct, NONE, 0, "share of token gather and scatter traffic exposed")                            \
    X(a0, TIME, 0, "latency of a collective of 2 ranks")                                           \
    X(a1, TIME, 0, "latency per further rank")                                                     \
    X(beta2, NONE, 0, "share of link rate at 2 ranks")                                             \
    X(beta4, NONE, 0, "share of link rate at 4 ranks")                                             \
    X(beta8, NONE, 0, "share of link rate at 8 ranks")                                             \
    X(kappa, NONE, 0, "pipelining over chunks: weight of the root term")
enum ot_coef {
#define OT_COEF_ENUM(name, dim, def, help) OT_COEF_##name,
    OT_COEF_LIST(OT_COEF_ENUM)
#undef OT_COEF_ENUM
    OT_COEF_COUNT
};
const char *ot_coef_name(enum ot_coef coef);

/* One row of coefficients for one (chip, op, number format, library). */
struct ot_fit {
    enum ot_op op;
    enum ot_dtype dtype; /* of weights (gemm, moe) or KV (attention) */
    enum ot_library library;
    enum ot_elementwise kind;   /* elementwise */
    int64_t head_dim;           /* attention: 64 or 128; 0 = any */
    double coef[OT_COEF_COUNT]; /* SI */
    double err_median, err_p90; /* absolute relative error on held-out rows; 0 = not stated */
    int64_t rows_n;             /* measured rows it was fitted on */
    struct ot_str form, note;
    struct ot_str chip, family; /* of the file */
    struct ot_str source;       /* path of the file under data/ */
    double peak_flop_per_s, mem_bytes_per_s, link_bytes_per_s, cache_bytes, units; /* its spec */
    double net_bytes_per_s, net_hop_s; /* between hosts; set by look-up */
};

struct ot_fits; /* coefficients of data/fits/, by (op, chip or family, dtype, library) */
enum ot_code ot_fits_open(struct ot_arena *arena, struct ot_catalog *catalog, struct ot_fits **ret,
                          struct ot_err *err) OT_MUST_CHECK;
/* All rows, for listing. */
const struct ot_fit *ot_fits_rows(const struct ot_fits *fits, size_t *ret_n);
/* A copy in which `row` (chip, op, dtype, library, kind, head_dim) replaces its like or is added:
 * how calibration tries coefficients. The copy shares everything else with `fits`. */
struct ot_fits *ot_fits_with(struct ot_arena *arena, const struct ot_fits *fits,
                             const struct ot_fit *row);
/* The row that ot_kernel_time would use, with the spec numbers it is applied to (the chip's own
 * when the row was fitted elsewhere), its label and band factors. */
enum ot_code ot_fits_find(const struct ot_fits *fits, const struct ot_chip *chip,
                          const struct ot_kernel *kernel, struct ot_fit *ret,
                          struct ot_pred *ret_band, struct ot_err *err) OT_MUST_CHECK;

/* Whole-step coefficients of a chip without kernel tables (AWS), docs/models/neuron-*.md. */
struct ot_neuron_fit {
    struct ot_str chip, family, note, source;
    enum ot_label label;
    int64_t rows_n;
    double err_median, err_p90;
    double t0_s, cw, ck, cs_s, cb_s, alpha_s, ce_s, sample_s; /* decode; cs per 1,000 positions */
    double t0p_s, eta_p, eta_p_tuned;                         /* prefill */
    double dma_core_bytes_per_s, tensor_core_flop_per_s, vector_clock_hz; /* per physical core */
    double decode_low, decode_high, moe_low, moe_high, prefill_low, prefill_high;
};
/* The chip's own row, or one of its family rescaled by its facts (then in `scratch`, label
 * transferred); false when the chip is to be predicted from kernels. */
bool ot_fits_neuron(const struct ot_fits *fits, const struct ot_chip *chip,
                    struct ot_neuron_fit *ret);

/* What an engine adds to a step and to memory, and its default limits, docs/models/host-terms.md.
 */
struct ot_host_fit {
    enum ot_engine engine;
    struct ot_str note, source;
    struct ot_str small_family; /* a chip family that takes the small limits whatever its memory */
    double band_power;          /* exponent on the band of a step: 2 = no own data */
    double step_s, seq_s, sync_s; /* per step; per sequence in it; per layer and doubling of TP */
    double request_s;             /* once per request, seen by the client only */
    int64_t in_flight_n;          /* batches in flight: 2 = asynchronous engine loop */
    double memory_util_frac, runtime_bytes, graph_bytes;
    int64_t block_tokens, seqs_n, batched_tokens, seqs_small_n, batched_tokens_small;
};
const struct ot_host_fit *ot_fits_host(const struct ot_fits *fits, enum ot_engine engine);

/* A factor on the device time of a step that whole-step measurements give, chip-scale.md. */
struct ot_scale_fit {
    struct ot_str chip, phase, note, source; /* phase: decode, prefill */
    enum ot_dtype dtype;
    double factor, low, high;
    bool roof; /* scale the compute efficiency by the chip's measured GEMM first */
    int64_t rows_n;
};
const struct ot_scale_fit *ot_fits_scale(const struct ot_fits *fits, const struct ot_chip *chip,
                                         enum ot_dtype dtype, const char *phase); /* NULL: none */
/* p10, p90 factors of a scope of data/fits/bands.yaml; value 1. op OT_OP_COUNT: any. */
struct ot_pred ot_fits_band(const struct ot_fits *fits, const char *scope, enum ot_op op);

/* True when the chip computes in the format, itself or through an equal one (fp16 for bf16). */
bool ot_chip_has_dtype(const struct ot_chip *chip, enum ot_dtype dtype);

/* Seconds of a kernel by a row found before; shapes must be valid. For tables that call it often.
 */
double ot_form_time_s(const struct ot_fit *fit, const struct ot_kernel *kernel);
/* The same as a tree: times, the parts' exposed shares and `label`, all times multiplied by
 * `factor`; the part's time is the exact sum of its parts. */
struct ot_part ot_form_part(const struct ot_fit *fit, const struct ot_kernel *kernel, double factor,
                            enum ot_label label, struct ot_arena *arena);

/* time of one kernel with its band; ret_part (may be NULL) explains it. OT_INPUT when the chip
 * lacks the number format or a shape is impossible. */
enum ot_code ot_kernel_time(const struct ot_fits *fits, const struct ot_chip *chip,
                            const struct ot_kernel *kernel, struct ot_arena *arena,
                            struct ot_pred *ret_time_s, struct ot_part *ret_part,
                            struct ot_err *err) OT_MUST_CHECK;
#endif
