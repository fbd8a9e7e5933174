/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFTAKE_DEAL_H
#define OFFTAKE_DEAL_H
/* Floor 7: what a deal is worth to each side. Contract terms become dated cash flows between
 * parties; everything else is computed from those flows.
 *
 *   deal file (parties, terms, backlog, rounds, facts)
 *     -> ot_deal_load      checked, SI, every figure with status, source and date
 *     -> ot_deal_flows     each term kind is one function: (term, period) -> dated flows
 *     -> ot_deal_evaluate  firm / headline, prices, circularity, dilution, exposure, returns, …
 *
 * Conventions (docs/models/deal-*.md): money is USD; compute is paid each quarter of the contract,
 * on the day in the middle of it; capital on its date; present values at the deal's `as_of` by the
 * payer's or investor's own yearly rate, (1 + r)^-(days / 365.25), and only of flows on or after
 * that day. What is not known is an ot_fact without `has`, named in `unknowns`, never zero. Public
 * figures that disagree travel as low and high. Not covered: tax, accounting, day-count calendars.
 */
#include <stdbool.h>
#include <stdint.h>

#include "offtake/base.h"

/* firm: owed whatever happens; contingent: on a stated condition; optional: at a party's choice. */
#define OT_CERTAINTY_LIST(X) X(firm) X(contingent) X(optional)
enum ot_certainty {
#define OT_CERTAINTY_ENUM(name) OT_CERTAINTY_##name,
    OT_CERTAINTY_LIST(OT_CERTAINTY_ENUM)
#undef OT_CERTAINTY_ENUM
    OT_CERTAINTY_COUNT
};
const char *ot_certainty_name(enum ot_certainty certainty);

/* Kind of term, and what its money is: compute (paid for capacity), capital (equity, loans: seller
 * finances buyer), rebate (price given back), security (between holders), other.
 * To add a kind: one row here, one function and one row in src/deal/terms.c. */
#define OT_TERM_LIST(X)                                                                            \
    X(take_or_pay)                                                                                 \
    X(capacity)                                                                                    \
    X(prepayment)                                                                                  \
    X(credits)                                                                                     \
    X(equity)                                                                                      \
    X(stock_grant) X(warrant) X(secondary) X(loan) X(revenue_share) X(guarantee) X(holding)
enum ot_term_kind {
#define OT_TERM_ENUM(name) OT_TERM_##name,
    OT_TERM_LIST(OT_TERM_ENUM)
#undef OT_TERM_ENUM
    OT_TERM_COUNT
};
const char *ot_term_kind_name(enum ot_term_kind kind);

#define OT_MONEY_LIST(X) X(compute) X(capital) X(rebate) X(security) X(other)
enum ot_money {
#define OT_MONEY_ENUM(name) OT_MONEY_##name,
    OT_MONEY_LIST(OT_MONEY_ENUM)
#undef OT_MONEY_ENUM
    OT_MONEY_COUNT
};
const char *ot_money_name(enum ot_money money);

/* A power without its basis is an error. */
#define OT_POWER_BASIS_LIST(X) X(none) X(critical_it) X(facility) X(utility)
enum ot_power_basis {
#define OT_POWER_BASIS_ENUM(name) OT_POWER_BASIS_##name,
    OT_POWER_BASIS_LIST(OT_POWER_BASIS_ENUM)
#undef OT_POWER_BASIS_ENUM
    OT_POWER_BASIS_COUNT
};

/* How the source qualifies an amount. */
#define OT_BOUND_LIST(X) X(about) X(exactly) X(at_least) X(up_to)
enum ot_bound {
#define OT_BOUND_ENUM(name) OT_BOUND_##name,
    OT_BOUND_LIST(OT_BOUND_ENUM)
#undef OT_BOUND_ENUM
    OT_BOUND_COUNT
};

/* ---- what is read ---- */

