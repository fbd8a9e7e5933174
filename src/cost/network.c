/* SPDX-License-Identifier: Apache-2.0 */
/* Collectives where no table exists (tori, rings, meshes): latency by hop count, transfer by the
 * stated link rate (docs/models/collectives.md). */
#include <math.h>

#include "cost_internal.h"

const struct ot__network_fit *ot__network_row(const struct ot_fits *fits, const char *scope)
{
    for (size_t i = 0; i < fits->network_n; i++)
        if (ot_str_is(fits->network[i].scope, scope))
            return &fits->network[i];
    return NULL;
}

/* Hops from one rank to the farthest: half way round each dimension of a torus. */
static double hops_of(enum ot_topology topology, double n)
{
    static const double dims[OT_TOPOLOGY_COUNT] = {
        [OT_TOPOLOGY_torus2d] = 2, [OT_TOPOLOGY_torus3d] = 3, [OT_TOPOLOGY_ring] = 1};
    OT_ASSERT(topology < OT_TOPOLOGY_COUNT);
    const double d = dims[topology];
    if (d > 0)
        return fmax(1, d * pow(n, 1 / d) / 2);
    return topology == OT_TOPOLOGY_nvswitch || topology == OT_TOPOLOGY_mesh ? 1 : log2(n);
}

enum ot_code ot__network_find(const struct ot_fits *fits, const struct ot_chip *chip,
                              const struct ot_kernel *kernel, struct ot_fit *ret,
                              struct ot_err *err)
{
    static const char *const topologies[] = {
#define OT_TOPOLOGY_NAME(name) #name,
        OT_TOPOLOGY_LIST(OT_TOPOLOGY_NAME)
#undef OT_TOPOLOGY_NAME
    };
    const struct ot__network_fit *row = ot__network_row(fits, topologies[chip->scaleup_topology]);
    if (!ot__op_is_collective(kernel->op) || !row)
        return ot_err_plain(err, OT_INPUT, "no coefficients for '%s' on '%s': add a file to fits/",
                            ot_op_name(kernel->op), chip->name.ptr);
    if (!chip->scaleup_bytes_per_s.has)
        return ot_err_set(err, OT_INPUT, chip->loc, "scaleup_bytes_per_s", chip->name,
                          "link rate of the chip is not known: state it in its file");
    const double inside = kernel->ranks_per_node > 0 && kernel->ranks_per_node < kernel->ranks
                              ? kernel->ranks_per_node
                              : kernel->ranks;
    const double rounds = kernel->op == OT_OP_allreduce ? 2 : 1;
    *ret = (struct ot_fit){.op = kernel->op, .dtype = OT_DTYPE_bf16, .library = kernel->library};
    ret->coef[OT_COEF_a0] =
        row->start_s + rounds * row->hop_s * hops_of(chip->scaleup_topology, fmax(inside, 2));
    ret->coef[OT_COEF_beta2] = row->share;
    ret->link_bytes_per_s = chip->scaleup_bytes_per_s.value;
    ret->source = row->source;
    ret->form = ot_str_c("hops");
    ret->chip = ot_str_c("");
    ret->family = ot_str_c("");
    return OT_OK;
}
