/* SPDX-License-Identifier: Apache-2.0 */
/* Each kind of contract term as a function: (term, day of looking) -> dated flows.
 *
 *   start        +3 mo       +6 mo                     end
 *     |-----.------|-----.------|-----.------| ... |-----|      . = paid, middle of the quarter
 *
 * Compute is spread over contract years by `ramp` and within a year by days. What is owed whatever
 * happens stays firm; the part above min_take, beyond the binding power, or after the first
 * no-fault exit is the payer's option. docs/models/deal-flows.md. Day counts, calendars and tax:
 * not here. */
#include "deal_impl.h"

#include <math.h>

bool ot__term_has_period(const struct ot_term *term)
{
    return term->has_start && (term->has_end || term->has_term);
}

int64_t ot__term_end(const struct ot_term *term)
{
    OT_ASSERT(ot__term_has_period(term));
    return term->has_end ? term->end_day : ot_date_add(term->start_day, term->term);
}

double ot__term_years(const struct ot_term *term)
{
    if (term->has_term)
        return term->term.months / 12.0 + term->term.days / 365.25;
    return ot__term_has_period(term) ? ot_date_years(term->start_day, term->end_day) : 0;
}

struct ot_fact ot__term_total(const struct ot_term *term)
{
    const double year_s = 8760.0 * 3600.0;
    double years = ot__term_years(term);
    if (term->total_usd.has || !term->rate_usd_per_s.has || years <= 0)
        return term->total_usd;
    struct ot_fact total = term->rate_usd_per_s;
    total.value *= years * year_s;
    total.low *= years * year_s;
    total.high *= years * year_s;
    return total;
}

bool ot__term_exit(const struct ot_term *term, int64_t as_of_day, int64_t *ret_day)
{
    if (!term->has_notice || !term->has_start)
        return false;
    int64_t from = term->start_day;
    if (term->has_exit_after)
        from = ot_date_add(from, term->exit_after);
    *ret_day = ot_date_add(from > as_of_day ? from : as_of_day, term->notice);
    return true;
}

bool ot__term_live(const struct ot_term *term, int64_t as_of_day)
{
    bool replaced = term->has_replaced && term->replaced_day <= as_of_day;
    return term->known_from_day <= as_of_day && !replaced;
}

static void emit(struct ot__flow_ctx *ctx, const struct ot_term *term, struct ot_flow flow)
{
    if (flow.usd <= 0)
        return;
    flow.term_i = term - ctx->deal->terms;
    struct ot_flows *out = ctx->out;
    if (out->n == out->cap) {
        size_t cap = out->cap ? 2 * out->cap : 64;
        out->items = ot_arena_grow(out->arena, out->items, out->n, cap, sizeof(*out->items));
        out->cap = cap;
    }
    out->items[out->n++] = flow;
}

static struct ot_flow base_flow(const struct ot_term *term)
{
    const struct ot__term_row *row = ot__term_row(term->kind);
    return (struct ot_flow){.payer_i = term->payer_i,
                            .payee_i = term->payee_i,
                            .certainty = term->certainty,
                            .money = row->money,
                            .is_cash = row->is_cash};
}

/* Day of a single payment: its date, else the last day on which it can still happen. */
static bool single_day(const struct ot_term *term, int64_t *ret_day)
{
    if (!term->has_start && !term->has_expires)
        return false;
    *ret_day = term->has_start ? term->start_day : term->expires_day;
    return true;
}

static enum ot_code once(struct ot__flow_ctx *ctx, const struct ot_term *term, struct ot_err *err)
{
    (void)err;
    struct ot_flow flow = base_flow(term);
    struct ot_fact total = ot__term_total(term);
    if (!total.has || !single_day(term, &flow.day))
        return OT_OK;
    flow.usd = total.value;
    emit(ctx, term, flow);
    return OT_OK;
}

/* One quarter of a contract: its days and its weight under the ramp. */
struct quarter {
    int64_t from_day, to_day;
    double weight;
};

