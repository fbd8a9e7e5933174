/* SPDX-License-Identifier: Apache-2.0 */
/* The lists of `offtake catalog`: a grid per kind. To add a kind: one list function, one row in
 * `views`. */
#include "cli/catalog_view.h"

static void fact_cell(struct ot_grid *grid, const struct ot_fact *fact)
{
    if (fact->has)
        ot_grid_num(grid, fact->value);
    else
        ot_grid_none(grid);
}

static double whole(int64_t n)
{
    return (double)n;
}

static void count_cell(struct ot_grid *grid, int64_t n)
{
    if (n > 0)
        ot_grid_num(grid, (double)n);
    else
        ot_grid_none(grid);
}

/* ---- chips ---- */

static const struct ot_col chip_cols[] = {
    {.key = "name", .head = "chip", .kind = OT_COL_TEXT},
    {.key = "vendor", .head = "vendor", .kind = OT_COL_TEXT},
    {.key = "bf16_label_flop_per_s",
     .head = "bf16",
     .unit = "label TF",
     .kind = OT_COL_INT,
     .text_scale = 1e-12},
    {.key = "bf16_roof_flop_per_s",
     .head = "bf16",
     .unit = "roof",
     .kind = OT_COL_INT,
     .text_scale = 1e-12},
    {.key = "bf16_achieved_flop_per_s",
     .head = "bf16",
     .unit = "achieved",
     .kind = OT_COL_INT,
     .text_scale = 1e-12},
    {.key = "fp8_label_flop_per_s",
     .head = "8-bit",
     .unit = "label TF",
     .kind = OT_COL_INT,
     .text_scale = 1e-12},
    {.key = "hbm_bytes",
     .head = "memory",
     .unit = "GiB",
     .kind = OT_COL_INT,
     .text_scale = 1.0 / (1 << 30)},
    {.key = "hbm_bytes_per_s",
     .head = "memory",
     .unit = "TB/s",
     .kind = OT_COL_NUM,
     .text_scale = 1e-12},
    {.key = "scaleup_bytes_per_s",
     .head = "links",
     .unit = "GB/s",
     .kind = OT_COL_INT,
     .text_scale = 1e-9},
    {.key = "scaleup_domain_n", .head = "chips", .unit = "joined", .kind = OT_COL_INT},
    {.key = "tdp_w", .head = "TDP", .unit = "W", .kind = OT_COL_INT},
};

static struct ot_grid *chips(struct ot__cli *cli)
{
    struct ot_grid *grid = ot_grid_new(cli->arena, chip_cols, OT_COUNT(chip_cols));
    size_t n = 0;
    const struct ot_chip *all = ot_catalog_chips(cli->catalog, &n);
    for (size_t i = 0; i < n; i++) {
        const struct ot_chip *chip = &all[i];
        const struct ot_chip_rate *bf16 = &chip->rates[OT_DTYPE_bf16];
        const struct ot_fact *fp8 = &chip->rates[OT_DTYPE_fp8].label;
        ot_grid_row(grid);
        ot_grid_str(grid, chip->name);
        ot_grid_str(grid, chip->vendor);
        fact_cell(grid, &bf16->label);
        fact_cell(grid, &bf16->roof);
        fact_cell(grid, &bf16->achieved);
        fact_cell(grid, fp8->has ? fp8 : &chip->rates[OT_DTYPE_mxfp8].label);
        fact_cell(grid, &chip->hbm_bytes);
        fact_cell(grid, &chip->hbm_bytes_per_s);
        fact_cell(grid, &chip->scaleup_bytes_per_s);
        count_cell(grid, chip->scaleup_domain_n);
        fact_cell(grid, &chip->tdp_w);
    }
    return grid;
}

static enum ot_code find_chip(struct ot__cli *cli, const struct ot__given *name, void const **ret,
                              struct ot_err *err)
{
    const struct ot_chip *chip = NULL;
    enum ot_code code = ot_catalog_chip(cli->catalog, name->value, name->loc, &chip, err);
    if (code == OT_OK)
        *ret = chip;
    return code;
}

static const struct ot_str *chip_title(const void *thing)
{
    return &((const struct ot_chip *)thing)->title;
}

/* Prices of the chip, the newest line of each kind and provider being what one looks for. */
static void chip_extra(struct ot__cli *cli, const void *thing, struct ot_buf *out)
{
    const struct ot_chip *chip = thing;
    size_t n = 0, mine = 0;
    const struct ot_price *prices = ot_catalog_prices(cli->catalog, &n);
    for (size_t i = 0; i < n; i++)
        mine += ot_str_eq(prices[i].chip, chip->name);
    if (mine == 0)
        ot_buf_addc(out, "\nNo public price.\n");
    else
        ot_buf_addf(out, "\n%zu dated prices: offtake catalog offers %s\n", mine, chip->name.ptr);
}

