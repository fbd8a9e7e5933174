/* SPDX-License-Identifier: Apache-2.0 */
/* Would catch: positions off by one, what the dialect forbids let through, includes that leave the
 * folder or never end, a `--set` that writes elsewhere. */
#include <math.h>

#include "unit/base/base_test.h"

static struct ot_node *yaml(struct fixture *f, const char *text)
{
    struct ot_node *root = NULL;
    const enum ot_code code = ot_yaml_parse(f->arena, ot_str_c(text), "t.yaml", &root, &f->err);
    if (code != OT_OK)
        print_error("%s\n", ot_err_text(&f->err, f->arena).ptr);
    assert_int_equal(code, OT_OK);
    return root;
}

static struct ot_node *load(struct fixture *f, const char *path)
{
    struct ot_node *root = NULL;
    const enum ot_code code = ot_yaml_load(f->arena, path, NULL, &root, &f->err);
    if (code != OT_OK)
        print_error("%s\n", ot_err_text(&f->err, f->arena).ptr);
    assert_int_equal(code, OT_OK);
    return root;
}

static void at(const struct ot_node *node, int64_t line, int64_t col)
{
    assert_non_null(node);
    assert_int_equal(node->loc.line, line);
    assert_int_equal(node->loc.col, col);
}

TEST(yaml, every_value_knows_its_place)
{
    struct fixture *f = *state;
    const struct ot_node *root = yaml(f, "a: 1\nb:\n  - x: \"q\"\n    y: ~\n  - [1, é, 2]\nc:\n");
    at(ot_node_at(root, "a"), 1, 4);
    at(ot_node_at(root, "b[0].x"), 3, 8);
    at(ot_node_at(root, "b[1][2]"), 5, 12); /* columns count characters */
    at(ot_node_at(root, "c"), 6, 1);        /* a value left out stands at its key */
    assert_int_equal(ot_node_at(root, "b[0].y")->key_loc.col, 5);
    assert_int_equal(ot_node_at(root, "b[0].y")->kind, OT_NODE_NULL);
    assert_true(ot_node_at(root, "b[0].x")->quoted);
    assert_false(ot_node_at(root, "a")->quoted);
    assert_str(root->loc.file, "t.yaml");
}

TEST(yaml, scalars_stay_as_written)
{
    struct fixture *f = *state;
    const struct ot_node *root =
        yaml(f, "a: 2.90 TB/s\nb: no\nc: 010\nd: 'it''s'\ne: |\n  two\n  lines\nf: \"null\"\n");
    assert_str(ot_node_get(root, "a")->text, "2.90 TB/s");
    assert_str(ot_node_get(root, "b")->text, "no");
    assert_str(ot_node_get(root, "c")->text, "010");
    assert_str(ot_node_get(root, "d")->text, "it's");
    assert_str(ot_node_get(root, "e")->text, "two\nlines\n");
    assert_int_equal(ot_node_get(root, "f")->kind, OT_NODE_SCALAR);
}

