/* SPDX-License-Identifier: Apache-2.0 */
/* Published tables of whole systems: what their columns mean, and the rows whose own notes say that
 * they cannot be compared (docs/models/validation.md lists every reason). */
#include <ctype.h>
#include <string.h>

#include "measure.h"

static struct ot_str scaled(const struct ot__row *row, struct ot_str text, double factor)
{
    double value;
    if (!ot_str_num(text, &value))
        return text;
    return ot_str_fmt(row->scratch, "%.17g", value * factor);
}

/* The number after `word` in free text: "max_num_seqs 128;" gives "128". */
static struct ot_str number_after(struct ot_str text, const char *word)
{
    const size_t len = strlen(word);
    for (size_t i = 0; i + len < text.len; i++) {
        if (strncmp(text.ptr + i, word, len) != 0 || text.ptr[i + len] != ' ')
            continue;
        size_t start = i + len + 1, end = start;
        while (end < text.len && isdigit((unsigned char)text.ptr[end]))
            end++;
        return ot_str_n(text.ptr + start, end - start);
    }
    return ot_str_c("");
}

static struct ot_str engine_of(struct ot_str software)
{
    static const char *const words[][2] = {
        {"vllm", "vllm"},  {"trt", "trtllm"}, {"tensorrt", "trtllm"}, {"sglang", "sglang"},
        {"nim", "trtllm"}, {"neuron", "nxd"}, {"nxd", "nxd"},
    };
    for (size_t i = 0; i < OT_COUNT(words); i++)
        if (ot__has_word(software, words[i][0]))
            return ot_str_c(words[i][1]);
    return ot_str_c("");
}

static void skip_marked(struct ot__record *record)
{
    if (ot__has_word(record->col[OT__COL_note], "exclude"))
        ot__record_skip(record, "the table marks the row: exclude", ot_str_c(""));
}

void ot__fix_training(const struct ot__row *row, struct ot__record *record)
{
    (void)row;
    record->col[OT__COL_kind] = ot_str_c("train");
    ot__record_skip(record, "training is not predicted yet", ot_str_c(""));
}

/* ---- MLPerf Inference ---- */

/* DeepSeek-R1 runs with attention data parallel over the TP group; where a submission states no
 * layout, over 8 chips with experts spread, as every stated one does. */
static void mlperf_layout(struct ot_str kv, struct ot__record *record)
{
    struct ot_str *col = record->col;
    double chips = 0;
    const bool stated = col[OT__COL_tp].len > 0;
    const bool eight = ot_str_num(col[OT__COL_n_chips], &chips) && chips >= 8;
    if (stated && ot__has_word(kv, "enable_attention_dp=True")) {
        col[OT__COL_dp] = col[OT__COL_tp];
        col[OT__COL_tp] = ot_str_c("1");
    } else if (!stated && eight && ot_str_is(col[OT__COL_model], "deepseek-r1")) {
        col[OT__COL_tp] = ot_str_c("1");
        col[OT__COL_dp] = col[OT__COL_ep] = ot_str_c("8");
    } else if (ot_str_is(col[OT__COL_dp], "8") && ot_str_is(col[OT__COL_tp], "1")) {
        col[OT__COL_dp] = ot_str_c(""); /* replicas behind one front end, not attention DP */
    }
    if (ot__has_word(kv, "num_nextn_predict_layers"))
        ot__record_skip(record, "speculative decoding is not predicted yet", ot_str_c(""));
}

