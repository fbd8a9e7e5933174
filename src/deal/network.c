/* SPDX-License-Identifier: Apache-2.0 */
/* Many contracts together: the buyer's years and quarters, who holds how much of whom, money that
 * runs in circles, exposure with what stands behind it, and whether a rival's stake is a hedge.
 * docs/models/deal-circularity.md, deal-exposure.md, deal-shares.md. */
#include "deal_impl.h"

#include <math.h>

static bool is_purchase(const struct ot_term *term)
{
    return term->kind == OT_TERM_capacity || term->kind == OT_TERM_take_or_pay;
}

/* ---- the focus buyer in time ---- */

static int year_of(int64_t day)
{
    int year, month, dom;
    ot_date_civil(day, &year, &month, &dom);
    return year;
}

static struct ot_fact revenue_of(const struct ot_party *party, int year)
{
    for (int64_t i = 0; i < party->revenue_n; i++)
        if (party->revenue[i].year == year)
            return party->revenue[i].usd;
    return ot__nd();
}

static struct ot_year_cover cover_year(const struct ot__eval *eval, int year)
{
    struct ot_sum sums[OT_CERTAINTY_COUNT] = {{0}}, received = {0};
    for (size_t i = 0; i < eval->flows.n; i++) {
        const struct ot_flow *f = &eval->flows.items[i];
        if (year_of(f->day) != year)
            continue;
        if (f->payer_i == eval->buyer_i && f->money == OT_MONEY_compute)
            ot_sum_add(&sums[f->certainty], f->usd);
        if (f->payee_i == eval->buyer_i && f->money == OT_MONEY_capital)
            ot_sum_add(&received, f->usd);
    }
    struct ot_year_cover row = {
        .year = year,
        .firm_usd = ot__fact(ot_sum_get(&sums[OT_CERTAINTY_firm])),
        .contingent_usd = ot__fact(ot_sum_get(&sums[OT_CERTAINTY_contingent])),
        .optional_usd = ot__fact(ot_sum_get(&sums[OT_CERTAINTY_optional])),
        .received_usd = ot__fact(ot_sum_get(&received)),
        .revenue_usd = revenue_of(&eval->deal->parties[eval->buyer_i], year),
        .gap_usd = ot__nd()};
    struct ot_fact all = ot__add(ot__add(row.firm_usd, row.contingent_usd), row.optional_usd);
    row.paid_frac = ot__divide(all, row.revenue_usd);
    if (row.revenue_usd.has)
        row.gap_usd = ot__fact_range(fmax(all.low - row.revenue_usd.high, 0),
                                     fmax(all.value - row.revenue_usd.value, 0),
                                     fmax(all.high - row.revenue_usd.low, 0));
    return row;
}

enum ot_code ot__years(struct ot__eval *eval, struct ot_err *err)
{
    (void)err;
    struct ot_deal_result *out = eval->out;
    if (eval->buyer_i < 0 || eval->flows.n == 0)
        return OT_OK;
    int first = year_of(eval->as_of_day);
    int last = year_of(eval->flows.items[eval->flows.n - 1].day);
    if (last < first)
        return OT_OK;
    out->years = ot_arena_calloc(eval->arena, (size_t)(last - first + 1), sizeof(*out->years));
    for (int year = first; year <= last; year++)
        out->years[out->years_n++] = cover_year(eval, year);
    return OT_OK;
}

static void add_quarter(struct ot_quarter_cash *row, const struct ot_flow *f, bool is_out)
{
    double *const outs[OT_CERTAINTY_COUNT] = {[OT_CERTAINTY_firm] = &row->out_firm_usd,
                                              [OT_CERTAINTY_contingent] = &row->out_contingent_usd,
                                              [OT_CERTAINTY_optional] = &row->out_optional_usd};
    double *const ins[OT_CERTAINTY_COUNT] = {[OT_CERTAINTY_firm] = &row->in_firm_usd,
                                             [OT_CERTAINTY_contingent] = &row->in_contingent_usd,
                                             [OT_CERTAINTY_optional] = &row->in_optional_usd};
    *(is_out ? outs : ins)[f->certainty] += f->usd;
}

