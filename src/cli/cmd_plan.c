/* SPDX-License-Identifier: Apache-2.0 */
/* `offtake plan FILE.yaml`: the whole chain, and the report of it. Sections: the decision, the
 * offers, the work behind them, cost and risk, the deal, what the answer rests on. */
#include "cli/cli.h"
#include "offtake/chain.h"
#include "offtake/report.h"

static void grid_fact_usd(struct ot_grid *grid, const struct ot_fact *fact)
{
    if (fact->has)
        ot_grid_num(grid, fact->value);
    else
        ot_grid_none(grid);
}

/* ---- text, one function per section ---- */

static void text_decision(struct ot__cli *cli, const struct ot_chain_result *r, struct ot_buf *out)
{
    static const struct ot_col cols[] = {
        {.key = "offer", .head = "offer"},
        {.key = "verdict", .head = "verdict"},
        {.key = "chips_n", .head = "chips", .kind = OT_COL_INT},
        {.key = "commitment_usd", .head = "commitment", .kind = OT_COL_USD},
        {.key = "price_usd_per_chip_s",
         .head = "asked",
         .unit = "$/chip-h",
         .kind = OT_COL_NUM,
         .text_scale = 3600},
        {.key = "walk_away_usd_per_chip_s",
         .head = "walk away",
         .unit = "above $/chip-h",
         .kind = OT_COL_NUM,
         .text_scale = 3600},
        {.key = "why", .head = "why"},
    };
    ot_text_heading(out, "Decision");
    ot_text_wrap(out, r->headline, 0, OT_TEXT_WIDTH);
    ot_buf_addc(out, "\n");
    struct ot_grid *grid = ot_grid_new(cli->arena, cols, OT_COUNT(cols));
    for (int64_t i = 0; i < r->advice_n; i++) {
        const struct ot_advice *a = &r->advice[i];
        ot_grid_row(grid);
        ot_grid_str(grid, a->offer);
        ot_grid_str(grid, ot_str_c(ot_verdict_name(a->verdict)));
        ot_grid_num(grid, a->chips);
        ot_grid_num(grid, a->commitment_usd);
        grid_fact_usd(grid, &a->price_usd_per_chip_s);
        if (a->has_walk_away)
            ot_grid_num(grid, a->walk_away_usd_per_chip_s);
        else
            ot_grid_none(grid);
        ot_grid_str(grid, a->why);
    }
    ot_grid_text(grid, OT_TEXT_WIDTH, out);
}

static void text_swings(struct ot__cli *cli, const struct ot_chain_result *r, struct ot_buf *out)
{
    bool any = r->swings_n > 0 && r->swings[0].flips; /* those that flip a verdict come first */
    ot_text_heading(out, any ? "The three facts that would change it"
                             : "The three facts that move it most; none turns a verdict alone");
    for (int64_t i = 0; i < r->swings_n && i < 3; i++) {
        const struct ot_swing *s = &r->swings[i];
        struct ot_buf line;
        ot_buf_init(&line, cli->arena, 0);
        ot_buf_addf(&line, "%d. %s (%s), %s to %s: expected cost %s to %s. ", (int)i + 1,
                    s->fact.ptr, s->basis.ptr, s->low.ptr, s->high.ptr,
                    ot_usd_text(cli->arena, s->low_cost_usd, 3).ptr,
                    ot_usd_text(cli->arena, s->high_cost_usd, 3).ptr);
        if (s->flips)
            ot_buf_addf(&line, "Flips: %s.", s->flipped.ptr);
        ot_text_wrap(out, ot_buf_str(&line), 3, OT_TEXT_WIDTH);
    }
}

static struct ot_str band_text(struct ot__cli *cli, const struct ot_pred *p, double scale)
{
    return ot_str_fmt(cli->arena, "%s - %s", ot_num_text(cli->arena, p->p10 * scale, 3).ptr,
                      ot_num_text(cli->arena, p->p90 * scale, 3).ptr);
}

