/* SPDX-License-Identifier: Apache-2.0 */
/* Which work per chip the plan stands on: for every workload one search over the chips of the
 * pools; pools of the same chip share the answer. What the plan file states is not searched. */
#include "chain/chain_impl.h"

struct lookup {
    struct ot_search *search;
    const struct ot_plan *plan;
    const struct ot_chip **chips; /* by pool */
    enum ot_software *software;   /* by pool */
    struct ot_arena *arena;
};

/* Where a name of pool or workload `i` was written, for messages. */
static struct ot_loc place(const struct ot_plan *plan, const char *list, int64_t i, const char *key,
                           struct ot_arena *arena)
{
    struct ot_str path = ot_str_fmt(arena, "%s[%lld].%s", list, (long long)i, key);
    const struct ot_node *node = plan->root == NULL ? NULL : ot_node_at(plan->root, path.ptr);
    return node == NULL ? ot_loc_of(plan->path, 0, 0) : node->loc;
}

static enum ot_code find_pools(const struct ot_chain_in *in, struct lookup *look,
                               struct ot_err *err)
{
    const struct ot_plan *plan = look->plan;
    for (int64_t i = 0; i < plan->pools_n; i++) {
        const struct ot_plan_pool *pool = &plan->pools[i];
        struct ot_loc loc = place(plan, "pools", i, "chip", look->arena);
        enum ot_code code = ot_catalog_chip(in->catalog, pool->chip, loc, &look->chips[i], err);
        if (code != OT_OK)
            return code;
        if (!ot_software_parse(pool->software, &look->software[i]))
            return ot_err_set(err, OT_INPUT, place(plan, "pools", i, "software", look->arena),
                              "software", pool->software, "published, tuned or parity");
    }
    return OT_OK;
}

/* Does pool p need a simulated answer for workload w with this software? */
static bool is_unknown(const struct lookup *look, const struct ot_work *work, int64_t p, int64_t w,
                       enum ot_software software)
{
    return look->software[p] == software && !work->cells[p * work->workloads_n + w].has;
}

/* … and is it the first with its chip? */
static bool is_first_unknown(const struct lookup *look, const struct ot_work *work, int64_t p,
                             int64_t w, enum ot_software software)
{
    for (int64_t i = 0; i < p; i++)
        if (look->chips[i] == look->chips[p] && is_unknown(look, work, i, w, software))
            return false;
    return is_unknown(look, work, p, w, software);
}

static enum ot_code make_query(const struct ot_chain_in *in, const struct lookup *look, int64_t w,
                               struct ot_search_query *query, struct ot_err *err)
{
    const struct ot_plan_workload *workload = &look->plan->workloads[w];
    const struct ot_plan *plan = look->plan;
    struct ot_arena *arena = look->arena;
    const struct ot_model *model = NULL;
    enum ot_code code = ot_catalog_model(in->catalog, workload->model,
                                         place(plan, "workloads", w, "model", arena), &model, err);
    if (code == OT_OK)
        code = ot_catalog_workload(in->catalog, workload->workload,
                                   place(plan, "workloads", w, "workload", arena), &query->workload,
                                   err);
    if (code == OT_OK)
        code = ot_slo_parse(workload->slo, place(plan, "workloads", w, "slo", arena), &query->slo,
                            err);
    query->base.model = model;
    query->opts.requests_n = in->requests_n > 0 ? in->requests_n : 600;
    query->opts.seed = in->seed;
    query->opts.threads = in->threads;
    query->opts.as_of_day = look->plan->as_of_day;
    return code;
}

static struct ot_str layout_text(struct ot_arena *arena, const struct ot_layout *layout)
{
    struct ot_buf buf;
    ot_buf_init(&buf, arena, 0);
    ot_buf_addf(&buf, "TP%lld", (long long)layout->tp);
    const struct {
        const char *name;
        int64_t n;
    } more[] = {{"PP", layout->pp}, {"EP", layout->ep}, {"DP", layout->dp}, {"CP", layout->cp}};
    for (size_t i = 0; i < OT_COUNT(more); i++)
        if (more[i].n > 1)
            ot_buf_addf(&buf, " %s%lld", more[i].name, (long long)more[i].n);
    return ot_buf_str(&buf);
}

static struct ot_chain_work *add_row(struct ot_chain_result *ret, const struct ot_plan *plan,
                                     int64_t p, int64_t w)
{
    struct ot_chain_work *row = &ret->work[ret->work_n++];
    row->pool = plan->pools[p].name;
    row->chip = plan->pools[p].chip;
    row->software = plan->pools[p].software;
    row->workload = plan->workloads[w].name;
    row->model = plan->workloads[w].model;
    return row;
}

/* Cheapest price of the pool's offers, USD per chip-second; false when none is known. */
static bool pool_price(const struct ot_plan *plan, struct ot_str pool, double *ret)
{
    bool found = false;
    for (int64_t i = 0; i < plan->offers_n; i++) {
        const struct ot_fact *price = &plan->offers[i].price_usd_per_chip_s;
        if (!ot_str_eq(plan->offers[i].pool, pool) || !price->has)
            continue;
        if (!found || price->value < *ret)
            *ret = price->value;
        found = true;
    }
    return found;
}

