/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFTAKE_CLI_LOAD_OPTS_H
#define OFFTAKE_CLI_LOAD_OPTS_H
/* The options that say what requests arrive, and how: shared by serve and trace synth. */
#include "cli/cli.h"
#include "offtake/sim.h"

/* clang-format off */
#define OT__LOAD_OPTS                                                                              \
    {"workload", "NAME", NULL, "lengths of a workload of the catalogue, or fixed:ISL/OSL"},        \
    {"trace", "FILE", NULL, "lengths and times of a trace (Azure, BurstGPT, Mooncake, plain CSV)"}, \
    {"rate", "R", NULL, "open loop: mean requests/s"},                                             \
    {"arrival", "LAW", "poisson", "open loop: poisson, or gamma:K with shape K"},                  \
    {"concurrency", "N", NULL, "closed loop: clients that each wait for their answer"},            \
    {"speedup", "X", "1", "a trace's own times, X times faster"},                                  \
    {"requests", "N", "5000, or all of a trace", "requests to send"},                              \
    {"duration", "TIME", NULL, "send requests for this long instead"},                             \
    {"warmup", "N", "0", "first requests that are simulated but not counted"}
/* clang-format on */

/* Reads them. Exactly one of --rate, --concurrency and a trace's own times, exactly one of
 * --workload and --trace: OT_USAGE otherwise. */
enum ot_code ot__cli_load(struct ot__cli *cli, struct ot_sim_load *ret,
                          struct ot_err *err) OT_MUST_CHECK;
#endif