static int64_t quarter_count(const struct ot_term *term)
{
    int64_t n = 0, end = ot__term_end(term);
    while (n < 400 && ot_date_add_months(term->start_day, (int)(3 * n)) < end)
        n++;
    return n;
}

static struct quarter quarter_at(const struct ot_term *term, int64_t i)
{
    int64_t end = ot__term_end(term);
    struct quarter q = {.from_day = ot_date_add_months(term->start_day, (int)(3 * i)),
                        .to_day = ot_date_add_months(term->start_day, (int)(3 * (i + 1)))};
    q.to_day = q.to_day < end ? q.to_day : end;
    q.weight = (double)(q.to_day - q.from_day);
    if (term->ramp_n > 0)
        q.weight *= term->ramp[i / 4 < term->ramp_n ? i / 4 : term->ramp_n - 1];
    return q;
}

/* The part of a quarter before (0) or from (1) the day of looking: what is due stays apart from
 * what is owed. A quarter on one side is whole in one part and empty in the other. */
static struct quarter part_of(struct quarter q, int64_t part, int64_t as_of_day)
{
    int64_t cut = as_of_day < q.from_day ? q.from_day : as_of_day > q.to_day ? q.to_day : as_of_day;
    struct quarter half = q;
    half.from_day = part == 0 ? q.from_day : cut;
    half.to_day = part == 0 ? cut : q.to_day;
    half.weight =
        q.weight * (double)(half.to_day - half.from_day) / (double)(q.to_day - q.from_day);
    return half;
}

/* Sum of the weights, above 0: a ramp that is 0 over the whole period cannot carry a total. */
static enum ot_code weight_sum(const struct ot_term *term, int64_t n, double *ret,
                               struct ot_err *err)
{
    struct ot_sum sum = {0};
    for (int64_t i = 0; i < n; i++) {
        struct quarter q = quarter_at(term, i);
        ot_sum_add(&sum, q.weight);
    }
    *ret = ot_sum_get(&sum);
    if (*ret > 0)
        return OT_OK;
    return ot_err_set(err, OT_INPUT, term->loc, "ramp", term->name,
                      "a weight above 0 within the period of the contract");
}

static double prepaid_usd(const struct ot__flow_ctx *ctx, const struct ot_term *term)
{
    struct ot_sum sum = {0};
    for (int64_t i = 0; i < ctx->deal->terms_n; i++) {
        const struct ot_term *other = &ctx->deal->terms[i];
        if (other->kind == OT_TERM_prepayment && ot_str_eq(other->against, term->name) &&
            other->total_usd.has && ot__term_live(other, ctx->as_of_day))
            ot_sum_add(&sum, other->total_usd.value);
    }
    return ot_sum_get(&sum);
}

/* Splits one quarter's payment: [0, firm) of the whole is owed, the rest is the payer's option. */
static void emit_split(struct ot__flow_ctx *ctx, const struct ot_term *term, struct ot_flow flow,
                       double firm_usd)
{
    double usd = flow.usd;
    firm_usd = firm_usd > usd * (1 - 1e-12) ? usd : firm_usd; /* rounding is nobody's option */
    flow.usd = firm_usd;
    emit(ctx, term, flow);
    flow.usd = usd - firm_usd;
    flow.certainty = flow.certainty == OT_CERTAINTY_firm ? OT_CERTAINTY_optional : flow.certainty;
    emit(ctx, term, flow);
}

/* How much of a quarter lies before the exit day. */
static double before_exit_frac(struct quarter q, bool has_exit, int64_t exit_day)
{
    if (!has_exit || q.to_day <= exit_day)
        return 1;
    if (q.from_day >= exit_day)
        return 0;
    return (double)(exit_day - q.from_day) / (double)(q.to_day - q.from_day);
}

