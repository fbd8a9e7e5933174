/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the candidates of a query, chip by chip on several threads, remembers what was found, and
 * ranks it. A chip is one work item and its layouts are tried in turn, few chips first, so what is
 * pruned does not depend on the number of threads. */
#include <string.h>

#include <xxhash.h>

#include "search_internal.h"

const char *ot_binding_name(enum ot_binding binding)
{
    static const char *const names[] = {
#define OT__BINDING_NAME(name, help) #name,
        OT_BINDING_LIST(OT__BINDING_NAME)
#undef OT__BINDING_NAME
    };
    return names[binding];
}

const char *ot_binding_help(enum ot_binding binding)
{
    static const char *const helps[] = {
#define OT__BINDING_HELP(name, help) help,
        OT_BINDING_LIST(OT__BINDING_HELP)
#undef OT__BINDING_HELP
    };
    return helps[binding];
}

struct answer { /* all layouts of one chip under one query */
    uint64_t key[2];
    struct ot_yield yields[OT__LAYOUTS_MAX];
    int64_t n;
    struct answer *next;
};
struct ot_search {
    struct ot_arena *arena;
    struct ot_catalog *catalog;
    const struct ot_fits *fits;
    struct answer *answers;
};

struct ot_search *ot_search_new(struct ot_arena *arena, struct ot_catalog *catalog,
                                const struct ot_fits *fits)
{
    struct ot_search *search = ot_arena_calloc(arena, 1, sizeof *search);
    search->arena = arena;
    search->catalog = catalog;
    search->fits = fits;
    return search;
}

int64_t ot_yield_replicas(const struct ot_yield *yield, double rate_req_per_s)
{
    OT_ASSERT(yield->feasible && yield->rate_req_per_s > 0);
    const double replicas = rate_req_per_s / yield->rate_req_per_s;
    int64_t n = (int64_t)replicas;
    if ((double)n < replicas * (1 - 1e-12))
        n++;
    return n > 0 ? n : 1;
}

struct ot_pred ot_yield_latency(const struct ot_yield *yield, enum ot_slo_metric metric,
                                enum ot_slo_stat stat)
{
    OT_ASSERT(yield->feasible);
    return ot_sim_pred(&yield->band, &yield->served, metric, yield->latency_s[metric][stat]);
}

/* ---- what makes two questions the same ---- */

static void key_quantiles(struct ot_buf *text, const struct ot_quantiles *table)
{
    for (int64_t i = 0; i < table->p_n; i++)
        ot_buf_addf(text, "%.17g:%.17g,", table->p[i], table->tokens[i]);
    ot_buf_addc(text, ";");
}

/* Everything that the yields of a chip depend on, as text. Things of the catalogue by address: it
 * is one and the same within a run. */
static void key_of(struct ot_arena *arena, const struct ot_search_query *query,
                   const struct ot_chip *chip, uint64_t ret_key[2])
{
    struct ot_arena *scratch = ot_arena_child(arena);
    struct ot_buf text;
    ot_buf_init(&text, scratch, 0);
    const struct ot_deploy d = ot__search_base(query, chip);
    ot_buf_addf(&text, "%p %p %d %d %d %d %d %.17g %.17g ", (const void *)chip,
                (const void *)d.model, (int)d.engine, (int)d.dtype_weights, (int)d.dtype_act,
                (int)d.dtype_moe, (int)d.dtype_kv, d.skew_gamma, d.gpu_memory_util_frac);
    const int64_t whole[] = {d.layout.tp,
                             d.layout.pp,
                             d.layout.ep,
                             d.layout.dp,
                             d.layout.cp,
                             d.num_gpu_blocks,
                             d.max_num_seqs,
                             d.max_batched_tokens,
                             d.max_model_len,
                             d.block_tokens,
                             d.ranks_per_chip,
                             d.lnc,
                             (int64_t)d.software,
                             query->opts.requests_n,
                             query->opts.max_chips_n,
                             (int64_t)query->opts.seed};
    for (size_t i = 0; i < OT_COUNT(whole); i++)
        ot_buf_addf(&text, "%lld ", (long long)whole[i]);
    ot_buf_addf(&text, "%.17g %.17g ", query->opts.tolerance_frac, query->workload->arrival_shape);
    key_quantiles(&text, &query->workload->input);
    key_quantiles(&text, &query->workload->output);
    ot_buf_add(&text, ot_slo_text(scratch, &query->slo));
    const struct ot_str bytes = ot_buf_str(&text);
    const XXH128_hash_t hash = XXH3_128bits(bytes.ptr, bytes.len);
    ret_key[0] = hash.high64;
    ret_key[1] = hash.low64;
    ot_arena_free(scratch);
}

