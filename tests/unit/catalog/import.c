/* SPDX-License-Identifier: Apache-2.0 */
/* config.json of the families of today: structure, counts, formats; and what is refused. The
 * originals are read from OFFTAKE_ORIGINALS and compared with the counts of its models.csv; small
 * files written here hold each trap by itself, so that most of this runs without them. */
#include "catalog_test.h"

static const char *originals(void)
{
    const char *dir = getenv("OFFTAKE_ORIGINALS");
    return dir != NULL && dir[0] != '\0' ? dir : NULL;
}

struct row {
    char model[64];
    double total, active;
    int64_t layers;
};
struct rows {
    struct row items[128];
    size_t n;
};

static enum ot_code add_row(void *ctx, const struct ot_csv_row *header,
                            const struct ot_csv_row *row, struct ot_err *err)
{
    (void)err;
    struct rows *rows = ctx;
    struct row *r = &rows->items[rows->n++];
    struct ot_str name = row->fields[ot_csv_column(header, "model")];
    (void)snprintf(r->model, sizeof r->model, "%.*s", (int)name.len, name.ptr);
    assert_true(ot_str_num(row->fields[ot_csv_column(header, "calc_total_B")], &r->total));
    assert_true(ot_str_num(row->fields[ot_csv_column(header, "calc_active_B")], &r->active));
    assert_true(ot_str_int(row->fields[ot_csv_column(header, "layers")], &r->layers));
    return OT_OK;
}

static void load_rows(struct fixture *f, struct rows *rows)
{
    struct ot_str path = ot_path_join(f->arena, ot_str_c(originals()), ot_str_c("models.csv"));
    assert_int_equal(ot_csv_read(path.ptr, NULL, add_row, rows, &f->err), OT_OK);
}

static const struct row *row_of(const struct rows *rows, const char *model)
{
    for (size_t i = 0; i < rows->n; i++)
        if (strcmp(rows->items[i].model, model) == 0)
            return &rows->items[i];
    print_error("no row %s\n", model);
    fail();
    return NULL;
}

