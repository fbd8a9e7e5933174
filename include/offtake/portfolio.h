/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFTAKE_PORTFOLIO_H
#define OFFTAKE_PORTFOLIO_H
/* Floor 6: which offers to sign, for how many chips, from when.
 *
 *   plan file ──ot_plan_load──▶ struct ot_plan ─┐
 *   floor 5 (search) ─▶ work per chip ──────────┴─ot_plan_solve─▶ struct ot_plan_result
 *
 * One deterministic-equivalent linear program over quarters, blocks of a quarter and scenarios;
 * sets, variables, constraints and prices out: docs/models/portfolio.md. The unit of work is one
 * request of the workload; rates are requests/s, prices USD per chip-second, dates day numbers.
 * Unmet demand is always allowed at a penalty, so a plan is never infeasible. */
#include "offtake/catalog.h"

/* What class a workload is of.
 * interactive, free: demand must be met in its own block (free: a tier with a penalty of its own,
 * shed first); deferrable: anywhere within its quarter. */
#define OT_WORK_CLASS_LIST(X) X(interactive) X(deferrable) X(free)
enum ot_work_class {
#define OT_WORK_CLASS_ENUM(name) OT_WORK_CLASS_##name,
    OT_WORK_CLASS_LIST(OT_WORK_CLASS_ENUM)
#undef OT_WORK_CLASS_ENUM
    OT_WORK_CLASS_COUNT
};

/* take_or_pay, reservation: chips signed for a term (min_take_frac of them is paid whether used or
 * not; default 1); on_demand: by the hour up to max_chips; spot: the same, minus interruptions. */
#define OT_OFFER_KIND_LIST(X) X(take_or_pay) X(reservation) X(on_demand) X(spot)
enum ot_offer_kind {
#define OT_OFFER_KIND_ENUM(name) OT_OFFER_KIND_##name,
    OT_OFFER_KIND_LIST(OT_OFFER_KIND_ENUM)
#undef OT_OFFER_KIND_ENUM
    OT_OFFER_KIND_COUNT
};
const char *ot_offer_kind_name(enum ot_offer_kind kind);

/* FinOps FOCUS 1.4 fulfilment intervals: the window over which the minimum take is counted. A
 * window shorter than a quarter is modelled on the quarter's blocks: hourly = each block on its
 * own, daily, weekly, monthly = the quarter. */
#define OT_FULFILMENT_LIST(X)                                                                      \
    X(hourly) X(daily) X(weekly) X(monthly) X(quarterly) X(semi_annual) X(annual) X(full_period)
enum ot_fulfilment {
#define OT_FULFILMENT_ENUM(name) OT_FULFILMENT_##name,
    OT_FULFILMENT_LIST(OT_FULFILMENT_ENUM)
#undef OT_FULFILMENT_ENUM
    OT_FULFILMENT_COUNT
};

/* How a minimum take below 1 is charged. deficiency: min_take of the chip-hours of a window are
 * paid whether taken or not, what is taken beyond them at the price; two_part: min_take of the
 * price for every signed chip-hour, the rest of the price for every chip-hour used. */
#define OT_TARIFF_LIST(X) X(deficiency) X(two_part)
enum ot_tariff {
#define OT_TARIFF_ENUM(name) OT_TARIFF_##name,
    OT_TARIFF_LIST(OT_TARIFF_ENUM)
#undef OT_TARIFF_ENUM
    OT_TARIFF_COUNT
};

/* proposed: may be signed; signed: already binds, at least min_chips are taken. */
#define OT_OFFER_STATE_LIST(X) X(proposed) X(signed)
enum ot_offer_state {
#define OT_OFFER_STATE_ENUM(name) OT_OFFER_STATE_##name,
    OT_OFFER_STATE_LIST(OT_OFFER_STATE_ENUM)
#undef OT_OFFER_STATE_ENUM
    OT_OFFER_STATE_COUNT
};

/* binary: 0 or min_chips..max_chips; continuous: 0..max_chips; auto = binary if min_chips > 0. */
#define OT_SIGN_LIST(X) X(auto) X(binary) X(continuous)
enum ot_sign {
#define OT_SIGN_ENUM(name) OT_SIGN_##name,
    OT_SIGN_LIST(OT_SIGN_ENUM)
#undef OT_SIGN_ENUM
    OT_SIGN_COUNT
};

