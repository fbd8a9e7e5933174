/* SPDX-License-Identifier: Apache-2.0 */
/* Names of operations, libraries, elementwise kinds and routing skews, as tables spell them. */
#include <string.h>

#include "cost_internal.h"

static const char *const op_names[] = {
#define OT_OP_NAME(name) #name,
    OT_OP_LIST(OT_OP_NAME)
#undef OT_OP_NAME
};
static const char *const library_names[] = {
#define OT_LIBRARY_NAME(name) #name,
    OT_LIBRARY_LIST(OT_LIBRARY_NAME)
#undef OT_LIBRARY_NAME
};
static const char *const elementwise_names[] = {
#define OT_ELEMENTWISE_NAME(name) #name,
    OT_ELEMENTWISE_LIST(OT_ELEMENTWISE_NAME)
#undef OT_ELEMENTWISE_NAME
};
static const char *const coef_names[] = {
#define OT_COEF_NAME(name, dim, def, help) #name,
    OT_COEF_LIST(OT_COEF_NAME)
#undef OT_COEF_NAME
};

struct alias {
    const char *text;
    int value;
};
static const struct alias op_aliases[] = {
    {"moe", OT_OP_grouped_gemm},
    {"matmul", OT_OP_gemm},
    {"prefill_attention", OT_OP_attention_prefill},
    {"decode_attention", OT_OP_attention_decode},
    {"prefill_attn", OT_OP_attention_prefill},
    {"decode_attn", OT_OP_attention_decode},
    {"all_reduce", OT_OP_allreduce},
    {"all_gather", OT_OP_allgather},
    {"reduce_scatter", OT_OP_reducescatter},
    {"all_to_all", OT_OP_alltoall},
    {"send_recv", OT_OP_p2p},
};
/* Eager custom all-reduces are launch cost, not kernels: they have no library here. */
static const struct alias library_aliases[] = {
    {"custom_vllm", OT_LIBRARY_vllm},
    {"custom_vllm_graph", OT_LIBRARY_vllm},
    {"custom_trtllm", OT_LIBRARY_trtllm},
    {"custom_sglang_graph", OT_LIBRARY_vllm},
    {"sarathi", OT_LIBRARY_vllm},
    {"static", OT_LIBRARY_vllm},
    {"nxd", OT_LIBRARY_vllm},
    {"tensorrt-llm", OT_LIBRARY_trtllm},
    {"oneccl", OT_LIBRARY_nccl},
    {"rccl", OT_LIBRARY_nccl},
};
static const struct alias elementwise_aliases[] = {
    {"input_layernorm", OT_ELEMENTWISE_norm}, {"layernorm", OT_ELEMENTWISE_norm},
    {"rmsnorm", OT_ELEMENTWISE_norm},         {"mlp_act", OT_ELEMENTWISE_act},
    {"attn_rope", OT_ELEMENTWISE_rope},       {"quantize_fp8", OT_ELEMENTWISE_quant},
    {"quantize", OT_ELEMENTWISE_quant},       {"elementwise", OT_ELEMENTWISE_any},
};

static bool find_name(struct ot_str text, const char *const *names, size_t names_n,
                      const struct alias *aliases, size_t aliases_n, int *ret)
{
    for (size_t i = 0; i < names_n; i++)
        if (ot_str_is(text, names[i])) {
            *ret = (int)i;
            return true;
        }
    for (size_t i = 0; i < aliases_n; i++)
        if (ot_str_is(text, aliases[i].text)) {
            *ret = aliases[i].value;
            return true;
        }
    return false;
}

const char *ot_op_name(enum ot_op op)
{
    OT_ASSERT(op < OT_OP_COUNT);
    return op_names[op];
}

bool ot_op_parse(struct ot_str text, enum ot_op *ret)
{
    int value = 0;
    if (!find_name(text, op_names, OT_COUNT(op_names), op_aliases, OT_COUNT(op_aliases), &value))
        return false;
    *ret = (enum ot_op)value;
    return true;
}

const char *ot_library_name(enum ot_library library)
{
    OT_ASSERT(library < OT_LIBRARY_COUNT);
    return library_names[library];
}

bool ot_library_parse(struct ot_str text, enum ot_library *ret)
{
    int value = 0;
    if (!find_name(text, library_names, OT_COUNT(library_names), library_aliases,
                   OT_COUNT(library_aliases), &value))
        return false;
    *ret = (enum ot_library)value;
    return true;
}

enum ot_library ot_library_of(enum ot_engine engine, enum ot_op op)
{
    static const enum ot_library by_engine[OT_ENGINE_COUNT] = {
        [OT_ENGINE_vllm] = OT_LIBRARY_vllm,     [OT_ENGINE_sglang] = OT_LIBRARY_sglang,
        [OT_ENGINE_trtllm] = OT_LIBRARY_trtllm, [OT_ENGINE_nxd] = OT_LIBRARY_vllm,
        [OT_ENGINE_static] = OT_LIBRARY_vllm,
    };
    OT_ASSERT(engine < OT_ENGINE_COUNT);
    const enum ot_library library = by_engine[engine];
    if (!ot__op_is_collective(op))
        return library;
    const bool own = library == OT_LIBRARY_vllm || library == OT_LIBRARY_trtllm;
    return op == OT_OP_allreduce && own ? library : OT_LIBRARY_nccl;
}

bool ot_elementwise_parse(struct ot_str text, enum ot_elementwise *ret)
{
    int value = 0;
    if (!find_name(text, elementwise_names, OT_COUNT(elementwise_names), elementwise_aliases,
                   OT_COUNT(elementwise_aliases), &value))
        return false;
    *ret = (enum ot_elementwise)value;
    return true;
}

bool ot_skew_parse(struct ot_str text, double *ret_gamma)
{
    static const struct {
        const char *name;
        double gamma;
    } skews[] = {
        {"balanced", 0}, {"uniform", 0}, {"power_law_1.01", 0.24}, {"power_law_1.2", 0.33}};
    for (size_t i = 0; i < OT_COUNT(skews); i++)
        if (ot_str_is(text, skews[i].name)) {
            *ret_gamma = skews[i].gamma;
            return true;
        }
    double gamma = 0;
    if (!ot_str_num(text, &gamma) || gamma < 0 || gamma > 1)
        return false;
    *ret_gamma = gamma;
    return true;
}

const char *ot_coef_name(enum ot_coef coef)
{
    OT_ASSERT(coef < OT_COEF_COUNT);
    return coef_names[coef];
}

bool ot__op_is_collective(enum ot_op op)
{
    return op == OT_OP_allreduce || op == OT_OP_allgather || op == OT_OP_reducescatter ||
           op == OT_OP_alltoall || op == OT_OP_p2p;
}
