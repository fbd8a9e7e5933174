/* SPDX-License-Identifier: Apache-2.0 */
/* Reading measurement tables: ids, units, every reason to skip, what stops the run. Would catch: a
 * bad row that ends the run or is predicted, an id that moves when a column is added, bytes read as
 * milliseconds, a result that depends on the number of threads. */
#include <math.h>
#include <zlib.h>

#include "tables.h"

#define GEMM_HEAD "chip,op,m,n,k,dtype_weights,engine,kind,metric,value,unit"
#define GEMM_ROW "h100-sxm,gemm,128,8192,8192,bf16,vllm,kernel,time,"

static const struct ot_val_skip *only_skip(const struct ot_val_result *result)
{
    assert_int_equal(result->rows_n, 0);
    assert_int_equal(result->skipped_n, 1);
    return &result->skipped[0];
}

static void assert_skips(struct bench *bench, const char *text, const char *reason)
{
    struct ot_val_result result;
    const char *path = bench_file(bench, "t.csv", text);
    assert_int_equal(bench_validate(bench, path, 1, &result), OT_OK);
    assert_string_equal(only_skip(&result)->reason.ptr, reason);
}

TEST(ids, are_file_row_and_metric_when_the_table_has_none)
{
    struct bench bench;
    struct ot_val_result result;
    bench_open(&bench);
    const char *path =
        bench_file(&bench, "mine.csv", GEMM_HEAD "\n" GEMM_ROW "40,us\n" GEMM_ROW "41,us\n");
    assert_int_equal(bench_validate(&bench, path, 1, &result), OT_OK);
    assert_int_equal(result.rows_n, 2);
    assert_string_equal(result.rows[0].id.ptr, "mine:1:time");
    assert_string_equal(result.rows[1].id.ptr, "mine:2:time");
    assert_string_equal(result.tables[0].format.ptr, "measurements");
    bench_close(&bench);
}

TEST(ids, of_the_table_are_kept_where_not_blank)
{
    struct bench bench;
    struct ot_val_result result;
    bench_open(&bench);
    const char *path = bench_file(
        &bench, "mine.csv", "id," GEMM_HEAD "\nfirst," GEMM_ROW "40,us\n," GEMM_ROW "41,us\n");
    assert_int_equal(bench_validate(&bench, path, 1, &result), OT_OK);
    assert_string_equal(result.rows[0].id.ptr, "first");
    assert_string_equal(result.rows[1].id.ptr, "mine:2:time");
    bench_close(&bench);
}

TEST(ids, of_a_row_with_several_figures_end_in_the_metric)
{
    struct bench bench;
    struct ot_val_result result;
    bench_open(&bench);
    const char *path = bench_file(
        &bench, "runs.csv",
        "id,model,precision,accelerator,n_accel,isl_mean,load_kind,load,ttft_mean_ms,"
        "tpot_mean_ms,out_tok_s\nrun-a,no-such-model,bf16,H100,1,100,concurrency,1,10,5,\n");
    assert_int_equal(bench_validate(&bench, path, 1, &result), OT_OK);
    assert_string_equal(result.tables[0].format.ptr, "serving_runs");
    assert_int_equal(result.skipped_n, 2);
    assert_string_equal(result.skipped[0].id.ptr, "run-a:ttft_mean");
    assert_string_equal(result.skipped[1].id.ptr, "run-a:tpot_mean");
    bench_close(&bench);
}

TEST(units, become_seconds)
{
    static const struct {
        const char *value;
        double want_s;
    } rows[] = {{"40,us", 40e-6}, {"0.04,ms", 40e-6}, {"4e-05,s", 40e-6}, {"40000,ns", 40e-6}};
    for (size_t i = 0; i < OT_COUNT(rows); i++) {
        struct bench bench;
        struct ot_val_result result;
        bench_open(&bench);
        char text[256];
        (void)snprintf(text, sizeof text, GEMM_HEAD "\n" GEMM_ROW "%s\n", rows[i].value);
        assert_int_equal(bench_validate(&bench, bench_file(&bench, "u.csv", text), 1, &result),
                         OT_OK);
        assert_int_equal(result.rows_n, 1);
        ot_assert_near(result.rows[0].measured, rows[i].want_s, 1e-14);
        bench_close(&bench);
    }
}

