/* SPDX-License-Identifier: Apache-2.0 */
/* Which row of coefficients predicts a kernel on a chip, which facts it is applied to, and how far
 * to trust it (docs/models/transfer.md, bands.md). */
#include <math.h>
#include <string.h>

#include "cost_internal.h"

/* Formats computed at the same rate: a chip whose file names one of them has them all. */
static const enum ot_dtype rate_twins[OT_DTYPE_COUNT][2] = {
    [OT_DTYPE_fp32] = {OT_DTYPE_fp32, OT_DTYPE_fp32},
    [OT_DTYPE_bf16] = {OT_DTYPE_fp16, OT_DTYPE_fp16},
    [OT_DTYPE_fp16] = {OT_DTYPE_bf16, OT_DTYPE_bf16},
    [OT_DTYPE_fp8] = {OT_DTYPE_mxfp8, OT_DTYPE_fp8_block},
    [OT_DTYPE_fp8_block] = {OT_DTYPE_fp8, OT_DTYPE_mxfp8},
    [OT_DTYPE_mxfp8] = {OT_DTYPE_fp8, OT_DTYPE_fp8_block},
    [OT_DTYPE_int8] = {OT_DTYPE_int8, OT_DTYPE_int8},
    [OT_DTYPE_int4] = {OT_DTYPE_int4, OT_DTYPE_int4},
    [OT_DTYPE_mxfp4] = {OT_DTYPE_nvfp4, OT_DTYPE_nvfp4},
    [OT_DTYPE_nvfp4] = {OT_DTYPE_mxfp4, OT_DTYPE_mxfp4},
};

bool ot__chip_rate_dtype(const struct ot_chip *chip, enum ot_dtype dtype, enum ot_dtype *ret)
{
    OT_ASSERT(dtype < OT_DTYPE_COUNT);
    const enum ot_dtype tries[3] = {dtype, rate_twins[dtype][0], rate_twins[dtype][1]};
    for (size_t i = 0; i < OT_COUNT(tries); i++)
        if (chip->rates[tries[i]].label.has || chip->rates[tries[i]].roof.has) {
            *ret = tries[i];
            return true;
        }
    return false;
}

bool ot_chip_has_dtype(const struct ot_chip *chip, enum ot_dtype dtype)
{
    enum ot_dtype rate = dtype;
    return ot__chip_rate_dtype(chip, dtype, &rate);
}

/* The format that selects the row: of KV in attention, of computation in matrix products. */
static enum ot_dtype key_dtype(const struct ot_chip *chip, const struct ot_kernel *k)
{
    if (k->op == OT_OP_attention_decode || k->op == OT_OP_attention_prefill ||
        k->op == OT_OP_mla_decode || k->op == OT_OP_mla_prefill)
        return k->dtype_kv;
    if (k->op == OT_OP_gemm || k->op == OT_OP_grouped_gemm)
        return ot_dtype_bytes(k->dtype_act) >= 2 || !ot_chip_has_dtype(chip, k->dtype_weights)
                   ? k->dtype_act
                   : k->dtype_weights;
    return OT_DTYPE_bf16;
}

/* The lower end of label and roof: what the matrix engines can do. */
static double chip_peak(const struct ot_chip *chip, enum ot_dtype dtype)
{
    enum ot_dtype rate = dtype;
    if (!ot__chip_rate_dtype(chip, dtype, &rate))
        return 0;
    const struct ot_fact *label = &chip->rates[rate].label, *roof = &chip->rates[rate].roof;
    if (!label->has)
        return roof->value;
    return roof->has && roof->value < label->value ? roof->value : label->value;
}

static double dtype_score(enum ot_dtype want, enum ot_dtype row)
{
    if (want == row)
        return 100;
    const double a = ot_dtype_bytes(want), b = ot_dtype_bytes(row);
    if (a >= 2 && b >= 2)
        return 95;
    return a < 1.5 * b && b < 1.5 * a ? 60 : 0;
}

static double library_score(enum ot_library want, enum ot_library row)
{
    static const double order[OT_LIBRARY_COUNT] = {[OT_LIBRARY_vllm] = 3,
                                                   [OT_LIBRARY_trtllm] = 2,
                                                   [OT_LIBRARY_sglang] = 1,
                                                   [OT_LIBRARY_nccl] = 4};
    return want == row ? 30 : order[row];
}

