/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFTAKE_CATALOG_H
#define OFFTAKE_CATALOG_H
/* Floor 1: what is known. Reads data/ (chips, nodes, fabrics, models, offers, workloads), checks it
 * and converts it to SI. Facts only: how fast something runs is computed above.
 *
 * A thing is named by its YAML file name. Look-up ignores case, blanks, '_', '-', brackets and an
 * `org/` prefix, and knows the file's aliases; two hits are an error that names both. */
#include <stdbool.h>
#include <stdint.h>

#include "offtake/base.h"

/* name, bytes per element (scales included), base number format class: 2 = 16-bit, 1 = 8-bit ... */
#define OT_DTYPE_LIST(X)                                                                           \
    X(fp32, 4.0)                                                                                   \
    X(bf16, 2.0)                                                                                   \
    X(fp16, 2.0)                                                                                   \
    X(fp8, 1.0)                                                                                    \
    X(fp8_block, 1.0)                                                                              \
    X(mxfp8, 1.03125)                                                                              \
    X(int8, 1.0)                                                                                   \
    X(int4, 0.5625)                                                                                \
    X(mxfp4, 0.53125)                                                                              \
    X(nvfp4, 0.5625)
enum ot_dtype {
#define OT_DTYPE_ENUM(name, bytes) OT_DTYPE_##name,
    OT_DTYPE_LIST(OT_DTYPE_ENUM)
#undef OT_DTYPE_ENUM
    OT_DTYPE_COUNT
};
const char *ot_dtype_name(enum ot_dtype dtype);
double ot_dtype_bytes(enum ot_dtype dtype);
bool ot_dtype_parse(struct ot_str text,
                    enum ot_dtype *ret); /* takes usual spellings: FP8, bfloat16 */

#define OT_ENGINE_LIST(X) X(vllm) X(sglang) X(trtllm) X(nxd) X(static)
enum ot_engine {
#define OT_ENGINE_ENUM(name) OT_ENGINE_##name,
    OT_ENGINE_LIST(OT_ENGINE_ENUM)
#undef OT_ENGINE_ENUM
    OT_ENGINE_COUNT
};
const char *ot_engine_name(enum ot_engine engine);

/* nvswitch: all to all at full rate; torus2d, torus3d, ring, pairs, pcie, none. */
#define OT_TOPOLOGY_LIST(X)                                                                        \
    X(nvswitch) X(torus2d) X(torus3d) X(ring) X(pairs) X(mesh) X(pcie) X(none)
enum ot_topology {
#define OT_TOPOLOGY_ENUM(name) OT_TOPOLOGY_##name,
    OT_TOPOLOGY_LIST(OT_TOPOLOGY_ENUM)
#undef OT_TOPOLOGY_ENUM
    OT_TOPOLOGY_COUNT
};

/* Rates of one number format, three separate things (chips.md 1, 5). FLOP/s per chip, dense. */
struct ot_chip_rate {
    struct ot_fact label;    /* the vendor's figure */
    struct ot_fact roof;     /* what the matrix engines can do: engines x width x clock */
    struct ot_fact achieved; /* best measured large GEMM */
};

struct ot_chip {
    struct ot_str name, title,
        vendor;           /* vendor: who designs the chip: AWS, NVIDIA, Google, AMD … */
    struct ot_str family; /* fits transfer within a family: hopper, blackwell, neuron … */
    struct ot_str *aliases;
    int64_t aliases_n;
    int64_t year;
    struct ot_chip_rate rates[OT_DTYPE_COUNT]; /* .label.has false: format not supported */
    struct ot_fact hbm_bytes, hbm_usable_bytes, hbm_bytes_per_s, hbm_achieved_bytes_per_s;
    struct ot_fact dma_bytes_per_s; /* sustained, per chip; software-managed chips */
    struct ot_fact cache_bytes;     /* last-level cache or on-chip memory of the whole chip */
    int64_t compute_units;          /* SMs, CUs, tensor cores: parallel blocks for attention */
    int64_t cores;                  /* physical cores a runtime sees (NeuronCores, TensorCores) */
    int64_t lnc;                    /* physical cores per logical core, default 1 */
    struct ot_fact scaleup_bytes_per_s; /* one direction, per chip */
    enum ot_topology scaleup_topology;
    int64_t scaleup_domain_n;             /* chips joined by it */
    struct ot_fact scaleout_bytes_per_s;  /* one direction, per chip */
    struct ot_fact tdp_w, power_all_in_w; /* all-in: chip's share of host, network, cooling */
    struct ot_fact vector_clock_hz, tensor_clock_hz;
    struct ot_str note;
    struct ot_loc loc;
};

struct ot_node_type { /* a host with its chips */
    struct ot_str name, title, provider, chip;
    struct ot_str *aliases;
    int64_t aliases_n;
    int64_t chips_n;
    struct ot_fact nic_bytes_per_s; /* one direction, whole host */
    struct ot_str fabric;
    struct ot_str source; /* of chips_n and the fabric */
    struct ot_str note;
    struct ot_loc loc;
};

