/* SPDX-License-Identifier: Apache-2.0 */
/* The step cost as the simulator sees it: integer picoseconds (docs/models/step-table.md).
 *
 * Pure decode is piecewise linear in total KV tokens by definition:
 *
 *   time
 *    |            .--'   piece: base + slope (kv - from), slope whole picoseconds per token,
 *    |      .--'         rounded down, so that the next piece never starts below this one's end
 *    |  .-'
 *    +--|-----|--------|---- kv     knots as close as 0.05 % of error asks
 *
 * Rows-only work is cached by padded rows and by sampled rows; attention is evaluated. */
#include <math.h>

#include "step_internal.h"

enum {
    ROWS_CACHED = 1 << 16, /* rows whose linear work is kept; beyond that it is computed */
    PIECES_MAX = 512
};
static const double kv_limit = 1e12; /* tokens; the last piece goes on from here */
static const double knot_error = 5e-4;

struct pieces { /* of one batch size */
    struct ot_step_piece *items;
    int n, hint;
};
struct attention { /* of one layer group; kernels keep their shape and take a load's lengths */
    const struct ot_layers *layers;
    double count;
    struct ot_kernel decode, prefill;
    const struct ot_fit *decode_fit, *prefill_fit; /* NULL: more than one kernel, ask ops.c */
};
struct ot_step_table {
    struct ot__plan plan;
    struct attention *groups;
    size_t groups_n;
    double *rows_s, *sampled_s; /* by padded rows, by sampled rows on a rank */
    size_t rows_n, sampled_n;
    struct pieces *decode; /* by sequences */
    size_t decode_n;
};

static double ops_time_s(const struct ot__plan *plan, const struct ot__ops *ops)
{
    double sum = 0;
    for (int i = 0; i < ops->n; i++) {
        const struct ot__op *op = &ops->items[i];
        const struct ot__found *found = ot__plan_find(plan, &op->kernel);
        sum += op->count * ot_form_time_s(&found->fit, &op->kernel);
    }
    return sum;
}

/* What depends on the padded rows only: layers, embedding, hand-over. */
static double rows_fresh_s(const struct ot_step_table *t, double rows)
{
    const struct ot_model *model = t->plan.deploy.model;
    struct ot__ops ops;
    ot__ops_once(&t->plan.deploy, rows, &ops);
    double sum = ops_time_s(&t->plan, &ops);
    for (int64_t g = 0; g < model->layers_n; g++) {
        ot__ops_linear(&t->plan.deploy, &model->layers[g], rows, &ops);
        sum += (double)model->layers[g].count * ops_time_s(&t->plan, &ops);
    }
    return sum;
}

static double sampled_fresh_s(const struct ot_step_table *t, double sampled)
{
    struct ot__ops ops;
    ot__ops_sampled(&t->plan.deploy, sampled, &ops);
    return ops_time_s(&t->plan, &ops);
}

/* A cached value of a function of a whole number; 0 = not yet known. */
static double cached(const struct ot_step_table *t, double *cache, size_t cache_n, double x,
                     double (*fresh)(const struct ot_step_table *, double))
{
    const size_t at = (size_t)x;
    if (at >= cache_n || (double)at != x)
        return fresh(t, x);
    if (cache[at] <= 0)
        cache[at] = fresh(t, x);
    return cache[at];
}

static double group_s(const struct ot_step_table *t, struct attention *a,
                      const struct ot__rank_load *load)
{
    const struct ot_deploy *d = &t->plan.deploy;
    if (!a->decode_fit) {
        struct ot__ops ops;
        ot__ops_attention(d, a->layers, load, &ops);
        return ops_time_s(&t->plan, &ops);
    }
    double sum = 0;
    if (load->decode_seqs > 0) {
        ot__decode_lengths(d, a->layers, load, &a->decode);
        sum += ot_form_time_s(a->decode_fit, &a->decode);
    }
    if (load->prefill_seqs > 0) {
        ot__prefill_lengths(d, a->layers, load, &a->prefill);
        sum += ot_form_time_s(a->prefill_fit, &a->prefill);
    }
    return sum;
}

