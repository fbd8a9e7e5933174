/* SPDX-License-Identifier: Apache-2.0 */
/* Field tables of data/fits/: how a file of coefficients is written. One row per key. */
#include "cost_internal.h"

#define NAME_ROW(name) #name,
#define DTYPE_ROW(name, bytes) #name,
static const char *const op_texts[] = {OT_OP_LIST(NAME_ROW)};
static const char *const library_texts[] = {OT_LIBRARY_LIST(NAME_ROW)};
static const char *const kind_texts[] = {OT_ELEMENTWISE_LIST(NAME_ROW)};
static const char *const dtype_texts[] = {OT_DTYPE_LIST(DTYPE_ROW)};
static const char *const engine_texts[] = {OT_ENGINE_LIST(NAME_ROW)};
static const char *const topology_texts[] = {OT_TOPOLOGY_LIST(NAME_ROW)};
static const char *const label_texts[] = {OT_LABEL_LIST(NAME_ROW)};
#undef NAME_ROW
#undef DTYPE_ROW
static const struct ot_enum_names op_names = {op_texts, OT_COUNT(op_texts)};
static const struct ot_enum_names library_names = {library_texts, OT_COUNT(library_texts)};
static const struct ot_enum_names kind_names = {kind_texts, OT_COUNT(kind_texts)};
static const struct ot_enum_names dtype_names = {dtype_texts, OT_COUNT(dtype_texts)};
static const struct ot_enum_names engine_names = {engine_texts, OT_COUNT(engine_texts)};
static const struct ot_enum_names topology_names = {topology_texts, OT_COUNT(topology_texts)};
static const struct ot_enum_names label_names = {label_texts, OT_COUNT(label_texts)};

/* Rows: key, member, kind, need, dim, least, greatest, help. Greatest 0 = unchecked. */
#define FIELD(STRUCT, key_, member, kind_, need_, dim_, min_, max_, help_)                         \
    {.key = #key_,                                                                                 \
     .kind = OT_KIND_##kind_,                                                                      \
     .need = OT_##need_,                                                                           \
     .dim = OT_DIM_##dim_,                                                                         \
     .offset = offsetof(STRUCT, member),                                                           \
     .min = (min_),                                                                                \
     .max = (max_),                                                                                \
     .help = (help_)},
#define NAMED(STRUCT, key_, need_, names_, def_, help_)                                            \
    {.key = #key_,                                                                                 \
     .kind = OT_KIND_ENUM,                                                                         \
     .need = OT_##need_,                                                                           \
     .offset = offsetof(STRUCT, key_),                                                             \
     .names = &(names_),                                                                           \
     .def = (def_),                                                                                \
     .help = (help_)},
#define COEF(name, dim_, def_, help_)                                                              \
    {.key = #name,                                                                                 \
     .kind = OT_KIND_NUM,                                                                          \
     .need = OT_OPTIONAL,                                                                          \
     .dim = OT_DIM_##dim_,                                                                         \
     .offset = offsetof(struct ot_fit, coef) + OT_COEF_##name * sizeof(double),                    \
     .help = (help_)},

/* clang-format off */
static const struct ot_field kernel_rows[] = {
    NAMED(struct ot_fit, op, REQUIRED, op_names, NULL, "operation")
    FIELD(struct ot_fit, form, form, STR, REQUIRED, NONE, 0, 0, "form of the formula, e.g. G5")
    NAMED(struct ot_fit, library, REQUIRED, library_names, NULL, "whose kernels")
    NAMED(struct ot_fit, dtype, REQUIRED, dtype_names, NULL, "format of weights, or of KV in attention")
    NAMED(struct ot_fit, kind, OPTIONAL, kind_names, "any", "which elementwise kernel")
    FIELD(struct ot_fit, head_dim, head_dim, INT, OPTIONAL, NONE, 0, 1024, "head size; absent = any")
    FIELD(struct ot_fit, rows, rows_n, INT, REQUIRED, NONE, 0, 1e9, "measured rows fitted on")
    FIELD(struct ot_fit, err_median, err_median, NUM, REQUIRED, FRAC, 0, 10, "median error on held-out rows")
    FIELD(struct ot_fit, err_p90, err_p90, NUM, REQUIRED, FRAC, 0, 10, "90th percentile of that error")
    FIELD(struct ot_fit, note, note, STR, OPTIONAL, NONE, 0, 0, "remark")
    OT_COEF_LIST(COEF)
};
static const struct ot_table kernel_table = {
    .name = "kernel", .help = "coefficients of one kernel form", .size = sizeof(struct ot_fit),
    .rows = kernel_rows, .n = OT_COUNT(kernel_rows)};

