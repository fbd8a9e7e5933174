/* SPDX-License-Identifier: Apache-2.0 */
/* One contract, or one pair of parties: firm against headline, price per GW-year and chip-hour, the
 * three effective prices, rebates, warrants, dilution. Formulas: docs/models/deal-firm.md,
 * deal-price.md, deal-effective.md, deal-warrant.md, deal-shares.md. */
#include "deal_impl.h"

#include <math.h>

/* ---- facts as results ---- */

struct ot_fact ot__fact(double value)
{
    return ot__fact_range(value, value, value);
}

struct ot_fact ot__fact_range(double low, double value, double high)
{
    OT_CHECK_FINITE(value);
    return (struct ot_fact){.value = value,
                            .low = fmin(low, value),
                            .high = fmax(high, value),
                            .has = true,
                            .status = OT_STATUS_derived};
}

struct ot_fact ot__nd(void)
{
    return (struct ot_fact){.has = false, .status = OT_STATUS_derived};
}

struct ot_fact ot__add(struct ot_fact a, struct ot_fact b)
{
    if (!a.has || !b.has)
        return a.has ? a : b;
    return ot__fact_range(a.low + b.low, a.value + b.value, a.high + b.high);
}

struct ot_fact ot__scale(struct ot_fact a, double factor)
{
    if (!a.has)
        return ot__nd();
    return ot__fact_range(a.low * factor, a.value * factor, a.high * factor);
}

struct ot_fact ot__divide(struct ot_fact a, struct ot_fact b)
{
    if (!a.has || !b.has || !(b.low > 0))
        return ot__nd();
    return ot__fact_range(a.low / b.high, a.value / b.value, a.high / b.low);
}

/* ---- the context of an evaluation ---- */

double ot__rate(const struct ot_deal *deal, int64_t party_i)
{
    const struct ot_party *party = &deal->parties[party_i];
    return party->discount_frac.has ? party->discount_frac.value : OT__DEFAULT_RATE_FRAC;
}

double ot__discount(const struct ot__eval *eval, int64_t party_i, int64_t day)
{
    if (day < eval->as_of_day)
        return 0;
    return pow(1 + ot__rate(eval->deal, party_i), -ot_date_years(eval->as_of_day, day));
}

struct ot_str ot__title(const struct ot_deal *deal, int64_t party_i)
{
    return deal->parties[party_i].title;
}

void ot__unknown(struct ot__eval *eval, struct ot_str text)
{
    struct ot_deal_result *out = eval->out;
    for (int64_t i = 0; i < out->unknowns_n; i++)
        if (ot_str_eq(out->unknowns[i], text))
            return;
    out->unknowns = ot_arena_grow(eval->arena, out->unknowns, (size_t)out->unknowns_n,
                                  (size_t)out->unknowns_n + 1, sizeof(*out->unknowns));
    out->unknowns[out->unknowns_n++] = text;
}

static bool is_purchase(const struct ot_term *term)
{
    return term->kind == OT_TERM_capacity || term->kind == OT_TERM_take_or_pay;
}

static bool is_investment(const struct ot_term *term)
{
    return term->kind == OT_TERM_equity || term->kind == OT_TERM_loan;
}

/* ---- firm against headline ---- */

struct split { /* sums over the flows of one term */
    struct ot_sum paid, firm, contingent, optional, pv;
    bool any;
};

static struct split split_flows(const struct ot__eval *eval, const struct ot_flows *flows,
                                const struct ot_term *term, int64_t as_of_day)
{
    struct split split = {0};
    for (size_t i = 0; i < flows->n; i++) {
        const struct ot_flow *flow = &flows->items[i];
        if (&eval->deal->terms[flow->term_i] != term || flow->payer_i != term->payer_i)
            continue;
        struct ot_sum *sums[OT_CERTAINTY_COUNT] = {[OT_CERTAINTY_firm] = &split.firm,
                                                   [OT_CERTAINTY_contingent] = &split.contingent,
                                                   [OT_CERTAINTY_optional] = &split.optional};
        bool is_past = flow->day < as_of_day && flow->certainty == OT_CERTAINTY_firm;
        ot_sum_add(is_past ? &split.paid : sums[flow->certainty], flow->usd);
        ot_sum_add(&split.pv, flow->usd * ot__discount(eval, flow->payer_i, flow->day));
        split.any = true;
    }
    return split;
}

