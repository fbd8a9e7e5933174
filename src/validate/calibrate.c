/* SPDX-License-Identifier: Apache-2.0 */
/* Fits the coefficients of kernel forms to measured kernel times of one chip.
 *
 * Residual of a row: r = ln(predicted / measured), taken as sign(r) s sqrt(2 (sqrt(1 + (r/s)^2) -
 * 1)), s = 0.1, so that least squares of it is the soft-L1 loss of r. A coefficient moves between
 * its bounds by v = lo (hi/lo)^(1 / (1 + exp(-u))), u free (straight, not log, where lo = 0).
 * Structure (norm exponents, chain lengths, L2 share) stays as shipped. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cminpack-1/cminpack.h>

#include "measure.h"

enum {
    ROWS_MIN = 8,
    ROWS_ALL_COEFS = 24,
    ROWS_MAX_DEFAULT = 3000,
    EVALUATIONS_MAX = 400
};
static const double SOFT_SCALE = 0.1, HELD_FRAC_DEFAULT = 0.3;

/* Which coefficients of a form move, the most telling first; the first `few` of them when rows are
 * few. Bounds: docs/models/validation.md. */
struct freedom {
    enum ot_op op;
    int few;
    struct {
        enum ot_coef coef;
        double low, high;
    } coefs[OT_CAL_COEFS_MAX];
    int n;
};
#define START                                                                                      \
    {                                                                                              \
        OT_COEF_t0, 1e-7, 1e-4                                                                     \
    }
#define COMPUTE                                                                                    \
    {                                                                                              \
        OT_COEF_eta_c, 0.05, 1.3                                                                   \
    }
#define MEMORY                                                                                     \
    {                                                                                              \
        OT_COEF_eta_m, 0.05, 1.2                                                                   \
    }
/* clang-format off */
static const struct freedom freedoms[] = {
    {OT_OP_gemm, 3, {START, COMPUTE, MEMORY, {OT_COEF_ck, 0, 8e-6}}, 4},
    {OT_OP_grouped_gemm, 3,
     {{OT_COEF_t0, 1e-6, 4e-4}, COMPUTE, MEMORY, {OT_COEF_ck, 0, 1e-4}, {OT_COEF_cr, 0, 5},
      {OT_COEF_ct, 0, 10}}, 6},
    {OT_OP_attention_prefill, 3,
     {START, COMPUTE, {OT_COEF_eta_m, 0.05, 3}, {OT_COEF_cl, 0, 1e-4}}, 4},
    {OT_OP_attention_decode, 3, {START, MEMORY, {OT_COEF_cb, 1e-8, 1e-4}, {OT_COEF_cl, 0, 1e-4}}, 4},
    {OT_OP_mla_prefill, 3, {START, COMPUTE, {OT_COEF_eta_m, 0.05, 3}, {OT_COEF_cl, 0, 1e-4}}, 4},
    {OT_OP_mla_decode, 3,
     {START, MEMORY, COMPUTE, {OT_COEF_cb, 0, 1e-4}, {OT_COEF_cl, 0, 2e-4}}, 5},
    {OT_OP_elementwise, 2, {START, MEMORY}, 2},
#define LINK \
    {{OT_COEF_a0, 1e-7, 1e-3}, {OT_COEF_beta2, 0.01, 3}, {OT_COEF_beta4, 0.01, 3}, \
     {OT_COEF_beta8, 0.01, 3}, {OT_COEF_a1, 1e-9, 1e-4}, {OT_COEF_kappa, 0, 5}}, 6
    {OT_OP_allreduce, 4, LINK}, {OT_OP_allgather, 4, LINK}, {OT_OP_reducescatter, 4, LINK},
    {OT_OP_alltoall, 4, LINK}, {OT_OP_p2p, 2, LINK},
#undef LINK
};
/* clang-format on */
#undef START
#undef COMPUTE
#undef MEMORY

struct point { /* one measured kernel */
    struct ot_kernel kernel;
    double measured_s;
    struct ot_str id;
};
struct group {
    struct ot_kernel like; /* op, formats, library, kind, head size */
    struct point *points;
    size_t n, cap;
};
struct collect {
    struct ot_arena *arena, *scratch;
    struct ot__names *names;
    const struct ot_chip *chip;
    struct ot__plan *plan;
    struct ot_str default_id, file;
    int64_t row;
    struct group *groups;
    size_t groups_n, groups_cap;
    struct ot_val_skip *skipped;
    size_t skipped_n, skipped_cap;
};

/* ---- read ---- */