/* file, row of models.csv, dtype, dtype_moe, dtype_kv */
static const struct {
    const char *file, *model;
    enum ot_dtype dtype, moe, kv;
} configs[] = {
    {"MiniMaxAI--MiniMax-M2.5", "MiniMax-M2.5", OT_DTYPE_fp8_block, OT_DTYPE_fp8_block,
     OT_DTYPE_bf16},
    {"Qwen--Qwen3-0.6B", "Qwen3-0.6B", OT_DTYPE_bf16, OT_DTYPE_bf16, OT_DTYPE_bf16},
    {"Qwen--Qwen3-235B-A22B", "Qwen3-235B-A22B", OT_DTYPE_bf16, OT_DTYPE_bf16, OT_DTYPE_bf16},
    {"Qwen--Qwen3-30B-A3B", "Qwen3-30B-A3B", OT_DTYPE_bf16, OT_DTYPE_bf16, OT_DTYPE_bf16},
    {"Qwen--Qwen3-32B-FP8", "Qwen3-32B", OT_DTYPE_fp8_block, OT_DTYPE_fp8_block, OT_DTYPE_bf16},
    {"Qwen--Qwen3-32B", "Qwen3-32B", OT_DTYPE_bf16, OT_DTYPE_bf16, OT_DTYPE_bf16},
    {"Qwen--Qwen3-8B", "Qwen3-8B", OT_DTYPE_bf16, OT_DTYPE_bf16, OT_DTYPE_bf16},
    {"Qwen--Qwen3.5-397B-A17B", "Qwen3.5-397B-A17B", OT_DTYPE_bf16, OT_DTYPE_bf16, OT_DTYPE_bf16},
    {"deepseek-ai--DeepSeek-R1", "DeepSeek-R1", OT_DTYPE_fp8_block, OT_DTYPE_fp8_block,
     OT_DTYPE_bf16},
    {"deepseek-ai--DeepSeek-V3.2", "DeepSeek-V3.2", OT_DTYPE_fp8_block, OT_DTYPE_fp8_block,
     OT_DTYPE_bf16},
    {"deepseek-ai--DeepSeek-V3", "DeepSeek-V3", OT_DTYPE_fp8_block, OT_DTYPE_fp8_block,
     OT_DTYPE_bf16},
    {"deepseek-ai--DeepSeek-V4-Pro", "DeepSeek-V4-Pro", OT_DTYPE_fp8_block, OT_DTYPE_mxfp4,
     OT_DTYPE_bf16},
    {"google--gemma-4-26B-A4B", "Gemma-4-26B-A4B", OT_DTYPE_bf16, OT_DTYPE_bf16, OT_DTYPE_bf16},
    {"meta-llama--Llama-4-Maverick-17B-128E-Instruct", "Llama-4-Maverick-17B-128E", OT_DTYPE_bf16,
     OT_DTYPE_bf16, OT_DTYPE_bf16},
    {"meta-llama--Meta-Llama-3.1-405B", "Llama-3.1-405B", OT_DTYPE_bf16, OT_DTYPE_bf16,
     OT_DTYPE_bf16},
    {"meta-llama--Meta-Llama-3.1-70B", "Llama-3.1-70B", OT_DTYPE_bf16, OT_DTYPE_bf16,
     OT_DTYPE_bf16},
    {"meta-llama--Meta-Llama-3.1-8B", "Llama-3.1-8B", OT_DTYPE_bf16, OT_DTYPE_bf16, OT_DTYPE_bf16},
    {"mistralai--Mixtral-8x7B-v0.1", "Mixtral-8x7B", OT_DTYPE_bf16, OT_DTYPE_bf16, OT_DTYPE_bf16},
    {"moonshotai--Kimi-K2-Instruct", "Kimi-K2-Instruct", OT_DTYPE_fp8_block, OT_DTYPE_fp8_block,
     OT_DTYPE_bf16},
    {"moonshotai--Kimi-K2.5", "Kimi-K2.5", OT_DTYPE_bf16, OT_DTYPE_int4, OT_DTYPE_bf16},
    {"nvidia--DeepSeek-V3.1-NVFP4", "DeepSeek-V3", OT_DTYPE_bf16, OT_DTYPE_nvfp4, OT_DTYPE_fp8},
    {"nvidia--GLM-5-NVFP4", "GLM-5", OT_DTYPE_bf16, OT_DTYPE_nvfp4, OT_DTYPE_fp8},
    {"nvidia--Llama-3.1-70B-Instruct-FP8", "Llama-3.1-70B", OT_DTYPE_fp8, OT_DTYPE_fp8,
     OT_DTYPE_fp8},
    {"nvidia--Llama-3_3-Nemotron-Super-49B-v1", "Llama-3.3-Nemotron-Super-49B-v1", OT_DTYPE_bf16,
     OT_DTYPE_bf16, OT_DTYPE_bf16},
    {"nvidia--NVIDIA-Nemotron-3-Nano-30B-A3B-BF16", "Nemotron-3-Nano-30B-A3B", OT_DTYPE_bf16,
     OT_DTYPE_bf16, OT_DTYPE_bf16},
    {"nvidia--Qwen3.5-397B-A17B-NVFP4", "Qwen3.5-397B-A17B", OT_DTYPE_bf16, OT_DTYPE_nvfp4,
     OT_DTYPE_fp8},
    {"openai--gpt-oss-120b", "gpt-oss-120b", OT_DTYPE_bf16, OT_DTYPE_mxfp4, OT_DTYPE_bf16},
    {"openai--gpt-oss-20b", "gpt-oss-20b", OT_DTYPE_bf16, OT_DTYPE_mxfp4, OT_DTYPE_bf16},
};