/* A term whose dates are not public still has an amount and a certainty. */
static struct split split_undated(const struct ot_term *term, double usd)
{
    struct split split = {0};
    double share = term->min_take_frac;
    if (term->firm_power_w.has)
        share *= term->firm_power_w.value / term->power_w.value;
    if (term->certainty == OT_CERTAINTY_firm) {
        ot_sum_add(&split.firm, usd * share);
        ot_sum_add(&split.optional, usd * (1 - share));
    } else {
        ot_sum_add(term->certainty == OT_CERTAINTY_optional ? &split.optional : &split.contingent,
                   usd);
    }
    return split;
}

/* Share owed on the first day on which the term was agreed. */
static enum ot_code signing_usd(struct ot__eval *eval, const struct ot_term *term, double *ret_usd,
                                struct ot_err *err)
{
    int64_t day = term->has_signed ? term->signed_day : term->known_from_day;
    struct ot_flows flows = {.arena = eval->arena};
    struct ot__flow_ctx ctx = {eval->deal, day, &flows};
    enum ot_code code = ot__term_row(term->kind)->flows(&ctx, term, err);
    if (code)
        return code;
    struct split split = split_flows(eval, &flows, term, day);
    *ret_usd = ot_sum_get(&split.firm) + ot_sum_get(&split.paid);
    return OT_OK;
}

static struct ot_str firm_reason(struct ot__eval *eval, const struct ot_term *t)
{
    int64_t day;
    if (ot__term_exit(t, eval->as_of_day, &day))
        return ot_str_c("may be left without fault on notice");
    if (t->firm_power_w.has) {
        return ot_str_fmt(eval->arena, "%.3g of %.3g GW binding", t->firm_power_w.value / 1e9,
                          t->power_w.value / 1e9);
    }
    if (t->min_take_frac < 1)
        return ot_str_fmt(eval->arena, "%.0f %% take or pay", 100 * t->min_take_frac);
    if (t->certainty == OT_CERTAINTY_optional)
        return ot_str_fmt(eval->arena, "optional for %s", t->option_of.ptr);
    if (t->certainty == OT_CERTAINTY_contingent)
        return ot_str_fmt(eval->arena, "on condition: %s", t->condition.ptr);
    return ot_str_c(is_purchase(t) ? "exit terms not public, counted as firm" : "owed on its date");
}

struct firm_sums {
    struct ot_fact headline, pv, firm, paid, contingent, optional, signing;
};

/* Adds one term; money sums carry the range of the term's total. */
static enum ot_code add_term(struct ot__eval *eval, const struct ot_term *term,
                             struct firm_sums *sums, struct ot_err *err)
{
    struct ot_fact total = ot__term_total(term);
    if (!total.has || !(total.value > 0))
        return OT_OK;
    struct split split = split_flows(eval, &eval->flows, term, eval->as_of_day);
    double signing = 0;
    enum ot_code code = signing_usd(eval, term, &signing, err);
    if (code)
        return code;
    if (!split.any) {
        split = split_undated(term, total.value);
        signing = ot_sum_get(&split.firm);
    }
    struct ot_fact unit = ot__scale(total, 1 / total.value);
    sums->headline = ot__add(sums->headline, total);
    sums->firm = ot__add(sums->firm, ot__scale(unit, ot_sum_get(&split.firm)));
    sums->paid = ot__add(sums->paid, ot__scale(unit, ot_sum_get(&split.paid)));
    sums->contingent = ot__add(sums->contingent, ot__scale(unit, ot_sum_get(&split.contingent)));
    sums->optional = ot__add(sums->optional, ot__scale(unit, ot_sum_get(&split.optional)));
    sums->signing = ot__add(sums->signing, ot__scale(unit, signing));
    if (split.any)
        sums->pv = ot__add(sums->pv, ot__scale(unit, ot_sum_get(&split.pv)));
    return OT_OK;
}

