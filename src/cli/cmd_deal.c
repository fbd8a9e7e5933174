/* SPDX-License-Identifier: Apache-2.0 */
/* `offtake deal FILE.yaml`: who pays whom, what is firm, what it costs net of equity, how circular
 * the money is, who carries what, and what would have to be true. The findings come first, the
 * tables they rest on after them. `--as-of DATE` replays what was known on that day. */
#include "cli/cli.h"
#include "offtake/deal.h"
#include "offtake/report.h"

#include <string.h>

enum cell {
    CELL_TEXT, /* ot_str */
    CELL_FACT, /* ot_fact */
    CELL_YEAR  /* int64_t, printed without grouping */
};
/* A list of the result as a grid: where it is, and which members are columns. */
struct column {
    struct ot_col col;
    size_t offset;
    enum cell cell;
};
struct section {
    const char *title;
    size_t items, count, size; /* offsets in ot_deal_result */
    const struct column *columns;
    size_t columns_n;
};

/* clang-format off */
#define TEXT(type, member, head) {{#member, head, NULL, OT_COL_TEXT, 0, 0, OT_DIM_NONE}, offsetof(struct type, member), CELL_TEXT}
#define USD(type, member, head) {{#member, head, NULL, OT_COL_USD, 3, 0, OT_DIM_NONE}, offsetof(struct type, member), CELL_FACT}
#define FRAC(type, member, head) {{#member, head, NULL, OT_COL_FRAC, 3, 0, OT_DIM_NONE}, offsetof(struct type, member), CELL_FACT}
#define NUM(type, member, head, unit) {{#member, head, unit, OT_COL_NUM, 3, 0, OT_DIM_NONE}, offsetof(struct type, member), CELL_FACT}
static const struct column firm_columns[] = {
    TEXT(ot_firm, group, "headline"), USD(ot_firm, headline_usd, "sum"), USD(ot_firm, paid_usd, "paid"),
    USD(ot_firm, firm_usd, "firm"), FRAC(ot_firm, firm_frac, "firm"),
    FRAC(ot_firm, firm_signing_frac, "at signing"),
    USD(ot_firm, contingent_usd, "conting."), USD(ot_firm, optional_usd, "optional"),
};
static const struct column price_columns[] = {
    TEXT(ot_deal_price, term, "contract"), TEXT(ot_deal_price, supplier, "supplier"),
    NUM(ot_deal_price, gusd_per_gw_year, "price", "G$/GW-y"),
    NUM(ot_deal_price, usd_per_kw_month, "price", "$/kW-mo"),
    NUM(ot_deal_price, usd_per_chip_h, "price", "$/chip-h"), TEXT(ot_deal_price, basis, "GW are"),
    TEXT(ot_deal_price, assumptions, "assumptions"),
};
static const struct column effective_columns[] = {
    TEXT(ot_effective, buyer, "buyer"), TEXT(ot_effective, supplier, "supplier"),
    USD(ot_effective, payments_usd, "payments"), USD(ot_effective, capital_usd, "capital"),
    FRAC(ot_effective, headline_discount_frac, "headline"),
    FRAC(ot_effective, fair_value_discount_frac, "fair"),
    FRAC(ot_effective, cash_discount_frac, "cash"), FRAC(ot_effective, circular_frac, "financed"),
    FRAC(ot_effective, circular_pv_frac, "by PV"),
};
static const struct column warrant_columns[] = {
    TEXT(ot_warrant_line, term, "warrant"), TEXT(ot_warrant_line, holder, "holder"),
    TEXT(ot_warrant_line, at, "at"), NUM(ot_warrant_line, share_price_usd, "share", "$"),
    USD(ot_warrant_line, full_usd, "all vested"), USD(ot_warrant_line, expected_usd, "simulated"),
    FRAC(ot_warrant_line, share_of_purchases_frac, "of purchases"),
};
static const struct column rebate_columns[] = {
    TEXT(ot_rebate, term, "given"), TEXT(ot_rebate, against, "for"), USD(ot_rebate, usd, "value"),
    FRAC(ot_rebate, share_frac, "of it"),
};
static const struct column year_columns[] = {
    {{"year", "year", NULL, OT_COL_TEXT, 0, 0, OT_DIM_NONE}, offsetof(struct ot_year_cover, year), CELL_YEAR},
    USD(ot_year_cover, firm_usd, "firm"), USD(ot_year_cover, contingent_usd, "contingent"),
    USD(ot_year_cover, optional_usd, "optional"), USD(ot_year_cover, received_usd, "capital in"),
    USD(ot_year_cover, revenue_usd, "revenue"), FRAC(ot_year_cover, paid_frac, "paid/revenue"),
    USD(ot_year_cover, gap_usd, "gap"),
};
static const struct column concentration_columns[] = {
    TEXT(ot_concentration, party, "party"), TEXT(ot_concentration, by, "by"),
    USD(ot_concentration, total_usd, "sum"), NUM(ot_concentration, hhi_frac, "HHI", NULL),
    TEXT(ot_concentration, top1, "largest"), FRAC(ot_concentration, top1_frac, "share"),
    FRAC(ot_concentration, top2_frac, "top two"), FRAC(ot_concentration, unknown_frac, "unknown"),
};
static const struct column dilution_columns[] = {
    TEXT(ot_dilution_line, term, "tranche"), TEXT(ot_dilution_line, issuer, "company"),
    TEXT(ot_dilution_line, round, "round"), USD(ot_dilution_line, invested_usd, "invested"),
    USD(ot_dilution_line, post_usd, "value after"), FRAC(ot_dilution_line, dilution_frac, "dilution"),
};
static const struct column exposure_columns[] = {
    TEXT(ot_exposure, party, "who carries"), TEXT(ot_exposure, to, "of whom"),
    USD(ot_exposure, equity_cost_usd, "shares"), USD(ot_exposure, equity_contingent_usd, "conting."),
    USD(ot_exposure, equity_carrying_usd, "book"), USD(ot_exposure, backlog_usd, "orders"),
    USD(ot_exposure, loans_usd, "loans"), USD(ot_exposure, direct_usd, "direct"),
    USD(ot_exposure, through_usd, "through"),
};
static const struct column hedge_columns[] = {
    TEXT(ot_hedge_line, investor, "investor"), TEXT(ot_hedge_line, main, "in"),
    TEXT(ot_hedge_line, rival, "rival"), USD(ot_hedge_line, main_usd, "held"),
    USD(ot_hedge_line, rival_usd, "in rival"), USD(ot_hedge_line, sd_main_usd, "sd alone"),
    USD(ot_hedge_line, sd_both_usd, "sd both"), NUM(ot_hedge_line, correlation_frac, "corr.", NULL),
    NUM(ot_hedge_line, threshold_frac, "hedge below", NULL), TEXT(ot_hedge_line, verdict, "verdict"),
};
static const struct column return_columns[] = {
    TEXT(ot_return, line, "line"), TEXT(ot_return, exit, "company value at the end"),
    TEXT(ot_return, tranches, "tranches"), USD(ot_return, put_in_usd, "put in"),
    USD(ot_return, npv_usd, "NPV"), FRAC(ot_return, irr_frac, "IRR"),
};
static const struct column must_columns[] = {
    TEXT(ot_must, what, "what"), NUM(ot_must, value, "value", NULL), TEXT(ot_must, unit, "unit"),
    TEXT(ot_must, solves, "so that"), TEXT(ot_must, note, "note"),
};
static const struct column conflict_columns[] = {
    TEXT(ot_conflict, what, "what"), TEXT(ot_conflict, reading, "reading"), USD(ot_conflict, usd, "amount"),
};
static const struct column story_columns[] = {
    TEXT(ot_story, known_from, "since"), TEXT(ot_story, text, "statement"),
    TEXT(ot_story, amount, "figure"), TEXT(ot_story, status, "status"), TEXT(ot_story, source, "source"),
};
#undef TEXT
#undef USD
#undef FRAC
#undef NUM
#define SECTION(title, list, type, columns) {title, offsetof(struct ot_deal_result, list), offsetof(struct ot_deal_result, list##_n), sizeof(struct type), columns, OT_COUNT(columns)}
static const struct section sections[] = {
    SECTION("Firm against headline (firm: still owed up to the first exit without fault)", firm, ot_firm, firm_columns),
    SECTION("Price of capacity (GW basis and assumptions beside it)", prices, ot_deal_price, price_columns),
    SECTION("Discount by three readings of the supplier's capital, and the vendor-financed share", effective, ot_effective, effective_columns),
    SECTION("Shares and credits given for a contract", rebates, ot_rebate, rebate_columns),
    SECTION("Warrants", warrants, ot_warrant_line, warrant_columns),
    SECTION("The buyer year by year (compute payments, capital received)", years, ot_year_cover, year_columns),
    SECTION("Concentration", concentration, ot_concentration, concentration_columns),
    SECTION("Dilution", dilution, ot_dilution_line, dilution_columns),
    SECTION("Exposure (through: over others that hang on it)", exposure, ot_exposure, exposure_columns),
    SECTION("Is the stake in a rival a hedge?", hedges, ot_hedge_line, hedge_columns),
    SECTION("Returns of the supplier who invests", returns, ot_return, return_columns),
    SECTION("What would have to be true, one thing at a time", musts, ot_must, must_columns),
    SECTION("Conflicting reports", conflicts, ot_conflict, conflict_columns),
    SECTION("Public statements beside the terms", story, ot_story, story_columns),
};
#undef SECTION
/* clang-format on */

