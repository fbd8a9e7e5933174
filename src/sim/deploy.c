/* SPDX-License-Identifier: Apache-2.0 */
/* A filled deployment as a simulator set-up: limits and blocks of the engine, host terms from
 * data/fits/hosts.yaml. */
#include <math.h>

#include "offtake/sim.h"

static struct ot_step_piece table_piece(void *ctx, int64_t seqs, int64_t kv_tokens)
{
    return ot_step_decode_piece(ctx, seqs, kv_tokens);
}
static int64_t table_mixed(void *ctx, const struct ot_step_load *load)
{
    return ot_step_mixed_ps(ctx, load);
}
struct ot_sim_cost ot_sim_cost_of_table(struct ot_step_table *table)
{
    return (struct ot_sim_cost){table, table_piece, table_mixed};
}

static enum ot_code new_cost(const void *ctx, struct ot_arena *arena, struct ot_sim_cost *ret,
                             struct ot_err *err)
{
    const struct ot_sim_deploy *d = ctx;
    struct ot_step_table *table;
    const enum ot_code code = ot_step_table_new(d->fits, d->deploy, arena, &table, err);
    if (code == OT_OK) {
        *ret = ot_sim_cost_of_table(table);
    }
    return code;
}

static void assume(struct ot_assumed *assumed, const char *path, const char *value, const char *why)
{
    if (assumed != NULL) {
        ot_assumed_add(assumed, ot_str_c(path), ot_str_c(value), why);
    }
}

/* From a step's end to the next look at arrivals: 0.04 to 0.2 ms seen on vLLM 0.19
 * (docs/models/serving.md). */
static const double output_s = 100e-6;

static int64_t picoseconds(double s)
{
    return llround(1e12 * s);
}

/* Static shapes: compiled for the bucket of the longest request, and every row of the batch
 * reserves that length. */
static enum ot_code set_static(const struct ot_memory *memory, int64_t max_tok,
                               struct ot_assumed *assumed, struct ot_sim_engine *e,
                               struct ot_err *err)
{
    e->bucket_min_tok = ot_step_bucket(1);
    const int64_t length = max_tok > 0 ? ot_step_bucket(max_tok) : e->max_model_len;
    e->max_model_len = length < e->max_model_len ? length : e->max_model_len;
    const int64_t rows = memory->kv_blocks * memory->block_tokens / e->max_model_len;
    if (rows < 1) {
        return ot_err_plain(err, OT_INFEASIBLE,
                            "memory holds no sequence of %lld tokens beside the weights",
                            (long long)e->max_model_len);
    }
    e->max_num_seqs = rows < e->max_num_seqs ? rows : e->max_num_seqs;
    if (assumed != NULL) {
        ot_assumed_add(assumed, ot_str_c("engine.compiled_length"),
                       ot_str_fmt(assumed->arena, "%lld", (long long)e->max_model_len),
                       "static shapes: bucket of the longest request, at most max_model_len");
    }
    return OT_OK;
}

enum ot_code ot_sim_setup_of(const struct ot_sim_deploy *ctx, int64_t max_tok,
                             struct ot_assumed *assumed, struct ot_sim_setup *ret,
                             struct ot_err *err)
{
    const struct ot_deploy *d = ctx->deploy;
    struct ot_memory memory;
    const enum ot_code code = ot_step_memory(d, &memory, err);
    if (code != OT_OK) {
        return code;
    }
    if (!memory.fits || memory.kv_blocks < 2) {
        return ot_err_plain(err, OT_INFEASIBLE, "the weights leave no memory for requests");
    }
    const struct ot_host_fit *host = ot_fits_host(ctx->fits, d->engine);
    const bool is_static = d->engine == OT_ENGINE_nxd;
    struct ot_sim_engine e = {
        .policy = is_static ? OT_SIM_POLICY_nxd : OT_SIM_POLICY_vllm,
        .gate = OT_SIM_GATE_FULL_PROMPT,
        .cache = is_static ? OT_SIM_CACHE_OFF : OT_SIM_CACHE_OWN,
        .max_num_seqs = d->max_num_seqs > 0 ? d->max_num_seqs : host->seqs_n,
        .max_batched_tokens =
            d->max_batched_tokens > 0 ? d->max_batched_tokens : host->batched_tokens,
        .max_model_len = d->max_model_len > 0 ? d->max_model_len : d->model->max_position,
        .num_blocks = memory.kv_blocks + 1, /* the step floor leaves the null block out */
        .block_tokens = memory.block_tokens,
        .in_flight_n = host->in_flight_n,
        .output_ps = is_static ? 0 : picoseconds(output_s),
        .client_ps = picoseconds(host->request_s)};
    /* Limits and blocks are per attention-DP rank; the replica is simulated as one pool of its
     * ranks, as the step cost counts it. */
    const int64_t ranks = d->layout.dp > 0 ? d->layout.dp : 1;
    e.max_num_seqs *= ranks;
    e.max_batched_tokens *= ranks;
    e.num_blocks *= ranks;
    if (e.max_num_seqs > e.max_batched_tokens) {
        e.max_batched_tokens = e.max_num_seqs;
    }
    if (is_static) {
        const enum ot_code fits = set_static(&memory, max_tok, assumed, &e, err);
        if (fits != OT_OK) {
            return fits;
        }
    }
    if (d->engine == OT_ENGINE_sglang || d->engine == OT_ENGINE_trtllm) {
        assume(assumed, "engine.scheduler", "vllm",
               "no scheduler rules of this engine yet: vLLM's are used");
    }
    *ret = (struct ot_sim_setup){.engine = e, .cost_new = new_cost, .cost_ctx = ctx};
    return OT_OK;
}

enum ot_code ot_sim_step_band(const struct ot_sim_deploy *ctx, struct ot_arena *arena,
                              struct ot_pred *ret, struct ot_err *err)
{
    struct ot_arena *scratch = ot_arena_child(arena);
    struct ot_step_table *table;
    const enum ot_code code = ot_step_table_new(ctx->fits, ctx->deploy, scratch, &table, err);
    if (code == OT_OK) {
        *ret = ot_step_table_band(table);
    }
    ot_arena_free(scratch);
    return code;
}
