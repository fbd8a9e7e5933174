/* SPDX-License-Identifier: Apache-2.0 */
/* Weights and KV bytes counted from structure, against published sizes and hand-counted cases.
 * Catches a projection counted twice, a window or a latent taken for full attention. */
#include "catalog_test.h"

#include <math.h>

static const struct ot_loc nowhere = {0};

static const struct ot_model *model_of(struct fixture *f, const char *name)
{
    const struct ot_model *model = NULL;
    if (ot_catalog_model(f->catalog, ot_str_c(name), nowhere, &model, &f->err) != OT_OK)
        fail_msg("%s", ot_err_text(&f->err, f->arena).ptr);
    return model;
}

static bool has_experts(const struct ot_model *model)
{
    for (int64_t i = 0; i < model->layers_n; i++)
        if (model->layers[i].experts > 0)
            return true;
    return false;
}

TEST(counts, weights_agree_with_published_sizes)
{
    struct fixture *f = *state;
    size_t n = 0;
    const struct ot_model *models = ot_catalog_models(f->catalog, &n);
    for (size_t i = 0; i < n; i++) {
        const struct ot_model *m = &models[i];
        assert_true(m->params_total.has);
        const double error = fabs(ot_model_params(m) / m->params_total.value - 1);
        /* the 1.7B of the Megatron paper is a rounded figure; Nemotron-3-Nano is named after 30B */
        const bool loose =
            ot_str_is(m->name, "gpt-1.7b") || ot_str_starts(m->name, "nemotron-3-nano");
        const double limit = loose ? 0.055 : has_experts(m) ? 0.03 : 0.02;
        if (error > limit) {
            print_error("%s: counted %.3g, published %.3g\n", m->name.ptr, ot_model_params(m),
                        m->params_total.value);
            fail();
        }
        assert_true(ot_model_params_active(m) <= ot_model_params(m));
    }
}

TEST(counts, the_parts_of_a_layer_add_up_to_the_model)
{
    struct fixture *f = *state;
    const struct ot_model *m = model_of(f, "deepseek-v3");
    double sum = 2.0 * (double)m->vocab * (double)m->hidden, active = sum;
    for (int64_t i = 0; i < m->layers_n; i++) {
        const struct ot_layers *l = &m->layers[i];
        const double rest = ot_layers_attn_params(m, l) + ot_layers_ffn_params(m, l);
        sum += (double)l->count * (rest + ot_layers_moe_params(m, l));
        active += (double)l->count * (rest + ot_layers_moe_params_active(m, l));
    }
    ot_assert_near(ot_model_params(m), sum, 1e-12);
    ot_assert_near(ot_model_params_active(m), active, 1e-12);
    assert_int_equal(ot_model_layers(m), 61);
}

TEST(counts, one_layer_of_each_kind_by_hand)
{
    const struct ot_model m = {.hidden = 100, .vocab = 10};
    const struct ot_layers gqa = {
        .count = 1, .attn = OT_ATTN_gqa, .heads = 8, .kv_heads = 2, .head_dim = 16};
    ot_assert_near(ot_layers_attn_params(&m, &gqa), 100 * (128 + 32 + 32) + 128 * 100, 1e-15);
    struct ot_layers gated = gqa;
    gated.gate = true;
    ot_assert_near(ot_layers_attn_params(&m, &gated), 100 * (256 + 32 + 32) + 128 * 100, 1e-15);
    struct ot_layers latent = gqa;
    latent.kv_heads = 1;
    latent.kv_shared = true;
    latent.q_rank = 10;
    latent.o_rank = 5;
    latent.o_groups = 4;
    ot_assert_near(ot_layers_attn_params(&m, &latent),
                   100 * 10 + 10 * 128 + 100 * 16 + 128 * 5 + 4 * 5 * 100, 1e-15);
    ot_assert_near(ot_layers_kv_bytes_per_token(&latent, OT_DTYPE_bf16), 32, 1e-15);
    latent.compress = 4;
    ot_assert_near(ot_layers_kv_bytes_per_token(&latent, OT_DTYPE_bf16), 8, 1e-15);
    const struct ot_layers mla = {.count = 1,
                                  .attn = OT_ATTN_mla,
                                  .heads = 8,
                                  .kv_rank = 20,
                                  .rope_dim = 4,
                                  .nope_dim = 6,
                                  .v_head_dim = 5,
                                  .q_rank = 10};
    ot_assert_near(ot_layers_attn_params(&m, &mla),
                   100 * 10 + 10 * 8 * 10 + 100 * 24 + 20 * 8 * 11 + 8 * 5 * 100, 1e-15);
    const struct ot_layers mamba = {
        .count = 1, .attn = OT_ATTN_mamba, .linear_in_dim = 30, .linear_dim = 12, .state_bytes = 7};
    ot_assert_near(ot_layers_attn_params(&m, &mamba), 4200, 1e-15);
    ot_assert_near(ot_layers_kv_bytes_per_token(&mamba, OT_DTYPE_bf16), 0, 1e-15);
    const struct ot_layers moe = {.count = 1,
                                  .attn = OT_ATTN_none,
                                  .ffn_gated = true,
                                  .experts = 16,
                                  .top_k = 2,
                                  .moe_ffn_dim = 7,
                                  .shared_ffn_dim = 3,
                                  .moe_in_dim = 50};
    ot_assert_near(ot_layers_attn_params(&m, &moe), 0, 1e-15);
    ot_assert_near(ot_layers_ffn_params(&m, &moe), 3 * 100 * 3, 1e-15);
    ot_assert_near(ot_layers_moe_params(&m, &moe), 1600 + 2 * 100 * 50 + 16 * 3 * 50 * 7, 1e-15);
    ot_assert_near(ot_layers_moe_params_active(&m, &moe), 1600 + 10000 + 2 * 3 * 50 * 7, 1e-15);
}

