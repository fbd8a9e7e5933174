/* SPDX-License-Identifier: Apache-2.0 */
/* Look-up by name: folding, aliases, format suffixes, near names, ambiguity; and every chip and
 * model that a public table of measurements names, which either resolves or is listed as
 * unsupported with a reason. Catches an alias lost and a row that would be skipped silently. */
#include "catalog_test.h"

static const struct ot_loc here = {{"plan.yaml", 9}, 7, 9};

static const struct ot_chip *chip_of(struct fixture *f, const char *name)
{
    const struct ot_chip *chip = NULL;
    if (ot_catalog_chip(f->catalog, ot_str_c(name), here, &chip, &f->err) != OT_OK)
        fail_msg("%s", ot_err_text(&f->err, f->arena).ptr);
    return chip;
}

static const struct ot_model *model_of(struct fixture *f, const char *name)
{
    const struct ot_model *model = NULL;
    if (ot_catalog_model(f->catalog, ot_str_c(name), here, &model, &f->err) != OT_OK)
        fail_msg("%s", ot_err_text(&f->err, f->arena).ptr);
    return model;
}

TEST(names, chips_are_found_whatever_the_spelling)
{
    struct fixture *f = *state;
    static const struct {
        const char *given, *name;
    } rows[] = {
        {"h100-sxm", "h100-sxm"},
        {"H100", "h100-sxm"},
        {"NVIDIA H100-SXM5-80GB", "h100-sxm"},
        {"h100_sxm", "h100-sxm"},
        {"GB200 (NVL72)", "gb200"},
        {"TPU v7x (Ironwood)", "tpu-v7"},
        {"AWS Trainium2", "trainium2"},
        {"trn2", "trainium2"},
        {"Intel(R) Arc Pro(R) B60", "arc-pro-b60"},
        {"AMD Instinct MI300X 192GB HBM3", "mi300x"},
        {"GH200-96GB", "gh200-96gb"},
    };
    for (size_t i = 0; i < OT_COUNT(rows); i++)
        assert_string_equal(chip_of(f, rows[i].given)->name.ptr, rows[i].name);
}

TEST(names, suffixes_of_models_set_the_weight_formats)
{
    struct fixture *f = *state;
    static const struct {
        const char *given, *name;
        bool from_alias;
        enum ot_dtype dtype, moe;
    } rows[] = {
        {"llama-3.1-70b", "llama-3.1-70b", false, OT_DTYPE_bf16, OT_DTYPE_bf16},
        {"meta-llama/Llama-3.1-70B-Instruct", "llama-3.1-70b", false, OT_DTYPE_bf16, OT_DTYPE_bf16},
        {"nvidia/Llama-3.1-70B-Instruct-FP8", "llama-3.1-70b", true, OT_DTYPE_fp8, OT_DTYPE_fp8},
        {"Qwen/Qwen3-235B-A22B-Instruct-2507-FP8", "qwen3-235b-a22b", true, OT_DTYPE_fp8,
         OT_DTYPE_fp8},
        {"nvidia/DeepSeek-R1-0528-NVFP4", "deepseek-r1", true, OT_DTYPE_bf16, OT_DTYPE_nvfp4},
        {"nvidia/Llama-3.3-70B-Instruct-FP4", "llama-3.3-70b", true, OT_DTYPE_nvfp4,
         OT_DTYPE_nvfp4},
        {"deepseek-ai/DeepSeek-V3", "deepseek-v3", false, OT_DTYPE_fp8_block, OT_DTYPE_fp8_block},
        {"openai/gpt-oss-120b", "gpt-oss-120b", false, OT_DTYPE_bf16, OT_DTYPE_mxfp4},
        {"Qwen3-8B-AWQ", "qwen3-8b", true, OT_DTYPE_int4, OT_DTYPE_int4},
    };
    for (size_t i = 0; i < OT_COUNT(rows); i++) {
        const struct ot_model *model = model_of(f, rows[i].given);
        assert_string_equal(model->name.ptr, rows[i].name);
        assert_int_equal(model->dtype_from_alias, rows[i].from_alias);
        assert_int_equal(model->dtype, rows[i].dtype);
        assert_int_equal(model->dtype_moe, rows[i].moe);
    }
    assert_int_equal(model_of(f, "llama-3.1-70b")->dtype, OT_DTYPE_bf16); /* not changed by it */
}

TEST(names, an_unknown_chip_is_refused_with_near_ones_and_its_place)
{
    struct fixture *f = *state;
    const struct ot_chip *chip = NULL;
    assert_int_equal(ot_catalog_chip(f->catalog, ot_str_c("h100-smx"), here, &chip, &f->err),
                     OT_INPUT);
    assert_null(chip);
    const char *text = ot_err_text(&f->err, f->arena).ptr;
    assert_has(text, "plan.yaml:7:9: error: chip: 'h100-smx'");
    assert_has(text, "h100-sxm");
    assert_int_equal(ot_catalog_chip(f->catalog, ot_str_c(""), here, &chip, &f->err), OT_INPUT);
    assert_int_equal(ot_catalog_chip(f->catalog, ot_str_c("abacus"), here, &chip, &f->err),
                     OT_INPUT);
    assert_has(ot_err_text(&f->err, f->arena).ptr, "offtake catalog chips");
}