struct ot_year_fact { /* a figure for one calendar year */
    int64_t year;
    struct ot_fact usd;
};
struct ot_party {
    struct ot_str name, title, role, note;
    struct ot_fact discount_frac;   /* per year */
    struct ot_fact cash_usd;        /* on hand at as_of */
    struct ot_fact margin_frac;     /* supplier: cash margin on compute revenue before capex */
    struct ot_fact capex_usd;       /* supplier: capex for the focus capacity, per GW of it */
    struct ot_fact volatility_frac; /* of its value, per year */
    struct ot_year_fact *revenue;
    int64_t revenue_n;
    struct ot_loc loc;
};
struct ot_supply { /* what hardware stands behind a commitment */
    struct ot_str chip, vendor;
    struct ot_fact share_frac; /* n/d = unknown */
};
struct ot_reading { /* another reading of a term's total, where sources conflict */
    struct ot_str text;
    struct ot_fact total_usd;
};
struct ot_share_price {
    struct ot_str name;
    struct ot_fact usd_per_share;
};
struct ot_vesting { /* one tranche of a warrant */
    double shares_n;
    struct ot_fact volume_w;        /* delivered power that must be reached */
    struct ot_fact share_price_usd; /* price the share must reach */
    struct ot_str condition;        /* as written, where it is not one of these */
};
struct ot_term {
    struct ot_str name, title, payer, payee;
    int64_t payer_i, payee_i; /* into ot_deal.parties */
    enum ot_term_kind kind;
    enum ot_certainty certainty;
    struct ot_str group;             /* terms that make one headline; default: its own name */
    struct ot_str against;           /* the term it prepays, rebates or is given for */
    struct ot_str condition;         /* contingent: on what, as written */
    struct ot_str option_of;         /* optional: whose choice */
    struct ot_fact probability_frac; /* the user's; never assumed */
    int64_t known_from_day, signed_day, start_day, end_day, expires_day, replaced_day;
    bool has_signed, has_start, has_end, has_expires, has_replaced;
    struct ot_period term; /* with start gives end */
    bool has_term;
    enum ot_bound bound;
    struct ot_fact total_usd, rate_usd_per_s; /* one of them; n/d = amount not public */
    struct ot_reading *readings;
    int64_t readings_n;
    double *ramp; /* relative payment per contract year; none = level */
    int64_t ramp_n;
    double min_take_frac; /* share paid whether used or not; 1 unless stated */
    bool has_min_take;
    /* capacity */
    struct ot_fact power_w, firm_power_w, chips_n, chip_power_w;
    enum ot_power_basis power_basis;
    struct ot_str power_basis_note;
    struct ot_str chip;
    struct ot_supply *supply;
    int64_t supply_n;
    struct ot_period notice, exit_after; /* no-fault exit: notice may be given after exit_after */
    bool has_notice, has_exit_after;
    struct ot_fact exit_fee_usd;
    /* equity, secondary, holding */
    struct ot_fact price_usd;    /* company value at which it was bought (post-money) */
    struct ot_fact fair_usd;     /* company value taken as fair; absent = price paid */
    struct ot_str round;         /* name of the financing round it belongs to */
    struct ot_fact share_frac;   /* holding: share owned */
    struct ot_fact carrying_usd; /* holding: book value */
    /* warrant, stock grant */
    struct ot_fact shares_n, strike_usd_per_share, volatility_frac, risk_free_frac;
    struct ot_fact volume_volatility_frac, volume_correlation_frac; /* of the volume bought */
    struct ot_share_price *share_prices; /* at which its value is shown */
    int64_t share_prices_n;
    struct ot_vesting *vesting;
    int64_t vesting_n;
    /* loan, revenue share */
    struct ot_fact interest_frac, revenue_frac, cap_usd;
    struct ot_str note;
    struct ot_loc loc;
};
struct ot_backlog { /* what a buyer still owes a supplier, as reported on a date */
    struct ot_str buyer, supplier;
    int64_t known_from_day;
    struct ot_fact usd;
    struct ot_fact supplier_total_usd; /* the supplier's whole backlog */
    struct ot_loc loc;
};
struct ot_round { /* a financing round that is a base of dilution */
    struct ot_str name, issuer;
    int64_t known_from_day;
    struct ot_fact pre_usd, raised_usd;
    struct ot_loc loc;
};
struct ot_exit { /* a company value at which an investor could leave */
    struct ot_str name, company;
    struct ot_fact value_usd;
    int64_t date_day;
    struct ot_fact probability_frac;
    struct ot_loc loc;
};
struct ot_dependency { /* share of `on`'s failure that hits `of` */
    struct ot_str of, on;
    struct ot_fact share_frac;
    struct ot_loc loc;
};
struct ot_hedge { /* is a stake in a rival a hedge? */
    struct ot_str investor, main, rival;
    struct ot_fact correlation_frac; /* of the two companies' values */
    struct ot_loc loc;
};
struct ot_note { /* a public statement that is not a term */
    struct ot_str name, text, about, replaces;
    int64_t known_from_day;
    struct ot_fact usd, power_w, count_n, share_frac; /* whichever it states */
    enum ot_power_basis power_basis;
    struct ot_loc loc;
};
struct ot_unknown {
    struct ot_str what, why;
    int64_t known_from_day;
};
struct ot_deal {
    struct ot_str name, title, buyer, supplier; /* buyer, supplier: the focus pair; may be empty */
    struct ot_str note;
    int64_t as_of_day, known_from_day;
    bool has_as_of;
    struct ot_str *uses; /* names of data/deals files that are read too */
    int64_t uses_n;
    struct ot_party *parties;
    int64_t parties_n;
    struct ot_term *terms;
    int64_t terms_n;
    struct ot_backlog *backlog;
    int64_t backlog_n;
    struct ot_round *rounds;
    int64_t rounds_n;
    struct ot_exit *exits;
    int64_t exits_n;
    struct ot_dependency *dependencies;
    int64_t dependencies_n;
    struct ot_hedge *hedges;
    int64_t hedges_n;
    struct ot_note *facts;
    int64_t facts_n;
    struct ot_unknown *unknowns;
    int64_t unknowns_n;
    struct ot_loc loc;
};