TEST(rows, that_cannot_be_predicted_say_why)
{
    static const struct {
        const char *text, *reason;
    } rows[] = {
        {GEMM_HEAD "\n" GEMM_ROW "40,furlong\n", "unit does not fit the metric: 'furlong'"},
        {GEMM_HEAD "\n" GEMM_ROW "40,GB\n", "unit does not fit the metric: 'GB'"},
        {GEMM_HEAD "\n" GEMM_ROW "40,\n", "no unit"},
        {GEMM_HEAD "\n" GEMM_ROW "NaN,us\n", "value is not a number > 0: 'NaN'"},
        {GEMM_HEAD "\n" GEMM_ROW "0,us\n", "value is not a number > 0: '0'"},
        {GEMM_HEAD "\n" GEMM_ROW "-3,us\n", "value is not a number > 0: '-3'"},
        {GEMM_HEAD "\n" GEMM_ROW ",us\n", "value is not a number > 0"},
        {GEMM_HEAD "\nno-such-chip,gemm,1,2,3,bf16,vllm,kernel,time,1,us\n",
         "unknown chip: 'no-such-chip'"},
        {GEMM_HEAD "\n,gemm,1,2,3,bf16,vllm,kernel,time,1,us\n", "chip not stated"},
        {GEMM_HEAD "\nh100-sxm,gemm,x,2,3,bf16,vllm,kernel,time,1,us\n",
         "a column does not hold a number >= 0: 'm=x'"},
        {GEMM_HEAD "\nh100-sxm,gemm,-1,2,3,bf16,vllm,kernel,time,1,us\n",
         "a column does not hold a number >= 0: 'm=-1'"},
        {GEMM_HEAD "\nh100-sxm,frobnicate,1,2,3,bf16,vllm,kernel,time,1,us\n",
         "unknown op: 'frobnicate'"},
        {GEMM_HEAD "\nh100-sxm,gemm,1,2,3,fp3,vllm,kernel,time,1,us\n",
         "unknown number format: 'fp3'"},
        {GEMM_HEAD "\nh100-sxm,gemm,1,2,3,bf16,vllm,banana,time,1,us\n", "unknown kind: 'banana'"},
        {GEMM_HEAD "\nh100-sxm,,1,2,3,bf16,vllm,,time,1,us\n", "kind not stated"},
        {GEMM_HEAD "\nh100-sxm,gemm,1,2,3,bf16,vllm,kernel,joy,1,us\n", "unknown metric: 'joy'"},
        {GEMM_HEAD "\nh100-sxm,gemm,1,2,3,bf16,vllm,kernel,ttft_p50,1,us\n",
         "a kernel row predicts time only: 'ttft_p50'"},
        {"chip,model,kind,metric,value,unit\nh100-sxm,llama-3.1-8b,train,mfu,40,%\n",
         "training is not predicted yet"},
        {"chip,model,kind,metric,value,unit\nh100-sxm,no-such-model,steady,tpot_mean,40,ms\n",
         "unknown model: 'no-such-model'"},
        {"chip,model,kind,metric,value,unit\nh100-sxm,,steady,tpot_mean,40,ms\n",
         "model not stated"},
        {"chip,model,n_chips,tp,kind,metric,value,unit\n"
         "h100-sxm,llama-3.1-8b,1,1,steady,tpot_mean,40,ms\n",
         "lengths not stated"},
        {"chip,model,n_chips,tp,isl,osl,kind,metric,value,unit\n"
         "h100-sxm,llama-3.1-8b,1,1,100,100,steady,tpot_mean,40,ms\n",
         "load not stated"},
        {"chip,model,n_chips,tp,isl,osl,kind,metric,value,unit\n"
         "h100-sxm,llama-3.1-8b,1,P1/D2,100,100,steady,tpot_mean,40,ms\n",
         "disaggregated serving is not predicted yet"},
        {"chip,model,n_chips,tp,isl,osl,concurrency,kind,metric,value,unit\n"
         "h100-sxm,llama-3.1-8b,2,4,100,100,1,steady,tpot_mean,40,ms\n",
         "the layout needs more chips than stated"},
        {"chip,model,n_chips,tp,dtype_weights,isl,osl,concurrency,kind,metric,value,unit\n"
         "a100-sxm-80gb,llama-3.1-8b,1,1,nvfp4,100,100,1,steady,tpot_mean,40,ms\n",
         "the chip lacks the number format: 'nvfp4'"},
        {"chip,model,n_chips,workload,kind,metric,value,unit\n"
         "h100-sxm,llama-3.1-8b,1,no-such-workload,offline,output_tokens_per_s,40,tok/s\n",
         "unknown workload: 'no-such-workload'"},
    };
    struct bench bench;
    bench_open(&bench);
    for (size_t i = 0; i < OT_COUNT(rows); i++)
        assert_skips(&bench, rows[i].text, rows[i].reason);
    bench_close(&bench);
}

