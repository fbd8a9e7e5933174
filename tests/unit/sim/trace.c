/* SPDX-License-Identifier: Apache-2.0 */
/* Traces: what is read, what is refused and where, and the figures of the public ones. */
#include <math.h>
#include <string.h>

#include "offtake/sim.h"
#include "ot_test.h"

struct fix {
    struct ot_arena *arena;
    struct ot_err err;
    struct ot_trace trace;
};
static struct fix fix_new(void)
{
    struct fix f = {.arena = ot_arena_new(0)};
    ot_err_init(&f.err, f.arena);
    return f;
}
static enum ot_code parse(struct fix *f, const char *text)
{
    return ot_trace_parse(f->arena, ot_str_c(text), "t", &f->trace, &f->err);
}
static void check_request(const struct ot_request *q, int64_t arrival_ps, int64_t in, int64_t out)
{
    assert_int_equal(q->arrival_ps, arrival_ps);
    assert_int_equal(q->input_tok, in);
    assert_int_equal(q->output_tok, out);
}

TEST(trace, reads_azure_rows_exactly)
{
    struct fix f = fix_new();
    assert_int_equal(parse(&f, "TIMESTAMP,ContextTokens,GeneratedTokens\r\n"
                               "2023-12-31 23:59:59.9999999,374,44\r\n"
                               "2024-01-01 00:00:00.1,396,109"),
                     OT_OK);
    assert_int_equal(f.trace.n, 2);
    assert_string_equal(f.trace.format, "azure");
    check_request(&f.trace.requests[0], 0, 374, 44);
    check_request(&f.trace.requests[1], 100000100000, 396, 109);
    ot_arena_free(f.arena);
}

TEST(trace, reads_the_other_formats)
{
    static const struct {
        const char *text, *format;
    } rows[] = {
        {"Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n5,ChatGPT,472,18,"
         "490,Conversation log\n45.5,GPT-4,1087,230,1317,Conversation log\n",
         "burstgpt"},
        {"arrival_s,input_tokens,output_tokens\n5,472,18\n45.5,1087,230\n", "plain"},
        {"{\"timestamp\": 5000, \"input_length\": 472, \"output_length\": 18, \"hash_ids\": [0]}\n"
         "{\"timestamp\": 45500, \"input_length\": 1087, \"output_length\": 230}\n",
         "mooncake"},
        {"{\"chat_id\": 1, \"timestamp\": 5, \"input_length\": 472, \"output_length\": 18}\n"
         "{\"chat_id\": 2, \"timestamp\": 45.5, \"input_length\": 1087, \"output_length\": 230}\n",
         "bailian"},
        {"{\"input_toks\": 472, \"output_toks\": 18, \"arrival_time\": 1000005}\n"
         "{\"input_toks\": 1087, \"output_toks\": 230, \"arrival_time\": 1000045.5}\n",
         "llmservingsim"},
    };
    for (size_t i = 0; i < OT_COUNT(rows); i++) {
        struct fix f = fix_new();
        assert_int_equal(parse(&f, rows[i].text), OT_OK);
        assert_string_equal(f.trace.format, rows[i].format);
        assert_int_equal(f.trace.n, 2);
        check_request(&f.trace.requests[0], 0, 472, 18);
        check_request(&f.trace.requests[1], 40500000000000, 1087, 230);
        ot_arena_free(f.arena);
    }
}

TEST(trace, puts_rows_in_order_of_arrival_and_keeps_ties)
{
    struct fix f = fix_new();
    assert_int_equal(
        parse(&f, "arrival_s,input_tokens,output_tokens\n2,1,1\n1,2,1\n2,3,1\n1,4,1\n"), OT_OK);
    const int64_t inputs[] = {2, 4, 1, 3};
    for (int i = 0; i < 4; i++) {
        check_request(&f.trace.requests[i], i < 2 ? 0 : 1000000000000, inputs[i], 1);
    }
    ot_arena_free(f.arena);
}