/* -1: not usable. */
static double score(const struct ot__fit_row *row, const struct ot_chip *chip,
                    const struct ot_kernel *k, enum ot_dtype dtype)
{
    const struct ot_fit *fit = &row->fit;
    if (fit->op != k->op)
        return -1;
    const bool own = ot_str_eq(fit->chip, chip->name);
    double s = own ? 1000 : chip->family.len > 0 && ot_str_eq(fit->family, chip->family) ? 400 : 0;
    if (ot__op_is_collective(k->op)) {
        if (!own && row->topology != chip->scaleup_topology)
            return -1;
    } else {
        s += dtype_score(dtype, fit->dtype);
        const double peak = fit->peak_flop_per_s;
        if (own && peak <= 0)
            return -1;
    }
    s += library_score(k->library, fit->library);
    if (k->op == OT_OP_elementwise)
        s += fit->kind == k->kind ? 2000 : fit->kind == OT_ELEMENTWISE_norm ? 5 : 0;
    if (fit->head_dim > 0)
        s += fit->head_dim == (k->head_dim > 0 && k->head_dim <= 96 ? 64 : 128) ? 20 : 0;
    return s + 10 - 0.01 * (double)row->rank;
}

/* A GPU by its facts: many parallel units behind a hardware-managed cache. */
static bool is_gpu(const struct ot_chip *chip)
{
    return chip->compute_units >= 16 && !chip->dma_bytes_per_s.has;
}

/* Puts the chip's own facts under coefficients fitted elsewhere. */
static enum ot_code apply_facts(const struct ot__fit_row *row, const struct ot_chip *chip,
                                const struct ot_kernel *k, enum ot_dtype dtype, struct ot_fit *ret,
                                struct ot_err *err)
{
    if (!chip->hbm_bytes_per_s.has)
        return ot_err_set(err, OT_INPUT, chip->loc, "hbm_bytes_per_s", chip->name,
                          "memory bandwidth of the chip is not known: state it in its file");
    ret->mem_bytes_per_s = chip->hbm_bytes_per_s.value;
    if (chip->dma_bytes_per_s.has && chip->dma_bytes_per_s.value < ret->mem_bytes_per_s)
        ret->mem_bytes_per_s = chip->dma_bytes_per_s.value;
    const enum ot_dtype compute =
        k->op == OT_OP_gemm || k->op == OT_OP_grouped_gemm ? dtype : OT_DTYPE_bf16;
    ret->peak_flop_per_s = chip_peak(chip, compute);
    if (ret->peak_flop_per_s <= 0)
        ret->peak_flop_per_s = chip_peak(chip, OT_DTYPE_bf16);
    if (chip->cache_bytes.has)
        ret->cache_bytes = chip->cache_bytes.value;
    ret->units = chip->compute_units >= 16 ? (double)chip->compute_units : 132;
    if (ot__op_is_collective(k->op)) {
        if (!chip->scaleup_bytes_per_s.has)
            return ot_err_set(err, OT_INPUT, chip->loc, "scaleup_bytes_per_s", chip->name,
                              "link rate of the chip is not known: state it in its file");
        ret->link_bytes_per_s = chip->scaleup_bytes_per_s.value;
    }
    /* The chip's best measured GEMM against that of the chip the row comes from. */
    enum ot_dtype mine = compute;
    if (row->best_share > 0 && ot__chip_rate_dtype(chip, compute, &mine) &&
        chip->rates[mine].achieved.has && !ot_str_eq(ret->family, chip->family))
        ret->coef[OT_COEF_eta_c] *=
            chip->rates[mine].achieved.value / ret->peak_flop_per_s / row->best_share;
    return OT_OK;
}