/* Which end of the work band a scenario takes for a chip. */
#define OT_WORK_AT_LIST(X) X(value) X(p10) X(p90)
enum ot_work_at {
#define OT_WORK_AT_ENUM(name) OT_WORK_AT_##name,
    OT_WORK_AT_LIST(OT_WORK_AT_ENUM)
#undef OT_WORK_AT_ENUM
    OT_WORK_AT_COUNT
};

/* ---- The plan: what the YAML file says --------------------------------------------------- */

/* A step path: `factor` holds from `date_day` until the next entry; before the first it is 1. */
struct ot_plan_step {
    int64_t date_day;
    double factor;
};
struct ot_plan_budget {
    int64_t date_day; /* holds from here until the next entry; before the first: no limit */
    double usd;       /* cash per quarter, prepayments included */
};
struct ot_plan_demand {
    int64_t date_day;
    double rate_req_per_s; /* geometric between points; constant before the first */
};
struct ot_plan_block { /* a part of every quarter */
    struct ot_str name;
    double hours_frac;    /* share of the quarter's hours; the blocks sum to 1 */
    double demand_factor; /* interactive demand relative to the mean; hours-weighted mean is 1 */
};
struct ot_plan_workload {
    struct ot_str name;
    enum ot_work_class class;
    struct ot_str model, workload, slo; /* for floor 5; the solver does not read them */
    struct ot_plan_demand *demand;
    int64_t demand_n;
    double growth_frac; /* per year, after the last point of `demand` */
    struct ot_fact penalty_usd_per_req;
};
struct ot_plan_pool { /* a chip at a place */
    struct ot_str name, chip, maker, provider, site;
    struct ot_str software; /* for floor 5: published, tuned, parity; the solver does not read it */
    struct ot_fact power_per_chip_w; /* all-in; needed where the site has a cap */
    struct ot_plan_step *learning;   /* factor on the work per chip, by date */
    int64_t learning_n;
};
struct ot_plan_site {
    struct ot_str name;
    struct ot_fact power_cap_w;
};
struct ot_plan_ramp {
    struct ot_period after; /* since the start of the term … */
    int64_t date_day;       /* … or a date */
    bool has_date;
    double frac; /* of the signed chips, from then on */
};
struct ot_plan_supply {         /* what stands behind a commitment */
    struct ot_str chip, vendor; /* vendor: the chip's maker */
    double share_frac;
    bool has_share; /* false: unknown */
};
struct ot_plan_offer {
    struct ot_str name, vendor, pool; /* vendor: the counterparty (cloud) */
    enum ot_offer_kind kind;
    enum ot_offer_state state;
    enum ot_sign sign;
    struct ot_fact price_usd_per_chip_s;
    enum ot_price_kind price_basis;
    bool has_price_basis;
    double min_take_frac;
    enum ot_tariff tariff;
    enum ot_fulfilment fulfilment;
    double min_chips, max_chips;
    bool has_max_chips;                  /* absent: no limit */
    int64_t start_day, start_latest_day; /* the start window; start day of on-demand */
    bool has_start, has_start_latest;    /* absent: start of the horizon; = start */
    struct ot_period term, lead_time;    /* lead time counts from as_of */
    bool has_term;                       /* absent: to the end of the horizon */
    struct ot_plan_ramp *ramp;           /* absent: all chips from the start */
    int64_t ramp_n;
    double prepay_frac;       /* of the minimum payments of the whole term, at as_of */
    double credit_frac;       /* of every payment given back as credits */
    double escalator_frac;    /* of the price, per year since the start of the term */
    double interruption_frac; /* spot: share of paid time that is lost */
    struct ot_plan_supply *supply;
    int64_t supply_n;
    int64_t expires_day, known_from_day; /* not signable after / unknown before */
    bool has_expires, has_known_from;
    struct ot_str source, note;
};
struct ot_plan_price_shift { /* the market price of a kind of offer */
    enum ot_offer_kind kind;
    int64_t date_day; /* from here on; entries multiply */
    bool has_date;
    double factor;
};
struct ot_plan_delay { /* offer or vendor: exactly one */
    struct ot_str offer, vendor;
    struct ot_period by; /* delivery, payments and end of term move by this */
};
struct ot_plan_failure { /* nothing delivered and nothing paid from this day; prepaid money lost */
    struct ot_str vendor;
    int64_t date_day;
};
struct ot_plan_demand_shift {
    struct ot_str workload; /* empty: all */
    int64_t date_day;
    double factor; /* step path per workload as in ot_plan_step */
};
struct ot_plan_work_shift { /* one chip's error is common to all its pools */
    struct ot_str chip;
    enum ot_work_at at;
    double factor;
};
struct ot_plan_scenario {
    struct ot_str name, note;
    double probability;
    struct ot_plan_demand_shift *demand;
    int64_t demand_n;
    struct ot_plan_price_shift *prices;
    int64_t prices_n;
    struct ot_plan_delay *delays;
    int64_t delays_n;
    struct ot_plan_failure *failures;
    int64_t failures_n;
    struct ot_plan_work_shift *work;
    int64_t work_n;
};
struct ot_plan_policy {
    double vendor_cap_frac; /* largest share of one vendor in the commitments; 1 = none */
    struct ot_plan_budget *budget;
    int64_t budget_n;
    double discount_frac; /* per year */
    double cvar_weight;   /* lambda in [0, 1): (1 - lambda) E[cost] + lambda CVaR */
    double cvar_level;    /* beta: CVaR = mean of the worst (1 - beta) */
    int64_t work_points;  /* 3: each scenario splits in three along the work bands; 1: no split */
};
struct ot_plan_work { /* work per chip stated in the file instead of simulated */
    struct ot_str pool, workload;
    struct ot_fact req_per_chip_s; /* low, high = p10, p90 */
};
struct ot_plan_deal { /* deal files for floor 7; not read here */
    struct ot_str file;
    int64_t known_from_day;
    bool has_known_from;
};
struct ot_plan {
    struct ot_str title, note;
    int64_t as_of_day;
    int64_t start_day; /* of the horizon; moved back to the start of its quarter */
    bool has_start;    /* absent: the quarter of as_of */
    int64_t quarters_n;
    struct ot_plan_block *blocks;
    int64_t blocks_n;
    struct ot_plan_workload *workloads;
    int64_t workloads_n;
    struct ot_plan_site *sites;
    int64_t sites_n;
    struct ot_plan_pool *pools;
    int64_t pools_n;
    struct ot_plan_offer *offers;
    int64_t offers_n;
    struct ot_plan_scenario *scenarios;
    int64_t scenarios_n;
    struct ot_plan_policy policy;
    struct ot_str main_offer; /* whose commitment curve is drawn; empty: the largest signed */
    struct ot_plan_work *work;
    int64_t work_n;
    struct ot_plan_deal *deals;
    int64_t deals_n;
    const struct ot_node *root; /* the file's tree, for positions; may be NULL */
    struct ot_str path;         /* the file, as opened; may be empty */
};
extern const struct ot_table ot_plan_table;

