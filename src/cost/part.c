/* SPDX-License-Identifier: Apache-2.0 */
/* Prints a tree of parts, as JSON and as an indented table. */
#include "cost_internal.h"

void ot_part_json(const struct ot_part *part, struct ot_json *json)
{
    ot_json_open(json, '{');
    ot_json_kstr(json, "name", ot_str_c(part->name));
    ot_json_knum(json, "time_s", part->time_s);
    ot_json_knum(json, "count", part->count);
    ot_json_kstr(json, "label", ot_str_c(ot_label_name(part->label)));
    ot_json_kstr(json, "source", ot_str_c(part->source));
    ot_json_kstr(json, "formula", ot_str_c(part->formula));
    ot_json_key(json, "parts");
    ot_json_open(json, '[');
    for (int64_t i = 0; i < part->parts_n; i++)
        ot_part_json(&part->parts[i], json);
    ot_json_close(json, ']');
    ot_json_close(json, '}');
}

static void text_line(const struct ot_part *part, int depth, double total_s, struct ot_buf *out)
{
    const struct ot_str time = ot_units_text(out->arena, part->time_s, OT_DIM_TIME, 4);
    const double percent = total_s > 0 ? 100 * part->time_s / total_s : 0;
    const int indent = 2 * depth;
    ot_buf_addf(out, "%*s%-*s", indent, "", 36 - indent, part->name);
    if (part->count != 1)
        ot_buf_addf(out, " x%-5g", part->count);
    else
        ot_buf_addc(out, "       ");
    ot_buf_addf(out, " %10s %6.1f %%", time.ptr, percent);
    if (part->parts_n == 0)
        ot_buf_addf(out, "  %s, %s", ot_label_name(part->label), part->source ? part->source : "");
    ot_buf_addc(out, "\n");
    for (int64_t i = 0; i < part->parts_n; i++)
        text_line(&part->parts[i], depth + 1, total_s, out);
}

void ot_part_text(const struct ot_part *part, struct ot_buf *out)
{
    text_line(part, 0, part->time_s, out);
}
