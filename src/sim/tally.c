/* SPDX-License-Identifier: Apache-2.0 */
/* Figures of one replica as requests leave it, and of the whole run. Definitions as vLLM's
 * benchmark has them: TTFT and E2E from arrival, TPOT = (E2E - TTFT) / (answers - 1) per request,
 * ITL pools all gaps; `client_ps` is added to TTFT and E2E. */
#include <math.h>

#include "sim/sim_internal.h"

void ot__tally_init(struct ot__tally *tally, struct ot_arena *arena)
{
    *tally = (struct ot__tally){0};
    tally->ttft = ot_stats_new(arena, OT__EXACT_N);
    tally->tpot = ot_stats_new(arena, OT__EXACT_N);
    tally->e2e = ot_stats_new(arena, OT__EXACT_N);
    ot__gaps_init(&tally->gaps, arena);
}

static double seconds(int64_t ps)
{
    return 1e-12 * (double)ps;
}

static bool within(const double *bound_s, enum ot_slo_metric metric, double value_s)
{
    return bound_s[metric] == 0 || value_s <= bound_s[metric];
}

void ot__tally_finish(const struct ot__shared *shared, struct ot__tally *tally, int64_t replica,
                      const struct ot__slot *slot, int64_t finish_ps)
{
    if (finish_ps > tally->last_finish_ps) {
        tally->last_finish_ps = finish_ps;
    }
    if (shared->watch.finished != NULL) {
        const struct ot_sim_record record = {
            .index = slot->index,
            .replica = replica,
            .request = {slot->arrival_ps, slot->input_tok, slot->output_tok},
            .arrival_ps = slot->arrival_ps,
            .first_token_ps = slot->first_ps,
            .finish_ps = finish_ps,
            .preemptions_n = slot->preemptions_n};
        shared->watch.finished(shared->watch.ctx, &record);
    }
    if (slot->index < shared->load.warmup_n) {
        return;
    }
    const int64_t client_ps = shared->engine.client_ps;
    const double ttft_s = seconds(slot->first_ps - slot->arrival_ps + client_ps);
    const double e2e_s = seconds(finish_ps - slot->arrival_ps + client_ps);
    double tpot_s = 0;
    if (slot->output_tok > 1) {
        tpot_s = seconds(finish_ps - slot->first_ps) / (double)(slot->output_tok - 1);
        ot_stats_add(tally->tpot, tpot_s);
    }
    ot_stats_add(tally->ttft, ttft_s);
    ot_stats_add(tally->e2e, e2e_s);
    tally->finished_n++;
    tally->input_tok += slot->input_tok;
    tally->output_tok += slot->output_tok;
    tally->good_n += within(shared->bound_s, OT_SLO_METRIC_ttft, ttft_s) &&
                     within(shared->bound_s, OT_SLO_METRIC_tpot, tpot_s) &&
                     within(shared->bound_s, OT_SLO_METRIC_e2e, e2e_s);
}

void ot__tally_waiting(const struct ot__shared *shared, struct ot__tally *tally, int64_t index,
                       int64_t arrival_ps, int64_t waiting_n)
{
    const bool by_time = shared->duration_ps != INT64_MAX;
    const double part = by_time ? (double)arrival_ps / (double)shared->duration_ps
                                : (double)index / (double)shared->requests_n;
    const int quarter = part >= 0.75 ? 3 : part >= 0.5 ? 2 : part >= 0.25 ? 1 : 0;
    tally->waiting_sum[quarter] += waiting_n;
    tally->waiting_n[quarter]++;
}

static void merge(struct ot__tally *into, const struct ot__tally *from)
{
    ot_stats_merge(into->ttft, from->ttft);
    ot_stats_merge(into->tpot, from->tpot);
    ot_stats_merge(into->e2e, from->e2e);
    ot__gaps_merge(&into->gaps, &from->gaps);
    into->finished_n += from->finished_n;
    into->good_n += from->good_n;
    into->refused_n += from->refused_n;
    into->cut_n += from->cut_n;
    into->preemptions_n += from->preemptions_n;
    into->steps_n += from->steps_n;
    into->decode_steps_n += from->decode_steps_n;
    into->decode_seq_steps += from->decode_seq_steps;
    into->input_tok += from->input_tok;
    into->output_tok += from->output_tok;
    into->busy_ps += from->busy_ps;
    for (int q = 0; q < 4; q++) {
        into->waiting_sum[q] += from->waiting_sum[q];
        into->waiting_n[q] += from->waiting_n[q];
    }
    if (from->last_finish_ps > into->last_finish_ps) {
        into->last_finish_ps = from->last_finish_ps;
    }
    if (from->peak_running_n > into->peak_running_n) {
        into->peak_running_n = from->peak_running_n;
    }
    if (from->peak_waiting_n > into->peak_waiting_n) {
        into->peak_waiting_n = from->peak_waiting_n;
    }
}

static const double percents[OT_SLO_STAT_COUNT] = {
    [OT_SLO_STAT_p50] = 50, [OT_SLO_STAT_p90] = 90, [OT_SLO_STAT_p95] = 95, [OT_SLO_STAT_p99] = 99};