TEST(yaml, what_the_dialect_forbids_is_refused_with_its_place)
{
    struct fixture *f = *state;
    static const struct {
        const char *text, *message;
    } rows[] = {
        {"a: 1\n\tb: 2\n", "t.yaml:2:1: error: a tab; indentation must be blanks"},
        {"a: 1\nb: 2\na: 3\n", "t.yaml:3:1: error: 'a': this key is given twice in one map"},
        {"a: {x: 1, x: 2}\n", "t.yaml:1:11: error: 'x': this key is given twice in one map"},
        {"a: &n 1\n", "t.yaml:1:7: error: anchors are not used here; say include: FILE"},
        {"a: &n {b: 1}\n", "t.yaml:1:7: error: anchors are not used here; say include: FILE"},
        {"a: *n\n", "t.yaml:1:5: error: aliases are not used here; say include: FILE"},
        {"a: !!int 1\n", "t.yaml:1:10: error: tags are not used here"},
        {"a: !mine [1]\n", "t.yaml:1:10: error: tags are not used here"},
        {"<<: {a: 1}\n",
         "t.yaml:1:1: error: '<<': merge keys are not used here; say extends: FILE"},
        {"a: 1\n---\nb: 2\n", "t.yaml:2:1: error: only one document per file"},
        {"? [a, b]\n: 1\n", "t.yaml:1:3: error: a key must be plain text"},
        {"\"\": 1\n", "t.yaml:1:1: error: a key must not be empty"},
        {"", "t.yaml:1:1: error: the file is empty"},
        {"# only a comment\n", "t.yaml:1:1: error: the file is empty"},
        {"a: \"x\\0y\"\n", "t.yaml:1:4: error: text must not contain a NUL character"},
    };
    for (size_t i = 0; i < OT_COUNT(rows); i++) {
        struct ot_node *root = NULL;
        assert_int_equal(ot_yaml_parse(f->arena, ot_str_c(rows[i].text), "t.yaml", &root, &f->err),
                         OT_INPUT);
        assert_null(root);
        assert_error(f, rows[i].message);
    }
}

TEST(yaml, syntax_errors_name_a_place)
{
    struct fixture *f = *state;
    static const char *const texts[] = {"a: \"open\n",    "a: [1, 2\n",  "a: }\n",
                                        "a: 1\n  b: 2\n", "- a\nb: 1\n", "a: @x\n"};
    for (size_t i = 0; i < OT_COUNT(texts); i++) {
        struct ot_node *root = NULL;
        assert_int_equal(ot_yaml_parse(f->arena, ot_str_c(texts[i]), "t.yaml", &root, &f->err),
                         OT_INPUT);
        if (f->err.loc.line < 1)
            fail_msg("%s -> %s", texts[i], ot_err_text(&f->err, f->arena).ptr);
    }
}

TEST(yaml, bytes_that_are_not_utf8_are_refused_where_they_stand)
{
    struct fixture *f = *state;
    struct ot_node *root = NULL;
    assert_int_equal(
        ot_yaml_parse(f->arena, ot_str_c("a: é\nb: x\xFFy\n"), "t.yaml", &root, &f->err), OT_INPUT);
    assert_error(f, "t.yaml:2:5: error: not valid UTF-8 here");
    assert_int_equal(ot_yaml_parse(f->arena, ot_str_n("a: \0", 4), "t.yaml", &root, &f->err),
                     OT_INPUT);
    assert_error(f, "t.yaml:1:4: error: text must not contain a NUL character");
}

static struct ot_str nested(struct fixture *f, int depth, char open, char close)
{
    struct ot_buf buf;
    ot_buf_init(&buf, f->arena, 0);
    for (int i = 0; i < depth; i++)
        ot_buf_add(&buf, ot_str_n(&open, 1));
    for (int i = 0; i < depth; i++)
        ot_buf_add(&buf, ot_str_n(&close, 1));
    return ot_buf_str(&buf);
}

TEST(yaml, depth_64_is_read_and_depth_65_refused)
{
    struct fixture *f = *state;
    struct ot_node *root = NULL;
    assert_int_equal(ot_yaml_parse(f->arena, nested(f, 64, '[', ']'), "t", &root, &f->err), OT_OK);
    assert_int_equal(ot_yaml_parse(f->arena, nested(f, 65, '[', ']'), "t", &root, &f->err),
                     OT_INPUT);
    assert_error(f, "t:1:65: error: nested deeper than the 64 levels allowed");
    assert_int_equal(ot_json_parse(f->arena, nested(f, 64, '[', ']'), "t", &root, &f->err), OT_OK);
    assert_int_equal(ot_json_parse(f->arena, nested(f, 65, '[', ']'), "t", &root, &f->err),
                     OT_INPUT);
    assert_error(f, "t:1:65: error: nested deeper than the 64 levels allowed");
}

