/* SPDX-License-Identifier: Apache-2.0 */
/* Steps of real models: trees that sum, laws of more and less work, layouts, defaults, refusals. */
#include "step_test.h"

#include <math.h>
#include <string.h>

static void check_tree(const struct ot_part *part)
{
    if (part->parts_n == 0) {
        assert_non_null(part->source);
        assert_non_null(part->formula);
        assert_true(part->time_s >= 0);
        return;
    }
    double sum = 0;
    for (int64_t i = 0; i < part->parts_n; i++) {
        sum += part->parts[i].time_s;
        check_tree(&part->parts[i]);
    }
    assert_true(sum == part->time_s);
}

TEST(step, trees_of_all_kinds_of_models_sum_exactly)
{
    struct world *w = *state;
    static const char *const pairs[][2] = {
        {"llama-3.1-8b", "h100-sxm"},    {"llama-3.1-70b", "trainium2"},
        {"deepseek-v3", "h200-sxm"},     {"gpt-oss-120b", "b200-sxm"},
        {"qwen3-235b-a22b", "mi300x"},   {"mixtral-8x7b", "a100-sxm-80gb"},
        {"llama-3.1-405b", "trainium3"}, {"qwen3-30b-a3b", "tpu-v6e"}};
    for (size_t i = 0; i < OT_COUNT(pairs); i++) {
        const struct ot_deploy d = filled(w, pairs[i][0], pairs[i][1], 8);
        struct ot_step_load load = {.decode_seqs = 17, .decode_kv_tokens = 17 * 3000};
        struct ot_part part;
        struct ot_pred t = step_of(w, &d, &load, &part);
        assert_true(part.time_s == t.value && t.value > 1e-4 && t.value < 1);
        check_tree(&part);
        ot_step_load_chunk(&load, 512, 1000);
        t = step_of(w, &d, &load, &part);
        assert_true(part.time_s == t.value);
        assert_string_equal(part.name, "mixed step");
        check_tree(&part);
    }
}

TEST(step, more_sequences_tokens_or_context_are_never_faster)
{
    struct world *w = *state;
    static const char *const chips[] = {"h100-sxm", "trainium2", "mi300x", "tpu-v6e"};
    static const char *const models[] = {"llama-3.1-8b", "qwen3-30b-a3b"};
    for (size_t c = 0; c < OT_COUNT(chips); c++)
        for (size_t m = 0; m < OT_COUNT(models); m++) {
            const struct ot_deploy d = filled(w, models[m], chips[c], 4);
            double batch = 0, length = 0, prompt = 0, past = 0;
            for (double x = 1; x < 2000; x *= 2) {
                const double now[4] = {decode_of(w, &d, x, 1024), decode_of(w, &d, 8, 64 * x),
                                       prefill_of(w, &d, 0, 8 * x), prefill_of(w, &d, 64 * x, 512)};
                assert_true(now[0] >= batch && now[1] >= length);
                assert_true(now[2] >= prompt && now[3] >= past);
                batch = now[0];
                length = now[1];
                prompt = now[2];
                past = now[3];
            }
        }
}

TEST(step, a_cached_prefix_saves_time)
{
    struct world *w = *state;
    const struct ot_deploy d = filled(w, "llama-3.1-70b", "h100-sxm", 4);
    assert_true(prefill_of(w, &d, 6000, 2000) < 0.5 * prefill_of(w, &d, 0, 8000));
}

TEST(step, equal_chunks_need_not_state_their_pairs)
{
    struct world *w = *state;
    const struct ot_deploy d = filled(w, "llama-3.1-8b", "h100-sxm", 1);
    struct ot_step_load stated = {0};
    ot_step_load_chunk(&stated, 100, 700);
    ot_step_load_chunk(&stated, 100, 700);
    const struct ot_step_load sums = {
        .prefill_tokens = 1400, .prefill_seqs = 2, .prefill_kv_tokens = 200};
    ot_assert_near(step_of(w, &d, &stated, NULL).value, step_of(w, &d, &sums, NULL).value, 1e-12);
}

