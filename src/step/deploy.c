/* SPDX-License-Identifier: Apache-2.0 */
/* Fills in what the user left open (DESIGN 5) and refuses layouts that cannot run. */
#include <math.h>

#include "step_internal.h"

int64_t ot_layout_chips(struct ot_layout layout)
{
    return layout.tp * layout.pp * layout.cp * layout.dp;
}

struct ot_deploy ot_deploy_of(const struct ot_model *model, const struct ot_chip *chip)
{
    return (struct ot_deploy){.model = model,
                              .chip = chip,
                              .layout = {.tp = 0, .pp = 1, .ep = 1, .dp = 1, .cp = 1},
                              .skew_gamma = 0.33};
}

static const char *const software_names[] = {
#define NAME(name) #name,
    OT_SOFTWARE_LIST(NAME)
#undef NAME
};

const char *ot_software_name(enum ot_software software)
{
    OT_ASSERT((int)software >= 0 && software < OT_SOFTWARE_COUNT);
    return software_names[software];
}

bool ot_software_parse(struct ot_str text, enum ot_software *ret)
{
    for (size_t i = 0; i < OT_COUNT(software_names); i++)
        if (ot_str_is(text, software_names[i])) {
            *ret = (enum ot_software)i;
            return true;
        }
    return false;
}

enum ot_engine ot_engine_default(const struct ot_fits *fits, const struct ot_chip *chip,
                                 enum ot_software software)
{
    struct ot_neuron_fit row;
    const bool neuron = software != OT_SOFTWARE_parity && ot_fits_neuron(fits, chip, &row);
    return neuron ? OT_ENGINE_nxd : OT_ENGINE_vllm;
}

static void assume(struct ot_assumed *assumed, const char *path, const char *value, const char *why)
{
    if (assumed)
        ot_assumed_add(assumed, ot_str_c(path), ot_str_c(value), why);
}

static void assume_int(struct ot_assumed *assumed, const char *path, int64_t value, const char *why)
{
    if (assumed)
        ot_assumed_add(assumed, ot_str_c(path),
                       ot_str_fmt(assumed->arena, "%lld", (long long)value), why);
}

static void fill_dtypes(struct ot_deploy *d, struct ot_assumed *assumed)
{
    const enum ot_dtype own = d->model->dtype, experts = d->model->dtype_moe;
    if (d->dtype_weights == OT_DTYPE_fp32) {
        const bool has = own != OT_DTYPE_fp32 && ot_chip_has_dtype(d->chip, own);
        d->dtype_weights = has ? own : OT_DTYPE_bf16;
        assume(assumed, "dtype_weights", ot_dtype_name(d->dtype_weights),
               has ? "the checkpoint's" : "the chip lacks the checkpoint's format");
    }
    if (d->dtype_act == OT_DTYPE_fp32) {
        const bool narrow =
            ot_dtype_bytes(d->dtype_weights) < 2 && ot_chip_has_dtype(d->chip, d->dtype_weights);
        d->dtype_act = narrow ? d->dtype_weights : OT_DTYPE_bf16;
        assume(assumed, "dtype_act", ot_dtype_name(d->dtype_act),
               "as the weights where the chip "
               "computes in it");
    }
    if (d->dtype_moe == OT_DTYPE_fp32) {
        /* four-bit experts run weight-only on chips without the format, but not on AWS */
        const bool own_moe = experts != own && experts != OT_DTYPE_fp32;
        const bool can = ot_chip_has_dtype(d->chip, experts) ||
                         (ot_dtype_bytes(experts) < 1 && !ot__is_neuron(d));
        d->dtype_moe = own_moe && can ? experts : d->dtype_weights;
        if (ot__has_experts(d->model))
            assume(assumed, "dtype_moe", ot_dtype_name(d->dtype_moe), "the checkpoint's");
    }
    if (d->dtype_kv == OT_DTYPE_fp32) {
        d->dtype_kv = OT_DTYPE_bf16;
        assume(assumed, "dtype_kv", "bf16", "default");
    }
}

