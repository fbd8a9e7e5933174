/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFTAKE_DEAL_IMPL_H
#define OFFTAKE_DEAL_IMPL_H
/* What the files of this floor share: the table of term kinds, and the context of an evaluation. */
#include "offtake/deal.h"

/* One kind of term: what its money is, whether it is cash, and how it becomes flows. */
struct ot__flow_ctx {
    const struct ot_deal *deal;
    int64_t as_of_day;
    struct ot_flows *out;
};
typedef enum ot_code ot__flow_fn(struct ot__flow_ctx *ctx, const struct ot_term *term,
                                 struct ot_err *err);
struct ot__term_row {
    enum ot_money money;
    bool is_cash;
    ot__flow_fn *flows; /* NULL: no dated flows */
};
const struct ot__term_row *ot__term_row(enum ot_term_kind kind);

/* Amount of a term over its whole period, from total or rate; n/d stays n/d. */
struct ot_fact ot__term_total(const struct ot_term *term);
double ot__term_years(const struct ot_term *term); /* 0 = period not known */
int64_t ot__term_end(const struct ot_term *term);  /* exclusive; needs start and end or term */
bool ot__term_has_period(const struct ot_term *term);
/* First day on which the payer can be out without fault; false: none public. */
bool ot__term_exit(const struct ot_term *term, int64_t as_of_day, int64_t *ret_day);
bool ot__term_live(const struct ot_term *term, int64_t as_of_day); /* known, not replaced */
const struct ot_term *ot__deal_term(const struct ot_deal *deal, struct ot_str name);
int64_t ot__party_index(const struct ot_deal *deal, struct ot_str name); /* -1 = none */

/* Facts as results. */
struct ot_fact ot__fact(double value); /* derived, one value */
struct ot_fact ot__fact_range(double low, double value, double high);
struct ot_fact ot__nd(void);                                   /* not known */
struct ot_fact ot__add(struct ot_fact a, struct ot_fact b);    /* n/d + x = x */
struct ot_fact ot__scale(struct ot_fact a, double factor);     /* factor >= 0 */
struct ot_fact ot__divide(struct ot_fact a, struct ot_fact b); /* range by extremes; /0 = n/d */

/* One evaluation. */
struct ot__eval {
    const struct ot_deal *deal;
    const struct ot_deal_opts *opts;
    struct ot_arena *arena;
    int64_t as_of_day;
    struct ot_flows flows;
    int64_t buyer_i, supplier_i; /* -1 = no focus */
    struct ot_deal_result *out;
};
/* Yearly rate of a party; the default is 10 %, which the result names among its assumptions. */
#define OT__DEFAULT_RATE_FRAC 0.10
double ot__rate(const struct ot_deal *deal, int64_t party_i);
/* Factor from `day` to as_of; 0 for days before as_of, whose money has moved. */
double ot__discount(const struct ot__eval *eval, int64_t party_i, int64_t day);
struct ot_str ot__title(const struct ot_deal *deal, int64_t party_i);
void ot__unknown(struct ot__eval *eval, struct ot_str text);

typedef enum ot_code ot__section_fn(struct ot__eval *eval, struct ot_err *err);
ot__section_fn ot__firm, ot__prices, ot__effective, ot__warrants, ot__years, ot__deal_concentration,
    ot__dilution, ot__exposure, ot__hedges, ot__returns, ot__musts, ot__network, ot__quarters,
    ot__conflicts, ot__story, ot__findings;
#endif
