/* SPDX-License-Identifier: Apache-2.0 */
/* Which tables of measurements can be read, as data: the columns that give a table away, how its
 * columns are called in the measurement table, and which columns hold measured figures. What
 * renaming does not say is one function per format (fix_*.c).
 *
 * To add a format: its columns and figures here, a row in `formats`, and its fix function. */
#include <string.h>
#include <strings.h>

#include "measure.h"

struct rename {
    const char *from;
    enum ot__col to;
};
struct figure {
    const char *from, *metric, *unit;
};
struct ot__format {
    const char *name;
    const char *needs[6]; /* all present: this format */
    const struct rename *renames;
    size_t renames_n;
    const struct figure *figures; /* none: the table has metric, value, unit */
    size_t figures_n;
    ot__fix_fn *fix; /* may be NULL */
    bool in_fit;
    bool warns; /* unknown columns are worth a warning */
};
struct ot__plan {
    const struct ot__format *format;
    int *renames, *figures; /* column numbers, -1 = absent */
};

static const struct rename native[] = {
#define OT__COL_RENAME(name, kind) {#name, OT__COL_##name},
    OT__COL_LIST(OT__COL_RENAME)
#undef OT__COL_RENAME
};

/* clang-format off */
static const struct rename kernel_cols[] = {
    {"op", OT__COL_op}, {"system", OT__COL_chip}, {"engine", OT__COL_engine},
    {"precision", OT__COL_dtype_weights}, {"m", OT__COL_m}, {"n", OT__COL_n}, {"k", OT__COL_k},
    {"batch", OT__COL_batch}, {"q_len", OT__COL_q_len}, {"kv_len", OT__COL_kv_len},
    {"heads", OT__COL_heads}, {"kv_heads", OT__COL_kv_heads}, {"head_dim", OT__COL_head_dim},
    {"tokens", OT__COL_tokens}, {"hidden", OT__COL_hidden}, {"inter", OT__COL_inter},
    {"topk", OT__COL_topk}, {"experts", OT__COL_experts}, {"tp", OT__COL_tp}, {"ep", OT__COL_ep},
    {"distribution", OT__COL_skew}, {"num_gpus", OT__COL_ranks},
    {"gpus_per_node", OT__COL_ranks_per_node}, {"bytes", OT__COL_bytes},
};
static const struct figure kernel_figures[] = {{"latency_us", "time", "us"}};

static const struct rename whole_cols[] = {
    {"model", OT__COL_model}, {"system", OT__COL_chip}, {"backend", OT__COL_engine},
    {"quant", OT__COL_dtype_weights}, {"B", OT__COL_concurrency}, {"tp", OT__COL_tp},
    {"isl", OT__COL_isl}, {"osl", OT__COL_osl},
};
static const struct figure whole_figures[] = {{"meas", "tpot_mean", "us"}};

static const struct rename mlperf_cols[] = {
    {"submitter", OT__COL_source}, {"source_path", OT__COL_url}, {"accelerator", OT__COL_chip},
    {"n_accelerators", OT__COL_n_chips}, {"model", OT__COL_model},
    {"weight_precision", OT__COL_dtype_weights}, {"software", OT__COL_engine_version},
    {"tp", OT__COL_tp}, {"pp", OT__COL_pp}, {"ep", OT__COL_ep}, {"dp", OT__COL_dp},
    {"replicas_if_tp_pp", OT__COL_replicas}, {"max_batch", OT__COL_max_num_seqs},
    {"mean_output_tokens", OT__COL_osl}, {"notes", OT__COL_note},
};
static const struct figure mlperf_figures[] = {
    {"tokens_per_s", "output_tokens_per_s", "tok/s"},
    {"ttft_mean_ms", "ttft_mean", "ms"}, {"ttft_p50_ms", "ttft_p50", "ms"},
    {"ttft_p99_ms", "ttft_p99", "ms"}, {"tpot_mean_ms", "tpot_mean", "ms"},
    {"tpot_p50_ms", "tpot_p50", "ms"}, {"tpot_p99_ms", "tpot_p99", "ms"},
};

static const struct rename neuron_cols[] = {
    {"publisher", OT__COL_source}, {"source_path", OT__COL_url}, {"date", OT__COL_date},
    {"chip", OT__COL_chip}, {"chips_used", OT__COL_n_chips}, {"model", OT__COL_model},
    {"tp", OT__COL_tp}, {"dp", OT__COL_replicas}, {"lnc", OT__COL_lnc}, {"batch", OT__COL_batch},
    {"seq_len", OT__COL_max_model_len}, {"input_len", OT__COL_isl}, {"output_len", OT__COL_osl},
    {"compute_dtype", OT__COL_dtype_act}, {"weight_dtype", OT__COL_dtype_weights},
    {"speculative", OT__COL_spec}, {"sdk_version", OT__COL_engine_version},
    {"note", OT__COL_note},
};
static const struct figure neuron_figures[] = {
    {"ttft_p50_ms", "ttft_p50", "ms"}, {"ttft_p99_ms", "ttft_p99", "ms"},
    {"ttft_mean_ms", "ttft_mean", "ms"}, {"tpot_p50_ms", "tpot_p50", "ms"},
    {"tpot_p99_ms", "tpot_p99", "ms"}, {"tpot_mean_ms", "tpot_mean", "ms"},
    {"throughput_tok_s", "output_tokens_per_s", "tok/s"},
};

