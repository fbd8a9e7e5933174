/* SPDX-License-Identifier: Apache-2.0 */
/* What would change the decision: the plan is solved again with one fact moved to the low and then
 * to the high end of its range. Ranges come from the predictions' own bands and the sources' own
 * spreads; where a fact has none, a stated shock is used and named so. */
#include "chain/chain_impl.h"

#include <math.h>
#include <stdlib.h>

/* Stated shocks, for facts without a range of their own. */
static const double price_shock_frac = 0.30;
static const double demand_shock_frac = 0.30;
static const double penalty_shock_factor = 2.0;
static const int late_months = 6;

/* Fewer chips than this counts as not signed. */
static const double signed_chips_min = 0.5;

enum move_kind {
    MOVE_WORK,
    MOVE_PRICE,
    MOVE_DEMAND,
    MOVE_PENALTY,
    MOVE_LATE
};

struct move { /* one fact and its two ends, as factors on what stands */
    enum move_kind kind;
    struct ot_str name; /* chip, offer, workload or vendor it concerns; empty: all */
    double factor[2];
};
struct outcome { /* of one re-solved plan */
    enum ot_code code;
    double cost_usd, commitment_usd;
    double *chips; /* by offer */
};
struct task_set {
    const struct ot_plan *plan;
    const struct ot_work *work;
    const struct move *moves;
    struct outcome *outcomes; /* 2 per move: low, high */
};

/* ---- making a moved plan ---- */

static void move_work(const struct ot_plan *plan, const struct move *move, double factor,
                      struct ot_work *work)
{
    for (int64_t p = 0; p < plan->pools_n; p++) {
        if (!ot_str_eq(plan->pools[p].chip, move->name))
            continue;
        for (int64_t w = 0; w < plan->workloads_n; w++) {
            struct ot_pred *pred = &work->cells[p * work->workloads_n + w].req_per_chip_s;
            double end = factor < 1 ? pred->p10 : pred->p90;
            if (pred->value > 0)
                *pred = ot_pred_scale(*pred, end / pred->value);
        }
    }
}

static void move_offers(struct ot_plan *plan, const struct move *move, double factor)
{
    for (int64_t i = 0; i < plan->offers_n; i++) {
        struct ot_plan_offer *offer = &plan->offers[i];
        if (move->kind == MOVE_PRICE && ot_str_eq(offer->name, move->name))
            offer->price_usd_per_chip_s.value *= factor;
        bool late = move->kind == MOVE_LATE && factor > 1 && ot_str_eq(offer->vendor, move->name) &&
                    offer->state == OT_OFFER_STATE_proposed &&
                    ot__offer_is_signed_kind(offer->kind);
        if (late && offer->has_start)
            offer->start_day = ot_date_add_months(offer->start_day, late_months);
        if (late && offer->has_start_latest)
            offer->start_latest_day = ot_date_add_months(offer->start_latest_day, late_months);
        if (late && !offer->has_start)
            offer->lead_time.months += late_months;
    }
}

static void move_workloads(struct ot_plan *plan, const struct move *move, double factor,
                           struct ot_arena *arena)
{
    for (int64_t w = 0; w < plan->workloads_n; w++) {
        struct ot_plan_workload *workload = &plan->workloads[w];
        if (move->kind == MOVE_PENALTY)
            workload->penalty_usd_per_req.value *= factor;
        if (move->kind != MOVE_DEMAND)
            continue;
        size_t n = (size_t)workload->demand_n;
        workload->demand = ot_arena_grow(arena, workload->demand, n, n, sizeof(*workload->demand));
        for (size_t i = 0; i < n; i++)
            workload->demand[i].rate_req_per_s *= factor;
    }
}

static struct ot_plan moved_plan(const struct ot_plan *plan, const struct move *move, double factor,
                                 struct ot_arena *arena)
{
    struct ot_plan copy = *plan;
    size_t offers = (size_t)plan->offers_n, workloads = (size_t)plan->workloads_n;
    copy.offers = ot_arena_grow(arena, plan->offers, offers, offers, sizeof(*plan->offers));
    copy.workloads =
        ot_arena_grow(arena, plan->workloads, workloads, workloads, sizeof(*plan->workloads));
    move_offers(&copy, move, factor);
    move_workloads(&copy, move, factor, arena);
    return copy;
}