struct ot_plan_set { /* one `--set path=value` */
    struct ot_str text;
    struct ot_loc loc;
};
struct ot_plan_load_opts {
    struct ot_sources *sources; /* may be NULL */
    struct ot_assumed *assumed; /* may be NULL */
    const struct ot_plan_set *sets;
    int64_t sets_n;
};
/* Reads, applies the sets, loads by the table and checks. OT_INPUT with the position of the field:
 * duplicate names, unknown pool, workload, chip, vendor or site, shares that do not sum to 1, a
 * term that ends before the horizon starts, NaN, negative prices, include cycles. opts: NULL =
 * none. */
enum ot_code ot_plan_load(struct ot_arena *arena, const char *path,
                          const struct ot_plan_load_opts *opts, struct ot_plan **ret,
                          struct ot_err *err) OT_MUST_CHECK;
/* The same checks on a plan built in memory (plan->root may be NULL: no positions then); fills the
 * derived defaults (start of the horizon, blocks, one scenario). */
enum ot_code ot_plan_check(struct ot_plan *plan, struct ot_arena *arena,
                           struct ot_err *err) OT_MUST_CHECK;

/* ---- Work per chip ------------------------------------------------------------------------ */

/* Requests/s one chip of a pool serves of a workload within its SLO; has false: not known. A value
 * of 0 says the pool cannot serve it. */
