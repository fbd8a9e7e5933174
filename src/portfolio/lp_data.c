/* SPDX-License-Identifier: Apache-2.0 */
/* Writes a linear program column by column into plain sparse arrays, and as an MPS file. */
#include "portfolio/lp.h"

void ot__lp_data_init(struct ot__lp_data *data, struct ot_arena *arena)
{
    *data = (struct ot__lp_data){.arena = arena};
    data->start = ot_arena_calloc(arena, 1, sizeof(int));
}

static void *grown(struct ot__lp_data *data, const void *old, int n, int cap, size_t size)
{
    return ot_arena_grow(data->arena, old, (size_t)n, (size_t)cap, size);
}

int ot__lp_data_row(struct ot__lp_data *data, double lo, double hi)
{
    if (data->rows_n == data->rows_cap) {
        const int n = data->rows_n, cap = n ? 2 * n : 1024;
        data->row_lo = grown(data, data->row_lo, n, cap, sizeof(double));
        data->row_hi = grown(data, data->row_hi, n, cap, sizeof(double));
        data->rows_cap = cap;
    }
    data->row_lo[data->rows_n] = lo;
    data->row_hi[data->rows_n] = hi;
    return data->rows_n++;
}

int ot__lp_data_col(struct ot__lp_data *data, double lo, double hi, double cost)
{
    if (data->cols_n == data->cols_cap) {
        const int n = data->cols_n, cap = n ? 2 * n : 4096;
        data->col_lo = grown(data, data->col_lo, n, cap, sizeof(double));
        data->col_hi = grown(data, data->col_hi, n, cap, sizeof(double));
        data->cost = grown(data, data->cost, n, cap, sizeof(double));
        data->start = grown(data, data->start, n + 1, cap + 1, sizeof(int));
        data->cols_cap = cap;
    }
    data->col_lo[data->cols_n] = lo;
    data->col_hi[data->cols_n] = hi;
    data->cost[data->cols_n] = cost;
    data->cols_n++;
    data->start[data->cols_n] = data->nonzeros_n;
    return data->cols_n - 1;
}

void ot__lp_data_put(struct ot__lp_data *data, int row, double value)
{
    OT_ASSERT(data->cols_n > 0 && row >= 0 && row < data->rows_n);
    OT_CHECK_FINITE(value);
    if (value == 0.0)
        return;
    if (data->nonzeros_n == data->nonzeros_cap) {
        const int n = data->nonzeros_n, cap = n ? 2 * n : 16384;
        data->row = grown(data, data->row, n, cap, sizeof(int));
        data->value = grown(data, data->value, n, cap, sizeof(double));
        data->nonzeros_cap = cap;
    }
    data->row[data->nonzeros_n] = row;
    data->value[data->nonzeros_n] = value;
    data->nonzeros_n++;
    data->start[data->cols_n] = data->nonzeros_n;
}

static bool has_lo(double lo)
{
    return lo > -OT__LP_INF;
}
static bool has_hi(double hi)
{
    return hi < OT__LP_INF;
}

static char row_sense(double lo, double hi)
{
    if (has_lo(lo) && has_hi(hi))
        return lo == hi ? 'E' : 'L';
    if (has_hi(hi))
        return 'L';
    return has_lo(lo) ? 'G' : 'N';
}

static void mps_value(struct ot_buf *out, const char *a, const char *kind, int index, double value)
{
    ot_buf_addf(out, "%s%s%08d ", a, kind, index);
    ot_buf_add_num(out, value);
    ot_buf_addc(out, "\n");
}

static void mps_rows(const struct ot__lp_data *d, struct ot_buf *out)
{
    ot_buf_addc(out, "NAME offtake\nROWS\n N objective_row\n");
    for (int i = 0; i < d->rows_n; i++)
        ot_buf_addf(out, " %c row_%08d\n", row_sense(d->row_lo[i], d->row_hi[i]), i);
    ot_buf_addc(out, "COLUMNS\n");
    for (int j = 0; j < d->cols_n; j++) {
        ot_buf_addf(out, " col_%08d objective_row ", j);
        ot_buf_add_num(out, d->cost[j]);
        ot_buf_addc(out, "\n");
        for (int e = d->start[j]; e < d->start[j + 1]; e++) {
            ot_buf_addf(out, " col_%08d ", j);
            mps_value(out, "", "row_", d->row[e], d->value[e]);
        }
    }
    ot_buf_addc(out, "RHS\n");
    for (int i = 0; i < d->rows_n; i++) {
        const char sense = row_sense(d->row_lo[i], d->row_hi[i]);
        if (sense != 'N')
            mps_value(out, " right_hand ", "row_", i, sense == 'G' ? d->row_lo[i] : d->row_hi[i]);
    }
}

static void mps_bounds(const struct ot__lp_data *d, struct ot_buf *out)
{
    ot_buf_addc(out, "RANGES\n");
    for (int i = 0; i < d->rows_n; i++) {
        if (row_sense(d->row_lo[i], d->row_hi[i]) == 'L' && has_lo(d->row_lo[i]))
            mps_value(out, " row_ranges ", "row_", i, d->row_hi[i] - d->row_lo[i]);
    }
    ot_buf_addc(out, "BOUNDS\n");
    for (int j = 0; j < d->cols_n; j++) {
        if (!has_lo(d->col_lo[j]) && !has_hi(d->col_hi[j])) {
            ot_buf_addf(out, " FR bound_set col_%08d\n", j);
            continue;
        }
        if (!has_lo(d->col_lo[j]))
            ot_buf_addf(out, " MI bound_set col_%08d\n", j);
        else if (d->col_lo[j] != 0.0)
            mps_value(out, " LO bound_set ", "col_", j, d->col_lo[j]);
        if (has_hi(d->col_hi[j]))
            mps_value(out, " UP bound_set ", "col_", j, d->col_hi[j]);
    }
    ot_buf_addc(out, "ENDATA\n");
}

enum ot_code ot__lp_write_mps(const struct ot__lp_data *data, const char *path, struct ot_err *err)
{
    struct ot_arena *scratch = ot_arena_new(0);
    struct ot_buf out;
    ot_buf_init(&out, scratch, (size_t)1 << 30);
    mps_rows(data, &out);
    mps_bounds(data, &out);
    const enum ot_code code = ot_file_write(path, ot_buf_str(&out), err);
    ot_arena_free(scratch);
    return code;
}
