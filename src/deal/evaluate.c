/* SPDX-License-Identifier: Apache-2.0 */
/* The whole answer on a deal: flows once, then each section as a row of a table, last the sentences
 * that say what it means. A sentence is written only from figures that are known. */
#include "deal_impl.h"

#include <inttypes.h>

/* ---- conflicts and public statements ---- */

static void add_conflict(struct ot__eval *eval, struct ot_str what, struct ot_str reading,
                         struct ot_fact usd)
{
    struct ot_deal_result *out = eval->out;
    out->conflicts = ot_arena_grow(eval->arena, out->conflicts, (size_t)out->conflicts_n,
                                   (size_t)out->conflicts_n + 1, sizeof(*out->conflicts));
    out->conflicts[out->conflicts_n++] = (struct ot_conflict){what, reading, usd};
}

enum ot_code ot__conflicts(struct ot__eval *eval, struct ot_err *err)
{
    (void)err;
    for (int64_t i = 0; i < eval->deal->terms_n; i++) {
        const struct ot_term *t = &eval->deal->terms[i];
        if (!ot__term_live(t, eval->as_of_day) || t->readings_n == 0)
            continue;
        struct ot_fact base = ot__term_total(t);
        if (base.has) {
            base.low = base.high = base.value;
            add_conflict(eval, t->name, ot_str_c("used here"), base);
        }
        for (int64_t k = 0; k < t->readings_n; k++)
            add_conflict(eval, t->name, t->readings[k].text, t->readings[k].total_usd);
    }
    return OT_OK;
}

static const char *const status_texts[] = {
#define NAME(name) #name,
    OT_STATUS_LIST(NAME)
#undef NAME
};

static bool is_replaced(const struct ot__eval *eval, const struct ot_note *note)
{
    for (int64_t i = 0; i < eval->deal->facts_n; i++)
        if (ot_str_eq(eval->deal->facts[i].replaces, note->name) &&
            eval->deal->facts[i].known_from_day <= eval->as_of_day)
            return true;
    return false;
}

/* A note's figures and the dimension each is printed in. */
static void add_story(struct ot__eval *eval, const struct ot_note *note)
{
    struct ot_deal_result *out = eval->out;
    const struct {
        const struct ot_fact *fact;
        enum ot_dim dim;
    } figures[] = {{&note->usd, OT_DIM_USD},
                   {&note->power_w, OT_DIM_POWER},
                   {&note->count_n, OT_DIM_NONE},
                   {&note->share_frac, OT_DIM_FRAC}};
    struct ot_str amount = ot_str_c("n/d"), status = ot_str_c("n/d"), source = ot_str_c("");
    for (size_t i = 0; i < OT_COUNT(figures); i++) {
        const struct ot_fact *fact = figures[i].fact;
        if (fact->source.len && !source.len) {
            source = fact->source;
            status = ot_str_c(status_texts[fact->status]);
        }
        if (!fact->has)
            continue;
        struct ot_str text = figures[i].dim == OT_DIM_FRAC
                                 ? ot_str_fmt(eval->arena, "%.3g %%", 100 * fact->value)
                             : figures[i].dim == OT_DIM_NONE
                                 ? ot_str_fmt(eval->arena, "%.10g", fact->value)
                                 : ot_units_text(eval->arena, fact->value, figures[i].dim, 3);
        bool first = ot_str_is(amount, "n/d");
        amount = first ? text : ot_str_fmt(eval->arena, "%s, %s", amount.ptr, text.ptr);
    }
    if (is_replaced(eval, note))
        status = ot_str_fmt(eval->arena, "%s, replaced since", status.ptr);
    out->story[out->story_n++] =
        (struct ot_story){.name = note->name,
                          .text = note->text,
                          .amount = amount,
                          .status = status,
                          .source = source,
                          .known_from = ot_date_text(eval->arena, note->known_from_day),
                          .replaces = note->replaces};
}

