/* SPDX-License-Identifier: Apache-2.0 */
/* A deployment compiled once: the coefficient row of each kind of operation it uses, the engine's
 * host terms, chip scales, and the band of its steps (docs/models/host-terms.md, bands.md). */
#include <math.h>

#include "step_internal.h"

static bool same_key(const struct ot_kernel *a, const struct ot_kernel *b)
{
    return a->op == b->op && a->dtype_act == b->dtype_act && a->dtype_weights == b->dtype_weights &&
           a->dtype_kv == b->dtype_kv && a->library == b->library && a->kind == b->kind &&
           a->ranks == b->ranks && a->ranks_per_node == b->ranks_per_node &&
           (a->head_dim > 96) == (b->head_dim > 96);
}

static enum ot_code learn(struct ot__plan *plan, const struct ot_kernel *kernel, struct ot_err *err)
{
    for (size_t i = 0; i < plan->found_n; i++)
        if (same_key(&plan->found[i].key, kernel))
            return OT_OK;
    if (plan->found_n == plan->found_cap) {
        plan->found_cap = plan->found_cap > 0 ? 2 * plan->found_cap : 32;
        plan->found = ot_arena_grow(plan->arena, plan->found, plan->found_n, plan->found_cap,
                                    sizeof(*plan->found));
    }
    struct ot__found *found = &plan->found[plan->found_n];
    enum ot_code code =
        ot_fits_find(plan->fits, plan->deploy.chip, kernel, &found->fit, &found->band, err);
    if (code == OT_OK) {
        found->key = *kernel;
        plan->found_n++;
    }
    return code;
}

static enum ot_code learn_all(struct ot__plan *plan, const struct ot__ops *ops, struct ot_err *err)
{
    enum ot_code code = OT_OK;
    for (int i = 0; i < ops->n && code == OT_OK; i++) {
        struct ot_kernel kernel = ops->items[i].kernel;
        code = learn(plan, &kernel, err);
        kernel.library = OT_LIBRARY_nccl;
        if (code == OT_OK && kernel.op == OT_OP_allreduce)
            code = learn(plan, &kernel, err);
    }
    return code;
}

void ot__plan_dummy(struct ot__rank_load *ret)
{
    *ret = (struct ot__rank_load){.decode_seqs = 1,
                                  .decode_len = 128,
                                  .prefill_seqs = 1,
                                  .prefill_len = 128,
                                  .pairs = 8192,
                                  .longest = 128,
                                  .tokens = 129};
}

/* Every kind of operation a step of this deployment can hold. */
static enum ot_code learn_kernels(struct ot__plan *plan, struct ot_err *err)
{
    const struct ot_deploy *d = &plan->deploy;
    struct ot__rank_load any;
    ot__plan_dummy(&any);
    struct ot__ops *ops = ot_arena_calloc(plan->arena, 1, sizeof(*ops));
    ot__ops_once(d, 1, ops);
    enum ot_code code = learn_all(plan, ops, err);
    ot__ops_sampled(d, 1, ops);
    if (code == OT_OK)
        code = learn_all(plan, ops, err);
    for (int64_t g = 0; g < d->model->layers_n && code == OT_OK; g++) {
        ot__ops_linear(d, &d->model->layers[g], any.tokens, ops);
        code = learn_all(plan, ops, err);
        ot__ops_attention(d, &d->model->layers[g], &any, ops);
        if (code == OT_OK)
            code = learn_all(plan, ops, err);
    }
    return code;
}

static const struct ot__found *lookup(const struct ot__plan *plan, const struct ot_kernel *kernel)
{
    for (size_t i = 0; i < plan->found_n; i++)
        if (same_key(&plan->found[i].key, kernel))
            return &plan->found[i];
    return NULL;
}

const struct ot__found *ot__plan_find(const struct ot__plan *plan, const struct ot_kernel *kernel)
{
    const struct ot__found *own = lookup(plan, kernel);
    OT_ASSERT(own != NULL);
    if (kernel->op != OT_OP_allreduce)
        return own;
    struct ot_kernel plain = *kernel;
    plain.library = OT_LIBRARY_nccl;
    const struct ot__found *library = lookup(plan, &plain);
    OT_ASSERT(library != NULL);
    return ot_form_time_s(&library->fit, &plain) < ot_form_time_s(&own->fit, kernel) ? library
                                                                                     : own;
}