static bool small_chip(const struct ot_chip *chip, const struct ot_host_fit *host)
{
    const double memory = chip->hbm_bytes.has ? chip->hbm_bytes.value : 0;
    return memory < 70.0 * 1024 * 1024 * 1024 ||
           (host->small_family.len > 0 && ot_str_eq(chip->family, host->small_family));
}

static void fill_limits(struct ot_deploy *d, const struct ot_host_fit *host,
                        struct ot_assumed *assumed)
{
    const bool small = small_chip(d->chip, host);
    if (d->max_num_seqs == 0) {
        d->max_num_seqs = small ? host->seqs_small_n : host->seqs_n;
        assume_int(assumed, "max_num_seqs", d->max_num_seqs, "engine default");
    }
    if (d->max_batched_tokens == 0) {
        d->max_batched_tokens = small ? host->batched_tokens_small : host->batched_tokens;
        assume_int(assumed, "max_batched_tokens", d->max_batched_tokens, "engine default");
    }
    if (d->max_model_len == 0) {
        d->max_model_len = d->model->max_position > 0 ? d->model->max_position : 32768;
        assume_int(assumed, "max_model_len", d->max_model_len, "the model's");
    }
    if (d->block_tokens == 0)
        d->block_tokens = host->block_tokens;
    if (d->gpu_memory_util_frac == 0)
        d->gpu_memory_util_frac = host->memory_util_frac;
    if (d->runtime_bytes == 0)
        d->runtime_bytes = host->runtime_bytes;
    if (d->graph_bytes == 0)
        d->graph_bytes = host->graph_bytes;
}

static enum ot_code bad(struct ot_err *err, const char *field, int64_t value, const char *allowed)
{
    return ot_err_set(err, OT_INPUT, (struct ot_loc){0}, field,
                      err ? ot_str_fmt(err->arena, "%lld", (long long)value) : ot_str_c(""), "%s",
                      allowed);
}

static bool divides_heads(const struct ot_deploy *d, int64_t tp)
{
    for (int64_t g = 0; g < d->model->layers_n; g++) {
        const struct ot_layers *l = &d->model->layers[g];
        const bool heads = l->attn == OT_ATTN_gqa || l->attn == OT_ATTN_mla;
        if (heads && l->heads % tp != 0)
            return false;
        if (l->attn == OT_ATTN_gqa && l->kv_heads > tp && l->kv_heads % tp != 0)
            return false;
    }
    return true;
}

static enum ot_code check_layout(const struct ot_deploy *d, struct ot_err *err)
{
    const struct ot_layout l = d->layout;
    const struct {
        const char *name;
        int64_t value;
    } degrees[] = {{"tp", l.tp}, {"pp", l.pp}, {"ep", l.ep}, {"dp", l.dp}, {"cp", l.cp}};
    for (size_t i = 0; i < OT_COUNT(degrees); i++)
        if (degrees[i].value < 1 || degrees[i].value > 1 << 20)
            return bad(err, degrees[i].name, degrees[i].value, "a whole number >= 1");
    if (!ot__is_neuron(d) && !divides_heads(d, l.tp))
        return bad(err, "tp", l.tp, "a divisor of the model's heads and KV heads");
    if (l.pp > ot_model_layers(d->model))
        return bad(err, "pp", l.pp, "at most one stage per layer");
    if ((l.tp * l.dp) % l.ep != 0)
        return bad(err, "ep", l.ep, "a divisor of tp x dp");
    for (int64_t g = 0; g < d->model->layers_n; g++)
        if (d->model->layers[g].experts > 0 && d->model->layers[g].experts % l.ep != 0)
            return bad(err, "ep", l.ep, "a divisor of the model's experts");
    return OT_OK;
}

static enum ot_code check_dtypes(const struct ot_deploy *d, struct ot_err *err)
{
    if (!ot_chip_has_dtype(d->chip, d->dtype_act))
        return ot_err_set(err, OT_INPUT, (struct ot_loc){0}, "dtype",
                          ot_str_c(ot_dtype_name(d->dtype_act)),
                          "a number format that '%s' computes in", d->chip->name.ptr);
    if (ot_dtype_bytes(d->dtype_weights) == 1 && ot_dtype_bytes(d->dtype_act) >= 2 &&
        !ot_chip_has_dtype(d->chip, d->dtype_weights) && d->dtype_weights != OT_DTYPE_int8)
        return ot_err_set(err, OT_INPUT, (struct ot_loc){0}, "dtype_weights",
                          ot_str_c(ot_dtype_name(d->dtype_weights)),
                          "a number format that '%s' computes in", d->chip->name.ptr);
    return OT_OK;
}

