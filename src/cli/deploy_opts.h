/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFTAKE_CLI_DEPLOY_OPTS_H
#define OFFTAKE_CLI_DEPLOY_OPTS_H
/* The options that say what runs where: --model --chip --tp …, shared by step, serve, size, train.
 * A command lists OT__DEPLOY_OPTS among its own. */
#include "cli/cli.h"
#include "offtake/step.h"

/* clang-format off */
#define OT__DEPLOY_OPTS                                                                            \
    {"model", "NAME", NULL, "model by name, or the path of a config.json"},                        \
    {"chip", "NAME", NULL, "chip by name"},                                                        \
    {"engine", "NAME", "nxd on AWS chips, else vllm", "vllm, sglang, trtllm, nxd, static"},        \
    {"tp", "N", "the smallest that leaves 20 % for KV", "tensor parallel chips"},                  \
    {"pp", "N", "1", "pipeline stages"},                                                           \
    {"ep", "N", "1", "expert parallel ranks, a divisor of tp x dp"},                               \
    {"dp", "N", "1", "attention data parallel ranks"},                                             \
    {"cp", "N", "1", "context parallel ranks"},                                                    \
    {"dtype", "NAME", "the checkpoint's, else bf16", "format of weights and activations"},         \
    {"dtype-weights", "NAME", "--dtype", "format of dense weights"},                               \
    {"dtype-act", "NAME", "--dtype", "format of activations"},                                     \
    {"dtype-moe", "NAME", "the checkpoint's", "format of expert weights"},                         \
    {"dtype-kv", "NAME", "bf16", "format of the KV cache"},                                        \
    {"skew", "NAME", "power_law_1.2", "routing skew: balanced, power_law_1.2, or an exponent"},    \
    {"gpu-memory-utilization", "FRAC", "the engine's", "share of memory the engine takes"},        \
    {"num-gpu-blocks", "N", "computed", "KV blocks, as the engine's start log says"},              \
    {"max-num-seqs", "N", "the engine's", "limit of running sequences"},                           \
    {"max-num-batched-tokens", "N", "the engine's", "token budget of a step"},                     \
    {"max-model-len", "N", "the model's", "longest context"},                                      \
    {"block-size", "N", "the engine's", "tokens in a KV block"},                                   \
    {"ranks-per-chip", "N", "cores / lnc", "tensor parallel ranks on an AWS chip"},                \
    {"lnc", "N", "the chip's", "physical cores in a logical one (AWS)"},                           \
    {"software", "NAME", "published", "of AWS chips: published, tuned, parity (a what-if)"}
/* clang-format on */

/* Opens the catalogue, reads the options above and fills the rest; defaults go to cli->assumed. */
enum ot_code ot__cli_deploy(struct ot__cli *cli, struct ot_deploy *ret,
                            struct ot_err *err) OT_MUST_CHECK;
/* The same, not yet filled: for commands that vary the layout or the chip. chip may be NULL. */
enum ot_code ot__cli_deploy_open(struct ot__cli *cli, const struct ot_chip *chip,
                                 struct ot_deploy *ret, struct ot_err *err) OT_MUST_CHECK;
/* Gives an error of a lower floor the place of the option it is about. */
enum ot_code ot__cli_place(const struct ot__cli *cli, enum ot_code code, struct ot_err *err);
#endif