static void text_work(struct ot__cli *cli, const struct ot_chain_result *r, struct ot_buf *out)
{
    static const struct ot_col cols[] = {
        {.key = "workload", .head = "workload"},
        {.key = "pool", .head = "pool"},
        {.key = "layout", .head = "layout"},
        {.key = "req_per_chip_h", .head = "req", .unit = "/chip-h", .kind = OT_COL_NUM},
        {.key = "band", .head = "p10 - p90"},
        {.key = "label", .head = "label"},
        {.key = "usd_per_mtok", .head = "$/Mtok", .kind = OT_COL_NUM},
        {.key = "binding", .head = "binds"},
    };
    ot_text_heading(out, "Work per chip-hour within the latency targets");
    struct ot_grid *grid = ot_grid_new(cli->arena, cols, OT_COUNT(cols));
    for (int64_t i = 0; i < r->work_n; i++) {
        const struct ot_chain_work *w = &r->work[i];
        ot_grid_row(grid);
        ot_grid_str(grid, w->workload);
        ot_grid_str(grid, w->pool);
        ot_grid_str(grid, w->feasible ? w->layout : ot_str_c("-"));
        ot_grid_num(grid, w->req_per_chip_s.value * 3600);
        ot_grid_str(grid, w->feasible ? band_text(cli, &w->req_per_chip_s, 3600) : ot_str_c("-"));
        ot_grid_str(grid, ot_str_c(w->stated ? "stated" : ot_label_name(w->req_per_chip_s.label)));
        if (w->has_usd)
            ot_grid_num(grid, w->usd_per_mtok.value);
        else
            ot_grid_none(grid);
        ot_grid_str(grid, w->binding);
    }
    ot_grid_text(grid, OT_TEXT_WIDTH, out);
}

static void text_use(struct ot__cli *cli, const struct ot_chain_result *r, struct ot_buf *out)
{
    static const struct ot_col cols[] = {
        {.key = "offer", .head = "by the hour"},
        {.key = "vendor", .head = "vendor"},
        {.key = "decision", .head = "used"},
        {.key = "chips_n", .head = "chips at most", .kind = OT_COL_INT},
        {.key = "price_usd_per_chip_s",
         .head = "price",
         .unit = "$/chip-h",
         .kind = OT_COL_NUM,
         .text_scale = 3600},
        {.key = "cost_usd", .head = "expected cost", .kind = OT_COL_USD},
    };
    struct ot_grid *grid = ot_grid_new(cli->arena, cols, OT_COUNT(cols));
    for (int64_t i = 0; i < r->portfolio.offers_n; i++) {
        const struct ot_plan_offer_result *o = &r->portfolio.offers[i];
        if (o->kind != OT_OFFER_KIND_on_demand && o->kind != OT_OFFER_KIND_spot)
            continue;
        ot_grid_row(grid);
        ot_grid_str(grid, o->name);
        ot_grid_str(grid, o->vendor);
        ot_grid_str(grid, ot_str_c(ot_decision_name(o->decision)));
        ot_grid_num(grid, o->chips);
        ot_grid_num(grid, o->price_usd_per_chip_s);
        ot_grid_num(grid, o->cost_usd);
    }
    if (ot_grid_rows(grid) == 0)
        return;
    ot_buf_addc(out, "\n");
    ot_grid_text(grid, OT_TEXT_WIDTH, out);
}