/* ---- hosts and networks ---- */

static const struct ot_col node_cols[] = {
    {.key = "name", .head = "node", .kind = OT_COL_TEXT},
    {.key = "provider", .head = "provider", .kind = OT_COL_TEXT},
    {.key = "chip", .head = "chip", .kind = OT_COL_TEXT},
    {.key = "chips_n", .head = "chips", .kind = OT_COL_INT},
    {.key = "nic_bytes_per_s",
     .head = "network",
     .unit = "Gbit/s",
     .kind = OT_COL_NUM,
     .text_scale = 8e-9,
     .digits = 5},
    {.key = "fabric", .head = "fabric", .kind = OT_COL_TEXT},
};

static struct ot_grid *nodes(struct ot__cli *cli)
{
    struct ot_grid *grid = ot_grid_new(cli->arena, node_cols, OT_COUNT(node_cols));
    size_t n = 0;
    const struct ot_node_type *all = ot_catalog_nodes(cli->catalog, &n);
    for (size_t i = 0; i < n; i++) {
        ot_grid_row(grid);
        ot_grid_str(grid, all[i].name);
        ot_grid_str(grid, all[i].provider);
        ot_grid_str(grid, all[i].chip);
        ot_grid_num(grid, (double)all[i].chips_n);
        fact_cell(grid, &all[i].nic_bytes_per_s);
        ot_grid_str(grid, all[i].fabric);
    }
    return grid;
}

static enum ot_code find_node(struct ot__cli *cli, const struct ot__given *name, void const **ret,
                              struct ot_err *err)
{
    const struct ot_node_type *node = NULL;
    enum ot_code code = ot_catalog_node(cli->catalog, name->value, name->loc, &node, err);
    if (code == OT_OK)
        *ret = node;
    return code;
}

static const struct ot_str *node_title(const void *thing)
{
    return &((const struct ot_node_type *)thing)->title;
}

static const struct ot_col fabric_cols[] = {
    {.key = "name", .head = "fabric", .kind = OT_COL_TEXT},
    {.key = "title", .head = "what it is", .kind = OT_COL_TEXT},
    {.key = "latency_s", .head = "latency", .unit = "us", .kind = OT_COL_NUM, .text_scale = 1e6},
    {.key = "efficiency_frac", .head = "efficiency", .kind = OT_COL_FRAC},
};

static struct ot_grid *fabrics(struct ot__cli *cli)
{
    struct ot_grid *grid = ot_grid_new(cli->arena, fabric_cols, OT_COUNT(fabric_cols));
    size_t n = 0;
    const struct ot_fabric *all = ot_catalog_fabrics(cli->catalog, &n);
    for (size_t i = 0; i < n; i++) {
        ot_grid_row(grid);
        ot_grid_str(grid, all[i].name);
        ot_grid_str(grid, all[i].title);
        fact_cell(grid, &all[i].latency_s);
        fact_cell(grid, &all[i].efficiency_frac);
    }
    return grid;
}

static enum ot_code find_fabric(struct ot__cli *cli, const struct ot__given *name, void const **ret,
                                struct ot_err *err)
{
    const struct ot_fabric *fabric = NULL;
    enum ot_code code = ot_catalog_fabric(cli->catalog, name->value, name->loc, &fabric, err);
    if (code == OT_OK)
        *ret = fabric;
    return code;
}

static const struct ot_str *fabric_title(const void *thing)
{
    return &((const struct ot_fabric *)thing)->title;
}

/* ---- models ---- */

static const struct ot_col model_cols[] = {
    {.key = "name", .head = "model", .kind = OT_COL_TEXT},
    {.key = "params", .head = "weights", .unit = "B", .kind = OT_COL_NUM, .text_scale = 1e-9},
    {.key = "params_active", .head = "active", .unit = "B", .kind = OT_COL_NUM, .text_scale = 1e-9},
    {.key = "layers", .head = "layers", .kind = OT_COL_INT},
    {.key = "hidden", .head = "hidden", .kind = OT_COL_INT},
    {.key = "attention", .head = "attention", .kind = OT_COL_TEXT},
    {.key = "kv_bytes_per_token",
     .head = "KV/token",
     .unit = "kB, bf16",
     .kind = OT_COL_NUM,
     .text_scale = 1e-3},
    {.key = "dtype", .head = "format", .kind = OT_COL_TEXT},
};