struct ot_fabric { /* how hosts are joined */
    struct ot_str name, title;
    struct ot_str *aliases;
    int64_t aliases_n;
    struct ot_fact latency_s, efficiency_frac;
    struct ot_str note;
    struct ot_loc loc;
};

#define OT_ATTN_LIST(X) X(gqa) X(mla) X(linear) X(mamba) X(none)
enum ot_attn {
#define OT_ATTN_ENUM(name) OT_ATTN_##name,
    OT_ATTN_LIST(OT_ATTN_ENUM)
#undef OT_ATTN_ENUM
    OT_ATTN_COUNT
};

/* A run of `count` equal layers; the order of groups does not matter for cost. */
struct ot_layers {
    int64_t count;
    enum ot_attn attn;
    int64_t heads, kv_heads, head_dim, v_head_dim; /* v_head_dim 0 = head_dim */
    int64_t window;                                /* tokens; 0 = full attention */
    int64_t kv_rank, rope_dim, q_rank, nope_dim;   /* MLA; q_rank 0 = full-rank query */
    int64_t index_dim;                             /* DSA: width of the index-key cache, 0 none */
    int64_t index_heads;                           /* DSA: heads of the indexer */
    bool kv_shared;   /* one vector serves as key and value: half the cache, no V projection */
    bool v_from_k;    /* values are made of the keys: no V projection, both are cached */
    int64_t compress; /* KV entries before `window` are folded compress : 1; 0 = kept as they are */
    int64_t o_groups, o_rank; /* low-rank output projection in groups; 0 = one full matrix */
    int64_t state_bytes;      /* linear, mamba: fixed state per sequence */
    int64_t linear_in_dim;    /* linear, mamba: columns of all in-projections together */
    int64_t linear_dim;       /* linear, mamba: rows of the out-projection, the inner width */
    bool gate;                /* attention output gate doubles the query */
    int64_t ffn_dim;          /* dense MLP width; 0 = none; with experts: beside */
    bool ffn_gated;           /* 3 matrices, else 2 */
    int64_t experts, top_k, moe_ffn_dim, shared_ffn_dim; /* experts 0 = no MoE */
    int64_t moe_in_dim;                                  /* width experts work in; 0 = hidden */
};

struct ot_model {
    struct ot_str name, title, family;
    struct ot_str *aliases;
    int64_t aliases_n;
    int64_t hidden, vocab, max_position;
    bool tied_embeddings;
    enum ot_dtype dtype;     /* of the checkpoint: dense weights */
    enum ot_dtype dtype_moe; /* of expert weights; = dtype unless stated */
    enum ot_dtype dtype_kv;  /* the checkpoint's own wish for its cache; bf16 unless stated */
    bool dtype_from_alias;   /* look-up came by a suffix such as -FP8 */
    struct ot_layers *layers;
    int64_t layers_n; /* groups, not layers */
    int64_t mtp_layers;
    struct ot_fact params_total, params_active; /* as published, to check the count */
    struct ot_str source;                       /* of the structure */
    struct ot_str *unknown_keys;                /* of an imported config.json */
    int64_t unknown_keys_n;
    struct ot_str note;
    struct ot_loc loc;
};
/* Weights counted from the structure, norms, biases and MTP layers left out. active: one token's
 * experts. Both embeddings count unless tied. docs/models/parameters.md */
double ot_model_params(const struct ot_model *model);
double ot_model_params_active(const struct ot_model *model);
int64_t ot_model_layers(const struct ot_model *model); /* layers in all groups */
/* The same for ONE layer of a group: attention with its projections; dense MLP and shared expert;
 * router and all experts (or, active, the top_k of them). */
double ot_layers_attn_params(const struct ot_model *model, const struct ot_layers *layers);
double ot_layers_ffn_params(const struct ot_model *model, const struct ot_layers *layers);
double ot_layers_moe_params(const struct ot_model *model, const struct ot_layers *layers);
double ot_layers_moe_params_active(const struct ot_model *model, const struct ot_layers *layers);
/* KV bytes of one token over all layers, before any division by TP. Windows are not applied: a
 * sliding layer counts like a full one, as for its newest token. */
double ot_model_kv_bytes_per_token(const struct ot_model *model, enum ot_dtype kv);
double ot_layers_kv_bytes_per_token(const struct ot_layers *layers, enum ot_dtype kv); /* 1 layer */

#define OT_PRICE_KIND_LIST(X)                                                                      \
    X(on_demand)                                                                                   \
    X(spot)                                                                                        \
    X(block)                                                                                       \
    X(reserved_1y) X(reserved_3y) X(reserved_unstated) X(take_or_pay) X(market_3y) X(own) X(implied)
enum ot_price_kind {
#define OT_PRICE_KIND_ENUM(name) OT_PRICE_KIND_##name,
    OT_PRICE_KIND_LIST(OT_PRICE_KIND_ENUM)
#undef OT_PRICE_KIND_ENUM
    OT_PRICE_KIND_COUNT
};
const char *ot_price_kind_name(enum ot_price_kind kind);
/* One list price; data/offers/<provider>.yaml holds many. */
struct ot_price {
    struct ot_str name; /* provider:what:kind:date */
    struct ot_str provider, chip, node, region;
    enum ot_price_kind kind;
    struct ot_fact price_usd_per_chip_s;
    struct ot_loc loc;
};

