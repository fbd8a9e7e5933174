/* SPDX-License-Identifier: Apache-2.0 */
/* From a solved plan to advice: sign, wait or walk, and above which price. */
#include "chain/chain_impl.h"

#include <math.h>

/* A price this share of the asked one, or more, is worth negotiating for: wait, do not walk. */
static const double near_price_frac = 2.0 / 3.0;
static const double signed_chips_min = 0.5;

static double per_hour(double usd_per_s)
{
    return usd_per_s * 3600;
}

static enum ot_verdict verdict_of(const struct ot_plan_offer *offer,
                                  const struct ot_plan_offer_result *result,
                                  const struct ot_advice *advice)
{
    if (offer->state == OT_OFFER_STATE_signed)
        return OT_VERDICT_keep;
    if (!offer->price_usd_per_chip_s.has)
        return OT_VERDICT_no_price;
    if (result->decision == OT_DECISION_closed)
        return OT_VERDICT_closed;
    if (result->chips > signed_chips_min)
        return OT_VERDICT_sign;
    bool near = advice->has_walk_away && advice->walk_away_usd_per_chip_s >=
                                             near_price_frac * offer->price_usd_per_chip_s.value;
    return near || advice->swing_high_chips > signed_chips_min ? OT_VERDICT_wait : OT_VERDICT_walk;
}

static struct ot_str why_of(const struct ot_advice *advice, struct ot_arena *arena)
{
    double price = per_hour(advice->price_usd_per_chip_s.value);
    double limit = per_hour(advice->walk_away_usd_per_chip_s);
    switch (advice->verdict) {
    case OT_VERDICT_keep:
        return ot_str_c("already binds; its payments are sunk in this plan");
    case OT_VERDICT_closed:
        return ot_str_c("not open for signature on this date");
    case OT_VERDICT_sign:
        return ot_str_fmt(arena, "worth up to $%.2f per chip-hour here; asked $%.2f", limit, price);
    case OT_VERDICT_no_price:
        return advice->has_walk_away
                   ? ot_str_fmt(arena, "no public price; worth signing below $%.2f per chip-hour",
                                limit)
                   : ot_str_c("no public price, and no work for it in this plan");
    case OT_VERDICT_wait:
        return advice->has_walk_away
                   ? ot_str_fmt(arena,
                                "asked $%.2f, worth $%.2f per chip-hour; facts within their "
                                "range, or %.1f times the work, would turn it",
                                price, limit, price / limit)
                   : ot_str_c("facts within their range would turn it");
    case OT_VERDICT_walk:
    case OT_VERDICT_COUNT:
        break;
    }
    return advice->has_walk_away
               ? ot_str_fmt(arena,
                            "asked $%.2f, worth $%.2f per chip-hour; it would take %.1f times "
                            "the work",
                            price, limit, price / limit)
               : ot_str_c("serves nothing here that others do not serve cheaper");
}

static void advise_offer(const struct ot_plan *plan, int64_t i, struct ot_arena *arena,
                         struct ot_chain_result *ret)
{
    const struct ot_plan_offer *offer = &plan->offers[i];
    const struct ot_plan_offer_result *result = &ret->portfolio.offers[i];
    struct ot_advice *advice = &ret->advice[ret->advice_n++];
    advice->offer = offer->name;
    advice->vendor = offer->vendor;
    advice->pool = offer->pool;
    advice->chip = result->chip;
    advice->price_usd_per_chip_s = offer->price_usd_per_chip_s;
    bool takes = result->decision == OT_DECISION_sign || result->decision == OT_DECISION_keep;
    advice->chips = takes ? result->chips : 0;
    advice->commitment_usd = takes ? result->commitment_usd : 0;
    advice->has_walk_away = result->has_break_even && result->break_even_usd_per_chip_s > 0;
    advice->walk_away_usd_per_chip_s = result->break_even_usd_per_chip_s;
    advice->swing_low_chips = advice->swing_high_chips = advice->chips;
    for (int64_t s = 0; s < 2 * ret->swings_n; s++) {
        double chips = ret->swing_chips[s * plan->offers_n + i];
        advice->swing_low_chips = fmin(advice->swing_low_chips, chips);
        advice->swing_high_chips = fmax(advice->swing_high_chips, chips);
    }
    advice->verdict = verdict_of(offer, result, advice);
    advice->why = why_of(advice, arena);
}

/* A count with its thousands apart: 12,000. */
static struct ot_str grouped(struct ot_arena *arena, double count)
{
    long long n = (long long)(count + 0.5);
    if (n < 1000)
        return ot_str_fmt(arena, "%lld", n);
    if (n < 1000000)
        return ot_str_fmt(arena, "%lld,%03lld", n / 1000, n % 1000);
    return ot_str_fmt(arena, "%lld,%03lld,%03lld", n / 1000000, n / 1000 % 1000, n % 1000);
}