enum ot_code ot__story(struct ot__eval *eval, struct ot_err *err)
{
    (void)err;
    const struct ot_deal *deal = eval->deal;
    eval->out->story =
        ot_arena_calloc(eval->arena, (size_t)deal->facts_n, sizeof(*eval->out->story));
    for (int64_t i = 0; i < deal->facts_n; i++) {
        if (deal->facts[i].known_from_day > eval->as_of_day)
            continue;
        add_story(eval, &deal->facts[i]);
        struct ot_story *story = eval->out->story; /* oldest first; equal days as in the files */
        for (int64_t k = eval->out->story_n - 1;
             k > 0 && ot_str_cmp(story[k].known_from, story[k - 1].known_from) < 0; k--) {
            struct ot_story later = story[k - 1];
            story[k - 1] = story[k];
            story[k] = later;
        }
    }
    return OT_OK;
}

/* ---- what is not known, and on what the money rests ---- */

static void list_unknowns(struct ot__eval *eval)
{
    const struct ot_deal *deal = eval->deal;
    struct ot_deal_result *out = eval->out;
    for (int64_t i = 0; i < deal->unknowns_n; i++) {
        const struct ot_unknown *u = &deal->unknowns[i];
        if (u->known_from_day > eval->as_of_day)
            continue;
        ot__unknown(eval, u->why.len ? ot_str_fmt(eval->arena, "%s: %s", u->what.ptr, u->why.ptr)
                                     : u->what);
    }
    out->not_yet_known =
        ot_arena_calloc(eval->arena, (size_t)deal->terms_n, sizeof(*out->not_yet_known));
    for (int64_t i = 0; i < deal->terms_n; i++) {
        const struct ot_term *t = &deal->terms[i];
        if (t->known_from_day > eval->as_of_day) {
            out->not_yet_known[out->not_yet_known_n++] = t->name;
            continue;
        }
        if (!ot__term_live(t, eval->as_of_day))
            continue;
        bool needs_amount = t->kind != OT_TERM_warrant && t->kind != OT_TERM_revenue_share &&
                            t->kind != OT_TERM_holding;
        if (needs_amount && !ot__term_total(t).has)
            ot__unknown(eval, ot_str_fmt(eval->arena, "amount of %s", t->name.ptr));
        if (t->kind == OT_TERM_revenue_share && !t->revenue_frac.has)
            ot__unknown(eval, ot_str_fmt(eval->arena, "share of revenue of %s", t->name.ptr));
        if (t->kind == OT_TERM_loan && !t->interest_frac.has)
            ot__unknown(eval, ot_str_fmt(eval->arena, "interest of %s", t->name.ptr));
    }
}

static struct ot_fact unconfirmed(const struct ot__eval *eval)
{
    static const bool is_soft[OT_STATUS_COUNT] = {[OT_STATUS_reported] = true,
                                                  [OT_STATUS_estimate] = true,
                                                  [OT_STATUS_assumed] = true,
                                                  [OT_STATUS_disputed] = true,
                                                  [OT_STATUS_withdrawn] = true};
    struct ot_sum soft = {0}, all = {0};
    for (size_t i = 0; i < eval->flows.n; i++) {
        const struct ot_term *t = &eval->deal->terms[eval->flows.items[i].term_i];
        const struct ot_fact *fact = t->total_usd.has      ? &t->total_usd
                                     : t->revenue_frac.has ? &t->revenue_frac
                                                           : &t->rate_usd_per_s;
        ot_sum_add(&all, eval->flows.items[i].usd);
        ot_sum_add(&soft, is_soft[fact->status] ? eval->flows.items[i].usd : 0);
    }
    double total = ot_sum_get(&all);
    return total > 0 ? ot__fact(ot_sum_get(&soft) / total) : ot__nd();
}

/* ---- sentences ---- */

