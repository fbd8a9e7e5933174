/* SPDX-License-Identifier: Apache-2.0 */
/* The supplier who also invests, on three lines: equity only, compute only, both; and what would
 * have to be true for each to be worth its money, solved for one quantity at a time.
 *
 *   equity:   - tranches on their dates, + owned share x company value on the day of leaving
 *   compute:  + margin x payments, - capex per GW x GW, even over the 8 quarters that begin a year
 *             before the capacity starts (none of it before as_of)
 *
 * Only contracts that state their GW enter the compute line, since the capex of the others is not
 * known. Owned share = tranche / value after the round, later dilution left out. Tax: none.
 * docs/models/deal-returns.md. */
#include "deal_impl.h"

#include <math.h>

enum line {
    EQUITY,
    COMPUTE,
    COMBINED,
    LINES
};

/* What the lines depend on; the solver moves one of them. */
struct state {
    double exit_usd;
    double margin_frac;
    double capex_usd; /* per GW */
    double paid_frac; /* share of the commitment that is paid */
    int64_t exit_day;
    bool all; /* all tranches, else the firm ones */
    enum line line;
};

struct cash_list {
    struct ot_cash *items;
    size_t n, cap;
    struct ot_arena *arena;
};

static void push(struct cash_list *list, int64_t day, double usd)
{
    if (list->n == list->cap) {
        size_t cap = list->cap ? 2 * list->cap : 64;
        list->items = ot_arena_grow(list->arena, list->items, list->n, cap, sizeof(*list->items));
        list->cap = cap;
    }
    list->items[list->n++] = (struct ot_cash){day, usd};
}

static bool is_tranche(const struct ot__eval *eval, const struct ot_term *t, bool all)
{
    return t->kind == OT_TERM_equity && t->payer_i == eval->supplier_i &&
           t->payee_i == eval->buyer_i && ot__term_live(t, eval->as_of_day) &&
           (all || t->certainty == OT_CERTAINTY_firm);
}

/* Company value after the round a tranche belongs to; n/d when neither price nor round is known. */
static struct ot_fact post_money(const struct ot__eval *eval, const struct ot_term *t)
{
    if (t->price_usd.has)
        return t->price_usd;
    for (int64_t k = 0; k < eval->deal->rounds_n && t->round.len; k++) {
        const struct ot_round *round = &eval->deal->rounds[k];
        if (ot_str_eq(round->name, t->round) && round->pre_usd.has && round->raised_usd.has)
            return ot__add(round->pre_usd, round->raised_usd);
    }
    return ot__nd();
}

static void equity_cash(const struct ot__eval *eval, const struct state *s, struct cash_list *list)
{
    double share = 0;
    for (size_t i = 0; i < eval->flows.n; i++) {
        const struct ot_flow *f = &eval->flows.items[i];
        const struct ot_term *t = &eval->deal->terms[f->term_i];
        if (!is_tranche(eval, t, s->all) || f->day < eval->as_of_day || f->day >= s->exit_day)
            continue;
        struct ot_fact post = post_money(eval, t);
        if (!post.has)
            continue;
        push(list, f->day, -f->usd);
        share += f->usd / post.value;
    }
    if (share > 0)
        push(list, s->exit_day, share * s->exit_usd);
}

static bool is_built(const struct ot__eval *eval, const struct ot_term *t)
{
    return (t->kind == OT_TERM_capacity || t->kind == OT_TERM_take_or_pay) &&
           t->payer_i == eval->buyer_i && t->payee_i == eval->supplier_i && t->power_w.has &&
           t->has_start && ot__term_live(t, eval->as_of_day);
}

static void compute_cash(const struct ot__eval *eval, const struct state *s, struct cash_list *list)
{
    for (size_t i = 0; i < eval->flows.n; i++) {
        const struct ot_flow *f = &eval->flows.items[i];
        if (f->money == OT_MONEY_compute && f->day >= eval->as_of_day &&
            is_built(eval, &eval->deal->terms[f->term_i]))
            push(list, f->day, f->usd * s->paid_frac * s->margin_frac);
    }
    for (int64_t i = 0; i < eval->deal->terms_n; i++) {
        const struct ot_term *t = &eval->deal->terms[i];
        if (!is_built(eval, t))
            continue;
        for (int q = 0; q < 8; q++) {
            int64_t day = ot_date_add_months(t->start_day, 3 * q - 12);
            day = day > eval->as_of_day ? day : eval->as_of_day;
            push(list, day, -s->capex_usd * t->power_w.value / 1e9 / 8);
        }
    }
}

