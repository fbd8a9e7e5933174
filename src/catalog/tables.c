/* SPDX-License-Identifier: Apache-2.0 */
/* The field tables: one row per property of a chip, node, fabric, model, offer or workload. A row
 * here is all it takes to load, check, print and document a new property. Values are per chip and
 * one direction unless the help says otherwise. */
#include "catalog/internal.h"

#include <stddef.h>

#define NAMES(list)                                                                                \
    {                                                                                              \
        (list), OT_COUNT(list)                                                                     \
    }

#define NAME(name) #name,
#define DTYPE_NAME(name, bytes) #name,
static const char *const dtype_list[] = {OT_DTYPE_LIST(DTYPE_NAME)};
static const char *const topology_list[] = {OT_TOPOLOGY_LIST(NAME)};
static const char *const attn_list[] = {OT_ATTN_LIST(NAME)};
static const char *const price_kind_list[] = {OT_PRICE_KIND_LIST(NAME)};
#undef NAME
#undef DTYPE_NAME
static const struct ot_enum_names dtype_names = NAMES(dtype_list),
                                  topology_names = NAMES(topology_list),
                                  attn_names = NAMES(attn_list),
                                  price_kind_names = NAMES(price_kind_list);

/* Ranges are there to catch a slip of a unit, not to judge a chip. */
/* clang-format off */
static const struct ot_field rate_rows[] = {
    {.key = "label", .out = "label_flop_per_s", .kind = OT_KIND_FACT, .dim = OT_DIM_FLOP_PER_S,
     .need = OT_REQUIRED, .offset = offsetof(struct ot_chip_rate, label), .min = 1e9, .max = 1e20,
     .help = "dense peak as the vendor states it; n/d = the format is supported, its rate unknown"},
    {.key = "roof", .out = "roof_flop_per_s", .kind = OT_KIND_FACT, .dim = OT_DIM_FLOP_PER_S,
     .offset = offsetof(struct ot_chip_rate, roof), .min = 1e9, .max = 1e20,
     .help = "what the matrix engines can do: engines x width x clock"},
    {.key = "achieved", .out = "achieved_flop_per_s", .kind = OT_KIND_FACT, .dim = OT_DIM_FLOP_PER_S,
     .offset = offsetof(struct ot_chip_rate, achieved), .min = 1e9, .max = 1e20,
     .help = "best measured large GEMM"},
};
static const struct ot_table rate_table = {
    "rate", "Rates of one number format, dense.", sizeof(struct ot_chip_rate), rate_rows,
    OT_COUNT(rate_rows)};