enum ot_code ot__quarters(struct ot__eval *eval, struct ot_err *err)
{
    (void)err;
    struct ot_deal_result *out = eval->out;
    if (eval->buyer_i < 0)
        return OT_OK;
    out->quarters = ot_arena_calloc(eval->arena, eval->flows.n, sizeof(*out->quarters));
    int64_t quarter_day = INT64_MIN;
    for (size_t i = 0; i < eval->flows.n; i++) { /* flows are sorted by day */
        const struct ot_flow *f = &eval->flows.items[i];
        bool mine = f->payer_i == eval->buyer_i || f->payee_i == eval->buyer_i;
        if (!mine || !f->is_cash || f->day < eval->as_of_day)
            continue;
        if (ot_date_quarter_start(f->day) != quarter_day) {
            quarter_day = ot_date_quarter_start(f->day);
            out->quarters[out->quarters_n++] =
                (struct ot_quarter_cash){.quarter = ot_date_quarter_text(eval->arena, f->day)};
        }
        add_quarter(&out->quarters[out->quarters_n - 1], f, f->payer_i == eval->buyer_i);
    }
    return OT_OK;
}

/* ---- concentration ---- */

struct shares { /* amounts by name, in order of first sight */
    struct ot_str *names;
    double *usd;
    size_t n;
    double unknown_usd;
};

static struct shares shares_new(struct ot_arena *arena, size_t max)
{
    return (struct shares){.names = ot_arena_calloc(arena, max, sizeof(struct ot_str)),
                           .usd = ot_arena_calloc(arena, max, sizeof(double))};
}

static void shares_add(struct shares *shares, struct ot_str name, double usd)
{
    size_t i = 0;
    while (i < shares->n && !ot_str_eq(shares->names[i], name))
        i++;
    if (i == shares->n)
        shares->names[shares->n++] = name;
    shares->usd[i] += usd;
}

/* The two largest; ties go to the one seen first. */
static void top_two(const struct shares *shares, size_t *ret_first, size_t *ret_second)
{
    size_t first = 0, second = SIZE_MAX;
    for (size_t i = 1; i < shares->n; i++)
        if (shares->usd[i] > shares->usd[first])
            first = i;
    for (size_t i = 0; i < shares->n; i++)
        if (i != first && (second == SIZE_MAX || shares->usd[i] > shares->usd[second]))
            second = i;
    *ret_first = first;
    *ret_second = second;
}

static enum ot_code add_concentration(struct ot__eval *eval, int64_t party_i, const char *by,
                                      const struct shares *shares, struct ot_err *err)
{
    struct ot_deal_result *out = eval->out;
    double known = ot_sum_array(shares->usd, shares->n), hhi, total = known + shares->unknown_usd;
    if (!(total > 0))
        return OT_OK;
    struct ot_concentration row = {.party = ot__title(eval->deal, party_i),
                                   .by = ot_str_c(by),
                                   .total_usd = ot__fact(total),
                                   .hhi_frac = ot__nd(),
                                   .unknown_frac = ot__fact(shares->unknown_usd / total)};
    if (known > 0) {
        size_t first, second;
        enum ot_code code = ot_hhi(shares->usd, shares->n, &hhi, err);
        if (code)
            return code;
        top_two(shares, &first, &second);
        double top = shares->usd[first], two = second == SIZE_MAX ? top : top + shares->usd[second];
        double rest = shares->unknown_usd, scale = known / total;
        /* unknown: at best spread over ever so many, at worst all with the largest */
        double low = hhi * scale * scale;
        double high = low + (2 * top * rest + rest * rest) / (total * total);
        row.hhi_frac = ot__fact_range(low, rest > 0 ? low : hhi, high);
        row.top1 = shares->names[first];
        row.top1_frac = ot__fact_range(top / total, top / total, (top + rest) / total);
        row.top2 = second == SIZE_MAX ? ot_str_c("") : shares->names[second];
        row.top2_frac = ot__fact_range(two / total, two / total, (two + rest) / total);
    }
    out->concentration =
        ot_arena_grow(eval->arena, out->concentration, (size_t)out->concentration_n,
                      (size_t)out->concentration_n + 1, sizeof(*out->concentration));
    out->concentration[out->concentration_n++] = row;
    return OT_OK;
}