static void text_cost(struct ot__cli *cli, const struct ot_chain_result *r, struct ot_buf *out)
{
    static const struct ot_col cols[] = {
        {.key = "scenario", .head = "scenario"},
        {.key = "probability_frac", .head = "probability", .kind = OT_COL_FRAC},
        {.key = "cost_usd", .head = "cost", .kind = OT_COL_USD},
        {.key = "commitment_usd", .head = "commitment", .kind = OT_COL_USD},
        {.key = "on_demand_usd", .head = "by the hour", .kind = OT_COL_USD},
        {.key = "penalty_usd", .head = "unmet", .kind = OT_COL_USD},
        {.key = "unmet_frac", .head = "unmet", .unit = "of demand", .kind = OT_COL_FRAC},
        {.key = "idle_frac", .head = "idle", .unit = "of committed", .kind = OT_COL_FRAC},
    };
    const struct ot_plan_result *p = &r->portfolio;
    ot_text_heading(out, "Cost and risk (present values)");
    ot_buf_addf(out, "Expected cost %s; p10-p90 %s to %s; mean of the worst cases (CVaR) %s.",
                ot_usd_text(cli->arena, p->cost_usd, 3).ptr,
                ot_usd_text(cli->arena, p->cost_p10_usd, 3).ptr,
                ot_usd_text(cli->arena, p->cost_p90_usd, 3).ptr,
                ot_usd_text(cli->arena, p->cvar_usd, 3).ptr);
    if (p->has_evpi)
        ot_buf_addf(out, "\nKnowing the future would be worth %s.",
                    ot_usd_text(cli->arena, p->evpi_usd, 3).ptr);
    ot_buf_addc(out, "\n\n");
    struct ot_grid *grid = ot_grid_new(cli->arena, cols, OT_COUNT(cols));
    for (int64_t i = 0; i < p->scenarios_n; i++) {
        const struct ot_plan_scenario_result *s = &p->scenarios[i];
        ot_grid_row(grid);
        ot_grid_str(grid, s->name);
        ot_grid_num(grid, s->probability);
        ot_grid_num(grid, s->cost_usd);
        ot_grid_num(grid, s->commitment_usd);
        ot_grid_num(grid, s->on_demand_usd);
        ot_grid_num(grid, s->penalty_usd);
        ot_grid_num(grid, s->unmet_frac);
        ot_grid_num(grid, s->idle_frac);
    }
    ot_grid_text(grid, OT_TEXT_WIDTH, out);
    text_use(cli, r, out);
}

static void text_concentration(struct ot__cli *cli, const struct ot_chain_result *r,
                               struct ot_buf *out)
{
    for (int64_t i = 0; i < r->portfolio.hhi_n; i++) {
        const struct ot_plan_hhi *h = &r->portfolio.hhi[i];
        struct ot_buf line;
        ot_buf_init(&line, cli->arena, 0);
        ot_buf_addf(&line, "By %s: HHI %.2f", h->by.ptr, h->hhi);
        for (int64_t m = 0; m < h->mix_n && m < 5; m++)
            ot_buf_addf(&line, "%s %s %.0f %%", m == 0 ? ";" : ",", h->mix[m].name.ptr,
                        100 * h->mix[m].share_frac);
        if (h->unknown_frac > 0)
            ot_buf_addf(&line, ", unknown %.0f %%", 100 * h->unknown_frac);
        ot_text_wrap(out, ot_buf_str(&line), 0, OT_TEXT_WIDTH);
    }
}

static void text_deals(struct ot__cli *cli, const struct ot_chain_result *r, struct ot_buf *out)
{
    for (int64_t d = 0; d < r->deals_n; d++) {
        const struct ot_deal_result *deal = &r->deals[d].result;
        ot_text_heading(
            out,
            ot_str_fmt(cli->arena, "Deal: %s (as of %s)", deal->title.ptr, deal->as_of.ptr).ptr);
        for (int64_t i = 0; i < deal->findings_n; i++)
            ot_text_wrap(out, ot_str_fmt(cli->arena, "- %s", deal->findings[i].text.ptr), 2,
                         OT_TEXT_WIDTH);
    }
    for (int64_t i = 0; i < r->not_yet_known_n; i++)
        ot_buf_addf(out, "Not yet known on this date: %s\n", r->not_yet_known[i].ptr);
}