/* Inside a step the input is quantised by the kernel before: the start cost is that of 16 bit. */
static void fuse_quantiser(const struct ot_fits *fits, const struct ot_chip *chip,
                           const struct ot_kernel *k, struct ot_fit *ret)
{
    if (!k->quant_fused || k->op != OT_OP_gemm || ot_dtype_bytes(ret->dtype) >= 2)
        return;
    const double extra_s = ot_dtype_bytes(ret->dtype) < 1 ? 1.5e-6 : 0;
    const struct ot_fit *plain = NULL;
    double best = -1;
    for (size_t i = 0; i < fits->rows_n; i++) {
        const double s = score(&fits->rows[i], chip, k, OT_DTYPE_bf16);
        if (ot_dtype_bytes(fits->rows[i].fit.dtype) >= 2 && s > best) {
            best = s;
            plain = &fits->rows[i].fit;
        }
    }
    if (plain && plain->coef[OT_COEF_t0] + extra_s < ret->coef[OT_COEF_t0])
        ret->coef[OT_COEF_t0] = plain->coef[OT_COEF_t0] + extra_s;
    if (ret->coef[OT_COEF_q_bytes] > 1.5)
        ret->coef[OT_COEF_q_bytes] = 1.5;
}

static struct ot_pred band_of(const struct ot_fits *fits, const struct ot_chip *chip,
                              const struct ot_kernel *k, enum ot_dtype dtype,
                              const struct ot_fit *fit)
{
    if (ot_str_eq(fit->chip, chip->name)) {
        const bool exact = fit->library == k->library &&
                           (ot__op_is_collective(k->op) || dtype_score(dtype, fit->dtype) >= 95);
        /* p90 of the absolute error bounds about 90 %; four fifths of it, 80 % of unseen rows */
        const double wide = 0.8 * fit->err_p90;
        if (exact)
            return ot_pred_of(1, 1 / (1 + wide), 1 + wide, OT_LABEL_fitted);
        return ot_fits_band(fits, "family", k->op);
    }
    if (chip->family.len > 0 && ot_str_eq(fit->family, chip->family))
        return ot_fits_band(fits, "family", k->op);
    if (is_gpu(chip))
        return ot_fits_band(fits, "gpu", k->op);
    struct ot_pred band = ot_fits_band(fits, "other", k->op);
    band.label = OT_LABEL_first_principles;
    return band;
}

/* Rate and hop latency between hosts, when the ranks span several. */
static enum ot_code apply_hosts(const struct ot_fits *fits, const struct ot_chip *chip,
                                const struct ot_kernel *k, struct ot_fit *ret, struct ot_err *err)
{
    const bool spans =
        ot__op_is_collective(k->op) && k->ranks_per_node > 0 && k->ranks_per_node < k->ranks;
    if (!spans)
        return OT_OK;
    const struct ot__network_fit *hosts = ot__network_row(fits, "hosts");
    if (!chip->scaleout_bytes_per_s.has || !hosts)
        return ot_err_set(err, OT_INPUT, chip->loc, "scaleout_bytes_per_s", chip->name,
                          "network rate of the chip is not known: keep the ranks in one "
                          "scale-up domain or state it in its file");
    ret->net_bytes_per_s = hosts->share * chip->scaleout_bytes_per_s.value;
    ret->net_hop_s = hosts->hop_s;
    return OT_OK;
}

enum ot_code ot_fits_find(const struct ot_fits *fits, const struct ot_chip *chip,
                          const struct ot_kernel *kernel, struct ot_fit *ret,
                          struct ot_pred *ret_band, struct ot_err *err)
{
    const enum ot_dtype dtype = key_dtype(chip, kernel);
    const struct ot__fit_row *best = NULL;
    double best_score = -1;
    for (size_t i = 0; i < fits->rows_n; i++) {
        const double s = score(&fits->rows[i], chip, kernel, dtype);
        if (s > best_score) {
            best_score = s;
            best = &fits->rows[i];
        }
    }
    enum ot_code code = OT_OK;
    struct ot_fit found;
    struct ot_pred band;
    if (best) {
        found = best->fit;
        if (!ot_str_eq(found.chip, chip->name) || found.peak_flop_per_s <= 0)
            code = apply_facts(best, chip, kernel, dtype, &found, err);
        band = band_of(fits, chip, kernel, dtype, &found);
    } else {
        code = ot__network_find(fits, chip, kernel, &found, err);
        band = ot_fits_band(fits, is_gpu(chip) ? "gpu" : "other", kernel->op);
        band.label = OT_LABEL_first_principles;
    }
    if (code)
        return code;
    fuse_quantiser(fits, chip, kernel, &found);
    code = apply_hosts(fits, chip, kernel, &found, err);
    if (code)
        return code;
    *ret = found;
    *ret_band = band;
    return OT_OK;
}