/* "mla", or "gqa+linear" where layers differ. */
static struct ot_str attention(struct ot_arena *arena, const struct ot_model *model)
{
    static const char *const names[] = {
#define ROW(name) #name,
        OT_ATTN_LIST(ROW)
#undef ROW
    };
    struct ot_buf buf;
    ot_buf_init(&buf, arena, 0);
    for (int kind = 0; kind < OT_ATTN_none; kind++) {
        bool any = false, window = false;
        for (int64_t i = 0; i < model->layers_n; i++) {
            any = any || (int)model->layers[i].attn == kind;
            window = window || ((int)model->layers[i].attn == kind && model->layers[i].window > 0);
        }
        if (any)
            ot_buf_addf(&buf, "%s%s%s", buf.len > 0 ? "+" : "", names[kind],
                        window ? " (window)" : "");
    }
    return ot_buf_str(&buf);
}

static struct ot_str formats(struct ot_arena *arena, const struct ot_model *model)
{
    const char *dense = ot_dtype_name(model->dtype), *moe = ot_dtype_name(model->dtype_moe);
    return model->dtype == model->dtype_moe ? ot_str_c(dense)
                                            : ot_str_fmt(arena, "%s, experts %s", dense, moe);
}

static struct ot_grid *models(struct ot__cli *cli)
{
    struct ot_grid *grid = ot_grid_new(cli->arena, model_cols, OT_COUNT(model_cols));
    size_t n = 0;
    const struct ot_model *all = ot_catalog_models(cli->catalog, &n);
    for (size_t i = 0; i < n; i++) {
        ot_grid_row(grid);
        ot_grid_str(grid, all[i].name);
        ot_grid_num(grid, ot_model_params(&all[i]));
        ot_grid_num(grid, ot_model_params_active(&all[i]));
        ot_grid_num(grid, whole(ot_model_layers(&all[i])));
        ot_grid_num(grid, (double)all[i].hidden);
        ot_grid_str(grid, attention(cli->arena, &all[i]));
        ot_grid_num(grid, ot_model_kv_bytes_per_token(&all[i], OT_DTYPE_bf16));
        ot_grid_str(grid, formats(cli->arena, &all[i]));
    }
    return grid;
}

static enum ot_code find_model(struct ot__cli *cli, const struct ot__given *name, void const **ret,
                               struct ot_err *err)
{
    const struct ot_model *model = NULL;
    enum ot_code code = ot_catalog_model(cli->catalog, name->value, name->loc, &model, err);
    if (code == OT_OK)
        *ret = model;
    return code;
}

static const struct ot_str *model_title(const void *thing)
{
    return &((const struct ot_model *)thing)->title;
}

static const struct ot_col group_cols[] = {
    {.key = "count", .head = "layers", .kind = OT_COL_INT},
    {.key = "attn", .head = "attention", .kind = OT_COL_TEXT},
    {.key = "attn_params",
     .head = "attention",
     .unit = "M weights",
     .kind = OT_COL_NUM,
     .text_scale = 1e-6},
    {.key = "ffn_params",
     .head = "MLP",
     .unit = "M weights",
     .kind = OT_COL_NUM,
     .text_scale = 1e-6},
    {.key = "moe_params",
     .head = "experts",
     .unit = "M weights",
     .kind = OT_COL_NUM,
     .text_scale = 1e-6,
     .digits = 4},
    {.key = "moe_active",
     .head = "active",
     .unit = "M weights",
     .kind = OT_COL_NUM,
     .text_scale = 1e-6},
    {.key = "kv", .head = "KV/token", .unit = "B, bf16", .kind = OT_COL_INT},
    {.key = "window", .head = "window", .unit = "tokens", .kind = OT_COL_INT},
};