static double attention_s(struct ot_step_table *t, const struct ot__rank_load *load)
{
    double sum = 0;
    for (size_t g = 0; g < t->groups_n; g++)
        sum += t->groups[g].count * group_s(t, &t->groups[g], load);
    return sum;
}

static void prepare_groups(struct ot_step_table *t)
{
    const struct ot_model *model = t->plan.deploy.model;
    struct ot__rank_load any;
    ot__plan_dummy(&any);
    t->groups = ot_arena_calloc(t->plan.arena, (size_t)model->layers_n, sizeof(*t->groups));
    for (int64_t g = 0; g < model->layers_n; g++) {
        struct ot__ops ops;
        ot__ops_attention(&t->plan.deploy, &model->layers[g], &any, &ops);
        if (ops.n == 0)
            continue;
        struct attention *a = &t->groups[t->groups_n++];
        a->layers = &model->layers[g];
        a->count = (double)model->layers[g].count;
        if (ops.n != 2)
            continue;
        a->decode = ops.items[0].kernel;
        a->prefill = ops.items[1].kernel;
        a->decode_fit = &ot__plan_find(&t->plan, &a->decode)->fit;
        a->prefill_fit = &ot__plan_find(&t->plan, &a->prefill)->fit;
    }
}

static double step_s(struct ot_step_table *t, const struct ot_step_load *load)
{
    if (t->plan.neuron) {
        struct ot__neuron_step decode, prefill;
        ot__neuron_decode(&t->plan, load->decode_seqs, load->decode_kv_tokens, &decode);
        ot__neuron_prefill(&t->plan, load, &prefill);
        return decode.total_s + prefill.total_s;
    }
    const struct ot__rank_load rank = ot__rank_load_of(&t->plan.deploy, load);
    const double rows = ot__padded_rows(t->plan.deploy.engine, rank.tokens);
    const double sampled = rank.decode_seqs + rank.prefill_seqs;
    const double device = cached(t, t->rows_s, t->rows_n, rows, rows_fresh_s) +
                          cached(t, t->sampled_s, t->sampled_n, sampled, sampled_fresh_s) +
                          attention_s(t, &rank);
    return device * ot__plan_scale(&t->plan, &rank) + ot__host_s(&t->plan, &rank);
}

static int64_t to_ps(double seconds)
{
    OT_ASSERT(seconds >= 0 && seconds < 9e6);
    return llround(seconds * 1e12);
}

static double decode_s(struct ot_step_table *t, int64_t seqs, double kv)
{
    const struct ot_step_load load = {.decode_seqs = (double)seqs, .decode_kv_tokens = kv};
    return step_s(t, &load);
}

/* The piece from `from` to `to`, whole picoseconds. */
static struct ot_step_piece piece_of(struct ot_step_table *t, int64_t seqs, int64_t from,
                                     int64_t to)
{
    const int64_t low = to_ps(decode_s(t, seqs, (double)from));
    const int64_t high = to_ps(decode_s(t, seqs, (double)to));
    const int64_t slope = high > low ? (high - low) / (to - from) : 0;
    return (struct ot_step_piece){low, slope, from, to};
}

/* Largest relative distance from the cost at three points inside and at the end. */
static double piece_error(struct ot_step_table *t, int64_t seqs, const struct ot_step_piece *p)
{
    double worst = 0;
    for (int64_t i = 1; i <= 4; i++) {
        const int64_t kv = p->kv_from + (p->kv_to - p->kv_from) * i / 4;
        const double exact = decode_s(t, seqs, (double)kv) * 1e12;
        const double got = (double)(p->base_ps + p->slope_ps * (kv - p->kv_from));
        worst = fmax(worst, fabs(got - exact) / exact);
    }
    return worst;
}

/* First kv past `from` where a sliding window fills; a kink that no knot may straddle. */
static int64_t next_kink(const struct ot_step_table *t, int64_t seqs, int64_t from)
{
    const struct ot_model *model = t->plan.deploy.model;
    int64_t kink = INT64_MAX;
    for (int64_t g = 0; g < model->layers_n; g++) {
        const int64_t at = model->layers[g].window * seqs;
        if (at > from && at < kink)
            kink = at;
    }
    return kink;
}

