/* SPDX-License-Identifier: Apache-2.0 */
/* How far off a simulated latency may be (docs/models/serving.md, bands): by rule where a steady
 * state exists, by simulating the ends of the step time's band where it does not. The rule was
 * fitted on one model and chip over the load; its coverage on unseen systems is not yet tested. */
#include <math.h>

#include "offtake/sim.h"

bool ot_sim_saturated(const struct ot_sim_band *band)
{
    return band->u > 1 - band->step_half_frac;
}

static double square(double x)
{
    return x * x;
}

/* Half-width of TTFT; e s for what happens token by token. */
static double half_frac(const struct ot_sim_band *band, const struct ot_sim_result *result,
                        enum ot_slo_metric metric, double value)
{
    const double u = ot_clamp(band->u, 0, 1); /* past 1 the caller simulates the range instead */
    const double e = 1 / (1 - 0.75 * u);
    const double step = e * band->step_half_frac;
    if (metric == OT_SLO_METRIC_tpot || metric == OT_SLO_METRIC_itl) {
        return step;
    }
    const double law = band->assumed_arrivals ? 0.30 * u : 0;
    const double lengths = band->fixed_lengths ? 0.15 : 0;
    const double sample = 0.12 * u * sqrt(1500 / (double)result->requests_n);
    const double host = value > 0 ? 0.004 / value : 0;
    const double ttft =
        sqrt(square(step) + square(host) + square(law) + square(lengths) + square(sample));
    if (metric == OT_SLO_METRIC_ttft) {
        return ttft;
    }
    /* E2E: its TTFT share by the first rule, the rest by the second. */
    const double mean_e2e = result->dist[OT_SLO_METRIC_e2e].mean;
    const double share = mean_e2e > 0 ? result->dist[OT_SLO_METRIC_ttft].mean / mean_e2e : 1;
    return share * ttft + (1 - share) * step;
}

struct ot_pred ot_sim_pred(const struct ot_sim_band *band, const struct ot_sim_result *result,
                           enum ot_slo_metric metric, double value)
{
    const double half = half_frac(band, result, metric, value);
    /* Symmetric in the logarithm: a half-width beyond 1 must not reach zero. */
    return ot_pred_of(value, 1 / (1 + half), 1 + half, band->label);
}

static struct ot_pred between(double value, double a, double b, enum ot_label label)
{
    return (struct ot_pred){value, fmin(value, fmin(a, b)), fmax(value, fmax(a, b)), label};
}

/* The same run with all steps shorter and longer by the band. */
static enum ot_code by_ends(const struct ot_sim_setup *setup, struct ot_arena *arena,
                            struct ot_sim_answer *answer, struct ot_err *err)
{
    struct ot_sim_result ends[2];
    for (int i = 0; i < 2; i++) {
        struct ot_sim_setup end = *setup;
        const double factor = 1 + answer->band.step_half_frac;
        const double base =
            setup->engine.step_scale_ppm == 0 ? 1e6 : (double)setup->engine.step_scale_ppm;
        end.engine.step_scale_ppm = llround(base * (i == 0 ? 1 / factor : factor));
        end.watch = (struct ot_sim_watch){0};
        const enum ot_code code = ot_sim_run(&end, arena, &ends[i], err);
        if (code != OT_OK) {
            return code;
        }
    }
    const struct ot_sim_result *r = &answer->result;
    const enum ot_label label = answer->band.label;
    for (int m = 0; m < OT_SLO_METRIC_COUNT; m++) {
        for (int s = 0; s < OT_SLO_STAT_COUNT; s++) {
            answer->dist[m][s] = between(r->dist[m].stat[s], ends[0].dist[m].stat[s],
                                         ends[1].dist[m].stat[s], label);
        }
    }
    answer->requests_per_s =
        between(r->requests_per_s, ends[0].requests_per_s, ends[1].requests_per_s, label);
    answer->output_tok_per_s =
        between(r->output_tok_per_s, ends[0].output_tok_per_s, ends[1].output_tok_per_s, label);
    answer->goodput_req_per_s =
        between(r->goodput_req_per_s, ends[0].goodput_req_per_s, ends[1].goodput_req_per_s, label);
    return OT_OK;
}

/* Below saturation what comes out is what goes in: the throughput has no error of its own. */
static void by_rule(struct ot_sim_answer *answer)
{
    const struct ot_sim_result *r = &answer->result;
    const enum ot_label label = answer->band.label;
    for (int m = 0; m < OT_SLO_METRIC_COUNT; m++) {
        for (int s = 0; s < OT_SLO_STAT_COUNT; s++) {
            answer->dist[m][s] =
                ot_sim_pred(&answer->band, r, (enum ot_slo_metric)m, r->dist[m].stat[s]);
        }
    }
    answer->requests_per_s = ot_pred_of(r->requests_per_s, 1, 1, label);
    answer->output_tok_per_s = ot_pred_of(r->output_tok_per_s, 1, 1, label);
}

static bool has_slo(const struct ot_slo *slo)
{
    bool has = false;
    for (int m = 0; m < OT_SLO_METRIC_COUNT; m++) {
        for (int s = 0; s < OT_SLO_STAT_COUNT; s++) {
            has = has || slo->limit_s[m][s] > 0;
        }
    }
    return has;
}

enum ot_code ot_sim_predict(const struct ot_sim_setup *setup, struct ot_pred step,
                            struct ot_arena *arena, struct ot_sim_answer *ret, struct ot_err *err)
{
    struct ot_sim_answer answer = {0};
    enum ot_code code = ot_sim_run(setup, arena, &answer.result, err);
    if (code == OT_OK) {
        code = ot_sim_capacity(setup, 0, arena, &answer.capacity_req_per_s, err);
    }
    if (code != OT_OK) {
        return code;
    }
    const bool open = setup->load.arrival == OT_SIM_OPEN || setup->load.arrival == OT_SIM_TIMES;
    const double rate = open && answer.result.has_offered ? answer.result.offered_req_per_s
                                                          : answer.result.requests_per_s;
    const bool one_length = setup->load.trace == NULL && setup->load.input.p_n == 1;
    answer.band = (struct ot_sim_band){.u = rate / answer.capacity_req_per_s,
                                       .step_half_frac = sqrt(step.p90 / step.p10) - 1,
                                       .assumed_arrivals = setup->load.arrival == OT_SIM_OPEN,
                                       .fixed_lengths = one_length,
                                       .label = step.label};
    answer.saturated = open && (ot_sim_saturated(&answer.band) || answer.result.overloaded);
    const bool steady = open && !answer.saturated;
    answer.goodput_req_per_s = ot_pred_of(answer.result.goodput_req_per_s, 1, 1, step.label);
    if (!steady || has_slo(&setup->slo)) { /* goodput: no rule says how it moves */
        code = by_ends(setup, arena, &answer, err);
    }
    if (steady) {
        by_rule(&answer);
    }
    if (code == OT_OK) {
        *ret = answer;
    }
    return code;
}