void ot__fix_mlperf(const struct ot__row *row, struct ot__record *record)
{
    struct ot_str *col = record->col;
    const struct ot_str scenario = ot__row_get(row, "scenario");
    const bool offline = ot_str_is(scenario, "Offline");
    const bool rate_row = ot_str_is(col[OT__COL_metric], "output_tokens_per_s");
    col[OT__COL_kind] = ot_str_c(offline ? "offline" : rate_row ? "limit" : "server");
    col[OT__COL_workload] = ot_str_fmt(row->scratch, "mlperf-%.*s%s", (int)col[OT__COL_model].len,
                                       col[OT__COL_model].ptr,
                                       ot_str_is(scenario, "Interactive") ? "-interactive" : "");
    col[OT__COL_engine] = engine_of(col[OT__COL_engine_version]);
    col[OT__COL_rate] = offline ? ot_str_c("") : ot__row_get(row, "samples_per_s");
    col[OT__COL_ttft_limit_s] = scaled(row, ot__row_get(row, "ttft_limit_ms"), 1e-3);
    col[OT__COL_tpot_limit_s] = scaled(row, ot__row_get(row, "tpot_limit_ms"), 1e-3);
    const struct ot_str kv = ot__row_get(row, "kv_settings");
    if (ot__has_word(kv, "kv_cache_dtype=fp8") || ot__has_word(kv, "use_fp8=True"))
        col[OT__COL_dtype_kv] = ot_str_c("fp8");
    if (ot__has_word(kv, "use_fp8=True")) /* the weights of v4.1, whatever the format column says */
        col[OT__COL_dtype_weights] = ot_str_c("fp8");
    mlperf_layout(kv, record);
    if (ot__has_word(kv, "prefill:") || ot__has_word(col[OT__COL_tp], "prefill"))
        ot__record_skip(record, "disaggregated serving is not predicted yet", ot_str_c(""));
    if (!ot_str_is(ot__row_get(row, "category"), "closed"))
        ot__record_skip(record, "open division: another model's behaviour", ot_str_c(""));
    if (ot_str_is(col[OT__COL_n_chips], "0") || ot__has_word(col[OT__COL_chip], "CPU only"))
        ot__record_skip(record, "no accelerator", ot_str_c(""));
    static const enum ot__col either[] = {OT__COL_tp, OT__COL_pp,           OT__COL_ep,
                                          OT__COL_dp, OT__COL_max_num_seqs, OT__COL_chip};
    for (size_t i = 0; i < OT_COUNT(either); i++)
        if (memchr(col[either[i]].ptr, '|', col[either[i]].len) != NULL)
            ot__record_skip(record, "value ambiguous: the source holds alternatives",
                            col[either[i]]);
    skip_marked(record);
}

/* ---- AWS Neuron ---- */

/* "1", "max", "0.40 req/sec" */
static void neuron_load(const struct ot__row *row, struct ot__record *record)
{
    struct ot_str *col = record->col;
    const struct ot_str load = ot__row_get(row, "concurrency");
    struct ot_str tail;
    const struct ot_str head = ot_str_cut(load, ' ', &tail);
    col[OT__COL_kind] = ot_str_c(tail.len > 0 ? "server" : "steady");
    if (tail.len > 0)
        col[OT__COL_rate] = head;
    else if (ot_str_is(load, "max"))
        col[OT__COL_arrival] = load;
    else
        col[OT__COL_concurrency] = load.len > 0 ? load : col[OT__COL_batch];
}

void ot__fix_neuron(const struct ot__row *row, struct ot__record *record)
{
    struct ot_str *col = record->col;
    const struct ot_str note = col[OT__COL_note], sdk = col[OT__COL_engine_version];
    col[OT__COL_engine] = ot_str_c("nxd");
    neuron_load(row, record);
    if (ot__has_word(col[OT__COL_dtype_act], "bf16"))
        col[OT__COL_dtype_act] = ot_str_c("bf16");
    if (ot__has_word(col[OT__COL_dtype_weights], "bf16"))
        col[OT__COL_dtype_weights] = ot_str_c("bf16");
    if (ot__has_word(ot__row_get(row, "framework"), "optimum"))
        col[OT__COL_mode] = ot_str_c("max_len"); /* its bucket is the maximum length */
    if (ot__has_word(ot__row_get(row, "framework"), "Transformers") &&
        !ot_str_is(col[OT__COL_batch], "1"))
        col[OT__COL_arrival] = ot_str_c("static"); /* no continuous batching in it */
    skip_marked(record);
    if (col[OT__COL_spec].len > 0)
        ot__record_skip(record, "speculative decoding is not predicted yet", col[OT__COL_spec]);
    if (ot_str_is(col[OT__COL_model], "Llama-2-13b") &&
        (ot_str_starts(sdk, "2.16") || ot_str_starts(sdk, "2.17")))
        ot__record_skip(record, "per-token latency counts input tokens too", sdk);
    if (ot__has_word(note, "cache hit") || ot__has_word(note, "not stated") ||
        ot__has_word(note, "_hit"))
        ot__record_skip(record, "lengths or layout not stated", ot_str_c(""));
    if (ot__has_word(ot__row_get(row, "throughput_kind"), "prefill excluded") &&
        ot_str_is(col[OT__COL_metric], "output_tokens_per_s"))
        ot__record_skip(record, "throughput leaves prefill out", ot_str_c(""));
}