static struct answer *known(const struct ot_search *search, const uint64_t key[2])
{
    for (struct answer *a = search->answers; a != NULL; a = a->next)
        if (a->key[0] == key[0] && a->key[1] == key[1])
            return a;
    return NULL;
}

/* ---- one chip ---- */

static void search_chip(const struct ot_search *search, const struct ot_search_query *query,
                        const struct ot_chip *chip, struct ot_arena *arena, struct answer *ret)
{
    struct ot_layout layouts[OT__LAYOUTS_MAX];
    const struct ot_deploy base = ot__search_base(query, chip);
    ret->n = 0;
    if (!ot_chip_has_dtype(chip, base.dtype_weights)) {
        struct ot_yield *yield = &ret->yields[ret->n++];
        *yield = (struct ot_yield){.deploy = base, .binding = OT_BINDING_dtype};
        yield->why = ot_str_fmt(arena, "%s does not compute in %s", chip->name.ptr,
                                ot_dtype_name(base.dtype_weights));
        return;
    }
    const int64_t n = ot__search_layouts(query, chip, layouts);
    double best = 0;
    for (int64_t i = 0; i < n; i++) {
        const int64_t chips = ot_layout_chips(layouts[i]);
        if (best > 0 && chips > OT__CHIPS_USUAL && query->opts.max_chips_n == 0)
            break;
        struct ot_deploy deploy = base;
        deploy.layout = layouts[i];
        struct ot_yield *yield = &ret->yields[ret->n++];
        ot__rate_search(search->fits, query, deploy, best, arena, yield);
        if (yield->feasible && yield->work_req_per_chip_s.value > best)
            best = yield->work_req_per_chip_s.value;
    }
}

struct batch {
    const struct ot_search *search;
    const struct ot_search_query *query;
    const struct ot_chip *const *chips;
    struct answer **answers;
    struct ot_arena **arenas;
};

static void work(void *ctx, int64_t index)
{
    const struct batch *batch = ctx;
    search_chip(batch->search, batch->query, batch->chips[index], batch->arenas[index],
                batch->answers[index]);
}

/* Answers for every chip, new ones computed in parallel and then remembered in order. */
static struct answer **answers_for(struct ot_search *search, const struct ot_search_query *query,
                                   const struct ot_chip *const *chips, int64_t n)
{
    struct answer **all = ot_arena_calloc(search->arena, (size_t)n, sizeof(struct answer *));
    struct ot_arena *scratch = ot_arena_child(search->arena);
    const struct ot_chip **todo = ot_arena_calloc(scratch, (size_t)n, sizeof(struct ot_chip *));
    struct batch batch = {
        .search = search,
        .query = query,
        .answers = ot_arena_calloc(scratch, (size_t)n, sizeof(struct answer *)),
        .arenas = ot_arena_calloc(scratch, (size_t)n, sizeof(struct ot_arena *)),
    };
    int64_t todo_n = 0;
    for (int64_t i = 0; i < n; i++) {
        uint64_t key[2];
        key_of(search->arena, query, chips[i], key);
        all[i] = known(search, key);
        if (all[i] != NULL)
            continue;
        all[i] = ot_arena_calloc(search->arena, 1, sizeof(struct answer));
        memcpy(all[i]->key, key, sizeof key);
        all[i]->next = search->answers;
        search->answers = all[i];
        batch.answers[todo_n] = all[i];
        batch.arenas[todo_n] = ot_arena_new(0);
        todo[todo_n++] = chips[i];
    }
    batch.chips = todo;
    ot_pool_run(query->opts.threads > 0 ? query->opts.threads : 1, todo_n, work, &batch);
    for (int64_t i = 0; i < todo_n; i++) {
        struct answer *a = batch.answers[i];
        for (int64_t k = 0; k < a->n; k++)
            a->yields[k].why = ot_str_dup(search->arena, a->yields[k].why);
        ot_arena_free(batch.arenas[i]);
    }
    ot_arena_free(scratch);
    return all;
}