enum ot_code ot__plan_init(const struct ot_fits *fits, const struct ot_deploy *deploy,
                           struct ot_arena *arena, struct ot__plan *ret, struct ot_err *err)
{
    struct ot__plan plan = {.fits = fits,
                            .deploy = *deploy,
                            .host = ot_fits_host(fits, deploy->engine),
                            .scale_decode = 1,
                            .scale_prefill = 1,
                            .arena = arena};
    const int64_t layers = ot_model_layers(deploy->model);
    plan.layers_n = (double)layers;
    OT_ASSERT(plan.host && deploy->layout.tp >= 1 && deploy->block_tokens >= 1);
    plan.neuron = ot__is_neuron(deploy) && ot_fits_neuron(fits, deploy->chip, &plan.neuron_fit);
    if (!plan.neuron) {
        const struct ot_scale_fit *decode =
            ot_fits_scale(fits, deploy->chip, deploy->dtype_weights, "decode");
        const struct ot_scale_fit *prefill =
            ot_fits_scale(fits, deploy->chip, deploy->dtype_weights, "prefill");
        if (decode)
            plan.scale_decode = decode->factor;
        if (prefill)
            plan.scale_prefill = prefill->factor;
        enum ot_code code = learn_kernels(&plan, err);
        if (code)
            return code;
    }
    *ret = plan;
    return OT_OK;
}

double ot__plan_scale(const struct ot__plan *plan, const struct ot__rank_load *load)
{
    const double decode = load->decode_seqs, prefill = load->prefill_seqs * load->prefill_len;
    if (decode + prefill <= 0)
        return 1;
    return (decode * plan->scale_decode + prefill * plan->scale_prefill) / (decode + prefill);
}

double ot__host_s(const struct ot__plan *plan, const struct ot__rank_load *load)
{
    const double sync = plan->layers_n * log2((double)plan->deploy.layout.tp) * plan->host->sync_s;
    return plan->host->step_s + sync + plan->host->seq_s * (load->decode_seqs + load->prefill_seqs);
}

static struct ot_pred neuron_band(const struct ot__plan *plan, bool decode, double time_s)
{
    const struct ot_neuron_fit *f = &plan->neuron_fit;
    const bool moe = ot__has_experts(plan->deploy.model);
    const double low = !decode ? f->prefill_low : moe ? f->moe_low : f->decode_low;
    const double high = !decode ? f->prefill_high : moe ? f->moe_high : f->decode_high;
    return ot_pred_of(time_s, low, high, f->label);
}

static struct ot_pred parity_band(const struct ot__plan *plan, double time_s)
{
    const char *scope = ot__has_experts(plan->deploy.model) ? "step_parity_moe" : "step_parity";
    const struct ot_pred band = ot_fits_band(plan->fits, scope, OT_OP_COUNT);
    return ot_pred_of(time_s, band.p10, band.p90, OT_LABEL_first_principles);
}

/* How the row of the matrix products was come by decides for the step. */
static const struct ot__found *main_row(const struct ot__plan *plan)
{
    const struct ot__found *best = NULL;
    for (size_t i = 0; i < plan->found_n; i++) {
        const struct ot__found *f = &plan->found[i];
        if ((f->key.op == OT_OP_gemm || f->key.op == OT_OP_grouped_gemm) &&
            (!best || f->band.label > best->band.label))
            best = f;
    }
    return best ? best : &plan->found[0];
}

struct ot_pred ot__plan_band(const struct ot__plan *plan, const struct ot_step_load *load,
                             double time_s)
{
    const bool decode = load->prefill_tokens <= 0;
    if (plan->neuron)
        return neuron_band(plan, decode, time_s);
    static const char *const scopes[4][2] = {{"step_fitted", "step_fitted_moe"},
                                             {"step_family", "step_family_moe"},
                                             {"step_gpu", "step_gpu_moe"},
                                             {"step_other", "step_other_moe"}};
    if (plan->deploy.software == OT_SOFTWARE_parity)
        return parity_band(plan, time_s);
    const struct ot_chip *chip = plan->deploy.chip;
    const struct ot__found *row = main_row(plan);
    const bool near = ot_str_eq(row->fit.chip, chip->name) ||
                      (chip->family.len > 0 && ot_str_eq(row->fit.family, chip->family));
    const int scope = row->band.label == OT_LABEL_fitted             ? 0
                      : near                                         ? 1
                      : row->band.label == OT_LABEL_first_principles ? 3
                                                                     : 2;
    const struct ot_scale_fit *scale =
        ot_fits_scale(plan->fits, chip, plan->deploy.dtype_weights, decode ? "decode" : "prefill");
    struct ot_pred band =
        scale ? ot_pred_of(1, scale->low, scale->high, OT_LABEL_transferred)
              : ot_fits_band(plan->fits, scopes[scope][ot__has_experts(plan->deploy.model)],
                             OT_OP_COUNT);
    band.label = scale ? OT_LABEL_transferred : row->band.label;
    const double power = plan->host->band_power;
    return ot_pred_of(time_s, pow(band.p10, power), pow(band.p90, power), band.label);
}
