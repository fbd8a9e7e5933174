/* SPDX-License-Identifier: Apache-2.0 */
/* Suffixes of model names that do not change the structure: instruction tunings, dates, formats. */
#include "catalog/internal.h"

/* Folded: without '-', '_' and blanks. Only looked at when the whole name is not known. */
static const struct {
    const char *text;
    bool sets;
    enum ot_dtype format;
} suffixes[] = {
    {"instruct", false, OT_DTYPE_bf16}, {"chat", false, OT_DTYPE_bf16},
    {"base", false, OT_DTYPE_bf16},     {"it", false, OT_DTYPE_bf16},
    {"hf", false, OT_DTYPE_bf16},       {"thinking", false, OT_DTYPE_bf16},
    {"turbo", false, OT_DTYPE_bf16},    {"2507", false, OT_DTYPE_bf16},
    {"0528", false, OT_DTYPE_bf16},     {"dynamic", false, OT_DTYPE_bf16},
    {"fp32", true, OT_DTYPE_fp32},      {"bf16", true, OT_DTYPE_bf16},
    {"fp16", true, OT_DTYPE_fp16},      {"fp8", true, OT_DTYPE_fp8},
    {"fp8kv", true, OT_DTYPE_fp8},      {"fp8block", true, OT_DTYPE_fp8_block},
    {"mxfp8", true, OT_DTYPE_mxfp8},    {"int8", true, OT_DTYPE_int8},
    {"w8a8", true, OT_DTYPE_int8},      {"int4", true, OT_DTYPE_int4},
    {"w4a16", true, OT_DTYPE_int4},     {"awq", true, OT_DTYPE_int4},
    {"gptq", true, OT_DTYPE_int4},      {"mxfp4", true, OT_DTYPE_mxfp4},
    {"fp4", true, OT_DTYPE_nvfp4},      {"nvfp4", true, OT_DTYPE_nvfp4},
};

size_t ot__name_suffix(struct ot_str fold, bool *ret_sets, enum ot_dtype *ret_format)
{
    size_t best = 0;
    for (size_t i = 0; i < OT_COUNT(suffixes); i++) {
        const size_t len = ot_str_c(suffixes[i].text).len;
        if (len <= best || !ot_str_ends(fold, suffixes[i].text))
            continue;
        best = len;
        *ret_sets = suffixes[i].sets;
        *ret_format = suffixes[i].format;
    }
    return best;
}