/* ---- the public calls ---- */

static bool has_target(const struct ot_slo *slo)
{
    for (int m = 0; m < OT_SLO_METRIC_COUNT; m++)
        for (int s = 0; s < OT_SLO_STAT_COUNT; s++)
            if (slo->limit_s[m][s] > 0)
                return true;
    return false;
}

static enum ot_code check(const struct ot_search_query *query, struct ot_err *err)
{
    if (query->base.model == NULL)
        return ot_err_plain(err, OT_INPUT, "a model is needed to size for");
    if (query->workload == NULL || query->workload->input.p_n == 0 ||
        query->workload->output.p_n == 0)
        return ot_err_plain(err, OT_INPUT, "a workload with input and output lengths is needed");
    if (!has_target(&query->slo))
        return ot_err_plain(err, OT_INPUT, "at least one latency target is needed");
    return OT_OK;
}

/* The layout that stands for a chip: the most work per chip; when none is feasible, the one that
 * got furthest (the largest that was not ruled out before a run). */
static const struct ot_yield *best_of(const struct answer *answer)
{
    const struct ot_yield *best = &answer->yields[0];
    for (int64_t i = 1; i < answer->n; i++) {
        const struct ot_yield *y = &answer->yields[i];
        const bool better = y->feasible ? !best->feasible || y->work_req_per_chip_s.value >
                                                                 best->work_req_per_chip_s.value
                                        : !best->feasible && y->binding >= best->binding &&
                                              y->binding != OT_BINDING_unsupported;
        if (better)
            best = y;
    }
    return best;
}

static void add_priced(const struct ot_search *search, const struct ot_search_query *query,
                       const struct ot_yield *yield, struct ot_yield *list, int64_t *n)
{
    list[*n] = *yield;
    ot__search_price(search->catalog, &query->opts, &list[*n]);
    (*n)++;
}

enum ot_code ot_search_run(struct ot_search *search, const struct ot_search_query *query,
                           struct ot_search_result *ret, struct ot_err *err)
{
    const enum ot_code code = check(query, err);
    if (code != OT_OK)
        return code;
    const struct ot_chip *const *chips = query->chips;
    int64_t n = query->chips_n;
    if (n == 0) {
        size_t count;
        const struct ot_chip *all = ot_catalog_chips(search->catalog, &count);
        const struct ot_chip **list =
            ot_arena_calloc(search->arena, count, sizeof(struct ot_chip *));
        for (size_t i = 0; i < count; i++)
            list[i] = &all[i];
        chips = list;
        n = (int64_t)count;
    }
    struct answer **answers = answers_for(search, query, chips, n);
    int64_t total = 0;
    for (int64_t i = 0; i < n; i++)
        total += answers[i]->n;
    struct ot_search_result result = {
        .best = ot_arena_calloc(search->arena, (size_t)n, sizeof(struct ot_yield)),
        .all = ot_arena_calloc(search->arena, (size_t)total, sizeof(struct ot_yield)),
    };
    for (int64_t i = 0; i < n; i++) {
        add_priced(search, query, best_of(answers[i]), result.best, &result.best_n);
        for (int64_t k = 0; k < answers[i]->n; k++)
            add_priced(search, query, &answers[i]->yields[k], result.all, &result.all_n);
    }
    bool ignored;
    result.ranked_by_cost = ot__search_sort(result.best, result.best_n, &result.mixed_price_basis);
    (void)ot__search_sort(result.all, result.all_n, &ignored);
    result.binding = result.best_n > 0 ? result.best[0].binding : OT_BINDING_none;
    *ret = result;
    return OT_OK;
}

enum ot_code ot_search_yield(struct ot_search *search, const struct ot_search_query *query,
                             const struct ot_chip *chip, struct ot_yield *ret, struct ot_err *err)
{
    const enum ot_code code = check(query, err);
    if (code != OT_OK)
        return code;
    struct answer **answers = answers_for(search, query, &chip, 1);
    struct ot_yield yield = *best_of(answers[0]);
    ot__search_price(search->catalog, &query->opts, &yield);
    *ret = yield;
    return OT_OK;
}