/* The newest backlog figure of each pair that is known. */
static bool is_newest(const struct ot__eval *eval, const struct ot_backlog *row)
{
    const struct ot_deal *deal = eval->deal;
    if (row->known_from_day > eval->as_of_day || !row->usd.has)
        return false;
    for (int64_t i = 0; i < deal->backlog_n; i++) {
        const struct ot_backlog *other = &deal->backlog[i];
        bool same = other != row && other->usd.has && ot_str_eq(other->buyer, row->buyer) &&
                    ot_str_eq(other->supplier, row->supplier);
        bool newer = other->known_from_day > row->known_from_day ||
                     (other->known_from_day == row->known_from_day && other > row);
        if (same && newer && other->known_from_day <= eval->as_of_day)
            return false;
    }
    return true;
}

static void add_supply(struct shares *by_vendor, struct shares *by_chip, const struct ot_term *t,
                       double usd)
{
    double left = usd;
    for (int64_t i = 0; i < t->supply_n; i++) {
        const struct ot_supply *s = &t->supply[i];
        double part = s->share_frac.has ? s->share_frac.value * usd : 0;
        left -= part;
        if (part > 0 && !ot_str_is(s->vendor, "unknown"))
            shares_add(by_vendor, s->vendor, part);
        else
            by_vendor->unknown_usd += part;
        if (part > 0 && !ot_str_is(s->chip, "unknown"))
            shares_add(by_chip, s->chip, part);
        else
            by_chip->unknown_usd += part;
    }
    by_vendor->unknown_usd += fmax(left, 0);
    by_chip->unknown_usd += fmax(left, 0);
}

static enum ot_code concentration_of(struct ot__eval *eval, int64_t party_i, struct ot_err *err)
{
    const struct ot_deal *deal = eval->deal;
    size_t max = (size_t)(deal->backlog_n + deal->terms_n) * 4 + 16;
    struct shares backlog = shares_new(eval->arena, max), sold = shares_new(eval->arena, max);
    struct shares terms = shares_new(eval->arena, max), vendor = shares_new(eval->arena, max);
    struct shares chip = shares_new(eval->arena, max);
    double sold_total = 0;
    for (int64_t i = 0; i < deal->backlog_n; i++) {
        const struct ot_backlog *row = &deal->backlog[i];
        if (!is_newest(eval, row))
            continue;
        if (ot__party_index(deal, row->buyer) == party_i)
            shares_add(&backlog, ot__title(deal, ot__party_index(deal, row->supplier)),
                       row->usd.value);
        if (ot__party_index(deal, row->supplier) == party_i && row->supplier_total_usd.has) {
            shares_add(&sold, ot__title(deal, ot__party_index(deal, row->buyer)), row->usd.value);
            sold_total = fmax(sold_total, row->supplier_total_usd.value);
        }
    }
    for (int64_t i = 0; i < deal->terms_n; i++) {
        const struct ot_term *t = &deal->terms[i];
        struct ot_fact total = ot__term_total(t);
        if (!is_purchase(t) || t->payer_i != party_i || !total.has ||
            !ot__term_live(t, eval->as_of_day))
            continue;
        shares_add(&terms, ot__title(deal, t->payee_i), total.value);
        add_supply(&vendor, &chip, t, total.value);
    }
    sold.unknown_usd = fmax(sold_total - ot_sum_array(sold.usd, sold.n), 0);
    enum ot_code code =
        add_concentration(eval, party_i, "supplier, reported backlog", &backlog, err);
    if (!code && terms.n > 0)
        code = add_concentration(eval, party_i, "supplier, headline terms", &terms, err);
    if (!code && terms.n > 0)
        code = add_concentration(eval, party_i, "chip maker", &vendor, err);
    if (!code && terms.n > 0)
        code = add_concentration(eval, party_i, "chip", &chip, err);
    if (!code && sold.n > 0)
        code = add_concentration(eval, party_i, "buyer, reported backlog", &sold, err);
    return code;
}

