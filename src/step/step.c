/* SPDX-License-Identifier: Apache-2.0 */
/* Time of one step with its band and the tree that explains it (docs/models/step.md). */
#include <math.h>

#include "step_internal.h"

static enum ot_code check_load(const struct ot_step_load *load, struct ot_err *err)
{
    const struct {
        const char *name;
        double value;
    } members[] = {{"batch", load->decode_seqs},
                   {"context", load->decode_kv_tokens},
                   {"prefill_tokens", load->prefill_tokens},
                   {"prefill_seqs", load->prefill_seqs},
                   {"prefill_kv_tokens", load->prefill_kv_tokens},
                   {"prefill_pairs", load->prefill_pairs},
                   {"prefill_longest", load->prefill_longest}};
    for (size_t i = 0; i < OT_COUNT(members); i++)
        if (!isfinite(members[i].value) || members[i].value < 0 || members[i].value > 1e15)
            return ot_err_set(err, OT_INPUT, (struct ot_loc){0}, members[i].name,
                              err && isfinite(members[i].value)
                                  ? ot_str_fmt(err->arena, "%g", members[i].value)
                                  : ot_str_c(""),
                              "a number >= 0");
    if (load->decode_seqs + load->prefill_tokens <= 0)
        return ot_err_set(err, OT_INPUT, (struct ot_loc){0}, "batch", ot_str_c("0"),
                          "at least one sequence or one prefill token");
    return OT_OK;
}

/* Sums the children into the parent, in order, and gives it the worst label that matters. */
static void close_part(struct ot_part *part)
{
    part->time_s = 0;
    for (int64_t i = 0; i < part->parts_n; i++)
        part->time_s += part->parts[i].time_s;
    part->label = OT_LABEL_measured;
    for (int64_t i = 0; i < part->parts_n; i++)
        if (part->parts[i].time_s > 0.05 * part->time_s && part->parts[i].label > part->label)
            part->label = part->parts[i].label;
}

static struct ot_part op_part(const struct ot__plan *plan, const struct ot__op *op, double layers,
                              double scale, struct ot_arena *arena)
{
    const struct ot__found *found = ot__plan_find(plan, &op->kernel);
    struct ot_part part = ot_form_part(&found->fit, &op->kernel, op->count * layers * scale,
                                       found->band.label, arena);
    part.name = op->name;
    part.count = op->count * layers;
    return part;
}

static const char *group_name(struct ot_arena *arena, const struct ot_layers *l)
{
    static const char *const attention[OT_ATTN_COUNT] = {[OT_ATTN_gqa] = "attention",
                                                         [OT_ATTN_mla] = "MLA",
                                                         [OT_ATTN_linear] = "linear attention",
                                                         [OT_ATTN_mamba] = "state space",
                                                         [OT_ATTN_none] = "no attention"};
    const char *window = l->window > 0 ? "windowed " : "";
    const char *rest = l->experts > 0 ? " + experts" : l->ffn_dim > 0 ? " + MLP" : "";
    return ot_str_fmt(arena, "layers: %s%s%s", window, attention[l->attn], rest).ptr;
}

static struct ot_part group_part(const struct ot__plan *plan, const struct ot_layers *l,
                                 const struct ot__rank_load *load, struct ot_arena *arena)
{
    const double rows = ot__padded_rows(plan->deploy.engine, load->tokens);
    const double scale = ot__plan_scale(plan, load);
    struct ot__ops linear, attention;
    ot__ops_linear(&plan->deploy, l, rows, &linear);
    ot__ops_attention(&plan->deploy, l, load, &attention);
    struct ot_part part = {.name = group_name(arena, l),
                           .count = (double)l->count,
                           .source = "sum of its parts",
                           .formula = "docs/models/step.md"};
    part.parts = ot_arena_calloc(arena, (size_t)(linear.n + attention.n), sizeof(*part.parts));
    for (int i = 0; i < linear.n; i++)
        part.parts[part.parts_n++] =
            op_part(plan, &linear.items[i], (double)l->count, scale, arena);
    for (int i = 0; i < attention.n; i++)
        part.parts[part.parts_n++] =
            op_part(plan, &attention.items[i], (double)l->count, scale, arena);
    close_part(&part);
    return part;
}

static struct ot_part once_part(const struct ot__plan *plan, const struct ot__rank_load *load,
                                struct ot_arena *arena)
{
    struct ot__ops once, sampled;
    ot__ops_once(&plan->deploy, ot__padded_rows(plan->deploy.engine, load->tokens), &once);
    ot__ops_sampled(&plan->deploy, load->decode_seqs + load->prefill_seqs, &sampled);
    const double scale = ot__plan_scale(plan, load);
    struct ot_part part = {.name = "once per step",
                           .count = 1,
                           .source = "sum of its parts",
                           .formula = "docs/models/step.md"};
    part.parts = ot_arena_calloc(arena, (size_t)(once.n + sampled.n), sizeof(*part.parts));
    for (int i = 0; i < once.n; i++)
        part.parts[part.parts_n++] = op_part(plan, &once.items[i], 1, scale, arena);
    for (int i = 0; i < sampled.n; i++)
        part.parts[part.parts_n++] = op_part(plan, &sampled.items[i], 1, scale, arena);
    close_part(&part);
    return part;
}

