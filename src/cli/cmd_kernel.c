/* SPDX-License-Identifier: Apache-2.0 */
/* `offtake kernel`: time of one operation on one chip. The options are the columns of the
 * measurement table; as in those tables one kernel is repeated, so small weights stay in cache
 * unless --cold is given. */
#include "cli/deploy_opts.h"

struct answer {
    const struct ot_chip *chip;
    struct ot_kernel kernel;
    struct ot_pred time_s;
    struct ot_part part;
};

static void text(struct ot__cli *cli, const void *result, struct ot_buf *out)
{
    const struct answer *a = result;
    const struct ot_str time = ot_units_text(cli->arena, a->time_s.value, OT_DIM_TIME, 4);
    const struct ot_str low = ot_units_text(cli->arena, a->time_s.p10, OT_DIM_TIME, 3);
    const struct ot_str high = ot_units_text(cli->arena, a->time_s.p90, OT_DIM_TIME, 3);
    ot_buf_addf(out, "%s on %s: %s (%s to %s, %s)\n\n", ot_op_name(a->kernel.op), a->chip->name.ptr,
                time.ptr, low.ptr, high.ptr, ot_label_name(a->time_s.label));
    ot_part_text(&a->part, out);
    if (cli->explain)
        ot_buf_addf(out, "\nformula: %s\n", a->part.formula);
}

static void json(struct ot__cli *cli, const void *result, struct ot_json *json)
{
    const struct answer *a = result;
    ot_json_kstr(json, "chip", a->chip->name);
    ot_json_kstr(json, "op", ot_str_c(ot_op_name(a->kernel.op)));
    ot_json_kstr(json, "library", ot_str_c(ot_library_name(a->kernel.library)));
    ot_json_kpred(json, "time_s", a->time_s);
    ot_json_key(json, "parts");
    ot_json_open(json, '[');
    for (int64_t i = 0; i < a->part.parts_n; i++)
        ot_part_json(&a->part.parts[i], json);
    ot_json_close(json, ']');
    if (!cli->explain)
        return;
    ot_json_key(json, "explain");
    ot_part_json(&a->part, json);
}

static enum ot_code read_words(struct ot__cli *cli, struct ot_kernel *k, struct ot_err *err)
{
    const struct ot__given *op = NULL;
    enum ot_code code = ot__cli_need(cli, "op", &op, err);
    if (code)
        return code;
    if (!ot_op_parse(op->value, &k->op) && ot_elementwise_parse(op->value, &k->kind))
        k->op = OT_OP_elementwise; /* norm, act, add, rope, quant by name */
    else if (!ot_op_parse(op->value, &k->op))
        return ot__cli_refuse(cli, op,
                              "gemm, grouped_gemm, attention_prefill, attention_decode, "
                              "mla_prefill, mla_decode, elementwise, allreduce, allgather, "
                              "reducescatter, alltoall or p2p",
                              err);
    const struct ot__given *engine = ot__cli_given(cli, "engine");
    k->library = ot_library_of(OT_ENGINE_vllm, OT_OP_gemm);
    if (ot_library_of(OT_ENGINE_sglang, k->op) == OT_LIBRARY_nccl)
        k->library = OT_LIBRARY_nccl;
    if (engine && !ot_library_parse(engine->value, &k->library))
        return ot__cli_refuse(cli, engine, "vllm, trtllm, sglang, nccl or their table names", err);
    if (!engine)
        ot_assumed_add(&cli->assumed, ot_str_c("engine"), ot_str_c(ot_library_name(k->library)),
                       "default library");
    const struct ot__given *kind = ot__cli_given(cli, "kind");
    if (kind && !ot_elementwise_parse(kind->value, &k->kind))
        return ot__cli_refuse(cli, kind, "norm, act, add, rope or quant", err);
    const struct ot__given *skew = ot__cli_given(cli, "skew");
    k->skew_gamma = 0.33;
    if (skew && !ot_skew_parse(skew->value, &k->skew_gamma))
        return ot__cli_refuse(cli, skew, "balanced, power_law_1.01, power_law_1.2 or 0 to 1", err);
    if (!skew && k->op == OT_OP_grouped_gemm)
        ot_assumed_add(&cli->assumed, ot_str_c("skew"), ot_str_c("power_law_1.2"), "default");
    const struct ot__given *gated = ot__cli_given(cli, "gated");
    k->gated = !(gated && ot_str_is(gated->value, "0"));
    return OT_OK;
}