#define S struct ot_neuron_fit
static const struct ot_field neuron_rows[] = {
    FIELD(S, chip, chip, STR, REQUIRED, NONE, 0, 0, "chip")
    FIELD(S, family, family, STR, REQUIRED, NONE, 0, 0, "chips of other names it carries over to")
    NAMED(S, label, REQUIRED, label_names, NULL, "how the coefficients were obtained")
    FIELD(S, rows, rows_n, INT, REQUIRED, NONE, 0, 1e9, "measured rows fitted on")
    FIELD(S, err_median, err_median, NUM, OPTIONAL, FRAC, 0, 10, "median error, groups held out")
    FIELD(S, err_p90, err_p90, NUM, OPTIONAL, FRAC, 0, 10, "90th percentile of that error")
    FIELD(S, t0, t0_s, NUM, REQUIRED, TIME, 0, 1, "per decode step: runtime and host")
    FIELD(S, cw, cw, NUM, REQUIRED, NONE, 0.1, 10, "weight bytes over DMA rate")
    FIELD(S, ck, ck, NUM, REQUIRED, NONE, 0.1, 10, "KV bytes over DMA rate")
    FIELD(S, cs, cs_s, NUM, REQUIRED, TIME, 0, 1, "serial chain per layer and 1,000 positions")
    FIELD(S, cb, cb_s, NUM, REQUIRED, TIME, 0, 1, "per sequence and layer")
    FIELD(S, alpha, alpha_s, NUM, REQUIRED, TIME, 0, 1, "one collective per log2 of ranks")
    FIELD(S, ce, ce_s, NUM, REQUIRED, TIME, 0, 1, "per token-expert selection and layer")
    FIELD(S, sample, sample_s, NUM, OPTIONAL, TIME, 0, 1, "per sequence when the CPU samples")
    FIELD(S, dma_core, dma_core_bytes_per_s, NUM, REQUIRED, BYTES_PER_S, 1e9, 1e15, "sustained DMA of one physical core")
    FIELD(S, tensor_core, tensor_core_flop_per_s, NUM, REQUIRED, FLOP_PER_S, 1e9, 1e18, "bf16 tensor rate of one physical core")
    FIELD(S, vector_clock, vector_clock_hz, NUM, REQUIRED, HERTZ, 1e6, 1e11, "vector engine clock")
    FIELD(S, t0p, t0p_s, NUM, REQUIRED, TIME, 0, 10, "per prefill")
    FIELD(S, eta_p, eta_p, NUM, REQUIRED, NONE, 1e-3, 1, "share of tensor rate on padded FLOP")
    FIELD(S, eta_p_tuned, eta_p_tuned, NUM, REQUIRED, NONE, 1e-3, 1, "the same in vendor-tuned dense prefill")
    FIELD(S, decode_low, decode_low, NUM, REQUIRED, NONE, 0.01, 1, "p10 of measured / predicted, dense decode")
    FIELD(S, decode_high, decode_high, NUM, REQUIRED, NONE, 1, 100, "p90")
    FIELD(S, moe_low, moe_low, NUM, REQUIRED, NONE, 0.01, 1, "p10 of measured / predicted, MoE decode")
    FIELD(S, moe_high, moe_high, NUM, REQUIRED, NONE, 1, 100, "p90")
    FIELD(S, prefill_low, prefill_low, NUM, REQUIRED, NONE, 0.01, 1, "p10 of measured / predicted, prefill")
    FIELD(S, prefill_high, prefill_high, NUM, REQUIRED, NONE, 1, 100, "p90")
    FIELD(S, note, note, STR, OPTIONAL, NONE, 0, 0, "remark")
};
#undef S
static const struct ot_table neuron_table = {
    .name = "neuron", .help = "whole-step coefficients of an AWS chip",
    .size = sizeof(struct ot_neuron_fit), .rows = neuron_rows, .n = OT_COUNT(neuron_rows)};