static void tabulate(struct ot_step_table *t, int64_t seqs, struct pieces *ret)
{
    ret->items = ot_arena_calloc(t->plan.arena, PIECES_MAX, sizeof(*ret->items));
    ret->n = 0;
    int64_t from = 0;
    while (ret->n < PIECES_MAX && (double)from < kv_limit) {
        const int64_t kink = next_kink(t, seqs, from);
        struct ot_step_piece piece = {0};
        for (double ratio = 4; ratio > 0.01; ratio /= 2) {
            int64_t to = from + (int64_t)(ratio * (double)from);
            if (to <= from + 16 * seqs)
                to = from + 16 * seqs; /* never shorter than 16 tokens a sequence */
            to = to > kink ? kink : to;
            piece = piece_of(t, seqs, from, to);
            if (piece_error(t, seqs, &piece) < knot_error)
                break;
        }
        ret->items[ret->n++] = piece;
        from = piece.kv_to;
    }
    ret->items[ret->n - 1].kv_to = INT64_MAX;
}

static struct pieces *pieces_of(struct ot_step_table *t, int64_t seqs)
{
    OT_ASSERT(seqs > 0 && seqs < 1 << 24);
    const size_t at = (size_t)seqs;
    if (at >= t->decode_n) {
        const size_t n = 2 * at + 64;
        t->decode = ot_arena_grow(t->plan.arena, t->decode, t->decode_n, n, sizeof(*t->decode));
        t->decode_n = n;
    }
    if (t->decode[at].n == 0)
        tabulate(t, seqs, &t->decode[at]);
    return &t->decode[at];
}

enum ot_code ot_step_table_new(const struct ot_fits *fits, const struct ot_deploy *deploy,
                               struct ot_arena *arena, struct ot_step_table **ret,
                               struct ot_err *err)
{
    struct ot_step_table *t = ot_arena_calloc(arena, 1, sizeof(*t));
    enum ot_code code = ot__plan_init(fits, deploy, arena, &t->plan, err);
    if (code)
        return code;
    if (!t->plan.neuron)
        prepare_groups(t);
    const int64_t rows = deploy->max_batched_tokens + deploy->max_num_seqs + 1;
    t->rows_n = (size_t)(rows < ROWS_CACHED ? rows : ROWS_CACHED);
    t->sampled_n =
        (size_t)(deploy->max_num_seqs < ROWS_CACHED ? deploy->max_num_seqs + 1 : ROWS_CACHED);
    t->rows_s = ot_arena_calloc(arena, t->rows_n, sizeof(*t->rows_s));
    t->sampled_s = ot_arena_calloc(arena, t->sampled_n, sizeof(*t->sampled_s));
    *ret = t;
    return OT_OK;
}

struct ot_step_piece ot_step_decode_piece(struct ot_step_table *table, int64_t seqs,
                                          int64_t kv_tokens)
{
    OT_ASSERT(kv_tokens >= 0);
    struct pieces *pieces = pieces_of(table, seqs);
    const struct ot_step_piece *hint = &pieces->items[pieces->hint];
    if (kv_tokens >= hint->kv_from && kv_tokens < hint->kv_to)
        return *hint;
    int low = 0, high = pieces->n - 1; /* the last piece that starts at or before kv */
    while (low < high) {
        const int mid = (low + high + 1) / 2;
        if (pieces->items[mid].kv_from <= kv_tokens)
            low = mid;
        else
            high = mid - 1;
    }
    pieces->hint = low;
    return pieces->items[low];
}

int64_t ot_step_decode_ps(struct ot_step_table *table, int64_t seqs, int64_t kv_tokens)
{
    const struct ot_step_piece p = ot_step_decode_piece(table, seqs, kv_tokens);
    return p.base_ps + p.slope_ps * (kv_tokens - p.kv_from);
}

int64_t ot_step_mixed_ps(struct ot_step_table *table, const struct ot_step_load *load)
{
    if (load->prefill_tokens <= 0)
        return ot_step_decode_ps(table, (int64_t)load->decode_seqs,
                                 (int64_t)load->decode_kv_tokens);
    return to_ps(step_s(table, load));
}

struct ot_pred ot_step_table_band(const struct ot_step_table *table)
{
    const struct ot_step_load decode = {.decode_seqs = 1};
    return ot__plan_band(&table->plan, &decode, 1);
}
