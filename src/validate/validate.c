/* SPDX-License-Identifier: Apache-2.0 */
/* Reads tables of measurements and predicts them, a chunk of rows at a time:
 *
 *   read and check (one thread) -> group equal configurations -> predict (threads) -> append in
 * order
 *
 * so that memory is bounded by the result and the bytes do not depend on the number of threads. */
#include <stdlib.h>
#include <string.h>

#include "measure.h"

enum {
    CHUNK = 8192,
    KERNELS_PER_JOB = 256,
    REASONS_MAX = 256,
    ROW_FIGURES_MAX = 64
};

struct job { /* measures order[from .. from + n) of the chunk: one configuration, or kernels */
    size_t from, n;
    struct ot_arena *keep; /* reasons of rows it could not predict */
};
struct keyed {
    uint64_t key[2];
    size_t index;
};

struct reader {
    struct ot_arena *arena;       /* results */
    struct ot_arena *chunk_arena; /* texts of the measures at hand */
    struct ot_arena *scratch;     /* of one row */
    struct ot__names *names;
    struct ot__predict_ctx ctx;
    int threads;
    struct ot__plan *plan; /* of the file at hand */
    struct ot_val_table *table;
    struct ot_str default_id;
    struct ot__meas *meas;
    const struct ot__meas **order;
    struct ot__outcome *outcomes; /* in `order` */
    size_t *place;                /* of a measure in `order` */
    struct job *jobs;
    size_t meas_n, jobs_n;
    struct ot_val_result *result;
    size_t rows_cap, skipped_cap, warnings_cap;
};

/* ---- predict a chunk ---- */

static int by_key(const void *a, const void *b)
{
    const struct keyed *p = a;
    const struct keyed *q = b;
    for (int i = 0; i < 2; i++)
        if (p->key[i] != q->key[i])
            return p->key[i] < q->key[i] ? -1 : 1;
    return p->index < q->index ? -1 : p->index > q->index;
}

static void add_job(struct reader *r, size_t from, size_t n)
{
    r->jobs[r->jobs_n++] = (struct job){.from = from, .n = n};
}

/* Puts kernels in runs, equal configurations together, skipped measures nowhere. */
static void make_jobs(struct reader *r)
{
    struct keyed *keyed = ot_arena_calloc(r->scratch, r->meas_n, sizeof *keyed);
    size_t keyed_n = 0, at = 0, run = 0;
    r->jobs_n = 0;
    for (size_t i = 0; i < r->meas_n; i++) {
        const struct ot__meas *meas = &r->meas[i];
        if (meas->skip_class != NULL)
            continue;
        if (meas->kind == OT_MEAS_KIND_kernel) {
            r->place[i] = at;
            r->order[at++] = meas;
            if (at - run == KERNELS_PER_JOB) {
                add_job(r, run, at - run);
                run = at;
            }
            continue;
        }
        ot__config_key(meas, r->scratch, keyed[keyed_n].key);
        keyed[keyed_n++].index = i;
    }
    if (at > run)
        add_job(r, run, at - run);
    qsort(keyed, keyed_n, sizeof *keyed, by_key);
    for (size_t i = 0; i < keyed_n;) {
        const size_t from = at;
        const size_t first = i;
        for (; i < keyed_n && memcmp(keyed[i].key, keyed[first].key, sizeof keyed[i].key) == 0;
             i++) {
            r->place[keyed[i].index] = at;
            r->order[at++] = &r->meas[keyed[i].index];
        }
        add_job(r, from, at - from);
    }
}

static void work(void *ctx, int64_t index)
{
    struct reader *r = ctx;
    struct job *job = &r->jobs[index];
    struct ot_arena *arena = ot_arena_new(0);
    struct ot__outcome *out = r->outcomes + job->from;
    memset(out, 0, job->n * sizeof *out);
    ot__predict(&r->ctx, r->order + job->from, job->n, arena, out);
    for (size_t i = 0; i < job->n; i++) {
        if (out[i].ok || out[i].skip_value.len == 0)
            continue;
        if (job->keep == NULL)
            job->keep = ot_arena_new(0);
        out[i].skip_value = ot_str_dup(job->keep, out[i].skip_value);
    }
    ot_arena_free(arena);
}

