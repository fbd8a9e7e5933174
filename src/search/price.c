/* SPDX-License-Identifier: Apache-2.0 */
/* What a yield costs, by a dated list price, and the ranking. A price has a basis (on demand,
 * reserved …); the first basis of this list that the catalogue holds for the chip is taken, and of
 * it the cheapest, so that chips are compared like for like as far as prices are known. */
#include <stdlib.h>

#include "search_internal.h"

static const enum ot_price_kind basis_order[] = {
    OT_PRICE_KIND_on_demand,   OT_PRICE_KIND_block,
    OT_PRICE_KIND_reserved_1y, OT_PRICE_KIND_reserved_unstated,
    OT_PRICE_KIND_market_3y,   OT_PRICE_KIND_reserved_3y,
    OT_PRICE_KIND_take_or_pay, OT_PRICE_KIND_spot,
    OT_PRICE_KIND_implied,     OT_PRICE_KIND_own,
};

static const struct ot_price *price_of(struct ot_catalog *catalog, const struct ot_chip *chip,
                                       const struct ot_search_opts *opts)
{
    size_t n;
    const struct ot_price *prices = ot_catalog_prices(catalog, &n);
    for (size_t b = 0; b < OT_COUNT(basis_order); b++) {
        const struct ot_price *best = NULL;
        for (size_t i = 0; i < n; i++) {
            const struct ot_price *price = &prices[i];
            const struct ot_fact *fact = &price->price_usd_per_chip_s;
            if (price->kind != basis_order[b] || !fact->has || !(fact->value > 0) ||
                !ot_str_eq(price->chip, chip->name) ||
                (opts->as_of_day != 0 && fact->date_day > opts->as_of_day) ||
                (opts->provider.len > 0 && !ot_str_eq(opts->provider, price->provider)))
                continue;
            if (best == NULL || fact->value < best->price_usd_per_chip_s.value)
                best = price;
        }
        if (best != NULL)
            return best;
    }
    return NULL;
}

void ot__search_price(struct ot_catalog *catalog, const struct ot_search_opts *opts,
                      struct ot_yield *yield)
{
    yield->price = price_of(catalog, yield->deploy.chip, opts);
    yield->has_price = yield->price != NULL;
    if (!yield->has_price)
        return;
    yield->usd_per_chip_s = yield->price->price_usd_per_chip_s.value;
    if (!yield->feasible)
        return;
    const double work = yield->work_req_per_chip_s.value;
    yield->usd_per_req = yield->usd_per_chip_s / work;
    yield->usd_per_tok = yield->usd_per_req / (yield->mean_input_tok + yield->mean_output_tok);
    yield->usd_per_tok_output = yield->usd_per_req / yield->mean_output_tok;
    const double prompt = yield->prompt_time_frac;
    yield->usd_per_tok_input_share = yield->usd_per_req * prompt / yield->mean_input_tok;
    yield->usd_per_tok_output_share = yield->usd_per_req * (1 - prompt) / yield->mean_output_tok;
    OT_CHECK_FINITE(yield->usd_per_tok);
}

static int by_layout(const struct ot_yield *p, const struct ot_yield *q)
{
    const struct ot_layout *a = &p->deploy.layout, *b = &q->deploy.layout;
    const int64_t pa[] = {a->tp, a->dp, a->ep, a->pp, a->cp};
    const int64_t pb[] = {b->tp, b->dp, b->ep, b->pp, b->cp};
    for (size_t i = 0; i < OT_COUNT(pa); i++)
        if (pa[i] != pb[i])
            return pa[i] < pb[i] ? -1 : 1;
    return 0;
}

static int by_rest(const struct ot_yield *a, const struct ot_yield *b)
{
    const double wa = a->work_req_per_chip_s.value, wb = b->work_req_per_chip_s.value;
    if (a->feasible && wa != wb)
        return wa > wb ? -1 : 1;
    const int chip = ot_str_cmp(a->deploy.chip->name, b->deploy.chip->name);
    return chip != 0 ? chip : by_layout(a, b);
}

static int by_work(const void *p, const void *q)
{
    const struct ot_yield *a = p;
    const struct ot_yield *b = q;
    if (a->feasible != b->feasible)
        return a->feasible ? -1 : 1;
    return by_rest(a, b);
}

static int by_cost(const void *p, const void *q)
{
    const struct ot_yield *a = p;
    const struct ot_yield *b = q;
    if (a->feasible != b->feasible)
        return a->feasible ? -1 : 1;
    if (a->feasible && a->usd_per_req != b->usd_per_req)
        return a->usd_per_req < b->usd_per_req ? -1 : 1;
    return by_rest(a, b);
}

bool ot__search_sort(struct ot_yield *yields, int64_t n, bool *ret_mixed_basis)
{
    bool all_priced = n > 0, mixed = false;
    const struct ot_price *first = NULL;
    for (int64_t i = 0; i < n; i++) {
        if (!yields[i].feasible)
            continue;
        all_priced = all_priced && yields[i].has_price;
        if (!yields[i].has_price)
            continue;
        if (first == NULL)
            first = yields[i].price;
        mixed = mixed || yields[i].price->kind != first->kind;
    }
    *ret_mixed_basis = mixed;
    const bool cost = all_priced && !mixed;
    qsort(yields, (size_t)n, sizeof *yields, cost ? by_cost : by_work);
    return cost;
}