TEST(yaml, four_mebibytes_are_read_and_one_byte_more_refused)
{
    struct fixture *f = *state;
    struct ot_node *root = NULL;
    const size_t n = (4u << 20) + 1;
    char *text = ot_arena_calloc(f->arena, n + 1, 1);
    memset(text, '#', n);
    memcpy(text, "a: 1\n", 5);
    assert_int_equal(ot_yaml_parse(f->arena, ot_str_n(text, n - 1), "t", &root, &f->err), OT_OK);
    assert_int_equal(ot_yaml_parse(f->arena, ot_str_n(text, n), "t", &root, &f->err), OT_INPUT);
    assert_error(f, "t: error: longer than the 4 MiB allowed for a YAML file");
    const char *path = scratch(f, "big.yaml", ot_str_n(text, n));
    assert_int_equal(ot_yaml_load(f->arena, path, NULL, &root, &f->err), OT_INPUT);
}

TEST(yaml, finds_duplicates_in_big_maps_too)
{
    struct fixture *f = *state;
    struct ot_buf buf;
    struct ot_node *root = NULL;
    ot_buf_init(&buf, f->arena, 0);
    for (int i = 0; i < 1000; i++)
        ot_buf_addf(&buf, "k%d: %d\n", i, i);
    assert_int_equal(yaml(f, buf.ptr)->n, 1000);
    ot_buf_addc(&buf, "k500: 1\n");
    assert_int_equal(ot_yaml_parse(f->arena, ot_buf_str(&buf), "t", &root, &f->err), OT_INPUT);
    assert_error(f, "t:1001:1: error: 'k500': this key is given twice in one map");
}

TEST(yaml, extends_merges_maps_and_ours_win)
{
    struct fixture *f = *state;
    (void)scratch_c(f, "base.yaml", "p: {q: 1, r: 2}\nl: [1, 2]\ngone: 5\n");
    const char *path =
        scratch_c(f, "top.yaml", "extends: base.yaml\np: {r: 3, z: 4}\nl: [9]\ngone:\nnew: x\n");
    const struct ot_node *root = load(f, path);
    assert_str(ot_node_at(root, "p.q")->text, "1");
    assert_str(ot_node_at(root, "p.r")->text, "3");
    assert_str(ot_node_at(root, "p.z")->text, "4");
    assert_int_equal(ot_node_at(root, "l")->n, 1);
    assert_int_equal(ot_node_at(root, "gone")->kind, OT_NODE_NULL);
    assert_str(ot_node_at(root, "new")->text, "x");
    assert_null(ot_node_get(root, "extends"));
    assert_true(ot_str_ends(ot_node_at(root, "p.q")->loc.file, "base.yaml"));
    assert_true(ot_str_ends(ot_node_at(root, "p.r")->loc.file, "top.yaml"));
}

TEST(yaml, include_puts_a_file_in_place_of_a_value)
{
    struct fixture *f = *state;
    struct ot_sources sources;
    struct ot_node *root = NULL;
    (void)scratch_c(f, "sub/list.yaml", "- {include: item.yaml}\n- 2\n");
    (void)scratch_c(f, "sub/item.yaml", "deep\n");
    const char *path = scratch_c(f, "top.yaml", "a: {include: sub/list.yaml}\n");
    ot_sources_init(&sources, f->arena);
    assert_int_equal(ot_yaml_load(f->arena, path, &sources, &root, &f->err), OT_OK);
    assert_str(ot_node_at(root, "a[0]")->text, "deep");
    assert_str(ot_node_at(root, "a")->key, "a");
    assert_int_equal(sources.n, 3);
}

TEST(yaml, cycles_are_named_with_their_path)
{
    struct fixture *f = *state;
    struct ot_node *root = NULL;
    (void)scratch_c(f, "b.yaml", "x: {include: c.yaml}\n");
    (void)scratch_c(f, "c.yaml", "extends: a.yaml\n");
    const char *path = scratch_c(f, "a.yaml", "extends: b.yaml\n");
    assert_int_equal(ot_yaml_load(f->arena, path, NULL, &root, &f->err), OT_INPUT);
    const char *text = ot_err_text(&f->err, f->arena).ptr;
    assert_non_null(strstr(text, "c.yaml:1:10: error: "));
    const char *a = strstr(text, "each other: "), *arrow = a ? strstr(a, "a.yaml -> ") : NULL;
    assert_non_null(arrow);
    assert_non_null(strstr(arrow + 1, "b.yaml -> "));
    assert_true(ot_str_ends(ot_str_c(text), "a.yaml"));
    path = scratch_c(f, "self.yaml", "extends: self.yaml\n");
    assert_int_equal(ot_yaml_load(f->arena, path, NULL, &root, &f->err), OT_INPUT);
}