/* "Sign a (12,000 chips, $1.2 B); wait on b; walk from c." */
static struct ot_str headline_of(const struct ot_chain_result *ret, struct ot_arena *arena)
{
    static const struct {
        enum ot_verdict verdict;
        const char *lead;
    } rows[] = {{OT_VERDICT_sign, "Sign "},
                {OT_VERDICT_wait, "Wait on "},
                {OT_VERDICT_walk, "Walk from "},
                {OT_VERDICT_no_price, "Ask a price for "}};
    struct ot_buf text;
    ot_buf_init(&text, arena, 0);
    for (size_t r = 0; r < OT_COUNT(rows); r++) {
        int listed = 0;
        for (int64_t i = 0; i < ret->advice_n; i++) {
            const struct ot_advice *advice = &ret->advice[i];
            if (advice->verdict != rows[r].verdict)
                continue;
            ot_buf_addc(&text, listed++ > 0 ? ", " : rows[r].lead);
            ot_buf_add(&text, advice->offer);
            if (advice->verdict == OT_VERDICT_sign)
                ot_buf_addf(&text, " (%s chips, $%.2f B)", grouped(arena, advice->chips).ptr,
                            advice->commitment_usd / 1e9);
            else if (advice->has_walk_away)
                ot_buf_addf(&text, " (at most $%.2f/chip-h)",
                            per_hour(advice->walk_away_usd_per_chip_s));
        }
        if (listed > 0)
            ot_buf_addc(&text, ". ");
    }
    return text.len > 0 ? ot_str_trim(ot_buf_str(&text))
                        : ot_str_c("Nothing is up for signature on this date.");
}

static bool is_unconfirmed(const struct ot_fact *fact)
{
    return fact->has && (fact->status == OT_STATUS_reported || fact->status == OT_STATUS_estimate ||
                         fact->status == OT_STATUS_assumed || fact->status == OT_STATUS_disputed ||
                         fact->status == OT_STATUS_withdrawn);
}

static void note_unconfirmed(struct ot_chain_result *ret, struct ot_arena *arena,
                             struct ot_str where, const struct ot_fact *fact, enum ot_dim dim)
{
    static const char *const names[] = {
#define NAME(name) #name,
        OT_STATUS_LIST(NAME)
#undef NAME
    };
    if (!is_unconfirmed(fact))
        return;
    struct ot_unconfirmed *row = &ret->unconfirmed[ret->unconfirmed_n++];
    row->where = where;
    row->value = dim == OT_DIM_USD_PER_CHIP_S
                     ? ot_str_fmt(arena, "$%.3f/chip-h", per_hour(fact->value))
                     : ot_units_text(arena, fact->value, dim, 3);
    row->status = ot_str_c(names[fact->status]);
    row->source = fact->source;
}

static void list_unconfirmed(const struct ot_plan *plan, struct ot_arena *arena,
                             struct ot_chain_result *ret)
{
    size_t most = (size_t)(plan->offers_n + plan->workloads_n + plan->work_n);
    ret->unconfirmed = ot_arena_calloc(arena, most, sizeof(*ret->unconfirmed));
    for (int64_t i = 0; i < plan->offers_n; i++)
        note_unconfirmed(ret, arena, ot_str_fmt(arena, "price of %s", plan->offers[i].name.ptr),
                         &plan->offers[i].price_usd_per_chip_s, OT_DIM_USD_PER_CHIP_S);
    for (int64_t i = 0; i < plan->workloads_n; i++)
        note_unconfirmed(ret, arena,
                         ot_str_fmt(arena, "value of a request of %s", plan->workloads[i].name.ptr),
                         &plan->workloads[i].penalty_usd_per_req, OT_DIM_USD_PER_REQ);
    for (int64_t i = 0; i < plan->work_n; i++)
        note_unconfirmed(ret, arena,
                         ot_str_fmt(arena, "work of %s on %s", plan->work[i].pool.ptr,
                                    plan->work[i].workload.ptr),
                         &plan->work[i].req_per_chip_s, OT_DIM_REQ_PER_S);
}

void ot__chain_advise(const struct ot_plan *plan, struct ot_arena *arena,
                      struct ot_chain_result *ret)
{
    ret->advice = ot_arena_calloc(arena, (size_t)plan->offers_n, sizeof(*ret->advice));
    for (int64_t i = 0; i < plan->offers_n; i++)
        if (ot__offer_is_signed_kind(plan->offers[i].kind))
            advise_offer(plan, i, arena, ret);
    list_unconfirmed(plan, arena, ret);
    ret->headline = headline_of(ret, arena);
}