TEST(rows, that_are_skipped_do_not_stop_the_others)
{
    struct bench bench;
    struct ot_val_result result;
    bench_open(&bench);
    const char *path = bench_file(&bench, "mix.csv",
                                  GEMM_HEAD "\n" GEMM_ROW "40,us\n" GEMM_ROW "40,furlong\n" GEMM_ROW
                                            "40,parsec\n" GEMM_ROW "41,us\n");
    assert_int_equal(bench_validate(&bench, path, 1, &result), OT_OK);
    assert_int_equal(result.rows_n, 2);
    assert_int_equal(result.skipped_n, 2);
    assert_int_equal(result.reasons_n, 1);
    assert_int_equal(result.reasons[0].n, 2);
    assert_int_equal(result.summary.n, 2);
    assert_int_equal(result.tables[0].rows_n, 4);
    ot_assert_near(result.rows[0].weight, 0.5, 0); /* two rows in the cell */
    bench_close(&bench);
}

TEST(columns, that_are_unknown_are_warned_about_in_any_order)
{
    struct bench bench;
    struct ot_val_result result;
    bench_open(&bench);
    const char *path = bench_file(&bench, "c.csv",
                                  "unit,value,colour,metric,kind,k,n,m,op,chip\nus,40,red,time,"
                                  "kernel,64,64,64,gemm,h100-sxm\n");
    assert_int_equal(bench_validate(&bench, path, 1, &result), OT_OK);
    assert_int_equal(result.rows_n, 1);
    assert_int_equal(result.warnings_n, 1);
    assert_string_equal(result.warnings[0].ptr, "c: unknown column 'colour' is ignored");
    bench_close(&bench);
}

TEST(tables, of_unknown_columns_stop_the_run)
{
    struct bench bench;
    struct ot_val_result result = {.rows_n = -7};
    bench_open(&bench);
    const char *path = bench_file(&bench, "x.csv", "a,b\n1,2\n");
    assert_int_equal(bench_validate(&bench, path, 1, &result), OT_INPUT);
    assert_int_equal(bench.err.loc.line, 1);
    assert_int_equal(result.rows_n, -7); /* nothing half-written */
    assert_int_equal(bench_validate(&bench, bench_path(&bench, "absent.csv"), 1, &result),
                     OT_INPUT);
    bench_close(&bench);
}

TEST(tables, with_too_many_fields_stop_the_run_with_the_line)
{
    struct bench bench;
    struct ot_val_result result;
    bench_open(&bench);
    const char *path = bench_file(&bench, "x.csv", "metric,value,unit\ntime,1,s\ntime,1,s,extra\n");
    assert_int_equal(bench_validate(&bench, path, 1, &result), OT_INPUT);
    assert_int_equal(bench.err.loc.line, 3);
    bench_close(&bench);
}

static const char *gz_file(struct bench *bench, const char *name, const char *text)
{
    const char *path = bench_path(bench, name);
    gzFile file = gzopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(gzputs(file, text), (int)strlen(text));
    assert_int_equal(gzclose(file), Z_OK);
    return path;
}

TEST(tables, are_read_through_gzip_and_named_without_it)
{
    struct bench bench;
    struct ot_val_result result;
    bench_open(&bench);
    const char *path = gz_file(&bench, "z.csv.gz", GEMM_HEAD "\n" GEMM_ROW "40,us\n");
    assert_int_equal(bench_validate(&bench, path, 1, &result), OT_OK);
    assert_string_equal(result.rows[0].id.ptr, "z:1:time");
    bench_close(&bench);
}

TEST(tables, cut_off_inside_gzip_stop_the_run)
{
    struct bench bench;
    struct ot_val_result result;
    struct ot_buf text;
    bench_open(&bench);
    ot_buf_init(&text, bench.arena, 0);
    ot_buf_addc(&text, GEMM_HEAD "\n");
    for (int i = 0; i < 3000; i++)
        ot_buf_addf(&text, GEMM_ROW "%d.%d,us\n", 40 + i * 7919 % 1000, i * 104729 % 997);
    const char *path = gz_file(&bench, "cut.csv.gz", ot_buf_str(&text).ptr);
    assert_int_equal(truncate(path, 3000), 0);
    assert_int_equal(bench_validate(&bench, path, 1, &result), OT_INPUT);
    bench_close(&bench);
}

TEST(kernel_tables, are_recognised_with_their_own_names)
{
    struct bench bench;
    struct ot_val_result result;
    bench_open(&bench);
    const char *path = bench_file(
        &bench, "gemm.csv",
        "op,system,engine,precision,m,n,k,latency_us\ngemm,h100,trtllm,bfloat16,128,8192,8192,60\n"
        "gemm,h100,vllm,fp8_block,128,8192,8192,60\ngemm,vidur_a40,sarathi,half,128,8192,8192,"
        "60\n");
    assert_int_equal(bench_validate(&bench, path, 1, &result), OT_OK);
    assert_string_equal(result.tables[0].format.ptr, "kernels");
    assert_int_equal(result.rows_n, 1);
    assert_string_equal(result.rows[0].chip.ptr, "h100-sxm");
    ot_assert_near(result.rows[0].measured, 60e-6, 1e-14);
    assert_string_equal(result.skipped[0].reason.ptr, "host-bound launch, not kernel time");
    assert_string_equal(result.skipped[1].reason.ptr, "unknown chip: 'a40'");
    bench_close(&bench);
}

