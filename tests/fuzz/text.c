/* SPDX-License-Identifier: Apache-2.0 */
/* Short texts: quantities in every dimension, dates, periods, numbers, paths and assignments. */
#include <math.h>

#include "offtake/base.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_quantities(struct ot_arena *arena, struct ot_str text)
{
    for (int d = 0; d < OT_DIM_COUNT; d++) {
        double x = NAN, back = NAN;
        const char *why = NULL;
        if (!ot_units_parse(text, (enum ot_dim)d, &x, &why)) {
            OT_ASSERT(why != NULL && isnan(x));
            continue;
        }
        OT_ASSERT(isfinite(x));
        if (fabs(x) > 1e-200 && fabs(x) < 1e200) {
            const struct ot_str shown = ot_units_text(arena, x, (enum ot_dim)d, 12);
            OT_ASSERT(ot_units_parse(shown, (enum ot_dim)d, &back, &why));
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ot_arena *arena = ot_arena_new(0);
    const struct ot_str text = ot_str_dup(arena, ot_str_n((const char *)data, size));
    struct ot_period period = {0};
    struct ot_node *root = NULL;
    int64_t day = 0;
    check_quantities(arena, text);
    if (ot_date_parse(text, &day))
        OT_ASSERT(ot_str_eq(ot_date_text(arena, day), text));
    if (ot_period_parse(text, &period))
        OT_ASSERT(period.months >= 0 && period.days >= 0);
    if (ot_yaml_parse(arena, ot_str_c("a: {b: [1, {c: 2}]}"), "t", &root, NULL) == OT_OK) {
        (void)ot_node_at(root, text.ptr);
        const enum ot_code code = ot_node_set(arena, root, text, (struct ot_loc){0}, NULL);
        OT_ASSERT(code == OT_OK || code == OT_USAGE);
    }
    (void)ot_str_distance(text, ot_str_c("trainium2"), 4);
    (void)ot_str_fold(arena, text);
    ot_arena_free(arena);
    return 0;
}