#define S struct ot_scale_fit
static const struct ot_field scale_rows[] = {
    FIELD(S, chip, chip, STR, REQUIRED, NONE, 0, 0, "chip")
    NAMED(S, dtype, REQUIRED, dtype_names, NULL, "format of the weights")
    FIELD(S, phase, phase, STR, REQUIRED, NONE, 0, 0, "decode or prefill")
    FIELD(S, factor, factor, NUM, REQUIRED, NONE, 0.01, 100, "on the device time of a step")
    FIELD(S, roof, roof, BOOL, REQUIRED, NONE, 0, 0, "first scale by the measured GEMM")
    FIELD(S, low, low, NUM, REQUIRED, NONE, 0.01, 1, "p10 of measured / predicted")
    FIELD(S, high, high, NUM, REQUIRED, NONE, 1, 100, "p90")
    FIELD(S, rows, rows_n, INT, REQUIRED, NONE, 0, 1e9, "measured rows")
    FIELD(S, note, note, STR, OPTIONAL, NONE, 0, 0, "remark")
};
#undef S
static const struct ot_table scale_table = {
    .name = "scale", .help = "factor on the device time of a step",
    .size = sizeof(struct ot_scale_fit), .rows = scale_rows, .n = OT_COUNT(scale_rows)};

#define S struct ot__band_fit
static const struct ot_field band_rows[] = {
    FIELD(S, scope, scope, STR, REQUIRED, NONE, 0, 0, "what the band is for")
    {.key = "op", .kind = OT_KIND_ENUM, .offset = offsetof(S, op), .names = &op_names,
     .has_offset = offsetof(S, has_op), .help = "operation; absent = any"},
    FIELD(S, low, low, NUM, REQUIRED, NONE, 0.01, 1, "p10 of measured / predicted")
    FIELD(S, high, high, NUM, REQUIRED, NONE, 1, 100, "p90")
    FIELD(S, note, note, STR, OPTIONAL, NONE, 0, 0, "remark")
};
#undef S
static const struct ot_table band_table = {
    .name = "band", .help = "band of a kind of prediction", .size = sizeof(struct ot__band_fit),
    .rows = band_rows, .n = OT_COUNT(band_rows)};

#define S struct ot__network_fit
static const struct ot_field network_rows[] = {
    FIELD(S, scope, scope, STR, REQUIRED, NONE, 0, 0, "topology, or hosts")
    FIELD(S, start, start_s, NUM, REQUIRED, TIME, 0, 1, "cost of starting a collective")
    FIELD(S, hop, hop_s, NUM, REQUIRED, TIME, 0, 1, "latency of one hop")
    FIELD(S, share, share, NUM, REQUIRED, NONE, 0.001, 1, "share of the stated rate")
    FIELD(S, note, note, STR, OPTIONAL, NONE, 0, 0, "remark")
};
#undef S
static const struct ot_table network_table = {
    .name = "network", .help = "links without a kernel table",
    .size = sizeof(struct ot__network_fit), .rows = network_rows, .n = OT_COUNT(network_rows)};

#define S struct ot_host_fit
static const struct ot_field host_rows[] = {
    NAMED(S, engine, REQUIRED, engine_names, NULL, "engine")
    FIELD(S, band_power, band_power, NUM, REQUIRED, NONE, 0.1, 10, "exponent on the band: 2 = no own data")
    FIELD(S, small_family, small_family, STR, OPTIONAL, NONE, 0, 0, "chips that take the small limits")
    FIELD(S, step, step_s, NUM, REQUIRED, TIME, 0, 1, "per step")
    FIELD(S, seq, seq_s, NUM, REQUIRED, TIME, 0, 1, "per sequence in a step")
    FIELD(S, sync, sync_s, NUM, REQUIRED, TIME, 0, 1, "per layer and doubling of TP")
    FIELD(S, request, request_s, NUM, REQUIRED, TIME, 0, 10, "per request, outside the engine")
    FIELD(S, in_flight, in_flight_n, INT, REQUIRED, NONE, 1, 16, "batches in flight")
    FIELD(S, memory_util, memory_util_frac, NUM, REQUIRED, FRAC, 0.01, 1, "share of memory the engine takes")
    FIELD(S, runtime, runtime_bytes, NUM, REQUIRED, BYTES, 0, 1e12, "driver, communicators")
    FIELD(S, graph, graph_bytes, NUM, REQUIRED, BYTES, 0, 1e12, "captured graphs")
    FIELD(S, block_tokens, block_tokens, INT, REQUIRED, NONE, 1, 1024, "tokens in a KV block")
    FIELD(S, seqs, seqs_n, INT, REQUIRED, NONE, 1, 1e6, "default limit of running sequences")
    FIELD(S, batched_tokens, batched_tokens, INT, REQUIRED, NONE, 1, 1e7, "default token budget of a step")
    FIELD(S, seqs_small, seqs_small_n, INT, REQUIRED, NONE, 1, 1e6, "the same below 70 GiB of memory")
    FIELD(S, batched_tokens_small, batched_tokens_small, INT, REQUIRED, NONE, 1, 1e7, "the same below 70 GiB of memory")
    FIELD(S, note, note, STR, OPTIONAL, NONE, 0, 0, "remark")
};
#undef S
static const struct ot_table host_table = {
    .name = "host", .help = "what an engine adds to a step", .size = sizeof(struct ot_host_fit),
    .rows = host_rows, .n = OT_COUNT(host_rows)};

