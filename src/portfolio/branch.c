/* SPDX-License-Identifier: Apache-2.0 */
/* Best-first branch and bound over the offers with a minimum lot. */
#include "portfolio/branch.h"

#include <math.h>

struct node {
    double bound;
    int offer; /* to branch on */
    bool open;
    enum ot__state *state;
};

struct search {
    struct ot__model *m;
    const struct ot__branch_opts *opts;
    struct ot_arena *arena;
    struct node *nodes; /* in order of creation, which breaks ties of the bound */
    int64_t n, cap, solved;
    double best;
    enum ot__state *best_state; /* NULL: none yet */
};

void ot__set_state(struct ot__model *m, int o, enum ot__state state)
{
    const struct ot__offer *offer = &m->c->offers[o];
    const double max =
        offer->max_chips >= OT__LP_INF ? OT__LP_INF : offer->max_chips / m->chip_unit;
    const double min = offer->min_chips / m->chip_unit;
    const bool must = offer->plan->state == OT_OFFER_STATE_signed && offer->cohort_n > 0;
    const double lo = must || state == OT__STATE_IN ? min : -OT__LP_INF;
    ot__lp_set_row(m->lp, m->row_total[o], lo, state == OT__STATE_OUT ? 0.0 : max);
}

void ot__fix_chips(struct ot__model *m, int o, double chips)
{
    ot__lp_set_row(m->lp, m->row_total[o], chips / m->chip_unit, chips / m->chip_unit);
}

double ot__chips(const struct ot__model *m, const double *values, int o)
{
    const struct ot__offer *offer = &m->c->offers[o];
    double sum = 0.0;
    for (int i = 0; i < offer->cohort_n; i++)
        sum += values[m->col_x[offer->cohort_from + i]];
    return sum * m->chip_unit;
}

static enum ot_code solve(struct search *s, const enum ot__state *state, enum ot__lp_method method)
{
    for (int o = 0; o < s->m->c->o_n; o++) {
        if (s->m->c->offers[o].binary)
            ot__set_state(s->m, o, state[o]);
    }
    s->solved++;
    return ot__lp_solve(s->m->lp, method, s->opts->iterations_max);
}

static enum ot__state *copy_state(struct search *s, const enum ot__state *state)
{
    return ot_arena_grow(s->arena, state, (size_t)s->m->c->o_n, (size_t)s->m->c->o_n,
                         sizeof(*state));
}

/* The offer whose chips lie deepest between 0 and its minimum; -1 when none does. */
static int most_fractional(const struct search *s)
{
    const double *values = ot__lp_values(s->m->lp);
    int best = -1;
    double depth = 1e-7;
    for (int o = 0; o < s->m->c->o_n; o++) {
        const struct ot__offer *offer = &s->m->c->offers[o];
        if (!offer->binary || offer->min_chips <= 0.0)
            continue;
        const double x = ot__chips(s->m, values, o) / offer->min_chips;
        if (fmin(x, 1.0 - x) > depth) {
            depth = fmin(x, 1.0 - x);
            best = o;
        }
    }
    return best;
}

/* The relaxed solution rounded to in or out: a first plan to beat. */
static void round_state(const struct search *s, enum ot__state *state)
{
    const double *values = ot__lp_values(s->m->lp);
    for (int o = 0; o < s->m->c->o_n; o++) {
        const struct ot__offer *offer = &s->m->c->offers[o];
        if (offer->binary)
            state[o] =
                ot__chips(s->m, values, o) > 0.5 * offer->min_chips ? OT__STATE_IN : OT__STATE_OUT;
    }
}

/* What the program's solution says, as decisions that hold it. */
static void keep_if_best(struct search *s)
{
    const double objective = ot__lp_objective(s->m->lp);
    if (s->best_state && objective >= s->best)
        return;
    enum ot__state *state = ot_arena_calloc(s->arena, (size_t)s->m->c->o_n, sizeof(enum ot__state));
    round_state(s, state);
    s->best = objective;
    s->best_state = state;
}