static void solve_moved(void *ctx, int64_t index)
{
    const struct task_set *set = ctx;
    const struct move *move = &set->moves[index / 2];
    struct outcome *outcome = &set->outcomes[index];
    struct ot_arena *arena = ot_arena_new(0);
    struct ot_plan plan = moved_plan(set->plan, move, move->factor[index % 2], arena);
    struct ot_work work = *set->work;
    size_t cells = (size_t)(work.pools_n * work.workloads_n);
    work.cells = ot_arena_grow(arena, set->work->cells, cells, cells, sizeof(*work.cells));
    if (move->kind == MOVE_WORK)
        move_work(set->plan, move, move->factor[index % 2], &work);
    struct ot_plan_opts opts = {.extra = OT_PLAN_EXTRA_NONE};
    struct ot_plan_result result = {0};
    struct ot_err err;
    ot_err_init(&err, arena);
    outcome->code = ot_plan_solve(&plan, &work, &opts, arena, &result, &err);
    if (outcome->code == OT_OK) {
        outcome->cost_usd = result.cost_usd;
        for (int64_t i = 0; i < result.offers_n; i++) {
            outcome->chips[i] = result.offers[i].chips;
            if (result.offers[i].decision == OT_DECISION_sign)
                outcome->commitment_usd += result.offers[i].commitment_usd;
        }
    }
    ot_arena_free(arena);
}

/* ---- which facts are moved ---- */

/* Up for signature on the plan's date. */
static bool is_candidate(const struct ot_plan *plan, const struct ot_plan_offer *offer)
{
    bool open = !offer->has_expires || offer->expires_day >= plan->as_of_day;
    return open && ot__offer_is_signed_kind(offer->kind) && offer->state == OT_OFFER_STATE_proposed;
}

static bool already_moved(const struct move *moves, size_t n, enum move_kind kind,
                          struct ot_str name)
{
    for (size_t i = 0; i < n; i++)
        if (moves[i].kind == kind && ot_str_eq(moves[i].name, name))
            return true;
    return false;
}

static size_t list_moves(const struct ot_plan *plan, struct move *moves)
{
    size_t n = 0;
    for (int64_t i = 0; i < plan->pools_n; i++)
        if (!already_moved(moves, n, MOVE_WORK, plan->pools[i].chip))
            moves[n++] = (struct move){MOVE_WORK, plan->pools[i].chip, {0.5, 2}};
    for (int64_t i = 0; i < plan->offers_n; i++) {
        const struct ot_plan_offer *offer = &plan->offers[i];
        const struct ot_fact *price = &offer->price_usd_per_chip_s;
        if (!is_candidate(plan, offer))
            continue;
        struct move move = {MOVE_PRICE, offer->name, {1 - price_shock_frac, 1 + price_shock_frac}};
        if (price->high > price->low) {
            move.factor[0] = price->low / price->value;
            move.factor[1] = price->high / price->value;
        }
        moves[n++] = move;
        if (!already_moved(moves, n, MOVE_LATE, offer->vendor))
            moves[n++] = (struct move){MOVE_LATE, offer->vendor, {1, 2}};
    }
    moves[n++] = (struct move){MOVE_DEMAND, {0}, {1 - demand_shock_frac, 1 + demand_shock_frac}};
    moves[n++] = (struct move){MOVE_PENALTY, {0}, {1 / penalty_shock_factor, penalty_shock_factor}};
    return n;
}

/* ---- saying what came out ---- */

static const struct ot_plan_offer *offer_named(const struct ot_plan *plan, struct ot_str name)
{
    for (int64_t i = 0; i < plan->offers_n; i++)
        if (ot_str_eq(plan->offers[i].name, name))
            return &plan->offers[i];
    return NULL;
}

static void name_price(const struct ot_plan *plan, const struct move *move, struct ot_arena *arena,
                       struct ot_swing *swing)
{
    const struct ot_plan_offer *offer = offer_named(plan, move->name);
    OT_ASSERT(offer != NULL);
    const struct ot_fact *price = &offer->price_usd_per_chip_s;
    swing->fact = ot_str_fmt(arena, "price of %s", move->name.ptr);
    swing->basis = ot_str_c(price->high > price->low ? "range of its sources" : "shock of 30 %");
    swing->low = ot_str_fmt(arena, "$%.2f/chip-h", price->value * move->factor[0] * 3600);
    swing->high = ot_str_fmt(arena, "$%.2f/chip-h", price->value * move->factor[1] * 3600);
}

static void name_swing(const struct ot_plan *plan, const struct move *move, struct ot_arena *arena,
                       struct ot_swing *swing)
{
    switch (move->kind) {
    case MOVE_WORK:
        swing->fact = ot_str_fmt(arena, "work per chip of %s", move->name.ptr);
        swing->basis = ot_str_c("band of the prediction");
        swing->low = ot_str_c("p10");
        swing->high = ot_str_c("p90");
        return;
    case MOVE_PRICE:
        name_price(plan, move, arena, swing);
        return;
    case MOVE_LATE:
        swing->fact = ot_str_fmt(arena, "delivery by %s", move->name.ptr);
        swing->basis = ot_str_c("shock of two quarters");
        swing->low = ot_str_c("on time");
        swing->high = ot_str_c("6 months late");
        return;
    case MOVE_DEMAND:
        swing->fact = ot_str_c("demand of all workloads");
        swing->basis = ot_str_c("shock of 30 %");
        swing->low = ot_str_c("-30 %");
        swing->high = ot_str_c("+30 %");
        return;
    case MOVE_PENALTY:
        swing->fact = ot_str_c("value of a request served");
        swing->basis = ot_str_c("shock by a factor of 2");
        swing->low = ot_str_c("half");
        swing->high = ot_str_c("double");
        return;
    }
}

