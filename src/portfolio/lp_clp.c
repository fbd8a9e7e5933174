/* SPDX-License-Identifier: Apache-2.0 */
/* Linear programs on COIN-OR Clp (the only file that sees it): one thread, dual simplex, fixed
 * options, so that the same program gives the same bits. Clp's time limit is never used: it counts
 * the CPU time of the whole process. */
#include "portfolio/lp.h"

#include <float.h>
#include <math.h>

#include <coin/Clp_C_Interface.h>

struct ot__lp {
    Clp_Simplex *clp;
    int rows_n, cols_n;
    int64_t iterations, solves;
};

struct ot__lp *ot__lp_new(const struct ot__lp_data *data, struct ot_arena *arena)
{
    struct ot__lp *lp = ot_arena_calloc(arena, 1, sizeof(*lp));
    lp->clp = Clp_newModel();
    lp->rows_n = data->rows_n;
    lp->cols_n = data->cols_n;
    Clp_setLogLevel(lp->clp, 0);
    Clp_loadProblem(lp->clp, data->cols_n, data->rows_n, data->start, data->row, data->value,
                    data->col_lo, data->col_hi, data->cost, data->row_lo, data->row_hi);
    Clp_setOptimizationDirection(lp->clp, 1.0);
    Clp_setPrimalTolerance(lp->clp, 1e-9);
    Clp_setDualTolerance(lp->clp, 1e-9);
    Clp_scaling(lp->clp, 3);
    return lp;
}

void ot__lp_free(struct ot__lp *lp)
{
    if (lp && lp->clp) {
        Clp_deleteModel(lp->clp);
        lp->clp = NULL;
    }
}

/* From scratch: presolve, then dual simplex (a third fewer seconds than without on large plans). */
static void solve_cold(Clp_Simplex *clp)
{
    Clp_Solve *how = ClpSolve_new();
    Clp_setPerturbation(clp, 50);
    ClpSolve_setSolveType(how, 0, -1);
    ClpSolve_setPresolveType(how, 0, -1);
    ClpSolve_setDoImpliedFree(how, 0); /* leaks where a program is infeasible */
    Clp_initialSolveWithOptions(clp, how);
    Clp_setPerturbation(clp, 100); /* warm solves: only when they take long */
    ClpSolve_delete(how);
}

static int run_once(struct ot__lp *lp, enum ot__lp_method method, int64_t iterations_max)
{
    Clp_setNumberIterations(lp->clp, 0);
    Clp_setMaximumIterations(lp->clp,
                             (int)(iterations_max < INT32_MAX ? iterations_max : INT32_MAX));
    if (lp->solves == 1)
        solve_cold(lp->clp);
    else if (method == OT__LP_DUAL)
        Clp_dual(lp->clp, 0);
    else
        Clp_primal(lp->clp, 0);
    lp->iterations += Clp_numberIterations(lp->clp);
    return Clp_status(lp->clp);
}

enum ot_code ot__lp_solve(struct ot__lp *lp, enum ot__lp_method method, int64_t iterations_max)
{
    lp->solves++;
    int status = run_once(lp, method, iterations_max);
    /* Optimal only in the scaled program, or stopped on numerics: the other method cleans up. */
    if ((status == 0 && Clp_secondaryStatus(lp->clp) != 0) || status == 4 || status == 2) {
        lp->solves++;
        status = run_once(lp, method == OT__LP_DUAL ? OT__LP_PRIMAL : OT__LP_DUAL, iterations_max);
    }
    if (status == 0)
        return OT_OK;
    return status == 3 ? OT_LIMIT : OT_INFEASIBLE;
}

/* Clp's own infinity: bounds written in place are not converted by the library. */
static double clp_bound(double bound)
{
    if (bound >= OT__LP_INF)
        return DBL_MAX;
    return bound <= -OT__LP_INF ? -DBL_MAX : bound;
}

void ot__lp_set_row(struct ot__lp *lp, int row, double lo, double hi)
{
    OT_ASSERT(row >= 0 && row < lp->rows_n);
    Clp_rowLower(lp->clp)[row] = clp_bound(lo);
    Clp_rowUpper(lp->clp)[row] = clp_bound(hi);
}

void ot__lp_set_col(struct ot__lp *lp, int col, double lo, double hi)
{
    OT_ASSERT(col >= 0 && col < lp->cols_n);
    Clp_columnLower(lp->clp)[col] = clp_bound(lo);
    Clp_columnUpper(lp->clp)[col] = clp_bound(hi);
}

void ot__lp_set_cost(struct ot__lp *lp, int col, double cost)
{
    OT_ASSERT(col >= 0 && col < lp->cols_n);
    Clp_objective(lp->clp)[col] = cost;
}

double ot__lp_objective(const struct ot__lp *lp)
{
    return Clp_objectiveValue(lp->clp);
}
const double *ot__lp_values(const struct ot__lp *lp)
{
    return Clp_primalColumnSolution(lp->clp);
}
const double *ot__lp_prices(const struct ot__lp *lp)
{
    return Clp_dualRowSolution(lp->clp);
}
const double *ot__lp_reduced(const struct ot__lp *lp)
{
    return Clp_dualColumnSolution(lp->clp);
}
int64_t ot__lp_iterations(const struct ot__lp *lp)
{
    return lp->iterations;
}
int64_t ot__lp_solves(const struct ot__lp *lp)
{
    return lp->solves;
}

/* A price times the bound it belongs to: positive prices push on lower bounds. */
static double bound_worth(double price, double lo, double hi)
{
    const double bound = price > 0.0 ? lo : hi;
    return fabs(bound) < OT__LP_INF ? price * bound : 0.0;
}

double ot__lp_duality_gap(const struct ot__lp *lp)
{
    struct ot_sum dual = {0};
    for (int i = 0; i < lp->rows_n; i++)
        ot_sum_add(&dual, bound_worth(Clp_dualRowSolution(lp->clp)[i], Clp_rowLower(lp->clp)[i],
                                      Clp_rowUpper(lp->clp)[i]));
    for (int j = 0; j < lp->cols_n; j++)
        ot_sum_add(&dual, bound_worth(Clp_dualColumnSolution(lp->clp)[j],
                                      Clp_columnLower(lp->clp)[j], Clp_columnUpper(lp->clp)[j]));
    const double primal = Clp_objectiveValue(lp->clp);
    return fabs(primal - ot_sum_get(&dual)) / fmax(1.0, fabs(primal));
}

void ot__lp_basis_get(const struct ot__lp *lp, unsigned char *ret_basis)
{
    const unsigned char *status = Clp_statusArray(lp->clp);
    for (int i = 0; i < lp->rows_n + lp->cols_n; i++)
        ret_basis[i] = status[i];
}

void ot__lp_basis_set(struct ot__lp *lp, const unsigned char *basis)
{
    Clp_copyinStatus(lp->clp, basis);
}