/* ---- append results ---- */

static void *room(struct ot_arena *arena, void *items, size_t n, size_t *cap, size_t size)
{
    if (n < *cap)
        return items;
    const size_t new_cap = *cap == 0 ? 1024 : 2 * *cap;
    items = ot_arena_grow(arena, items, n, new_cap, size);
    *cap = new_cap;
    return items;
}

static void count_reason(struct reader *r, const char *why)
{
    struct ot_val_result *result = r->result;
    for (int64_t i = 0; i < result->reasons_n; i++) {
        if (ot_str_is(result->reasons[i].reason, why)) {
            result->reasons[i].n++;
            return;
        }
    }
    OT_ASSERT(result->reasons_n < REASONS_MAX);
    result->reasons[result->reasons_n].reason = ot_str_c(why);
    result->reasons[result->reasons_n++].n = 1;
}

static void add_skip(struct reader *r, const struct ot__meas *meas, const char *why,
                     struct ot_str value)
{
    struct ot_val_result *result = r->result;
    result->skipped = room(r->arena, result->skipped, (size_t)result->skipped_n, &r->skipped_cap,
                           sizeof *result->skipped);
    struct ot_str reason = ot_str_c(why);
    if (value.len > 0)
        reason = ot_str_fmt(r->arena, "%s: '%.*s'", why, (int)value.len, value.ptr);
    result->skipped[result->skipped_n++] =
        (struct ot_val_skip){ot_str_dup(r->arena, meas->id), ot__names_intern(r->names, reason)};
    count_reason(r, why);
    r->table->skipped_n++;
}

static void add_row(struct reader *r, const struct ot__meas *meas, const struct ot__outcome *out)
{
    struct ot_val_result *result = r->result;
    result->rows =
        room(r->arena, result->rows, (size_t)result->rows_n, &r->rows_cap, sizeof *result->rows);
    const bool kernel = meas->kind == OT_MEAS_KIND_kernel;
    result->rows[result->rows_n++] = (struct ot_val_row){
        .id = ot_str_dup(r->arena, meas->id),
        .chip = meas->chip->name,
        .model = kernel ? meas->model_name : meas->model->name,
        .source = meas->source,
        .metric = meas->metric,
        .unit = meas->unit,
        .op = meas->op,
        .kind = meas->kind,
        .measured = meas->measured,
        .predicted = out->predicted,
        .in_fit = ot__plan_in_fit(r->plan) && out->predicted.label <= OT_LABEL_interpolated,
    };
}

static void flush(struct reader *r)
{
    make_jobs(r);
    ot_pool_run(r->threads, (int64_t)r->jobs_n, work, r);
    for (size_t i = 0; i < r->meas_n; i++) {
        const struct ot__meas *meas = &r->meas[i];
        if (meas->skip_class != NULL) {
            add_skip(r, meas, meas->skip_class, meas->skip_value);
            continue;
        }
        const struct ot__outcome *out = &r->outcomes[r->place[i]];
        if (out->ok)
            add_row(r, meas, out);
        else
            add_skip(r, meas, out->skip, out->skip_value);
    }
    for (size_t j = 0; j < r->jobs_n; j++)
        ot_arena_free(r->jobs[j].keep);
    r->meas_n = 0;
    ot_arena_reset(r->chunk_arena);
    ot_arena_reset(r->scratch);
}

/* ---- read ---- */

static enum ot_code take(void *ctx, const struct ot__record *record, struct ot_err *err)
{
    (void)err;
    struct reader *r = ctx;
    ot__measure_of(r->names, record, r->default_id, r->chunk_arena, &r->meas[r->meas_n++]);
    r->table->measures_n++;
    return OT_OK;
}

static void warn_unknown(struct reader *r, const struct ot_csv_row *header)
{
    struct ot_val_result *result = r->result;
    size_t from = 0;
    for (;;) {
        const struct ot_str name = ot__plan_unknown(r->plan, header, &from);
        if (name.len == 0)
            return;
        result->warnings = room(r->arena, result->warnings, (size_t)result->warnings_n,
                                &r->warnings_cap, sizeof *result->warnings);
        result->warnings[result->warnings_n++] =
            ot_str_fmt(r->arena, "%s: unknown column '%.*s' is ignored", r->table->name.ptr,
                       (int)name.len, name.ptr);
    }
}

