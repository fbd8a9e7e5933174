/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a deal file and those it uses into one ot_deal: parties of one name are merged (the outer
 * file's figures win), everything else is appended and must have its own name; then names are
 * resolved and each term is checked against what its kind needs. */
#include "deal_impl.h"

#include <math.h>

enum {
    MAX_FILES = 256,
    MAX_TERMS = 10000
};

struct load {
    struct ot_arena *arena;
    const struct ot_deal_read *how;
    struct ot_deal *deal;          /* being filled */
    struct ot_str open[MAX_FILES]; /* path of `uses`, to name circles */
    size_t open_n;
    struct ot_str done[MAX_FILES];
    size_t done_n;
};

static enum ot_code bad(const struct ot_node *node, const char *field, const char *allowed,
                        struct ot_err *err)
{
    struct ot_str value = node->kind == OT_NODE_SCALAR ? node->text : ot_str_c("");
    return ot_err_set(err, OT_INPUT, node->loc, field, value, "%s", allowed);
}

/* Where a field of a map stands, or the map where the field is absent. */
static const struct ot_node *where(const struct ot_node *map, const char *key)
{
    const struct ot_node *node = ot_node_get(map, key);
    return node ? node : map;
}

int64_t ot__party_index(const struct ot_deal *deal, struct ot_str name)
{
    for (int64_t i = 0; i < deal->parties_n; i++)
        if (ot_str_eq(deal->parties[i].name, name))
            return i;
    return -1;
}

enum ot_code ot_deal_party(const struct ot_deal *deal, struct ot_str name, struct ot_loc loc,
                           int64_t *ret_i, struct ot_err *err)
{
    int64_t i = ot__party_index(deal, name);
    if (i >= 0) {
        *ret_i = i;
        return OT_OK;
    }
    struct ot_str near = ot_str_c("");
    size_t best = 4;
    for (int64_t k = 0; k < deal->parties_n; k++) {
        size_t distance = ot_str_distance(deal->parties[k].name, name, best);
        if (distance < best) {
            best = distance;
            near = deal->parties[k].name;
        }
    }
    if (near.len)
        return ot_err_set(err, OT_INPUT, loc, "party", name,
                          "a name listed under parties; did you mean '%.*s'?", (int)near.len,
                          near.ptr);
    return ot_err_set(err, OT_INPUT, loc, "party", name, "a name listed under parties");
}

const struct ot_term *ot__deal_term(const struct ot_deal *deal, struct ot_str name)
{
    for (int64_t i = 0; i < deal->terms_n; i++)
        if (ot_str_eq(deal->terms[i].name, name))
            return &deal->terms[i];
    return NULL;
}

/* ---- merging ---- */

static void take_fact(struct ot_fact *into, const struct ot_fact *from)
{
    if (!into->has)
        *into = *from;
}

static void take_str(struct ot_str *into, struct ot_str from)
{
    if (!into->len)
        *into = from;
}

static void merge_party(struct ot_party *into, const struct ot_party *from)
{
    take_str(&into->title, from->title);
    take_str(&into->role, from->role);
    take_str(&into->note, from->note);
    take_fact(&into->discount_frac, &from->discount_frac);
    take_fact(&into->cash_usd, &from->cash_usd);
    take_fact(&into->margin_frac, &from->margin_frac);
    take_fact(&into->capex_usd, &from->capex_usd);
    take_fact(&into->volatility_frac, &from->volatility_frac);
    if (!into->revenue_n) {
        into->revenue = from->revenue;
        into->revenue_n = from->revenue_n;
    }
}

static void append(struct ot_arena *arena, void **items, int64_t *n, const void *more,
                   int64_t more_n, size_t size)
{
    if (more_n == 0)
        return;
    char *all = ot_arena_grow(arena, *items, (size_t)*n, (size_t)(*n + more_n), size);
    const char *from = more;
    for (size_t i = 0; i < (size_t)more_n * size; i++)
        all[(size_t)*n * size + i] = from[i];
    *items = all;
    *n += more_n;
}

/* The lists of a deal file that are simply appended. */
struct list {
    const char *key;
    size_t items, count, size, loc;
    bool has_loc;
};
#define LIST(member, type)                                                                         \
    {                                                                                              \
#member, offsetof(struct ot_deal, member), offsetof(struct ot_deal, member##_n),           \
            sizeof(struct type), offsetof(struct type, loc), true                                  \
    }
static const struct list lists[] = {
    LIST(terms, ot_term),
    LIST(backlog, ot_backlog),
    LIST(rounds, ot_round),
    LIST(exits, ot_exit),
    LIST(dependencies, ot_dependency),
    LIST(hedges, ot_hedge),
    LIST(facts, ot_note),
    {"unknowns", offsetof(struct ot_deal, unknowns), offsetof(struct ot_deal, unknowns_n),
     sizeof(struct ot_unknown), 0, false},
};
#undef LIST

static void *list_items(const struct ot_deal *deal, const struct list *list)
{
    void *const *at = (void *const *)(const void *)((const char *)deal + list->items);
    return *at;
}

static int64_t list_count(const struct ot_deal *deal, const struct list *list)
{
    const int64_t *at = (const int64_t *)(const void *)((const char *)deal + list->count);
    return *at;
}

/* The field tables know no places: set each entry's own from its node. */
static void set_locs(struct ot_deal *deal, const struct ot_node *root)
{
    deal->loc = root->loc;
    for (size_t k = 0; k < OT_COUNT(lists); k++) {
        const struct ot_node *node = ot_node_get(root, lists[k].key);
        char *items = list_items(deal, &lists[k]);
        if (!node || !lists[k].has_loc)
            continue;
        for (size_t i = 0; i < node->n; i++) {
            struct ot_loc *loc = (void *)(items + i * lists[k].size + lists[k].loc);
            *loc = node->items[i].loc;
        }
    }
    const struct ot_node *parties = ot_node_get(root, "parties");
    for (int64_t i = 0; i < deal->parties_n; i++)
        deal->parties[i].loc = parties->items[i].loc;
}

static void merge(struct load *load, const struct ot_deal *from)
{
    struct ot_deal *into = load->deal;
    for (int64_t i = 0; i < from->parties_n; i++) {
        int64_t k = ot__party_index(into, from->parties[i].name);
        if (k >= 0) {
            merge_party(&into->parties[k], &from->parties[i]);
            continue;
        }
        void *items = into->parties;
        append(load->arena, &items, &into->parties_n, &from->parties[i], 1, sizeof(*from->parties));
        into->parties = items;
    }
    for (size_t k = 0; k < OT_COUNT(lists); k++) {
        void **items = (void **)(void *)((char *)into + lists[k].items);
        int64_t *count = (int64_t *)(void *)((char *)into + lists[k].count);
        append(load->arena, items, count, list_items(from, &lists[k]), list_count(from, &lists[k]),
               lists[k].size);
    }
}

/* ---- checks of one file, where nodes give exact places ---- */

static enum ot_code check_amount(const struct ot_term *t, const struct ot_node *node,
                                 struct ot_err *err)
{
    if (t->total_usd.has && t->rate_usd_per_s.has)
        return bad(where(node, "rate"), "rate", "either total or rate, not both", err);
    if (t->rate_usd_per_s.has && !ot__term_has_period(t))
        return bad(where(node, "rate"), "rate", "needs start and end or term", err);
    double sum = 0;
    for (int64_t i = 0; i < t->ramp_n; i++)
        sum += t->ramp[i];
    if (t->ramp_n > 0 && sum <= 0)
        return bad(where(node, "ramp"), "ramp", "at least one weight above 0", err);
    return OT_OK;
}

static enum ot_code check_dates(const struct ot_term *t, const struct ot_node *node,
                                struct ot_err *err)
{
    if (t->has_signed && t->has_start && t->start_day < t->signed_day)
        return bad(where(node, "start"), "start", "not before the day it was signed", err);
    if (t->has_end && t->has_term)
        return bad(where(node, "term"), "term", "either end or term, not both", err);
    if (t->has_term && (t->term.months < 0 || t->term.days < 0 ||
                        t->term.months + t->term.days == 0 || ot__term_years(t) > 100))
        return bad(where(node, "term"), "term", "above 0 and at most 100 y", err);
    if (ot__term_has_period(t) && ot__term_end(t) <= t->start_day)
        return bad(where(node, "end"), "end", "after start", err);
    if (ot__term_has_period(t) && ot__term_years(t) > 100)
        return bad(where(node, "end"), "end", "at most 100 y after start", err);
    if (t->has_expires && t->has_signed && t->expires_day < t->signed_day)
        return bad(where(node, "expires"), "expires", "not before the day it was signed", err);
    return OT_OK;
}

static enum ot_code check_power(const struct ot_term *t, const struct ot_node *node,
                                struct ot_err *err)
{
    bool has_power = t->power_w.has || t->firm_power_w.has || t->chip_power_w.has;
    if (has_power && t->power_basis == OT_POWER_BASIS_none)
        return bad(where(node, "power"), "power_basis",
                   "power needs its basis: critical_it, facility or utility", err);
    if (t->firm_power_w.has && !t->power_w.has)
        return bad(where(node, "firm_power"), "firm_power", "needs power beside it", err);
    if (t->firm_power_w.has && t->firm_power_w.value > t->power_w.value)
        return bad(where(node, "firm_power"), "firm_power", "at most power", err);
    return OT_OK;
}

static enum ot_code check_certainty(const struct ot_term *t, const struct ot_node *node,
                                    struct ot_err *err)
{
    if (t->certainty == OT_CERTAINTY_contingent && !t->condition.len)
        return bad(where(node, "certainty"), "condition",
                   "a contingent term says on what condition", err);
    if (t->certainty == OT_CERTAINTY_optional && !t->option_of.len)
        return bad(where(node, "certainty"), "option_of", "an optional term says whose choice",
                   err);
    if (t->kind == OT_TERM_warrant && !t->shares_n.has && !t->note.len)
        return bad(where(node, "kind"), "shares", "a warrant needs shares, or a note why not", err);
    if (t->kind == OT_TERM_credits && !t->against.len)
        return bad(where(node, "kind"), "against", "credits need the term they are against", err);
    return OT_OK;
}

static enum ot_code check_file(const struct ot_deal *deal, const struct ot_node *root,
                               struct ot_err *err)
{
    if (deal->terms_n > MAX_TERMS)
        return bad(root, "terms", "at most 10,000 terms", err);
    const struct ot_node *terms = ot_node_get(root, "terms");
    for (int64_t i = 0; i < deal->terms_n; i++) {
        const struct ot_term *t = &deal->terms[i];
        const struct ot_node *node = &terms->items[i];
        enum ot_code code = check_amount(t, node, err);
        code = code ? code : check_dates(t, node, err);
        code = code ? code : check_power(t, node, err);
        code = code ? code : check_certainty(t, node, err);
        if (code)
            return code;
    }
    const struct ot_node *facts = ot_node_get(root, "facts");
    for (int64_t i = 0; i < deal->facts_n; i++)
        if (deal->facts[i].power_w.has && deal->facts[i].power_basis == OT_POWER_BASIS_none)
            return bad(where(&facts->items[i], "power"), "power_basis",
                       "power needs its basis: critical_it, facility or utility", err);
    return OT_OK;
}

/* ---- files ---- */

static bool in_list(const struct ot_str *list, size_t n, struct ot_str path)
{
    for (size_t i = 0; i < n; i++)
        if (ot_str_eq(list[i], path))
            return true;
    return false;
}

static enum ot_code circle(const struct load *load, struct ot_str path, const struct ot_node *use,
                           struct ot_err *err)
{
    struct ot_buf text;
    ot_buf_init(&text, load->arena, 0);
    for (size_t i = 0; i < load->open_n; i++)
        ot_buf_addf(&text, "%s -> ", load->open[i].ptr);
    ot_buf_add(&text, path);
    return ot_err_set(err, OT_INPUT, use->loc, "uses", use->text,
                      "files must not use each other in a circle: %s", text.ptr);
}

static enum ot_code load_file(struct load *load, struct ot_str path, struct ot_err *err);

static enum ot_code load_use(struct load *load, const struct ot_node *use, struct ot_err *err)
{
    if (!load->how->data_root)
        return bad(use, "uses", "needs a data root", err);
    for (size_t i = 0; i < use->text.len; i++) {
        char c = use->text.ptr[i];
        bool ok = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
        if (!ok || ot_str_starts(use->text, "."))
            return bad(use, "uses", "the name of a file in data/deals: a-z 0-9 . -", err);
    }
    struct ot_str path = ot_str_fmt(load->arena, "%s/deals/%.*s.yaml", load->how->data_root,
                                    (int)use->text.len, use->text.ptr);
    if (in_list(load->open, load->open_n, path))
        return circle(load, path, use, err);
    if (in_list(load->done, load->done_n, path))
        return OT_OK;
    if (!ot_file_exists(path.ptr))
        return bad(use, "uses", "the name of a file in data/deals: there is none of this name",
                   err);
    if (load->done_n + load->open_n >= MAX_FILES)
        return bad(use, "uses", "at most 256 files", err);
    return load_file(load, path, err);
}

static enum ot_code load_file(struct load *load, struct ot_str path, struct ot_err *err)
{
    struct ot_node *root;
    enum ot_code code = ot_yaml_load(load->arena, path.ptr, load->how->sources, &root, err);
    bool outer = load->open_n == 0;
    if (!code && outer && load->how->edit)
        code = load->how->edit(load->how->edit_ctx, root, err);
    struct ot_deal own;
    if (!code)
        code = ot_field_load(&ot_deal_table, root, load->arena, load->how->assumed, &own, err);
    if (!code)
        code = check_file(&own, root, err);
    if (code)
        return code;
    set_locs(&own, root);
    if (outer) {
        *load->deal = own;
        load->deal->name = ot_path_stem(load->arena, path);
    } else {
        merge(load, &own);
    }
    load->open[load->open_n++] = path;
    const struct ot_node *uses = ot_node_get(root, "uses");
    for (size_t i = 0; uses && i < uses->n && !code; i++)
        code = load_use(load, &uses->items[i], err);
    load->open_n--;
    load->done[load->done_n++] = path;
    return code;
}

/* ---- resolving names ---- */

static enum ot_code resolve_term(struct ot_deal *deal, struct ot_term *t, struct ot_err *err)
{
    enum ot_code code = ot_deal_party(deal, t->payer, t->loc, &t->payer_i, err);
    int64_t i;
    code = code ? code : ot_deal_party(deal, t->payee, t->loc, &t->payee_i, err);
    if (!code && t->option_of.len)
        code = ot_deal_party(deal, t->option_of, t->loc, &i, err);
    if (code)
        return code;
    if (t->payer_i == t->payee_i)
        return ot_err_set(err, OT_INPUT, t->loc, "payee", t->payee, "not the payer itself");
    if (t->against.len && !ot__deal_term(deal, t->against))
        return ot_err_set(err, OT_INPUT, t->loc, "against", t->against, "the name of a term");
    if (ot__deal_term(deal, t->name) != t)
        return ot_err_set(err, OT_INPUT, t->loc, "name", t->name,
                          "a name of its own; another term is called so");
    for (int64_t k = 0; k < t->readings_n && t->total_usd.has; k++) {
        const struct ot_fact *other = &t->readings[k].total_usd; /* a conflict widens the range */
        t->total_usd.low = other->has ? fmin(t->total_usd.low, other->low) : t->total_usd.low;
        t->total_usd.high = other->has ? fmax(t->total_usd.high, other->high) : t->total_usd.high;
    }
    if (!t->has_min_take)
        t->min_take_frac = 1;
    if (!t->group.len)
        t->group = t->name;
    if (!t->title.len)
        t->title = t->name;
    for (int64_t k = 0; t->round.len && k <= deal->rounds_n; k++) {
        if (k == deal->rounds_n)
            return ot_err_set(err, OT_INPUT, t->loc, "round", t->round, "the name of a round");
        if (ot_str_eq(deal->rounds[k].name, t->round))
            break;
    }
    return OT_OK;
}

/* Every party named outside the terms. */
static enum ot_code resolve_rest(const struct ot_deal *d, struct ot_err *err)
{
    int64_t i;
    enum ot_code code = OT_OK;
    if (d->buyer.len)
        code = ot_deal_party(d, d->buyer, d->loc, &i, err);
    if (!code && d->supplier.len)
        code = ot_deal_party(d, d->supplier, d->loc, &i, err);
    for (int64_t k = 0; k < d->backlog_n && !code; k++) {
        code = ot_deal_party(d, d->backlog[k].buyer, d->backlog[k].loc, &i, err);
        code = code ? code : ot_deal_party(d, d->backlog[k].supplier, d->backlog[k].loc, &i, err);
    }
    for (int64_t k = 0; k < d->rounds_n && !code; k++)
        code = ot_deal_party(d, d->rounds[k].issuer, d->rounds[k].loc, &i, err);
    for (int64_t k = 0; k < d->exits_n && !code; k++)
        code = ot_deal_party(d, d->exits[k].company, d->exits[k].loc, &i, err);
    for (int64_t k = 0; k < d->dependencies_n && !code; k++) {
        code = ot_deal_party(d, d->dependencies[k].of, d->dependencies[k].loc, &i, err);
        code =
            code ? code : ot_deal_party(d, d->dependencies[k].on, d->dependencies[k].loc, &i, err);
    }
    for (int64_t k = 0; k < d->hedges_n && !code; k++) {
        code = ot_deal_party(d, d->hedges[k].investor, d->hedges[k].loc, &i, err);
        code = code ? code : ot_deal_party(d, d->hedges[k].main, d->hedges[k].loc, &i, err);
        code = code ? code : ot_deal_party(d, d->hedges[k].rival, d->hedges[k].loc, &i, err);
    }
    for (int64_t k = 0; k < d->facts_n && !code; k++)
        if (d->facts[k].about.len)
            code = ot_deal_party(d, d->facts[k].about, d->facts[k].loc, &i, err);
    return code;
}

/* ---- what is taken for granted ---- */

static void assume_fact(struct ot_assumed *assumed, const struct ot_party *party, const char *key,
                        const struct ot_fact *fact, enum ot_dim dim)
{
    struct ot_arena *arena = assumed->arena;
    if (fact->has && fact->status == OT_STATUS_assumed)
        ot_assumed_add(assumed, ot_str_fmt(arena, "parties.%s.%s", party->name.ptr, key),
                       ot_units_text(arena, fact->value, dim, 3), "assumption of the deal file");
}

static bool takes_part(const struct ot_deal *deal, int64_t party_i)
{
    for (int64_t i = 0; i < deal->terms_n; i++)
        if (deal->terms[i].payer_i == party_i || deal->terms[i].payee_i == party_i)
            return true;
    return false;
}

/* Assumptions that move results: rates, margins, fair values, days. */
static void list_assumptions(const struct ot_deal *deal, struct ot_assumed *assumed)
{
    struct ot_arena *arena = assumed->arena;
    for (int64_t i = 0; i < deal->parties_n; i++) {
        const struct ot_party *party = &deal->parties[i];
        if (!takes_part(deal, i))
            continue;
        if (!party->discount_frac.has)
            ot_assumed_add(assumed, ot_str_fmt(arena, "parties.%s.discount_rate", party->name.ptr),
                           ot_units_text(arena, OT__DEFAULT_RATE_FRAC, OT_DIM_FRAC, 3),
                           "the default, as none is given");
        assume_fact(assumed, party, "discount_rate", &party->discount_frac, OT_DIM_FRAC);
        assume_fact(assumed, party, "margin", &party->margin_frac, OT_DIM_FRAC);
        assume_fact(assumed, party, "capex_per_gw", &party->capex_usd, OT_DIM_USD);
        assume_fact(assumed, party, "volatility", &party->volatility_frac, OT_DIM_FRAC);
    }
    for (int64_t i = 0; i < deal->terms_n; i++) {
        const struct ot_term *t = &deal->terms[i];
        if (t->kind == OT_TERM_equity && !t->fair_usd.has)
            ot_assumed_add(assumed, ot_str_fmt(arena, "terms.%s.fair_value", t->name.ptr),
                           ot_str_c("the price paid"), "no fair value is given");
        if (ot__term_row(t->kind)->flows && !t->has_start && t->has_expires)
            ot_assumed_add(assumed, ot_str_fmt(arena, "terms.%s.start", t->name.ptr),
                           ot_date_text(arena, t->expires_day), "its last possible day");
    }
}

enum ot_code ot_deal_load(struct ot_arena *arena, const char *path, const struct ot_deal_read *how,
                          struct ot_deal *ret, struct ot_err *err)
{
    struct ot_deal deal = {0};
    struct load *load = ot_arena_calloc(arena, 1, sizeof(*load));
    *load = (struct load){.arena = arena, .how = how, .deal = &deal};
    enum ot_code code = load_file(load, ot_str_dup(arena, ot_str_c(path)), err);
    for (int64_t i = 0; !code && i < deal.parties_n; i++)
        if (!deal.parties[i].title.len)
            deal.parties[i].title = deal.parties[i].name;
    for (int64_t i = 0; !code && i < deal.terms_n; i++)
        code = resolve_term(&deal, &deal.terms[i], err);
    if (!code)
        code = resolve_rest(&deal, err);
    if (code)
        return code;
    if (how->assumed)
        list_assumptions(&deal, how->assumed);
    *ret = deal;
    return OT_OK;
}
