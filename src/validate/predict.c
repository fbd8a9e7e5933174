/* SPDX-License-Identifier: Apache-2.0 */
/* Which floor answers a row: the table of kinds, and the kernel rows. */
#include <string.h>

#include "measure.h"

static bool fail(struct ot__outcome *ret, const char *why, struct ot_str value)
{
    ret->ok = false;
    ret->skip = why;
    ret->skip_value = value;
    return false;
}

static bool read_dtype(struct ot_str text, enum ot_dtype *ret)
{
    if (text.len == 0) {
        *ret = OT_DTYPE_bf16;
        return true;
    }
    return ot_dtype_parse(text, ret);
}

bool ot__kernel_of(const struct ot__meas *meas, struct ot_kernel *ret_kernel,
                   struct ot__outcome *ret)
{
    const double *num = meas->num;
    struct ot_kernel kernel = {
        .m = num[OT__COL_m],
        .n = num[OT__COL_n],
        .k = num[OT__COL_k],
        .batch = num[OT__COL_batch],
        .q_len = num[OT__COL_q_len],
        .kv_len = num[OT__COL_kv_len],
        .window = num[OT__COL_window],
        .heads = num[OT__COL_heads],
        .kv_heads = num[OT__COL_kv_heads],
        .head_dim = num[OT__COL_head_dim],
        .tokens = num[OT__COL_tokens],
        .hidden = num[OT__COL_hidden],
        .inter = num[OT__COL_inter],
        .experts = num[OT__COL_experts],
        .top_k = num[OT__COL_topk],
        .tp = num[OT__COL_tp],
        .ep = num[OT__COL_ep],
        .gated = meas->gated,
        .bytes = num[OT__COL_bytes],
        .ranks = num[OT__COL_ranks],
        .ranks_per_node = num[OT__COL_ranks_per_node],
        .weights_in_cache = true,
    };
    const struct ot_str *text = meas->text;
    if (!ot_op_parse(meas->op, &kernel.op))
        return fail(ret, "unknown op", meas->op);
    if (!read_dtype(text[OT__COL_dtype_weights], &kernel.dtype_weights))
        return fail(ret, "unknown number format", text[OT__COL_dtype_weights]);
    kernel.dtype_act = kernel.dtype_weights;
    kernel.dtype_kv = OT_DTYPE_bf16;
    if (text[OT__COL_dtype_act].len > 0 && !read_dtype(text[OT__COL_dtype_act], &kernel.dtype_act))
        return fail(ret, "unknown number format", text[OT__COL_dtype_act]);
    if (!read_dtype(text[OT__COL_dtype_kv], &kernel.dtype_kv))
        return fail(ret, "unknown number format", text[OT__COL_dtype_kv]);
    if (!ot_library_parse(text[OT__COL_engine], &kernel.library))
        kernel.library = OT_LIBRARY_vllm;
    if (text[OT__COL_group].len > 0 && kernel.op == OT_OP_elementwise &&
        !ot_elementwise_parse(text[OT__COL_group], &kernel.kind))
        return fail(ret, "unknown elementwise group", text[OT__COL_group]);
    if (text[OT__COL_skew].len > 0 && !ot_skew_parse(text[OT__COL_skew], &kernel.skew_gamma))
        return fail(ret, "unknown routing skew", text[OT__COL_skew]);
    *ret_kernel = kernel;
    return true;
}

void ot__predict_kernel(const struct ot__predict_ctx *ctx, const struct ot__meas *meas,
                        struct ot_arena *arena, struct ot__outcome *ret)
{
    struct ot_kernel kernel;
    struct ot_err err;
    if (!ot_str_is(meas->metric, "time")) {
        (void)fail(ret, "a kernel row predicts time only", meas->metric);
        return;
    }
    if (!ot__kernel_of(meas, &kernel, ret))
        return;
    ot_err_init(&err, arena);
    if (ot_kernel_time(ctx->fits, meas->chip, &kernel, arena, &ret->predicted, NULL, &err) !=
        OT_OK) {
        const struct ot_str why = ot_str_fmt(arena, "%.*s %.*s", (int)err.field.len, err.field.ptr,
                                             (int)err.allowed.len, err.allowed.ptr);
        (void)fail(ret, "no form for this kernel", why);
        return;
    }
    ret->ok = ret->predicted.value > 0;
    if (!ret->ok)
        (void)fail(ret, "the shape takes no time", ot_str_c(""));
}

bool ot__same_config(const struct ot__meas *a, const struct ot__meas *b)
{
    if (a->kind != b->kind || a->kind == OT_MEAS_KIND_kernel || a->chip != b->chip ||
        a->model != b->model || a->workload != b->workload || a->skip.len > 0 || b->skip.len > 0)
        return false;
    for (int i = 0; i < OT__COL_COUNT; i++) {
        if (i == OT__COL_metric || i == OT__COL_unit || i == OT__COL_value)
            continue;
        if (a->has[i] != b->has[i] || a->num[i] != b->num[i] ||
            a->text[i].ptr != b->text[i].ptr)
            return false;
    }
    return true;
}

void ot__predict(const struct ot__predict_ctx *ctx, const struct ot__meas *const *meas, size_t n,
                 struct ot_arena *arena, struct ot__outcome *ret)
{
    static ot__predict_fn *const by_kind[OT_MEAS_KIND_COUNT] = {
        [OT_MEAS_KIND_step] = ot__predict_step,       [OT_MEAS_KIND_offline] = ot__predict_offline,
        [OT_MEAS_KIND_steady] = ot__predict_load,     [OT_MEAS_KIND_server] = ot__predict_load,
        [OT_MEAS_KIND_limit] = ot__predict_limit,
    };
    const enum ot_meas_kind kind = meas[0]->kind;
    if (meas[0]->skip.len > 0) {
        for (size_t i = 0; i < n; i++)
            (void)fail(&ret[i], meas[i]->skip_class, meas[i]->skip);
    } else if (kind == OT_MEAS_KIND_kernel) {
        for (size_t i = 0; i < n; i++)
            ot__predict_kernel(ctx, meas[i], arena, &ret[i]);
    } else {
        OT_ASSERT(by_kind[kind] != NULL);
        by_kind[kind](ctx, meas, n, arena, ret);
    }
}
