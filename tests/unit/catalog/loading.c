/* SPDX-License-Identifier: Apache-2.0 */
/* Opening a data folder: a new thing is one file; a bad file is refused with its place, field,
 * value and what is allowed, and nothing is half loaded. */
#include "catalog_test.h"

static const struct ot_loc nowhere = {0};

/* A chip that does not exist. */
static const char abacus[] = "title: Abacus 9000\n"
                             "vendor: Nobody\n"
                             "family: wood\n"
                             "aliases: [beads]\n"
                             "rates:\n"
                             "  bf16:\n"
                             "    label: {value: 500 TFLOP/s, source: \"a dream of mine\",\n"
                             "      date: 2026-01-02, status: assumed}\n"
                             "hbm: {value: 64 GB, source: \"a dream of mine\", date: 2026-01-02,\n"
                             "  status: assumed}\n"
                             "hbm_bandwidth: {value: 2 TB/s, source: \"a dream of mine\",\n"
                             "  date: 2026-01-02, status: assumed}\n";

/* `abacus` with one piece of text replaced. */
static const char *altered(struct fixture *f, const char *from, const char *to)
{
    const char *at = strstr(abacus, from);
    assert_non_null(at);
    return ot_str_fmt(f->arena, "%.*s%s%s", (int)(at - abacus), abacus, to, at + strlen(from)).ptr;
}

static struct ot_catalog *opened(struct fixture *f)
{
    struct ot_catalog *catalog = NULL;
    if (ot_catalog_open(f->arena, getenv("OFFTAKE_DATA"), f->dir, &catalog, &f->err) != OT_OK)
        fail_msg("%s", ot_err_text(&f->err, f->arena).ptr);
    return catalog;
}

TEST(loading, a_made_up_chip_needs_one_file_and_nothing_else)
{
    struct fixture *f = *state;
    write_file(f, "chips", "abacus-9000.yaml", abacus);
    struct ot_catalog *catalog = opened(f);
    size_t n = 0, before = 0;
    const struct ot_chip *chips = ot_catalog_chips(catalog, &n);
    (void)ot_catalog_chips(f->catalog, &before);
    assert_int_equal(n, before + 1);
    bool there = false;
    for (size_t i = 0; i < n; i++) {
        there = there || ot_str_is(chips[i].name, "abacus-9000");
        assert_true(i == 0 || ot_str_cmp(chips[i - 1].name, chips[i].name) < 0);
    }
    assert_true(there);
    const struct ot_chip *chip = NULL;
    assert_int_equal(ot_catalog_chip(catalog, ot_str_c("Beads"), nowhere, &chip, &f->err), OT_OK);
    ot_assert_near(chip->rates[OT_DTYPE_bf16].label.value, 500e12, 1e-12);
    ot_assert_near(chip->hbm_bytes.value, 64e9, 1e-12);
    assert_false(chip->rates[OT_DTYPE_fp8].label.has); /* absent is not zero */
    assert_false(chip->tdp_w.has);
    assert_int_equal(chip->lnc, 1);
    assert_int_equal(chip->scaleup_domain_n, 1);
    clear_files(f);
}

TEST(loading, a_file_of_the_same_name_replaces_the_shipped_one)
{
    struct fixture *f = *state;
    write_file(f, "chips", "h100-sxm.yaml", abacus);
    struct ot_catalog *catalog = opened(f);
    const struct ot_chip *chip = NULL;
    assert_int_equal(ot_catalog_chip(catalog, ot_str_c("h100-sxm"), nowhere, &chip, &f->err),
                     OT_OK);
    assert_string_equal(chip->title.ptr, "Abacus 9000");
    clear_files(f);
}

TEST(loading, a_name_that_fits_two_things_is_refused_and_names_both)
{
    struct fixture *f = *state;
    write_file(f, "chips", "abacus-9000.yaml", altered(f, "beads", "\"H 100\""));
    struct ot_catalog *catalog = opened(f);
    const struct ot_chip *chip = NULL;
    const struct ot_loc loc = {ot_str_c("plan.yaml"), 3, 4};
    assert_int_equal(ot_catalog_chip(catalog, ot_str_c("h100"), loc, &chip, &f->err), OT_INPUT);
    assert_null(chip);
    const char *text = ot_err_text(&f->err, f->arena).ptr;
    assert_has(text, "plan.yaml:3:4: error: chip: 'h100'");
    assert_has(text, "'abacus-9000'");
    assert_has(text, "'h100-sxm'");
    clear_files(f);
}