enum ot_code ot__deal_concentration(struct ot__eval *eval, struct ot_err *err)
{
    enum ot_code code = OT_OK;
    for (int64_t i = 0; i < eval->deal->parties_n && !code; i++)
        code = concentration_of(eval, i, err);
    return code;
}

/* ---- money in circles ---- */

static void add_edge(struct ot__eval *eval, const struct ot_flow *f)
{
    struct ot_deal_result *out = eval->out;
    struct ot_str from = ot__title(eval->deal, f->payer_i), to = ot__title(eval->deal, f->payee_i);
    struct ot_str money = ot_str_c(ot_money_name(f->money));
    int64_t k = 0;
    while (k < out->edges_n &&
           !(ot_str_eq(out->edges[k].from, from) && ot_str_eq(out->edges[k].to, to) &&
             ot_str_eq(out->edges[k].money, money)))
        k++;
    if (k == out->edges_n) {
        out->edges =
            ot_arena_grow(eval->arena, out->edges, (size_t)k, (size_t)k + 1, sizeof(*out->edges));
        out->edges[out->edges_n++] = (struct ot_edge){.from = from, .to = to, .money = money};
    }
    double *const sums[OT_CERTAINTY_COUNT] = {
        [OT_CERTAINTY_firm] = &out->edges[k].firm_usd,
        [OT_CERTAINTY_contingent] = &out->edges[k].contingent_usd,
        [OT_CERTAINTY_optional] = &out->edges[k].optional_usd};
    *sums[f->certainty] += f->usd;
}

enum ot_code ot__network(struct ot__eval *eval, struct ot_err *err)
{
    struct ot_deal_result *out = eval->out;
    size_t n = (size_t)eval->deal->parties_n;
    double *usd = ot_arena_calloc(eval->arena, n * n, sizeof(*usd));
    double *kept = ot_arena_calloc(eval->arena, n * n, sizeof(*kept)), circular;
    for (size_t i = 0; i < eval->flows.n; i++) {
        const struct ot_flow *f = &eval->flows.items[i];
        add_edge(eval, f);
        if (f->is_cash)
            usd[(size_t)f->payer_i * n + (size_t)f->payee_i] += f->usd;
    }
    double total = ot_sum_array(usd, n * n);
    enum ot_code code = ot_circulation(eval->arena, usd, n, kept, &circular, err);
    if (code)
        return code;
    out->network_total_usd = ot__fact(total);
    out->network_circular_usd = ot__fact(circular);
    out->network_circular_frac = total > 0 ? ot__fact(circular / total) : ot__nd();
    return OT_OK;
}

/* ---- exposure ---- */

static void expose_terms(const struct ot__eval *eval, int64_t p, int64_t to,
                         struct ot_exposure *row, struct ot_fact *orders)
{
    const struct ot_deal *deal = eval->deal;
    for (int64_t i = 0; i < deal->terms_n; i++) {
        const struct ot_term *t = &deal->terms[i];
        struct ot_fact total = ot__term_total(t);
        if (!ot__term_live(t, eval->as_of_day))
            continue;
        if (is_purchase(t) && t->payer_i == to && t->payee_i == p)
            *orders = ot__add(*orders, total);
        if (t->payer_i != p || t->payee_i != to)
            continue;
        bool firm = t->certainty == OT_CERTAINTY_firm;
        if (t->kind == OT_TERM_equity && !firm)
            row->equity_contingent_usd = ot__add(row->equity_contingent_usd, total);
        if ((t->kind == OT_TERM_equity && firm) || t->kind == OT_TERM_holding)
            row->equity_cost_usd = ot__add(row->equity_cost_usd, total);
        if (t->kind == OT_TERM_holding)
            row->equity_carrying_usd = ot__add(row->equity_carrying_usd, t->carrying_usd);
        if (t->kind == OT_TERM_loan)
            row->loans_usd = ot__add(row->loans_usd, total);
        if (t->kind == OT_TERM_guarantee)
            row->guarantees_usd = ot__add(row->guarantees_usd, total);
    }
}

