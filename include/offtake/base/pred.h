/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFTAKE_BASE_PRED_H
#define OFFTAKE_BASE_PRED_H
/* What every predicted number carries: a band and the way it was obtained. */

/* Best first; combining parts keeps the worst label among parts that matter. */
#define OT_LABEL_LIST(X) X(measured) X(fitted) X(interpolated) X(transferred) X(first_principles)
enum ot_label {
#define OT_LABEL_ENUM(name) OT_LABEL_##name,
    OT_LABEL_LIST(OT_LABEL_ENUM)
#undef OT_LABEL_ENUM
    OT_LABEL_COUNT
};
const char *ot_label_name(enum ot_label label);

/* p10, p90 bound the next measured value: model error and spread. p10 <= value <= p90. */
struct ot_pred {
    double value, p10, p90;
    enum ot_label label;
};
/* value with multiplicative band [low, high], e.g. 0.8, 1.25. */
struct ot_pred ot_pred_of(double value, double low_frac, double high_frac, enum ot_label label);
struct ot_pred ot_pred_scale(struct ot_pred p, double factor); /* factor > 0 */
struct ot_pred ot_pred_inverse(struct ot_pred p,
                               double numerator); /* numerator / p, band flipped */
#endif