static void *room(struct ot_arena *arena, void *items, size_t n, size_t *cap, size_t size)
{
    if (n < *cap)
        return items;
    const size_t new_cap = *cap == 0 ? 64 : 2 * *cap;
    items = ot_arena_grow(arena, items, n, new_cap, size);
    *cap = new_cap;
    return items;
}

static void skip(struct collect *c, struct ot_str id, struct ot_str reason)
{
    c->skipped = room(c->arena, c->skipped, c->skipped_n, &c->skipped_cap, sizeof *c->skipped);
    c->skipped[c->skipped_n++] =
        (struct ot_val_skip){ot_str_dup(c->arena, id), ot__names_intern(c->names, reason)};
}

static bool is_attention(enum ot_op op)
{
    return op == OT_OP_attention_prefill || op == OT_OP_attention_decode;
}

static bool is_collective(enum ot_op op)
{
    return op == OT_OP_allreduce || op == OT_OP_allgather || op == OT_OP_reducescatter ||
           op == OT_OP_alltoall || op == OT_OP_p2p;
}

/* The format that keys a row of coefficients: of KV in attention, else of the weights; the two
 * 16-bit formats are one, and collectives only move bytes. */
static enum ot_dtype key_format(const struct ot_kernel *k)
{
    const bool kv = is_attention(k->op) || k->op == OT_OP_mla_decode || k->op == OT_OP_mla_prefill;
    const enum ot_dtype format = kv ? k->dtype_kv : k->dtype_weights;
    return is_collective(k->op) || format == OT_DTYPE_fp16 ? OT_DTYPE_bf16 : format;
}

static bool alike(const struct ot_kernel *a, const struct ot_kernel *b)
{
    return a->op == b->op && a->library == b->library && a->kind == b->kind &&
           key_format(a) == key_format(b) && (!is_attention(a->op) || a->head_dim == b->head_dim);
}

static void add_point(struct collect *c, const struct ot_kernel *kernel, double measured_s,
                      struct ot_str id)
{
    size_t g = 0;
    while (g < c->groups_n && !alike(&c->groups[g].like, kernel))
        g++;
    if (g == c->groups_n) {
        c->groups = room(c->arena, c->groups, c->groups_n, &c->groups_cap, sizeof *c->groups);
        c->groups[c->groups_n++] = (struct group){.like = *kernel};
    }
    struct group *group = &c->groups[g];
    group->points = room(c->arena, group->points, group->n, &group->cap, sizeof *group->points);
    group->points[group->n++] = (struct point){*kernel, measured_s, ot_str_dup(c->arena, id)};
}

static enum ot_code take(void *ctx, const struct ot__record *record, struct ot_err *err)
{
    (void)err;
    struct collect *c = ctx;
    struct ot__meas meas;
    struct ot_kernel kernel;
    struct ot__outcome out = {0};
    ot__measure_of(c->names, record, c->default_id, c->scratch, &meas);
    if (meas.skip_class != NULL)
        skip(c, meas.id, ot_str_c(meas.skip_class));
    else if (meas.kind != OT_MEAS_KIND_kernel || !ot_str_is(meas.metric, "time"))
        skip(c, meas.id, ot_str_c("not a kernel time"));
    else if (meas.chip != c->chip)
        skip(c, meas.id, ot_str_c("another chip"));
    else if (!ot__kernel_of(&meas, &kernel, &out))
        skip(c, meas.id, ot_str_c(out.skip));
    else
        add_point(c, &kernel, meas.measured, meas.id);
    return OT_OK;
}

static enum ot_code on_row(void *ctx, const struct ot_csv_row *header, const struct ot_csv_row *row,
                           struct ot_err *err)
{
    struct collect *c = ctx;
    if (c->plan == NULL)
        c->plan = ot__plan_of(c->arena, header);
    if (c->plan == NULL)
        return ot_err_set(err, OT_INPUT, header->loc, "header", ot_str_c(""),
                          "columns metric, value, unit of the measurement table, or those of "
                          "data/kernels");
    ot_arena_reset(c->scratch);
    c->default_id = ot_str_fmt(c->scratch, "%s:%lld", c->file.ptr, (long long)++c->row);
    return ot__plan_row(c->plan, header, row, c->scratch, take, c, err);
}

/* ---- fit ---- */

struct problem {
    const struct ot_fits *fits;
    const struct ot_chip *chip;
    struct ot_arena *arena, *scratch;
    const struct point **points;
    double *weight; /* square root of the row's weight */
    size_t n;
    struct ot_fit fit; /* moved by the solver */
    struct ot_cal_coef *coefs;
    int coefs_n;
};

