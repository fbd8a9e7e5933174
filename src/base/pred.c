/* SPDX-License-Identifier: Apache-2.0 */
/* Predictions with their band. */
#include "offtake/base/pred.h"

#include "offtake/base/num.h"

static const char *const label_names[] = {
#define LABEL_NAME(name) [OT_LABEL_##name] = #name,
    OT_LABEL_LIST(LABEL_NAME)
#undef LABEL_NAME
};

const char *ot_label_name(enum ot_label label)
{
    OT_ASSERT((unsigned)label < OT_LABEL_COUNT);
    return label_names[label];
}

struct ot_pred ot_pred_of(double value, double low_frac, double high_frac, enum ot_label label)
{
    OT_CHECK_FINITE(value);
    OT_ASSERT(low_frac <= 1 && high_frac >= 1);
    const double a = value * low_frac, b = value * high_frac;
    OT_CHECK_FINITE(a);
    OT_CHECK_FINITE(b);
    return (struct ot_pred){
        .value = value, .p10 = a < b ? a : b, .p90 = a < b ? b : a, .label = label};
}

struct ot_pred ot_pred_scale(struct ot_pred p, double factor)
{
    OT_ASSERT(factor > 0);
    p.value *= factor;
    p.p10 *= factor;
    p.p90 *= factor;
    OT_CHECK_FINITE(p.p90);
    return p;
}

struct ot_pred ot_pred_inverse(struct ot_pred p, double numerator)
{
    OT_ASSERT(p.p10 > 0 && numerator >= 0);
    return (struct ot_pred){.value = numerator / p.value,
                            .p10 = numerator / p.p90,
                            .p90 = numerator / p.p10,
                            .label = p.label};
}
