/* SPDX-License-Identifier: Apache-2.0 */
/* Latency targets: the grammar of --slo, "ttft_p95=1s,tpot_p95=40ms". */
#include "offtake/sim.h"

static const char *const metric_names[] = {
#define NAME(name) #name,
    OT_SLO_METRIC_LIST(NAME)};
static const char *const stat_names[] = {OT_SLO_STAT_LIST(NAME)};
#undef NAME

const char *ot_slo_metric_name(enum ot_slo_metric metric)
{
    return metric_names[metric];
}

const char *ot_slo_stat_name(enum ot_slo_stat stat)
{
    return stat_names[stat];
}

static int index_of(const char *const *names, int n, struct ot_str name)
{
    for (int i = 0; i < n; i++) {
        if (ot_str_is(name, names[i])) {
            return i;
        }
    }
    return -1;
}

static enum ot_code parse_term(struct ot_str term, struct ot_loc loc, struct ot_slo *slo,
                               struct ot_err *err)
{
    struct ot_str text;
    struct ot_str stat_text;
    const struct ot_str left = ot_str_trim(ot_str_cut(term, '=', &text));
    const struct ot_str metric_text = ot_str_cut(left, '_', &stat_text);
    const int metric = index_of(metric_names, OT_SLO_METRIC_COUNT, metric_text);
    const int stat = index_of(stat_names, OT_SLO_STAT_COUNT, stat_text);
    if (metric < 0 || stat < 0) {
        return ot_err_set(err, OT_INPUT, loc, "slo", term,
                          "METRIC_STAT=TIME with METRIC ttft, tpot, itl or e2e and STAT mean, p50, "
                          "p90, p95 or p99, such as ttft_p95=1s");
    }
    double limit_s;
    const char *why;
    text = ot_str_trim(text);
    if (!ot_units_parse(text, OT_DIM_TIME, &limit_s, &why)) {
        return ot_err_set(err, OT_INPUT, loc, "slo", text, "%s", why);
    }
    if (!(limit_s > 0)) {
        return ot_err_set(err, OT_INPUT, loc, "slo", text, "a time > 0");
    }
    if (slo->limit_s[metric][stat] != 0) {
        return ot_err_set(err, OT_INPUT, loc, "slo", left, "each target once");
    }
    slo->limit_s[metric][stat] = limit_s;
    return OT_OK;
}

enum ot_code ot_slo_parse(struct ot_str text, struct ot_loc loc, struct ot_slo *ret,
                          struct ot_err *err)
{
    struct ot_slo slo = {0};
    struct ot_str rest = text;
    do {
        const struct ot_str term = ot_str_cut(rest, ',', &rest);
        const enum ot_code code = parse_term(ot_str_trim(term), loc, &slo, err);
        if (code != OT_OK) {
            return code;
        }
    } while (rest.len > 0);
    *ret = slo;
    return OT_OK;
}

struct ot_str ot_slo_text(struct ot_arena *arena, const struct ot_slo *slo)
{
    struct ot_buf out;
    ot_buf_init(&out, arena, 0);
    for (int m = 0; m < OT_SLO_METRIC_COUNT; m++) {
        for (int s = 0; s < OT_SLO_STAT_COUNT; s++) {
            if (slo->limit_s[m][s] > 0) {
                ot_buf_addf(&out, "%s%s_%s=", out.len > 0 ? "," : "", metric_names[m],
                            stat_names[s]);
                ot_buf_add_num(&out, slo->limit_s[m][s]);
                ot_buf_addc(&out, "s");
            }
        }
    }
    return ot_buf_str(&out);
}