TEST(step, tensor_parallelism_divides_the_work_and_adds_all_reduces)
{
    struct world *w = *state;
    const struct ot_deploy one = filled(w, "llama-3.1-8b", "h100-sxm", 1);
    const struct ot_deploy four = filled(w, "llama-3.1-8b", "h100-sxm", 4);
    const double t1 = decode_of(w, &one, 64, 2048), t4 = decode_of(w, &four, 64, 2048);
    assert_true(t4 < t1 && t4 > t1 / 4);
}

TEST(step, other_parallel_layouts_stand)
{
    struct world *w = *state;
    struct ot_deploy d = deploy_of(w, "deepseek-v3", "h200-sxm");
    d.layout = (struct ot_layout){.tp = 1, .pp = 1, .ep = 8, .dp = 8, .cp = 1};
    assert_int_equal(ot_deploy_fill(w->fits, &d, NULL, &w->err), OT_OK);
    assert_int_equal(ot_layout_chips(d.layout), 8);
    struct ot_part part;
    const struct ot_step_load load = {.decode_seqs = 256, .decode_kv_tokens = 256 * 2000};
    const double t = step_of(w, &d, &load, &part).value;
    assert_true(t > 5e-3 && t < 0.2);
    struct ot_buf out;
    ot_buf_init(&out, w->arena, 0);
    ot_part_text(&part, &out);
    assert_non_null(strstr(out.ptr, "dispatch tokens"));
    d = deploy_of(w, "llama-3.1-405b", "h100-sxm");
    d.layout = (struct ot_layout){.tp = 8, .pp = 2, .ep = 1, .dp = 1, .cp = 1};
    assert_int_equal(ot_deploy_fill(w->fits, &d, NULL, &w->err), OT_OK);
    assert_true(decode_of(w, &d, 8, 1000) > 10e-3);
    d = deploy_of(w, "llama-3.1-70b", "h100-sxm");
    d.layout = (struct ot_layout){.tp = 4, .pp = 1, .ep = 1, .dp = 1, .cp = 2};
    assert_int_equal(ot_deploy_fill(w->fits, &d, NULL, &w->err), OT_OK);
    const struct ot_deploy plain = filled(w, "llama-3.1-70b", "h100-sxm", 4);
    assert_true(prefill_of(w, &d, 0, 65536) < 0.7 * prefill_of(w, &plain, 0, 65536));
}

TEST(step, bands_follow_what_is_known_of_the_chip)
{
    struct world *w = *state;
    const struct ot_step_load load = {.decode_seqs = 8, .decode_kv_tokens = 8192};
    struct ot_deploy d = filled(w, "llama-3.1-70b", "h100-sxm", 4);
    const struct ot_pred fitted = step_of(w, &d, &load, NULL);
    assert_int_equal(fitted.label, OT_LABEL_fitted);
    d = filled(w, "llama-3.1-70b", "trainium3", 4);
    const struct ot_pred dense = step_of(w, &d, &load, NULL);
    assert_int_equal(dense.label, OT_LABEL_transferred);
    ot_assert_near(dense.p10 / dense.value, 0.7, 1e-12);
    ot_assert_near(dense.p90 / dense.value, 1.5, 1e-12);
    d = filled(w, "qwen3-30b-a3b", "trainium3", 4);
    const struct ot_pred moe = step_of(w, &d, &load, NULL);
    ot_assert_near(moe.p10 / moe.value, 0.8, 1e-12);
    ot_assert_near(moe.p90 / moe.value, 3, 1e-12);
}

TEST(step, defaults_are_filled_and_named)
{
    struct world *w = *state;
    struct ot_assumed assumed;
    ot_assumed_init(&assumed, w->arena);
    struct ot_deploy d = deploy_of(w, "llama-3.1-70b", "h100-sxm");
    assert_int_equal(ot_deploy_fill(w->fits, &d, &assumed, &w->err), OT_OK);
    assert_int_equal(d.layout.tp, 4); /* two chips hold 141 GB but leave no fifth for KV */
    assert_int_equal(d.dtype_weights, OT_DTYPE_bf16);
    assert_int_equal(d.dtype_kv, OT_DTYPE_bf16);
    assert_int_equal(d.block_tokens, 16);
    assert_true(d.gpu_memory_util_frac == 0.92 && d.max_num_seqs == 1024);
    assert_true(assumed.n >= 5);
    d = deploy_of(w, "llama-3.1-8b", "trainium2");
    assert_int_equal(ot_deploy_fill(w->fits, &d, NULL, &w->err), OT_OK);
    assert_int_equal(d.engine, OT_ENGINE_nxd);
    assert_int_equal(d.ranks_per_chip, 4);
    assert_int_equal(ot_engine_default(w->fits, d.chip, OT_SOFTWARE_published), OT_ENGINE_nxd);
    d = deploy_of(w, "llama-3.1-8b", "a100-sxm-80gb");
    assert_int_equal(ot_deploy_fill(w->fits, &d, NULL, &w->err), OT_OK);
    assert_int_equal(d.max_num_seqs, 256);
    assert_int_equal(d.max_batched_tokens, 2048);
}