static const struct rename published_cols[] = {
    {"source", OT__COL_source}, {"path_or_url", OT__COL_url}, {"date", OT__COL_date},
    {"model", OT__COL_model}, {"chip", OT__COL_chip}, {"n_chips", OT__COL_n_chips},
    {"tp", OT__COL_tp}, {"pp", OT__COL_pp}, {"ep", OT__COL_ep}, {"dp", OT__COL_dp},
    {"precision", OT__COL_dtype_weights}, {"engine_version", OT__COL_engine_version},
    {"isl", OT__COL_isl}, {"osl", OT__COL_osl}, {"serving_mode", OT__COL_mode},
    {"speculative", OT__COL_spec}, {"metric", OT__COL_metric}, {"value", OT__COL_value},
    {"unit", OT__COL_unit}, {"note", OT__COL_note},
};

static const struct rename serving_cols[] = {
    {"id", OT__COL_id}, {"source", OT__COL_source}, {"date", OT__COL_date},
    {"engine", OT__COL_engine}, {"engine_version", OT__COL_engine_version},
    {"model", OT__COL_model}, {"precision", OT__COL_dtype_weights}, {"accelerator", OT__COL_chip},
    {"n_accel", OT__COL_n_chips}, {"mode", OT__COL_mode}, {"isl_mean", OT__COL_isl},
    {"osl_mean", OT__COL_osl}, {"note", OT__COL_note},
};
static const struct figure serving_figures[] = {
    {"ttft_mean_ms", "ttft_mean", "ms"}, {"ttft_p50_ms", "ttft_p50", "ms"},
    {"ttft_p90_ms", "ttft_p90", "ms"}, {"ttft_p95_ms", "ttft_p95", "ms"},
    {"ttft_p99_ms", "ttft_p99", "ms"}, {"tpot_mean_ms", "tpot_mean", "ms"},
    {"tpot_p50_ms", "tpot_p50", "ms"}, {"tpot_p90_ms", "tpot_p90", "ms"},
    {"tpot_p95_ms", "tpot_p95", "ms"}, {"tpot_p99_ms", "tpot_p99", "ms"},
    {"e2e_mean_ms", "e2e_mean", "ms"}, {"e2e_p50_ms", "e2e_p50", "ms"},
    {"e2e_p90_ms", "e2e_p90", "ms"}, {"e2e_p99_ms", "e2e_p99", "ms"},
    {"out_tok_s", "output_tokens_per_s", "tok/s"}, {"req_s", "requests_per_s", "req/s"},
};

static const struct rename train_mlperf_cols[] = {
    {"submitter", OT__COL_source}, {"accelerator", OT__COL_chip},
    {"n_accelerators", OT__COL_n_chips}, {"benchmark", OT__COL_model},
    {"global_batch", OT__COL_global_batch}, {"seq_len", OT__COL_seq_len},
};
static const struct figure train_mlperf_figures[] = {
    {"time_to_train_minutes", "time_to_train", "min"}, {"step_time_s", "step_time", "s"},
    {"tokens_per_s", "tokens_per_s", "tok/s"},
};
static const struct rename train_published_cols[] = {
    {"source", OT__COL_source}, {"model", OT__COL_model}, {"chip", OT__COL_chip},
    {"n_chips", OT__COL_n_chips}, {"task", OT__COL_task}, {"notes", OT__COL_note},
};
static const struct figure train_published_figures[] = {
    {"step_time_s", "step_time", "s"}, {"tokens_per_s", "tokens_per_s", "tok/s"},
    {"tflops_per_chip", "tflops_per_chip", "TFLOP/s"}, {"mfu", "mfu", "%"}, {"hfu", "hfu", "%"},
    {"tokens_per_s_per_chip", "tokens_per_s_per_chip", "tok/s/chip"},
    {"peak_memory_gib", "peak_memory", "GiB"},
};

#define COLS(a) (a), OT_COUNT(a)
static const struct ot__format formats[] = {
    {"kernels", {"op", "system", "precision", "latency_us"},
     COLS(kernel_cols), COLS(kernel_figures), ot__fix_kernel, true, false},
    {"whole_step_tpot", {"backend", "quant", "B", "meas", "isl", "osl"},
     COLS(whole_cols), COLS(whole_figures), ot__fix_whole_step, true, false},
    {"mlperf_inference", {"scenario", "weight_precision", "tokens_per_s", "accelerator"},
     COLS(mlperf_cols), COLS(mlperf_figures), ot__fix_mlperf, false, false},
    {"mlperf_training", {"time_to_train_minutes", "benchmark", "accelerator"},
     COLS(train_mlperf_cols), COLS(train_mlperf_figures), ot__fix_training, false, false},
    {"neuron_inference", {"chips_used", "lnc", "throughput_tok_s", "tpot_p50_ms"},
     COLS(neuron_cols), COLS(neuron_figures), ot__fix_neuron, true, false},
    {"published_inference", {"concurrency_or_batch_or_rate", "serving_mode", "metric", "value"},
     COLS(published_cols), NULL, 0, ot__fix_published, false, false},
    {"published_training", {"zero_fsdp", "tokens_per_s", "mfu", "chip"},
     COLS(train_published_cols), COLS(train_published_figures), ot__fix_training, false, false},
    {"serving_runs", {"load_kind", "accelerator", "ttft_mean_ms", "isl_mean"},
     COLS(serving_cols), COLS(serving_figures), ot__fix_serving, true, false},
    {"measurements", {"metric", "value", "unit"}, COLS(native), NULL, 0, NULL, false, true},
};
/* clang-format on */