static enum ot_code spread(struct ot__flow_ctx *ctx, const struct ot_term *term, struct ot_err *err)
{
    struct ot_fact total = ot__term_total(term);
    if (!total.has || !ot__term_has_period(term))
        return OT_OK;
    double prepaid = prepaid_usd(ctx, term);
    if (prepaid > total.value * (1 + 1e-9))
        return ot_err_set(err, OT_INPUT, term->loc, "total", term->name,
                          "prepayments against this term are above its total");
    int64_t n = quarter_count(term), exit_day = 0;
    double weights, usd = fmax(total.value - prepaid, 0), binding = HUGE_VAL;
    enum ot_code code = weight_sum(term, n, &weights, err);
    if (code)
        return code;
    bool has_exit = ot__term_exit(term, ctx->as_of_day, &exit_day);
    if (term->firm_power_w.has && term->power_w.has)
        binding = fmax(total.value * term->firm_power_w.value / term->power_w.value - prepaid, 0);
    for (int64_t i = 0; i < 2 * n; i++) {
        struct quarter q = part_of(quarter_at(term, i / 2), i % 2, ctx->as_of_day);
        struct ot_flow flow = base_flow(term);
        flow.day = q.from_day + (q.to_day - q.from_day) / 2;
        flow.usd = usd * q.weight / weights;
        double firm = fmin(flow.usd, binding);
        binding -= firm;
        emit_split(ctx, term, flow,
                   firm * before_exit_frac(q, has_exit, exit_day) * term->min_take_frac);
    }
    return OT_OK;
}

/* Credits come with the payments of the contract they are against. */
static enum ot_code credits(struct ot__flow_ctx *ctx, const struct ot_term *term,
                            struct ot_err *err)
{
    const struct ot_term *main_term = ot__deal_term(ctx->deal, term->against);
    struct ot_fact total = ot__term_total(term);
    if (!main_term || !ot__term_has_period(main_term) || !total.has)
        return OT_OK;
    int64_t n = quarter_count(main_term);
    double weights;
    enum ot_code code = weight_sum(main_term, n, &weights, err);
    if (code)
        return code;
    for (int64_t i = 0; i < n; i++) {
        struct quarter q = quarter_at(main_term, i);
        struct ot_flow flow = base_flow(term);
        flow.day = q.from_day + (q.to_day - q.from_day) / 2;
        flow.usd = total.value * q.weight / weights;
        emit(ctx, term, flow);
    }
    return OT_OK;
}

/* Principal out at start; interest each quarter's end and principal back at the end. */
static enum ot_code loan(struct ot__flow_ctx *ctx, const struct ot_term *term, struct ot_err *err)
{
    enum ot_code code = once(ctx, term, err);
    struct ot_fact total = ot__term_total(term);
    if (code || !total.has || !ot__term_has_period(term))
        return code;
    struct ot_flow back = base_flow(term);
    back.payer_i = term->payee_i;
    back.payee_i = term->payer_i;
    back.money = OT_MONEY_other;
    int64_t n = quarter_count(term);
    for (int64_t i = 0; i < n && term->interest_frac.has; i++) {
        struct quarter q = quarter_at(term, i);
        back.day = q.to_day;
        back.usd = total.value * term->interest_frac.value * ot_date_years(q.from_day, q.to_day);
        emit(ctx, term, back);
    }
    back.day = ot__term_end(term);
    back.usd = total.value;
    emit(ctx, term, back);
    return OT_OK;
}