/* Share of two sums over the same terms: their ranges move together. */
static struct ot_fact share_of(struct ot_fact part, struct ot_fact whole)
{
    if (!part.has || !whole.has || !(whole.value > 0))
        return ot__nd();
    return ot__fact(part.value / whole.value);
}

static bool in_headline(const struct ot__eval *eval, const struct ot_term *term)
{
    return ot__term_live(term, eval->as_of_day) && ot__term_row(term->kind)->flows;
}

enum ot_code ot__firm(struct ot__eval *eval, struct ot_err *err)
{
    const struct ot_deal *deal = eval->deal;
    struct ot_deal_result *out = eval->out;
    out->firm = ot_arena_calloc(eval->arena, (size_t)deal->terms_n, sizeof(*out->firm));
    for (int64_t i = 0; i < deal->terms_n; i++) {
        const struct ot_term *first = &deal->terms[i];
        bool seen = !in_headline(eval, first);
        for (int64_t k = 0; k < out->firm_n; k++)
            seen = seen || ot_str_eq(out->firm[k].group, first->group);
        if (seen)
            continue;
        struct firm_sums sums = {0};
        struct ot_firm row = {.group = first->group,
                              .payer = ot__title(deal, first->payer_i),
                              .payee = ot__title(deal, first->payee_i),
                              .money = ot_str_c(ot_money_name(ot__term_row(first->kind)->money)),
                              .reason = firm_reason(eval, first)};
        struct ot_str last_reason = row.reason;
        for (int64_t k = i; k < deal->terms_n; k++) {
            const struct ot_term *term = &deal->terms[k];
            int64_t exit_day;
            if (!in_headline(eval, term) || !ot_str_eq(term->group, first->group))
                continue;
            enum ot_code code = add_term(eval, term, &sums, err);
            if (code)
                return code;
            struct ot_str reason = firm_reason(eval, term);
            if (!ot_str_eq(reason, last_reason))
                row.reason = ot_str_fmt(eval->arena, "%s; %s", row.reason.ptr, reason.ptr);
            last_reason = reason;
            if (ot__term_exit(term, eval->as_of_day, &exit_day))
                row.exit_date = ot_date_text(eval->arena, exit_day);
        }
        row.headline_usd = sums.headline;
        row.headline_pv_usd = sums.pv;
        row.firm_usd = sums.firm;
        row.paid_usd = sums.paid;
        row.firm_frac = share_of(sums.firm, sums.headline);
        row.firm_signing_frac = share_of(sums.signing, sums.headline);
        row.contingent_usd = sums.contingent;
        row.optional_usd = sums.optional;
        out->firm[out->firm_n++] = row;
    }
    return OT_OK;
}

/* ---- normalised prices ---- */

static struct ot_str price_assumptions(struct ot__eval *eval, const struct ot_term *t)
{
    struct ot_buf text;
    ot_buf_init(&text, eval->arena, 0);
    if (ot__term_years(t) > 0)
        ot_buf_addf(&text, "undiscounted, over %.3g y", ot__term_years(t));
    else
        ot_buf_addc(&text, "length not public");
    if (t->power_w.has)
        ot_buf_addf(&text, "; full %.3g GW from the start", t->power_w.value / 1e9);
    if (t->power_basis_note.len)
        ot_buf_addf(&text, "; basis %s", t->power_basis_note.ptr);
    const char *const words[OT_BOUND_COUNT] = {[OT_BOUND_exactly] = "",
                                               [OT_BOUND_about] = "",
                                               [OT_BOUND_at_least] = "; amount is a minimum",
                                               [OT_BOUND_up_to] = "; amount is a maximum"};
    ot_buf_addc(&text, words[t->bound]);
    if (t->note.len)
        ot_buf_addf(&text, "; %s", t->note.ptr);
    return ot_buf_str(&text);
}