static void add_cell(struct ot_arena *arena, struct ot_grid *grid, const struct column *column,
                     const char *item)
{
    if (column->cell == CELL_FACT) {
        struct ot_fact fact;
        memcpy(&fact, item + column->offset, sizeof(fact));
        if (fact.has)
            ot_grid_num(grid, fact.value);
        else
            ot_grid_none(grid);
    } else if (column->cell == CELL_TEXT) {
        struct ot_str text;
        memcpy(&text, item + column->offset, sizeof(text));
        ot_grid_str(grid, text);
    } else {
        int64_t year;
        memcpy(&year, item + column->offset, sizeof(year));
        ot_grid_str(grid, ot_str_fmt(arena, "%d", (int)year));
    }
}

static struct ot_grid *section_grid(struct ot__cli *cli, const struct ot_deal_result *result,
                                    const struct section *section)
{
    const char *base = (const char *)result, *items;
    int64_t count;
    memcpy(&items, base + section->items, sizeof(items));
    memcpy(&count, base + section->count, sizeof(count));
    struct ot_col *cols = ot_arena_calloc(cli->arena, section->columns_n, sizeof(*cols));
    for (size_t i = 0; i < section->columns_n; i++)
        cols[i] = section->columns[i].col;
    struct ot_grid *grid = ot_grid_new(cli->arena, cols, section->columns_n);
    for (size_t i = 0; i < (size_t)count; i++) {
        ot_grid_row(grid);
        for (size_t c = 0; c < section->columns_n; c++)
            add_cell(cli->arena, grid, &section->columns[c], items + i * section->size);
    }
    return grid;
}

