/* SPDX-License-Identifier: Apache-2.0 */
/* Kernel latency tables: their names of chips, number formats and operations, and the rows that are
 * not kernel times (traps of the tables: docs/models/validation.md). */
#include <string.h>

#include "measure.h"

struct pair {
    const char *from, *to;
};

static const struct pair systems[] = {
    {"a100", "a100-sxm-80gb"}, {"a100_sxm", "a100-sxm-80gb"},  {"h100", "h100-sxm"},
    {"h100_sxm", "h100-sxm"},  {"h200", "h200-sxm"},           {"h200_sxm", "h200-sxm"},
    {"b200", "b200-sxm"},      {"b200_sxm", "b200-sxm"},       {"b300", "b300-sxm"},
    {"b300_sxm", "b300-sxm"},  {"rtxpro6000", "rtx-pro-6000"}, {"b60", "arc-pro-b60"},
};
static const struct pair formats[] = {
    {"half", "fp16"},
    {"bfloat16", "bf16"},
    {"bf16?", "bf16"},
};
static const struct pair elementwise[] = {
    {"mlp_act", "act"}, {"input_layernorm", "norm"}, {"attn_rope", "rope"},
    {"add", "add"},     {"quantize_fp8", "quant"},
};

static struct ot_str mapped(const struct pair *pairs, size_t n, struct ot_str text)
{
    for (size_t i = 0; i < n; i++)
        if (ot_str_is(text, pairs[i].from))
            return ot_str_c(pairs[i].to);
    return text;
}

/* "vidur_a100_dgx", "gb200_23" (a library version), "h100": the word that names the chip. */
static struct ot_str chip_of(struct ot_str system)
{
    if (ot_str_starts(system, "vidur_"))
        system = ot_str_n(system.ptr + strlen("vidur_"), system.len - strlen("vidur_"));
    const struct ot_str whole = mapped(systems, OT_COUNT(systems), system);
    if (whole.ptr != system.ptr)
        return whole;
    struct ot_str rest;
    const struct ot_str head = ot_str_cut(system, '_', &rest);
    return mapped(systems, OT_COUNT(systems), head);
}

void ot__fix_kernel(const struct ot__row *row, struct ot__record *record)
{
    struct ot_str *col = record->col;
    col[OT__COL_kind] = ot_str_c("kernel");
    col[OT__COL_source] = col[OT__COL_engine];
    col[OT__COL_chip] = chip_of(col[OT__COL_chip]);
    struct ot_str precision = col[OT__COL_dtype_weights];
    const bool is_kv = ot_str_starts(precision, "kv_");
    if (is_kv)
        precision = ot_str_n(precision.ptr + 3, precision.len - 3);
    precision = mapped(formats, OT_COUNT(formats), precision);
    col[OT__COL_dtype_kv] = precision;
    col[OT__COL_dtype_act] = is_kv ? ot_str_c("bf16") : precision;
    col[OT__COL_dtype_weights] = col[OT__COL_dtype_act];
    const struct ot_str group = mapped(elementwise, OT_COUNT(elementwise), col[OT__COL_op]);
    if (group.ptr != col[OT__COL_op].ptr) {
        col[OT__COL_group] = group;
        col[OT__COL_op] = ot_str_c("elementwise");
    }
    if (ot_str_is(col[OT__COL_op], "moe"))
        record->gated = !ot_str_is(ot__row_get(row, "gated"), "0");
    if (ot_str_ends(col[OT__COL_engine], "_eager"))
        ot__record_skip(record, "eager mode: launch cost, not kernel time", ot_str_c(""));
    if (ot_str_is(col[OT__COL_op], "gemm") && ot_str_is(col[OT__COL_engine], "vllm") &&
        ot_str_is(precision, "fp8_block"))
        ot__record_skip(record, "host-bound launch, not kernel time", ot_str_c(""));
}

void ot__fix_whole_step(const struct ot__row *row, struct ot__record *record)
{
    (void)row;
    static const struct pair models[] = {{"32B", "Qwen3-32B"}, {"70B", "Llama-3.1-70B"}};
    struct ot_str *col = record->col;
    col[OT__COL_kind] = ot_str_c("steady");
    col[OT__COL_source] = col[OT__COL_engine];
    col[OT__COL_chip] = chip_of(col[OT__COL_chip]);
    col[OT__COL_model] = mapped(models, OT_COUNT(models), col[OT__COL_model]);
    col[OT__COL_dtype_weights] = mapped(formats, OT_COUNT(formats), col[OT__COL_dtype_weights]);
    col[OT__COL_n_chips] = col[OT__COL_tp];
    if (ot_str_is(col[OT__COL_dtype_weights], "fp8"))
        col[OT__COL_dtype_kv] = ot_str_c("fp8");
}