TEST(import, every_published_config_counts_as_many_weights_as_the_reference)
{
    struct fixture *f = *state;
    if (originals() == NULL)
        skip();
    struct rows rows = {0};
    load_rows(f, &rows);
    bool good = true;
    for (size_t i = 0; i < OT_COUNT(configs); i++) {
        struct ot_str path =
            ot_str_fmt(f->arena, "%s/configs/%s_config.json", originals(), configs[i].file);
        struct ot_model model;
        if (ot_model_import(f->arena, path.ptr, NULL, &model, &f->err) != OT_OK) {
            print_error("%s\n", ot_err_text(&f->err, f->arena).ptr);
            good = false;
            continue;
        }
        const struct row *want = row_of(&rows, configs[i].model);
        const double total = ot_model_params(&model) / 1e9,
                     active = ot_model_params_active(&model) / 1e9;
        /* models.csv rounds to 0.01 B and leaves DeepSeek-V4's indexer out */
        const double rel = strstr(configs[i].file, "V4") != NULL ? 0.012 : 0.002;
        const bool ok =
            ot_near(total, want->total, rel, 0.006) && ot_near(active, want->active, rel, 0.006) &&
            ot_model_layers(&model) == want->layers && model.dtype == configs[i].dtype &&
            model.dtype_moe == configs[i].moe && model.dtype_kv == configs[i].kv;
        if (!ok)
            print_error("%s: total %.3f (%.3f) active %.3f (%.3f) layers %lld (%lld) %s %s %s\n",
                        configs[i].file, total, want->total, active, want->active,
                        (long long)ot_model_layers(&model), (long long)want->layers,
                        ot_dtype_name(model.dtype), ot_dtype_name(model.dtype_moe),
                        ot_dtype_name(model.dtype_kv));
        for (int64_t k = 0; k < model.unknown_keys_n; k++)
            print_error("%s: unknown key %s\n", configs[i].file, model.unknown_keys[k].ptr);
        good = good && ok && model.unknown_keys_n == 0;
    }
    assert_true(good);
}

/* --- traps, each in a small file of its own --------------------------------------------------- */

static struct ot_model imported(struct fixture *f, const char *json)
{
    struct ot_model model;
    write_file(f, "", "config.json", json);
    struct ot_str path = ot_str_fmt(f->arena, "%s/config.json", f->dir);
    if (ot_model_import(f->arena, path.ptr, NULL, &model, &f->err) != OT_OK)
        fail_msg("%s", ot_err_text(&f->err, f->arena).ptr);
    clear_files(f);
    return model;
}

#define DENSE                                                                                      \
    "\"hidden_size\": 64, \"num_attention_heads\": 8, \"num_key_value_heads\": 2, "                \
    "\"intermediate_size\": 100, \"vocab_size\": 50, \"max_position_embeddings\": 4096, "          \
    "\"num_hidden_layers\": 4, \"hidden_act\": \"silu\""

TEST(import, a_window_that_is_switched_off_or_longer_than_the_context_is_none)
{
    struct fixture *f = *state;
    const struct ot_model off =
        imported(f, "{\"model_type\": \"qwen2\", " DENSE ", \"sliding_window\": 512, "
                    "\"use_sliding_window\": false}");
    assert_int_equal(off.layers_n, 1);
    assert_int_equal(off.layers[0].window, 0);
    const struct ot_model inert =
        imported(f, "{\"model_type\": \"phi3\", " DENSE ", \"sliding_window\": 262144}");
    assert_int_equal(inert.layers[0].window, 0);
    const struct ot_model on =
        imported(f, "{\"model_type\": \"mistral\", " DENSE ", \"sliding_window\": 512}");
    assert_int_equal(on.layers_n, 1);
    assert_int_equal(on.layers[0].window, 512);
}

TEST(import, windows_alternate_where_the_family_or_a_pattern_says_so)
{
    struct fixture *f = *state;
    const struct ot_model two =
        imported(f, "{\"model_type\": \"gemma2\", " DENSE ", \"sliding_window\": 512}");
    assert_int_equal(two.layers_n, 2);
    assert_int_equal(two.layers[0].count, 2);
    assert_true(two.tied_embeddings);
    const struct ot_model pattern =
        imported(f, "{\"model_type\": \"gemma3_text\", " DENSE ", \"sliding_window\": 512, "
                    "\"sliding_window_pattern\": 4}");
    assert_int_equal(pattern.layers[0].window, 512);
    assert_int_equal(pattern.layers[0].count, 3);
    assert_int_equal(pattern.layers[1].window, 0);
}

