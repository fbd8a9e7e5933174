/* SPDX-License-Identifier: Apache-2.0 */
/* Request traces: what is read must be in order and within bounds, and survive being written. */
#include "offtake/sim.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct ot_arena *arena, const struct ot_trace *trace)
{
    OT_ASSERT(trace->n > 0 && trace->requests[0].arrival_ps == 0);
    for (int64_t i = 0; i < trace->n; i++) {
        const struct ot_request *q = &trace->requests[i];
        OT_ASSERT(q->input_tok >= 1 && q->output_tok >= 1);
        OT_ASSERT(i == 0 || q->arrival_ps >= trace->requests[i - 1].arrival_ps);
    }
    struct ot_err err;
    ot_err_init(&err, arena);
    struct ot_trace_stats stats;
    if (ot_trace_stats(arena, trace, &stats, &err) == OT_OK) {
        OT_CHECK_FINITE(stats.gamma_shape);
        OT_CHECK_FINITE(stats.spearman);
    }
    struct ot_buf out;
    ot_buf_init(&out, arena, 0);
    ot_trace_csv(trace, &out);
    struct ot_trace again;
    OT_ASSERT(ot_trace_parse(arena, ot_buf_str(&out), "again", &again, &err) == OT_OK);
    OT_ASSERT(again.n == trace->n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ot_arena *arena = ot_arena_new(0);
    struct ot_err err;
    ot_err_init(&err, arena);
    struct ot_trace trace;
    const struct ot_str bytes = ot_str_n((const char *)data, size);
    if (ot_trace_parse(arena, bytes, "fuzz", &trace, &err) == OT_OK) {
        check(arena, &trace);
    } else {
        OT_ASSERT(err.code == OT_INPUT && err.loc.line >= 1);
        OT_ASSERT(ot_err_text(&err, arena).len > 0);
    }
    ot_arena_free(arena);
    return 0;
}
