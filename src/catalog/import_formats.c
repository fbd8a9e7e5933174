/* SPDX-License-Identifier: Apache-2.0 */
/* Number formats of a checkpoint: torch_dtype for what is not quantised, and what
 * quantization_config or hf_quant_config.json (ModelOpt) say about the rest. Where a scheme leaves
 * attention alone, the dense format stays what it was and only the experts change. */
#include "catalog/internal.h"

#include <string.h>

/* true when a pattern of the list names attention: those weights are not quantised. */
static bool spares_attention(const struct ot_node *list)
{
    for (size_t i = 0; list != NULL && list->kind == OT_NODE_SEQ && i < list->n; i++)
        if (strstr(list->items[i].text.ptr, "self_attn") != NULL)
            return true;
    return false;
}

static struct ot_str text_at(const struct ot_node *map, const char *path)
{
    const struct ot_node *node = map != NULL ? ot_node_at(map, path) : NULL;
    return node != NULL && node->kind == OT_NODE_SCALAR ? node->text : ot_str_c("");
}

/* Format and place of `quantised` weights. spares: attention keeps the format it had. */
static void apply(struct ot_model *model, enum ot_dtype quantised, bool spares)
{
    if (!spares || !ot__model_has_experts(model))
        model->dtype = quantised;
    model->dtype_moe = quantised;
}

/* compressed-tensors: bits, number type and group size of the first group. */
static bool compressed_format(const struct ot_node *config, enum ot_dtype *ret)
{
    const struct ot_node *weights = ot_node_at(config, "config_groups.group_0.weights");
    int64_t bits = 0, group = 0;
    if (weights == NULL || !ot_node_int(weights, "num_bits", &bits))
        return false;
    (void)ot_node_int(weights, "group_size", &group);
    const bool is_float = ot_str_is(text_at(weights, "type"), "float");
    if (bits == 4)
        *ret = !is_float ? OT_DTYPE_int4 : group == 16 ? OT_DTYPE_nvfp4 : OT_DTYPE_mxfp4;
    else
        *ret = is_float ? OT_DTYPE_fp8 : OT_DTYPE_int8;
    return bits == 4 || bits == 8;
}

static void apply_config(const struct ot_node *config, struct ot_model *model)
{
    const struct ot_str method = text_at(config, "quant_method");
    const struct ot_node *spared = ot_node_get(config, "ignore");
    if (spared == NULL)
        spared = ot_node_get(config, "modules_to_not_convert");
    const bool spares = spares_attention(spared);
    enum ot_dtype format = OT_DTYPE_bf16;
    if (ot_str_is(method, "fp8")) {
        const bool blocks = ot_node_get(config, "weight_block_size") != NULL;
        apply(model, blocks ? OT_DTYPE_fp8_block : OT_DTYPE_fp8, spares);
    } else if (ot_str_is(method, "mxfp4")) {
        apply(model, OT_DTYPE_mxfp4, spares);
    } else if (compressed_format(config, &format)) {
        apply(model, format, spares);
    } else if (ot_dtype_parse(text_at(config, "quant_algo"), &format) ||
               ot_dtype_parse(method, &format)) {
        apply(model, format, spares);
    }
}

/* ModelOpt writes NVFP4, FP8, FP8_PB_WO, W4A16_AWQ, MXFP4 …: the longest format in the name. */
static bool modelopt_format(struct ot_str algo, enum ot_dtype *ret)
{
    if (ot_dtype_parse(algo, ret))
        return true;
    if (strstr(algo.ptr, "FP8_PB") != NULL)
        *ret = OT_DTYPE_fp8_block;
    else if (strstr(algo.ptr, "W4A") != NULL || strstr(algo.ptr, "INT4") != NULL)
        *ret = OT_DTYPE_int4;
    else if (strstr(algo.ptr, "NVFP4") != NULL)
        *ret = OT_DTYPE_nvfp4;
    else if (strstr(algo.ptr, "FP8") != NULL)
        *ret = OT_DTYPE_fp8;
    else
        return false;
    return true;
}

static void apply_modelopt(const struct ot_node *hf_quant, struct ot_model *model)
{
    const struct ot_str algo = text_at(hf_quant, "quantization.quant_algo");
    enum ot_dtype format = OT_DTYPE_bf16;
    if (algo.len > 0 && modelopt_format(algo, &format))
        apply(model, format,
              spares_attention(ot_node_at(hf_quant, "quantization.exclude_modules")));
    if (ot_dtype_parse(text_at(hf_quant, "quantization.kv_cache_quant_algo"), &format))
        model->dtype_kv = format;
}

void ot__import_formats(const struct ot_node *top, const struct ot_node *text,
                        const struct ot_node *hf_quant, struct ot_model *model)
{
    const struct ot_node *const levels[] = {text, top};
    static const char *const keys[] = {"torch_dtype", "dtype"};
    model->dtype = OT_DTYPE_bf16;
    for (size_t l = OT_COUNT(levels); l > 0; l--)
        for (size_t k = 0; k < OT_COUNT(keys); k++)
            (void)ot_dtype_parse(text_at(levels[l - 1], keys[k]), &model->dtype);
    model->dtype_moe = model->dtype;
    model->dtype_kv = OT_DTYPE_bf16;
    enum ot_dtype experts = OT_DTYPE_bf16;
    for (size_t l = OT_COUNT(levels); l > 0; l--) {
        const struct ot_node *config = ot_node_get(levels[l - 1], "quantization_config");
        if (config != NULL && config->kind == OT_NODE_MAP)
            apply_config(config, model);
    }
    if (hf_quant != NULL)
        apply_modelopt(hf_quant, model);
    /* DeepSeek-V4: 4-bit experts with one scale per 32 beside an 8-bit rest */
    if (ot_str_is(text_at(text, "expert_dtype"), "fp4"))
        model->dtype_moe = OT_DTYPE_mxfp4;
    else if (ot_dtype_parse(text_at(text, "expert_dtype"), &experts))
        model->dtype_moe = experts;
}