TEST(import, another_head_count_of_sliding_layers_is_taken)
{
    struct fixture *f = *state;
    const struct ot_model m =
        imported(f, "{\"model_type\": \"mimo_v2_flash\", " DENSE
                    ", \"head_dim\": 24, \"v_head_dim\": 16, \"sliding_window\": 128, "
                    "\"hybrid_layer_pattern\": [0, 1, 1, 0], \"swa_num_key_value_heads\": 4, "
                    "\"n_routed_experts\": 8, \"num_experts_per_tok\": 2, "
                    "\"moe_intermediate_size\": 10, \"moe_layer_freq\": [0, 1, 1, 1]}");
    assert_int_equal(m.layers_n, 3);
    assert_int_equal(m.layers[0].ffn_dim, 100);
    assert_int_equal(m.layers[0].experts, 0);
    assert_int_equal(m.layers[1].window, 128);
    assert_int_equal(m.layers[1].kv_heads, 4);
    assert_int_equal(m.layers[1].count, 2);
    assert_int_equal(m.layers[2].kv_heads, 2);
    assert_int_equal(m.layers[2].experts, 8);
    assert_int_equal(m.layers[2].v_head_dim, 16);
}

TEST(import, old_key_names_and_missing_widths_are_understood)
{
    struct fixture *f = *state;
    const struct ot_model m =
        imported(f, "{\"model_type\": \"gptj\", \"n_embd\": 64, \"n_head\": 4, \"n_layer\": 3, "
                    "\"n_positions\": 2048, \"n_inner\": null, \"vocab_size\": 50, "
                    "\"activation_function\": \"gelu_new\", \"torch_dtype\": \"float16\"}");
    assert_int_equal(m.layers[0].ffn_dim, 256);
    assert_false(m.layers[0].ffn_gated);
    assert_int_equal(m.layers[0].kv_heads, 4);
    assert_int_equal(m.layers[0].head_dim, 16);
    assert_int_equal(m.dtype, OT_DTYPE_fp16);
    assert_int_equal(m.max_position, 2048);
}

TEST(import, layers_of_one_kind_each_come_from_a_pattern_or_a_list)
{
    struct fixture *f = *state;
    static const char rest[] =
        "\"hidden_size\": 64, \"num_attention_heads\": 8, \"num_key_value_heads\": 2, "
        "\"head_dim\": 16, \"vocab_size\": 50, \"intermediate_size\": 30, "
        "\"n_routed_experts\": 8, \"num_experts_per_tok\": 2, \"moe_intermediate_size\": 10, "
        "\"mamba_num_heads\": 4, \"mamba_head_dim\": 8, \"ssm_state_size\": 16, "
        "\"n_groups\": 2, \"conv_kernel\": 4, \"mlp_hidden_act\": \"relu2\"";
    const struct ot_model a =
        imported(f, ot_str_fmt(f->arena,
                               "{\"model_type\": \"nemotron_h\", \"num_hidden_layers\": 4, "
                               "\"hybrid_override_pattern\": \"ME*-\", %s}",
                               rest)
                        .ptr);
    const struct ot_model b = imported(
        f, ot_str_fmt(f->arena,
                      "{\"model_type\": \"nemotron_h\", "
                      "\"layers_block_type\": [\"mamba\", \"moe\", \"attention\", \"mlp\"], %s}",
                      rest)
               .ptr);
    assert_int_equal(a.layers_n, 4);
    assert_int_equal(b.layers_n, 4);
    assert_int_equal(a.layers[0].attn, OT_ATTN_mamba);
    assert_int_equal(a.layers[0].linear_in_dim, 2 * 32 + 2 * 2 * 16 + 4);
    assert_int_equal(a.layers[0].state_bytes, 4 * 8 * 16 * 4 + (32 + 2 * 2 * 16) * 3 * 2);
    assert_int_equal(a.layers[1].attn, OT_ATTN_none);
    assert_int_equal(a.layers[1].experts, 8);
    assert_int_equal(a.layers[2].attn, OT_ATTN_gqa);
    assert_int_equal(a.layers[2].ffn_dim, 0);
    assert_int_equal(a.layers[3].ffn_dim, 30);
    assert_false(a.layers[3].ffn_gated);
    ot_assert_near(ot_model_params(&a), ot_model_params(&b), 1e-15);
}