static void fill_from_yield(const struct ot_plan *plan, const struct ot_yield *yield,
                            struct ot_arena *arena, struct ot_chain_work *row,
                            struct ot_work_cell *cell)
{
    cell->has = true;
    cell->req_per_chip_s = yield->feasible ? yield->work_req_per_chip_s
                                           : ot_pred_of(0, 1, 1, OT_LABEL_first_principles);
    row->feasible = yield->feasible;
    row->req_per_chip_s = cell->req_per_chip_s;
    row->layout = layout_text(arena, &yield->deploy.layout);
    row->engine = ot_str_c(ot_engine_name(yield->deploy.engine));
    row->binding = ot_str_c(ot_binding_name(yield->binding));
    row->why = yield->why;
    double price = 0;
    double tokens = yield->mean_input_tok + yield->mean_output_tok;
    row->has_usd = yield->feasible && tokens > 0 && pool_price(plan, row->pool, &price);
    if (row->has_usd)
        row->usd_per_mtok = ot_pred_inverse(row->req_per_chip_s, price * 1e6 / tokens);
}

static void fill_stated(struct ot_chain_work *row, const struct ot_work_cell *cell)
{
    row->stated = true;
    row->feasible = cell->req_per_chip_s.value > 0;
    row->req_per_chip_s = cell->req_per_chip_s;
    row->why = ot_str_c("stated in the plan file");
}

static const struct ot_yield *yield_of(const struct ot_search_result *found,
                                       const struct ot_chip *chip)
{
    for (int64_t i = 0; i < found->best_n; i++)
        if (found->best[i].deploy.chip == chip)
            return &found->best[i];
    return NULL;
}

/* One search for workload w over the chips of the pools with this software. */
static enum ot_code search_workload(const struct ot_chain_in *in, const struct lookup *look,
                                    int64_t w, enum ot_software software, struct ot_work *work,
                                    struct ot_chain_work *rows, struct ot_err *err)
{
    const struct ot_plan *plan = look->plan;
    const struct ot_chip **wanted =
        ot_arena_calloc(look->arena, (size_t)plan->pools_n, sizeof(*wanted));
    struct ot_search_query query = {.chips = wanted};
    for (int64_t p = 0; p < plan->pools_n; p++)
        if (is_first_unknown(look, work, p, w, software))
            wanted[query.chips_n++] = look->chips[p];
    if (query.chips_n == 0)
        return OT_OK;
    struct ot_search_result found = {0};
    enum ot_code code = make_query(in, look, w, &query, err);
    query.base.software = software;
    if (code == OT_OK)
        code = ot_search_run(look->search, &query, &found, err);
    if (code != OT_OK)
        return code;
    for (int64_t p = 0; p < plan->pools_n; p++) {
        if (!is_unknown(look, work, p, w, software))
            continue;
        const struct ot_yield *yield = yield_of(&found, look->chips[p]);
        OT_ASSERT(yield != NULL);
        fill_from_yield(plan, yield, look->arena, &rows[p],
                        &work->cells[p * work->workloads_n + w]);
    }
    return OT_OK;
}

static enum ot_code work_of(const struct ot_chain_in *in, const struct lookup *look, int64_t w,
                            struct ot_work *work, struct ot_chain_result *ret, struct ot_err *err)
{
    const struct ot_plan *plan = look->plan;
    struct ot_chain_work *rows = &ret->work[ret->work_n];
    for (int64_t p = 0; p < plan->pools_n; p++) {
        struct ot_chain_work *row = add_row(ret, plan, p, w);
        const struct ot_work_cell *cell = &work->cells[p * work->workloads_n + w];
        if (cell->has)
            fill_stated(row, cell);
    }
    enum ot_code code = OT_OK;
    for (int s = 0; s < OT_SOFTWARE_COUNT && code == OT_OK; s++)
        code = search_workload(in, look, w, (enum ot_software)s, work, rows, err);
    return code;
}

enum ot_code ot__chain_work(const struct ot_chain_in *in, const struct ot_plan *plan,
                            struct ot_arena *arena, struct ot_work *work,
                            struct ot_chain_result *ret, struct ot_err *err)
{
    struct lookup look = {.plan = plan, .arena = arena};
    look.chips = ot_arena_calloc(arena, (size_t)plan->pools_n, sizeof(*look.chips));
    look.software = ot_arena_calloc(arena, (size_t)plan->pools_n, sizeof(*look.software));
    enum ot_code code = find_pools(in, &look, err);
    if (code != OT_OK)
        return code;
    look.search = ot_search_new(arena, in->catalog, in->fits);
    size_t cells_n = (size_t)(plan->pools_n * plan->workloads_n);
    ret->work = ot_arena_calloc(arena, cells_n, sizeof(*ret->work));
    for (int64_t w = 0; w < plan->workloads_n && code == OT_OK; w++) {
        if (in->progress != NULL)
            in->progress(in->progress_ctx,
                         ot_str_fmt(arena, "work per chip: %s", plan->workloads[w].name.ptr).ptr);
        code = work_of(in, &look, w, work, ret, err);
    }
    return code;
}