TEST(trace, drops_and_counts_requests_without_an_answer)
{
    struct fix f = fix_new();
    assert_int_equal(parse(&f, "arrival_s,input_tokens,output_tokens\n1,5,0\n2,3,1\n"), OT_OK);
    assert_int_equal(f.trace.n, 1);
    assert_int_equal(f.trace.dropped_n, 1);
    ot_arena_free(f.arena);
}

TEST(trace, refuses_bad_rows_with_their_place)
{
    static const struct {
        const char *text;
        int64_t line, col;
    } rows[] = {
        {"", 1, 1},
        {"a,b,c\n1,2,3\n", 1, 1},
        {"TIMESTAMP,ContextTokens,GeneratedTokens\n", 1, 1},
        {"TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46.68,374,44\n2023-11-16 18", 3,
         1},
        {"TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46.68,374\n", 2, 1},
        {"TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-31 18:15:46.68,374,44\n", 2, 1},
        {"TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46.68,374,4x\n", 2, 28},
        {"TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46.68,-3,44\n", 2, 24},
        {"TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46.68,NaN,44\n", 2, 24},
        {"TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46.68,0,44\n", 2, 24},
        {"arrival_s,input_tokens,output_tokens\n1,5,1\n1e400,5,1\n", 3, 1},
        {"arrival_s,input_tokens,output_tokens\n1,5,1\n9000000,5,1\n", 3, 1},
        {"arrival_s,input_tokens,output_tokens\n1,5,1,7\n", 2, 1},
        {"{\"timestamp\": 1, \"input_length\": 2, \"output_length\": 3}\n{\"timestamp\": 1, \"inp",
         2, 0},
        {"{\"timestamp\": 1, \"input_length\": 2, \"output_length\": 3}\n{\"timestamp\": 1}\n", 2,
         1},
        {"{\"time\": 1}\n", 1, 1},
    };
    for (size_t i = 0; i < OT_COUNT(rows); i++) {
        struct fix f = fix_new();
        assert_int_equal(parse(&f, rows[i].text), OT_INPUT);
        assert_int_equal(f.err.loc.line, rows[i].line);
        if (rows[i].col > 0) {
            assert_int_equal(f.err.loc.col, rows[i].col);
        }
        assert_true(f.err.allowed.len > 0);
        ot_arena_free(f.arena);
    }
}

TEST(trace, refuses_a_missing_file)
{
    struct fix f = fix_new();
    assert_int_equal(ot_trace_read(f.arena, "no/such/trace.csv", NULL, &f.trace, &f.err), OT_INPUT);
    ot_arena_free(f.arena);
}

TEST(trace, written_as_csv_reads_back_the_same)
{
    struct fix f = fix_new();
    struct ot_request rows[] = {{0, 10, 20}, {1, 1, 1}, {86400000000000123, 5, 6}};
    const struct ot_trace trace = {.requests = rows, .n = 3};
    struct ot_buf out;
    ot_buf_init(&out, f.arena, 0);
    ot_trace_csv(&trace, &out);
    assert_int_equal(parse(&f, out.ptr), OT_OK);
    assert_memory_equal(f.trace.requests, rows, sizeof rows);
    ot_arena_free(f.arena);
}

TEST(trace, statistics_need_three_requests)
{
    struct fix f = fix_new();
    struct ot_trace_stats stats;
    assert_int_equal(parse(&f, "arrival_s,input_tokens,output_tokens\n1,5,1\n2,5,1\n"), OT_OK);
    assert_int_equal(ot_trace_stats(f.arena, &f.trace, &stats, &f.err), OT_INPUT);
    assert_int_equal(parse(&f, "arrival_s,input_tokens,output_tokens\n1,5,1\n1,5,1\n1,5,1\n"),
                     OT_OK);
    assert_int_equal(ot_trace_stats(f.arena, &f.trace, &stats, &f.err), OT_INPUT);
    ot_arena_free(f.arena);
}

