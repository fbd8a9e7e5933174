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

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(import, every_published_config_counts_as_many_weights_as_the_reference),
    };
    return cmocka_run_group_tests(tests, fixture_up, fixture_down);
}