static struct cash_list cash_of(const struct ot__eval *eval, const struct state *s)
{
    struct cash_list list = {.arena = eval->arena};
    if (s->line != COMPUTE)
        equity_cash(eval, s, &list);
    if (s->line != EQUITY)
        compute_cash(eval, s, &list);
    return list;
}

/* ---- the three lines ---- */

struct givens { /* the supplier's figures, and whether they are known */
    struct ot_fact margin, capex;
    bool has_equity, has_compute;
};

static struct givens givens_of(const struct ot__eval *eval)
{
    const struct ot_party *supplier = &eval->deal->parties[eval->supplier_i];
    struct givens g = {.margin = supplier->margin_frac, .capex = supplier->capex_usd};
    for (int64_t i = 0; i < eval->deal->terms_n; i++) {
        const struct ot_term *t = &eval->deal->terms[i];
        g.has_equity = g.has_equity ||
                       (is_tranche(eval, t, true) && t->total_usd.has && post_money(eval, t).has);
        g.has_compute = g.has_compute || (is_built(eval, t) && ot__term_total(t).has);
    }
    g.has_compute = g.has_compute && g.margin.has && g.capex.has;
    return g;
}

static bool line_known(const struct givens *g, enum line line)
{
    bool known[LINES] = {g->has_equity, g->has_compute, g->has_equity && g->has_compute};
    return known[line];
}

static struct state base_state(const struct givens *g, const struct ot_exit *exit, enum line line)
{
    return (struct state){.exit_usd = exit->value_usd.value,
                          .margin_frac = g->margin.has ? g->margin.value : 0,
                          .capex_usd = g->capex.has ? g->capex.value : 0,
                          .paid_frac = 1,
                          .exit_day = exit->date_day,
                          .all = true,
                          .line = line};
}

static enum ot_code npv_at(const struct ot__eval *eval, const struct state *s, double *ret_usd,
                           struct ot_err *err)
{
    struct cash_list list = cash_of(eval, s);
    return ot_npv(list.items, list.n, ot__rate(eval->deal, eval->supplier_i), eval->as_of_day,
                  ret_usd, err);
}

/* NPV at the low and high ends: the worst and best of exit, margin and capex together. */
static enum ot_code npv_range(const struct ot__eval *eval, const struct givens *g,
                              const struct ot_exit *exit, struct state s, struct ot_fact *ret,
                              struct ot_err *err)
{
    double mid = 0, low = 0, high = 0;
    enum ot_code code = npv_at(eval, &s, &mid, err);
    s.exit_usd = exit->value_usd.low;
    s.margin_frac = g->margin.has ? g->margin.low : 0;
    s.capex_usd = g->capex.has ? g->capex.high : 0;
    code = code ? code : npv_at(eval, &s, &low, err);
    s.exit_usd = exit->value_usd.high;
    s.margin_frac = g->margin.has ? g->margin.high : 0;
    s.capex_usd = g->capex.has ? g->capex.low : 0;
    code = code ? code : npv_at(eval, &s, &high, err);
    if (!code)
        *ret = ot__fact_range(low, mid, high);
    return code;
}

static enum ot_code add_return(struct ot__eval *eval, const struct givens *g,
                               const struct ot_exit *exit, struct state s, struct ot_err *err)
{
    static const char *const names[LINES] = {"equity", "compute", "combined"};
    struct ot_deal_result *out = eval->out;
    struct ot_return row = {.investor = ot__title(eval->deal, eval->supplier_i),
                            .line = ot_str_c(names[s.line]),
                            .exit = s.line == COMPUTE ? ot_str_c("") : exit->name,
                            .tranches = ot_str_c(s.line == COMPUTE ? ""
                                                 : s.all           ? "all"
                                                                   : "firm"),
                            .npv_usd = ot__nd(),
                            .irr_frac = ot__nd(),
                            .put_in_usd = ot__nd()};
    if (line_known(g, s.line)) {
        struct cash_list list = cash_of(eval, &s);
        struct ot_sum put_in = {0};
        double irr;
        for (size_t i = 0; i < list.n; i++)
            ot_sum_add(&put_in, fmax(-list.items[i].usd, 0));
        row.put_in_usd = ot__fact(ot_sum_get(&put_in));
        enum ot_code code = npv_range(eval, g, exit, s, &row.npv_usd, err);
        if (code)
            return code;
        if (ot_xirr(list.items, list.n, &irr, NULL) == OT_OK)
            row.irr_frac = ot__fact(irr);
    }
    out->returns = ot_arena_grow(eval->arena, out->returns, (size_t)out->returns_n,
                                 (size_t)out->returns_n + 1, sizeof(*out->returns));
    out->returns[out->returns_n++] = row;
    return OT_OK;
}