struct ot_work_cell {
    struct ot_pred req_per_chip_s;
    bool has;
};
struct ot_work {
    struct ot_work_cell *cells; /* [pool * workloads_n + workload], in the plan's order */
    int64_t pools_n, workloads_n;
};
/* A matrix with what the plan file states; the caller fills the cells that do not `has`. */
struct ot_work ot_plan_work_stated(const struct ot_plan *plan, struct ot_arena *arena);

/* ---- The answer --------------------------------------------------------------------------- */

enum ot_plan_extra { /* which further solves to make */
    OT_PLAN_EXTRA_ALL,
    OT_PLAN_EXTRA_PRICES, /* break-even prices and leave-one-out only */
    OT_PLAN_EXTRA_NONE
};
struct ot_plan_opts {
    enum ot_plan_extra extra;
    int64_t frontier_n;     /* points of the frontier; 0 = 5 */
    int64_t curve_n;        /* points of the commitment curve; 0 = 11 */
    int64_t nodes_max;      /* branch and bound; 0 = 400 */
    double gap_frac;        /* stop when proven within; 0 = 1e-6 */
    int64_t iterations_max; /* of one LP; 0 = 10,000,000; past it OT_LIMIT */
    double near_frac;       /* cost slack of the alternative plan; 0 = 1 % */
};

/* sign: sign now; keep: already signed; leave: rejected; use: on-demand or spot that is drawn;
 * skip: on-demand or spot not drawn; closed: expired, not yet known, or outside the horizon. */
#define OT_DECISION_LIST(X) X(sign) X(keep) X(leave) X(use) X(skip) X(closed)
enum ot_decision {
#define OT_DECISION_ENUM(name) OT_DECISION_##name,
    OT_DECISION_LIST(OT_DECISION_ENUM)
#undef OT_DECISION_ENUM
    OT_DECISION_COUNT
};
const char *ot_decision_name(enum ot_decision decision);

