/* SPDX-License-Identifier: Apache-2.0 */
/* The deployment a row describes: number formats as published, layouts counted in chips or in
 * ranks, how many replicas its chips make. What a row leaves out is assumed and documented in
 * docs/models/validation.md. */
#include <math.h>

#include "measure.h"

static bool stated(struct ot_str text)
{
    return text.len > 0 && !ot_str_is(text, "UNSET");
}

/* "fp4" is NVFP4 on NVIDIA chips and MXFP4 elsewhere. */
static bool format_of(const struct ot_chip *chip, struct ot_str text, enum ot_dtype *ret)
{
    if (ot_str_is(text, "fp4") || ot_str_is(text, "FP4")) {
        *ret = ot_str_is(chip->vendor, "NVIDIA") ? OT_DTYPE_nvfp4 : OT_DTYPE_mxfp4;
        return true;
    }
    if (ot_str_is(text, "UINT4") || ot_str_is(text, "INT4")) {
        *ret = OT_DTYPE_int4;
        return true;
    }
    return ot_dtype_parse(text, ret);
}

static bool read_format(const struct ot__meas *meas, enum ot__col col, enum ot_dtype absent,
                        enum ot_dtype *ret, struct ot__outcome *out)
{
    *ret = absent;
    if (!stated(meas->text[col]))
        return true;
    if (!format_of(meas->chip, meas->text[col], ret))
        return ot__outcome_fail(out, "unknown number format", meas->text[col]);
    return true;
}

static bool read_formats(const struct ot__meas *meas, struct ot_deploy *deploy,
                         struct ot__outcome *out)
{
    const struct ot_chip *chip = meas->chip;
    const struct ot_model *model = meas->model;
    const enum ot_dtype dense =
        ot_chip_has_dtype(chip, model->dtype) ? model->dtype : OT_DTYPE_bf16;
    if (!read_format(meas, OT__COL_dtype_weights, dense, &deploy->dtype_weights, out))
        return false;
    const enum ot_dtype weights = deploy->dtype_weights;
    const bool weight_only = weights == OT_DTYPE_int4;
    if (!weight_only && !ot_chip_has_dtype(chip, weights))
        return ot__outcome_fail(out, "the chip lacks the number format",
                                ot_str_c(ot_dtype_name(weights)));
    const bool narrow = ot_dtype_bytes(weights) <= 1.1;
    enum ot_dtype experts = model->dtype_moe;
    if (stated(meas->text[OT__COL_dtype_weights]))
        experts = weights;
    else if (!ot_chip_has_dtype(chip, experts))
        experts = OT_DTYPE_bf16;
    const enum ot_dtype act = narrow && !weight_only ? weights : OT_DTYPE_bf16;
    const enum ot_dtype kv =
        narrow && deploy->engine == OT_ENGINE_trtllm ? OT_DTYPE_fp8 : OT_DTYPE_bf16;
    return read_format(meas, OT__COL_dtype_moe, experts, &deploy->dtype_moe, out) &&
           read_format(meas, OT__COL_dtype_act, act, &deploy->dtype_act, out) &&
           read_format(meas, OT__COL_dtype_kv, kv, &deploy->dtype_kv, out);
}

static int64_t whole(const struct ot__meas *meas, enum ot__col col)
{
    return meas->has[col] ? (int64_t)meas->num[col] : 0;
}

static int64_t at_least_1(int64_t n)
{
    return n > 0 ? n : 1;
}

/* AWS tables count TP in ranks (logical cores): a replica's chips are chips / replicas. */
static bool neuron_layout(const struct ot__meas *meas, struct ot_deploy *deploy,
                          struct ot__outcome *out)
{
    const int64_t ranks = whole(meas, OT__COL_tp), chips = whole(meas, OT__COL_n_chips);
    const int64_t replicas = at_least_1(whole(meas, OT__COL_replicas));
    if (ranks == 0 || chips == 0)
        return ot__outcome_fail(out, "layout not stated", ot_str_c(""));
    const int64_t per_replica = chips / replicas;
    if (per_replica == 0 || per_replica * replicas != chips || ranks % per_replica != 0)
        return ot__outcome_fail(out, "a replica does not fill whole chips", ot_str_c(""));
    deploy->layout = (struct ot_layout){per_replica, 1, 1, 1, 1};
    deploy->ranks_per_chip = ranks / per_replica;
    deploy->lnc = whole(meas, OT__COL_lnc);
    return true;
}