static bool read_original(struct fix *f, const char *name)
{
    const char *root = getenv("OFFTAKE_ORIGINALS");
    if (root == NULL || root[0] == '\0') {
        return false;
    }
    const struct ot_str path = ot_str_fmt(f->arena, "%s/traces/%s", root, name);
    assert_int_equal(ot_trace_read(f->arena, path.ptr, NULL, &f->trace, &f->err), OT_OK);
    return true;
}

/* Figures of the Azure LLM inference trace 2023, conversation (CC-BY 4.0, Patel et al., Splitwise,
 * ISCA 2024), computed apart from this program with numpy and scipy. */
TEST(trace, statistics_of_azure_conversation_are_as_published_by_others)
{
    struct fix f = fix_new();
    if (!read_original(&f, "azure-llm-2023/AzureLLMInferenceTrace_conv.csv")) {
        ot_arena_free(f.arena);
        skip();
    }
    struct ot_trace_stats s;
    assert_int_equal(ot_trace_stats(f.arena, &f.trace, &s, &f.err), OT_OK);
    const struct {
        double got, want, abs;
    } rows[] = {
        {(double)s.n, 19366, 0},
        {s.span_s / 60, 58.4, 0.05},
        {s.rate_req_per_s, 5.53, 0.005},
        {s.peak60_frac, 1.52, 0.01},
        {s.iat_cv, 1.09, 0.005},
        {s.idc[0], 1.4, 0.05},
        {s.idc[1], 3.9, 0.05},
        {s.idc[2], 16, 0.5},
        {s.idc[3], 56, 1.5},
        {s.gamma_shape, 0.871, 0.0005},
        {s.gamma_scale_s, 0.208, 0.0005},
        {s.gamma_ks, 0.017, 0.0005},
        {s.input.mean, 1155, 0.5},
        {s.input.sd, 1109, 0.5},
        {s.input.quantile[0], 181, 0},
        {s.input.quantile[2], 1020, 0},
        {s.input.quantile[5], 4083, 0.75},
        {s.input.max, 14050, 0},
        {s.output.mean, 211, 0.5},
        {s.output.sd, 163, 0.5},
        {s.output.quantile[3], 395, 0},
        {s.output.quantile[6], 601, 0.5},
        {s.output.max, 1000, 0},
        {s.spearman, 0.07, 0.005},
    };
    for (size_t i = 0; i < OT_COUNT(rows); i++) {
        if (fabs(rows[i].got - rows[i].want) > rows[i].abs) {
            print_error("row %zu: got %.17g, want %g\n", i, rows[i].got, rows[i].want);
        }
        assert_true(fabs(rows[i].got - rows[i].want) <= rows[i].abs);
    }
    ot_arena_free(f.arena);
}

TEST(trace, reads_the_mooncake_traces)
{
    struct fix f = fix_new();
    if (!read_original(&f, "mooncake-fast25/conversation_trace.jsonl")) {
        ot_arena_free(f.arena);
        skip();
    }
    struct ot_trace_stats s;
    assert_int_equal(ot_trace_stats(f.arena, &f.trace, &s, &f.err), OT_OK);
    assert_int_equal(s.n, 12031);
    ot_assert_near(s.input.mean, 12035, 1e-4);
    ot_assert_near(s.output.mean, 343, 2e-3);
    ot_assert_near(s.iat_cv, 3.03, 2e-3);
    ot_arena_free(f.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(trace, reads_azure_rows_exactly),
        RUN(trace, reads_the_other_formats),
        RUN(trace, puts_rows_in_order_of_arrival_and_keeps_ties),
        RUN(trace, drops_and_counts_requests_without_an_answer),
        RUN(trace, refuses_bad_rows_with_their_place),
        RUN(trace, refuses_a_missing_file),
        RUN(trace, written_as_csv_reads_back_the_same),
        RUN(trace, statistics_need_three_requests),
        RUN(trace, statistics_of_azure_conversation_are_as_published_by_others),
        RUN(trace, reads_the_mooncake_traces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
