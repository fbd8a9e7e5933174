/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OT_VALIDATE_MEASURE_H
#define OT_VALIDATE_MEASURE_H
/* One measurement in the columns of the measurement table, whatever file it came from, and the
 * formats that are turned into it.
 *
 *   CSV row --format--> record(s) (texts) --check--> measure(s) (numbers, SI) --predict--> row
 */
#include "offtake/validate.h"

/* S: text, N: number >= 0, L: layout (a number, or "P8/D32" of disaggregated rows) */
/* clang-format off */
#define OT__COL_LIST(X) \
    X(id, S) X(kind, S) X(source, S) X(url, S) X(date, S) X(chip, S) X(n_chips, N) \
    X(model, S) X(dtype_weights, S) X(dtype_act, S) X(dtype_moe, S) X(dtype_kv, S) \
    X(engine, S) X(engine_version, S) X(mode, S) X(tp, L) X(pp, L) X(ep, L) X(dp, L) \
    X(cp, L) X(vpp, N) X(replicas, L) X(lnc, N) X(phase, S) X(group, S) X(op, S) X(m, N) \
    X(n, N) X(k, N) X(batch, N) X(q_len, N) X(kv_len, N) X(window, N) X(heads, N) \
    X(kv_heads, N) X(head_dim, N) X(tokens, N) X(hidden, N) X(inter, N) X(experts, N) \
    X(topk, N) X(skew, S) X(bytes, N) X(ranks, N) X(ranks_per_node, N) X(workload, S) \
    X(isl, N) X(osl, N) X(isl_cached, N) X(n_requests, N) X(concurrency, N) X(rate, N) \
    X(arrival, S) X(slo, S) X(ttft_limit_s, N) X(tpot_limit_s, N) X(num_gpu_blocks, N) \
    X(max_num_seqs, N) X(max_batched_tokens, N) X(max_model_len, N) X(spec, S) X(seq_len, N) \
    X(global_batch, N) X(micro_batch, N) X(recompute, S) X(zero, S) X(task, S) X(metric, S) \
    X(value, N) X(unit, S) X(quality, S) X(note, S)
/* clang-format on */
enum ot__col {
#define OT__COL_ENUM(name, kind) OT__COL_##name,
    OT__COL_LIST(OT__COL_ENUM)
#undef OT__COL_ENUM
    OT__COL_COUNT
};
const char *ot__col_name(enum ot__col col);
char ot__col_kind(enum ot__col col); /* 'S', 'N' or 'L' */

/* Texts of one measurement; views that live as long as the CSV row. */
struct ot__record {
    struct ot_str col[OT__COL_COUNT];
    const char *skip;         /* why it is not to be predicted; NULL = it may be */
    struct ot_str skip_value; /* the value at fault, may be empty */
    bool gated;               /* grouped_gemm: three matrices; default true */
    bool own_id;              /* several metrics share the row's id: append the metric */
};

enum ot__metric_dim {
    OT__DIM_time,
    OT__DIM_rate,
    OT__DIM_bytes,
    OT__DIM_count,
    OT__DIM_other
};
struct ot__metric {
    const char *name;
    enum ot__metric_dim dim;
};
const struct ot__metric *ot__metric_find(struct ot_str name); /* NULL: unknown */

/* A checked measurement: numbers in SI, names resolved. Strings live in the result's arena. */
struct ot__meas {
    struct ot_str id, chip_name, model_name, source, metric, unit, op;
    enum ot_meas_kind kind;
    const struct ot_chip *chip;
    const struct ot_model *model;
    const struct ot_workload *workload;
    struct ot_str text[OT__COL_COUNT]; /* S columns that the predictors read */
    double num[OT__COL_COUNT];         /* N and L columns, SI */
    bool has[OT__COL_COUNT];
    double measured; /* SI */
    bool per_chip;   /* throughput is per chip, not over n_chips */
    bool gated, in_fit;
    const char *skip_class; /* not NULL: not predictable, and why */
    struct ot_str skip_value;
};