static bool chip_layout(const struct ot__meas *meas, struct ot_deploy *deploy,
                        struct ot__outcome *out)
{
    struct ot_layout l = {whole(meas, OT__COL_tp), at_least_1(whole(meas, OT__COL_pp)),
                          at_least_1(whole(meas, OT__COL_ep)), at_least_1(whole(meas, OT__COL_dp)),
                          at_least_1(whole(meas, OT__COL_cp))};
    const int64_t chips = whole(meas, OT__COL_n_chips);
    const int64_t replicas = whole(meas, OT__COL_replicas);
    if (l.tp == 0 && l.dp > 1 && chips > 0)
        l.tp = at_least_1(chips / (l.pp * l.dp * l.cp * at_least_1(replicas)));
    else if (l.tp == 0 && replicas > 0 && chips > 0)
        l.tp = at_least_1(chips / (l.pp * l.dp * l.cp * replicas));
    else if (l.tp == 0 && chips > 0 && meas->kind == OT_MEAS_KIND_steady)
        l.tp = at_least_1(chips / (l.pp * l.dp * l.cp));
    if (chips > 0 && l.tp * l.pp * l.dp * l.cp > chips && l.dp > 1 && l.tp % l.dp == 0)
        l.tp /= l.dp; /* attention DP spread over the TP group */
    const int64_t cores = meas->chip->cores;
    if (chips > 0 && l.tp * l.pp * l.dp * l.cp > chips && cores > 1 && l.tp % cores == 0)
        l.tp /= cores; /* counted in cores */
    if (chips > 0 && l.tp * l.pp * l.dp * l.cp > chips)
        return ot__outcome_fail(out, "the layout needs more chips than stated", ot_str_c(""));
    if (l.tp > 0 && l.ep > l.tp * l.dp)
        return ot__outcome_fail(out, "EP is larger than TP x DP", ot_str_c(""));
    deploy->layout = l; /* tp 0: the default rule */
    return true;
}

static const struct {
    const char *name;
    enum ot_engine engine;
} engines[] = {
    {"vllm", OT_ENGINE_vllm}, {"sglang", OT_ENGINE_sglang}, {"trtllm", OT_ENGINE_trtllm},
    {"nxd", OT_ENGINE_nxd},   {"static", OT_ENGINE_static},
};

static bool read_engine(const struct ot__meas *meas, struct ot_deploy *deploy,
                        struct ot__outcome *out)
{
    const struct ot_str text = meas->text[OT__COL_engine];
    deploy->engine = ot_str_is(meas->chip->vendor, "AWS") ? OT_ENGINE_nxd : OT_ENGINE_vllm;
    if (text.len == 0)
        return true;
    for (size_t i = 0; i < OT_COUNT(engines); i++) {
        if (ot_str_is(text, engines[i].name)) {
            deploy->engine = engines[i].engine;
            return true;
        }
    }
    return ot__outcome_fail(out, "unknown engine", text);
}

double ot__replicas_of(const struct ot__meas *meas, const struct ot_deploy *deploy)
{
    const int64_t n = ot_layout_chips(deploy->layout);
    const double chips = (double)n;
    if (meas->has[OT__COL_n_chips] && meas->num[OT__COL_n_chips] > chips)
        return floor(meas->num[OT__COL_n_chips] / chips + 1e-9);
    if (!meas->has[OT__COL_n_chips] && meas->has[OT__COL_replicas])
        return fmax(meas->num[OT__COL_replicas], 1);
    return 1;
}

static int64_t longest_of(const struct ot__meas *meas)
{
    if (meas->workload != NULL && meas->workload->input.p_n > 0) {
        const struct ot_sim_load load = ot_sim_load_of(meas->workload);
        return ot_sim_load_max_tok(&load);
    }
    if (!meas->has[OT__COL_isl] || !meas->has[OT__COL_osl])
        return 0;
    return whole(meas, OT__COL_isl) + whole(meas, OT__COL_osl);
}

bool ot__deploy_of(const struct ot__predict_ctx *ctx, const struct ot__meas *meas,
                   struct ot_arena *arena, struct ot_deploy *ret_deploy, struct ot__outcome *ret)
{
    struct ot_deploy deploy = {.model = meas->model, .chip = meas->chip};
    struct ot_err err;
    double gamma = 0.33; /* power_law_1.2, the default of DESIGN 5 */
    if (!read_engine(meas, &deploy, ret) || !read_formats(meas, &deploy, ret))
        return false;
    const bool aws = ot_str_is(meas->chip->vendor, "AWS");
    if (!(aws ? neuron_layout(meas, &deploy, ret) : chip_layout(meas, &deploy, ret)))
        return false;
    if (meas->text[OT__COL_skew].len > 0 && !ot_skew_parse(meas->text[OT__COL_skew], &gamma))
        return ot__outcome_fail(ret, "unknown routing skew", meas->text[OT__COL_skew]);
    deploy.skew_gamma = gamma;
    deploy.num_gpu_blocks = whole(meas, OT__COL_num_gpu_blocks);
    deploy.max_num_seqs = whole(meas, OT__COL_max_num_seqs);
    deploy.max_batched_tokens = whole(meas, OT__COL_max_batched_tokens);
    deploy.max_model_len = whole(meas, OT__COL_max_model_len);
    if (deploy.max_model_len == 0) /* engines are started for the lengths they will see */
        deploy.max_model_len = longest_of(meas);
    if (aws && meas->has[OT__COL_batch])
        deploy.max_num_seqs = whole(meas, OT__COL_batch);
    ot_err_init(&err, arena);
    if (ot_deploy_fill(ctx->fits, &deploy, NULL, &err) != OT_OK)
        return ot__outcome_fail(ret, "the model cannot run so",
                                ot_str_fmt(arena, "%.*s %.*s", (int)err.field.len, err.field.ptr,
                                           (int)err.allowed.len, err.allowed.ptr));
    *ret_deploy = deploy;
    return true;
}