static struct ot_sim_dist dist_of(struct ot_stats *stats)
{
    struct ot_sim_dist dist = {.n = ot_stats_count(stats),
                               .mean = ot_stats_mean(stats),
                               .max = ot_stats_max(stats),
                               .rel_err = ot_stats_is_exact(stats) ? 0 : OT_STATS_REL_ERR};
    dist.stat[OT_SLO_STAT_mean] = dist.mean;
    for (int i = OT_SLO_STAT_p50; i < OT_SLO_STAT_COUNT; i++) {
        dist.stat[i] = ot_stats_percentile(stats, percents[i]);
    }
    return dist;
}

static struct ot_sim_dist dist_of_gaps(const struct ot__gaps *gaps)
{
    struct ot_sim_dist dist = {
        .n = gaps->n, .max = seconds(gaps->max_ps), .rel_err = OT__GAPS_REL_ERR};
    dist.mean = gaps->n == 0 ? 0 : 1e-12 * ot_sum_get(&gaps->sum_ps) / (double)gaps->n;
    dist.stat[OT_SLO_STAT_mean] = dist.mean;
    for (int i = OT_SLO_STAT_p50; i < OT_SLO_STAT_COUNT; i++) {
        dist.stat[i] = ot__gaps_percentile_s(gaps, percents[i]);
    }
    return dist;
}

static bool slo_met(const struct ot_slo *slo, const struct ot_sim_result *result)
{
    bool met = true;
    for (int m = 0; m < OT_SLO_METRIC_COUNT; m++) {
        for (int s = 0; s < OT_SLO_STAT_COUNT; s++) {
            met = met && (slo->limit_s[m][s] == 0 || result->dist[m].stat[s] <= slo->limit_s[m][s]);
        }
    }
    return met;
}

/* Overload: docs/models/serving.md. Growth of the queue between the second and the last quarter of
 * arrivals beyond three standard deviations of a Poisson count, and still going on. */
static void judge_queue(const struct ot__shared *shared, const struct ot__tally *all,
                        struct ot_sim_result *ret)
{
    double mean[4] = {0};
    int64_t n = 0;
    for (int q = 0; q < 4; q++) {
        n += all->waiting_n[q];
        mean[q] =
            all->waiting_n[q] == 0 ? 0 : (double)all->waiting_sum[q] / (double)all->waiting_n[q];
    }
    ret->waiting_q2 = mean[1];
    ret->waiting_q4 = mean[3];
    const double per_replica = (double)n / (double)shared->replicas_n;
    const bool open = shared->load.arrival == OT_SIM_OPEN || shared->load.arrival == OT_SIM_TIMES;
    ret->overloaded = open && mean[3] > mean[2] && mean[2] > mean[1] &&
                      mean[3] - mean[1] > 3 * sqrt(per_replica / 4);
}

void ot__tally_result(const struct ot__shared *shared, const struct ot_slo *slo,
                      struct ot__replica *const *replicas, struct ot_arena *arena,
                      struct ot_sim_result *ret)
{
    struct ot__tally all;
    ot__tally_init(&all, arena);
    double peak_frac = 0;
    for (int64_t i = 0; i < shared->replicas_n; i++) {
        const struct ot__replica *r = replicas[i];
        merge(&all, &r->tally);
        const double used =
            shared->paged ? 1 - (double)r->blocks.low_n / (double)r->blocks.usable_n
                          : (double)r->tally.peak_running_n / (double)shared->engine.max_num_seqs;
        peak_frac = used > peak_frac ? used : peak_frac;
    }
    *ret = (struct ot_sim_result){.requests_n = all.finished_n,
                                  .refused_n = all.refused_n,
                                  .cut_n = all.cut_n,
                                  .preemptions_n = all.preemptions_n,
                                  .steps_n = all.steps_n,
                                  .input_tok = all.input_tok,
                                  .output_tok = all.output_tok,
                                  .duration_s = seconds(all.last_finish_ps),
                                  .peak_kv_frac = peak_frac,
                                  .peak_running_n = all.peak_running_n,
                                  .peak_waiting_n = all.peak_waiting_n};
    ret->dist[OT_SLO_METRIC_ttft] = dist_of(all.ttft);
    ret->dist[OT_SLO_METRIC_tpot] = dist_of(all.tpot);
    ret->dist[OT_SLO_METRIC_e2e] = dist_of(all.e2e);
    ret->dist[OT_SLO_METRIC_itl] = dist_of_gaps(&all.gaps);
    if (all.decode_steps_n > 0) {
        ret->mean_batch = all.decode_seq_steps / (double)all.decode_steps_n;
    }
    if (all.last_finish_ps > 0) {
        ret->requests_per_s = (double)all.finished_n / ret->duration_s;
        ret->input_tok_per_s = (double)all.input_tok / ret->duration_s;
        ret->output_tok_per_s = (double)all.output_tok / ret->duration_s;
        ret->goodput_req_per_s = (double)all.good_n / ret->duration_s;
        ret->busy_frac = seconds(all.busy_ps) / (ret->duration_s * (double)shared->replicas_n);
    }
    ret->slo_met = slo_met(slo, ret);
    judge_queue(shared, &all, ret);
    OT_CHECK_FINITE(ret->duration_s);
    OT_CHECK_FINITE(ret->requests_per_s);
}
