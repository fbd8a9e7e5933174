/* SPDX-License-Identifier: Apache-2.0 */
/* The words of the measurement table: column names, metrics, kinds, groupings. */
#include "measure.h"

const char *ot__col_name(enum ot__col col)
{
    static const char *const names[] = {
#define OT__COL_NAME(name, kind) #name,
        OT__COL_LIST(OT__COL_NAME)
#undef OT__COL_NAME
    };
    return names[col];
}

char ot__col_kind(enum ot__col col)
{
    static const char kinds[] = {
#define OT__COL_KIND(name, kind) #kind[0],
        OT__COL_LIST(OT__COL_KIND)
#undef OT__COL_KIND
    };
    return kinds[col];
}

const char *ot_meas_kind_name(enum ot_meas_kind kind)
{
    static const char *const names[] = {
#define OT__KIND_NAME(name) #name,
        OT_MEAS_KIND_LIST(OT__KIND_NAME)
#undef OT__KIND_NAME
    };
    return names[kind];
}

bool ot_val_by_parse(struct ot_str text, enum ot_val_by *ret)
{
    static const char *const names[OT_VAL_BY_COUNT] = {
        [OT_VAL_BY_cell] = "cell",     [OT_VAL_BY_chip] = "chip", [OT_VAL_BY_model] = "model",
        [OT_VAL_BY_source] = "source", [OT_VAL_BY_kind] = "kind", [OT_VAL_BY_op] = "op",
    };
    for (int i = 0; i < (int)OT_COUNT(names); i++) {
        if (ot_str_is(text, names[i])) {
            *ret = (enum ot_val_by)i;
            return true;
        }
    }
    return false;
}

/* clang-format off */
static const struct ot__metric metrics[] = {
    {"time", OT__DIM_time},
    {"tokens_per_s", OT__DIM_rate}, {"output_tokens_per_s", OT__DIM_rate},
    {"tokens_per_s_per_chip", OT__DIM_rate}, {"requests_per_s", OT__DIM_rate},
    {"ttft_mean", OT__DIM_time}, {"ttft_p50", OT__DIM_time}, {"ttft_p90", OT__DIM_time},
    {"ttft_p95", OT__DIM_time}, {"ttft_p99", OT__DIM_time},
    {"tpot_mean", OT__DIM_time}, {"tpot_p50", OT__DIM_time}, {"tpot_p90", OT__DIM_time},
    {"tpot_p95", OT__DIM_time}, {"tpot_p99", OT__DIM_time},
    {"itl_mean", OT__DIM_time}, {"itl_p50", OT__DIM_time}, {"itl_p90", OT__DIM_time},
    {"itl_p95", OT__DIM_time}, {"itl_p99", OT__DIM_time},
    {"e2e_mean", OT__DIM_time}, {"e2e_p50", OT__DIM_time}, {"e2e_p90", OT__DIM_time},
    {"e2e_p95", OT__DIM_time}, {"e2e_p99", OT__DIM_time},
    {"kv_blocks", OT__DIM_count}, {"peak_memory", OT__DIM_bytes},
    {"step_time", OT__DIM_time}, {"tflops_per_chip", OT__DIM_other}, {"mfu", OT__DIM_other},
    {"hfu", OT__DIM_other}, {"time_to_train", OT__DIM_time},
};
/* clang-format on */

const struct ot__metric *ot__metric_find(struct ot_str name)
{
    for (size_t i = 0; i < OT_COUNT(metrics); i++)
        if (ot_str_is(name, metrics[i].name))
            return &metrics[i];
    return NULL;
}