/* How to read a deal file. sources, assumed, edit may be NULL. */
struct ot_deal_read {
    const char *data_root; /* holds deals/NAME.yaml for `uses` */
    struct ot_sources *sources;
    struct ot_assumed *assumed;
    /* Changes the tree of the outer file before it is checked: --set path=value. */
    enum ot_code (*edit)(void *ctx, struct ot_node *root, struct ot_err *err);
    void *edit_ctx;
};
/* Reads `path` and everything it uses, checks it, and resolves names. OT_INPUT: missing file,
 * unknown key or party, wrong unit, negative amount, GW without basis, tranche before signing,
 * files that use each other in a circle. */
enum ot_code ot_deal_load(struct ot_arena *arena, const char *path, const struct ot_deal_read *how,
                          struct ot_deal *ret, struct ot_err *err) OT_MUST_CHECK;
/* Index of a party; OT_INPUT naming near ones when there is none. */
enum ot_code ot_deal_party(const struct ot_deal *deal, struct ot_str name, struct ot_loc loc,
                           int64_t *ret_i, struct ot_err *err) OT_MUST_CHECK;

/* ---- dated cash flows ---- */

struct ot_flow {
    int64_t day;
    double usd; /* > 0, from payer to payee */
    int64_t payer_i, payee_i, term_i;
    enum ot_certainty certainty;
    enum ot_money money;
    bool is_cash; /* false: value handed over as shares */
};
struct ot_flows {
    struct ot_flow *items;
    size_t n, cap;
    struct ot_arena *arena;
};
/* All flows of all terms known at `as_of_day`, sorted by (day, term, order within it). Terms whose
 * amount or dates are not public give none. */
enum ot_code ot_deal_flows(const struct ot_deal *deal, int64_t as_of_day, struct ot_arena *arena,
                           struct ot_flows *ret, struct ot_err *err) OT_MUST_CHECK;

/* ---- finance, usable alone ---- */

struct ot_cash { /* one side's view: usd > 0 comes in */
    int64_t day;
    double usd;
};
/* Sum of usd * (1 + rate)^-((day - from_day) / 365.25). rate > -1, all finite, else OT_INPUT. */
enum ot_code ot_npv(const struct ot_cash *cash, size_t n, double rate_frac, int64_t from_day,
                    double *ret_usd, struct ot_err *err) OT_MUST_CHECK;
/* The yearly rate at which the NPV is 0, searched in (-0.99, 10]. OT_INFEASIBLE when the flows do
 * not change sign or have no root there; when several exist, the one nearest 0 is returned. */
enum ot_code ot_xirr(const struct ot_cash *cash, size_t n, double *ret_rate_frac,
                     struct ot_err *err) OT_MUST_CHECK;
/* Sum of squared shares; amounts >= 0, at least one > 0, else OT_INPUT. */
enum ot_code ot_hhi(const double *amounts, size_t n, double *ret_frac,
                    struct ot_err *err) OT_MUST_CHECK;
