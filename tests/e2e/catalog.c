/* SPDX-License-Identifier: Apache-2.0 */
/* `offtake catalog` as a user meets it, and the promise that a chip is one file: a data folder with
 * one more YAML shows it in the list, prices a kernel on it, and needs no other change. */
#include "run.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "offtake/report.h"

#define ARENA                                                                                      \
    (void)state;                                                                                   \
    struct ot_arena *arena = ot_arena_new(0)

static void assert_has(struct ot_str text, const char *part)
{
    if (strstr(text.ptr, part) == NULL) {
        print_error("'%s' is not in:\n%s\n", part == NULL ? "" : part,
                    text.len == 0 ? "" : text.ptr);
        fail();
    }
}

static struct ot_node *parsed(struct ot_arena *arena, struct ot_str json)
{
    struct ot_node *root = NULL;
    struct ot_err err;
    ot_err_init(&err, arena);
    if (ot_json_parse(arena, json, "stdout", &root, &err) != OT_OK)
        print_error("%s\n", ot_err_text(&err, arena).ptr);
    assert_non_null(root);
    return root;
}

TEST(catalog, every_list_fits_100_columns_and_reads_as_json_and_csv)
{
    ARENA;
    static const char *const kinds[] = {"chips",  "nodes",  "fabrics",
                                        "models", "offers", "workloads"};
    for (size_t i = 0; i < OT_COUNT(kinds); i++) {
        struct ran text = e2e_run(arena, RUN_ARGS("catalog", kinds[i]));
        assert_int_equal(text.exit_code, 0);
        size_t lines = 0;
        for (struct ot_str rest = text.out; rest.len > 0; lines++) {
            struct ot_str line = ot_str_cut(rest, '\n', &rest);
            assert_true(ot_text_width(line) <= OT_TEXT_WIDTH);
        }
        struct ran json = e2e_run(arena, RUN_ARGS("catalog", kinds[i], "--json"));
        assert_int_equal(json.exit_code, 0);
        const struct ot_node *rows = ot_node_get(parsed(arena, json.out), kinds[i]);
        assert_non_null(rows);
        assert_true(rows->kind == OT_NODE_SEQ && rows->n >= 4 && lines >= rows->n);
        struct ran csv = e2e_run(arena, RUN_ARGS("catalog", kinds[i], "--csv"));
        assert_int_equal(csv.exit_code, 0);
    }
    ot_arena_free(arena);
}

TEST(catalog, a_page_shows_every_figure_with_its_source)
{
    ARENA;
    struct ran page = e2e_run(arena, RUN_ARGS("catalog", "chips", "Trn2"));
    assert_int_equal(page.exit_code, 0);
    assert_has(page.out, "AWS Trainium2");
    assert_has(page.out, "bf16 roof");
    assert_has(page.out, "629.0 TFLOP/s");
    assert_has(page.out, "aws-neuron/aws-neuron-sdk@81ce03ae:");
    struct ran json = e2e_run(arena, RUN_ARGS("catalog", "chips", "trainium2", "--json"));
    const struct ot_node *root = parsed(arena, json.out);
    assert_non_null(ot_node_at(root, "chip.rates.bf16.roof_flop_per_s"));
    assert_non_null(ot_node_at(root, "chip.hbm_bytes_per_s"));
    struct ran csv = e2e_run(arena, RUN_ARGS("catalog", "chips", "trainium2", "--csv"));
    assert_has(csv.out, "bf16 roof,629000000000000,");
    ot_arena_free(arena);
}

TEST(catalog, offers_are_found_by_chip_and_by_provider_and_never_invented)
{
    ARENA;
    struct ran chip = e2e_run(arena, RUN_ARGS("catalog", "offers", "trn2", "--csv"));
    assert_has(chip.out, "trainium2,block,");
    struct ran provider = e2e_run(arena, RUN_ARGS("catalog", "offers", "oci", "--csv"));
    assert_has(provider.out, "h100-sxm,on_demand,");
    struct ran none = e2e_run(arena, RUN_ARGS("catalog", "offers", "trainium3"));
    assert_int_equal(none.exit_code, 0);
    assert_has(none.out, "no public price");
    ot_arena_free(arena);
}

TEST(catalog, where_prints_the_data_folder_as_text_only)
{
    ARENA;
    struct ran where = e2e_run(arena, RUN_ARGS("catalog", "--where"));
    assert_int_equal(where.exit_code, 0);
    assert_has(where.out, getenv("OFFTAKE_DATA"));
    e2e_fails(e2e_run(arena, RUN_ARGS("catalog", "--where", "--json")), 2, "--where");
    ot_arena_free(arena);
}

