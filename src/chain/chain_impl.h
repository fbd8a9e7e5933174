/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFTAKE_CHAIN_CHAIN_IMPL_H
#define OFFTAKE_CHAIN_CHAIN_IMPL_H
/* What the files of the chain share. */
#include "offtake/chain.h"

/* Work per chip of every pool and workload that the plan does not state; `work` is filled, and
 * *ret_rows says how each cell came about. */
enum ot_code ot__chain_work(const struct ot_chain_in *in, const struct ot_plan *plan,
                            struct ot_arena *arena, struct ot_work *work,
                            struct ot_chain_result *ret, struct ot_err *err) OT_MUST_CHECK;

/* Re-solves the plan with one fact moved at a time; needs ret->portfolio, fills ret->swings. */
enum ot_code ot__chain_swings(const struct ot_chain_in *in, const struct ot_plan *plan,
                              const struct ot_work *work, struct ot_arena *arena,
                              struct ot_chain_result *ret, struct ot_err *err) OT_MUST_CHECK;

/* The decision per offer, the headline, and what rests on unconfirmed facts. */
void ot__chain_advise(const struct ot_plan *plan, struct ot_arena *arena,
                      struct ot_chain_result *ret);

/* Does the offer need a signature (take-or-pay, reservation)? */
bool ot__offer_is_signed_kind(enum ot_offer_kind kind);
#endif