/* New money / (old value + all new money of the round). */
enum ot_code ot_dilution(double invested_usd, double pre_usd, double raised_usd, double *ret_frac,
                         struct ot_err *err) OT_MUST_CHECK;
/* Largest circulation within a money graph: usd[i * n + j] is what i pays j, whole dollars >= 0.
 * ret_kept[i * n + j] <= usd is the part that runs in circles; *ret_usd its sum. Exact (negative
 * cycles are cancelled until none is left). n <= 64. */
enum ot_code ot_circulation(struct ot_arena *arena, const double *usd, size_t n, double *ret_kept,
                            double *ret_usd, struct ot_err *err) OT_MUST_CHECK;
/* European call on a share without dividends; years, volatility >= 0. Black and Scholes 1973. */
enum ot_code ot_call_value(double price, double strike, double rate_frac, double volatility_frac,
                           double years, double *ret, struct ot_err *err) OT_MUST_CHECK;

/* A warrant by joint simulation: value = E[ e^-rT sum_m shares_m (S_T - K)+ 1{max S >= target_m}
 * 1{volume >= volume_m} ], S lognormal and watched monthly, volume lognormal about its plan with
 * correlation to S. Same seed, same bits, any number of threads. */
struct ot_warrant {
    double price_usd, strike_usd, rate_frac, volatility_frac, years;
    double volume_w, volume_volatility_frac, correlation_frac;
    const double *shares_n, *target_usd, *volume_min_w; /* tranches_n each */
    size_t tranches_n;
    int64_t paths_n;
    uint64_t seed;
    int threads;
};
struct ot_mc {
    double value, std_err;
};
enum ot_code ot_warrant_value(const struct ot_warrant *warrant, struct ot_mc *ret,
                              struct ot_err *err) OT_MUST_CHECK;

/* ---- results ---- every number is an ot_fact: value, low, high, and `has` false = n/d */

