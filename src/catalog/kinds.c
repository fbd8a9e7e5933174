/* SPDX-License-Identifier: Apache-2.0 */
/* What each folder of data/ holds, and the checks that need more than one field at a time. */
#include "catalog/internal.h"

#include <stddef.h>

static enum ot_code check_chip(void *item, const struct ot_node *file, struct ot_err *err)
{
    (void)file;
    const struct ot_chip *chip = item;
    bool any = false;
    for (size_t i = 0; i < OT_DTYPE_COUNT; i++)
        any = any || chip->rates[i].label.has || chip->rates[i].roof.has;
    if (!any)
        return ot_err_set(err, OT_INPUT, chip->loc, "rates", ot_str_c(""),
                          "at least one number format with a label or roof");
    if (chip->hbm_usable_bytes.has && chip->hbm_bytes.has &&
        chip->hbm_usable_bytes.value > 1.08 * chip->hbm_bytes.value) /* GiB read as GB: 7.4 % */
        return ot_err_set(err, OT_INPUT, chip->hbm_usable_bytes.loc, "hbm_usable", ot_str_c(""),
                          "not above the label 'hbm'");
    return OT_OK;
}

static enum ot_code check_model(void *item, const struct ot_node *file, struct ot_err *err)
{
    struct ot_model *model = item;
    if (ot_node_get(file, "dtype_moe") == NULL)
        model->dtype_moe = model->dtype;
    if (model->layers_n == 0)
        return ot_err_set(err, OT_INPUT, model->loc, "layers", ot_str_c(""),
                          "at least one group of layers");
    const struct ot_node *list = ot_node_get(file, "layers");
    for (int64_t i = 0; i < model->layers_n; i++) {
        enum ot_code code = ot__layers_check(&model->layers[i], list->items[i].loc, err);
        if (code != OT_OK)
            return code;
    }
    return OT_OK;
}

static enum ot_code check_quantiles(const struct ot_quantiles *q, const struct ot_node *node,
                                    struct ot_err *err)
{
    const struct ot_str none = ot_str_c("");
    if (q->p_n != q->tokens_n || q->p_n < 1)
        return ot_err_set(err, OT_INPUT, node->loc, "tokens", none,
                          "as many tokens as percentiles, at least one of each");
    if (q->p[0] > 0 || q->p[q->p_n - 1] < 100)
        return ot_err_set(err, OT_INPUT, node->loc, "p", none, "percentiles from 0 to 100");
    for (int64_t i = 1; i < q->p_n; i++)
        if (q->p[i] <= q->p[i - 1] || q->tokens[i] < q->tokens[i - 1])
            return ot_err_set(err, OT_INPUT, node->loc, q->p[i] <= q->p[i - 1] ? "p" : "tokens",
                              none, "values that ascend");
    return OT_OK;
}

static enum ot_code check_workload(void *item, const struct ot_node *file, struct ot_err *err)
{
    struct ot_workload *workload = item;
    enum ot_code code = check_quantiles(&workload->input, ot_node_get(file, "input"), err);
    if (code == OT_OK)
        code = check_quantiles(&workload->output, ot_node_get(file, "output"), err);
    if (code != OT_OK || workload->rate_curve_n == 0)
        return code;
    const struct ot_node *curve = ot_node_get(file, "rate_curve");
    if (workload->rate_period_s <= 0)
        return ot_err_set(err, OT_INPUT, curve->loc, "rate_period", ot_str_c(""),
                          "missing: the length of rate_curve, such as 24 h");
    double mean = ot_sum_array(workload->rate_curve, (size_t)workload->rate_curve_n) /
                  (double)workload->rate_curve_n;
    if (mean <= 0)
        return ot_err_set(err, OT_INPUT, curve->loc, "rate_curve", ot_str_c(""),
                          "at least one rate above zero");
    for (int64_t i = 0; i < workload->rate_curve_n; i++)
        workload->rate_curve[i] /= mean;
    return OT_OK;
}

#define AT(type)                                                                                   \
    offsetof(struct type, name), offsetof(struct type, aliases), offsetof(struct type, aliases_n), \
        offsetof(struct type, loc)
/* clang-format off */
static const struct ot__kind_row kinds[] = {
    [OT__KIND_chips] = {"chips", "chip", &ot_chip_table, AT(ot_chip), check_chip},
    [OT__KIND_nodes] = {"nodes", "node", &ot_node_type_table, AT(ot_node_type), NULL},
    [OT__KIND_fabrics] = {"fabrics", "fabric", &ot_fabric_table, AT(ot_fabric), NULL},
    [OT__KIND_models] = {"models", "model", &ot_model_table, AT(ot_model), check_model},
    [OT__KIND_offers] = {"offers", "provider", &ot_offers_table, AT(ot__offers), NULL},
    [OT__KIND_workloads] = {"workloads", "workload", &ot_workload_table, AT(ot_workload),
                            check_workload},
};
/* clang-format on */
#undef AT

const struct ot__kind_row *ot__kind_row(enum ot__kind kind)
{
    OT_ASSERT((size_t)kind < OT__KIND_COUNT);
    return &kinds[kind];
}