static struct ot_exposure expose(const struct ot__eval *eval, int64_t p, int64_t to)
{
    const struct ot_deal *deal = eval->deal;
    struct ot_exposure row = {.party = ot__title(deal, p), .to = ot__title(deal, to)};
    struct ot_fact orders = ot__nd(), reported = ot__nd();
    expose_terms(eval, p, to, &row, &orders);
    for (int64_t i = 0; i < deal->backlog_n; i++) {
        const struct ot_backlog *b = &deal->backlog[i];
        if (is_newest(eval, b) && ot__party_index(deal, b->buyer) == to &&
            ot__party_index(deal, b->supplier) == p)
            reported = b->usd;
    }
    row.backlog_usd = reported.has ? reported : orders;
    row.direct_usd = ot__add(ot__add(row.equity_cost_usd, row.backlog_usd),
                             ot__add(row.loans_usd, row.guarantees_usd));
    return row;
}

/* T = (I - A)^-1 - I by Gauss and Jordan on [I - A | I]; A[q][e] = share of q that hangs on e. */
static enum ot_code through_matrix(const struct ot__eval *eval, double *ret, struct ot_err *err)
{
    const struct ot_deal *deal = eval->deal;
    size_t n = (size_t)deal->parties_n;
    double *a = ot_arena_calloc(eval->arena, n * n, sizeof(*a));
    for (size_t i = 0; i < n; i++)
        a[i * n + i] = ret[i * n + i] = 1;
    for (int64_t k = 0; k < deal->dependencies_n; k++) {
        const struct ot_dependency *d = &deal->dependencies[k];
        if (d->share_frac.has && d->share_frac.date_day <= eval->as_of_day)
            a[(size_t)ot__party_index(deal, d->of) * n + (size_t)ot__party_index(deal, d->on)] -=
                d->share_frac.value;
    }
    for (size_t c = 0; c < n; c++) {
        size_t pivot = c;
        for (size_t r = c + 1; r < n; r++)
            if (fabs(a[r * n + c]) > fabs(a[pivot * n + c]))
                pivot = r;
        if (fabs(a[pivot * n + c]) < 1e-9)
            return ot_err_set(err, OT_INPUT, deal->loc, "dependencies", ot_str_c(""),
                              "shares along every circle must multiply to less than 1");
        for (size_t k = 0; k < n; k++) {
            double swap = a[c * n + k];
            a[c * n + k] = a[pivot * n + k];
            a[pivot * n + k] = swap;
            swap = ret[c * n + k];
            ret[c * n + k] = ret[pivot * n + k];
            ret[pivot * n + k] = swap;
        }
        double scale = a[c * n + c];
        for (size_t k = 0; k < n; k++) {
            a[c * n + k] /= scale;
            ret[c * n + k] /= scale;
        }
        for (size_t r = 0; r < n; r++) {
            double factor = a[r * n + c];
            for (size_t k = 0; r != c && k < n; k++) {
                a[r * n + k] -= factor * a[c * n + k];
                ret[r * n + k] -= factor * ret[c * n + k];
            }
        }
    }
    for (size_t i = 0; i < n; i++)
        ret[i * n + i] -= 1;
    return OT_OK;
}

/* Companies whose failure is looked at: the buyers of compute. */
static bool is_buyer(const struct ot__eval *eval, int64_t party_i)
{
    const struct ot_deal *deal = eval->deal;
    for (int64_t i = 0; i < deal->terms_n; i++)
        if (is_purchase(&deal->terms[i]) && deal->terms[i].payer_i == party_i &&
            ot__term_live(&deal->terms[i], eval->as_of_day))
            return true;
    for (int64_t i = 0; i < deal->backlog_n; i++)
        if (ot__party_index(deal, deal->backlog[i].buyer) == party_i &&
            deal->backlog[i].known_from_day <= eval->as_of_day)
            return true;
    return false;
}