static struct ot_part leaf(const char *name, double time_s, enum ot_label label, const char *source,
                           const char *formula)
{
    return (struct ot_part){.name = name,
                            .time_s = time_s,
                            .count = 1,
                            .label = label,
                            .source = source,
                            .formula = formula};
}

static struct ot_part host_part(const struct ot__plan *plan, const struct ot__rank_load *load,
                                struct ot_arena *arena)
{
    const struct ot_host_fit *host = plan->host;
    const char *page = "docs/models/host-terms.md";
    const double sync = plan->layers_n * log2((double)plan->deploy.layout.tp) * host->sync_s;
    const double seqs = load->decode_seqs + load->prefill_seqs;
    struct ot_part part = {.name = "host", .count = 1, .source = host->source.ptr, .formula = page};
    part.parts = ot_arena_calloc(arena, 3, sizeof(*part.parts));
    part.parts_n = 3;
    part.parts[0] = leaf("per step", host->step_s, OT_LABEL_fitted, host->source.ptr, page);
    part.parts[1] =
        leaf("per sequence", host->seq_s * seqs, OT_LABEL_fitted, host->source.ptr, page);
    part.parts[2] =
        leaf("per layer and TP doubling", sync, OT_LABEL_fitted, host->source.ptr, page);
    close_part(&part);
    part.label = OT_LABEL_fitted;
    return part;
}

static void neuron_leaves(const struct ot__neuron_step *step, const struct ot__plan *plan,
                          const char *page, struct ot_part *root)
{
    for (int i = 0; i < step->n; i++)
        root->parts[root->parts_n++] =
            leaf(step->items[i].name, step->items[i].time_s, plan->neuron_fit.label,
                 plan->neuron_fit.source.ptr, page);
}

static void neuron_tree(const struct ot__plan *plan, const struct ot_step_load *load,
                        struct ot_arena *arena, struct ot_part *root)
{
    struct ot__neuron_step decode, prefill;
    ot__neuron_decode(plan, load->decode_seqs, load->decode_kv_tokens, &decode);
    ot__neuron_prefill(plan, load, &prefill);
    root->parts = ot_arena_calloc(arena, (size_t)(decode.n + prefill.n), sizeof(*root->parts));
    neuron_leaves(&decode, plan, "docs/models/neuron-decode.md", root);
    neuron_leaves(&prefill, plan, "docs/models/neuron-prefill.md", root);
}

static void kernel_tree(const struct ot__plan *plan, const struct ot_step_load *load,
                        struct ot_arena *arena, struct ot_part *root)
{
    const struct ot_model *model = plan->deploy.model;
    const struct ot__rank_load rank = ot__rank_load_of(&plan->deploy, load);
    root->parts = ot_arena_calloc(arena, (size_t)model->layers_n + 2, sizeof(*root->parts));
    for (int64_t g = 0; g < model->layers_n; g++)
        root->parts[root->parts_n++] = group_part(plan, &model->layers[g], &rank, arena);
    root->parts[root->parts_n++] = once_part(plan, &rank, arena);
    root->parts[root->parts_n++] = host_part(plan, &rank, arena);
}

enum ot_code ot_step_time(const struct ot_fits *fits, const struct ot_deploy *deploy,
                          const struct ot_step_load *load, struct ot_arena *arena,
                          struct ot_pred *ret_time_s, struct ot_part *ret_part, struct ot_err *err)
{
    enum ot_code code = check_load(load, err);
    struct ot__plan plan;
    if (code == OT_OK)
        code = ot__plan_init(fits, deploy, arena, &plan, err);
    if (code)
        return code;
    const bool prefill = load->prefill_tokens > 0, decode = load->decode_seqs > 0;
    struct ot_part root = {.name = prefill && decode ? "mixed step"
                                   : prefill         ? "prefill step"
                                                     : "decode step",
                           .count = 1,
                           .source = "sum of its parts",
                           .formula = "docs/models/step.md"};
    if (plan.neuron)
        neuron_tree(&plan, load, arena, &root);
    else
        kernel_tree(&plan, load, arena, &root);
    close_part(&root);
    OT_CHECK_FINITE(root.time_s);
    *ret_time_s = ot__plan_band(&plan, load, root.time_s);
    root.label = ret_time_s->label;
    if (ret_part)
        *ret_part = root;
    return OT_OK;
}