/* The smallest power of two that divides the heads, lies in the scale-up domain and leaves a fifth
 * of usable memory for KV; else the largest that divides and lies there. */
static enum ot_code choose_tp(struct ot_deploy *d, struct ot_assumed *assumed, struct ot_err *err)
{
    const int64_t domain = d->chip->scaleup_domain_n > 1 ? d->chip->scaleup_domain_n : 1;
    int64_t best = 1;
    bool enough = false;
    for (int64_t tp = 1; tp <= domain && !enough; tp *= 2) {
        if ((!ot__is_neuron(d) && !divides_heads(d, tp)) || (tp * d->layout.dp) % d->layout.ep != 0)
            continue;
        d->layout.tp = best = tp;
        struct ot_memory m;
        enum ot_code code = ot_step_memory(d, &m, err);
        if (code)
            return code;
        const double kv =
            m.usable_bytes - m.weights_bytes - m.activation_bytes - m.graph_bytes - m.runtime_bytes;
        enough = kv >= 0.2 * m.usable_bytes;
    }
    d->layout.tp = best;
    assume_int(assumed, "tp", best,
               enough ? "smallest power of two that leaves 20 % of memory for KV"
                      : "largest power of two in the scale-up domain");
    return OT_OK;
}

static enum ot_code fill_engine(const struct ot_fits *fits, struct ot_deploy *d,
                                struct ot_assumed *assumed, struct ot_err *err)
{
    struct ot_neuron_fit row;
    const bool aws = ot_fits_neuron(fits, d->chip, &row);
    const bool neuron = aws && d->software != OT_SOFTWARE_parity;
    if (aws && !neuron && d->engine == OT_ENGINE_nxd)
        d->engine = OT_ENGINE_vllm;
    if (neuron && d->engine != OT_ENGINE_nxd) {
        d->engine = OT_ENGINE_nxd;
        assume(assumed, "engine", "nxd", "the engine of AWS chips");
    }
    if (!neuron && d->engine == OT_ENGINE_nxd)
        return ot_err_set(err, OT_INPUT, (struct ot_loc){0}, "engine", ot_str_c("nxd"),
                          "nxd runs on AWS chips only, not on '%s'", d->chip->name.ptr);
    if (!neuron)
        return OT_OK;
    if (d->lnc == 0)
        d->lnc = d->chip->lnc > 0 ? d->chip->lnc : 1;
    if (d->chip->cores < 1 || d->chip->cores % d->lnc != 0)
        return bad(err, "lnc", d->lnc, "a divisor of the chip's cores");
    if (d->ranks_per_chip == 0)
        d->ranks_per_chip = d->chip->cores / d->lnc;
    if (d->ranks_per_chip < 1 || d->ranks_per_chip * d->lnc > d->chip->cores)
        return bad(err, "ranks_per_chip", d->ranks_per_chip, "at most cores / lnc");
    return OT_OK;
}

enum ot_code ot_deploy_fill(const struct ot_fits *fits, struct ot_deploy *deploy,
                            struct ot_assumed *assumed, struct ot_err *err)
{
    struct ot_deploy d = *deploy;
    OT_ASSERT(d.model && d.chip);
    enum ot_code code = fill_engine(fits, &d, assumed, err);
    if (code)
        return code;
    fill_dtypes(&d, assumed);
    code = check_dtypes(&d, err);
    if (code)
        return code;
    fill_limits(&d, ot_fits_host(fits, d.engine), assumed);
    const bool choose = d.layout.tp == 0;
    if (choose)
        d.layout.tp = 1;
    if (!(choose && d.layout.ep > 1))
        code = check_layout(&d, err);
    if (code == OT_OK && choose)
        code = choose_tp(&d, assumed, err);
    if (code == OT_OK)
        code = check_layout(&d, err);
    if (code)
        return code;
    *deploy = d;
    return OT_OK;
}