enum ot_code ot__exposure(struct ot__eval *eval, struct ot_err *err)
{
    struct ot_deal_result *out = eval->out;
    size_t n = (size_t)eval->deal->parties_n;
    double *through = ot_arena_calloc(eval->arena, n * n, sizeof(*through));
    enum ot_code code = through_matrix(eval, through, err);
    if (code)
        return code;
    for (size_t p = 0; p < n; p++) {
        for (size_t to = 0; to < n; to++) {
            if (p == to || !is_buyer(eval, (int64_t)to))
                continue;
            struct ot_exposure row = expose(eval, (int64_t)p, (int64_t)to);
            struct ot_fact indirect = ot__nd();
            for (size_t q = 0; q < n; q++) {
                double share = q == p || q == to ? 0 : through[q * n + to];
                if (share > 0)
                    indirect =
                        ot__add(indirect,
                                ot__scale(expose(eval, (int64_t)p, (int64_t)q).direct_usd, share));
            }
            row.through_usd = indirect;
            if (!row.direct_usd.has && !row.equity_contingent_usd.has && !indirect.has)
                continue;
            out->exposure = ot_arena_grow(eval->arena, out->exposure, (size_t)out->exposure_n,
                                          (size_t)out->exposure_n + 1, sizeof(*out->exposure));
            out->exposure[out->exposure_n++] = row;
        }
    }
    return OT_OK;
}

/* ---- hedges ---- */

static struct ot_fact stake(const struct ot__eval *eval, int64_t investor, int64_t company)
{
    struct ot_exposure row = expose(eval, investor, company);
    struct ot_fact cost = ot__add(row.equity_cost_usd, row.equity_contingent_usd);
    return row.equity_carrying_usd.has ? row.equity_carrying_usd : cost;
}

/* Two stakes a, b with volatilities sa, sb and correlation r: adding b lowers the standard
 * deviation when r < -(b sb) / (2 a sa). */
enum ot_code ot__hedges(struct ot__eval *eval, struct ot_err *err)
{
    (void)err;
    const struct ot_deal *deal = eval->deal;
    struct ot_deal_result *out = eval->out;
    out->hedges = ot_arena_calloc(eval->arena, (size_t)deal->hedges_n, sizeof(*out->hedges));
    for (int64_t i = 0; i < deal->hedges_n; i++) {
        const struct ot_hedge *h = &deal->hedges[i];
        int64_t investor = ot__party_index(deal, h->investor);
        int64_t main_i = ot__party_index(deal, h->main), rival_i = ot__party_index(deal, h->rival);
        struct ot_fact sa = deal->parties[main_i].volatility_frac;
        struct ot_fact sb = deal->parties[rival_i].volatility_frac;
        struct ot_hedge_line row = {.investor = ot__title(deal, investor),
                                    .main = ot__title(deal, main_i),
                                    .rival = ot__title(deal, rival_i),
                                    .main_usd = stake(eval, investor, main_i),
                                    .rival_usd = stake(eval, investor, rival_i),
                                    .correlation_frac = h->correlation_frac,
                                    .sd_main_usd = ot__nd(),
                                    .sd_both_usd = ot__nd(),
                                    .threshold_frac = ot__nd(),
                                    .verdict =
                                        ot_str_c("n/d: a stake, volatility or correlation is "
                                                 "not known")};
        bool known = row.main_usd.has && row.rival_usd.has && sa.has && sb.has &&
                     h->correlation_frac.has && row.main_usd.value * sa.value > 0;
        if (known) {
            double a = row.main_usd.value * sa.value, b = row.rival_usd.value * sb.value;
            double r = h->correlation_frac.value;
            row.sd_main_usd = ot__fact(a);
            row.sd_both_usd = ot__fact(sqrt(fmax(a * a + b * b + 2 * r * a * b, 0)));
            row.threshold_frac = ot__fact(-b / (2 * a));
            row.verdict = ot_str_c(r < -b / (2 * a) ? "a hedge: the two together vary less"
                                                    : "not a hedge: it adds to the variation");
        }
        out->hedges[out->hedges_n++] = row;
    }
    return OT_OK;
}