/* text of the file after replacing `from` by `to`, and what the message must hold */
static const struct {
    const char *from, *to, *message[3];
} bad_chips[] = {
    {"500 TFLOP/s", "500 GB/s", {"abacus.yaml:7:", "rates.bf16.label", "'500 GB/s'"}},
    {"500 TFLOP/s", "500", {"rates.bf16.label", "'500'", "unit"}},
    {"500 TFLOP/s", "-500 TFLOP/s", {"rates.bf16.label", "'-500 TFLOP/s'", "abacus.yaml:7:"}},
    {"500 TFLOP/s", "1e400 TFLOP/s", {"rates.bf16.label", "'1e400 TFLOP/s'", "abacus.yaml:7:"}},
    {"500 TFLOP/s", "nan TFLOP/s", {"rates.bf16.label", "abacus.yaml:7:", "nan"}},
    {"source: \"a dream of mine\",\n      date: 2026-01-02, ",
     "date: 2026-01-02, ",
     {"rates.bf16.label.source", "where it comes from", "abacus.yaml:7:"}},
    {"date: 2026-01-02, status: assumed}\nhbm:",
     "date: 2026-02-30, status: assumed}\nhbm:",
     {"rates.bf16.label.date", "'2026-02-30'", "abacus.yaml:8:"}},
    {"status: assumed}\nhbm:",
     "status: rumour}\nhbm:",
     {"rates.bf16.label.status", "'rumour'", "reported"}},
    {"  bf16:", "  bf17:", {"abacus.yaml:6:", "'bf17'", "bf16"}},
    {"vendor: Nobody\n", "", {"abacus.yaml", "vendor", "missing"}},
    {"aliases: [beads]", "aliases: [beads, Be-ads]", {"aliases", "'Be-ads'", "once only"}},
    {"hbm: {value: 64 GB",
     "hbm_usable: {value: 99 GB, source: \"a dream of mine\", "
     "date: 2026-01-02, status: assumed}\nhbm: {value: 64 GB",
     {"abacus.yaml", "hbm_usable", "not above the label"}},
    {"label:", "roofs:", {"abacus.yaml:7:", "'roofs'", "roof"}},
    {"family: wood", "family: wood\nlnc: 1.5", {"abacus.yaml:4:", "lnc", "'1.5'"}},
    {"family: wood",
     "family: wood\nscaleup_topology: star",
     {"abacus.yaml:4:", "scaleup_topology", "torus2d"}},
};

TEST(loading, a_bad_chip_is_refused_with_place_field_value_and_remedy)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < OT_COUNT(bad_chips); i++) {
        write_file(f, "chips", "abacus.yaml", altered(f, bad_chips[i].from, bad_chips[i].to));
        const char *text = refusal(f);
        for (size_t k = 0; k < OT_COUNT(bad_chips[i].message); k++)
            assert_has(text, bad_chips[i].message[k]);
    }
}

/* folder, file text, and what the message must hold */
static const struct {
    const char *folder, *text, *message[2];
} bad_files[] = {
    {"chips",
     "title: X\nvendor: Y\nfamily: z\nrates: {}\nhbm: n/d\nhbm_bandwidth: n/d\n",
     {"rates", "at least one number format"}},
    {"models",
     "title: X\nfamily: f\nhidden: 8\nvocab: 9\nsource: s\n"
     "layers: [{count: 2, attn: gqa, heads: 4, head_dim: 2, ffn: 9}]\n",
     {"thing.yaml:6:", "kv_heads"}},
    {"models",
     "title: X\nfamily: f\nhidden: 8\nvocab: 9\nsource: s\n"
     "layers: [{count: 2, attn: gqa, heads: 4, kv_heads: 3, head_dim: 2, ffn: 9}]\n",
     {"kv_heads", "a divisor of the 4 heads"}},
    {"models",
     "title: X\nfamily: f\nhidden: 8\nvocab: 9\nsource: s\n"
     "layers: [{count: 2, attn: none, experts: 4, top_k: 5, moe_ffn: 7}]\n",
     {"top_k", "at most the 4 experts"}},
    {"models",
     "title: X\nfamily: f\nhidden: 8\nvocab: 9\nsource: s\n"
     "layers: [{count: 2, attn: none, top_k: 5, moe_ffn: 7}]\n",
     {"experts", "missing"}},
    {"models",
     "title: X\nfamily: f\nhidden: 8\nvocab: 9\nsource: s\n"
     "layers: [{count: 2, attn: mla, heads: 4, kv_rank: 8, rope_dim: 2, v_head_dim: 4, ffn: 1}]\n",
     {"nope_dim", "missing"}},
    {"models",
     "title: X\nfamily: f\nhidden: 8\nvocab: 9\nsource: s\nlayers: []\n",
     {"layers", "at least one group"}},
    {"models",
     "title: X\nfamily: f\nhidden: 8\nvocab: 9\nsource: s\ndtype: fp12\n"
     "layers: [{count: 2, attn: none, ffn: 9}]\n",
     {"dtype", "'fp12'"}},
    {"offers",
     "provider: P\nprices:\n  - {chip: abacus, kind: spot, price: {value: 1 USD/chip-h,\n"
     "     source: \"s\", date: 2026-01-01, status: vendor}}\n",
     {"thing.yaml:3:", "chip: 'abacus'"}},
    {"offers",
     "provider: P\nprices:\n  - {chip: h100-sxm, kind: gift, price: {value: 1 USD/chip-h,\n"
     "     source: \"s\", date: 2026-01-01, status: vendor}}\n",
     {"kind", "'gift'"}},
    {"offers",
     "provider: P\nprices:\n  - {chip: h100-sxm, kind: spot, price: {value: -1 USD/chip-h,\n"
     "     source: \"s\", date: 2026-01-01, status: vendor}}\n",
     {"price", "'-1 USD/chip-h'"}},
    {"workloads",
     "title: X\nsource: s\ninput: {p: [0, 100], tokens: [1, 2, 3]}\n"
     "output: {p: [0, 100], tokens: [1, 2]}\n",
     {"thing.yaml:3:", "as many tokens as percentiles"}},
    {"workloads",
     "title: X\nsource: s\ninput: {p: [0, 100], tokens: [5, 2]}\n"
     "output: {p: [0, 100], tokens: [1, 2]}\n",
     {"tokens", "ascend"}},
    {"workloads",
     "title: X\nsource: s\ninput: {p: [5, 100], tokens: [1, 2]}\n"
     "output: {p: [0, 100], tokens: [1, 2]}\n",
     {"p", "from 0 to 100"}},
    {"workloads",
     "title: X\nsource: s\ninput: {p: [0, 100], tokens: [1, 2]}\n"
     "output: {p: [0, 100], tokens: [1, 2]}\nrate_curve: [1, 2]\n",
     {"rate_period", "missing"}},
    {"workloads",
     "title: X\nsource: s\ninput: {p: [0, 100], tokens: [1, 2]}\n"
     "output: {p: [0, 100], tokens: [1, 2]}\nttft_limit: 2\n",
     {"ttft_limit", "unit"}},
    {"nodes", "title: X\nprovider: P\nchip: h100-sxm\nchips: 0\nsource: s\n", {"chips", "'0'"}},
    {"fabrics",
     "title: X\nlatency: {value: 3 GB, source: s, date: 2026-01-01, status: vendor}\n",
     {"latency", "'3 GB'"}},
};

