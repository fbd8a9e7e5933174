/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFTAKE_COST_INTERNAL_H
#define OFFTAKE_COST_INTERNAL_H
/* Shared inside floor 2: the coefficient store and the terms of one kernel's time. */
#include "offtake/cost.h"

/* One line of data/fits/bands.yaml and network.yaml. */
struct ot__band_fit {
    struct ot_str scope, note;
    enum ot_op op;
    bool has_op;
    double low, high;
};
struct ot__network_fit {
    struct ot_str scope, note, source;
    double start_s, hop_s, share;
};
struct ot__fit_spec {
    double bf16_flop_per_s, fp8_flop_per_s, fp4_flop_per_s;
    double best_bf16_flop_per_s, best_fp8_flop_per_s; /* best measured GEMM; 0 = not stated */
    double memory_bytes_per_s, cache_bytes, link_bytes_per_s;
    int64_t compute_units;
    enum ot_topology topology;
};
struct ot__fit_file {
    struct ot_str chip, family, source, note;
    int64_t rank; /* order in which files are tried for other chips: 1 first */
    int64_t date_day;
    struct ot__fit_spec spec;
    struct ot_fit *kernels;
    struct ot_neuron_fit *neuron;
    struct ot_scale_fit *scales;
    struct ot__band_fit *bands;
    struct ot__network_fit *network;
    struct ot_host_fit *hosts;
    int64_t kernels_n, neuron_n, scales_n, bands_n, network_n, hosts_n;
};
extern const struct ot_table ot__fit_file_table;

struct ot__fit_row { /* one kernel row with what look-up needs of its file */
    struct ot_fit fit;
    enum ot_topology topology;
    int64_t rank;
    double best_share; /* of peak, by the best measured GEMM; 0 = not stated */
};
struct ot_fits {
    struct ot__fit_row *rows;
    struct ot_fit *plain; /* the same rows, for listing */
    size_t rows_n;
    struct ot_neuron_fit *neuron;
    struct ot_scale_fit *scales;
    struct ot__band_fit *bands;
    struct ot__network_fit *network;
    struct ot_host_fit *hosts;
    size_t neuron_n, scales_n, bands_n, network_n, hosts_n;
};

/* time = sum of the terms that stand alone + (sum of joined terms ^ p) ^ (1/p) */
enum {
    OT__TERMS_MAX = 5
};
struct ot__term {
    const char *name;
    double time_s;
    bool joined; /* overlaps with the other joined ones */
};
struct ot__terms {
    struct ot__term items[OT__TERMS_MAX];
    int n;
    double p;
    double total_s;
};
/* Evaluates the form of kernel->op; shapes were checked. */
void ot__form_eval(const struct ot_fit *fit, const struct ot_kernel *kernel, struct ot__terms *ret);
const char *ot__form_page(enum ot_op op); /* docs/models/<page>.md */
/* x / sqrt(1 + (x/limit)^2); limit 0 = no limit. */
double ot__saturate(double x, double limit);

/* Collective of ranks that share a topology without a kernel table; coefficients from hop counts.
 */
enum ot_code ot__network_find(const struct ot_fits *fits, const struct ot_chip *chip,
                              const struct ot_kernel *kernel, struct ot_fit *ret,
                              struct ot_err *err) OT_MUST_CHECK;
const struct ot__network_fit *ot__network_row(const struct ot_fits *fits, const char *scope);
bool ot__op_is_collective(enum ot_op op);
/* The format whose rate the chip has for `dtype`: itself, or an equal one; false when none. */
bool ot__chip_rate_dtype(const struct ot_chip *chip, enum ot_dtype dtype, enum ot_dtype *ret);
#endif