static void text_basis(struct ot__cli *cli, const struct ot_chain_result *r, struct ot_buf *out)
{
    ot_text_heading(out, "What this rests on that nothing official confirms");
    for (int64_t i = 0; i < r->unconfirmed_n; i++) {
        const struct ot_unconfirmed *u = &r->unconfirmed[i];
        ot_text_wrap(out,
                     ot_str_fmt(cli->arena, "- %s, %s (%s): %s", u->where.ptr, u->value.ptr,
                                u->status.ptr, u->source.ptr),
                     2, OT_TEXT_WIDTH);
    }
    if (r->unconfirmed_n == 0)
        ot_buf_addc(out, "Nothing.\n");
    const struct ot_plan_solver *s = &r->portfolio.solver;
    ot_buf_addf(out, "\nSolved: %lld rows, %lld columns, %lld nodes; gap %.2g, duality gap %.2g.\n",
                (long long)s->rows, (long long)s->columns, (long long)s->nodes, s->gap_frac,
                s->duality_gap_frac);
}

static void text(struct ot__cli *cli, const void *result, struct ot_buf *out)
{
    const struct ot_chain_result *r = result;
    ot_buf_addf(out, "%s\nAs of %s\n\n", r->title.ptr, r->as_of.ptr);
    static void (*const sections[])(struct ot__cli *, const struct ot_chain_result *,
                                    struct ot_buf *) = {
        text_decision,      text_swings, text_work,  text_cost,
        text_concentration, text_deals,  text_basis,
    };
    for (size_t i = 0; i < OT_COUNT(sections); i++) {
        sections[i](cli, r, out);
        ot_buf_addc(out, "\n");
    }
}

/* ---- JSON ---- */

static void json_list(struct ot_json *json, const char *key, const struct ot_table *table,
                      const void *items, int64_t n)
{
    ot_json_key(json, key);
    ot_json_open(json, '[');
    for (int64_t i = 0; i < n; i++)
        ot_field_json(table, (const char *)items + (size_t)i * table->size, json);
    ot_json_close(json, ']');
}

static void json(struct ot__cli *cli, const void *result, struct ot_json *json)
{
    (void)cli;
    const struct ot_chain_result *r = result;
    ot_json_kstr(json, "title", r->title);
    ot_json_kstr(json, "as_of", r->as_of);
    ot_json_kstr(json, "headline", r->headline);
    json_list(json, "decision", &ot_advice_table, r->advice, r->advice_n);
    json_list(json, "swings", &ot_swing_table, r->swings, r->swings_n);
    json_list(json, "unconfirmed", &ot_unconfirmed_table, r->unconfirmed, r->unconfirmed_n);
    json_list(json, "work", &ot_chain_work_table, r->work, r->work_n);
    ot_json_key(json, "plan");
    ot_field_json(&ot_plan_table, r->plan, json);
    ot_json_key(json, "portfolio");
    ot_field_json(&ot_plan_result_table, &r->portfolio, json);
    ot_json_key(json, "deals");
    ot_json_open(json, '[');
    for (int64_t i = 0; i < r->deals_n; i++)
        ot_field_json(&ot_deal_result_table, &r->deals[i].result, json);
    ot_json_close(json, ']');
    ot_json_key(json, "not_yet_known");
    ot_json_open(json, '[');
    for (int64_t i = 0; i < r->not_yet_known_n; i++)
        ot_json_str(json, r->not_yet_known[i]);
    ot_json_close(json, ']');
}

/* ---- CSV: one row per offer ---- */

