/* SPDX-License-Identifier: Apache-2.0 */
/* `offtake step`: time and memory of one inference step of a model under one layout. */
#include "cli/deploy_opts.h"

#include <math.h>

struct answer {
    struct ot_deploy deploy;
    enum ot_phase phase;
    struct ot_step_load load;
    struct ot_memory memory;
    struct ot_pred time_s;
    struct ot_part part;
    double memory_per_chip_bytes;
    int64_t kv_blocks_needed;
    bool fits;
};

static void shape_line(const struct answer *a, struct ot_buf *out)
{
    const struct ot_layout l = a->deploy.layout;
    ot_buf_addf(out,
                "%s on %lld x %s (tp %lld, pp %lld, ep %lld, dp %lld, cp %lld), %s, %s weights\n",
                a->deploy.model->name.ptr, (long long)ot_layout_chips(l), a->deploy.chip->name.ptr,
                (long long)l.tp, (long long)l.pp, (long long)l.ep, (long long)l.dp, (long long)l.cp,
                ot_engine_name(a->deploy.engine), ot_dtype_name(a->deploy.dtype_weights));
}

static void text(struct ot__cli *cli, const void *result, struct ot_buf *out)
{
    const struct answer *a = result;
    struct ot_arena *arena = cli->arena;
    shape_line(a, out);
    ot_buf_addf(out, "%s: %s (%s to %s, %s)\n", a->part.name,
                ot_units_text(arena, a->time_s.value, OT_DIM_TIME, 4).ptr,
                ot_units_text(arena, a->time_s.p10, OT_DIM_TIME, 3).ptr,
                ot_units_text(arena, a->time_s.p90, OT_DIM_TIME, 3).ptr,
                ot_label_name(a->time_s.label));
    ot_buf_addf(out, "memory: %s of %s a chip, %s; room for %lld KV blocks of %lld tokens\n\n",
                ot_units_text(arena, a->memory_per_chip_bytes, OT_DIM_BYTES, 4).ptr,
                ot_units_text(arena, a->memory.usable_bytes, OT_DIM_BYTES, 4).ptr,
                a->fits ? "fits" : "DOES NOT FIT", (long long)a->memory.kv_blocks,
                (long long)a->memory.block_tokens);
    if (cli->explain) {
        ot_part_text(&a->part, out);
        return;
    }
    for (int64_t i = 0; i < a->part.parts_n; i++) {
        const struct ot_part *p = &a->part.parts[i];
        ot_buf_addf(out, "  %-36s %10s %5.1f %%\n", p->name,
                    ot_units_text(arena, p->time_s, OT_DIM_TIME, 4).ptr,
                    100 * p->time_s / a->part.time_s);
    }
}

static void json_memory(const struct answer *a, struct ot_json *json)
{
    const struct ot_memory *m = &a->memory;
    ot_json_key(json, "memory");
    ot_json_open(json, '{');
    ot_json_knum(json, "weights_bytes", m->weights_bytes);
    ot_json_knum(json, "activation_bytes", m->activation_bytes);
    ot_json_knum(json, "graph_bytes", m->graph_bytes);
    ot_json_knum(json, "runtime_bytes", m->runtime_bytes);
    ot_json_knum(json, "usable_bytes", m->usable_bytes);
    ot_json_knum(json, "kv_bytes_per_block", m->kv_bytes_per_block);
    ot_json_knum(json, "state_bytes_per_seq", m->state_bytes_per_seq);
    ot_json_close(json, '}');
}