static struct ot_deal_price price_of(struct ot__eval *eval, const struct ot_term *t)
{
    const struct ot_deal *deal = eval->deal;
    struct ot_fact total = ot__term_total(t);
    double years = ot__term_years(t);
    struct ot_deal_price row = {.term = t->name,
                                .supplier = ot__title(deal, t->payee_i),
                                .buyer = ot__title(deal, t->payer_i),
                                .chip = t->chip,
                                .basis = ot_str_c("n/d"),
                                .assumptions = price_assumptions(eval, t),
                                .gusd_per_gw_year = ot__nd(),
                                .usd_per_kw_month = ot__nd(),
                                .usd_per_chip_h = ot__nd()};
    static const char *const bases[OT_POWER_BASIS_COUNT] = {"n/d", "critical IT", "facility",
                                                            "utility"};
    row.basis = ot_str_c(bases[t->power_basis]);
    if (!total.has || years <= 0)
        return row;
    struct ot_fact chips = t->chips_n;
    if (!chips.has && t->power_w.has && t->chip_power_w.has)
        chips = ot__divide(t->power_w, t->chip_power_w);
    if (t->power_w.has) {
        row.gusd_per_gw_year = ot__divide(ot__scale(total, 1 / years), t->power_w);
        row.usd_per_kw_month = ot__scale(row.gusd_per_gw_year, 1000.0 / 12);
    }
    if (chips.has)
        row.usd_per_chip_h = ot__divide(ot__scale(total, 1 / (years * 8760)), chips);
    return row;
}

enum ot_code ot__prices(struct ot__eval *eval, struct ot_err *err)
{
    (void)err;
    const struct ot_deal *deal = eval->deal;
    struct ot_deal_result *out = eval->out;
    out->prices = ot_arena_calloc(eval->arena, (size_t)deal->terms_n, sizeof(*out->prices));
    for (int64_t i = 0; i < deal->terms_n; i++) {
        const struct ot_term *t = &deal->terms[i];
        if (!is_purchase(t) || !ot__term_live(t, eval->as_of_day))
            continue;
        out->prices[out->prices_n++] = price_of(eval, t);
    }
    return OT_OK;
}

/* ---- effective prices of a pair ---- */

struct pair {
    struct ot_fact payments, capital, rebates, credits, premium;
    struct ot_fact priced, gw_years; /* of the terms that state power */
    bool any;
};

/* Paid for shares above the value taken as fair; 0 when no fair value is given. */
static struct ot_fact premium_of(const struct ot_term *t)
{
    struct ot_fact total = ot__term_total(t);
    if (!total.has || !t->fair_usd.has || !t->price_usd.has || !(t->price_usd.value > 0))
        return ot__nd();
    return ot__scale(total, fmax(1 - t->fair_usd.value / t->price_usd.value, 0));
}

static void pair_add(struct pair *pair, const struct ot_term *t, int64_t buyer_i,
                     int64_t supplier_i)
{
    struct ot_fact total = ot__term_total(t);
    bool forward = t->payer_i == buyer_i && t->payee_i == supplier_i;
    bool back = t->payer_i == supplier_i && t->payee_i == buyer_i;
    if (forward && is_purchase(t)) {
        pair->any = true;
        pair->payments = ot__add(pair->payments, total);
        if (total.has && t->power_w.has && ot__term_years(t) > 0) {
            pair->priced = ot__add(pair->priced, total);
            pair->gw_years =
                ot__add(pair->gw_years, ot__scale(t->power_w, ot__term_years(t) / 1e9));
        }
    } else if (back && is_investment(t)) {
        pair->capital = ot__add(pair->capital, total);
        pair->premium = ot__add(pair->premium, premium_of(t));
    } else if (back && t->kind == OT_TERM_stock_grant) {
        pair->rebates = ot__add(pair->rebates, total);
    } else if (back && t->kind == OT_TERM_credits) {
        pair->rebates = ot__add(pair->rebates, total);
        pair->credits = ot__add(pair->credits, total);
    }
}