static void csv(struct ot__cli *cli, const void *result, struct ot_buf *out)
{
    static const struct ot_col cols[] = {
        {.key = "offer"},
        {.key = "vendor"},
        {.key = "chip"},
        {.key = "decision"},
        {.key = "chips_n", .kind = OT_COL_NUM},
        {.key = "price_usd_per_chip_s", .kind = OT_COL_NUM},
        {.key = "break_even_usd_per_chip_s", .kind = OT_COL_NUM},
        {.key = "commitment_usd", .kind = OT_COL_NUM},
        {.key = "cost_usd", .kind = OT_COL_NUM},
    };
    const struct ot_chain_result *r = result;
    struct ot_grid *grid = ot_grid_new(cli->arena, cols, OT_COUNT(cols));
    for (int64_t i = 0; i < r->portfolio.offers_n; i++) {
        const struct ot_plan_offer_result *o = &r->portfolio.offers[i];
        ot_grid_row(grid);
        ot_grid_str(grid, o->name);
        ot_grid_str(grid, o->vendor);
        ot_grid_str(grid, o->chip);
        ot_grid_str(grid, ot_str_c(ot_decision_name(o->decision)));
        ot_grid_num(grid, o->chips);
        if (r->plan->offers[i].price_usd_per_chip_s.has)
            ot_grid_num(grid, o->price_usd_per_chip_s);
        else
            ot_grid_none(grid);
        if (o->has_break_even)
            ot_grid_num(grid, o->break_even_usd_per_chip_s);
        else
            ot_grid_none(grid);
        ot_grid_num(grid, o->commitment_usd);
        ot_grid_num(grid, o->cost_usd);
    }
    ot_grid_csv(grid, out);
}

/* ---- the command ---- */

static void progress(void *ctx, const char *stage)
{
    const struct ot__cli *cli = ctx;
    if (cli->progress)
        ot__cli_note("%s", stage);
}

static size_t collect_sets(struct ot__cli *cli, struct ot_plan_set *sets)
{
    size_t n = 0;
    for (size_t i = 0; i < cli->given_n; i++) {
        const struct ot__given *given = &cli->given[i];
        if (given->name == NULL || !ot_str_is(ot_str_c(given->name), "set"))
            continue;
        sets[n++] = (struct ot_plan_set){given->value, given->loc};
        cli->sets_used++;
    }
    return n;
}

static enum ot_code run(struct ot__cli *cli, struct ot_err *err)
{
    static const struct ot__view view = {"plan", text, json, csv};
    const struct ot__given *file = NULL;
    struct ot_chain_in in = {.seed = cli->seed,
                             .threads = cli->threads,
                             .sources = &cli->sources,
                             .assumed = &cli->assumed,
                             .progress = progress,
                             .progress_ctx = cli};
    enum ot_code code = ot__cli_need_positional(cli, 0, "the plan file", &file, err);
    if (code == OT_OK)
        code = ot__cli_int(cli, "requests", 50, 1000000, 600, &in.requests_n, err);
    if (code == OT_OK)
        code = ot__cli_catalog(cli, err);
    if (code != OT_OK)
        return code;
    struct ot_plan_set *sets = ot_arena_calloc(cli->arena, cli->given_n + 1, sizeof(*sets));
    in.sets = sets;
    in.sets_n = (int64_t)collect_sets(cli, sets);
    in.catalog = cli->catalog;
    in.fits = cli->fits;
    in.path = ot_str_dup(cli->arena, file->value).ptr;
    struct ot_chain_result *result = ot_arena_calloc(cli->arena, 1, sizeof(*result));
    code = ot_chain_run(&in, cli->arena, result, err);
    if (code != OT_OK)
        return code;
    cli->want_json = true;
    ot__cli_emit(cli, &view, result);
    return ot__cli_save(cli, result->title, err);
}

static const struct ot__opt opts[] = {
    {"requests", "N", "600", "requests simulated per rate when sizing"},
    OT__STORE_OPT,
    OT__NO_STORE_OPT,
};
const struct ot__cmd ot__cmd_plan = {
    .name = "plan",
    .usage = "offtake plan FILE.yaml [--set path=value]",
    .help = "which offers to sign, for how many chips, from when; and what the deal is",
    .opts = opts,
    .opts_n = OT_COUNT(opts),
    .run = run,
    .args_max = 1,
};