static void json(struct ot__cli *cli, const void *result, struct ot_json *json)
{
    const struct answer *a = result;
    const struct ot_deploy *d = &a->deploy;
    static const char *const phases[] = {
#define PHASE_NAME(name) #name,
        OT_PHASE_LIST(PHASE_NAME)
#undef PHASE_NAME
    };
    ot_json_kstr(json, "model", d->model->name);
    ot_json_kstr(json, "chip", d->chip->name);
    ot_json_kstr(json, "engine", ot_str_c(ot_engine_name(d->engine)));
    ot_json_kstr(json, "phase", ot_str_c(phases[a->phase]));
    ot_json_key(json, "layout");
    ot_json_open(json, '{');
    ot_json_kint(json, "tp", d->layout.tp);
    ot_json_kint(json, "pp", d->layout.pp);
    ot_json_kint(json, "ep", d->layout.ep);
    ot_json_kint(json, "dp", d->layout.dp);
    ot_json_kint(json, "cp", d->layout.cp);
    ot_json_kint(json, "chips_n", ot_layout_chips(d->layout));
    ot_json_close(json, '}');
    ot_json_kpred(json, "time_s", a->time_s);
    ot_json_knum(json, "memory_per_chip_bytes", a->memory_per_chip_bytes);
    ot_json_kbool(json, "fits", a->fits);
    ot_json_kint(json, "kv_blocks", a->memory.kv_blocks);
    ot_json_kint(json, "kv_blocks_needed", a->kv_blocks_needed);
    ot_json_kint(json, "block_tokens", a->memory.block_tokens);
    json_memory(a, json);
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

static enum ot_code read_phase(struct ot__cli *cli, enum ot_phase *ret, struct ot_err *err)
{
    static const struct {
        const char *name;
        enum ot_phase phase;
    } phases[] = {
#define PHASE_ROW(name) {#name, OT_PHASE_##name},
        OT_PHASE_LIST(PHASE_ROW)
#undef PHASE_ROW
    };
    const struct ot__given *phase = NULL;
    enum ot_code code = ot__cli_need(cli, "phase", &phase, err);
    if (code)
        return code;
    for (size_t i = 0; i < OT_COUNT(phases); i++)
        if (ot_str_is(phase->value, phases[i].name)) {
            *ret = phases[i].phase;
            return OT_OK;
        }
    return ot__cli_refuse(cli, phase, "prefill, decode or mixed", err);
}

struct sizes {
    int64_t batch, context, q_len, prefill_tokens;
};

static enum ot_code read_sizes(struct ot__cli *cli, enum ot_phase phase, struct sizes *s,
                               struct ot_err *err)
{
    const int64_t most = 100000000;
    enum ot_code code = ot__cli_int(cli, "batch", 1, most, 1, &s->batch, err);
    const struct ot__given *context = NULL;
    if (code == OT_OK)
        code = ot__cli_need(cli, "context", &context, err);
    if (code == OT_OK)
        code = ot__cli_int(cli, "context", phase == OT_PHASE_prefill ? 1 : 0, most, 0, &s->context,
                           err);
    if (code == OT_OK)
        code = ot__cli_int(cli, "q-len", 1, most, 0, &s->q_len, err);
    if (code == OT_OK)
        code = ot__cli_int(cli, "prefill-tokens", 1, most, 0, &s->prefill_tokens, err);
    if (code)
        return code;
    if (phase == OT_PHASE_prefill && s->q_len > s->context)
        return ot__cli_refuse(cli, ot__cli_given(cli, "q-len"), "at most --context", err);
    if (phase == OT_PHASE_prefill && s->q_len == 0)
        s->q_len = s->context;
    if (phase == OT_PHASE_mixed && s->prefill_tokens == 0) {
        const struct ot__given *given = NULL;
        return ot__cli_need(cli, "prefill-tokens", &given, err);
    }
    return OT_OK;
}

/* Static-shape engines pay for the bucket, not for the length. */
static int64_t padded(struct ot__cli *cli, const struct ot_deploy *d, const char *what, int64_t n)
{
    if (d->engine != OT_ENGINE_nxd)
        return n;
    const int64_t bucket = ot_step_bucket(n);
    if (bucket != n)
        ot_assumed_add(&cli->assumed, ot_str_c(what),
                       ot_str_fmt(cli->arena, "%lld", (long long)bucket),
                       "compiled bucket: the next power of two");
    return bucket;
}

static void make_load(struct ot__cli *cli, const struct sizes *s, struct answer *a)
{
    const double batch = (double)s->batch;
    if (a->phase != OT_PHASE_prefill) {
        const int64_t context = padded(cli, &a->deploy, "context", s->context);
        a->load.decode_seqs = batch;
        a->load.decode_kv_tokens = batch * (double)context;
    }
    if (a->phase == OT_PHASE_prefill) {
        const int64_t fresh = padded(cli, &a->deploy, "q_len", s->q_len);
        const double past = (double)(s->context - s->q_len);
        a->load.prefill_tokens = batch * (double)fresh;
        a->load.prefill_seqs = batch;
        a->load.prefill_kv_tokens = batch * past;
    }
    if (a->phase == OT_PHASE_mixed) {
        int64_t left = s->prefill_tokens;
        const int64_t chunk = s->q_len > 0 ? s->q_len : left;
        for (; left > 0; left -= chunk) {
            const int64_t fresh =
                padded(cli, &a->deploy, "prefill_tokens", left < chunk ? left : chunk);
            ot_step_load_chunk(&a->load, 0, (double)fresh);
        }
    }
}

/* Blocks these sequences hold after the step, and what a chip then has in use. */
static void check_fit(const struct sizes *s, struct answer *a)
{
    const struct ot_memory *m = &a->memory;
    const int64_t block = m->block_tokens;
    const int64_t tokens = s->context + (a->phase == OT_PHASE_prefill ? 0 : 1);
    int64_t blocks = s->batch * ((tokens + block - 1) / block);
    if (a->phase == OT_PHASE_mixed)
        blocks += (s->prefill_tokens + block - 1) / block;
    a->kv_blocks_needed = blocks;
    const double ranks = (double)(a->deploy.layout.dp * a->deploy.layout.cp);
    a->memory_per_chip_bytes = m->weights_bytes + m->activation_bytes + m->graph_bytes +
                               m->runtime_bytes +
                               ceil((double)blocks / ranks) * m->kv_bytes_per_block +
                               m->state_bytes_per_seq * ceil((double)s->batch / ranks);
    a->fits = m->fits && blocks <= m->kv_blocks;
}

static enum ot_code run(struct ot__cli *cli, struct ot_err *err)
{
    struct answer a = {0};
    struct sizes sizes = {0};
    enum ot_code code = read_phase(cli, &a.phase, err);
    if (code == OT_OK)
        code = read_sizes(cli, a.phase, &sizes, err);
    if (code == OT_OK)
        code = ot__cli_deploy(cli, &a.deploy, err);
    if (code)
        return code;
    make_load(cli, &sizes, &a);
    code = ot_step_memory(&a.deploy, &a.memory, err);
    if (code == OT_OK)
        code = ot_step_time(cli->fits, &a.deploy, &a.load, cli->arena, &a.time_s, &a.part, err);
    if (code)
        return ot__cli_place(cli, code, err);
    check_fit(&sizes, &a);
    static const struct ot__view view = {.schema = "step", .text = text, .json = json};
    ot__cli_emit(cli, &view, &a);
    return OT_OK;
}

/* clang-format off */
static const struct ot__opt opts[] = {
    OT__DEPLOY_OPTS,
    {"phase", "NAME", NULL, "prefill, decode or mixed"},
    {"batch", "N", "1", "sequences that decode; in phase prefill, sequences to prefill"},
    {"context", "N", NULL, "KV tokens of each before a decode step; in phase prefill, at its end"},
    {"q-len", "N", "--context", "prefill: new tokens of each; mixed: tokens of one chunk"},
    {"prefill-tokens", "N", NULL, "mixed: new prompt tokens in the step"},
};
/* clang-format on */

const struct ot__cmd ot__cmd_step = {
    .name = "step",
    .usage = "offtake step --model NAME --chip NAME --phase decode --batch N --context N [--json]",
    .help = "where the time and memory of one step go",
    .opts = opts,
    .opts_n = OT_COUNT(opts),
    .run = run,
    .no_csv = true,
    .no_html = true,
};