/* ---- formats ---- */
struct ot__format;
/* A format bound to one file's header: where its columns are. */
struct ot__plan;
/* The format whose columns the header has; NULL when none. The plan lives in `arena`. */
struct ot__plan *ot__plan_of(struct ot_arena *arena, const struct ot_csv_row *header);
const char *ot__plan_format(const struct ot__plan *plan);
/* Its rows helped to fit the shipped coefficients. */
bool ot__plan_in_fit(const struct ot__plan *plan);
/* Columns of the measurement table that are not in it, for a warning; empty at the end. */
struct ot_str ot__plan_unknown(const struct ot__plan *plan, const struct ot_csv_row *header,
                               size_t *from);
/* Turns one CSV row into records, one per figure in it, and hands each to `sink`. */
typedef enum ot_code ot__record_fn(void *ctx, const struct ot__record *record, struct ot_err *err);
enum ot_code ot__plan_row(const struct ot__plan *plan, const struct ot_csv_row *header,
                          const struct ot_csv_row *row, struct ot_arena *scratch,
                          ot__record_fn *sink, void *ctx, struct ot_err *err) OT_MUST_CHECK;

/* What a format's own function sees of a row. */
struct ot__row {
    const struct ot_csv_row *header, *row;
    struct ot_arena *scratch;
};
struct ot_str ot__row_get(const struct ot__row *row, const char *column); /* blank when absent */
bool ot__has_word(struct ot_str text, const char *word);                  /* substring, any case */
void ot__record_skip(struct ot__record *record, const char *why, struct ot_str value);
/* What renaming columns does not say, per format. */
typedef void ot__fix_fn(const struct ot__row *row, struct ot__record *record);
ot__fix_fn ot__fix_kernel, ot__fix_whole_step, ot__fix_mlperf, ot__fix_neuron, ot__fix_published,
    ot__fix_serving, ot__fix_training;

/* ---- check: record to measure ---- */
/* What is looked up once and remembered: names to chips, models, workloads. */
struct ot__names;
struct ot__names *ot__names_new(struct ot_arena *arena, struct ot_catalog *catalog);
struct ot_str ot__names_intern(struct ot__names *names, struct ot_str text);
/* Fills `ret` from the record; ret->skip says why not. `id`: the default id (file:row). */
void ot__measure_of(struct ot__names *names, const struct ot__record *record,
                    struct ot_str default_id, struct ot_arena *arena, struct ot__meas *ret);

/* ---- statistics ---- */
/* ot_val_stats_of over rows[index[0..n)]; index NULL = the first n rows. */
struct ot_val_stats ot__stats_of(struct ot_arena *arena, const struct ot_val_row *rows,
                                 const size_t *index, size_t n);
/* Sets the weights, the cells by `by` and the summary of a result whose rows are complete. */
void ot__cells(struct ot_arena *arena, enum ot_val_by by, struct ot_val_result *result);

/* ---- predict ---- */
struct ot__predict_ctx {
    const struct ot_fits *fits;
    struct ot_catalog *catalog; /* read only */
    uint64_t seed;
    int64_t requests_n;
};
struct ot__outcome {
    struct ot_pred predicted;
    bool ok;
    const char *skip;         /* static text */
    struct ot_str skip_value; /* lives in the arena given */
};
bool ot__outcome_fail(struct ot__outcome *ret, const char *why, struct ot_str value); /* false */

/* What the prediction of a row depends on beside its metric; equal keys are predicted once. */
void ot__config_key(const struct ot__meas *meas, struct ot_arena *scratch, uint64_t ret_key[2]);
/* n measures of one configuration that differ in their metric and in what only scales it. */
typedef void ot__predict_fn(const struct ot__predict_ctx *ctx, const struct ot__meas *const *meas,
                            size_t n, struct ot_arena *arena, struct ot__outcome *ret);
ot__predict_fn ot__predict, ot__predict_kernels, ot__predict_step, ot__predict_offline,
    ot__predict_load, ot__predict_limit;

/* The kernel a row describes (shapes, formats, library); false with the reason in ret. */
bool ot__kernel_of(const struct ot__meas *meas, struct ot_kernel *ret_kernel,
                   struct ot__outcome *ret);
/* The deployment a row describes; replicas: how many of it n_chips make. */
bool ot__deploy_of(const struct ot__predict_ctx *ctx, const struct ot__meas *meas,
                   struct ot_arena *arena, struct ot_deploy *ret_deploy, struct ot__outcome *ret);
/* Replicas that the row's chips make of the deployment; >= 1 even where the row states no chips. */
double ot__replicas_of(const struct ot__meas *meas, const struct ot_deploy *deploy);
#endif