static bool has_all(const struct ot_csv_row *header, const struct ot__format *format)
{
    for (size_t i = 0; i < OT_COUNT(format->needs) && format->needs[i] != NULL; i++)
        if (ot_csv_column(header, format->needs[i]) < 0)
            return false;
    return true;
}

struct ot__plan *ot__plan_of(struct ot_arena *arena, const struct ot_csv_row *header)
{
    for (size_t f = 0; f < OT_COUNT(formats); f++) {
        const struct ot__format *format = &formats[f];
        if (!has_all(header, format))
            continue;
        struct ot__plan *plan = ot_arena_calloc(arena, 1, sizeof *plan);
        plan->format = format;
        plan->renames = ot_arena_calloc(arena, format->renames_n, sizeof *plan->renames);
        plan->figures = ot_arena_calloc(arena, format->figures_n, sizeof *plan->figures);
        for (size_t i = 0; i < format->renames_n; i++)
            plan->renames[i] = ot_csv_column(header, format->renames[i].from);
        for (size_t i = 0; i < format->figures_n; i++)
            plan->figures[i] = ot_csv_column(header, format->figures[i].from);
        return plan;
    }
    return NULL;
}

const char *ot__plan_format(const struct ot__plan *plan)
{
    return plan->format->name;
}

bool ot__plan_in_fit(const struct ot__plan *plan)
{
    return plan->format->in_fit;
}

struct ot_str ot__plan_unknown(const struct ot__plan *plan, const struct ot_csv_row *header,
                               size_t *from)
{
    for (; plan->format->warns && *from < header->n; (*from)++) {
        bool known = false;
        for (size_t i = 0; i < plan->format->renames_n; i++)
            known = known || plan->renames[i] == (int)*from;
        if (!known)
            return header->fields[(*from)++];
    }
    return ot_str_c("");
}

static struct ot_str field(const struct ot_csv_row *row, int column)
{
    if (column < 0 || (size_t)column >= row->n)
        return ot_str_c("");
    return ot_str_trim(row->fields[column]);
}

struct ot_str ot__row_get(const struct ot__row *row, const char *column)
{
    return field(row->row, ot_csv_column(row->header, column));
}

bool ot__has_word(struct ot_str text, const char *word)
{
    const size_t len = strlen(word);
    for (size_t i = 0; i + len <= text.len; i++)
        if (strncasecmp(text.ptr + i, word, len) == 0)
            return true;
    return false;
}

void ot__record_skip(struct ot__record *record, const char *why, struct ot_str value)
{
    if (record->skip != NULL)
        return; /* the first reason stands */
    record->skip = why;
    record->skip_value = value;
}

enum ot_code ot__plan_row(const struct ot__plan *plan, const struct ot_csv_row *header,
                          const struct ot_csv_row *row, struct ot_arena *scratch,
                          ot__record_fn *sink, void *ctx, struct ot_err *err)
{
    const struct ot__format *format = plan->format;
    const struct ot__row view = {header, row, scratch};
    struct ot__record base = {.gated = true};
    for (size_t i = 0; i < format->renames_n; i++)
        base.col[format->renames[i].to] = field(row, plan->renames[i]);
    int64_t given = 0;
    for (size_t i = 0; i < format->figures_n; i++)
        given += field(row, plan->figures[i]).len > 0;
    base.own_id = given > 1;
    if (format->figures_n == 0 || given == 0) {
        if (format->figures_n > 0)
            ot__record_skip(&base, "the row holds no figure", ot_str_c(""));
        if (format->fix != NULL)
            format->fix(&view, &base);
        return sink(ctx, &base, err);
    }
    for (size_t i = 0; i < format->figures_n; i++) {
        const struct ot_str value = field(row, plan->figures[i]);
        if (value.len == 0)
            continue;
        struct ot__record record = base;
        record.col[OT__COL_metric] = ot_str_c(format->figures[i].metric);
        record.col[OT__COL_unit] = ot_str_c(format->figures[i].unit);
        record.col[OT__COL_value] = value;
        if (format->fix != NULL)
            format->fix(&view, &record);
        const enum ot_code code = sink(ctx, &record, err);
        if (code != OT_OK)
            return code;
    }
    return OT_OK;
}