TEST(counts, kv_bytes_of_a_token_are_those_of_the_engines)
{
    struct fixture *f = *state;
    static const struct {
        const char *model;
        enum ot_dtype kv;
        double bytes;
    } rows[] = {
        {"llama-3.1-70b", OT_DTYPE_bf16, 327680},
        {"llama-3.1-8b", OT_DTYPE_bf16, 131072},
        {"llama-3.1-8b", OT_DTYPE_fp8, 65536},
        {"deepseek-v3", OT_DTYPE_bf16, 70272},
        {"qwen3-next-80b-a3b", OT_DTYPE_bf16, 12 * 2 * 2 * 256 * 2},
        {"mpt-7b", OT_DTYPE_bf16, 32 * 2 * 4096 * 2},
    };
    for (size_t i = 0; i < OT_COUNT(rows); i++)
        ot_assert_near(ot_model_kv_bytes_per_token(model_of(f, rows[i].model), rows[i].kv),
                       rows[i].bytes, 1e-15);
}

TEST(counts, names_of_formats_engines_and_price_kinds_read_back)
{
    for (size_t i = 0; i < OT_DTYPE_COUNT; i++) {
        enum ot_dtype back = OT_DTYPE_COUNT;
        assert_true(ot_dtype_parse(ot_str_c(ot_dtype_name((enum ot_dtype)i)), &back));
        assert_int_equal(back, i);
        assert_true(ot_dtype_bytes((enum ot_dtype)i) > 0.5);
    }
    static const struct {
        const char *text;
        enum ot_dtype dtype;
    } rows[] = {{"BF16", OT_DTYPE_bf16},         {"bfloat16", OT_DTYPE_bf16},
                {"FP8", OT_DTYPE_fp8},           {"fp8-block", OT_DTYPE_fp8_block},
                {"float8_e4m3fn", OT_DTYPE_fp8}, {"NVFP4", OT_DTYPE_nvfp4},
                {"w4a16", OT_DTYPE_int4}};
    for (size_t i = 0; i < OT_COUNT(rows); i++) {
        enum ot_dtype dtype = OT_DTYPE_COUNT;
        assert_true(ot_dtype_parse(ot_str_c(rows[i].text), &dtype));
        assert_int_equal(dtype, rows[i].dtype);
    }
    enum ot_dtype dtype = OT_DTYPE_int8;
    assert_false(ot_dtype_parse(ot_str_c("fp12"), &dtype));
    assert_false(ot_dtype_parse(ot_str_c(""), &dtype));
    assert_false(
        ot_dtype_parse(ot_str_c("a-name-that-is-longer-than-any-number-format-could-be"), &dtype));
    assert_int_equal(dtype, OT_DTYPE_int8);
    assert_string_equal(ot_engine_name(OT_ENGINE_nxd), "nxd");
    assert_string_equal(ot_price_kind_name(OT_PRICE_KIND_take_or_pay), "take_or_pay");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(counts, weights_agree_with_published_sizes),
        RUN(counts, the_parts_of_a_layer_add_up_to_the_model),
        RUN(counts, one_layer_of_each_kind_by_hand),
        RUN(counts, kv_bytes_of_a_token_are_those_of_the_engines),
        RUN(counts, names_of_formats_engines_and_price_kinds_read_back),
    };
    return cmocka_run_group_tests(tests, fixture_up, fixture_down);
}
