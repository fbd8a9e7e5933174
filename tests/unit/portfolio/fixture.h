/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFTAKE_TESTS_PORTFOLIO_FIXTURE_H
#define OFFTAKE_TESTS_PORTFOLIO_FIXTURE_H
/* Plans built in memory: a minimal one (one quarter, one pool, one workload), and a seeded one of
 * any size for duels and benches. */
#include <math.h>
#include <string.h>

#include "offtake/portfolio.h"

static inline struct ot_fact fx_fact(double value)
{
    return (struct ot_fact){.value = value, .low = value, .high = value, .has = true};
}

static inline struct ot_pred fx_pred(double value, double low, double high)
{
    return (struct ot_pred){value, value * low, value * high, OT_LABEL_fitted};
}

struct fx_size {
    int quarters, blocks, workloads, pools, offers, scenarios;
};

/* Room for everything, counts as asked, nothing filled but names and the horizon (2026Q1 on). */
static inline struct ot_plan *fx_empty(struct ot_arena *arena, struct fx_size size)
{
    struct ot_plan *p = ot_arena_calloc(arena, 1, sizeof(*p));
    p->as_of_day = ot_date_of(2026, 1, 1);
    p->quarters_n = size.quarters;
    p->policy =
        (struct ot_plan_policy){.vendor_cap_frac = 1.0, .cvar_level = 0.9, .work_points = 1};
    p->blocks_n = size.blocks;
    p->blocks = ot_arena_calloc(arena, (size_t)size.blocks, sizeof(*p->blocks));
    for (int i = 0; i < size.blocks; i++)
        p->blocks[i] =
            (struct ot_plan_block){ot_str_fmt(arena, "block%d", i), 1.0 / size.blocks, 1.0};
    p->workloads_n = size.workloads;
    p->workloads = ot_arena_calloc(arena, (size_t)size.workloads, sizeof(*p->workloads));
    for (int i = 0; i < size.workloads; i++) {
        p->workloads[i].name = ot_str_fmt(arena, "work%d", i);
        p->workloads[i].demand = ot_arena_calloc(arena, 1, sizeof(*p->workloads[i].demand));
        p->workloads[i].demand_n = 1;
        p->workloads[i].demand[0] = (struct ot_plan_demand){p->as_of_day, 1.0};
        p->workloads[i].penalty_usd_per_req = fx_fact(1.0);
    }
    p->pools_n = size.pools;
    p->pools = ot_arena_calloc(arena, (size_t)size.pools, sizeof(*p->pools));
    for (int i = 0; i < size.pools; i++) {
        p->pools[i].name = ot_str_fmt(arena, "pool%d", i);
        p->pools[i].chip = ot_str_fmt(arena, "chip%d", i);
        p->pools[i].maker = ot_str_fmt(arena, "maker%d", i / 2);
    }
    p->offers_n = size.offers;
    p->offers = ot_arena_calloc(arena, (size_t)size.offers, sizeof(*p->offers));
    for (int i = 0; i < size.offers; i++) {
        p->offers[i].name = ot_str_fmt(arena, "offer%d", i);
        p->offers[i].vendor = ot_str_fmt(arena, "vendor%d", i);
        p->offers[i].pool = p->pools[i % size.pools].name;
        p->offers[i].min_take_frac = 1.0;
        p->offers[i].fulfilment = OT_FULFILMENT_quarterly;
        p->offers[i].price_usd_per_chip_s = fx_fact(1.0);
    }
    p->scenarios_n = size.scenarios;
    p->scenarios = ot_arena_calloc(arena, (size_t)size.scenarios, sizeof(*p->scenarios));
    for (int i = 0; i < size.scenarios; i++) {
        p->scenarios[i].name = ot_str_fmt(arena, "case%d", i);
        p->scenarios[i].probability = 1.0 / size.scenarios;
    }
    return p;
}

static inline struct ot_work fx_work(struct ot_arena *arena, const struct ot_plan *p,
                                     struct ot_pred each)
{
    struct ot_work work = ot_plan_work_stated(p, arena);
    for (int64_t i = 0; i < work.pools_n * work.workloads_n; i++)
        work.cells[i] = (struct ot_work_cell){each, true};
    return work;
}

/* Scales all demand of scenario s by `factor`, from the start. */
static inline void fx_demand(struct ot_arena *arena, struct ot_plan *p, int s, double factor)
{
    p->scenarios[s].demand = ot_arena_calloc(arena, 1, sizeof(*p->scenarios[s].demand));
    p->scenarios[s].demand[0] =
        (struct ot_plan_demand_shift){.date_day = p->as_of_day, .factor = factor};
    p->scenarios[s].demand_n = 1;
}

