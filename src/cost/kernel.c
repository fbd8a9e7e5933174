/* SPDX-License-Identifier: Apache-2.0 */
/* Time of one kernel: shape checks, look-up, form, band, and the tree that explains it. */
#include <math.h>

#include "cost_internal.h"

struct need { /* a shape an operation must have */
    const char *field;
    double value;
    bool may_be_zero;
};

static enum ot_code check_shapes(const struct need *needs, size_t n, struct ot_err *err)
{
    for (size_t i = 0; i < n; i++) {
        const double x = needs[i].value;
        if (isfinite(x) && x <= 1e15 && (x > 0 || (x == 0 && needs[i].may_be_zero)))
            continue;
        struct ot_str text = ot_str_c("");
        if (err && isfinite(x))
            text = ot_str_fmt(err->arena, "%g", x);
        return ot_err_set(err, OT_INPUT, (struct ot_loc){0}, needs[i].field, text,
                          needs[i].may_be_zero ? "a number >= 0" : "a number > 0");
    }
    return OT_OK;
}

static enum ot_code check_attention(const struct ot_kernel *k, struct ot_err *err)
{
    const bool mla = k->op == OT_OP_mla_decode || k->op == OT_OP_mla_prefill;
    const bool prefill = k->op == OT_OP_attention_prefill || k->op == OT_OP_mla_prefill;
    const struct need needs[] = {
        {"batch", k->batch, false},     {"kv_len", k->kv_len, !prefill},
        {"q_len", k->q_len, !prefill},  {"heads", k->heads, false},
        {"kv_heads", k->kv_heads, mla}, {"head_dim", k->head_dim, mla},
        {"window", k->window, true},    {"v_head_dim", k->v_head_dim, true},
        {"pairs", k->pairs, true},      {"longest", k->longest, true},
    };
    enum ot_code code = check_shapes(needs, OT_COUNT(needs), err);
    if (code == OT_OK && prefill && k->kv_len < k->q_len)
        return ot_err_set(err, OT_INPUT, (struct ot_loc){0}, "kv_len",
                          err ? ot_str_fmt(err->arena, "%g", k->kv_len) : ot_str_c(""),
                          "at least q_len: it counts the new tokens too");
    return code;
}

static enum ot_code check_kernel(const struct ot_kernel *k, struct ot_err *err)
{
    const struct need gemm[] = {{"m", k->m, false}, {"n", k->n, false}, {"k", k->k, false}};
    const struct need moe[] = {{"tokens", k->tokens, false}, {"hidden", k->hidden, false},
                               {"inter", k->inter, false},   {"experts", k->experts, false},
                               {"topk", k->top_k, false},    {"tp", k->tp, true},
                               {"ep", k->ep, true},          {"skew", k->skew_gamma, true}};
    const struct need wire[] = {{"bytes", k->bytes, true},
                                {"ranks", k->ranks, k->op == OT_OP_p2p},
                                {"ranks_per_node", k->ranks_per_node, true}};
    const struct need plain[] = {{"bytes", k->bytes, true}};
    if (k->op == OT_OP_gemm)
        return check_shapes(gemm, OT_COUNT(gemm), err);
    if (k->op == OT_OP_elementwise)
        return check_shapes(plain, OT_COUNT(plain), err);
    if (ot__op_is_collective(k->op))
        return check_shapes(wire, OT_COUNT(wire), err);
    if (k->op != OT_OP_grouped_gemm)
        return check_attention(k, err);
    enum ot_code code = check_shapes(moe, OT_COUNT(moe), err);
    if (code == OT_OK && (k->top_k > k->experts || (k->ep > 0 && fmod(k->experts, k->ep) != 0)))
        return ot_err_set(
            err, OT_INPUT, (struct ot_loc){0}, k->top_k > k->experts ? "topk" : "ep",
            err ? ot_str_fmt(err->arena, "%g", k->top_k > k->experts ? k->top_k : k->ep)
                : ot_str_c(""),
            "topk at most experts; ep a divisor of experts");
    return code;
}

static enum ot_code check_dtypes(const struct ot_chip *chip, const struct ot_kernel *k,
                                 struct ot_err *err)
{
    if (k->op != OT_OP_gemm && k->op != OT_OP_grouped_gemm)
        return OT_OK;
    if (ot_chip_has_dtype(chip, k->dtype_act))
        return OT_OK;
    return ot_err_set(err, OT_INPUT, (struct ot_loc){0}, "dtype",
                      ot_str_c(ot_dtype_name(k->dtype_act)),
                      "a number format that '%s' computes in", chip->name.ptr);
}

double ot_form_time_s(const struct ot_fit *fit, const struct ot_kernel *kernel)
{
    struct ot__terms terms;
    ot__form_eval(fit, kernel, &terms);
    return terms.total_s;
}

/* Joined terms by their exposed share, x^p / sum x^p of the joined time. */
struct ot_part ot_form_part(const struct ot_fit *fit, const struct ot_kernel *kernel, double factor,
                            enum ot_label label, struct ot_arena *arena)
{
    struct ot__terms terms;
    ot__form_eval(fit, kernel, &terms);
    double sum = 0, joined_s = terms.total_s;
    for (int i = 0; i < terms.n; i++) {
        if (terms.items[i].joined)
            sum += pow(terms.items[i].time_s, terms.p);
        else
            joined_s -= terms.items[i].time_s;
    }
    struct ot_part part = {.name = ot_op_name(kernel->op),
                           .count = 1,
                           .label = label,
                           .source = fit->source.ptr,
                           .formula = ot__form_page(kernel->op)};
    part.parts = ot_arena_calloc(arena, OT__TERMS_MAX, sizeof(*part.parts));
    for (int i = 0; i < terms.n; i++) {
        const struct ot__term *term = &terms.items[i];
        const double share = sum > 0 ? pow(term->time_s, terms.p) / sum : 0;
        struct ot_part *leaf = &part.parts[part.parts_n++];
        *leaf = part;
        leaf->name = term->name;
        leaf->time_s = factor * (term->joined ? share * joined_s : term->time_s);
        leaf->parts = NULL;
        leaf->parts_n = 0;
        part.time_s += leaf->time_s;
    }
    return part;
}

enum ot_code ot_kernel_time(const struct ot_fits *fits, const struct ot_chip *chip,
                            const struct ot_kernel *kernel, struct ot_arena *arena,
                            struct ot_pred *ret_time_s, struct ot_part *ret_part,
                            struct ot_err *err)
{
    enum ot_code code = check_kernel(kernel, err);
    if (code == OT_OK)
        code = check_dtypes(chip, kernel, err);
    struct ot_fit fit;
    struct ot_pred band;
    if (code == OT_OK)
        code = ot_fits_find(fits, chip, kernel, &fit, &band, err);
    if (code)
        return code;
    const struct ot_part part = ot_form_part(&fit, kernel, 1, band.label, arena);
    *ret_time_s = ot_pred_of(part.time_s, band.p10, band.p90, band.label);
    if (ret_part)
        *ret_part = part;
    return OT_OK;
}