static void pair_pv(const struct ot__eval *eval, int64_t buyer_i, int64_t supplier_i,
                    struct ot_effective *row)
{
    struct ot_sum payments = {0}, capital = {0};
    for (size_t i = 0; i < eval->flows.n; i++) {
        const struct ot_flow *f = &eval->flows.items[i];
        double pv = f->usd * ot__discount(eval, buyer_i, f->day);
        if (f->money == OT_MONEY_compute && f->payer_i == buyer_i && f->payee_i == supplier_i)
            ot_sum_add(&payments, pv);
        if (f->money == OT_MONEY_capital && f->payer_i == supplier_i && f->payee_i == buyer_i)
            ot_sum_add(&capital, pv);
    }
    double paid = ot_sum_get(&payments), put_in = ot_sum_get(&capital);
    row->payments_pv_usd = paid > 0 ? ot__fact(paid) : ot__nd();
    row->capital_pv_usd = paid > 0 ? ot__fact(put_in) : ot__nd();
    if (paid > 0) {
        row->headline_discount_pv_frac = ot__fact(put_in / paid);
        row->circular_pv_frac = ot__fact(fmin(put_in, paid) / paid);
    }
}

static struct ot_fact or_zero(struct ot_fact a)
{
    return a.has ? a : ot__fact(0);
}

static struct ot_fact less(struct ot_fact price, struct ot_fact discount)
{
    if (!price.has || !discount.has)
        return ot__nd();
    return ot__fact_range(price.low * (1 - discount.high), price.value * (1 - discount.value),
                          price.high * (1 - discount.low));
}

static struct ot_effective effective_of(struct ot__eval *eval, const struct pair *pair,
                                        int64_t buyer_i, int64_t supplier_i)
{
    struct ot_effective row = {.buyer = ot__title(eval->deal, buyer_i),
                               .supplier = ot__title(eval->deal, supplier_i),
                               .payments_usd = pair->payments,
                               .capital_usd = pair->capital,
                               .rebates_usd = pair->rebates,
                               .premium_usd = pair->premium};
    pair_pv(eval, buyer_i, supplier_i, &row);
    struct ot_fact payments = pair->payments;
    if (!payments.has || !(payments.low > 0))
        return row;
    struct ot_fact whole = ot__add(or_zero(pair->capital), or_zero(pair->rebates));
    struct ot_fact fair = ot__add(or_zero(pair->premium), or_zero(pair->rebates));
    row.headline_discount_frac = ot__divide(whole, payments);
    row.fair_value_discount_frac = ot__divide(fair, payments);
    row.cash_discount_frac = ot__divide(or_zero(pair->credits), payments);
    struct ot_fact circular = ot__divide(or_zero(pair->capital), payments);
    row.circular_frac =
        ot__fact_range(fmin(circular.low, 1), fmin(circular.value, 1), fmin(circular.high, 1));
    struct ot_fact price = ot__divide(ot__scale(pair->priced, 1e-9), pair->gw_years);
    row.headline_gusd_per_gw_year = less(price, row.headline_discount_frac);
    row.fair_value_gusd_per_gw_year = less(price, row.fair_value_discount_frac);
    row.cash_gusd_per_gw_year = less(price, row.cash_discount_frac);
    return row;
}

enum ot_code ot__effective(struct ot__eval *eval, struct ot_err *err)
{
    (void)err;
    const struct ot_deal *deal = eval->deal;
    struct ot_deal_result *out = eval->out;
    size_t n = (size_t)deal->parties_n;
    out->effective = ot_arena_calloc(eval->arena, n * n, sizeof(*out->effective));
    for (int64_t b = 0; b < deal->parties_n; b++) {
        for (int64_t s = 0; s < deal->parties_n; s++) {
            struct pair pair = {0};
            for (int64_t i = 0; i < deal->terms_n; i++)
                if (ot__term_live(&deal->terms[i], eval->as_of_day))
                    pair_add(&pair, &deal->terms[i], b, s);
            if (pair.any)
                out->effective[out->effective_n++] = effective_of(eval, &pair, b, s);
        }
    }
    return OT_OK;
}

/* ---- warrants and shares given for a contract ---- */