static void say(struct ot__eval *eval, struct ot_str text, struct ot_str source)
{
    struct ot_deal_result *out = eval->out;
    out->findings = ot_arena_grow(eval->arena, out->findings, (size_t)out->findings_n,
                                  (size_t)out->findings_n + 1, sizeof(*out->findings));
    out->findings[out->findings_n++] = (struct ot_finding){text, source};
}

static const char *money(struct ot__eval *eval, struct ot_fact f)
{
    if (!f.has)
        return "n/d";
    struct ot_str value = ot_units_text(eval->arena, f.value, OT_DIM_USD, 3);
    if (ot_near(f.low, f.high, 1e-9, 0))
        return value.ptr;
    return ot_str_fmt(eval->arena, "%s (%s to %s)", value.ptr,
                      ot_units_text(eval->arena, f.low, OT_DIM_USD, 3).ptr,
                      ot_units_text(eval->arena, f.high, OT_DIM_USD, 3).ptr)
        .ptr;
}

/* The sources of a headline's terms, each once. */
static struct ot_str sources_of(struct ot__eval *eval, struct ot_str group)
{
    struct ot_buf text;
    struct ot_str last = ot_str_c("");
    ot_buf_init(&text, eval->arena, 0);
    ot_buf_addc(&text, "");
    for (int64_t i = 0; i < eval->deal->terms_n; i++) {
        const struct ot_term *t = &eval->deal->terms[i];
        const struct ot_fact *fact = t->total_usd.source.len ? &t->total_usd : &t->rate_usd_per_s;
        if (!ot_str_eq(t->group, group) || !ot__term_live(t, eval->as_of_day) ||
            !fact->source.len || ot_str_eq(fact->source, last))
            continue;
        ot_buf_addf(&text, "%s%s (%s)", text.len ? "; " : "", fact->source.ptr,
                    status_texts[fact->status]);
        last = fact->source;
    }
    return ot_buf_str(&text);
}

static bool is_focus(const struct ot__eval *eval, struct ot_str a, struct ot_str b)
{
    if (eval->buyer_i < 0 || eval->supplier_i < 0)
        return true;
    struct ot_str buyer = ot__title(eval->deal, eval->buyer_i);
    struct ot_str supplier = ot__title(eval->deal, eval->supplier_i);
    return (ot_str_eq(a, buyer) && ot_str_eq(b, supplier)) ||
           (ot_str_eq(a, supplier) && ot_str_eq(b, buyer));
}

static void say_firm(struct ot__eval *eval)
{
    const struct ot_deal_result *out = eval->out;
    for (int64_t i = 0; i < out->firm_n; i++) {
        const struct ot_firm *row = &out->firm[i];
        bool plain = eval->buyer_i < 0 && out->firm_n > 6 && row->firm_signing_frac.value > 0.99;
        if (!is_focus(eval, row->payer, row->payee) || !row->firm_frac.has || plain)
            continue;
        struct ot_buf text;
        ot_buf_init(&text, eval->arena, 0);
        ot_buf_addf(&text, "%s: of %s that %s pays %s, %s (%.3g %%) is firm from here on",
                    row->group.ptr, money(eval, row->headline_usd), row->payer.ptr, row->payee.ptr,
                    money(eval, row->firm_usd), 100 * row->firm_frac.value);
        if (row->paid_usd.value > 0)
            ot_buf_addf(&text, ", %s fell due before", money(eval, row->paid_usd));
        if (row->contingent_usd.value > 0)
            ot_buf_addf(&text, ", %s hangs on a condition", money(eval, row->contingent_usd));
        if (row->optional_usd.value > 0)
            ot_buf_addf(&text, ", %s is optional", money(eval, row->optional_usd));
        if (row->exit_date.len)
            ot_buf_addf(&text, "; first exit without fault %s", row->exit_date.ptr);
        ot_buf_addf(&text, " [%s]", row->reason.ptr);
        say(eval, ot_buf_str(&text), sources_of(eval, row->group));
    }
}

