/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the options that describe a deployment. */
#include "cli/deploy_opts.h"

enum ot_code ot__cli_place(const struct ot__cli *cli, enum ot_code code, struct ot_err *err)
{
    if (code == OT_OK || !err || err->loc.file.len > 0)
        return code;
    err->loc = ot_loc_of(ot_str_c("<args>"), 1, (int64_t)cli->given_n + 2);
    for (size_t i = 0; i < cli->given_n; i++) {
        const struct ot__given *given = &cli->given[i];
        const struct ot_str name = given->name ? ot_str_c(given->name) : ot_str_c("");
        bool same = name.len == err->field.len && name.len > 0;
        for (size_t c = 0; same && c < name.len; c++)
            same = name.ptr[c] == err->field.ptr[c] ||
                   (name.ptr[c] == '-' && err->field.ptr[c] == '_');
        if (same)
            err->loc = given->loc;
    }
    return code;
}

static enum ot_code read_layout(const struct ot__cli *cli, struct ot_layout *layout,
                                struct ot_err *err)
{
    const struct {
        const char *name;
        int64_t def, *value;
    } degrees[] = {{"tp", 0, &layout->tp},
                   {"pp", 1, &layout->pp},
                   {"ep", 1, &layout->ep},
                   {"dp", 1, &layout->dp},
                   {"cp", 1, &layout->cp}};
    enum ot_code code = OT_OK;
    for (size_t i = 0; i < OT_COUNT(degrees) && code == OT_OK; i++)
        code = ot__cli_int(cli, degrees[i].name, 1, 1 << 20, degrees[i].def, degrees[i].value, err);
    return code;
}

static enum ot_code read_limits(const struct ot__cli *cli, struct ot_deploy *d, struct ot_err *err)
{
    const struct {
        const char *name;
        int64_t *value;
    } counts[] = {{"num-gpu-blocks", &d->num_gpu_blocks},
                  {"max-num-seqs", &d->max_num_seqs},
                  {"max-num-batched-tokens", &d->max_batched_tokens},
                  {"max-model-len", &d->max_model_len},
                  {"block-size", &d->block_tokens},
                  {"ranks-per-chip", &d->ranks_per_chip},
                  {"lnc", &d->lnc}};
    enum ot_code code = OT_OK;
    for (size_t i = 0; i < OT_COUNT(counts) && code == OT_OK; i++)
        code = ot__cli_int(cli, counts[i].name, 1, 1000000000, 0, counts[i].value, err);
    if (code == OT_OK)
        code = ot__cli_num(cli, "gpu-memory-utilization", OT_DIM_FRAC, 0, &d->gpu_memory_util_frac,
                           err);
    const struct ot__given *share = ot__cli_given(cli, "gpu-memory-utilization");
    if (code == OT_OK && share && !(d->gpu_memory_util_frac > 0 && d->gpu_memory_util_frac <= 1))
        code = ot__cli_refuse(cli, share, "a share above 0, at most 1", err);
    return code;
}

static enum ot_code read_formats(const struct ot__cli *cli, struct ot_deploy *d, struct ot_err *err)
{
    enum ot_dtype both = OT_DTYPE_fp32;
    enum ot_code code = ot__cli_dtype(cli, "dtype", OT_DTYPE_fp32, &both, err);
    if (code == OT_OK)
        code = ot__cli_dtype(cli, "dtype-weights", both, &d->dtype_weights, err);
    if (code == OT_OK)
        code = ot__cli_dtype(cli, "dtype-act", both, &d->dtype_act, err);
    if (code == OT_OK)
        code = ot__cli_dtype(cli, "dtype-moe", both, &d->dtype_moe, err);
    if (code == OT_OK)
        code = ot__cli_dtype(cli, "dtype-kv", OT_DTYPE_fp32, &d->dtype_kv, err);
    return code;
}

static enum ot_code read_words(struct ot__cli *cli, struct ot_deploy *d, struct ot_err *err)
{
    const struct ot__given *engine = ot__cli_given(cli, "engine");
    bool known = !engine;
    for (int e = 0; engine && e < OT_ENGINE_COUNT; e++)
        if (ot_str_is(engine->value, ot_engine_name((enum ot_engine)e))) {
            d->engine = (enum ot_engine)e;
            known = true;
        }
    if (!known)
        return ot__cli_refuse(cli, engine, "vllm, sglang, trtllm, nxd or static", err);
    const struct ot__given *skew = ot__cli_given(cli, "skew");
    if (skew && !ot_skew_parse(skew->value, &d->skew_gamma))
        return ot__cli_refuse(cli, skew, "balanced, power_law_1.01, power_law_1.2 or 0 to 1", err);
    const struct ot__given *software = ot__cli_given(cli, "software");
    if (software && !ot_software_parse(software->value, &d->software))
        return ot__cli_refuse(cli, software, "published, tuned or parity", err);
    if (!skew && ot_model_params(d->model) > ot_model_params_active(d->model))
        ot_assumed_add(&cli->assumed, ot_str_c("skew"), ot_str_c("power_law_1.2"), "default");
    return OT_OK;
}

enum ot_code ot__cli_deploy_open(struct ot__cli *cli, const struct ot_chip *chip,
                                 struct ot_deploy *ret, struct ot_err *err)
{
    enum ot_code code = ot__cli_catalog(cli, err);
    const struct ot__given *model = NULL, *chip_given = NULL;
    if (code == OT_OK)
        code = ot__cli_need(cli, "model", &model, err);
    const struct ot_model *found = NULL;
    if (code == OT_OK)
        code = ot_catalog_model(cli->catalog, model->value, model->loc, &found, err);
    if (code == OT_OK && !chip) {
        code = ot__cli_need(cli, "chip", &chip_given, err);
        if (code == OT_OK)
            code = ot_catalog_chip(cli->catalog, chip_given->value, chip_given->loc, &chip, err);
    }
    if (code)
        return code;
    struct ot_deploy deploy = ot_deploy_of(found, chip);
    code = read_layout(cli, &deploy.layout, err);
    if (code == OT_OK)
        code = read_limits(cli, &deploy, err);
    if (code == OT_OK)
        code = read_formats(cli, &deploy, err);
    if (code == OT_OK)
        code = read_words(cli, &deploy, err);
    if (!ot__cli_given(cli, "engine"))
        deploy.engine = ot_engine_default(cli->fits, chip, deploy.software);
    if (code == OT_OK)
        *ret = deploy;
    return code;
}

enum ot_code ot__cli_deploy(struct ot__cli *cli, struct ot_deploy *ret, struct ot_err *err)
{
    struct ot_deploy deploy;
    enum ot_code code = ot__cli_deploy_open(cli, NULL, &deploy, err);
    if (code)
        return code;
    if (!ot__cli_given(cli, "engine"))
        ot_assumed_add(&cli->assumed, ot_str_c("engine"), ot_str_c(ot_engine_name(deploy.engine)),
                       "nxd on AWS chips, else vllm");
    code = ot__cli_place(cli, ot_deploy_fill(cli->fits, &deploy, &cli->assumed, err), err);
    if (code == OT_OK)
        *ret = deploy;
    return code;
}
