/* SPDX-License-Identifier: Apache-2.0 */
/* How far off a simulated latency may be (docs/models/serving.md, bands). Rule fitted on one model
 * and chip over the load; its coverage on unseen systems is not yet tested. */
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