static const struct ot_field rates_rows[] = {
#define RATE(name_, bytes)                                                                         \
    {.key = #name_, .kind = OT_KIND_OBJ, .offset = OT_DTYPE_##name_ * sizeof(struct ot_chip_rate), \
     .table = &rate_table, .help = "arithmetic in " #name_},
    OT_DTYPE_LIST(RATE)
#undef RATE
};
static const struct ot_table rates_table = {
    "rates", "Arithmetic rates by number format; a format that is absent is not supported.",
    sizeof(((struct ot_chip *)0)->rates), rates_rows, OT_COUNT(rates_rows)};

#define AT(member) .offset = offsetof(struct ot_chip, member)
static const struct ot_field chip_rows[] = {
    {.key = "name", .kind = OT_KIND_STR, .need = OT_OUTPUT_ONLY, AT(name),
     .help = "the file's name"},
    {.key = "title", .kind = OT_KIND_STR, .need = OT_REQUIRED, AT(title),
     .help = "name as people write it"},
    {.key = "vendor", .kind = OT_KIND_STR, .need = OT_REQUIRED, AT(vendor),
     .help = "who designs the chip"},
    {.key = "family", .kind = OT_KIND_STR, .need = OT_REQUIRED, AT(family),
     .help = "fits transfer within a family: hopper, blackwell, neuron"},
    {.key = "aliases", .kind = OT_KIND_STRS, AT(aliases),
     .count_offset = offsetof(struct ot_chip, aliases_n), .help = "other names"},
    {.key = "year", .kind = OT_KIND_INT, AT(year), .min = 2000, .max = 2100,
     .help = "of announcement or general availability"},
    {.key = "rates", .kind = OT_KIND_OBJ, .need = OT_REQUIRED, AT(rates), .table = &rates_table,
     .help = "arithmetic rates by number format"},
    {.key = "hbm", .out = "hbm_bytes", .kind = OT_KIND_FACT, .dim = OT_DIM_BYTES,
     .need = OT_REQUIRED, AT(hbm_bytes), .min = 1e6, .max = 1e14, .help = "device memory, label"},
    {.key = "hbm_usable", .out = "hbm_usable_bytes", .kind = OT_KIND_FACT, .dim = OT_DIM_BYTES,
     AT(hbm_usable_bytes), .min = 1e6, .max = 1e14, .help = "device memory the driver reports"},
    {.key = "hbm_bandwidth", .out = "hbm_bytes_per_s", .kind = OT_KIND_FACT,
     .dim = OT_DIM_BYTES_PER_S, .need = OT_REQUIRED, AT(hbm_bytes_per_s), .min = 1e9, .max = 1e15,
     .help = "device memory rate, label"},
    {.key = "hbm_achieved", .out = "hbm_achieved_bytes_per_s", .kind = OT_KIND_FACT,
     .dim = OT_DIM_BYTES_PER_S, AT(hbm_achieved_bytes_per_s), .min = 1e9, .max = 1e15,
     .help = "best measured weight streaming or copy"},
    {.key = "dma", .out = "dma_bytes_per_s", .kind = OT_KIND_FACT, .dim = OT_DIM_BYTES_PER_S,
     AT(dma_bytes_per_s), .min = 1e9, .max = 1e15,
     .help = "what the DMA engines sustain; chips whose on-chip memory software manages"},
    {.key = "cache", .out = "cache_bytes", .kind = OT_KIND_FACT, .dim = OT_DIM_BYTES,
     AT(cache_bytes), .min = 1e3, .max = 1e12,
     .help = "last-level cache, or software-managed memory, of the whole chip"},
    {.key = "compute_units", .kind = OT_KIND_INT, AT(compute_units), .min = 0, .max = 1e7,
     .help = "SMs, CUs, tensor cores: parallel blocks for attention; 0 = not known"},
    {.key = "cores", .kind = OT_KIND_INT, AT(cores), .min = 0, .max = 1e6,
     .help = "physical cores a runtime sees (NeuronCores, TensorCores)"},
    {.key = "lnc", .kind = OT_KIND_INT, AT(lnc), .def = "1", .min = 1, .max = 64,
     .help = "physical cores per logical core"},
    {.key = "scaleup", .out = "scaleup_bytes_per_s", .kind = OT_KIND_FACT,
     .dim = OT_DIM_BYTES_PER_S, AT(scaleup_bytes_per_s), .min = 1e8, .max = 1e14,
     .help = "chip-to-chip rate inside the scale-up domain, one direction"},
    {.key = "scaleup_topology", .kind = OT_KIND_ENUM, AT(scaleup_topology),
     .names = &topology_names, .def = "none", .help = "how the scale-up domain is wired"},
    {.key = "scaleup_domain", .out = "scaleup_domain_n", .kind = OT_KIND_INT, AT(scaleup_domain_n),
     .def = "1", .min = 1, .max = 1e6, .help = "chips in it"},
    {.key = "scaleout", .out = "scaleout_bytes_per_s", .kind = OT_KIND_FACT,
     .dim = OT_DIM_BYTES_PER_S, AT(scaleout_bytes_per_s), .min = 1e6, .max = 1e14,
     .help = "network rate per chip between hosts, one direction"},
    {.key = "tdp", .out = "tdp_w", .kind = OT_KIND_FACT, .dim = OT_DIM_POWER, AT(tdp_w), .min = 1,
     .max = 1e6, .help = "power limit of the chip"},
    {.key = "power_all_in", .out = "power_all_in_w", .kind = OT_KIND_FACT, .dim = OT_DIM_POWER,
     AT(power_all_in_w), .min = 1, .max = 1e6,
     .help = "with the chip's share of host, network and cooling"},
    {.key = "vector_clock", .out = "vector_clock_hz", .kind = OT_KIND_FACT, .dim = OT_DIM_HERTZ,
     AT(vector_clock_hz), .min = 1e6, .max = 1e11, .help = "clock of the vector engine"},
    {.key = "tensor_clock", .out = "tensor_clock_hz", .kind = OT_KIND_FACT, .dim = OT_DIM_HERTZ,
     AT(tensor_clock_hz), .min = 1e6, .max = 1e11, .help = "clock of the matrix engine"},
    {.key = "note", .kind = OT_KIND_STR, AT(note), .help = "what a reader should know"},
};
#undef AT
const struct ot_table ot_chip_table = {
    "chip", "An accelerator: data/chips/<name>.yaml.", sizeof(struct ot_chip), chip_rows,
    OT_COUNT(chip_rows)};

#define AT(member) .offset = offsetof(struct ot_node_type, member)
static const struct ot_field node_rows[] = {
    {.key = "name", .kind = OT_KIND_STR, .need = OT_OUTPUT_ONLY, AT(name),
     .help = "the file's name"},
    {.key = "title", .kind = OT_KIND_STR, .need = OT_REQUIRED, AT(title),
     .help = "name as people write it"},
    {.key = "provider", .kind = OT_KIND_STR, .need = OT_REQUIRED, AT(provider),
     .help = "who rents it out, or builds it"},
    {.key = "chip", .kind = OT_KIND_STR, .need = OT_REQUIRED, AT(chip), .help = "a chip's name"},
    {.key = "aliases", .kind = OT_KIND_STRS, AT(aliases),
     .count_offset = offsetof(struct ot_node_type, aliases_n), .help = "other names"},
    {.key = "chips", .out = "chips_n", .kind = OT_KIND_INT, .need = OT_REQUIRED, AT(chips_n),
     .min = 1, .max = 1e6, .help = "chips in the host, or in the rack sold as one"},
    {.key = "nic", .out = "nic_bytes_per_s", .kind = OT_KIND_FACT, .dim = OT_DIM_BYTES_PER_S,
     AT(nic_bytes_per_s), .min = 1e6, .max = 1e15,
     .help = "network rate of the whole host, one direction"},
    {.key = "fabric", .kind = OT_KIND_STR, AT(fabric), .help = "a fabric's name"},
    {.key = "source", .kind = OT_KIND_STR, .need = OT_REQUIRED, AT(source),
     .help = "where chips and fabric are stated"},
    {.key = "note", .kind = OT_KIND_STR, AT(note), .help = "what a reader should know"},
};
#undef AT
const struct ot_table ot_node_type_table = {
    "node", "A host with its chips: data/nodes/<name>.yaml.", sizeof(struct ot_node_type),
    node_rows, OT_COUNT(node_rows)};

#define AT(member) .offset = offsetof(struct ot_fabric, member)
static const struct ot_field fabric_rows[] = {
    {.key = "name", .kind = OT_KIND_STR, .need = OT_OUTPUT_ONLY, AT(name),
     .help = "the file's name"},
    {.key = "title", .kind = OT_KIND_STR, .need = OT_REQUIRED, AT(title),
     .help = "name as people write it"},
    {.key = "aliases", .kind = OT_KIND_STRS, AT(aliases),
     .count_offset = offsetof(struct ot_fabric, aliases_n), .help = "other names"},
    {.key = "latency", .out = "latency_s", .kind = OT_KIND_FACT, .dim = OT_DIM_TIME,
     AT(latency_s), .min = 1e-9, .max = 1, .help = "one hop between hosts, memory to memory"},
    {.key = "efficiency", .out = "efficiency_frac", .kind = OT_KIND_FACT, .dim = OT_DIM_FRAC,
     AT(efficiency_frac), .min = 0.01, .max = 2,
     .help = "large-message all-reduce bus rate over the network rate; in-switch sums exceed 1"},
    {.key = "note", .kind = OT_KIND_STR, AT(note), .help = "what a reader should know"},
};
#undef AT
const struct ot_table ot_fabric_table = {
    "fabric", "How hosts are joined: data/fabrics/<name>.yaml.", sizeof(struct ot_fabric),
    fabric_rows, OT_COUNT(fabric_rows)};

#define AT(member) .kind = OT_KIND_INT, .offset = offsetof(struct ot_layers, member), .max = 1e12
#define FLAG(member) .kind = OT_KIND_BOOL, .offset = offsetof(struct ot_layers, member)
static const struct ot_field layers_rows[] = {
    {.key = "count", .need = OT_REQUIRED, AT(count), .min = 1, .help = "equal layers"},
    {.key = "attn", .kind = OT_KIND_ENUM, .offset = offsetof(struct ot_layers, attn),
     .names = &attn_names, .def = "gqa", .help = "kind of attention; none = MLP only"},
    {.key = "heads", AT(heads), .help = "query heads"},
    {.key = "kv_heads", AT(kv_heads), .help = "gqa: key and value heads"},
    {.key = "head_dim", AT(head_dim), .help = "width of a query and key head"},
    {.key = "v_head_dim", AT(v_head_dim), .help = "width of a value head; 0 = head_dim"},
    {.key = "window", AT(window), .help = "tokens a sliding layer sees; 0 = all"},
    {.key = "kv_rank", AT(kv_rank), .help = "mla: compressed key-value width"},
    {.key = "rope_dim", AT(rope_dim), .help = "mla: rotary key width, cached beside kv_rank"},
    {.key = "q_rank", AT(q_rank), .help = "low-rank query width; 0 = full rank"},
    {.key = "nope_dim", AT(nope_dim), .help = "mla: head width without position"},
    {.key = "index_dim", AT(index_dim), .help = "sparse attention: width of the index key"},
    {.key = "index_heads", AT(index_heads), .help = "sparse attention: heads of the indexer"},
    {.key = "kv_shared", FLAG(kv_shared), .help = "one cached vector is key and value"},
    {.key = "v_from_k", FLAG(v_from_k), .help = "no V projection; both are cached"},
    {.key = "compress", AT(compress), .help = "KV outside the window kept compress : 1; 0 = all"},
    {.key = "o_groups", AT(o_groups), .help = "groups of a low-rank output projection"},
    {.key = "o_rank", AT(o_rank), .help = "its rank per group; 0 = one full matrix"},
    {.key = "state", .out = "state_bytes", .kind = OT_KIND_INT,
     .offset = offsetof(struct ot_layers, state_bytes), .max = 1e12,
     .help = "linear, mamba: bytes of state per sequence"},
    {.key = "linear_in", .out = "linear_in_dim", AT(linear_in_dim),
     .help = "linear, mamba: columns of all in-projections"},
    {.key = "linear", .out = "linear_dim", AT(linear_dim),
     .help = "linear, mamba: rows of the out-projection"},
    {.key = "gate", FLAG(gate), .help = "an output gate doubles the query projection"},
    {.key = "ffn", .out = "ffn_dim", AT(ffn_dim),
     .help = "dense MLP width; 0 = none; beside the experts where there are any"},
    {.key = "ffn_gated", FLAG(ffn_gated), .def = "true", .help = "three matrices, else two"},
    {.key = "experts", AT(experts), .help = "routed experts; 0 = no MoE"},
    {.key = "top_k", AT(top_k), .help = "experts a token goes to"},
    {.key = "moe_ffn", .out = "moe_ffn_dim", AT(moe_ffn_dim), .help = "width of one expert"},
    {.key = "shared_ffn", .out = "shared_ffn_dim", AT(shared_ffn_dim),
     .help = "width of all shared experts together"},
    {.key = "moe_in", .out = "moe_in_dim", AT(moe_in_dim),
     .help = "width the experts work in; 0 = hidden"},
};
#undef AT
#undef FLAG
const struct ot_table ot__layers_table = {
    "layers", "A run of equal layers.", sizeof(struct ot_layers), layers_rows,
    OT_COUNT(layers_rows)};

#define AT(member) .offset = offsetof(struct ot_model, member)
static const struct ot_field model_rows[] = {
    {.key = "name", .kind = OT_KIND_STR, .need = OT_OUTPUT_ONLY, AT(name),
     .help = "the file's name"},
    {.key = "title", .kind = OT_KIND_STR, .need = OT_REQUIRED, AT(title),
     .help = "name as people write it"},
    {.key = "family", .kind = OT_KIND_STR, .need = OT_REQUIRED, AT(family),
     .help = "model_type of its config.json"},
    {.key = "aliases", .kind = OT_KIND_STRS, AT(aliases),
     .count_offset = offsetof(struct ot_model, aliases_n), .help = "other names"},
    {.key = "hidden", .kind = OT_KIND_INT, .need = OT_REQUIRED, AT(hidden), .min = 1, .max = 1e6,
     .help = "width between layers"},
    {.key = "vocab", .kind = OT_KIND_INT, .need = OT_REQUIRED, AT(vocab), .min = 1, .max = 1e7,
     .help = "rows of the embedding"},
    {.key = "max_position", .kind = OT_KIND_INT, AT(max_position), .min = 1, .max = 1e9,
     .help = "longest context, tokens"},
    {.key = "tied_embeddings", .kind = OT_KIND_BOOL, AT(tied_embeddings), .def = "false",
     .help = "input and output embedding are one matrix"},
    {.key = "dtype", .kind = OT_KIND_ENUM, AT(dtype), .names = &dtype_names, .def = "bf16",
     .help = "number format of the checkpoint"},
    {.key = "dtype_moe", .kind = OT_KIND_ENUM, AT(dtype_moe), .names = &dtype_names,
     .help = "of its expert weights; default: dtype"},
    {.key = "dtype_kv", .kind = OT_KIND_ENUM, AT(dtype_kv), .names = &dtype_names, .def = "bf16",
     .help = "of its cache, where the checkpoint asks for one"},
    {.key = "layers", .kind = OT_KIND_LIST, .need = OT_REQUIRED, AT(layers),
     .count_offset = offsetof(struct ot_model, layers_n), .table = &ot__layers_table,
     .help = "groups of equal layers"},
    {.key = "mtp_layers", .kind = OT_KIND_INT, AT(mtp_layers), .min = 0, .max = 100,
     .help = "multi-token prediction layers, extra to the groups"},
    {.key = "params", .out = "params_total", .kind = OT_KIND_FACT, AT(params_total), .min = 1e6,
     .max = 1e14, .help = "weights as published"},
    {.key = "params_active", .kind = OT_KIND_FACT, AT(params_active), .min = 1e6, .max = 1e14,
     .help = "weights one token meets, as published"},
    {.key = "source", .kind = OT_KIND_STR, .need = OT_REQUIRED, AT(source),
     .help = "where the structure is stated"},
    {.key = "note", .kind = OT_KIND_STR, AT(note), .help = "what a reader should know"},
};
#undef AT
const struct ot_table ot_model_table = {
    "model", "A language model's structure: data/models/<name>.yaml.", sizeof(struct ot_model),
    model_rows, OT_COUNT(model_rows)};

#define AT(member) .offset = offsetof(struct ot_price, member)
static const struct ot_field price_rows[] = {
    {.key = "chip", .kind = OT_KIND_STR, .need = OT_REQUIRED, AT(chip), .help = "a chip's name"},
    {.key = "node", .kind = OT_KIND_STR, AT(node), .help = "instance type it is sold as"},
    {.key = "kind", .kind = OT_KIND_ENUM, .need = OT_REQUIRED, AT(kind),
     .names = &price_kind_names, .help = "basis of the price"},
    {.key = "region", .kind = OT_KIND_STR, AT(region), .help = "where; absent = not stated"},
    {.key = "price", .out = "price_usd_per_chip_s", .kind = OT_KIND_FACT,
     .dim = OT_DIM_USD_PER_CHIP_S, .need = OT_REQUIRED, AT(price_usd_per_chip_s), .min = 1e-7,
     .max = 1, .help = "per chip and time"},
};
#undef AT
const struct ot_table ot_price_table = {
    "price", "One dated list price.", sizeof(struct ot_price), price_rows, OT_COUNT(price_rows)};

#define AT(member) .offset = offsetof(struct ot__offers, member)
static const struct ot_field offers_rows[] = {
    {.key = "provider", .kind = OT_KIND_STR, .need = OT_REQUIRED, AT(provider),
     .help = "who sells"},
    {.key = "aliases", .kind = OT_KIND_STRS, AT(aliases),
     .count_offset = offsetof(struct ot__offers, aliases_n), .help = "other names"},
    {.key = "prices", .kind = OT_KIND_LIST, .need = OT_REQUIRED, AT(prices),
     .count_offset = offsetof(struct ot__offers, prices_n), .table = &ot_price_table,
     .help = "its list prices"},
    {.key = "note", .kind = OT_KIND_STR, AT(note), .help = "what a reader should know"},
};
#undef AT
const struct ot_table ot_offers_table = {
    "offers", "List prices of one provider: data/offers/<provider>.yaml.",
    sizeof(struct ot__offers), offers_rows, OT_COUNT(offers_rows)};

static const struct ot_field quantiles_rows[] = {
    {.key = "p", .kind = OT_KIND_NUMS, .need = OT_REQUIRED,
     .offset = offsetof(struct ot_quantiles, p), .count_offset = offsetof(struct ot_quantiles, p_n),
     .max = 100, .help = "percentiles, ascending, from 0 to 100"},
    {.key = "tokens", .kind = OT_KIND_NUMS, .need = OT_REQUIRED,
     .offset = offsetof(struct ot_quantiles, tokens),
     .count_offset = offsetof(struct ot_quantiles, tokens_n), .max = 1e9,
     .help = "tokens at each of them"},
};
static const struct ot_table quantiles_table = {
    "quantiles", "A distribution of lengths, linear between the points.",
    sizeof(struct ot_quantiles), quantiles_rows, OT_COUNT(quantiles_rows)};

#define AT(member) .offset = offsetof(struct ot_workload, member)
static const struct ot_field workload_rows[] = {
    {.key = "name", .kind = OT_KIND_STR, .need = OT_OUTPUT_ONLY, AT(name),
     .help = "the file's name"},
    {.key = "title", .kind = OT_KIND_STR, .need = OT_REQUIRED, AT(title),
     .help = "name as people write it"},
    {.key = "aliases", .kind = OT_KIND_STRS, AT(aliases),
     .count_offset = offsetof(struct ot_workload, aliases_n), .help = "other names"},
    {.key = "input", .kind = OT_KIND_OBJ, .need = OT_REQUIRED, AT(input),
     .table = &quantiles_table, .help = "prompt lengths"},
    {.key = "output", .kind = OT_KIND_OBJ, .need = OT_REQUIRED, AT(output),
     .table = &quantiles_table, .help = "answer lengths"},
    {.key = "arrival_shape", .kind = OT_KIND_NUM, .dim = OT_DIM_NONE, AT(arrival_shape),
     .def = "1", .min = 1e-3, .max = 1e6,
     .help = "Gamma shape of the times between requests; 1 = Poisson, smaller = burstier"},
    {.key = "rate", .out = "rate_req_per_s", .kind = OT_KIND_FACT, .dim = OT_DIM_REQ_PER_S,
     AT(rate_req_per_s), .min = 1e-9, .max = 1e9, .help = "mean rate"},
    {.key = "rate_curve", .kind = OT_KIND_NUMS, AT(rate_curve),
     .count_offset = offsetof(struct ot_workload, rate_curve_n), .min = 0, .max = 1e6,
     .help = "relative rate in equal slots of rate_period; scaled to a mean of 1"},
    {.key = "rate_period", .out = "rate_period_s", .kind = OT_KIND_NUM, .dim = OT_DIM_TIME,
     AT(rate_period_s), .min = 1, .max = 1e9, .help = "length of the whole curve"},
    {.key = "ttft_limit", .out = "ttft_limit_s", .kind = OT_KIND_NUM, .dim = OT_DIM_TIME,
     AT(ttft_limit_s), .min = 1e-6, .max = 1e6, .help = "p99 limit the workload itself sets"},
    {.key = "tpot_limit", .out = "tpot_limit_s", .kind = OT_KIND_NUM, .dim = OT_DIM_TIME,
     AT(tpot_limit_s), .min = 1e-6, .max = 1e6, .help = "p99 limit the workload itself sets"},
    {.key = "source", .kind = OT_KIND_STR, .need = OT_REQUIRED, AT(source),
     .help = "where lengths and arrivals come from"},
    {.key = "note", .kind = OT_KIND_STR, AT(note), .help = "what a reader should know"},
};
#undef AT
const struct ot_table ot_workload_table = {
    "workload", "Lengths and arrivals of requests: data/workloads/<name>.yaml.",
    sizeof(struct ot_workload), workload_rows, OT_COUNT(workload_rows)};

#define AT(member) .offset = offsetof(struct ot_unsupported, member)
static const struct ot_field unsupported_rows[] = {
    {.key = "name", .kind = OT_KIND_STR, .need = OT_REQUIRED, AT(name),
     .help = "as public tables write it"},
    {.key = "aliases", .kind = OT_KIND_STRS, AT(aliases),
     .count_offset = offsetof(struct ot_unsupported, aliases_n), .help = "other spellings"},
    {.key = "reason", .kind = OT_KIND_STR, .need = OT_REQUIRED, AT(reason),
     .help = "why it cannot be predicted"},
};
#undef AT
const struct ot_table ot_unsupported_table = {
    "unsupported", "A chip or model that cannot be predicted: data/unsupported.yaml.",
    sizeof(struct ot_unsupported), unsupported_rows, OT_COUNT(unsupported_rows)};
/* clang-format on */