static void push(struct search *s, double bound, int offer, enum ot__state *state)
{
    if (s->n == s->cap) {
        s->nodes = ot_arena_grow(s->arena, s->nodes, (size_t)s->n, (size_t)(s->cap * 2 + 64),
                                 sizeof(*s->nodes));
        s->cap = s->cap * 2 + 64;
    }
    s->nodes[s->n++] = (struct node){bound, offer, true, state};
}

/* The open node with the lowest bound, the oldest of equals; -1 when none is left. */
static int64_t lowest(const struct search *s)
{
    int64_t best = -1;
    for (int64_t i = 0; i < s->n; i++) {
        if (s->nodes[i].open && (best < 0 || s->nodes[i].bound < s->nodes[best].bound))
            best = i;
    }
    return best;
}

static bool proven(const struct search *s, double bound)
{
    return s->best_state && bound >= s->best - s->opts->gap_frac * fmax(fabs(s->best), 1e-12);
}

/* Solves one child; a fractional one becomes a node, a whole one a candidate. */
static enum ot_code visit(struct search *s, enum ot__state *state, double bound)
{
    const enum ot_code code = solve(s, state, OT__LP_DUAL);
    if (code == OT_LIMIT)
        return code;
    if (code != OT_OK)
        return OT_OK; /* no plan with these signatures */
    const double objective = fmax(ot__lp_objective(s->m->lp), bound);
    const int offer = most_fractional(s);
    if (offer < 0)
        keep_if_best(s);
    else if (!proven(s, objective))
        push(s, objective, offer, state);
    return OT_OK;
}

static enum ot_code first_plans(struct search *s, const enum ot__state *root)
{
    enum ot__state *state = copy_state(s, root);
    round_state(s, state);
    enum ot_code code = visit(s, state, -INFINITY);
    if (code != OT_OK || s->best_state)
        return code;
    for (int o = 0; o < s->m->c->o_n; o++)
        state[o] = s->m->c->offers[o].binary ? OT__STATE_OUT : OT__STATE_FREE;
    return visit(s, state, -INFINITY);
}

static enum ot_code expand(struct search *s, int64_t at)
{
    const struct node node = s->nodes[at];
    const enum ot__state ways[] = {OT__STATE_IN, OT__STATE_OUT};
    enum ot_code code = OT_OK;
    s->nodes[at].open = false;
    for (size_t i = 0; i < OT_COUNT(ways) && code == OT_OK; i++) {
        enum ot__state *child = copy_state(s, node.state);
        child[node.offer] = ways[i];
        code = visit(s, child, node.bound);
    }
    return code;
}

static enum ot_code run(struct search *s, struct ot__branch_result *ret)
{
    enum ot__state *root = ot_arena_calloc(s->arena, (size_t)s->m->c->o_n, sizeof(enum ot__state));
    enum ot_code code = solve(s, root, s->opts->first);
    if (code != OT_OK)
        return code;
    ret->bound = ot__lp_objective(s->m->lp);
    const int offer = most_fractional(s);
    if (offer < 0) {
        keep_if_best(s);
    } else {
        push(s, ret->bound, offer, copy_state(s, root));
        code = first_plans(s, root);
    }
    int64_t at = lowest(s);
    while (code == OT_OK && at >= 0 && !proven(s, s->nodes[at].bound) &&
           s->solved < s->opts->nodes_max) {
        code = expand(s, at);
        at = lowest(s);
    }
    if (code != OT_OK)
        return code;
    ret->bound = at >= 0 ? fmin(s->nodes[at].bound, s->best) : s->best;
    return solve(s, s->best_state, OT__LP_DUAL);
}

enum ot_code ot__branch(struct ot__model *m, const struct ot__branch_opts *opts,
                        struct ot_arena *arena, struct ot__branch_result *ret)
{
    struct search s = {.m = m, .opts = opts, .arena = arena};
    *ret = (struct ot__branch_result){0};
    const enum ot_code code = run(&s, ret);
    if (code != OT_OK)
        return code;
    ret->objective = s.best;
    ret->gap_frac = fmax(0.0, (s.best - ret->bound) / fmax(fabs(s.best), 1e-12));
    ret->nodes = s.solved;
    ret->state = s.best_state;
    return OT_OK;
}
