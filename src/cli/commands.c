/* SPDX-License-Identifier: Apache-2.0 */
/* Which commands there are: one row each, in the order of `offtake --help`. */
#include "cli/cli.h"

const struct ot__cmd *const *ot__commands(size_t *ret_n)
{
    static const struct ot__cmd *const rows[] = {
        &ot__cmd_plan,   &ot__cmd_deal,    &ot__cmd_size,     &ot__cmd_serve,     &ot__cmd_step,
        &ot__cmd_kernel, &ot__cmd_catalog, &ot__cmd_validate, &ot__cmd_calibrate, &ot__cmd_trace,
        &ot__cmd_runs,   &ot__cmd_report,  &ot__cmd_schema,   &ot__cmd_doctor,
    };
    *ret_n = OT_COUNT(rows);
    return rows;
}