static void add_rebate(struct ot__eval *eval, const struct ot_term *t)
{
    struct ot_deal_result *out = eval->out;
    const struct ot_term *against = ot__deal_term(eval->deal, t->against);
    out->rebates[out->rebates_n++] =
        (struct ot_rebate){.term = t->name,
                           .against = t->against,
                           .usd = ot__term_total(t),
                           .share_frac = ot__divide(ot__term_total(t), ot__term_total(against))};
}

/* The simulated value, where the file gives volatility, rates and an end. */
static enum ot_code simulate(struct ot__eval *eval, const struct ot_term *t, double price,
                             struct ot_fact *ret, struct ot_err *err)
{
    const struct ot_term *against = t->against.len ? ot__deal_term(eval->deal, t->against) : NULL;
    *ret = ot__nd();
    bool ready = t->volatility_frac.has && t->risk_free_frac.has && t->has_expires &&
                 t->vesting_n > 0 && t->volume_volatility_frac.has && against &&
                 against->power_w.has && t->volume_correlation_frac.has &&
                 t->expires_day > eval->as_of_day;
    if (!ready)
        return OT_OK;
    size_t n = (size_t)t->vesting_n;
    double *shares = ot_arena_calloc(eval->arena, n, sizeof(*shares));
    double *targets = ot_arena_calloc(eval->arena, n, sizeof(*targets));
    double *volumes = ot_arena_calloc(eval->arena, n, sizeof(*volumes));
    for (size_t i = 0; i < n; i++) {
        shares[i] = t->vesting[i].shares_n;
        targets[i] = t->vesting[i].share_price_usd.has ? t->vesting[i].share_price_usd.value : 0;
        volumes[i] = t->vesting[i].volume_w.has ? t->vesting[i].volume_w.value : 0;
    }
    struct ot_warrant warrant = {
        .price_usd = price,
        .strike_usd = t->strike_usd_per_share.has ? t->strike_usd_per_share.value : 0,
        .rate_frac = t->risk_free_frac.value,
        .volatility_frac = t->volatility_frac.value,
        .years = ot_date_years(eval->as_of_day, t->expires_day),
        .volume_w = against->power_w.value,
        .volume_volatility_frac = t->volume_volatility_frac.value,
        .correlation_frac = t->volume_correlation_frac.value,
        .shares_n = shares,
        .target_usd = targets,
        .volume_min_w = volumes,
        .tranches_n = n,
        .paths_n = eval->opts->paths_n > 0 ? eval->opts->paths_n : 20000,
        .seed = eval->opts->seed,
        .threads = eval->opts->threads > 0 ? eval->opts->threads : 1};
    struct ot_mc mc;
    enum ot_code code = ot_warrant_value(&warrant, &mc, err);
    if (!code)
        *ret = ot__fact_range(fmax(mc.value - 1.2816 * mc.std_err, 0), mc.value,
                              mc.value + 1.2816 * mc.std_err);
    return code;
}

static enum ot_code add_warrant(struct ot__eval *eval, const struct ot_term *t, struct ot_err *err)
{
    struct ot_deal_result *out = eval->out;
    size_t n = (size_t)(out->warrants_n + t->share_prices_n);
    const struct ot_term *against = t->against.len ? ot__deal_term(eval->deal, t->against) : NULL;
    out->warrants = ot_arena_grow(eval->arena, out->warrants, (size_t)out->warrants_n, n,
                                  sizeof(*out->warrants));
    for (int64_t i = 0; i < t->share_prices_n; i++) {
        struct ot_fact price = t->share_prices[i].usd_per_share;
        double strike = t->strike_usd_per_share.has ? t->strike_usd_per_share.value : 0;
        struct ot_warrant_line row = {.term = t->name,
                                      .issuer = ot__title(eval->deal, t->payer_i),
                                      .holder = ot__title(eval->deal, t->payee_i),
                                      .at = t->share_prices[i].name,
                                      .share_price_usd = price,
                                      .full_usd = ot__nd(),
                                      .expected_usd = ot__nd()};
        if (price.has && t->shares_n.has)
            row.full_usd = ot__fact_range(t->shares_n.low * fmax(price.low - strike, 0),
                                          t->shares_n.value * fmax(price.value - strike, 0),
                                          t->shares_n.high * fmax(price.high - strike, 0));
        if (against)
            row.share_of_purchases_frac = ot__divide(row.full_usd, ot__term_total(against));
        enum ot_code code = OT_OK;
        if (i == 0 && price.has)
            code = simulate(eval, t, price.value, &row.expected_usd, err);
        if (code)
            return code;
        out->warrants[out->warrants_n++] = row;
    }
    return OT_OK;
}

