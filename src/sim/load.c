/* SPDX-License-Identifier: Apache-2.0 */
/* What arrives: lengths as a pure function of (seed, index), times of an open loop as a renewal
 * process. Input, output and inter-arrival time of a request are drawn from three streams, so they
 * are independent, and two runs that differ in the rate see the same requests. */
#include <math.h>

#include "sim/sim_internal.h"

enum {
    DEFAULT_REQUESTS_N = 5000
};

/* Inverse distribution function, linear between the table's points. */
static int64_t draw(const struct ot_quantiles *table, double u)
{
    const double p = 100 * u;
    int64_t i = 1;
    while (i < table->p_n && table->p[i] < p) {
        i++;
    }
    double x = table->tokens[0];
    if (table->p_n > 1) {
        i = i < table->p_n ? i : table->p_n - 1;
        const double width = table->p[i] - table->p[i - 1];
        const double part = width > 0 ? ot_clamp((p - table->p[i - 1]) / width, 0, 1) : 1;
        x = table->tokens[i - 1] + part * (table->tokens[i] - table->tokens[i - 1]);
    }
    const int64_t tokens = llround(x);
    return tokens < 1 ? 1 : tokens;
}

void ot_sim_lengths(const struct ot_sim_load *load, int64_t index, int64_t *ret_input_tok,
                    int64_t *ret_output_tok)
{
    if (load->trace != NULL) {
        const struct ot_request *row = &load->trace->requests[index % load->trace->n];
        *ret_input_tok = row->input_tok;
        *ret_output_tok = row->output_tok;
        return;
    }
    const struct ot_rng in = ot_rng_of(load->seed, ot_rng_stream("serve input", 0));
    const struct ot_rng out = ot_rng_of(load->seed, ot_rng_stream("serve output", 0));
    *ret_input_tok = draw(&load->input, ot_rng_uniform(in, (uint64_t)index));
    *ret_output_tok = draw(&load->output, ot_rng_uniform(out, (uint64_t)index));
}

struct ot_sim_load ot_sim_load_of(const struct ot_workload *workload)
{
    return (struct ot_sim_load){.arrival = OT_SIM_OPEN,
                                .shape = workload->arrival_shape,
                                .input = workload->input,
                                .output = workload->output,
                                .seed = 1};
}

int64_t ot_sim_load_max_tok(const struct ot_sim_load *load)
{
    if (load->trace == NULL) {
        return llround(load->input.tokens[load->input.tokens_n - 1]) +
               llround(load->output.tokens[load->output.tokens_n - 1]);
    }
    int64_t max = 0;
    for (int64_t i = 0; i < load->trace->n; i++) {
        const int64_t tokens =
            load->trace->requests[i].input_tok + load->trace->requests[i].output_tok;
        max = tokens > max ? tokens : max;
    }
    return max;
}

int64_t ot__load_requests(const struct ot_sim_load *load)
{
    if (load->requests_n > 0) {
        return load->requests_n;
    }
    if (load->arrival == OT_SIM_TIMES) {
        return load->trace->n;
    }
    return load->duration_s > 0 ? INT64_MAX : DEFAULT_REQUESTS_N;
}

void ot__clock_init(struct ot__clock *clock, const struct ot_sim_load *load, int64_t requests_n,
                    int64_t duration_ps)
{
    *clock = (struct ot__clock){.load = load,
                                .requests_n = requests_n,
                                .duration_ps = duration_ps,
                                .rng = ot_rng_of(load->seed, ot_rng_stream("serve arrival", 0))};
}

/* Time of the next request, from the first one at 0. */
static int64_t next_time(struct ot__clock *clock)
{
    const struct ot_sim_load *load = clock->load;
    if (load->arrival == OT_SIM_TIMES) {
        const struct ot_request *row = &load->trace->requests[clock->index];
        const double speedup = load->speedup == 0 ? 1 : load->speedup;
        return speedup == 1 ? row->arrival_ps : llround((double)row->arrival_ps / speedup);
    }
    if (load->arrival == OT_SIM_AT_ONCE || clock->index == 0) {
        return 0;
    }
    const double shape = load->shape == 0 ? 1 : load->shape;
    const uint64_t counter = (uint64_t)clock->index;
    const double gap = shape == 1 ? ot_rng_exponential(clock->rng, counter)
                                  : ot_rng_gamma(clock->rng, counter, shape) / shape;
    clock->time_s += gap / load->rate_req_per_s;
    return clock->time_s < 9e6 ? llround(clock->time_s * 1e12) : INT64_MAX;
}

bool ot__clock_next(struct ot__clock *clock, struct ot__arrival *ret)
{
    if (clock->index >= clock->requests_n) {
        return false;
    }
    const int64_t time_ps = next_time(clock);
    if (time_ps > clock->duration_ps || time_ps == INT64_MAX) {
        clock->index = clock->requests_n;
        return false;
    }
    ret->index = clock->index++;
    ret->arrival_ps = time_ps;
    ot_sim_lengths(clock->load, ret->index, &ret->input_tok, &ret->output_tok);
    return true;
}

void ot_sim_trace_of(const struct ot_sim_load *load, struct ot_arena *arena, struct ot_trace *ret)
{
    const int64_t duration_ps = load->duration_s > 0 ? llround(load->duration_s * 1e12) : INT64_MAX;
    struct ot__clock clock;
    ot__clock_init(&clock, load, ot__load_requests(load), duration_ps);
    struct ot_trace trace = {.name = ot_str_c("synthetic"), .format = "azure"};
    struct ot__arrival a;
    size_t cap = 0;
    while (ot__clock_next(&clock, &a)) {
        const size_t n = (size_t)trace.n;
        if (n == cap) {
            cap = cap == 0 ? 1024 : 2 * cap;
            trace.requests = ot_arena_grow(arena, trace.requests, n, cap, sizeof *trace.requests);
        }
        trace.requests[trace.n++] = (struct ot_request){a.arrival_ps, a.input_tok, a.output_tok};
    }
    *ret = trace;
}