TEST(import, linear_layers_keep_a_state_and_the_gate_doubles_the_query)
{
    struct fixture *f = *state;
    const struct ot_model m = imported(
        f, "{\"model_type\": \"qwen3_next\", " DENSE
           ", \"head_dim\": 16, \"full_attention_interval\": 4, \"linear_num_key_heads\": 2, "
           "\"linear_num_value_heads\": 4, \"linear_key_head_dim\": 8, "
           "\"linear_value_head_dim\": 8, \"linear_conv_kernel_dim\": 4}");
    assert_int_equal(m.layers_n, 2);
    assert_int_equal(m.layers[0].count, 3);
    assert_int_equal(m.layers[0].attn, OT_ATTN_linear);
    assert_int_equal(m.layers[0].linear_in_dim, 2 * 16 + 2 * 32 + 2 * 4);
    assert_true(m.layers[1].gate);
    ot_assert_near(ot_model_kv_bytes_per_token(&m, OT_DTYPE_bf16), 2 * 2 * 16 * 2, 1e-15);
}

TEST(import, latent_attention_caches_its_latent_whatever_the_head_count_says)
{
    struct fixture *f = *state;
    const struct ot_model m =
        imported(f, "{\"model_type\": \"deepseek_v2\", " DENSE
                    ", \"kv_lora_rank\": 32, \"q_lora_rank\": null, \"qk_nope_head_dim\": 8, "
                    "\"qk_rope_head_dim\": 4, \"v_head_dim\": 8, \"head_dim\": 64, "
                    "\"n_routed_experts\": 8, \"n_shared_experts\": 2, \"num_experts_per_tok\": 2, "
                    "\"moe_intermediate_size\": 10, \"first_k_dense_replace\": 1}");
    assert_int_equal(m.layers[0].attn, OT_ATTN_mla);
    assert_int_equal(m.layers[0].q_rank, 0);
    assert_int_equal(m.layers[0].ffn_dim, 100);
    assert_int_equal(m.layers[1].count, 3);
    assert_int_equal(m.layers[1].shared_ffn_dim, 20);
    ot_assert_near(ot_model_kv_bytes_per_token(&m, OT_DTYPE_bf16), 4 * 36 * 2, 1e-15);
}

TEST(import, a_language_model_inside_a_wrapper_is_found)
{
    struct fixture *f = *state;
    static const char *const keys[] = {"text_config", "language_config", "llm_config"};
    for (size_t i = 0; i < OT_COUNT(keys); i++) {
        const struct ot_model m = imported(
            f, ot_str_fmt(f->arena,
                          "{\"model_type\": \"wrapper\", \"vision_config\": {\"hidden_size\": 9}, "
                          "\"tie_word_embeddings\": true, \"%s\": {\"model_type\": \"llama\", "
                          "%s}}",
                          keys[i], DENSE)
                   .ptr);
        assert_int_equal(m.hidden, 64);
        assert_true(m.tied_embeddings);
        assert_true(m.note.len > 0);
    }
}

TEST(import, unknown_keys_are_reported_by_name)
{
    struct fixture *f = *state;
    const struct ot_model m = imported(f, "{\"model_type\": \"llama\", " DENSE
                                          ", \"flux_capacitor\": 88, \"bos_token_id\": 1}");
    assert_int_equal(m.unknown_keys_n, 1);
    assert_string_equal(m.unknown_keys[0].ptr, "flux_capacitor");
}