/* Lengths as quantile tables, arrivals as a rate function times a renewal law. */
struct ot_quantiles {
    double *p, *tokens; /* n points, p ascending in [0, 100] */
    int64_t p_n, tokens_n;
};
struct ot_workload {
    struct ot_str name, title;
    struct ot_str *aliases;
    int64_t aliases_n;
    struct ot_quantiles input, output;
    double arrival_shape;          /* Gamma shape of inter-arrival times; 1 = Poisson */
    struct ot_fact rate_req_per_s; /* mean */
    double *rate_curve; /* relative rate over equal slots of `period_s`; NULL = constant */
    int64_t rate_curve_n;
    double rate_period_s;
    double ttft_limit_s, tpot_limit_s; /* the workload's own SLO (p99), 0 = none */
    struct ot_str source, note;
    struct ot_loc loc;
};

/* Tokens at quantile u in [0, 1], linear between the points, rounded, at least 1: a uniform random
 * number in, a length out. */
int64_t ot_workload_sample(const struct ot_quantiles *lengths, double u);
double ot_quantiles_mean(const struct ot_quantiles *lengths); /* of the piecewise linear table */
/* Rate at time t over the mean rate; 1 without a curve; the curve repeats. */
double ot_workload_rate_factor(const struct ot_workload *workload, double t_s);

/* A chip or model of public tables that cannot be predicted, and why. */
struct ot_unsupported {
    struct ot_str name, reason;
    struct ot_str *aliases;
    int64_t aliases_n;
    struct ot_loc loc;
};

/* Everything under one data folder. Read whole at opening; look-ups may allocate: one thread. */
struct ot_catalog;
/* root: the data folder. extra: a second folder of the same shape whose files add to the first, or
 * replace those of the same name; may be NULL. A missing subfolder is an empty one. */
enum ot_code ot_catalog_open(struct ot_arena *arena, const char *root, const char *extra,
                             struct ot_catalog **ret, struct ot_err *err) OT_MUST_CHECK;
const char *ot_catalog_root(const struct ot_catalog *catalog);
/* Files whose contents were handed out, with their hashes; reading the rest does not count. */
struct ot_sources *ot_catalog_sources(struct ot_catalog *catalog);

/* By name or alias; OT_INPUT with near names when nothing or two things match. `loc`: where the
 * name was written. Models: a suffix such as -Instruct is dropped, one such as -FP8 also sets the
 * weight formats; a name that ends in .json is read as a config.json. */
enum ot_code ot_catalog_chip(struct ot_catalog *catalog, struct ot_str name, struct ot_loc loc,
                             const struct ot_chip **ret, struct ot_err *err) OT_MUST_CHECK;
enum ot_code ot_catalog_node(struct ot_catalog *catalog, struct ot_str name, struct ot_loc loc,
                             const struct ot_node_type **ret, struct ot_err *err) OT_MUST_CHECK;
enum ot_code ot_catalog_fabric(struct ot_catalog *catalog, struct ot_str name, struct ot_loc loc,
                               const struct ot_fabric **ret, struct ot_err *err) OT_MUST_CHECK;
enum ot_code ot_catalog_model(struct ot_catalog *catalog, struct ot_str name, struct ot_loc loc,
                              const struct ot_model **ret, struct ot_err *err) OT_MUST_CHECK;
/* Also takes `fixed:ISL/OSL`. */
enum ot_code ot_catalog_workload(struct ot_catalog *catalog, struct ot_str name, struct ot_loc loc,
                                 const struct ot_workload **ret, struct ot_err *err) OT_MUST_CHECK;
/* NULL unless data/unsupported.yaml lists the name. */
const struct ot_unsupported *ot_catalog_unsupported(const struct ot_catalog *catalog,
                                                    struct ot_str name);
/* All of a kind, sorted by name; the arrays live as long as the catalogue. */
const struct ot_chip *ot_catalog_chips(struct ot_catalog *catalog, size_t *ret_n);
const struct ot_node_type *ot_catalog_nodes(struct ot_catalog *catalog, size_t *ret_n);
const struct ot_fabric *ot_catalog_fabrics(struct ot_catalog *catalog, size_t *ret_n);
const struct ot_model *ot_catalog_models(struct ot_catalog *catalog, size_t *ret_n);
const struct ot_price *ot_catalog_prices(struct ot_catalog *catalog, size_t *ret_n);
const struct ot_workload *ot_catalog_workloads(struct ot_catalog *catalog, size_t *ret_n);

/* config.json (with hf_quant_config.json beside it, if any) of the families in DESIGN 6. */
enum ot_code ot_model_import(struct ot_arena *arena, const char *path, struct ot_sources *sources,
                             struct ot_model *ret, struct ot_err *err) OT_MUST_CHECK;

/* The field tables, for schemas and reference pages. */
extern const struct ot_table ot_chip_table, ot_node_type_table, ot_fabric_table, ot_model_table,
    ot_offers_table, ot_price_table, ot_workload_table, ot_unsupported_table;
#endif