TEST(loading, a_bad_file_of_any_kind_is_refused)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < OT_COUNT(bad_files); i++) {
        write_file(f, bad_files[i].folder, "thing.yaml", bad_files[i].text);
        const char *text = refusal(f);
        for (size_t k = 0; k < OT_COUNT(bad_files[i].message); k++)
            assert_has(text, bad_files[i].message[k]);
    }
}

TEST(loading, file_names_are_small_letters_digits_dots_and_dashes)
{
    struct fixture *f = *state;
    write_file(f, "chips", "Abacus_9000.yaml", abacus);
    assert_has(refusal(f), "'Abacus_9000'");
}

TEST(loading, a_missing_data_folder_is_refused)
{
    struct fixture *f = *state;
    struct ot_catalog *catalog = NULL;
    assert_int_equal(ot_catalog_open(f->arena, "/nowhere/at/all", NULL, &catalog, &f->err),
                     OT_INPUT);
    assert_null(catalog);
    assert_has(ot_err_text(&f->err, f->arena).ptr, "/nowhere/at/all");
    assert_int_equal(ot_catalog_open(f->arena, NULL, NULL, &catalog, &f->err), OT_INPUT);
}

TEST(loading, an_empty_folder_is_an_empty_catalogue)
{
    struct fixture *f = *state;
    struct ot_catalog *catalog = NULL;
    assert_int_equal(ot_catalog_open(f->arena, f->dir, NULL, &catalog, &f->err), OT_OK);
    size_t n = 1;
    (void)ot_catalog_chips(catalog, &n);
    assert_int_equal(n, 0);
    (void)ot_catalog_prices(catalog, &n);
    assert_int_equal(n, 0);
    const struct ot_chip *chip = NULL;
    assert_int_equal(ot_catalog_chip(catalog, ot_str_c("h100"), nowhere, &chip, &f->err), OT_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(loading, a_made_up_chip_needs_one_file_and_nothing_else),
        RUN(loading, a_file_of_the_same_name_replaces_the_shipped_one),
        RUN(loading, a_name_that_fits_two_things_is_refused_and_names_both),
        RUN(loading, a_bad_chip_is_refused_with_place_field_value_and_remedy),
        RUN(loading, a_bad_file_of_any_kind_is_refused),
        RUN(loading, file_names_are_small_letters_digits_dots_and_dashes),
        RUN(loading, a_missing_data_folder_is_refused),
        RUN(loading, an_empty_folder_is_an_empty_catalogue),
    };
    return cmocka_run_group_tests(tests, fixture_up, fixture_down);
}