/* Per layer of each group, what it weighs; then the totals. */
static void model_extra(struct ot__cli *cli, const void *thing, struct ot_buf *out)
{
    const struct ot_model *m = thing;
    struct ot_grid *grid = ot_grid_new(cli->arena, group_cols, OT_COUNT(group_cols));
    for (int64_t i = 0; i < m->layers_n; i++) {
        const struct ot_layers *l = &m->layers[i];
        const struct ot_model one = {.layers = m->layers + i, .layers_n = 1};
        const struct ot_str attn = attention(cli->arena, &one);
        ot_grid_row(grid);
        ot_grid_num(grid, (double)l->count);
        ot_grid_str(grid, attn.len > 0 ? attn : ot_str_c("none"));
        ot_grid_num(grid, ot_layers_attn_params(m, l));
        ot_grid_num(grid, ot_layers_ffn_params(m, l));
        ot_grid_num(grid, ot_layers_moe_params(m, l));
        ot_grid_num(grid, ot_layers_moe_params_active(m, l));
        ot_grid_num(grid, ot_layers_kv_bytes_per_token(l, OT_DTYPE_bf16));
        count_cell(grid, l->window);
    }
    ot_buf_addc(out, "\nOne layer of each group\n\n");
    ot_grid_text(grid, OT_TEXT_WIDTH, out);
    ot_buf_addf(
        out, "\ncounted: %.4g B weights, %.4g B active; %s of KV a token in bf16\n",
        ot_model_params(m) * 1e-9, ot_model_params_active(m) * 1e-9,
        ot_units_text(cli->arena, ot_model_kv_bytes_per_token(m, OT_DTYPE_bf16), OT_DIM_BYTES, 4)
            .ptr);
    for (int64_t i = 0; i < m->unknown_keys_n; i++)
        ot_buf_addf(out, "%s%s", i == 0 ? "keys not understood: " : ", ", m->unknown_keys[i].ptr);
    if (m->unknown_keys_n > 0)
        ot_buf_addc(out, "\n");
}

/* ---- prices ---- */

static const struct ot_col price_cols[] = {
    {.key = "chip", .head = "chip", .kind = OT_COL_TEXT},
    {.key = "kind", .head = "basis", .kind = OT_COL_TEXT},
    {.key = "price_usd_per_chip_s",
     .head = "USD per",
     .unit = "chip-hour",
     .kind = OT_COL_NUM,
     .text_scale = 3600},
    {.key = "provider", .head = "provider", .kind = OT_COL_TEXT},
    {.key = "node", .head = "sold as", .kind = OT_COL_TEXT},
    {.key = "region", .head = "region", .kind = OT_COL_TEXT},
    {.key = "date", .head = "date", .kind = OT_COL_TEXT},
    {.key = "status", .head = "status", .kind = OT_COL_TEXT},
};

static struct ot_str status_text(enum ot_status status)
{
    static const char *const names[] = {
#define ROW(name) #name,
        OT_STATUS_LIST(ROW)
#undef ROW
    };
    return ot_str_c(names[status]);
}

static bool price_matches(const struct ot_price *price, struct ot_arena *arena, struct ot_str fold,
                          const struct ot_chip *chip)
{
    if (chip != NULL)
        return ot_str_eq(price->chip, chip->name);
    return ot_str_eq(ot_str_fold(arena, price->provider), fold) ||
           ot_str_eq(ot_str_fold(arena, price->node), fold);
}

/* chip NULL and fold empty: all of them. */
static struct ot_grid *price_grid(struct ot__cli *cli, struct ot_str fold,
                                  const struct ot_chip *chip)
{
    struct ot_grid *grid = ot_grid_new(cli->arena, price_cols, OT_COUNT(price_cols));
    size_t n = 0;
    const struct ot_price *all = ot_catalog_prices(cli->catalog, &n);
    for (size_t i = 0; i < n; i++) {
        const struct ot_fact *price = &all[i].price_usd_per_chip_s;
        if ((fold.len > 0 || chip != NULL) && !price_matches(&all[i], cli->arena, fold, chip))
            continue;
        ot_grid_row(grid);
        ot_grid_str(grid, all[i].chip);
        ot_grid_str(grid, ot_str_c(ot_price_kind_name(all[i].kind)));
        fact_cell(grid, price);
        ot_grid_str(grid, all[i].provider);
        ot_grid_str(grid, all[i].node);
        ot_grid_str(grid, all[i].region);
        ot_grid_str(grid, ot_date_text(cli->arena, price->date_day));
        ot_grid_str(grid, status_text(price->status));
    }
    return grid;
}

static struct ot_grid *offers(struct ot__cli *cli)
{
    return price_grid(cli, ot_str_c(""), NULL);
}

enum ot_code ot__catalog_offers_of(struct ot__cli *cli, const struct ot__given *name,
                                   struct ot_grid **ret, struct ot_err *err)
{
    struct ot_grid *grid = price_grid(cli, ot_str_fold(cli->arena, name->value), NULL);
    if (ot_grid_rows(grid) == 0) {
        const struct ot_chip *chip = NULL;
        enum ot_code code = ot_catalog_chip(cli->catalog, name->value, name->loc, &chip, err);
        if (code != OT_OK)
            return code;
        grid = price_grid(cli, ot_str_c(""), chip);
    }
    *ret = grid;
    return OT_OK;
}