static void list_text(struct ot_buf *out, const char *title, const struct ot_str *items, int64_t n)
{
    if (n == 0)
        return;
    ot_buf_addc(out, "\n");
    ot_text_heading(out, title);
    for (int64_t i = 0; i < n; i++)
        ot_text_wrap(out, items[i], 2, OT_TEXT_WIDTH);
}

static void text(struct ot__cli *cli, const void *any, struct ot_buf *out)
{
    const struct ot_deal_result *result = any;
    ot_text_heading(out, result->title.ptr);
    ot_buf_addf(out, "as of %s", result->as_of.ptr);
    if (result->buyer.len && result->supplier.len)
        ot_buf_addf(out, ", buyer %s, supplier %s", result->buyer.ptr, result->supplier.ptr);
    ot_buf_addc(out, "; indicative, not accounting advice\n\n");
    for (int64_t i = 0; i < result->findings_n; i++) {
        const struct ot_finding *f = &result->findings[i];
        ot_text_wrap(out,
                     f->source.len
                         ? ot_str_fmt(cli->arena, "- %s. {%s}", f->text.ptr, f->source.ptr)
                         : ot_str_fmt(cli->arena, "- %s.", f->text.ptr),
                     0, OT_TEXT_WIDTH);
    }
    for (size_t i = 0; i < OT_COUNT(sections); i++) {
        struct ot_grid *grid = section_grid(cli, result, &sections[i]);
        if (ot_grid_rows(grid) == 0)
            continue;
        ot_buf_addc(out, "\n");
        ot_text_heading(out, sections[i].title);
        ot_grid_text(grid, OT_TEXT_WIDTH, out);
    }
    list_text(out, "Not known (n/d)", result->unknowns, result->unknowns_n);
    list_text(out, "Left out: public only after this day", result->not_yet_known,
              result->not_yet_known_n);
}

