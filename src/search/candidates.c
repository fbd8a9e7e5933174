/* SPDX-License-Identifier: Apache-2.0 */
/* Which deployments of a model on a chip are worth a look: number formats, engine, layouts.
 * Does NOT cover pipeline parallelism and disaggregation, unless the query fixes pp. */
#include "search_internal.h"

static enum ot_dtype format_on(const struct ot_chip *chip, enum ot_dtype wanted)
{
    return ot_chip_has_dtype(chip, wanted) ? wanted : OT_DTYPE_bf16;
}

struct ot_deploy ot__search_base(const struct ot_search_query *query, const struct ot_chip *chip)
{
    struct ot_deploy deploy = query->base;
    const struct ot_model *model = deploy.model;
    deploy.chip = chip;
    if (!query->dtype_weights_fixed)
        deploy.dtype_weights = format_on(chip, model->dtype);
    if (!query->dtype_act_fixed)
        deploy.dtype_act = ot_dtype_bytes(deploy.dtype_weights) <= 1 &&
                                   ot_chip_has_dtype(chip, deploy.dtype_weights)
                               ? deploy.dtype_weights
                               : OT_DTYPE_bf16;
    if (!query->dtype_moe_fixed)
        deploy.dtype_moe =
            query->dtype_weights_fixed ? deploy.dtype_weights : format_on(chip, model->dtype_moe);
    if (!query->dtype_kv_fixed)
        deploy.dtype_kv = OT_DTYPE_bf16;
    if (!query->engine_fixed)
        deploy.engine = ot_str_is(chip->vendor, "AWS") && deploy.software != OT_SOFTWARE_parity
                            ? OT_ENGINE_nxd
                            : OT_ENGINE_vllm;
    return deploy;
}

static bool has_experts(const struct ot_model *model)
{
    for (int64_t i = 0; i < model->layers_n; i++)
        if (model->layers[i].experts > 0)
            return true;
    return false;
}

static int64_t largest(const struct ot_search_query *query, const struct ot_chip *chip)
{
    int64_t limit = query->opts.max_chips_n > 0 ? query->opts.max_chips_n : OT__CHIPS_MAX;
    const int64_t domain = chip->scaleup_domain_n > 0 ? chip->scaleup_domain_n : 1;
    return limit < domain ? limit : domain;
}

static int64_t fixed_or(int64_t fixed, int64_t otherwise)
{
    return fixed > 0 ? fixed : otherwise;
}

int64_t ot__search_layouts(const struct ot_search_query *query, const struct ot_chip *chip,
                           struct ot_layout *ret)
{
    const struct ot_layout fixed = query->base.layout;
    const bool spread = has_experts(query->base.model) && !ot_str_is(chip->vendor, "AWS");
    int64_t n = 0;
    const int64_t first = fixed_or(fixed.tp, 1), last = fixed_or(fixed.tp, largest(query, chip));
    for (int64_t tp = first; tp <= last; tp *= 2) {
        const struct ot_layout dense = {tp, fixed_or(fixed.pp, 1), fixed_or(fixed.ep, 1),
                                        fixed_or(fixed.dp, 1), fixed_or(fixed.cp, 1)};
        /* tensor parallel; experts split by rank; attention data parallel with experts by rank */
        const struct ot_layout by_rank = {tp, dense.pp, tp * dense.dp, dense.dp, dense.cp};
        const struct ot_layout by_user = {1, dense.pp, tp, tp, dense.cp};
        if (n + 3 > OT__LAYOUTS_MAX)
            break;
        ret[n++] = dense;
        if (spread && by_rank.ep > 1 && fixed.ep == 0)
            ret[n++] = by_rank;
        if (spread && tp > 1 && fixed.ep == 0 && fixed.tp == 0 && fixed.dp == 0)
            ret[n++] = by_user;
    }
    return n;
}