enum ot_code ot__warrants(struct ot__eval *eval, struct ot_err *err)
{
    const struct ot_deal *deal = eval->deal;
    struct ot_deal_result *out = eval->out;
    out->rebates = ot_arena_calloc(eval->arena, (size_t)deal->terms_n, sizeof(*out->rebates));
    enum ot_code code = OT_OK;
    for (int64_t i = 0; i < deal->terms_n && !code; i++) {
        const struct ot_term *t = &deal->terms[i];
        if (!ot__term_live(t, eval->as_of_day))
            continue;
        if (t->kind == OT_TERM_warrant)
            code = add_warrant(eval, t, err);
        else if (ot__term_row(t->kind)->money == OT_MONEY_rebate && t->against.len)
            add_rebate(eval, t);
    }
    return code;
}

/* ---- dilution ---- */

static enum ot_code add_dilution(struct ot__eval *eval, struct ot_str name, int64_t issuer_i,
                                 struct ot_fact invested, struct ot_err *err)
{
    const struct ot_deal *deal = eval->deal;
    struct ot_deal_result *out = eval->out;
    for (int64_t k = 0; k < deal->rounds_n; k++) {
        const struct ot_round *round = &deal->rounds[k];
        bool fits = ot__party_index(deal, round->issuer) == issuer_i && round->pre_usd.has &&
                    round->raised_usd.has && invested.value <= round->raised_usd.value &&
                    round->known_from_day <= eval->as_of_day;
        if (!fits)
            continue;
        double frac;
        enum ot_code code =
            ot_dilution(invested.value, round->pre_usd.value, round->raised_usd.value, &frac, err);
        if (code)
            return code;
        out->dilution = ot_arena_grow(eval->arena, out->dilution, (size_t)out->dilution_n,
                                      (size_t)out->dilution_n + 1, sizeof(*out->dilution));
        out->dilution[out->dilution_n++] =
            (struct ot_dilution_line){.term = name,
                                      .issuer = ot__title(deal, issuer_i),
                                      .round = round->name,
                                      .invested_usd = invested,
                                      .post_usd = ot__add(round->pre_usd, round->raised_usd),
                                      .dilution_frac = ot__fact(frac)};
    }
    return OT_OK;
}

/* Each tranche by itself, then each headline of several tranches as a whole. */
enum ot_code ot__dilution(struct ot__eval *eval, struct ot_err *err)
{
    const struct ot_deal *deal = eval->deal;
    enum ot_code code = OT_OK;
    for (int64_t i = 0; i < deal->terms_n && !code; i++) {
        const struct ot_term *t = &deal->terms[i];
        if (t->kind != OT_TERM_equity || !t->total_usd.has || !ot__term_live(t, eval->as_of_day))
            continue;
        code = add_dilution(eval, t->name, t->payee_i, t->total_usd, err);
        struct ot_fact group = ot__nd();
        bool is_last = true, several = false;
        for (int64_t k = 0; k < deal->terms_n; k++) {
            const struct ot_term *other = &deal->terms[k];
            if (other->kind != OT_TERM_equity || !ot_str_eq(other->group, t->group) ||
                !ot__term_live(other, eval->as_of_day))
                continue;
            group = ot__add(group, other->total_usd);
            is_last = is_last && k <= i;
            several = several || k != i;
        }
        if (!code && is_last && several && group.has)
            code = add_dilution(eval, t->group, t->payee_i, group, err);
    }
    return code;
}