/* A buyer with every kind of term, all numbers from the seed. */
static inline struct ot_plan *fx_random(struct ot_arena *arena, struct fx_size size, uint64_t seed)
{
    struct ot_plan *p = fx_empty(arena, size);
    const struct ot_rng rng = ot_rng_of(seed, ot_rng_stream("portfolio", 0));
    uint64_t k = 0;
    p->policy.discount_frac = 0.08;
    p->policy.cvar_weight = 0.3;
    p->policy.vendor_cap_frac = 0.6;
    double mean = 0.0;
    for (int i = 0; i < size.blocks; i++) {
        p->blocks[i].demand_factor = 0.5 + ot_rng_uniform(rng, k++);
        mean += p->blocks[i].hours_frac * p->blocks[i].demand_factor;
    }
    for (int i = 0; i < size.blocks; i++)
        p->blocks[i].demand_factor /= mean;
    for (int i = 0; i < size.workloads; i++) {
        p->workloads[i].class = i % 3 == 1 ? OT_WORK_CLASS_deferrable : OT_WORK_CLASS_interactive;
        p->workloads[i].demand[0].rate_req_per_s = 1e4 * (0.5 + ot_rng_uniform(rng, k++));
        p->workloads[i].growth_frac = 0.6 * ot_rng_uniform(rng, k++);
        p->workloads[i].penalty_usd_per_req = fx_fact(2e-3 * (0.5 + ot_rng_uniform(rng, k++)));
    }
    for (int i = 0; i < size.offers; i++) {
        struct ot_plan_offer *o = &p->offers[i];
        o->vendor = ot_str_fmt(arena, "vendor%d", i % 5);
        o->kind = i < size.pools ? OT_OFFER_KIND_on_demand : OT_OFFER_KIND_take_or_pay;
        const double discount = o->kind == OT_OFFER_KIND_on_demand ? 1.6 : 1.0;
        o->price_usd_per_chip_s = fx_fact(discount * (1.0 + ot_rng_uniform(rng, k++)) / 3600.0);
        o->max_chips = 2e4 * (0.3 + ot_rng_uniform(rng, k++));
        o->has_max_chips = true;
        if (o->kind == OT_OFFER_KIND_on_demand)
            continue;
        o->min_take_frac = i % 2 ? 1.0 : 0.6;
        o->fulfilment = i % 4 ? OT_FULFILMENT_annual : OT_FULFILMENT_quarterly;
        o->start_day = ot_date_add_months(p->as_of_day, 3 * (i % 3));
        o->start_latest_day = ot_date_add_months(o->start_day, 6);
        o->has_start = o->has_start_latest = true;
        o->term = (struct ot_period){12 + 12 * (i % 3), 0};
        o->has_term = true;
        o->prepay_frac = i % 3 ? 0.0 : 0.2;
        o->escalator_frac = 0.02;
        o->ramp = ot_arena_calloc(arena, 2, sizeof(*o->ramp));
        o->ramp[0].frac = 0.5;
        o->ramp[1] = (struct ot_plan_ramp){.after = {6, 0}, .frac = 1.0};
        o->ramp_n = 2;
    }
    for (int s = 0; s < size.scenarios; s++) {
        struct ot_plan_scenario *sc = &p->scenarios[s];
        fx_demand(arena, p, s, 0.6 + 0.9 * ot_rng_uniform(rng, k++));
        sc->delays = ot_arena_calloc(arena, 1, sizeof(*sc->delays));
        sc->delays[0].vendor = ot_str_fmt(arena, "vendor%d", s % 5);
        sc->delays[0].by.months = 3 * (s % 3);
        sc->delays_n = size.offers > size.pools + 4 ? 1 : 0;
    }
    return p;
}

static inline struct ot_work fx_random_work(struct ot_arena *arena, const struct ot_plan *p,
                                            uint64_t seed)
{
    const struct ot_rng rng = ot_rng_of(seed, ot_rng_stream("work", 0));
    struct ot_work work = ot_plan_work_stated(p, arena);
    for (int64_t i = 0; i < work.pools_n * work.workloads_n; i++)
        work.cells[i] = (struct ot_work_cell){
            fx_pred(1.0 + 2.0 * ot_rng_uniform(rng, (uint64_t)i), 0.8, 1.2), true};
    return work;
}
#endif
