/* SPDX-License-Identifier: Apache-2.0 */
/* Field tables of what the chain adds, for JSON. */
#include "offtake/chain.h"

#define STR(type, member, text)                                                                    \
    {                                                                                              \
        .key = #member, .kind = OT_KIND_STR, .offset = offsetof(struct type, member),              \
        .help = (text)                                                                             \
    }

static const char *const verdict_names[] = {
#define NAME(name) #name,
    OT_VERDICT_LIST(NAME)
#undef NAME
};
static const struct ot_enum_names verdicts = {verdict_names, OT_COUNT(verdict_names)};

static const struct ot_field advice_rows[] = {
    STR(ot_advice, offer, "name of the offer"),
    STR(ot_advice, vendor, "counterparty"),
    STR(ot_advice, pool, "pool it feeds"),
    STR(ot_advice, chip, "chip"),
    {.key = "verdict",
     .kind = OT_KIND_ENUM,
     .offset = offsetof(struct ot_advice, verdict),
     .names = &verdicts,
     .help = "what to do"},
    {.key = "chips",
     .out = "chips_n",
     .kind = OT_KIND_NUM,
     .offset = offsetof(struct ot_advice, chips),
     .help = "chips to sign, or signed"},
    {.key = "commitment",
     .out = "commitment_usd",
     .kind = OT_KIND_NUM,
     .dim = OT_DIM_USD,
     .offset = offsetof(struct ot_advice, commitment_usd),
     .help = "minimum payments over the whole term"},
    {.key = "price",
     .out = "price_usd_per_chip_s",
     .kind = OT_KIND_FACT,
     .dim = OT_DIM_USD_PER_CHIP_S,
     .offset = offsetof(struct ot_advice, price_usd_per_chip_s),
     .help = "price asked"},
    {.key = "walk_away",
     .out = "walk_away_usd_per_chip_s",
     .kind = OT_KIND_NUM,
     .dim = OT_DIM_USD_PER_CHIP_S,
     .offset = offsetof(struct ot_advice, walk_away_usd_per_chip_s),
     .has_offset = offsetof(struct ot_advice, has_walk_away),
     .help = "price above which to walk"},
    {.key = "swing_low",
     .out = "swing_low_chips_n",
     .kind = OT_KIND_NUM,
     .offset = offsetof(struct ot_advice, swing_low_chips),
     .help = "fewest chips signed over all facts moved"},
    {.key = "swing_high",
     .out = "swing_high_chips_n",
     .kind = OT_KIND_NUM,
     .offset = offsetof(struct ot_advice, swing_high_chips),
     .help = "most chips signed over all facts moved"},
    STR(ot_advice, why, "in words"),
};
const struct ot_table ot_advice_table = {.name = "advice",
                                         .help = "what to do with one offer",
                                         .size = sizeof(struct ot_advice),
                                         .rows = advice_rows,
                                         .n = OT_COUNT(advice_rows)};

static const struct ot_field work_rows[] = {
    STR(ot_chain_work, pool, "pool"),
    STR(ot_chain_work, chip, "chip"),
    STR(ot_chain_work, software, "of AWS chips: published, tuned, or parity (a what-if)"),
    STR(ot_chain_work, workload, "workload"),
    STR(ot_chain_work, model, "model"),
    STR(ot_chain_work, layout, "parallel layout of a replica"),
    STR(ot_chain_work, engine, "serving engine"),
    {.key = "stated",
     .kind = OT_KIND_BOOL,
     .offset = offsetof(struct ot_chain_work, stated),
     .help = "stated in the plan file, not simulated"},
    {.key = "feasible",
     .kind = OT_KIND_BOOL,
     .offset = offsetof(struct ot_chain_work, feasible),
     .help = "the pool can serve it within its SLO"},
    {.key = "work",
     .out = "req_per_chip_s",
     .kind = OT_KIND_PRED,
     .offset = offsetof(struct ot_chain_work, req_per_chip_s),
     .help = "requests per second and chip"},
    {.key = "cost",
     .out = "usd_per_mtok",
     .kind = OT_KIND_PRED,
     .offset = offsetof(struct ot_chain_work, usd_per_mtok),
     .has_offset = offsetof(struct ot_chain_work, has_usd),
     .help = "USD per million tokens, input and output, at the pool's cheapest offer"},
    STR(ot_chain_work, binding, "what stops a higher rate"),
    STR(ot_chain_work, why, "in words"),
};
const struct ot_table ot_chain_work_table = {.name = "work",
                                             .help = "work per chip of one pool and workload",
                                             .size = sizeof(struct ot_chain_work),
                                             .rows = work_rows,
                                             .n = OT_COUNT(work_rows)};

#define USD(member, text)                                                                          \
    {                                                                                              \
        .key = #member, .kind = OT_KIND_NUM, .dim = OT_DIM_USD,                                    \
        .offset = offsetof(struct ot_swing, member), .help = (text)                                \
    }
static const struct ot_field swing_rows[] = {
    STR(ot_swing, fact, "the fact that was moved"),
    STR(ot_swing, basis, "whose range it is"),
    STR(ot_swing, low, "low end"),
    STR(ot_swing, high, "high end"),
    USD(low_cost_usd, "expected cost at the low end"),
    USD(high_cost_usd, "expected cost at the high end"),
    USD(low_commitment_usd, "newly signed at the low end"),
    USD(high_commitment_usd, "newly signed at the high end"),
    {.key = "flips",
     .kind = OT_KIND_BOOL,
     .offset = offsetof(struct ot_swing, flips),
     .help = "a verdict changes"},
    STR(ot_swing, flipped, "which one, and to what"),
};
const struct ot_table ot_swing_table = {.name = "swing",
                                        .help = "one fact moved to both ends of its range",
                                        .size = sizeof(struct ot_swing),
                                        .rows = swing_rows,
                                        .n = OT_COUNT(swing_rows)};

static const struct ot_field unconfirmed_rows[] = {
    STR(ot_unconfirmed, where, "which figure"),
    STR(ot_unconfirmed, value, "as used"),
    STR(ot_unconfirmed, status, "status of its source"),
    STR(ot_unconfirmed, source, "source"),
};
const struct ot_table ot_unconfirmed_table = {.name = "unconfirmed",
                                              .help = "a figure no filing or vendor page confirms",
                                              .size = sizeof(struct ot_unconfirmed),
                                              .rows = unconfirmed_rows,
                                              .n = OT_COUNT(unconfirmed_rows)};