/* Bit for bit. */
static void assert_same(struct ot_pred a, struct ot_pred b)
{
    const double pairs[][2] = {{a.value, b.value}, {a.p10, b.p10}, {a.p90, b.p90}};
    for (size_t i = 0; i < OT_COUNT(pairs); i++)
        assert_memory_equal(&pairs[i][0], &pairs[i][1], sizeof(double));
    assert_int_equal(a.label, b.label);
}

TEST(threads, do_not_change_the_result)
{
    struct bench bench;
    struct ot_val_result one, two;
    struct ot_buf text;
    bench_open(&bench);
    ot_buf_init(&text, bench.arena, 0);
    ot_buf_addc(&text, "op,system,engine,precision,m,n,k,latency_us\n");
    for (int i = 1; i <= 2000; i++)
        ot_buf_addf(&text, "gemm,h100,trtllm,bfloat16,%d,%d,%d,%d\n", i, 64 + i * 31 % 9000,
                    64 + i * 17 % 9000, 10 + i % 300);
    const char *path = bench_file(&bench, "gemm.csv", ot_buf_str(&text).ptr);
    assert_int_equal(bench_validate(&bench, path, 1, &one), OT_OK);
    assert_int_equal(bench_validate(&bench, path, 2, &two), OT_OK);
    assert_int_equal(one.rows_n, 2000);
    assert_int_equal(two.rows_n, 2000);
    for (int64_t i = 0; i < one.rows_n; i++)
        assert_same(one.rows[i].predicted, two.rows[i].predicted);
    assert_memory_equal(&one.summary, &two.summary, sizeof one.summary);
    bench_close(&bench);
}

/* Every outside table is read to its end, each row predicted or skipped with a reason. */
static void read_original(struct bench *bench, const char *name, const char *format)
{
    struct ot_val_result result;
    const char *path = ot_str_fmt(bench->arena, "%s/%s", getenv("OFFTAKE_ORIGINALS"), name).ptr;
    assert_int_equal(bench_validate(bench, path, 2, &result), OT_OK);
    assert_string_equal(result.tables[0].format.ptr, format);
    assert_int_equal(result.rows_n + result.skipped_n, result.tables[0].measures_n);
    assert_true(result.tables[0].rows_n > 50);
    for (int64_t i = 0; i < result.skipped_n; i++)
        assert_true(result.skipped[i].reason.len > 0);
}

TEST(originals, are_read_to_the_end)
{
    static const struct {
        const char *name, *format;
    } files[] = {
        {"measured/mlperf_training.csv", "mlperf_training"},
        {"measured/published_training.csv", "published_training"},
        {"measured/neuron_inference.csv", "neuron_inference"},
        {"measured/serving_runs.csv", "serving_runs"},
        {"kernels/whole_step_tpot.csv.gz", "whole_step_tpot"},
        {"kernels/collectives.csv.gz", "kernels"},
        {"kernels/elementwise.csv.gz", "kernels"},
        {"kernels/mla.csv.gz", "kernels"},
    };
    const char *originals = getenv("OFFTAKE_ORIGINALS");
    if (originals == NULL || originals[0] == '\0')
        skip();
    struct bench bench;
    bench_open(&bench);
    for (size_t i = 0; i < OT_COUNT(files); i++)
        read_original(&bench, files[i].name, files[i].format);
    bench_close(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(ids, are_file_row_and_metric_when_the_table_has_none),
        RUN(ids, of_the_table_are_kept_where_not_blank),
        RUN(ids, of_a_row_with_several_figures_end_in_the_metric),
        RUN(units, become_seconds),
        RUN(rows, that_cannot_be_predicted_say_why),
        RUN(rows, that_are_skipped_do_not_stop_the_others),
        RUN(columns, that_are_unknown_are_warned_about_in_any_order),
        RUN(tables, of_unknown_columns_stop_the_run),
        RUN(tables, with_too_many_fields_stop_the_run_with_the_line),
        RUN(tables, are_read_through_gzip_and_named_without_it),
        RUN(tables, cut_off_inside_gzip_stop_the_run),
        RUN(kernel_tables, are_recognised_with_their_own_names),
        RUN(threads, do_not_change_the_result),
        RUN(originals, are_read_to_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