struct ot_firm { /* one headline */
    struct ot_str group, payer, payee, reason;
    struct ot_str money;
    struct ot_fact headline_usd, headline_pv_usd;
    struct ot_fact firm_usd;          /* still owed up to the first no-fault exit, from as_of */
    struct ot_fact firm_frac;         /* of the headline */
    struct ot_fact firm_signing_frac; /* the same on the first day */
    struct ot_fact paid_usd;          /* due before as_of */
    struct ot_fact contingent_usd, optional_usd;
    struct ot_str exit_date; /* first no-fault exit; empty = none public */
};
struct ot_deal_price { /* what a unit of capacity costs; the assumptions are part of the answer */
    struct ot_str term, supplier, buyer, chip, basis, assumptions;
    struct ot_fact gusd_per_gw_year, usd_per_chip_h, usd_per_kw_month;
};
struct ot_effective { /* one buyer and supplier: three prices as shares of the commitment */
    struct ot_str buyer, supplier;
    struct ot_fact payments_usd, payments_pv_usd, capital_usd, capital_pv_usd, rebates_usd;
    struct ot_fact premium_usd; /* paid above the fair value taken for the shares */
    struct ot_fact headline_discount_frac, fair_value_discount_frac, cash_discount_frac;
    struct ot_fact headline_discount_pv_frac;
    struct ot_fact headline_gusd_per_gw_year, fair_value_gusd_per_gw_year, cash_gusd_per_gw_year;
    struct ot_fact circular_frac, circular_pv_frac; /* min(capital, payments) / payments */
};
struct ot_rebate { /* shares or credits given for one contract */
    struct ot_str term, against;
    struct ot_fact usd, share_frac;
};
struct ot_warrant_line {
    struct ot_str term, issuer, holder, at;   /* at: the share price's own name */
    struct ot_fact share_price_usd, full_usd; /* all shares vested at that price */
    struct ot_fact expected_usd;              /* simulated; n/d without price and volatility */
    struct ot_fact share_of_purchases_frac;
};
struct ot_year_cover {
    int64_t year;
    struct ot_fact firm_usd, contingent_usd, optional_usd, received_usd;
    struct ot_fact revenue_usd, paid_frac; /* all committed payments / revenue */
    struct ot_fact gap_usd;                /* max(0, payments - revenue), before other costs */
};
struct ot_concentration {
    struct ot_str party, by; /* by: supplier, chip_vendor, chip, buyer */
    struct ot_fact total_usd, hhi_frac, top1_frac, top2_frac, unknown_frac;
    struct ot_str top1, top2;
};
struct ot_dilution_line {
    struct ot_str term, issuer, round;
    struct ot_fact invested_usd, post_usd, dilution_frac;
};
struct ot_exposure {
    struct ot_str party, to;
    struct ot_fact equity_cost_usd, equity_contingent_usd, equity_carrying_usd, backlog_usd,
        loans_usd, guarantees_usd;
    struct ot_fact direct_usd, through_usd; /* through: direct to others that depend on `to` */
};
struct ot_hedge_line {
    struct ot_str investor, main, rival, verdict;
    struct ot_fact main_usd, rival_usd, sd_main_usd, sd_both_usd;
    struct ot_fact correlation_frac, threshold_frac; /* below the threshold the stake is a hedge */
};
struct ot_return {                      /* the investor-supplier on one line */
    struct ot_str investor, line, exit; /* line: equity, compute, combined */
    struct ot_str tranches;             /* firm, all */
    struct ot_fact npv_usd, irr_frac, put_in_usd;
};
struct ot_must { /* what would have to be true, one thing at a time */
    struct ot_str what, solves, unit, note;
    struct ot_fact value;
};
struct ot_edge { /* money between two parties, for the picture */
    struct ot_str from, to, money;
    double firm_usd, contingent_usd, optional_usd;
};
struct ot_quarter_cash { /* the focus buyer's */
    struct ot_str quarter;
    double out_firm_usd, out_contingent_usd, out_optional_usd;
    double in_firm_usd, in_contingent_usd, in_optional_usd;
};
struct ot_conflict {
    struct ot_str what, reading;
    struct ot_fact usd;
};
struct ot_story { /* a public statement as known at as_of */
    struct ot_str name, text, amount, status, source, known_from, replaces;
};
struct ot_finding {
    struct ot_str text, source;
};
struct ot_deal_result {
    struct ot_str name, title, as_of, buyer, supplier;
    struct ot_finding *findings;
    int64_t findings_n;
    struct ot_firm *firm;
    int64_t firm_n;
    struct ot_deal_price *prices;
    int64_t prices_n;
    struct ot_effective *effective;
    int64_t effective_n;
    struct ot_rebate *rebates;
    int64_t rebates_n;
    struct ot_warrant_line *warrants;
    int64_t warrants_n;
    struct ot_year_cover *years;
    int64_t years_n;
    struct ot_concentration *concentration;
    int64_t concentration_n;
    struct ot_dilution_line *dilution;
    int64_t dilution_n;
    struct ot_exposure *exposure;
    int64_t exposure_n;
    struct ot_hedge_line *hedges;
    int64_t hedges_n;
    struct ot_return *returns;
    int64_t returns_n;
    struct ot_must *musts;
    int64_t musts_n;
    struct ot_edge *edges;
    int64_t edges_n;
    struct ot_quarter_cash *quarters;
    int64_t quarters_n;
    struct ot_conflict *conflicts;
    int64_t conflicts_n;
    struct ot_story *story;
    int64_t story_n;
    struct ot_fact network_circular_usd, network_total_usd, network_circular_frac;
    struct ot_fact unconfirmed_frac; /* of all money: resting on reported, estimated, assumed */
    struct ot_str *unknowns;         /* what is n/d and why */
    int64_t unknowns_n;
    struct ot_str *not_yet_known; /* terms left out: known only after as_of */
    int64_t not_yet_known_n;
};
struct ot_deal_opts {
    int64_t as_of_day; /* used when has_as_of; else the deal's own */
    bool has_as_of;
    uint64_t seed;
    int threads;
    int64_t paths_n; /* of the warrant simulation; 0 = 20,000 */
};
/* The whole answer, in `arena`. Deal files without a focus pair give no returns and no musts. */
enum ot_code ot_deal_evaluate(const struct ot_deal *deal, const struct ot_deal_opts *opts,
                              struct ot_arena *arena, struct ot_deal_result *ret,
                              struct ot_err *err) OT_MUST_CHECK;

/* Field tables: the deal file, and the result for JSON. */
extern const struct ot_table ot_deal_table, ot_deal_result_table;
#endif
