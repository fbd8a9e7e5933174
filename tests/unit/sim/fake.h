/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFTAKE_TESTS_SIM_FAKE_H
#define OFFTAKE_TESTS_SIM_FAKE_H
/* A step cost made up for tests: decode linear in KV tokens between knots at powers of two, mixed
 * steps with terms for every member of the load. Integer throughout. */
#include "offtake/sim.h"
#include "ot_test.h"

struct fake {
    int64_t step_ps, seq_ps, kv_ps, prefill_ps, prefill_kv_ps;
};

static inline struct ot_step_piece fake_piece(void *ctx, int64_t seqs, int64_t kv_tokens)
{
    const struct fake *f = ctx;
    struct ot_step_piece piece = {f->step_ps + seqs * f->seq_ps, f->kv_ps, 0, 32};
    while (kv_tokens >= piece.kv_to) { /* the slope changes from knot to knot */
        piece.base_ps += piece.slope_ps * (piece.kv_to - piece.kv_from);
        piece.slope_ps = f->kv_ps == 0 ? 0 : f->kv_ps + (piece.kv_to % 7) * seqs;
        piece.kv_from = piece.kv_to;
        piece.kv_to *= 2;
    }
    return piece;
}

static inline int64_t fake_mixed(void *ctx, const struct ot_step_load *load)
{
    const struct fake *f = ctx;
    const int64_t seqs = (int64_t)load->decode_seqs + (int64_t)load->prefill_seqs;
    return f->step_ps + seqs * f->seq_ps + (int64_t)load->decode_kv_tokens * f->kv_ps +
           (int64_t)load->prefill_tokens * f->prefill_ps +
           (int64_t)load->prefill_kv_tokens * f->prefill_kv_ps;
}

static inline enum ot_code fake_new(const void *ctx, struct ot_arena *arena,
                                    struct ot_sim_cost *ret, struct ot_err *err)
{
    (void)err;
    struct fake *copy = ot_arena_calloc(arena, 1, sizeof *copy);
    *copy = *(const struct fake *)ctx;
    *ret = (struct ot_sim_cost){copy, fake_piece, fake_mixed};
    return OT_OK;
}
#endif
