/* SPDX-License-Identifier: Apache-2.0 */
/* Memory against published counts and against the catalogue's own counting. Catches: a shard that
 * loses or doubles weights, MLA divided by TP, a forgotten null block. */
#include "step_test.h"

#include <math.h>

static struct ot_memory memory_of(struct world *w, const struct ot_deploy *d)
{
    struct ot_memory m;
    assert_int_equal(ot_step_memory(d, &m, &w->err), OT_OK);
    return m;
}

TEST(memory, one_rank_holds_the_weights_the_catalogue_counts)
{
    struct world *w = *state;
    static const char *const models[] = {"llama-3.1-8b",   "llama-3.1-70b", "mixtral-8x7b",
                                         "deepseek-v3",    "qwen3-30b-a3b", "gpt-oss-120b",
                                         "qwen3-235b-a22b"};
    for (size_t i = 0; i < OT_COUNT(models); i++) {
        struct ot_deploy d = deploy_of(w, models[i], "h200-sxm");
        d.layout.tp = 1;
        d.dtype_weights = d.dtype_act = d.dtype_moe = OT_DTYPE_bf16;
        assert_int_equal(ot_deploy_fill(w->fits, &d, NULL, &w->err), OT_OK);
        ot_assert_near(memory_of(w, &d).weights_bytes, 2 * ot_model_params(d.model), 1e-9);
    }
}

TEST(memory, kv_bytes_per_token_are_the_known_ones)
{
    struct world *w = *state;
    struct ot_deploy d = filled(w, "llama-3.1-70b", "h200-sxm", 1);
    ot_assert_near(memory_of(w, &d).kv_bytes_per_block, 16 * 327680.0, 1e-12);
    d = filled(w, "llama-3.1-8b", "h200-sxm", 1);
    ot_assert_near(memory_of(w, &d).kv_bytes_per_block, 16 * 131072.0, 1e-12);
    d = filled(w, "deepseek-v3", "h200-sxm", 8);
    ot_assert_near(memory_of(w, &d).kv_bytes_per_block, 16 * 70272.0, 1e-12); /* not divided */
}

TEST(memory, kv_heads_are_replicated_past_their_number)
{
    struct world *w = *state;
    const struct ot_deploy eight = filled(w, "llama-3.1-70b", "h100-sxm", 8);
    const struct ot_deploy sixteen = filled(w, "llama-3.1-70b", "h100-sxm", 16);
    assert_true(memory_of(w, &eight).kv_bytes_per_block ==
                memory_of(w, &sixteen).kv_bytes_per_block);
    ot_assert_near(memory_of(w, &eight).kv_bytes_per_block, 16 * 327680.0 / 8, 1e-12);
}

TEST(memory, blocks_come_near_what_vllm_reported)
{
    struct world *w = *state;
    /* engine start logs: vLLM 0.15.1 on H100 (inference-sim trained_physics_iter29), 0.19.0 on RTX
     * 4090 (LLMServingSim 5daddb2) */
    struct ot_deploy d = deploy_of(w, "llama-2-7b", "h100-sxm");
    d.layout.tp = 1;
    d.max_batched_tokens = 2048;
    d.max_num_seqs = 128;
    assert_int_equal(ot_deploy_fill(w->fits, &d, NULL, &w->err), OT_OK);
    const double small = (double)memory_of(w, &d).kv_blocks;
    d = deploy_of(w, "llama-3.1-70b", "h100-sxm");
    d.layout.tp = 4;
    d.max_batched_tokens = 8192;
    d.max_num_seqs = 128;
    assert_int_equal(ot_deploy_fill(w->fits, &d, NULL, &w->err), OT_OK);
    const double large = (double)memory_of(w, &d).kv_blocks;
    d = deploy_of(w, "llama-3.1-8b", "rtx-4090");
    d.layout.tp = 1;
    d.max_batched_tokens = 2048;
    d.max_num_seqs = 256;
    assert_int_equal(ot_deploy_fill(w->fits, &d, NULL, &w->err), OT_OK);
    const double tight = (double)memory_of(w, &d).kv_blocks;
    print_message("blocks: 7B H100 %.0f (7463), 70B TP4 %.0f (30251), 8B RTX 4090 %.0f (2588)\n",
                  small, large, tight);
    assert_true(fabs(log(small / 7463)) < 0.1);
    assert_true(fabs(log(large / 30251)) < 0.1);
    assert_true(fabs(log(tight / 2588)) < 0.35);
}

TEST(memory, a_stated_number_of_blocks_is_taken_less_the_null_block)
{
    struct world *w = *state;
    struct ot_deploy d = filled(w, "llama-3.1-8b", "h100-sxm", 1);
    d.num_gpu_blocks = 100;
    assert_int_equal(memory_of(w, &d).kv_blocks, 99);
    assert_true(memory_of(w, &d).fits);
}

TEST(memory, attention_dp_ranks_add_their_blocks)
{
    struct world *w = *state;
    struct ot_deploy d = deploy_of(w, "llama-3.1-8b", "h100-sxm");
    d.layout.tp = 1;
    d.layout.dp = 2;
    assert_int_equal(ot_deploy_fill(w->fits, &d, NULL, &w->err), OT_OK);
    const struct ot_deploy one = filled(w, "llama-3.1-8b", "h100-sxm", 1);
    assert_int_equal(memory_of(w, &d).kv_blocks, 2 * memory_of(w, &one).kv_blocks);
}

TEST(memory, what_does_not_fit_says_so)
{
    struct world *w = *state;
    const struct ot_deploy d = filled(w, "llama-3.1-405b", "h100-sxm", 1);
    assert_false(memory_of(w, &d).fits);
    assert_int_equal(memory_of(w, &d).kv_blocks, 0);
}

TEST(memory, windowed_layers_hold_a_fixed_state)
{
    struct world *w = *state;
    const struct ot_deploy d = filled(w, "gpt-oss-120b", "h100-sxm", 1);
    const struct ot_memory m = memory_of(w, &d);
    /* 18 of 36 layers are full: 18 x 2 x 8 x 64 x 2 bytes a token; 18 x 128 tokens of window */
    ot_assert_near(m.kv_bytes_per_block, 16 * 36864.0, 1e-12);
    ot_assert_near(m.state_bytes_per_seq, 128 * 36864.0, 1e-12);
}

TEST(memory, a_chip_without_a_size_is_refused)
{
    struct world *w = *state;
    struct ot_deploy d = filled(w, "llama-3.1-8b", "h100-sxm", 1);
    struct ot_chip blank = *d.chip;
    blank.hbm_bytes.has = blank.hbm_usable_bytes.has = false;
    d.chip = &blank;
    struct ot_memory untouched = {.kv_blocks = -7};
    assert_int_equal(ot_step_memory(&d, &untouched, &w->err), OT_INPUT);
    assert_int_equal(untouched.kv_blocks, -7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(memory, one_rank_holds_the_weights_the_catalogue_counts),
        RUN(memory, kv_bytes_per_token_are_the_known_ones),
        RUN(memory, kv_heads_are_replicated_past_their_number),
        RUN(memory, blocks_come_near_what_vllm_reported),
        RUN(memory, a_stated_number_of_blocks_is_taken_less_the_null_block),
        RUN(memory, attention_dp_ranks_add_their_blocks),
        RUN(memory, what_does_not_fit_says_so),
        RUN(memory, windowed_layers_hold_a_fixed_state),
        RUN(memory, a_chip_without_a_size_is_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