TEST(catalog, what_is_not_there_is_an_error_with_a_hint)
{
    ARENA;
    e2e_fails(e2e_run(arena, RUN_ARGS("catalog", "ships")), 2, "chips, nodes, fabrics");
    e2e_fails(e2e_run(arena, RUN_ARGS("catalog", "chips", "h100-smx")), 3, "h100-sxm");
    e2e_fails(e2e_run(arena, RUN_ARGS("catalog", "models", "nowhere/config.json")), 3,
              "nowhere/config.json");
    e2e_fails(e2e_run(arena, RUN_ARGS("catalog", "offers", "nobody")), 3, "'nobody'");
    ot_arena_free(arena);
}

/* Links every entry of `from` into the new folder `to`. */
static void link_all(struct ot_arena *arena, const char *from, const char *to)
{
    assert_int_equal(mkdir(to, 0700), 0);
    DIR *dir = opendir(from);
    assert_non_null(dir);
    for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        if (entry->d_name[0] == '.')
            continue;
        struct ot_str target = ot_str_fmt(arena, "%s/%s", from, entry->d_name);
        struct ot_str name = ot_str_fmt(arena, "%s/%s", to, entry->d_name);
        assert_int_equal(symlink(target.ptr, name.ptr), 0);
    }
    (void)closedir(dir);
}

static void unlink_all(struct ot_arena *arena, const char *folder)
{
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir))
        if (entry->d_name[0] != '.')
            (void)unlink(ot_str_fmt(arena, "%s/%s", folder, entry->d_name).ptr);
    (void)closedir(dir);
    (void)rmdir(folder);
}

TEST(catalog, a_new_chip_is_one_file)
{
    ARENA;
    const char *shipped = ot_str_dup(arena, ot_str_c(getenv("OFFTAKE_DATA"))).ptr;
    const char *dir = e2e_dir(arena);
    const char *data = ot_str_fmt(arena, "%s/data", dir).ptr;
    const char *chips = ot_str_fmt(arena, "%s/data/chips", dir).ptr;
    link_all(arena, shipped, data);
    assert_int_equal(unlink(chips), 0);
    link_all(arena, ot_str_fmt(arena, "%s/chips", shipped).ptr, chips);
    static const char figure[] = "source: \"a made-up chip\", date: 2026-01-02, status: assumed}";
    struct ot_str yaml = ot_str_fmt(arena,
                                    "title: Abacus 9000\nvendor: Nobody\nfamily: wood\n"
                                    "rates:\n  bf16:\n    label: {value: 500 TFLOP/s, %s\n"
                                    "hbm: {value: 64 GB, %s\nhbm_bandwidth: {value: 2 TB/s, %s\n",
                                    figure, figure, figure);
    struct ot_err err;
    ot_err_init(&err, arena);
    struct ot_str path = ot_str_fmt(arena, "%s/abacus-9000.yaml", chips);
    assert_int_equal(ot_file_write(path.ptr, yaml, &err), OT_OK);

    assert_int_equal(setenv("OFFTAKE_DATA", data, 1), 0);
    struct ran list = e2e_run(arena, RUN_ARGS("catalog", "chips"));
    struct ran page = e2e_run(arena, RUN_ARGS("catalog", "chips", "Abacus 9000"));
    struct ran kernel =
        e2e_run(arena, RUN_ARGS("kernel", "--chip", "abacus-9000", "--op", "gemm", "--m", "4096",
                                "--n", "8192", "--k", "8192", "--dtype", "bf16", "--json"));
    assert_int_equal(setenv("OFFTAKE_DATA", shipped, 1), 0);
    unlink_all(arena, chips);
    unlink_all(arena, data);
    (void)rmdir(dir);

    assert_int_equal(list.exit_code, 0);
    assert_has(list.out, "abacus-9000");
    assert_has(page.out, "a made-up chip");
    assert_int_equal(kernel.exit_code, 0);
    double time_s = 0;
    assert_true(ot_node_num(parsed(arena, kernel.out), "time_s", &time_s));
    assert_true(time_s > 2.0 * 4096 * 8192 * 8192 / 500e12); /* not faster than its label */
    ot_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(catalog, every_list_fits_100_columns_and_reads_as_json_and_csv),
        RUN(catalog, a_page_shows_every_figure_with_its_source),
        RUN(catalog, offers_are_found_by_chip_and_by_provider_and_never_invented),
        RUN(catalog, where_prints_the_data_folder_as_text_only),
        RUN(catalog, what_is_not_there_is_an_error_with_a_hint),
        RUN(catalog, a_new_chip_is_one_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