TEST(yaml, includes_stay_inside_the_project_folder)
{
    struct fixture *f = *state;
    struct ot_node *root = NULL;
    (void)scratch_c(f, "secret.yaml", "a: 1\n");
    static const char *const texts[] = {"x: {include: ../secret.yaml}\n",
                                        "extends: ../secret.yaml\n", "x: {include: /etc/passwd}\n",
                                        "extends: /etc/passwd\n", "x: {include: link.yaml}\n"};
    (void)scratch_c(f, "sub/other.yaml", "a: 1\n");
    const char *link = scratch(f, "sub/link.yaml", (struct ot_str){0});
    assert_int_equal(symlink("../secret.yaml", link), 0);
    for (size_t i = 0; i < OT_COUNT(texts); i++) {
        const char *path = scratch_c(f, "sub/top.yaml", texts[i]);
        assert_int_equal(ot_yaml_load(f->arena, path, NULL, &root, &f->err), OT_INPUT);
        assert_null(root);
    }
    assert_int_equal(ot_yaml_load(f->arena,
                                  scratch_c(f, "sub/ok.yaml", "extends: ../sub/other.yaml\n"), NULL,
                                  &root, &f->err),
                     OT_OK);
}

TEST(yaml, includes_cannot_multiply_without_end)
{
    struct fixture *f = *state;
    struct ot_node *root = NULL;
    for (int i = 0; i < 10; i++) {
        char name[16], text[600] = "";
        (void)snprintf(name, sizeof name, "f%d.yaml", i);
        for (int k = 0; k < 10; k++)
            (void)snprintf(text + strlen(text), sizeof text - strlen(text),
                           "- {include: f%d.yaml}\n", i + 1);
        (void)scratch_c(f, name, text);
    }
    const char *top = scratch(f, "f0.yaml", (struct ot_str){0});
    (void)scratch_c(f, "f10.yaml", "x\n");
    assert_int_equal(ot_yaml_load(f->arena, top, NULL, &root, &f->err), OT_INPUT);
    assert_non_null(strstr(f->err.allowed.ptr, "256 files"));
}

TEST(yaml, a_bad_include_is_reported_where_it_is_written)
{
    struct fixture *f = *state;
    struct ot_node *root = NULL;
    const char *path = scratch_c(f, "t.yaml", "a: 1\nx: {include: no.yaml}\n");
    assert_int_equal(ot_yaml_load(f->arena, path, NULL, &root, &f->err), OT_INPUT);
    assert_int_equal(f->err.loc.line, 2);
    assert_int_equal(f->err.loc.col, 14);
    (void)scratch_c(f, "list.yaml", "- 1\n");
    path = scratch_c(f, "t.yaml", "extends: list.yaml\n");
    assert_int_equal(ot_yaml_load(f->arena, path, NULL, &root, &f->err), OT_INPUT);
    assert_error(f, "t.yaml:1:10: error: extends: 'list.yaml': a file whose top is a map");
    path = scratch_c(f, "t.yaml", "extends: [a]\n");
    assert_int_equal(ot_yaml_load(f->arena, path, NULL, &root, &f->err), OT_INPUT);
    assert_int_equal(ot_yaml_load(f->arena, "no-such.yaml", NULL, &root, &f->err), OT_INPUT);
    assert_error(f, "no-such.yaml: error: no such file");
}