/* ---- published_inference ---- */

struct metric_name {
    const char *from, *to, *unit; /* unit: NULL = as in the table */
};
static const struct metric_name metric_names[] = {
    {"ttft", "ttft_mean", NULL},
    {"tpot", "tpot_mean", NULL},
    {"itl", "itl_mean", NULL},
    {"ttft_median", "ttft_p50", NULL},
    {"tpot_median", "tpot_p50", NULL},
    {"ttft_mean", "ttft_mean", NULL},
    {"tpot_mean", "tpot_mean", NULL},
    {"ttft_p99", "ttft_p99", NULL},
    {"e2e_latency", "e2e_mean", NULL},
    {"e2e_latency_mean", "e2e_mean", NULL},
    {"output_throughput_total", "output_tokens_per_s", NULL},
    {"output_throughput_per_gpu", "output_tokens_per_s", "tok/s/chip"},
};

static void published_metric(struct ot__record *record)
{
    struct ot_str *col = record->col;
    for (size_t i = 0; i < OT_COUNT(metric_names); i++) {
        if (!ot_str_is(col[OT__COL_metric], metric_names[i].from))
            continue;
        col[OT__COL_metric] = ot_str_c(metric_names[i].to);
        if (metric_names[i].unit != NULL)
            col[OT__COL_unit] = ot_str_c(metric_names[i].unit);
        return;
    }
    ot__record_skip(record, "metric of one phase or of unclear definition", col[OT__COL_metric]);
}

/* "fp8 gemm=fp8 moe=fp8_block", "FP4, FP8 KV", "BF16 (checkpoint default)" */
static void published_precision(struct ot__record *record)
{
    struct ot_str *col = record->col;
    struct ot_str rest = col[OT__COL_dtype_weights], word;
    const bool kv8 = ot__has_word(rest, "FP8 KV");
    if (ot__has_word(rest, "attention") || ot__has_word(rest, "MLA"))
        ot__record_skip(record, "mixed attention and expert formats", rest);
    word = ot_str_cut(rest, ' ', &rest);
    if (word.len > 0 && word.ptr[word.len - 1] == ',')
        word.len--;
    col[OT__COL_dtype_weights] = word;
    while (rest.len > 0) {
        word = ot_str_cut(rest, ' ', &rest);
        struct ot_str value;
        const struct ot_str key = ot_str_cut(word, '=', &value);
        if (ot_str_is(key, "gemm"))
            col[OT__COL_dtype_weights] = value;
        if (ot_str_is(key, "moe"))
            col[OT__COL_dtype_moe] = value;
    }
    if (ot_str_is(col[OT__COL_dtype_weights], "int4_wo"))
        col[OT__COL_dtype_weights] = ot_str_c("int4");
    if (ot_str_is(col[OT__COL_dtype_moe], "int4_wo"))
        col[OT__COL_dtype_moe] = ot_str_c("int4");
    if (kv8)
        col[OT__COL_dtype_kv] = ot_str_c("fp8");
}