struct ot_plan_cohort { /* part of an offer that starts in one quarter of its window */
    int64_t start_day;
    double chips;
};
struct ot_plan_use { /* one offer in one scenario */
    struct ot_str scenario;
    double mean_chips;    /* delivered, mean over the horizon; on-demand: drawn */
    double used_frac;     /* of the delivered chips */
    double cost_usd;      /* present value */
    double shortfall_usd; /* paid but not taken, present value */
};
struct ot_plan_offer_result {
    struct ot_str name, vendor, pool, chip;
    enum ot_offer_kind kind;
    enum ot_decision decision;
    bool binary;
    double chips; /* signed; on-demand and spot: largest expected draw of a block */
    struct ot_plan_cohort *cohorts;
    int64_t cohorts_n;
    double price_usd_per_chip_s;
    /* Of the signed chips over the whole term, undiscounted: minimum payments; and the part of
     * them that falls after the horizon (outside the optimisation). */
    double commitment_usd, beyond_horizon_usd;
    double cost_usd; /* expected present value within the horizon */
    double used_frac;
    /* Rejected: the price below which some would be signed. Signed: the price at which this many
     * chips are worth no more than none (walk away above). */
    double break_even_usd_per_chip_s;
    bool has_break_even;
    double leave_one_out_usd; /* objective without the offer minus with it */
    bool has_leave_one_out;
    struct ot_plan_use *uses; /* per solver scenario */
    int64_t uses_n;
    double *capacity_chips; /* expected available (signed) or drawn (on-demand) chips, by quarter */
    int64_t capacity_chips_n;
};
struct ot_plan_flow { /* one workload in one quarter and scenario */
    struct ot_str quarter, scenario, workload;
    double demand_req_per_s, unmet_req_per_s; /* means over the quarter */
};
struct ot_plan_period { /* one quarter in one scenario */
    struct ot_str quarter, scenario;
    double commitment_usd, on_demand_usd, penalty_usd; /* undiscounted */
    double cash_usd;                                   /* commitment + on-demand as paid */
    double chips, idle_chips;                          /* committed chips: mean, unused mean */
    double unmet_frac;                                 /* of the penalty value of the demand */
};
struct ot_plan_scenario_result { /* present values over the horizon */
    struct ot_str name;
    double probability;
    double cost_usd, commitment_usd, on_demand_usd, penalty_usd;
    double unmet_frac, idle_frac;
    double best_cost_usd; /* with foresight of this scenario; only where evpi was computed */
    bool has_best;
};
struct ot_plan_pool_value {
    struct ot_str quarter, pool;
    double usd_per_chip_s; /* of one more chip, mean over scenarios and blocks by hours */
};
struct ot_plan_work_value {
    struct ot_str quarter, workload;
    double usd_per_req; /* of one more request, spread as the demand is */
};
struct ot_plan_limit {     /* a cap that holds the plan back, or that signed offers already break */
    struct ot_str name;    /* "vendor_cap aws", "power site-a", "budget" */
    struct ot_str quarter; /* empty: whole horizon */
    double price_usd;      /* of relaxing it by one unit (USD, W) */
    double raised_by;      /* what the signed offers need beyond it; 0 = none */
};
struct ot_plan_point { /* of the frontier or the commitment curve */
    double x;          /* cvar weight, or chips of the main offer */
    double cost_usd, cvar_usd;
    double commitment_usd; /* present value */
};
struct ot_plan_mix {
    struct ot_str name;
    double share_frac;
};
struct ot_plan_hhi {  /* of the expected present value paid */
    struct ot_str by; /* cloud, maker, chip */
    double hhi;       /* sum of squared shares; what is unknown counts as one of its own */
    double unknown_frac;
    struct ot_plan_mix *mix; /* largest first */
    int64_t mix_n;
};
struct ot_plan_chips {
    struct ot_str name;
    double chips;
};
struct ot_plan_alternative { /* within near_frac of the best cost, most different in vendors */
    double cost_usd, cvar_usd;
    double moved_frac;           /* half the sum of absolute changes of vendor shares */
    struct ot_plan_chips *chips; /* chips signed per offer */
    int64_t chips_n;
    struct ot_plan_mix *vendors;
    int64_t vendors_n;
};
struct ot_plan_solver { /* how it was found */
    int64_t scenarios;  /* solved together: the plan's times work_points */
    int64_t rows, columns, nonzeros, iterations, solves, nodes;
    double gap_frac;         /* of the branch and bound; 0 = proven */
    double duality_gap_frac; /* of the last LP */
    double tie_break_frac;   /* largest relative cost perturbation that orders equal plans */
};
struct ot_plan_result {
    double objective_usd, cost_usd, cost_p10_usd, cost_p90_usd, cvar_usd;
    double commitment_usd, on_demand_usd, penalty_usd; /* expected present values; sum = cost */
    double evpi_usd;
    bool has_evpi;
    double unmet_frac, idle_frac;
    struct ot_str *quarters;
    int64_t quarters_n;
    struct ot_plan_offer_result *offers;
    int64_t offers_n;
    struct ot_plan_scenario_result *scenarios;
    int64_t scenarios_n;
    struct ot_plan_period *periods;
    int64_t periods_n;
    struct ot_plan_flow *flows;
    int64_t flows_n;
    struct ot_plan_pool_value *pool_values;
    int64_t pool_values_n;
    struct ot_plan_work_value *work_values;
    int64_t work_values_n;
    struct ot_plan_limit *limits;
    int64_t limits_n;
    struct ot_plan_point *frontier;
    int64_t frontier_n;
    struct ot_str main_offer; /* of the curve */
    struct ot_plan_point *curve;
    int64_t curve_n;
    struct ot_plan_alternative alternative;
    bool has_alternative;
    struct ot_plan_hhi *hhi;
    int64_t hhi_n;
    struct ot_plan_solver solver;
};
extern const struct ot_table ot_plan_result_table;

/* Solves the plan. work: every cell `has`, prices of all offers known, else OT_INPUT that names the
 * pair or the offer. opts: NULL = all
 * extras with defaults. OT_LIMIT only when an LP hits iterations_max. */
enum ot_code ot_plan_solve(const struct ot_plan *plan, const struct ot_work *work,
                           const struct ot_plan_opts *opts, struct ot_arena *arena,
                           struct ot_plan_result *ret, struct ot_err *err) OT_MUST_CHECK;
#endif