static bool usable(const struct ot__eval *eval, const struct ot_exit *exit)
{
    return ot__party_index(eval->deal, exit->company) == eval->buyer_i && exit->value_usd.has &&
           exit->date_day > eval->as_of_day;
}

enum ot_code ot__returns(struct ot__eval *eval, struct ot_err *err)
{
    const struct ot_deal *deal = eval->deal;
    bool done_compute = false;
    enum ot_code code = OT_OK;
    if (eval->buyer_i < 0 || eval->supplier_i < 0)
        return OT_OK;
    struct givens g = givens_of(eval);
    for (int64_t k = 0; k < deal->exits_n && !code; k++) {
        const struct ot_exit *exit = &deal->exits[k];
        if (!usable(eval, exit))
            continue;
        if (!done_compute)
            code = add_return(eval, &g, exit, base_state(&g, exit, COMPUTE), err);
        done_compute = true;
        for (int all = 0; all <= 1 && !code; all++) {
            for (int line = EQUITY; line <= COMBINED && !code; line += COMBINED - EQUITY) {
                struct state s = base_state(&g, exit, (enum line)line);
                s.all = all == 1;
                code = add_return(eval, &g, exit, s, err);
            }
        }
    }
    return code;
}

/* ---- what would have to be true ---- */

struct solve {
    const struct ot__eval *eval;
    struct state state;
    size_t offset; /* of the double in state that is moved */
};

static double solve_npv(double x, void *ctx)
{
    struct solve *solve = ctx;
    struct state s = solve->state;
    double *moved = (double *)(void *)((char *)&s + solve->offset);
    double usd = 0;
    *moved = x;
    return npv_at(solve->eval, &s, &usd, NULL) == OT_OK ? usd : 0;
}

static void add_must(struct ot__eval *eval, struct ot_must row)
{
    struct ot_deal_result *out = eval->out;
    out->musts = ot_arena_grow(eval->arena, out->musts, (size_t)out->musts_n,
                               (size_t)out->musts_n + 1, sizeof(*out->musts));
    out->musts[out->musts_n++] = row;
}

struct must_row {
    const char *what, *solves, *unit, *note;
    enum line line;
    size_t offset;
    double low, high, scale;
};

static void solve_musts(struct ot__eval *eval, const struct givens *g, const struct ot_exit *exit)
{
    static const struct must_row rows[] = {
        {"company value on leaving", "equity alone earns the investor's rate", "GUSD",
         "all tranches drawn, no later dilution", EQUITY, offsetof(struct state, exit_usd), 0, 1e14,
         1e-9},
        {"margin on the compute", "compute alone earns the supplier's rate", "%",
         "capex per GW as assumed", COMPUTE, offsetof(struct state, margin_frac), 0, 1, 100},
        {"capex per GW", "compute alone earns the supplier's rate", "GUSD/GW", "margin as assumed",
         COMPUTE, offsetof(struct state, capex_usd), 0, 1e12, 1e-9},
        {"share of the commitment that is paid", "compute alone earns the supplier's rate", "%",
         "margin and capex as assumed", COMPUTE, offsetof(struct state, paid_frac), 0, 1, 100},
        {"company value on leaving", "equity and compute together earn the rate", "GUSD",
         "all tranches drawn, margin and capex as assumed", COMBINED,
         offsetof(struct state, exit_usd), 0, 1e14, 1e-9},
    };
    for (size_t i = 0; i < OT_COUNT(rows); i++) {
        const struct must_row *r = &rows[i];
        struct solve solve = {eval, base_state(g, exit, r->line), r->offset};
        struct ot_must must = {.what = ot_str_c(r->what),
                               .solves = ot_str_c(r->solves),
                               .unit = ot_str_c(r->unit),
                               .note = ot_str_c(r->note),
                               .value = ot__nd()};
        double x;
        if (!line_known(g, r->line))
            must.note = ot_str_c("n/d: amount, price, GW, margin or capex is not known");
        else if (ot_root(solve_npv, &solve, r->low, r->high, r->high * 1e-12, &x, NULL) == OT_OK)
            must.value = ot__fact(x * r->scale);
        else
            must.note = ot_str_c(solve_npv(r->low, &solve) >= 0 && solve_npv(r->high, &solve) >= 0
                                     ? "true at any value in range"
                                     : "true at no value in range");
        add_must(eval, must);
    }
}

