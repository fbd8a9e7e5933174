/* SPDX-License-Identifier: Apache-2.0 */
/* Which floor answers a row: the table of kinds, and the kernel rows. */
#include <string.h>

#include <xxhash.h>

#include "measure.h"

bool ot__outcome_fail(struct ot__outcome *ret, const char *why, struct ot_str value)
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
        return ot__outcome_fail(ret, "unknown op", meas->op);
    if (!read_dtype(text[OT__COL_dtype_weights], &kernel.dtype_weights))
        return ot__outcome_fail(ret, "unknown number format", text[OT__COL_dtype_weights]);
    kernel.dtype_act = kernel.dtype_weights;
    kernel.dtype_kv = OT_DTYPE_bf16;
    if (text[OT__COL_dtype_act].len > 0 && !read_dtype(text[OT__COL_dtype_act], &kernel.dtype_act))
        return ot__outcome_fail(ret, "unknown number format", text[OT__COL_dtype_act]);
    if (!read_dtype(text[OT__COL_dtype_kv], &kernel.dtype_kv))
        return ot__outcome_fail(ret, "unknown number format", text[OT__COL_dtype_kv]);
    if (!ot_library_parse(text[OT__COL_engine], &kernel.library))
        kernel.library = OT_LIBRARY_vllm;
    if (text[OT__COL_group].len > 0 && kernel.op == OT_OP_elementwise &&
        !ot_elementwise_parse(text[OT__COL_group], &kernel.kind))
        return ot__outcome_fail(ret, "unknown elementwise group", text[OT__COL_group]);
    if (text[OT__COL_skew].len > 0 && !ot_skew_parse(text[OT__COL_skew], &kernel.skew_gamma))
        return ot__outcome_fail(ret, "unknown routing skew", text[OT__COL_skew]);
    *ret_kernel = kernel;
    return true;
}

static void predict_kernel(const struct ot__predict_ctx *ctx, const struct ot__meas *meas,
                           struct ot_arena *arena, struct ot__outcome *ret)
{
    struct ot_kernel kernel;
    struct ot_err err;
    if (!ot_str_is(meas->metric, "time")) {
        (void)ot__outcome_fail(ret, "a kernel row predicts time only", meas->metric);
        return;
    }
    if (!ot__kernel_of(meas, &kernel, ret))
        return;
    ot_err_init(&err, arena);
    if (ot_kernel_time(ctx->fits, meas->chip, &kernel, arena, &ret->predicted, NULL, &err) !=
        OT_OK) {
        const struct ot_str why = ot_str_fmt(arena, "%.*s %.*s", (int)err.field.len, err.field.ptr,
                                             (int)err.allowed.len, err.allowed.ptr);
        (void)ot__outcome_fail(ret, "no form for this kernel", why);
        return;
    }
    ret->ok = ret->predicted.value > 0;
    if (!ret->ok)
        (void)ot__outcome_fail(ret, "the shape takes no time", ot_str_c(""));
}

void ot__predict_kernels(const struct ot__predict_ctx *ctx, const struct ot__meas *const *meas,
                         size_t n, struct ot_arena *arena, struct ot__outcome *ret)
{
    for (size_t i = 0; i < n; i++)
        predict_kernel(ctx, meas[i], arena, &ret[i]);
}

/* Columns that scale or name a result and do not change it, by kind of row. */
static bool in_key(const struct ot__meas *meas, enum ot__col col)
{
    static const enum ot__col never[] = {OT__COL_metric, OT__COL_unit,          OT__COL_value,
                                         OT__COL_id,     OT__COL_source,        OT__COL_url,
                                         OT__COL_date,   OT__COL_note,          OT__COL_quality,
                                         OT__COL_kind,   OT__COL_engine_version};
    for (size_t i = 0; i < OT_COUNT(never); i++)
        if (col == never[i])
            return false;
    /* A limit is found per replica and for the benchmark's lengths. */
    const bool whole_layout = meas->has[OT__COL_tp];
    if (meas->kind == OT_MEAS_KIND_limit && meas->workload != NULL &&
        (col == OT__COL_osl || col == OT__COL_rate ||
         (whole_layout && (col == OT__COL_n_chips || col == OT__COL_replicas))))
        return false;
    return true;
}

void ot__config_key(const struct ot__meas *meas, struct ot_arena *scratch, uint64_t ret_key[2])
{
    struct ot_buf text;
    ot_buf_init(&text, scratch, 0);
    ot_buf_addf(&text, "%d %p %p %p", (int)meas->kind, (const void *)meas->chip,
                (const void *)meas->model, (const void *)meas->workload);
    for (int i = 0; i < OT__COL_COUNT; i++) {
        const enum ot__col col = (enum ot__col)i;
        if (!in_key(meas, col))
            continue;
        if (meas->has[col])
            ot_buf_addf(&text, " %d=%.17g", i, meas->num[col]);
        else if (meas->text[col].len > 0)
            ot_buf_addf(&text, " %d=%s", i, meas->text[col].ptr);
    }
    const struct ot_str bytes = ot_buf_str(&text);
    const XXH128_hash_t hash = XXH3_128bits(bytes.ptr, bytes.len);
    ret_key[0] = hash.high64;
    ret_key[1] = hash.low64;
}

void ot__predict(const struct ot__predict_ctx *ctx, const struct ot__meas *const *meas, size_t n,
                 struct ot_arena *arena, struct ot__outcome *ret)
{
    static ot__predict_fn *const by_kind[OT_MEAS_KIND_COUNT] = {
        [OT_MEAS_KIND_kernel] = ot__predict_kernels,  [OT_MEAS_KIND_step] = ot__predict_step,
        [OT_MEAS_KIND_offline] = ot__predict_offline, [OT_MEAS_KIND_steady] = ot__predict_load,
        [OT_MEAS_KIND_server] = ot__predict_load,     [OT_MEAS_KIND_limit] = ot__predict_limit,
    };
    const enum ot_meas_kind kind = meas[0]->kind;
    if (meas[0]->skip_class != NULL) {
        for (size_t i = 0; i < n; i++)
            (void)ot__outcome_fail(&ret[i], meas[i]->skip_class, meas[i]->skip_value);
        return;
    }
    OT_ASSERT(by_kind[kind] != NULL);
    by_kind[kind](ctx, meas, n, arena, ret);
}
