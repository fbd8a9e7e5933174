/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFTAKE_VALIDATE_H
#define OFFTAKE_VALIDATE_H
/* Predictions held against measurements: reads tables of measured figures, predicts each row by
 * the floor that answers it, and says how far off the predictions are (docs/models/validation.md).
 *
 * A row that cannot be predicted is skipped with a reason and counted; it never stops the run. A
 * table that cannot be read is OT_INPUT with file and line. Nothing here looks up a measured result
 * to predict another. */
#include "offtake/search.h"

#define OT_MEAS_KIND_LIST(X) X(kernel) X(step) X(offline) X(steady) X(server) X(limit) X(train)
enum ot_meas_kind {
#define OT_MEAS_KIND_ENUM(name) OT_MEAS_KIND_##name,
    OT_MEAS_KIND_LIST(OT_MEAS_KIND_ENUM)
#undef OT_MEAS_KIND_ENUM
    OT_MEAS_KIND_COUNT
};
const char *ot_meas_kind_name(enum ot_meas_kind kind);

/* Why a row was not predicted; the text may carry the value at fault. */
struct ot_val_skip {
    struct ot_str id, reason;
};
struct ot_val_row {
    struct ot_str id, chip, model, source, metric, unit, op; /* op: kernel rows only */
    enum ot_meas_kind kind;
    double measured; /* in SI (seconds, tokens/s, bytes) */
    struct ot_pred predicted;
    bool in_fit;   /* took part in fitting the coefficients that predict it */
    double weight; /* 1 / rows of its cell */
};

/* Error e = |ln(predicted / measured)|. Weighted quantiles: docs/models/validation.md. */
struct ot_val_stats {
    int64_t n;
    double median_abs_ln, p90_abs_ln;
    double bias_ln;          /* weighted mean of ln(predicted / measured) */
    double within_1_25_frac; /* weight of rows with e <= ln 1.25 */
    double coverage_frac;    /* weight of rows with p10 <= measured <= p90 */
};
/* Weighted statistics of n rows; weights > 0. n = 0 gives n = 0 and nothing else set. */
struct ot_val_stats ot_val_stats_of(struct ot_arena *arena, const struct ot_val_row *rows,
                                    int64_t n);
/* The smallest x whose cumulative weight reaches frac of the total (inverse of the weighted
 * distribution, no interpolation); n >= 1, weights > 0; x need not be sorted. */
double ot_weighted_quantile(struct ot_arena *arena, const double *x, const double *weight, size_t n,
                            double frac);

enum ot_val_by {
    OT_VAL_BY_cell, /* chip, model, kind, metric */
    OT_VAL_BY_chip,
    OT_VAL_BY_model,
    OT_VAL_BY_source,
    OT_VAL_BY_kind,
    OT_VAL_BY_op, /* chip and op of kernel rows */
    OT_VAL_BY_COUNT
};
bool ot_val_by_parse(struct ot_str text, enum ot_val_by *ret);
struct ot_val_cell {
    struct ot_str chip, model, metric, source, kind, op; /* empty: not part of the key */
    struct ot_val_stats stats;
};

struct ot_val_table {           /* one file that was read */
    struct ot_str name, format; /* file name without folder; which header it was */
    int64_t rows_n;             /* data rows */
    int64_t measures_n;         /* figures in them: predicted + skipped */
    int64_t skipped_n;
};
struct ot_val_result {
    struct ot_val_row *rows;
    struct ot_val_skip *skipped;
    struct ot_val_cell *cells;
    struct ot_val_table *tables;
    int64_t rows_n, skipped_n, cells_n, tables_n;
    struct ot_val_stats summary;
    /* Skips counted by reason without the value at fault, most frequent first. */
    struct ot_val_reason {
        struct ot_str reason;
        int64_t n;
    } * reasons;
    int64_t reasons_n;
    struct ot_str *warnings; /* unknown columns … */
    int64_t warnings_n;
};

struct ot_val_opts {
    enum ot_val_by by; /* how `cells` are grouped */
    int threads;
    uint64_t seed;
    int64_t requests_n; /* simulated per server or limit row; 0 = 500 */
};
/* Reads and predicts the files of `paths`, in order. */
enum ot_code ot_validate(struct ot_arena *arena, struct ot_catalog *catalog,
                         const struct ot_fits *fits, const char *const *paths, size_t paths_n,
                         const struct ot_val_opts *opts, struct ot_val_result *ret,
                         struct ot_err *err) OT_MUST_CHECK;

/* ---- calibrate ---- */
struct ot_cal_coef {
    enum ot_coef coef;
    double value, start, low, high; /* SI */
    bool at_bound; /* the spec, the bytes or the points are at fault: the caller says so */
};
enum {
    OT_CAL_COEFS_MAX = 8
};
struct ot_cal_fit {    /* one (op, number format, library, kind, head size) of the user's rows */
    struct ot_fit fit; /* the fitted row, with the spec its etas refer to */
    struct ot_cal_coef coefs[OT_CAL_COEFS_MAX];
    int64_t coefs_n, train_n, held_n;
    double before_median_abs_ln; /* with the shipped coefficients, on the held-out rows */
    double held_median_abs_ln, held_p90_abs_ln;
};
struct ot_cal_result {
    const struct ot_chip *chip;
    struct ot_cal_fit *fits;
    int64_t fits_n;
    struct ot_val_skip *skipped; /* rows of other chips, kinds, or groups with too few rows */
    int64_t skipped_n;
};
struct ot_cal_opts {
    uint64_t seed;    /* which 30 % of the rows are held out */
    int64_t rows_max; /* per group, for fitting; 0 = 3,000 */
    double held_frac; /* 0 = 0.3 */
};
/* Fits the kernel rows of a table of DESIGN 9 (or of data/kernels) for one chip: soft-L1 (scale
 * 0.1) of log residuals by Levenberg-Marquardt, coefficients held in their bounds by a transform
 * (docs/models/validation.md). OT_INPUT when the table cannot be read or no group has the rows. */
enum ot_code ot_calibrate(struct ot_arena *arena, struct ot_catalog *catalog,
                          const struct ot_fits *fits, const struct ot_chip *chip, const char *path,
                          const struct ot_cal_opts *opts, struct ot_cal_result *ret,
                          struct ot_err *err) OT_MUST_CHECK;
/* The fits as YAML of data/fits/. source: where the rows come from. */
struct ot_str ot_cal_yaml(struct ot_arena *arena, const struct ot_cal_result *result,
                          struct ot_str source, int64_t date_day);
#endif