static void published_load(const struct ot__row *row, struct ot__record *record)
{
    struct ot_str *col = record->col;
    const struct ot_str load = ot__row_get(row, "concurrency_or_batch_or_rate");
    const struct ot_str mode = col[OT__COL_mode];
    struct ot_str tail;
    const struct ot_str head = ot_str_cut(load, ' ', &tail);
    if (ot__has_word(mode, "disagg"))
        ot__record_skip(record, "disaggregated serving is not predicted yet", ot_str_c(""));
    if (ot_str_is(mode, "offline static batch")) {
        col[OT__COL_kind] = ot_str_c("steady");
        col[OT__COL_arrival] = ot_str_c("static");
        col[OT__COL_concurrency] = tail;
    } else if (ot_str_is(mode, "offline")) {
        col[OT__COL_kind] = ot_str_c("offline");
        if (ot_str_is(head, "batch"))
            col[OT__COL_max_num_seqs] = tail;
    } else {
        col[OT__COL_kind] = ot_str_c("steady");
        col[OT__COL_concurrency] = ot_str_is(head, "batch") ? tail : load;
    }
}

void ot__fix_published(const struct ot__row *row, struct ot__record *record)
{
    struct ot_str *col = record->col;
    skip_marked(record);
    published_metric(record);
    published_precision(record);
    published_load(row, record);
    col[OT__COL_engine] = engine_of(col[OT__COL_engine_version]);
    if (ot__has_word(col[OT__COL_spec], "MTP"))
        ot__record_skip(record, "speculative decoding is not predicted yet", col[OT__COL_spec]);
    if (ot__has_word(col[OT__COL_note], "swapped") || ot__has_word(col[OT__COL_note], "suspect"))
        ot__record_skip(record, "the table doubts the row", ot_str_c(""));
}

/* ---- serving_runs ---- */

/* "tp4", "dp2 ep2" */
static void serving_layout(const struct ot__row *row, struct ot__record *record)
{
    static const struct {
        const char *prefix;
        enum ot__col col;
    } parts[] = {{"tp", OT__COL_tp}, {"dp", OT__COL_dp}, {"ep", OT__COL_ep}};
    struct ot_str rest = ot__row_get(row, "parallel");
    while (rest.len > 0) {
        const struct ot_str word = ot_str_cut(rest, ' ', &rest);
        for (size_t i = 0; i < OT_COUNT(parts); i++)
            if (ot_str_starts(word, parts[i].prefix))
                record->col[parts[i].col] = ot_str_n(word.ptr + 2, word.len - 2);
    }
}

void ot__fix_serving(const struct ot__row *row, struct ot__record *record)
{
    struct ot_str *col = record->col;
    const struct ot_str kind = ot__row_get(row, "load_kind"), load = ot__row_get(row, "load");
    const struct ot_str note = col[OT__COL_note];
    double number;
    serving_layout(row, record);
    col[OT__COL_engine] = engine_of(col[OT__COL_engine]);
    col[OT__COL_max_num_seqs] = number_after(note, "max_num_seqs");
    col[OT__COL_max_batched_tokens] = number_after(note, "max_num_batched_tokens");
    col[OT__COL_num_gpu_blocks] = number_after(note, "kv_blocks");
    if (col[OT__COL_num_gpu_blocks].len == 0)
        col[OT__COL_num_gpu_blocks] = number_after(note, "gpu blocks");
    const bool open_loop = ot__has_word(kind, "poisson");
    col[OT__COL_kind] = ot_str_c(open_loop ? "server" : "steady");
    col[open_loop ? OT__COL_rate : OT__COL_concurrency] = load;
    if (ot__has_word(kind, "300 requests"))
        col[OT__COL_n_requests] = ot_str_c("300");
    if (ot__has_word(note, "mean ITL") && ot_str_is(col[OT__COL_metric], "tpot_mean"))
        col[OT__COL_metric] = ot_str_c("itl_mean");
    if (load.len == 0)
        ot__record_skip(record, "load not stated", ot_str_c(""));
    else if (!ot_str_num(load, &number))
        ot__record_skip(record, "several loads in one row", load);
    if (ot__has_word(note, "speculation") && !ot__has_word(note, "no speculation"))
        ot__record_skip(record, "speculative decoding is not predicted yet", ot_str_c(""));
    skip_marked(record);
}