static enum ot_code read_formats(struct ot__cli *cli, struct ot_kernel *k, struct ot_err *err)
{
    enum ot_dtype both = OT_DTYPE_bf16;
    enum ot_code code = ot__cli_dtype(cli, "dtype", OT_DTYPE_bf16, &both, err);
    if (code == OT_OK)
        code = ot__cli_dtype(cli, "dtype-weights", both, &k->dtype_weights, err);
    if (code == OT_OK && k->op == OT_OP_grouped_gemm)
        code = ot__cli_dtype(cli, "dtype-moe", k->dtype_weights, &k->dtype_weights, err);
    if (code == OT_OK)
        code = ot__cli_dtype(cli, "dtype-act", both, &k->dtype_act, err);
    if (code == OT_OK)
        code = ot__cli_dtype(cli, "dtype-kv", OT_DTYPE_bf16, &k->dtype_kv, err);
    return code;
}

static enum ot_code read_shapes(struct ot__cli *cli, struct ot_kernel *k, struct ot_err *err)
{
    const struct {
        const char *name;
        double def, *value;
    } shapes[] = {{"m", 0, &k->m},
                  {"n", 0, &k->n},
                  {"k", 0, &k->k},
                  {"batch", 1, &k->batch},
                  {"q-len", 0, &k->q_len},
                  {"kv-len", 0, &k->kv_len},
                  {"window", 0, &k->window},
                  {"heads", 0, &k->heads},
                  {"kv-heads", 0, &k->kv_heads},
                  {"head-dim", 128, &k->head_dim},
                  {"tokens", 0, &k->tokens},
                  {"hidden", 0, &k->hidden},
                  {"inter", 0, &k->inter},
                  {"experts", 0, &k->experts},
                  {"topk", 0, &k->top_k},
                  {"tp", 1, &k->tp},
                  {"ep", 1, &k->ep},
                  {"ranks", 2, &k->ranks},
                  {"ranks-per-node", 0, &k->ranks_per_node}};
    enum ot_code code = OT_OK;
    for (size_t i = 0; i < OT_COUNT(shapes) && code == OT_OK; i++)
        code = ot__cli_num(cli, shapes[i].name, OT_DIM_NONE, shapes[i].def, shapes[i].value, err);
    const struct ot__given *bytes = ot__cli_given(cli, "bytes");
    if (code == OT_OK && bytes && !ot_str_num(bytes->value, &k->bytes))
        code = ot__cli_num(cli, "bytes", OT_DIM_BYTES, 0, &k->bytes, err);
    const bool mla = k->op == OT_OP_mla_decode || k->op == OT_OP_mla_prefill;
    if (mla && !ot__cli_given(cli, "head-dim"))
        k->head_dim = 0; /* the kernel's own: 576 and 512 */
    if (k->kv_heads == 0)
        k->kv_heads = k->heads;
    if (k->kv_len == 0)
        k->kv_len = k->q_len;
    if (k->q_len == 0 && k->op != OT_OP_attention_decode && k->op != OT_OP_mla_decode)
        k->q_len = k->kv_len;
    return code;
}

