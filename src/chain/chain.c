/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the floors one after the other for one plan file. */
#include "chain/chain_impl.h"

#include <math.h>

const char *ot_verdict_name(enum ot_verdict verdict)
{
    static const char *const names[] = {
#define NAME(name) #name,
        OT_VERDICT_LIST(NAME)
#undef NAME
    };
    OT_ASSERT((int)verdict >= 0 && verdict < OT_VERDICT_COUNT);
    return names[verdict];
}

bool ot__offer_is_signed_kind(enum ot_offer_kind kind)
{
    return kind == OT_OFFER_KIND_take_or_pay || kind == OT_OFFER_KIND_reservation;
}

static void tell(const struct ot_chain_in *in, const char *stage)
{
    if (in->progress != NULL)
        in->progress(in->progress_ctx, stage);
}

/* The highest price of any offer of the plan, USD per chip-second. */
static double highest_price(const struct ot_plan *plan)
{
    double highest = 0;
    for (int64_t i = 0; i < plan->offers_n; i++)
        if (plan->offers[i].price_usd_per_chip_s.has)
            highest = fmax(highest, plan->offers[i].price_usd_per_chip_s.value);
    return highest;
}

/* A copy of the plan in which offers without a public price cannot be signed; `open` (or -1) is
 * one that can, at the highest price of the plan, so that its break-even comes out. */
static struct ot_plan *without_unpriced(const struct ot_plan *plan, int64_t open,
                                        struct ot_arena *arena)
{
    struct ot_plan *copy = ot_arena_calloc(arena, 1, sizeof(*copy));
    *copy = *plan;
    size_t n = (size_t)plan->offers_n;
    copy->offers = ot_arena_grow(arena, plan->offers, n, n, sizeof(*plan->offers));
    for (int64_t i = 0; i < plan->offers_n; i++) {
        struct ot_plan_offer *offer = &copy->offers[i];
        struct ot_fact *price = &offer->price_usd_per_chip_s;
        if (price->has)
            continue;
        price->has = true;
        price->value = price->low = price->high = highest_price(plan);
        offer->has_expires = offer->has_expires || i != open;
        if (i != open)
            offer->expires_day = plan->as_of_day - 1;
    }
    return copy;
}

/* What an offer without a public price is worth: solved with it at the highest price of the plan,
 * and read off as its break-even. */
static enum ot_code price_unpriced(const struct ot_plan *plan, const struct ot_work *work,
                                   struct ot_arena *arena, struct ot_plan_result *portfolio,
                                   struct ot_err *err)
{
    struct ot_plan_opts opts = {.extra = OT_PLAN_EXTRA_PRICES};
    for (int64_t i = 0; i < plan->offers_n; i++) {
        if (plan->offers[i].price_usd_per_chip_s.has)
            continue;
        struct ot_plan_result result = {0};
        enum ot_code code =
            ot_plan_solve(without_unpriced(plan, i, arena), work, &opts, arena, &result, err);
        if (code != OT_OK)
            return code;
        portfolio->offers[i].has_break_even = result.offers[i].has_break_even;
        portfolio->offers[i].break_even_usd_per_chip_s = result.offers[i].break_even_usd_per_chip_s;
    }
    return OT_OK;
}

static enum ot_code evaluate_deal(const struct ot_chain_in *in, const struct ot_plan *plan,
                                  const struct ot_plan_deal *ref, struct ot_arena *arena,
                                  struct ot_chain_result *ret, struct ot_err *err)
{
    struct ot_str path = ot_path_join(arena, ot_path_dir(arena, ot_str_c(in->path)), ref->file);
    struct ot_deal *deal = ot_arena_calloc(arena, 1, sizeof(*deal));
    struct ot_deal_read how = {
        .data_root = ot_catalog_root(in->catalog), .sources = in->sources, .assumed = NULL};
    enum ot_code code = ot_deal_load(arena, path.ptr, &how, deal, err);
    if (code != OT_OK)
        return code;
    int64_t known = ref->has_known_from ? ref->known_from_day : deal->known_from_day;
    if (known > plan->as_of_day) {
        ret->not_yet_known[ret->not_yet_known_n++] =
            ot_str_fmt(arena, "%s (%s)", ref->file.ptr, ot_date_text(arena, known).ptr);
        return OT_OK;
    }
    struct ot_deal_opts opts = {
        .as_of_day = plan->as_of_day, .has_as_of = true, .seed = in->seed, .threads = in->threads};
    struct ot_deal_part *part = &ret->deals[ret->deals_n];
    part->file = ref->file;
    code = ot_deal_evaluate(deal, &opts, arena, &part->result, err);
    if (code == OT_OK)
        ret->deals_n++;
    return code;
}

static enum ot_code evaluate_deals(const struct ot_chain_in *in, const struct ot_plan *plan,
                                   struct ot_arena *arena, struct ot_chain_result *ret,
                                   struct ot_err *err)
{
    size_t n = (size_t)plan->deals_n;
    ret->deals = ot_arena_calloc(arena, n, sizeof(*ret->deals));
    ret->not_yet_known = ot_arena_calloc(arena, n, sizeof(*ret->not_yet_known));
    enum ot_code code = OT_OK;
    for (int64_t i = 0; i < plan->deals_n && code == OT_OK; i++)
        code = evaluate_deal(in, plan, &plan->deals[i], arena, ret, err);
    return code;
}

enum ot_code ot_chain_run(const struct ot_chain_in *in, struct ot_arena *arena,
                          struct ot_chain_result *ret, struct ot_err *err)
{
    struct ot_chain_result result = {0};
    struct ot_plan *plan = NULL;
    struct ot_plan_load_opts load = {
        .sources = in->sources, .assumed = in->assumed, .sets = in->sets, .sets_n = in->sets_n};
    enum ot_code code = ot_plan_load(arena, in->path, &load, &plan, err);
    if (code != OT_OK)
        return code;
    result.plan = plan;
    result.title = plan->title;
    result.as_of = ot_date_text(arena, plan->as_of_day);
    tell(in, "deals");
    code = evaluate_deals(in, plan, arena, &result, err);
    if (code != OT_OK)
        return code;
    struct ot_work work = ot_plan_work_stated(plan, arena);
    code = ot__chain_work(in, plan, arena, &work, &result, err);
    if (code != OT_OK)
        return code;
    const struct ot_plan *priced = without_unpriced(plan, -1, arena);
    struct ot_plan_opts opts = {.extra = OT_PLAN_EXTRA_ALL};
    tell(in, "portfolio");
    code = ot_plan_solve(priced, &work, &opts, arena, &result.portfolio, err);
    if (code != OT_OK)
        return code;
    code = price_unpriced(plan, &work, arena, &result.portfolio, err);
    if (code != OT_OK)
        return code;
    tell(in, "what would change it");
    code = ot__chain_swings(in, priced, &work, arena, &result, err);
    if (code != OT_OK)
        return code;
    ot__chain_advise(plan, arena, &result);
    *ret = result;
    return OT_OK;
}