static void refused(struct world *w, struct ot_deploy d, const char *field)
{
    const struct ot_deploy before = d;
    assert_int_equal(ot_deploy_fill(w->fits, &d, NULL, &w->err), OT_INPUT);
    if (!ot_str_is(w->err.field, field))
        print_error("%s\n", ot_err_text(&w->err, w->arena).ptr);
    assert_true(ot_str_is(w->err.field, field));
    assert_memory_equal(&d, &before, sizeof(d));
}

TEST(step, layouts_that_cannot_run_are_refused_by_field)
{
    struct world *w = *state;
    struct ot_deploy d = deploy_of(w, "llama-3.1-8b", "h100-sxm");
    d.layout.tp = 3;
    refused(w, d, "tp");
    d.layout.tp = 1;
    d.layout.pp = 33;
    refused(w, d, "pp");
    d.layout.pp = 0;
    refused(w, d, "pp");
    d.layout.pp = 1;
    d.layout.ep = 2;
    refused(w, d, "ep");
    d = deploy_of(w, "llama-3.1-8b", "a100-sxm-80gb");
    d.layout.tp = 1;
    d.dtype_weights = d.dtype_act = OT_DTYPE_fp8;
    refused(w, d, "dtype");
    d = deploy_of(w, "llama-3.1-8b", "h100-sxm");
    d.engine = OT_ENGINE_nxd;
    refused(w, d, "engine");
    d = deploy_of(w, "llama-3.1-8b", "trainium2");
    d.lnc = 3;
    refused(w, d, "lnc");
    d.lnc = 2;
    d.ranks_per_chip = 8;
    refused(w, d, "ranks_per_chip");
}

TEST(step, impossible_loads_are_refused_by_field)
{
    struct world *w = *state;
    const struct ot_deploy d = filled(w, "llama-3.1-8b", "h100-sxm", 1);
    struct ot_pred untouched = {.value = -7};
    struct ot_step_load load = {0};
    assert_int_equal(ot_step_time(w->fits, &d, &load, w->arena, &untouched, NULL, &w->err),
                     OT_INPUT);
    load.decode_seqs = -1;
    assert_int_equal(ot_step_time(w->fits, &d, &load, w->arena, &untouched, NULL, &w->err),
                     OT_INPUT);
    assert_true(ot_str_is(w->err.field, "batch"));
    load.decode_seqs = 1;
    load.decode_kv_tokens = (double)NAN;
    assert_int_equal(ot_step_time(w->fits, &d, &load, w->arena, &untouched, NULL, &w->err),
                     OT_INPUT);
    assert_true(untouched.value == -7);
}

TEST(step, buckets_are_powers_of_two_from_128)
{
    assert_int_equal(ot_step_bucket(1), 128);
    assert_int_equal(ot_step_bucket(128), 128);
    assert_int_equal(ot_step_bucket(129), 256);
    assert_int_equal(ot_step_bucket(5000), 8192);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(step, trees_of_all_kinds_of_models_sum_exactly),
        RUN(step, more_sequences_tokens_or_context_are_never_faster),
        RUN(step, a_cached_prefix_saves_time),
        RUN(step, equal_chunks_need_not_state_their_pairs),
        RUN(step, tensor_parallelism_divides_the_work_and_adds_all_reduces),
        RUN(step, other_parallel_layouts_stand),
        RUN(step, bands_follow_what_is_known_of_the_chip),
        RUN(step, defaults_are_filled_and_named),
        RUN(step, layouts_that_cannot_run_are_refused_by_field),
        RUN(step, impossible_loads_are_refused_by_field),
        RUN(step, buckets_are_powers_of_two_from_128),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