TEST(json, every_value_knows_its_place)
{
    struct fixture *f = *state;
    struct ot_node *root = NULL;
    const char *text = "{\"a\": [1, 2.50,\n \"x\\\"y\", {\"b\": null}],\n \"big\": "
                       "123456789012345678901234567890, \"e\": [], \"f\": {}, \"t\": true}";
    assert_int_equal(ot_json_parse(f->arena, ot_str_c(text), "t.json", &root, &f->err), OT_OK);
    at(ot_node_at(root, "a[1]"), 1, 11);
    assert_str(ot_node_at(root, "a[1]")->text, "2.50");
    at(ot_node_at(root, "a[2]"), 2, 2);
    assert_str(ot_node_at(root, "a[2]")->text, "x\"y");
    assert_int_equal(ot_node_at(root, "a[3].b")->kind, OT_NODE_NULL);
    assert_str(ot_node_at(root, "big")->text, "123456789012345678901234567890");
    assert_int_equal(ot_node_at(root, "e")->kind, OT_NODE_SEQ);
    assert_int_equal(ot_node_at(root, "f")->n, 0);
    at(ot_node_at(root, "t"), 3, 64);
    assert_true(ot_node_at(root, "a[2]")->quoted);
}

TEST(json, refuses_what_json_is_not)
{
    struct fixture *f = *state;
    static const char *const texts[] = {"",
                                        "{",
                                        "{\"a\": NaN}",
                                        "{\"a\": 1e400}",
                                        "{\"a\":1,\"a\":2}",
                                        "{\"a\": 1,}",
                                        "[1] 2",
                                        "{\"a\": \"\\ud800\"}",
                                        "{'a': 1}",
                                        "[01]",
                                        "\"only text\"",
                                        "[\"\xFF\"]",
                                        "[Infinity]",
                                        "[1, // no\n 2]"};
    for (size_t i = 0; i < OT_COUNT(texts); i++) {
        struct ot_node *root = NULL;
        assert_int_equal(ot_json_parse(f->arena, ot_str_c(texts[i]), "t.json", &root, &f->err),
                         OT_INPUT);
        assert_null(root);
    }
    struct ot_node *root = NULL;
    assert_int_equal(ot_json_load(f->arena, "no-such.json", NULL, &root, &f->err), OT_INPUT);
    const char *path = scratch_c(f, "x.json", "{\"a\":\n nope}");
    assert_int_equal(ot_json_load(f->arena, path, NULL, &root, &f->err), OT_INPUT);
    assert_int_equal(f->err.loc.line, 2);
}

TEST(node, typed_reads_take_their_own_type_only)
{
    struct fixture *f = *state;
    const struct ot_node *root = yaml(f, "n: 2.5\ni: 7\nb: true\ns: text\nq: \"7\"\nm: {}\nz:\n");
    double num = 0;
    int64_t integer = 0;
    bool flag = false;
    struct ot_str str = {0};
    assert_true(ot_node_num(root, "n", &num) && num == 2.5);
    assert_true(ot_node_int(root, "i", &integer) && integer == 7);
    assert_true(ot_node_bool(root, "b", &flag) && flag);
    assert_true(ot_node_str(root, "s", &str));
    assert_false(ot_node_num(root, "s", &num));
    assert_false(ot_node_num(root, "q", &num));
    assert_false(ot_node_int(root, "n", &integer));
    assert_false(ot_node_bool(root, "i", &flag));
    assert_false(ot_node_str(root, "m", &str));
    assert_false(ot_node_str(root, "z", &str));
    assert_false(ot_node_str(root, "absent", &str));
    assert_null(ot_node_get(NULL, "x"));
    assert_null(ot_node_get(ot_node_get(root, "s"), "x"));
}