TEST(names, unknown_things_of_the_other_kinds_are_refused_too)
{
    struct fixture *f = *state;
    const struct ot_node_type *node = NULL;
    const struct ot_fabric *fabric = NULL;
    const struct ot_model *model = NULL;
    const struct ot_workload *workload = NULL;
    assert_int_equal(ot_catalog_node(f->catalog, ot_str_c("p5.49xlarge"), here, &node, &f->err),
                     OT_INPUT);
    assert_has(ot_err_text(&f->err, f->arena).ptr, "p5.48xlarge");
    assert_int_equal(ot_catalog_fabric(f->catalog, ot_str_c("effa"), here, &fabric, &f->err),
                     OT_INPUT);
    assert_has(ot_err_text(&f->err, f->arena).ptr, "efa");
    assert_int_equal(ot_catalog_model(f->catalog, ot_str_c("llama-3.1-71b"), here, &model, &f->err),
                     OT_INPUT);
    assert_has(ot_err_text(&f->err, f->arena).ptr, "llama-3.1-70b");
    assert_int_equal(
        ot_catalog_workload(f->catalog, ot_str_c("azure-chat"), here, &workload, &f->err),
        OT_INPUT);
    assert_has(ot_err_text(&f->err, f->arena).ptr, "workload: 'azure-chat'");
}

TEST(names, what_is_listed_as_unsupported_is_refused_with_its_reason)
{
    struct fixture *f = *state;
    const struct ot_unsupported *row =
        ot_catalog_unsupported(f->catalog, ot_str_c("n300 wormhole"));
    assert_non_null(row);
    assert_true(row->reason.len > 10);
    assert_null(ot_catalog_unsupported(f->catalog, ot_str_c("h100-sxm")));
    const struct ot_chip *chip = NULL;
    assert_int_equal(ot_catalog_chip(f->catalog, ot_str_c("n300 Wormhole"), here, &chip, &f->err),
                     OT_INPUT);
    assert_has(ot_err_text(&f->err, f->arena).ptr, "not supported: ");
}

TEST(names, only_what_was_handed_out_counts_as_read)
{
    struct fixture *f = *state;
    struct ot_catalog *catalog = NULL;
    assert_int_equal(ot_catalog_open(f->arena, getenv("OFFTAKE_DATA"), NULL, &catalog, &f->err),
                     OT_OK);
    const struct ot_sources *sources = ot_catalog_sources(catalog);
    assert_int_equal(sources->n, 0);
    const struct ot_chip *chip = NULL;
    for (int i = 0; i < 2; i++)
        assert_int_equal(ot_catalog_chip(catalog, ot_str_c("gh200-96gb"), here, &chip, &f->err),
                         OT_OK);
    assert_true(sources->n >= 1 && sources->n <= 2);
    assert_true(ot_str_ends(sources->items[0].path, ".yaml"));
    assert_true(sources->items[0].hash[0] != 0);
    assert_string_equal(ot_catalog_root(catalog), getenv("OFFTAKE_DATA"));
}

/* --- names in public tables ------------------------------------------------------------------ */

struct names_ctx {
    struct fixture *f;
    const char *file, *column;
    int kind; /* 0 chip, 1 model */
    struct ot_str last;
    int64_t bad;
};

static enum ot_code check_row(void *ctx, const struct ot_csv_row *header,
                              const struct ot_csv_row *row, struct ot_err *err)
{
    (void)err;
    struct names_ctx *c = ctx;
    const struct ot_str name = row->fields[ot_csv_column(header, c->column)];
    if (name.len == 0 || ot_str_eq(name, c->last))
        return OT_OK;
    c->last = ot_str_dup(c->f->arena, name);
    const struct ot_chip *chip = NULL;
    const struct ot_model *model = NULL;
    if (ot_catalog_unsupported(c->f->catalog, name) != NULL)
        return OT_OK;
    const enum ot_code code =
        c->kind == 0 ? ot_catalog_chip(c->f->catalog, name, row->loc, &chip, &c->f->err)
                     : ot_catalog_model(c->f->catalog, name, row->loc, &model, &c->f->err);
    if (code != OT_OK) {
        print_error("%s\n", ot_err_text(&c->f->err, c->f->arena).ptr);
        c->bad++;
    }
    return OT_OK;
}

TEST(names, every_chip_and_model_of_public_measurements_is_known_or_listed)
{
    struct fixture *f = *state;
    const char *originals = getenv("OFFTAKE_ORIGINALS");
    if (originals == NULL || originals[0] == '\0')
        skip();
    static const struct {
        const char *file, *chip, *model;
    } tables[] = {
        {"mlperf_inference", "accelerator", "model"},
        {"mlperf_training", "accelerator", "benchmark"},
        {"neuron_inference", "chip", "model"},
        {"published_inference", "chip", "model"},
        {"published_training", "chip", "model"},
        {"serving_runs", "accelerator", "model"},
    };
    int64_t bad = 0;
    for (size_t i = 0; i < OT_COUNT(tables); i++) {
        struct ot_str path = ot_str_fmt(f->arena, "%s/measured/%s.csv", originals, tables[i].file);
        struct names_ctx chips = {f, tables[i].file, tables[i].chip, 0, {0}, 0};
        struct names_ctx models = {f, tables[i].file, tables[i].model, 1, {0}, 0};
        assert_int_equal(ot_csv_read(path.ptr, NULL, check_row, &chips, &f->err), OT_OK);
        assert_int_equal(ot_csv_read(path.ptr, NULL, check_row, &models, &f->err), OT_OK);
        bad += chips.bad + models.bad;
    }
    assert_int_equal(bad, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(names, chips_are_found_whatever_the_spelling),
        RUN(names, suffixes_of_models_set_the_weight_formats),
        RUN(names, an_unknown_chip_is_refused_with_near_ones_and_its_place),
        RUN(names, unknown_things_of_the_other_kinds_are_refused_too),
        RUN(names, what_is_listed_as_unsupported_is_refused_with_its_reason),
        RUN(names, only_what_was_handed_out_counts_as_read),
        RUN(names, every_chip_and_model_of_public_measurements_is_known_or_listed),
    };
    return cmocka_run_group_tests(tests, fixture_up, fixture_down);
}