static enum ot_code run(struct ot__cli *cli, struct ot_err *err)
{
    struct answer a = {0};
    const struct ot__given *chip = NULL;
    enum ot_code code = ot__cli_catalog(cli, err);
    if (code == OT_OK)
        code = ot__cli_need(cli, "chip", &chip, err);
    if (code == OT_OK)
        code = ot_catalog_chip(cli->catalog, chip->value, chip->loc, &a.chip, err);
    if (code == OT_OK)
        code = read_words(cli, &a.kernel, err);
    if (code == OT_OK)
        code = read_formats(cli, &a.kernel, err);
    if (code == OT_OK)
        code = read_shapes(cli, &a.kernel, err);
    if (code)
        return code;
    a.kernel.weights_in_cache = !ot__cli_flag(cli, "cold");
    code = ot_kernel_time(cli->fits, a.chip, &a.kernel, cli->arena, &a.time_s, &a.part, err);
    if (code)
        return ot__cli_place(cli, code, err);
    static const struct ot__view view = {.schema = "kernel", .text = text, .json = json};
    ot__cli_emit(cli, &view, &a);
    return OT_OK;
}

/* clang-format off */
static const struct ot__opt opts[] = {
    {"chip", "NAME", NULL, "chip by name"},
    {"op", "NAME", NULL, "gemm, grouped_gemm, attention_prefill, attention_decode, mla_prefill, "
                         "mla_decode, elementwise, allreduce, allgather, reducescatter, alltoall, p2p"},
    {"engine", "NAME", "vllm; nccl for collectives", "whose kernels: vllm, trtllm, sglang, nccl"},
    {"dtype", "NAME", "bf16", "format of weights and activations"},
    {"dtype-weights", "NAME", "--dtype", "format of weights"},
    {"dtype-act", "NAME", "--dtype", "format of activations"},
    {"dtype-moe", "NAME", "--dtype-weights", "format of expert weights"},
    {"dtype-kv", "NAME", "bf16", "format of the KV cache"},
    {"m", "N", NULL, "gemm: rows"},
    {"n", "N", NULL, "gemm: columns"},
    {"k", "N", NULL, "gemm: depth"},
    {"batch", "N", "1", "attention: sequences"},
    {"q-len", "N", "kv-len", "attention: new tokens of each"},
    {"kv-len", "N", "q-len", "attention: KV length of each, new tokens included"},
    {"window", "N", "none", "attention: sliding window"},
    {"heads", "N", NULL, "attention: query heads on the chip"},
    {"kv-heads", "N", "heads", "attention: KV heads on the chip"},
    {"head-dim", "N", "128", "attention: head size"},
    {"tokens", "N", NULL, "grouped_gemm: tokens"},
    {"hidden", "N", NULL, "grouped_gemm: model width"},
    {"inter", "N", NULL, "grouped_gemm: width of one expert"},
    {"experts", "N", NULL, "grouped_gemm: experts in all"},
    {"topk", "N", NULL, "grouped_gemm: experts a token takes"},
    {"tp", "N", "1", "grouped_gemm: ranks an expert is split over"},
    {"ep", "N", "1", "grouped_gemm: ranks the experts are spread over"},
    {"gated", "0|1", "1", "grouped_gemm: three matrices, or two"},
    {"skew", "NAME", "power_law_1.2", "grouped_gemm: balanced, power_law_1.2 or an exponent"},
    {"bytes", "N", NULL, "collectives: the full buffer; elementwise: bytes read and written"},
    {"ranks", "N", "2", "collectives: ranks"},
    {"ranks-per-node", "N", "all", "collectives: ranks joined by the scale-up link"},
    {"kind", "NAME", "norm", "elementwise: norm, act, add, rope, quant"},
    {"cold", NULL, NULL, "weights come from memory, as in a real step"},
};
/* clang-format on */

const struct ot__cmd ot__cmd_kernel = {
    .name = "kernel",
    .usage = "offtake kernel --chip NAME --op NAME [shape] [--json]",
    .help = "how long one operation takes on one chip",
    .opts = opts,
    .opts_n = OT_COUNT(opts),
    .run = run,
    .no_csv = true,
    .no_html = true,
};