static void say_prices(struct ot__eval *eval)
{
    const struct ot_deal_result *out = eval->out;
    for (int64_t i = 0; i < out->prices_n; i++) {
        const struct ot_deal_price *p = &out->prices[i];
        if (!is_focus(eval, p->buyer, p->supplier))
            continue;
        const struct ot_term *t = ot__deal_term(eval->deal, p->term);
        if (p->gusd_per_gw_year.has)
            say(eval,
                ot_str_fmt(eval->arena, "%s costs %.3g GUSD per GW-year (%.3g to %.3g; GW %s): %s",
                           p->term.ptr, p->gusd_per_gw_year.value, p->gusd_per_gw_year.low,
                           p->gusd_per_gw_year.high, p->basis.ptr, p->assumptions.ptr),
                t->total_usd.source);
        if (p->usd_per_chip_h.has)
            say(eval,
                ot_str_fmt(eval->arena, "%s costs %.3g USD per chip-hour", p->term.ptr,
                           p->usd_per_chip_h.value),
                t->chips_n.source);
    }
}

static void say_effective(struct ot__eval *eval)
{
    const struct ot_deal_result *out = eval->out;
    for (int64_t i = 0; i < out->effective_n; i++) {
        const struct ot_effective *e = &out->effective[i];
        if (!is_focus(eval, e->buyer, e->supplier) || !e->headline_discount_frac.has ||
            !e->capital_usd.has)
            continue;
        say(eval,
            ot_str_fmt(eval->arena,
                       "%s puts up to %s into %s, which commits %s: as a rebate that is %.3g %% of "
                       "the price, at the fair value taken %.3g %%, in cash %.3g %%; a cheque at "
                       "fair value is not a discount",
                       e->supplier.ptr, money(eval, e->capital_usd), e->buyer.ptr,
                       money(eval, e->payments_usd), 100 * e->headline_discount_frac.value,
                       100 * e->fair_value_discount_frac.value, 100 * e->cash_discount_frac.value),
            ot_str_c("computed from the terms above"));
        say(eval,
            ot_str_fmt(eval->arena,
                       "the vendor-financed share of those payments is %.3g %% (%.3g %% by present "
                       "value at the buyer's rate)",
                       100 * e->circular_frac.value,
                       e->circular_pv_frac.has ? 100 * e->circular_pv_frac.value : 0.0),
            ot_str_c("computed from the terms above"));
    }
    if (out->network_circular_frac.has && out->network_circular_usd.value > 0)
        say(eval,
            ot_str_fmt(eval->arena,
                       "of %s between all parties here, %s (%.3g %%) can run in circles",
                       money(eval, out->network_total_usd), money(eval, out->network_circular_usd),
                       100 * out->network_circular_frac.value),
            ot_str_c("largest circulation in the graph of all cash"));
}

/* Is this term, or headline of terms, between the two parties in focus? */
static bool concerns(const struct ot__eval *eval, struct ot_str name)
{
    for (int64_t i = 0; i < eval->deal->terms_n; i++) {
        const struct ot_term *t = &eval->deal->terms[i];
        if ((ot_str_eq(t->name, name) || ot_str_eq(t->group, name)) &&
            is_focus(eval, ot__title(eval->deal, t->payer_i), ot__title(eval->deal, t->payee_i)))
            return true;
    }
    return false;
}