static void note_flips(const struct ot_plan *plan, const struct ot_plan_result *base,
                       const struct outcome *sides, struct ot_arena *arena, struct ot_swing *swing)
{
    struct ot_buf text;
    ot_buf_init(&text, arena, 0);
    for (int64_t i = 0; i < plan->offers_n; i++) {
        if (!is_candidate(plan, &plan->offers[i]))
            continue;
        bool signs = base->offers[i].chips > signed_chips_min;
        for (int side = 0; side < 2; side++) {
            bool then = sides[side].chips[i] > signed_chips_min;
            if (then == signs)
                continue;
            swing->flips = true;
            ot_buf_addf(&text, "%s%s at %s: %s", text.len > 0 ? "; " : "", plan->offers[i].name.ptr,
                        side == 0 ? swing->low.ptr : swing->high.ptr,
                        then ? "sign" : "do not sign");
        }
    }
    swing->flipped = ot_buf_str(&text);
}

struct ranked {
    struct ot_swing swing;
    size_t index;
    double weight;
};

static int by_weight(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->swing.flips != y->swing.flips)
        return x->swing.flips ? -1 : 1;
    if (x->weight < y->weight || x->weight > y->weight)
        return x->weight > y->weight ? -1 : 1;
    return x->index < y->index ? -1 : 1;
}

static void collect(const struct task_set *set, size_t n, struct ot_arena *arena,
                    struct ot_chain_result *ret)
{
    struct ranked *rows = ot_arena_calloc(arena, n, sizeof(*rows));
    for (size_t i = 0; i < n; i++) {
        const struct outcome *sides = &set->outcomes[2 * i];
        struct ot_swing *swing = &rows[i].swing;
        rows[i].index = i;
        name_swing(set->plan, &set->moves[i], arena, swing);
        swing->low_cost_usd = sides[0].cost_usd;
        swing->high_cost_usd = sides[1].cost_usd;
        swing->low_commitment_usd = sides[0].commitment_usd;
        swing->high_commitment_usd = sides[1].commitment_usd;
        rows[i].weight = fmax(fabs(sides[0].cost_usd - ret->portfolio.cost_usd),
                              fabs(sides[1].cost_usd - ret->portfolio.cost_usd));
        note_flips(set->plan, &ret->portfolio, sides, arena, swing);
    }
    qsort(rows, n, sizeof(*rows), by_weight);
    size_t offers = (size_t)set->plan->offers_n;
    ret->swings = ot_arena_calloc(arena, n, sizeof(*ret->swings));
    ret->swing_chips = ot_arena_calloc(arena, 2 * n * offers, sizeof(double));
    ret->swings_n = (int64_t)n;
    for (size_t i = 0; i < n; i++) {
        ret->swings[i] = rows[i].swing;
        for (size_t side = 0; side < 2; side++)
            for (size_t o = 0; o < offers; o++)
                ret->swing_chips[(2 * i + side) * offers + o] =
                    set->outcomes[2 * rows[i].index + side].chips[o];
    }
}

enum ot_code ot__chain_swings(const struct ot_chain_in *in, const struct ot_plan *plan,
                              const struct ot_work *work, struct ot_arena *arena,
                              struct ot_chain_result *ret, struct ot_err *err)
{
    size_t most = (size_t)(plan->pools_n + 2 * plan->offers_n) + 2;
    struct move *moves = ot_arena_calloc(arena, most, sizeof(*moves));
    size_t n = list_moves(plan, moves);
    struct task_set set = {.plan = plan, .work = work, .moves = moves};
    set.outcomes = ot_arena_calloc(arena, 2 * n, sizeof(*set.outcomes));
    for (size_t i = 0; i < 2 * n; i++)
        set.outcomes[i].chips = ot_arena_calloc(arena, (size_t)plan->offers_n, sizeof(double));
    ot_pool_run(in->threads, (int64_t)(2 * n), solve_moved, &set);
    for (size_t i = 0; i < 2 * n; i++)
        if (set.outcomes[i].code != OT_OK)
            return ot_err_plain(err, set.outcomes[i].code,
                                "the plan could not be solved again with a fact moved");
    collect(&set, n, arena, ret);
    return OT_OK;
}