static enum ot_code on_row(void *ctx, const struct ot_csv_row *header, const struct ot_csv_row *row,
                           struct ot_err *err)
{
    struct reader *r = ctx;
    if (r->plan == NULL) {
        r->plan = ot__plan_of(r->arena, header);
        if (r->plan == NULL)
            return ot_err_set(err, OT_INPUT, header->loc, "header", ot_str_c(""),
                              "columns metric, value, unit of the measurement table, or the "
                              "columns of a known table (docs/models/validation.md)");
        r->table->format = ot_str_c(ot__plan_format(r->plan));
        warn_unknown(r, header);
    }
    r->table->rows_n++;
    r->default_id =
        ot_str_fmt(r->chunk_arena, "%s:%lld", r->table->name.ptr, (long long)r->table->rows_n);
    const enum ot_code code = ot__plan_row(r->plan, header, row, r->scratch, take, r, err);
    if (code == OT_OK && r->meas_n + ROW_FIGURES_MAX > CHUNK)
        flush(r);
    return code;
}

/* File name without folder, .gz and .csv. */
static struct ot_str short_name(struct ot_arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    struct ot_str name = ot_str_c(slash != NULL ? slash + 1 : path);
    static const char *const tails[] = {".gz", ".zst", ".csv"};
    for (size_t i = 0; i < OT_COUNT(tails); i++)
        if (ot_str_ends(name, tails[i]))
            name.len -= strlen(tails[i]);
    return ot_str_dup(arena, name);
}

static int by_count(const void *a, const void *b)
{
    const struct ot_val_reason *p = a;
    const struct ot_val_reason *q = b;
    if (p->n != q->n)
        return p->n > q->n ? -1 : 1;
    return ot_str_cmp(p->reason, q->reason);
}

enum ot_code ot_validate(struct ot_arena *arena, struct ot_catalog *catalog,
                         const struct ot_fits *fits, const char *const *paths, size_t paths_n,
                         const struct ot_val_opts *opts, struct ot_val_result *ret,
                         struct ot_err *err)
{
    struct ot_val_result result = {
        .tables = ot_arena_calloc(arena, paths_n, sizeof *result.tables),
        .reasons = ot_arena_calloc(arena, REASONS_MAX, sizeof *result.reasons),
    };
    struct ot_arena *work_arena = ot_arena_child(arena);
    struct reader r = {
        .arena = arena,
        .chunk_arena = ot_arena_child(work_arena),
        .scratch = ot_arena_child(work_arena),
        .names = ot__names_new(arena, catalog),
        .ctx = {.fits = fits,
                .catalog = catalog,
                .seed = opts->seed,
                .requests_n = opts->requests_n > 0 ? opts->requests_n : 500},
        .threads = opts->threads > 0 ? opts->threads : 1,
        .meas = ot_arena_calloc(work_arena, CHUNK, sizeof *r.meas),
        .order = ot_arena_calloc(work_arena, CHUNK, sizeof(struct ot__meas *)),
        .outcomes = ot_arena_calloc(work_arena, CHUNK, sizeof *r.outcomes),
        .place = ot_arena_calloc(work_arena, CHUNK, sizeof *r.place),
        .jobs = ot_arena_calloc(work_arena, CHUNK, sizeof *r.jobs),
        .result = &result,
    };
    enum ot_code code = OT_OK;
    for (size_t i = 0; i < paths_n && code == OT_OK; i++) {
        r.plan = NULL;
        r.table = &result.tables[result.tables_n++];
        r.table->name = short_name(arena, paths[i]);
        code = ot_csv_read(paths[i], NULL, on_row, &r, err);
        if (code == OT_OK)
            flush(&r);
    }
    ot_arena_free(work_arena);
    if (code != OT_OK)
        return code;
    qsort(result.reasons, (size_t)result.reasons_n, sizeof *result.reasons, by_count);
    ot__cells(arena, opts->by, &result);
    *ret = result;
    return OT_OK;
}