/* ---- workloads ---- */

static const struct ot_col workload_cols[] = {
    {.key = "name", .head = "workload", .kind = OT_COL_TEXT},
    {.key = "input_mean_tok", .head = "in", .unit = "mean", .kind = OT_COL_INT},
    {.key = "input_p50_tok", .head = "in", .unit = "p50", .kind = OT_COL_INT},
    {.key = "input_p99_tok", .head = "in", .unit = "p99", .kind = OT_COL_INT},
    {.key = "output_mean_tok", .head = "out", .unit = "mean", .kind = OT_COL_INT},
    {.key = "output_p50_tok", .head = "out", .unit = "p50", .kind = OT_COL_INT},
    {.key = "output_p99_tok", .head = "out", .unit = "p99", .kind = OT_COL_INT},
    {.key = "rate_req_per_s", .head = "rate", .unit = "req/s", .kind = OT_COL_NUM},
    {.key = "ttft_limit_s", .head = "TTFT", .unit = "ms", .kind = OT_COL_INT, .text_scale = 1e3},
    {.key = "tpot_limit_s", .head = "TPOT", .unit = "ms", .kind = OT_COL_INT, .text_scale = 1e3},
};

static void length_cells(struct ot_grid *grid, const struct ot_quantiles *lengths)
{
    ot_grid_num(grid, ot_quantiles_mean(lengths));
    ot_grid_num(grid, whole(ot_workload_sample(lengths, 0.5)));
    ot_grid_num(grid, whole(ot_workload_sample(lengths, 0.99)));
}

static struct ot_grid *workload_grid(struct ot__cli *cli, const struct ot_workload *all, size_t n)
{
    struct ot_grid *grid = ot_grid_new(cli->arena, workload_cols, OT_COUNT(workload_cols));
    for (size_t i = 0; i < n; i++) {
        const double limits[] = {all[i].ttft_limit_s, all[i].tpot_limit_s};
        ot_grid_row(grid);
        ot_grid_str(grid, all[i].name);
        length_cells(grid, &all[i].input);
        length_cells(grid, &all[i].output);
        fact_cell(grid, &all[i].rate_req_per_s);
        for (size_t k = 0; k < OT_COUNT(limits); k++) {
            if (limits[k] > 0)
                ot_grid_num(grid, limits[k]);
            else
                ot_grid_none(grid);
        }
    }
    return grid;
}

static struct ot_grid *workloads(struct ot__cli *cli)
{
    size_t n = 0;
    const struct ot_workload *all = ot_catalog_workloads(cli->catalog, &n);
    return workload_grid(cli, all, n);
}

static enum ot_code find_workload(struct ot__cli *cli, const struct ot__given *name,
                                  void const **ret, struct ot_err *err)
{
    const struct ot_workload *workload = NULL;
    enum ot_code code = ot_catalog_workload(cli->catalog, name->value, name->loc, &workload, err);
    if (code == OT_OK)
        *ret = workload;
    return code;
}

static const struct ot_str *workload_title(const void *thing)
{
    return &((const struct ot_workload *)thing)->title;
}

static void workload_extra(struct ot__cli *cli, const void *thing, struct ot_buf *out)
{
    ot_buf_addc(out, "\nIn short\n\n");
    ot_grid_text(workload_grid(cli, thing, 1), OT_TEXT_WIDTH, out);
}

const struct ot__shelf_view *ot__shelf_views(size_t *ret_n)
{
    static const struct ot__shelf_view views[] = {
        {"chips", "chip", "accelerators", chips, find_chip, &ot_chip_table, chip_title, chip_extra},
        {"nodes", "node", "hosts with their chips", nodes, find_node, &ot_node_type_table,
         node_title, NULL},
        {"fabrics", "fabric", "networks between hosts", fabrics, find_fabric, &ot_fabric_table,
         fabric_title, NULL},
        {"models", "model", "language models; a path that ends in .json is read as a config.json",
         models, find_model, &ot_model_table, model_title, model_extra},
        {"offers", "offer", "dated list prices; by chip, provider or host", offers, NULL, NULL,
         NULL, NULL},
        {"workloads", "workload", "lengths and arrivals of requests", workloads, find_workload,
         &ot_workload_table, workload_title, workload_extra},
    };
    *ret_n = OT_COUNT(views);
    return views;
}