static void say_shares(struct ot__eval *eval)
{
    const struct ot_deal_result *out = eval->out;
    for (int64_t i = 0; i < out->dilution_n; i++) {
        const struct ot_dilution_line *d = &out->dilution[i];
        if (!concerns(eval, d->term))
            continue;
        say(eval,
            ot_str_fmt(eval->arena, "%s takes %.3g %% of %s after the round %s (%s)", d->term.ptr,
                       100 * d->dilution_frac.value, d->issuer.ptr, d->round.ptr,
                       money(eval, d->post_usd)),
            ot_str_c("new / (old + new), preferred at the round's price"));
    }
    for (int64_t i = 0; i < eval->deal->terms_n; i++) {
        const struct ot_term *t = &eval->deal->terms[i];
        if (t->kind == OT_TERM_secondary && ot__term_live(t, eval->as_of_day) && t->total_usd.has)
            say(eval,
                ot_str_fmt(eval->arena,
                           "%s: %s changes hands at a company value of %s; none of it reaches the "
                           "company, none dilutes",
                           t->title.ptr, money(eval, t->total_usd), money(eval, t->price_usd)),
                t->total_usd.source);
    }
    for (int64_t i = 0; i < out->warrants_n; i++) {
        const struct ot_warrant_line *w = &out->warrants[i];
        if (w->full_usd.has && concerns(eval, w->term))
            say(eval,
                ot_str_fmt(eval->arena, "%s is worth %s fully vested at %.4g USD a share (%s)%s",
                           w->term.ptr, money(eval, w->full_usd), w->share_price_usd.value,
                           w->at.ptr,
                           w->expected_usd.has
                               ? ot_str_fmt(eval->arena, ", %s with its conditions simulated",
                                            money(eval, w->expected_usd))
                                     .ptr
                               : ""),
                w->share_price_usd.source);
    }
    for (int64_t i = 0; i < out->rebates_n; i++) {
        const struct ot_rebate *r = &out->rebates[i];
        if (r->share_frac.has && concerns(eval, r->term))
            say(eval,
                ot_str_fmt(eval->arena, "%s gives back %s, %.3g %% of %s", r->term.ptr,
                           money(eval, r->usd), 100 * r->share_frac.value, r->against.ptr),
                ot__deal_term(eval->deal, r->term)->total_usd.source);
    }
}

static void say_hedge(struct ot__eval *eval, const struct ot_hedge_line *h)
{
    struct ot_str when =
        h->threshold_frac.value < -1
            ? ot_str_c("it is the larger of the two, so no correlation would make it a hedge")
            : ot_str_fmt(eval->arena, "a hedge below %.2g", h->threshold_frac.value);
    say(eval,
        ot_str_fmt(eval->arena, "%s's stake in %s beside %s is %s (correlation %.2g; %s)",
                   h->investor.ptr, h->rival.ptr, h->main.ptr, h->verdict.ptr,
                   h->correlation_frac.value, when.ptr),
        h->correlation_frac.source);
}

static void say_risk(struct ot__eval *eval)
{
    const struct ot_deal_result *out = eval->out;
    for (int64_t i = 0; i < out->concentration_n; i++) {
        const struct ot_concentration *c = &out->concentration[i];
        if (c->hhi_frac.has && c->top1_frac.value < 0.999 &&
            (eval->buyer_i < 0 || ot_str_eq(c->party, ot__title(eval->deal, eval->buyer_i))) &&
            ot_str_starts(c->by, "supplier"))
            say(eval,
                ot_str_fmt(eval->arena, "%s by %s: HHI %.3f, %s %.3g %%", c->party.ptr, c->by.ptr,
                           c->hhi_frac.value, c->top1.ptr, 100 * c->top1_frac.value),
                ot_str_c("computed from the rows of this file"));
    }
    for (int64_t i = 0; i < out->exposure_n; i++) {
        const struct ot_exposure *e = &out->exposure[i];
        if (eval->supplier_i < 0 || !ot_str_eq(e->party, ot__title(eval->deal, eval->supplier_i)))
            continue;
        say(eval,
            ot_str_fmt(eval->arena,
                       "if %s fails, %s has at stake %s directly (shares at cost %s, orders %s), "
                       "%s more if the rest of its option or condition is drawn",
                       e->to.ptr, e->party.ptr, money(eval, e->direct_usd),
                       money(eval, e->equity_cost_usd), money(eval, e->backlog_usd),
                       money(eval, e->equity_contingent_usd)),
            ot_str_c("computed from terms, holdings and backlog"));
    }
    for (int64_t i = 0; i < out->hedges_n; i++)
        if (out->hedges[i].threshold_frac.has)
            say_hedge(eval, &out->hedges[i]);
}