TEST(node, paths_reach_keys_entries_and_keys_with_dots)
{
    struct fixture *f = *state;
    const struct ot_node *root = yaml(f, "a:\n  - b: [x, y]\nllama-3.1: {n: 8}\n7: seven\n");
    assert_str(ot_node_at(root, "a[0].b[1]")->text, "y");
    assert_str(ot_node_at(root, "[llama-3.1].n")->text, "8");
    assert_str(ot_node_at(root, "[7]")->text, "seven");
    assert_ptr_equal(ot_node_at(root, ""), root);
    static const char *const absent[] = {
        "a[1]", "a.b", "a[-1]", "x.y", "a[0", "a[]", ".a", "a.", "a[0].b[99999999999999999999]"};
    for (size_t i = 0; i < OT_COUNT(absent); i++)
        assert_null(ot_node_at(root, absent[i]));
}

static enum ot_code set(struct fixture *f, struct ot_node *root, const char *assignment)
{
    return ot_node_set(f->arena, root, ot_str_c(assignment), ot_loc_of(ot_str_c("<args>"), 1, 3),
                       &f->err);
}

TEST(node, set_replaces_and_adds)
{
    struct fixture *f = *state;
    struct ot_node *root = yaml(f, "a: {b: 1}\nl: [1, {c: 2}]\nz:\n");
    assert_int_equal(set(f, root, "a.b=5 USD/h"), OT_OK);
    assert_int_equal(set(f, root, "l[1].c=x=y"), OT_OK);
    assert_int_equal(set(f, root, "new.deep.key=1"), OT_OK);
    assert_int_equal(set(f, root, "z.y=1"), OT_OK);
    assert_int_equal(set(f, root, "l[0]="), OT_OK);
    assert_str(ot_node_at(root, "a.b")->text, "5 USD/h");
    assert_str(ot_node_at(root, "l[1].c")->text, "x=y");
    assert_str(ot_node_at(root, "new.deep.key")->text, "1");
    assert_str(ot_node_at(root, "z.y")->text, "1");
    assert_int_equal(ot_node_at(root, "l[0]")->kind, OT_NODE_NULL);
    assert_str(ot_node_at(root, "a.b")->loc.file, "<args>");
}

TEST(node, set_refuses_paths_that_lead_nowhere)
{
    struct fixture *f = *state;
    struct ot_node *root = yaml(f, "a: {b: 1}\nl: [1]\n");
    static const char *const bad[] = {"nothing", "=1",     "a.b.c=1", "l[5]=1",
                                      "l.x=1",   "a..b=1", "l[0=1"};
    for (size_t i = 0; i < OT_COUNT(bad); i++) {
        assert_int_equal(set(f, root, bad[i]), OT_USAGE);
        assert_true(ot_str_starts(ot_err_text(&f->err, f->arena), "<args>:1:3: error: "));
    }
    assert_int_equal(root->n, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN_F(yaml, every_value_knows_its_place),
        RUN_F(yaml, scalars_stay_as_written),
        RUN_F(yaml, what_the_dialect_forbids_is_refused_with_its_place),
        RUN_F(yaml, syntax_errors_name_a_place),
        RUN_F(yaml, bytes_that_are_not_utf8_are_refused_where_they_stand),
        RUN_F(yaml, depth_64_is_read_and_depth_65_refused),
        RUN_F(yaml, four_mebibytes_are_read_and_one_byte_more_refused),
        RUN_F(yaml, finds_duplicates_in_big_maps_too),
        RUN_F(yaml, extends_merges_maps_and_ours_win),
        RUN_F(yaml, include_puts_a_file_in_place_of_a_value),
        RUN_F(yaml, cycles_are_named_with_their_path),
        RUN_F(yaml, includes_stay_inside_the_project_folder),
        RUN_F(yaml, includes_cannot_multiply_without_end),
        RUN_F(yaml, a_bad_include_is_reported_where_it_is_written),
        RUN_F(json, every_value_knows_its_place),
        RUN_F(json, refuses_what_json_is_not),
        RUN_F(node, typed_reads_take_their_own_type_only),
        RUN_F(node, paths_reach_keys_entries_and_keys_with_dots),
        RUN_F(node, set_replaces_and_adds),
        RUN_F(node, set_refuses_paths_that_lead_nowhere),
    };
    return cmocka_run_group_tests_name("base node", tests, NULL, NULL);
}