#define S struct ot__fit_spec
static const struct ot_field spec_rows[] = {
    FIELD(S, bf16, bf16_flop_per_s, NUM, REQUIRED, FLOP_PER_S, 1e9, 1e18, "16-bit peak the etas refer to")
    FIELD(S, fp8, fp8_flop_per_s, NUM, OPTIONAL, FLOP_PER_S, 0, 0, "8-bit peak")
    FIELD(S, fp4, fp4_flop_per_s, NUM, OPTIONAL, FLOP_PER_S, 0, 0, "4-bit peak")
    FIELD(S, best_gemm_bf16, best_bf16_flop_per_s, NUM, OPTIONAL, FLOP_PER_S, 0, 0, "best measured 16-bit GEMM")
    FIELD(S, best_gemm_fp8, best_fp8_flop_per_s, NUM, OPTIONAL, FLOP_PER_S, 0, 0, "best measured 8-bit GEMM")
    FIELD(S, memory, memory_bytes_per_s, NUM, REQUIRED, BYTES_PER_S, 1e9, 1e15, "memory bandwidth")
    FIELD(S, compute_units, compute_units, INT, REQUIRED, NONE, 1, 1e5, "parallel blocks")
    FIELD(S, cache, cache_bytes, NUM, REQUIRED, BYTES, 1, 1e12, "last-level cache")
    FIELD(S, link, link_bytes_per_s, NUM, REQUIRED, BYTES_PER_S, 1e6, 1e15, "link, one way")
    NAMED(S, topology, REQUIRED, topology_names, NULL, "how chips of a host are joined")
};
#undef S
static const struct ot_table spec_table = {
    .name = "spec", .help = "the facts that every eta of the file refers to",
    .size = sizeof(struct ot__fit_spec), .rows = spec_rows, .n = OT_COUNT(spec_rows)};

#define S struct ot__fit_file
#define LIST_OF(key_, table_, help_)                                                               \
    {.key = #key_, .kind = OT_KIND_LIST, .offset = offsetof(S, key_),                              \
     .count_offset = offsetof(S, key_##_n), .table = &(table_), .help = (help_)},
static const struct ot_field file_rows[] = {
    FIELD(S, chip, chip, STR, OPTIONAL, NONE, 0, 0, "chip of the kernels")
    FIELD(S, family, family, STR, OPTIONAL, NONE, 0, 0, "chips these coefficients carry over to")
    FIELD(S, rank, rank, INT, OPTIONAL, NONE, 0, 1000, "order of use for other chips, 1 first")
    FIELD(S, date, date_day, DATE, REQUIRED, NONE, 0, 0, "when it was fitted")
    FIELD(S, source, source, STR, REQUIRED, NONE, 0, 0, "where the measurements come from")
    FIELD(S, note, note, STR, OPTIONAL, NONE, 0, 0, "remark")
    {.key = "spec", .kind = OT_KIND_OBJ, .offset = offsetof(S, spec), .table = &spec_table,
     .help = "facts the etas refer to"},
    LIST_OF(kernels, kernel_table, "kernel forms")
    LIST_OF(neuron, neuron_table, "whole-step forms of AWS chips")
    LIST_OF(scales, scale_table, "factors on a step")
    LIST_OF(bands, band_table, "bands")
    LIST_OF(network, network_table, "links")
    LIST_OF(hosts, host_table, "engines")
};
#undef S
/* clang-format on */
const struct ot_table ot__fit_file_table = {.name = "fits",
                                            .help = "coefficients of the formulas",
                                            .size = sizeof(struct ot__fit_file),
                                            .rows = file_rows,
                                            .n = OT_COUNT(file_rows)};
