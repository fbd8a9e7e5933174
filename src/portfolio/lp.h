/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFTAKE_PORTFOLIO_LP_H
#define OFFTAKE_PORTFOLIO_LP_H
/* The linear-program interface of this floor: minimise c'x, row_lo <= Ax <= row_hi,
 * col_lo <= x <= col_hi. Everything above sees only this; lp_clp.c alone sees COIN-OR. */
#include "offtake/base.h"

#define OT__LP_INF 1e300 /* a bound at least this large is none */

/* A program being written, column by column. */
struct ot__lp_data {
    struct ot_arena *arena;
    int rows_n, cols_n, nonzeros_n;
    int rows_cap, cols_cap, nonzeros_cap;
    double *row_lo, *row_hi;
    double *col_lo, *col_hi, *cost;
    int *start; /* cols_n + 1: first entry of each column */
    int *row;
    double *value;
};
void ot__lp_data_init(struct ot__lp_data *data, struct ot_arena *arena);
int ot__lp_data_row(struct ot__lp_data *data, double lo, double hi); /* index of the new row */
int ot__lp_data_col(struct ot__lp_data *data, double lo, double hi, double cost);
/* An entry of the last column; each row at most once per column; zeros are dropped. */
void ot__lp_data_put(struct ot__lp_data *data, int row, double value);

/* A program in the solver, with its last basis. Not to be shared between threads. */
struct ot__lp;
enum ot__lp_method {
    OT__LP_DUAL,  /* from scratch, or after bounds changed */
    OT__LP_PRIMAL /* after costs changed */
};
/* `arena` must outlive the program; free it with ot__lp_free. */
struct ot__lp *ot__lp_new(const struct ot__lp_data *data, struct ot_arena *arena);
void ot__lp_free(struct ot__lp *lp); /* NULL is fine */
/* OT_OK, OT_INFEASIBLE (or unbounded), OT_LIMIT. */
enum ot_code ot__lp_solve(struct ot__lp *lp, enum ot__lp_method method, int64_t iterations_max);
void ot__lp_set_row(struct ot__lp *lp, int row, double lo, double hi);
void ot__lp_set_col(struct ot__lp *lp, int col, double lo, double hi);
void ot__lp_set_cost(struct ot__lp *lp, int col, double cost);
/* Of the last solve; valid until the next call that changes the program. */
double ot__lp_objective(const struct ot__lp *lp);
const double *ot__lp_values(const struct ot__lp *lp);  /* by column */
const double *ot__lp_prices(const struct ot__lp *lp);  /* by row: d objective / d bound */
const double *ot__lp_reduced(const struct ot__lp *lp); /* by column */
int64_t ot__lp_iterations(const struct ot__lp *lp);    /* of all solves so far */
int64_t ot__lp_solves(const struct ot__lp *lp);
/* |primal - dual objective| / max(1, |primal|): strong duality, recomputed from the prices. */
double ot__lp_duality_gap(const struct ot__lp *lp);
/* The basis as rows_n + cols_n bytes, to come back to. */
void ot__lp_basis_get(const struct ot__lp *lp, unsigned char *ret_basis);
void ot__lp_basis_set(struct ot__lp *lp, const unsigned char *basis);
/* Free MPS with names longer than 8 characters, for outside solvers. */
enum ot_code ot__lp_write_mps(const struct ot__lp_data *data, const char *path,
                              struct ot_err *err) OT_MUST_CHECK;
#endif