static void say_musts(struct ot__eval *eval)
{
    const struct ot_deal_result *out = eval->out;
    for (int64_t i = 0; i < out->musts_n; i++) {
        const struct ot_must *m = &out->musts[i];
        if (m->value.has)
            say(eval,
                ot_str_fmt(eval->arena, "%s must be %.4g %s so that %s", m->what.ptr,
                           m->value.value, m->unit.ptr, m->solves.ptr),
                m->note);
    }
}

enum ot_code ot__findings(struct ot__eval *eval, struct ot_err *err)
{
    (void)err;
    struct ot_deal_result *out = eval->out;
    list_unknowns(eval);
    out->unconfirmed_frac = unconfirmed(eval);
    say_firm(eval);
    say_prices(eval);
    say_effective(eval);
    say_shares(eval);
    say_risk(eval);
    say_musts(eval);
    for (int64_t i = 0; i < out->conflicts_n; i++)
        if (!ot_str_is(out->conflicts[i].reading, "used here"))
            say(eval,
                ot_str_fmt(eval->arena, "sources conflict on %s: %s (%s)",
                           out->conflicts[i].what.ptr, out->conflicts[i].reading.ptr,
                           money(eval, out->conflicts[i].usd)),
                out->conflicts[i].usd.source);
    if (out->unconfirmed_frac.has)
        say(eval,
            ot_str_fmt(eval->arena,
                       "%.3g %% of the money rests on reported, estimated, assumed or "
                       "disputed figures; %" PRId64 " things are not known",
                       100 * out->unconfirmed_frac.value, out->unknowns_n),
            ot_str_c("status of each term's amount"));
    return OT_OK;
}

/* ---- the whole ---- */

static enum ot_code start(struct ot__eval *eval, struct ot_err *err)
{
    const struct ot_deal *deal = eval->deal;
    if (!eval->opts->has_as_of && !deal->has_as_of)
        return ot_err_set(err, OT_INPUT, deal->loc, "as_of", ot_str_c(""),
                          "the day on which the deal is looked at, YYYY-MM-DD");
    eval->as_of_day = eval->opts->has_as_of ? eval->opts->as_of_day : deal->as_of_day;
    eval->buyer_i = deal->buyer.len ? ot__party_index(deal, deal->buyer) : -1;
    eval->supplier_i = deal->supplier.len ? ot__party_index(deal, deal->supplier) : -1;
    *eval->out = (struct ot_deal_result){
        .name = deal->name,
        .title = deal->title,
        .as_of = ot_date_text(eval->arena, eval->as_of_day),
        .buyer = eval->buyer_i < 0 ? ot_str_c("") : ot__title(deal, eval->buyer_i),
        .supplier = eval->supplier_i < 0 ? ot_str_c("") : ot__title(deal, eval->supplier_i)};
    return ot_deal_flows(deal, eval->as_of_day, eval->arena, &eval->flows, err);
}

enum ot_code ot_deal_evaluate(const struct ot_deal *deal, const struct ot_deal_opts *opts,
                              struct ot_arena *arena, struct ot_deal_result *ret,
                              struct ot_err *err)
{
    static ot__section_fn *const sections[] = {
        ot__firm,     ot__prices,    ot__effective, ot__warrants, ot__years, ot__deal_concentration,
        ot__dilution, ot__exposure,  ot__hedges,    ot__returns,  ot__musts, ot__network,
        ot__quarters, ot__conflicts, ot__story,     ot__findings, /* last: it reads the others */
    };
    struct ot_deal_result result;
    struct ot__eval eval = {.deal = deal, .opts = opts, .arena = arena, .out = &result};
    enum ot_code code = start(&eval, err);
    for (size_t i = 0; i < OT_COUNT(sections) && !code; i++)
        code = sections[i](&eval, err);
    if (!code)
        *ret = result;
    return code;
}