static double from_free(const struct ot_cal_coef *coef, double u)
{
    const double share = 1 / (1 + exp(-u));
    if (coef->low > 0)
        return coef->low * pow(coef->high / coef->low, share);
    return coef->low + (coef->high - coef->low) * share;
}

static double to_free(const struct ot_cal_coef *coef, double value)
{
    double share = coef->low > 0 ? log(value / coef->low) / log(coef->high / coef->low)
                                 : (value - coef->low) / (coef->high - coef->low);
    share = ot_clamp(share, 0.01, 0.99); /* off the bound, where the slope would vanish */
    return log(share / (1 - share));
}

static double soft(double r)
{
    const double z = r / SOFT_SCALE;
    const double size = SOFT_SCALE * sqrt(2 * (sqrt(1 + z * z) - 1));
    return r < 0 ? -size : size;
}

/* ln(predicted / measured) of one point; a shape the form refuses counts as far off. */
static double log_error(const struct ot_fits *fits, const struct ot_chip *chip,
                        const struct point *point, struct ot_arena *arena)
{
    struct ot_pred time;
    struct ot_err err;
    ot_err_init(&err, arena);
    if (ot_kernel_time(fits, chip, &point->kernel, arena, &time, NULL, &err) != OT_OK ||
        !(time.value > 0))
        return 10;
    return log(time.value / point->measured_s);
}

static void set_coefs(struct problem *p, const double *u)
{
    for (int i = 0; i < p->coefs_n; i++) {
        p->coefs[i].value = from_free(&p->coefs[i], u[i]);
        p->fit.coef[p->coefs[i].coef] = p->coefs[i].value;
    }
}

static int residuals(void *ctx, int m, int n, const double *u, double *ret, int flag)
{
    (void)n;
    (void)flag;
    struct problem *p = ctx;
    ot_arena_reset(p->scratch);
    set_coefs(p, u);
    const struct ot_fits *fits = ot_fits_with(p->scratch, p->fits, &p->fit);
    for (int i = 0; i < m; i++)
        ret[i] = p->weight[i] * soft(log_error(fits, p->chip, p->points[i], p->scratch));
    return 0;
}

static void solve(struct problem *p)
{
    const int m = (int)p->n, n = p->coefs_n;
    const size_t sm = (size_t)m, sn = (size_t)n;
    double u[OT_CAL_COEFS_MAX], diag[OT_CAL_COEFS_MAX], qtf[OT_CAL_COEFS_MAX];
    double wa1[OT_CAL_COEFS_MAX], wa2[OT_CAL_COEFS_MAX], wa3[OT_CAL_COEFS_MAX];
    int pivot[OT_CAL_COEFS_MAX], calls;
    double *fvec = ot_arena_calloc(p->arena, sm, sizeof *fvec);
    double *jac = ot_arena_calloc(p->arena, sm * sn, sizeof *jac);
    double *wa4 = ot_arena_calloc(p->arena, sm, sizeof *wa4);
    for (int i = 0; i < n; i++)
        u[i] = to_free(&p->coefs[i], p->coefs[i].start);
    (void)lmdif(residuals, p, m, n, u, fvec, 1e-8, 1e-8, 0, EVALUATIONS_MAX, 1e-6, diag, 1, 100, 0,
                &calls, jac, m, pivot, qtf, wa1, wa2, wa3, wa4);
    set_coefs(p, u);
    for (int i = 0; i < n; i++) {
        struct ot_cal_coef *coef = &p->coefs[i];
        const double share = 1 / (1 + exp(-u[i]));
        coef->at_bound = share < 0.005 || share > 0.995;
    }
}

/* Size by which rows are spread evenly per octave: tables crowd at small shapes. */
static double size_of(const struct ot_kernel *k)
{
    const double sizes[] = {k->m, k->tokens, k->bytes, k->batch * fmax(k->kv_len, 1)};
    for (size_t i = 0; i < OT_COUNT(sizes); i++)
        if (sizes[i] > 0)
            return sizes[i];
    return 1;
}

enum {
    OCTAVES = 80
};
static int octave_of(const struct point *point)
{
    const double octave = ot_clamp(floor(log2(fmax(size_of(&point->kernel), 1))), 0, OCTAVES - 1);
    return (int)octave;
}

static void set_weights(struct problem *p)
{
    int64_t count[OCTAVES] = {0};
    for (size_t i = 0; i < p->n; i++)
        count[octave_of(p->points[i])]++;
    for (size_t i = 0; i < p->n; i++)
        p->weight[i] = 1 / sqrt((double)count[octave_of(p->points[i])]);
}