static void json(struct ot__cli *cli, const void *any, struct ot_json *json_out)
{
    (void)cli;
    ot_json_key(json_out, "deal");
    ot_field_json(&ot_deal_result_table, any, json_out);
}

static void csv(struct ot__cli *cli, const void *any, struct ot_buf *out)
{
    ot_grid_csv(section_grid(cli, any, &sections[0]), out);
}

static enum ot_code edit(void *ctx, struct ot_node *root, struct ot_err *err)
{
    return ot__cli_sets(ctx, root, err);
}

static enum ot_code run(struct ot__cli *cli, struct ot_err *err)
{
    static const struct ot__view view = {"deal", text, json, csv};
    const struct ot__given *file, *as_of = ot__cli_given(cli, "as-of");
    struct ot_deal_opts opts = {.seed = cli->seed, .threads = cli->threads};
    struct ot_deal deal;
    struct ot_deal_result result;
    enum ot_code code = ot__cli_need_positional(cli, 0, "the deal file", &file, err);
    code = code ? code : ot__cli_int(cli, "paths", 2, 100000000, 20000, &opts.paths_n, err);
    if (!code && as_of && !ot_date_parse(as_of->value, &opts.as_of_day))
        return ot__cli_refuse(cli, as_of, "a date YYYY-MM-DD", err);
    opts.has_as_of = as_of != NULL;
    code = code ? code : ot__cli_data_root(cli, err);
    struct ot_deal_read how = {.data_root = cli->data_root,
                               .sources = &cli->sources,
                               .assumed = &cli->assumed,
                               .edit = edit,
                               .edit_ctx = cli};
    if (!code)
        code = ot_deal_load(cli->arena, ot_str_dup(cli->arena, file->value).ptr, &how, &deal, err);
    code = code ? code : ot_deal_evaluate(&deal, &opts, cli->arena, &result, err);
    if (code)
        return code;
    ot__cli_emit(cli, &view, &result);
    return OT_OK;
}

static const struct ot__opt opts[] = {
    {"as-of", "DATE", "the file's as_of", "look at it as it was known on that day"},
    {"paths", "N", "20000", "paths of the warrant simulation"},
};

const struct ot__cmd ot__cmd_deal = {
    .name = "deal",
    .usage = "offtake deal FILE.yaml [--as-of DATE]",
    .help = "what is firm, what it costs net of equity, who carries what, what must be true",
    .opts = opts,
    .opts_n = OT_COUNT(opts),
    .run = run,
    .args_max = 1,
};
