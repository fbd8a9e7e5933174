/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFTAKE_CHAIN_H
#define OFFTAKE_CHAIN_H
/* The chain: one plan from chip to contract.
 *
 *   chips ─search─▶ work per chip ─portfolio─▶ what to sign ─┐
 *   deal files known on the plan's date ─deal─▶ what it is ──┴─▶ the decision
 *
 * The decision is drawn from the solved plan and from re-solving it with one fact moved at a time
 * to the end of its own range (work per chip: p10, p90; price: the range its source gives, else a
 * stated shock; demand and delivery: stated shocks). docs/models/decision.md */
#include "offtake/deal.h"
#include "offtake/portfolio.h"
#include "offtake/search.h"

/* sign: the plan takes it. wait: not at this price, but a fact within its own range, or a price at
 * most a third lower, would change that. walk: neither. keep: it binds already. no_price: the
 * vendor has published none; the break-even says what it is worth. closed: expired or not yet
 * offered. */
#define OT_VERDICT_LIST(X) X(sign) X(wait) X(walk) X(keep) X(no_price) X(closed)
enum ot_verdict {
#define OT_VERDICT_ENUM(name) OT_VERDICT_##name,
    OT_VERDICT_LIST(OT_VERDICT_ENUM)
#undef OT_VERDICT_ENUM
    OT_VERDICT_COUNT
};
const char *ot_verdict_name(enum ot_verdict verdict);

struct ot_advice { /* one offer that needs or needed a signature */
    struct ot_str offer, vendor, pool, chip;
    enum ot_verdict verdict;
    double chips;          /* to sign */
    double commitment_usd; /* minimum payments over the whole term */
    struct ot_fact price_usd_per_chip_s;
    double walk_away_usd_per_chip_s; /* above it, walk; has_walk_away */
    bool has_walk_away;
    double swing_low_chips, swing_high_chips; /* over all facts moved */
    struct ot_str why;
};

struct ot_chain_work { /* one pool and workload: the yield behind the plan */
    struct ot_str pool, chip, software, workload, model, layout, engine;
    bool stated;   /* in the plan file, not simulated */
    bool feasible; /* false: the pool cannot serve it; why */
    struct ot_pred req_per_chip_s;
    struct ot_pred usd_per_mtok; /* at the cheapest known offer of the pool; has_usd */
    bool has_usd;
    struct ot_str binding, why;
};

struct ot_swing { /* one fact moved to both ends of its range, everything else as it stands */
    struct ot_str fact, basis;                      /* basis: whose range it is */
    struct ot_str low, high;                        /* the two values as text */
    double low_cost_usd, high_cost_usd;             /* expected cost of the re-solved plan */
    double low_commitment_usd, high_commitment_usd; /* newly signed, present value */
    bool flips;                                     /* some verdict changes between sign and not */
    struct ot_str flipped;                          /* which offer, and to what */
};

struct ot_unconfirmed { /* a figure the answer rests on that no filing or vendor page confirms */
    struct ot_str where, value, status, source;
};

struct ot_deal_part { /* one deal file of the plan */
    struct ot_str file;
    struct ot_deal_result result;
};

struct ot_chain_result {
    struct ot_str title, as_of, headline; /* headline: the decision in one sentence */
    struct ot_advice *advice;
    int64_t advice_n;
    struct ot_swing *swings; /* most important first; the first three are "what would change it" */
    int64_t swings_n;
    double *swing_chips; /* [(2 * swing + side) * offers + offer]: signed with that fact moved */
    struct ot_unconfirmed *unconfirmed;
    int64_t unconfirmed_n;
    struct ot_chain_work *work;
    int64_t work_n;
    const struct ot_plan *plan;
    struct ot_plan_result portfolio;
    struct ot_deal_part *deals;
    int64_t deals_n;
    struct ot_str *not_yet_known; /* deal files left out: known only after as_of */
    int64_t not_yet_known_n;
};
extern const struct ot_table ot_advice_table, ot_chain_work_table, ot_swing_table,
    ot_unconfirmed_table;

struct ot_chain_in {
    struct ot_catalog *catalog;
    const struct ot_fits *fits;
    const char *path; /* the plan file; deal files are relative to it */
    const struct ot_plan_set *sets;
    int64_t sets_n;
    struct ot_sources *sources; /* may be NULL */
    struct ot_assumed *assumed; /* may be NULL */
    uint64_t seed;
    int threads;        /* never changes the result */
    int64_t requests_n; /* simulated per rate of the search; 0 = 600 */
    /* Called between the stages; may be NULL. */
    void (*progress)(void *ctx, const char *stage);
    void *progress_ctx;
};
/* OT_INPUT with position on a bad plan or deal; nothing is written then. */
enum ot_code ot_chain_run(const struct ot_chain_in *in, struct ot_arena *arena,
                          struct ot_chain_result *ret, struct ot_err *err) OT_MUST_CHECK;
#endif