static const struct freedom *freedom_of(enum ot_op op)
{
    for (size_t i = 0; i < OT_COUNT(freedoms); i++)
        if (freedoms[i].op == op)
            return &freedoms[i];
    return NULL;
}

static void errors(const struct ot_fits *fits, const struct ot_chip *chip,
                   const struct point *const *points, size_t n, struct ot_arena *arena,
                   double *ret_median, double *ret_p90)
{
    struct ot_arena *scratch = ot_arena_child(arena);
    double *e = ot_arena_calloc(scratch, n, sizeof *e);
    for (size_t i = 0; i < n; i++)
        e[i] = fabs(log_error(fits, chip, points[i], scratch));
    ot_sort_doubles(e, n);
    *ret_median = ot_percentile_sorted(e, n, 50);
    *ret_p90 = ot_percentile_sorted(e, n, 90);
    ot_arena_free(scratch);
}

/* True when rows of that many ranks exist: else its beta says nothing. */
static bool tells(const struct group *group, enum ot_coef coef)
{
    static const struct {
        enum ot_coef coef;
        double ranks;
    } betas[] = {{OT_COEF_beta2, 2}, {OT_COEF_beta4, 4}, {OT_COEF_beta8, 8}};
    for (size_t b = 0; b < OT_COUNT(betas); b++) {
        if (betas[b].coef != coef)
            continue;
        for (size_t i = 0; i < group->n; i++)
            if (group->points[i].kernel.ranks == betas[b].ranks)
                return true;
        return false;
    }
    return true;
}

static void choose_coefs(const struct group *group, const struct ot_fit *start,
                         struct ot_cal_fit *ret)
{
    const struct freedom *freedom = freedom_of(group->like.op);
    const int n = group->n < ROWS_ALL_COEFS ? freedom->few : freedom->n;
    ret->coefs_n = 0;
    for (int i = 0; i < n; i++) {
        const enum ot_coef coef = freedom->coefs[i].coef;
        if (!tells(group, coef))
            continue;
        ret->coefs[ret->coefs_n++] = (struct ot_cal_coef){.coef = coef,
                                                          .start = start->coef[coef],
                                                          .low = freedom->coefs[i].low,
                                                          .high = freedom->coefs[i].high};
    }
}

/* Deals the rows: held out by a draw of their own, so that adding rows moves no other. */
static void split(const struct group *group, const struct ot_cal_opts *opts, size_t index,
                  const struct point **train, size_t *train_n, const struct point **held,
                  size_t *held_n)
{
    const double frac = opts->held_frac > 0 ? opts->held_frac : HELD_FRAC_DEFAULT;
    const struct ot_rng rng = ot_rng_of(opts->seed, ot_rng_stream("calibrate", index));
    *train_n = *held_n = 0;
    for (size_t i = 0; i < group->n; i++) {
        const bool out = ot_rng_uniform(rng, i) < frac;
        if (out)
            held[(*held_n)++] = &group->points[i];
        else
            train[(*train_n)++] = &group->points[i];
    }
    if (*held_n == 0) /* a handful of rows: the last one is held */
        held[(*held_n)++] = train[--*train_n];
}

/* Gives the row the key under which look-up finds it for these kernels: their own, else that of the
 * row that serves them now. */
static bool set_key(const struct group *group, const struct ot_fits *fits,
                    const struct ot_chip *chip, struct ot_arena *scratch, struct ot_fit *fit)
{
    const struct ot_kernel *like = &group->like;
    struct ot_fit own = *fit;
    own.chip = fit->chip = chip->name;
    own.dtype = key_format(like);
    own.library = like->library;
    own.kind = like->kind;
    own.head_dim = is_attention(like->op) ? (int64_t)like->head_dim : 0;
    struct ot_fit *tries[] = {&own, fit};
    const struct freedom *freedom = freedom_of(like->op);
    OT_ASSERT(freedom != NULL);
    const enum ot_coef probe = freedom->coefs[0].coef;
    for (size_t i = 0; i < OT_COUNT(tries); i++) {
        struct ot_fit marked = *tries[i], found;
        struct ot_pred band;
        struct ot_err err;
        ot_err_init(&err, scratch);
        marked.coef[probe] *= 1.5;
        if (ot_fits_find(ot_fits_with(scratch, fits, &marked), chip, &group->points[0].kernel,
                         &found, &band, &err) == OT_OK &&
            found.coef[probe] == marked.coef[probe]) {
            *fit = *tries[i];
            return true;
        }
    }
    return false;
}