/* A share of the payer's revenue of each calendar year, by days, paid in the middle of them. */
static enum ot_code revenue_share(struct ot__flow_ctx *ctx, const struct ot_term *term,
                                  struct ot_err *err)
{
    (void)err;
    if (!term->revenue_frac.has || !ot__term_has_period(term))
        return OT_OK;
    const struct ot_party *payer = &ctx->deal->parties[term->payer_i];
    double left = term->cap_usd.has ? term->cap_usd.value : HUGE_VAL;
    for (int64_t i = 0; i < payer->revenue_n; i++) {
        const struct ot_year_fact *year = &payer->revenue[i];
        int64_t first = ot_date_of((int)year->year, 1, 1);
        int64_t last = ot_date_of((int)year->year + 1, 1, 1);
        int64_t from = first > term->start_day ? first : term->start_day;
        int64_t to = last < ot__term_end(term) ? last : ot__term_end(term);
        if (!year->usd.has || from >= to)
            continue;
        struct ot_flow flow = base_flow(term);
        flow.day = from + (to - from) / 2;
        flow.usd = term->revenue_frac.value * year->usd.value * (double)(to - from) /
                   (double)(last - first);
        flow.usd = fmin(flow.usd, left);
        left -= flow.usd;
        emit(ctx, term, flow);
    }
    return OT_OK;
}

const struct ot__term_row *ot__term_row(enum ot_term_kind kind)
{
    static const struct ot__term_row rows[OT_TERM_COUNT] = {
        [OT_TERM_take_or_pay] = {OT_MONEY_compute, true, spread},
        [OT_TERM_capacity] = {OT_MONEY_compute, true, spread},
        [OT_TERM_prepayment] = {OT_MONEY_compute, true, once},
        [OT_TERM_credits] = {OT_MONEY_rebate, true, credits},
        [OT_TERM_equity] = {OT_MONEY_capital, true, once},
        [OT_TERM_stock_grant] = {OT_MONEY_rebate, false, once},
        [OT_TERM_warrant] = {OT_MONEY_rebate, false, NULL}, /* valued in value.c */
        [OT_TERM_secondary] = {OT_MONEY_security, true, once},
        [OT_TERM_loan] = {OT_MONEY_capital, true, loan},
        [OT_TERM_revenue_share] = {OT_MONEY_other, true, revenue_share},
        [OT_TERM_guarantee] = {OT_MONEY_other, true, once},
        [OT_TERM_holding] = {OT_MONEY_capital, false, NULL},
    };
    OT_ASSERT(kind < OT_TERM_COUNT);
    return &rows[kind];
}

/* Total order: day, then term, then the order within the term, which is the order of emission. */
static bool flow_less(const struct ot_flow *a, const struct ot_flow *b)
{
    if (a->day != b->day)
        return a->day < b->day;
    return a->term_i < b->term_i;
}

static void sort_flows(struct ot_flows *flows) /* stable merge sort, bottom up */
{
    size_t n = flows->n;
    struct ot_flow *from = flows->items;
    struct ot_flow *to = ot_arena_calloc(flows->arena, n, sizeof(*to));
    for (size_t width = 1; width < n; width *= 2) {
        for (size_t low = 0; low < n; low += 2 * width) {
            size_t mid = low + width < n ? low + width : n;
            size_t high = low + 2 * width < n ? low + 2 * width : n;
            size_t i = low, j = mid;
            for (size_t k = low; k < high; k++) {
                bool right = i == mid || (j < high && flow_less(&from[j], &from[i]));
                to[k] = right ? from[j++] : from[i++];
            }
        }
        struct ot_flow *swap = from;
        from = to;
        to = swap;
    }
    flows->items = from;
    flows->cap = n;
}

enum ot_code ot_deal_flows(const struct ot_deal *deal, int64_t as_of_day, struct ot_arena *arena,
                           struct ot_flows *ret, struct ot_err *err)
{
    struct ot_flows flows = {.arena = arena};
    struct ot__flow_ctx ctx = {deal, as_of_day, &flows};
    for (int64_t i = 0; i < deal->terms_n; i++) {
        const struct ot_term *term = &deal->terms[i];
        const struct ot__term_row *row = ot__term_row(term->kind);
        if (!row->flows || !ot__term_live(term, as_of_day))
            continue;
        enum ot_code code = row->flows(&ctx, term, err);
        if (code)
            return code;
    }
    for (size_t i = 0; i < flows.n; i++)
        OT_CHECK_FINITE(flows.items[i].usd);
    sort_flows(&flows);
    *ret = flows;
    return OT_OK;
}