TEST(import, bad_files_are_refused_with_their_place)
{
    struct fixture *f = *state;
    static const struct {
        const char *text, *message[2];
    } rows[] = {
        {"[1, 2]", {"a JSON object", "config.json:1:"}},
        {"{\"hidden_size\": 64", {"config.json:", "error"}},
        {"{\"vocab_size\": 5}", {"hidden_size", "missing"}},
        {"{" DENSE ", \"num_hidden_layers\": 5}", {"config.json:1:", "num_hidden_layers"}},
        {"{\"hidden_size\": 64, \"vocab_size\": 5, \"num_hidden_layers\": 2}",
         {"heads", "missing"}},
        {"{\"hidden_size\": 64, \"vocab_size\": 5, \"num_hidden_layers\": 20000}",
         {"num_hidden_layers", "at most 10000"}},
        {"{" DENSE ", \"expert_count_v9\": 64}", {"expert_count_v9", "having no such layers"}},
        {"{" DENSE ", \"ffn_config\": {\"moe_num_experts\": 16}}",
         {"ffn_config", "having no such layers"}},
        {"{" DENSE ", \"layer_types\": [\"a\", \"b\", \"c\", \"d\"]}",
         {"layer_types", "a kind of layer this importer knows"}},
        {"{" DENSE ", \"num_experts\": 4, \"num_experts_per_tok\": 9, "
         "\"moe_intermediate_size\": 3}",
         {"top_k", "at most the 4 experts"}},
    };
    for (size_t i = 0; i < OT_COUNT(rows); i++) {
        struct ot_model model = {.hidden = -7};
        write_file(f, "", "config.json", rows[i].text);
        struct ot_str path = ot_str_fmt(f->arena, "%s/config.json", f->dir);
        assert_int_equal(ot_model_import(f->arena, path.ptr, NULL, &model, &f->err), OT_INPUT);
        assert_int_equal(model.hidden, -7); /* untouched */
        const char *text = ot_err_text(&f->err, f->arena).ptr;
        for (size_t k = 0; k < OT_COUNT(rows[i].message); k++)
            assert_has(text, rows[i].message[k]);
        clear_files(f);
    }
    struct ot_model model;
    assert_int_equal(ot_model_import(f->arena, "/nowhere/config.json", NULL, &model, &f->err),
                     OT_INPUT);
}

TEST(import, a_model_name_that_ends_in_json_is_a_path)
{
    struct fixture *f = *state;
    write_file(f, "", "config.json", "{\"model_type\": \"llama\", " DENSE "}");
    const struct ot_model *model = NULL;
    struct ot_str path = ot_str_fmt(f->arena, "%s/config.json", f->dir);
    const struct ot_loc nowhere = {0};
    assert_int_equal(ot_catalog_model(f->catalog, path, nowhere, &model, &f->err), OT_OK);
    assert_int_equal(model->hidden, 64);
    clear_files(f);
    model = NULL;
    assert_int_equal(ot_catalog_model(f->catalog, path, nowhere, &model, &f->err), OT_INPUT);
    assert_null(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(import, every_published_config_counts_as_many_weights_as_the_reference),
        RUN(import, a_window_that_is_switched_off_or_longer_than_the_context_is_none),
        RUN(import, windows_alternate_where_the_family_or_a_pattern_says_so),
        RUN(import, another_head_count_of_sliding_layers_is_taken),
        RUN(import, old_key_names_and_missing_widths_are_understood),
        RUN(import, layers_of_one_kind_each_come_from_a_pattern_or_a_list),
        RUN(import, linear_layers_keep_a_state_and_the_gate_doubles_the_query),
        RUN(import, latent_attention_caches_its_latent_whatever_the_head_count_says),
        RUN(import, a_language_model_inside_a_wrapper_is_found),
        RUN(import, unknown_keys_are_reported_by_name),
        RUN(import, bad_files_are_refused_with_their_place),
        RUN(import, a_model_name_that_ends_in_json_is_a_path),
    };
    return cmocka_run_group_tests(tests, fixture_up, fixture_down);
}