static bool fit_group(const struct collect *c, const struct ot_fits *fits, size_t index,
                      const struct ot_cal_opts *opts, struct ot_arena *scratch,
                      struct ot_cal_fit *ret)
{
    const struct group *group = &c->groups[index];
    const struct ot_chip *chip = c->chip;
    struct ot_pred band;
    struct ot_err err;
    ot_err_init(&err, scratch);
    if (freedom_of(group->like.op) == NULL ||
        ot_fits_find(fits, chip, &group->points[0].kernel, &ret->fit, &band, &err) != OT_OK)
        return false;
    const struct point **train = ot_arena_calloc(scratch, group->n, sizeof *train);
    const struct point **held = ot_arena_calloc(scratch, group->n, sizeof *held);
    size_t train_n, held_n;
    split(group, opts, index, train, &train_n, held, &held_n);
    double p90;
    errors(fits, chip, held, held_n, scratch, &ret->before_median_abs_ln, &p90);
    choose_coefs(group, &ret->fit, ret);
    const size_t most = (size_t)(opts->rows_max > 0 ? opts->rows_max : ROWS_MAX_DEFAULT);
    const size_t stride = train_n > most ? (train_n + most - 1) / most : 1;
    struct problem p = {.fits = fits,
                        .chip = chip,
                        .arena = scratch,
                        .scratch = ot_arena_child(scratch),
                        .points = ot_arena_calloc(scratch, train_n, sizeof *p.points),
                        .weight = ot_arena_calloc(scratch, train_n, sizeof *p.weight),
                        .fit = ret->fit,
                        .coefs = ret->coefs,
                        .coefs_n = (int)ret->coefs_n};
    for (size_t i = 0; i < train_n; i += stride)
        p.points[p.n++] = train[i];
    if (!set_key(group, fits, chip, scratch, &p.fit))
        return false;
    set_weights(&p);
    solve(&p);
    errors(ot_fits_with(scratch, fits, &p.fit), chip, held, held_n, scratch,
           &ret->held_median_abs_ln, &ret->held_p90_abs_ln);
    ret->fit = p.fit;
    ret->fit.rows_n = ret->train_n = (int64_t)p.n;
    ret->fit.err_median = expm1(ret->held_median_abs_ln);
    ret->fit.err_p90 = expm1(ret->held_p90_abs_ln);
    ret->held_n = (int64_t)held_n;
    return true;
}

static void fit_all(struct collect *c, const struct ot_fits *fits, const struct ot_cal_opts *opts,
                    struct ot_cal_result *ret)
{
    ret->fits = ot_arena_calloc(c->arena, c->groups_n, sizeof *ret->fits);
    for (size_t g = 0; g < c->groups_n; g++) {
        const struct group *group = &c->groups[g];
        const char *why = NULL;
        struct ot_arena *scratch = ot_arena_child(c->arena);
        if (group->n < ROWS_MIN)
            why = "fewer than 8 rows of its op, format and library";
        else if (fit_group(c, fits, g, opts, scratch, &ret->fits[ret->fits_n]))
            ret->fits_n++;
        else
            why = "no form for this kernel";
        ot_arena_free(scratch);
        for (size_t i = 0; why != NULL && i < group->n; i++)
            skip(c, group->points[i].id, ot_str_c(why));
    }
}

enum ot_code ot_calibrate(struct ot_arena *arena, struct ot_catalog *catalog,
                          const struct ot_fits *fits, const struct ot_chip *chip, const char *path,
                          const struct ot_cal_opts *opts, struct ot_cal_result *ret,
                          struct ot_err *err)
{
    const char *slash = strrchr(path, '/');
    struct collect c = {.arena = arena,
                        .scratch = ot_arena_child(arena),
                        .names = ot__names_new(arena, catalog),
                        .chip = chip,
                        .file = ot_str_dup(arena, ot_str_c(slash != NULL ? slash + 1 : path))};
    struct ot_cal_result result = {.chip = chip};
    const enum ot_code code = ot_csv_read(path, NULL, on_row, &c, err);
    if (code != OT_OK)
        return code;
    fit_all(&c, fits, opts, &result);
    result.skipped = c.skipped;
    result.skipped_n = (int64_t)c.skipped_n;
    if (result.fits_n == 0)
        return ot_err_set(err, OT_INPUT, ot_loc_of(ot_str_c(path), 0, 0), "rows", ot_str_c(""),
                          "at least %d kernel times of %s of one op, format and library", ROWS_MIN,
                          chip->name.ptr);
    *ret = result;
    return OT_OK;
}