/* Work per GW-year a contract must give to cost no more per unit of work than each other one. */
static void work_musts(struct ot__eval *eval)
{
    const struct ot_deal *deal = eval->deal;
    const struct ot_deal_result *out = eval->out;
    struct ot_str buyer = ot__title(deal, eval->buyer_i);
    struct ot_str supplier = ot__title(deal, eval->supplier_i);
    for (int64_t i = 0; i < out->prices_n; i++) {
        const struct ot_deal_price *own = &out->prices[i];
        bool focus = ot_str_eq(own->buyer, buyer) && ot_str_eq(own->supplier, supplier);
        for (int64_t k = 0; focus && k < out->prices_n; k++) {
            const struct ot_deal_price *rival = &out->prices[k];
            struct ot_fact ratio = ot__divide(own->gusd_per_gw_year, rival->gusd_per_gw_year);
            if (i == k || !ratio.has)
                continue;
            add_must(eval,
                     (struct ot_must){.what = ot_str_fmt(eval->arena,
                                                         "work per GW-year of %s, of that of %s",
                                                         own->term.ptr, rival->term.ptr),
                                      .solves = ot_str_c("both cost the same per unit of work"),
                                      .unit = ot_str_c("%"),
                                      .note = ot_str_c("prices are not like for like: see prices"),
                                      .value = ot__scale(ratio, 100)});
        }
    }
}

struct growth {
    const struct ot__eval *eval;
    int from_year;
    double from_usd;
};

/* Revenue less payments, summed over the years of the result, when revenue grows at g. */
static double growth_gap(double g, void *ctx)
{
    const struct growth *growth = ctx;
    const struct ot_deal_result *out = growth->eval->out;
    struct ot_sum sum = {0};
    for (int64_t i = 0; i < out->years_n; i++) {
        const struct ot_year_cover *y = &out->years[i];
        double payments = y->firm_usd.value + y->contingent_usd.value + y->optional_usd.value;
        if (y->year <= growth->from_year)
            continue;
        double years = (double)(y->year - growth->from_year);
        ot_sum_add(&sum, growth->from_usd * pow(1 + g, years) - payments);
    }
    return ot_sum_get(&sum);
}

static void growth_must(struct ot__eval *eval)
{
    const struct ot_party *buyer = &eval->deal->parties[eval->buyer_i];
    struct growth growth = {.eval = eval, .from_year = 0};
    int year_now, month, dom;
    ot_date_civil(eval->as_of_day, &year_now, &month, &dom);
    for (int64_t i = 0; i < buyer->revenue_n; i++) {
        const struct ot_year_fact *y = &buyer->revenue[i];
        bool past = y->usd.has && y->year <= year_now;
        if (past && y->year > growth.from_year) {
            growth.from_year = (int)y->year;
            growth.from_usd = y->usd.value;
        }
    }
    struct ot_must must = {
        .what = ot_str_c("yearly growth of the buyer's revenue"),
        .solves = ot_str_c("revenue to the last year shown covers the compute payments alone"),
        .unit = ot_str_c("%"),
        .value = ot__nd(),
        .note = ot_str_c("n/d: no revenue of a past year is known")};
    double x;
    if (growth.from_year > 0 && ot_root(growth_gap, &growth, -0.9, 20, 1e-12, &x, NULL) == OT_OK) {
        must.value = ot__fact(100 * x);
        must.note = ot_str_fmt(eval->arena, "from %d; other costs left out: a lower bound",
                               growth.from_year);
    }
    add_must(eval, must);
}

enum ot_code ot__musts(struct ot__eval *eval, struct ot_err *err)
{
    (void)err;
    const struct ot_deal *deal = eval->deal;
    if (eval->buyer_i < 0 || eval->supplier_i < 0)
        return OT_OK;
    struct givens g = givens_of(eval);
    for (int64_t k = 0; k < deal->exits_n; k++) {
        if (usable(eval, &deal->exits[k])) {
            solve_musts(eval, &g, &deal->exits[k]);
            break;
        }
    }
    growth_must(eval);
    work_musts(eval);
    return OT_OK;
}
