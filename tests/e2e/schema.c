/* SPDX-License-Identifier: Apache-2.0 */
/* `offtake schema`: every kind has a schema that is JSON and a page, and asking wrongly is refused.
 * Would catch: a kind listed without its table, a table the generators cannot describe. */
#include "run.h"

static struct ot_node *json_of(struct ot_arena *arena, const char *const *args)
{
    const struct ran ran = e2e_run(arena, args);
    struct ot_node *root = NULL;
    assert_int_equal(ran.exit_code, 0);
    assert_int_equal(ran.err.len, 0);
    assert_int_equal(ot_json_parse(arena, ran.out, "stdout", &root, NULL), OT_OK);
    return root;
}

TEST(schema, every_kind_has_a_schema_and_a_page)
{
    (void)state;
    struct ot_arena *arena = ot_arena_new(0);
    const struct ot_node *list =
        ot_node_get(json_of(arena, RUN_ARGS("schema", "--json")), "schemas");
    assert_true(list->n >= 8);
    for (size_t i = 0; i < list->n; i++) {
        struct ot_str name = {0};
        assert_true(ot_node_str(&list->items[i], "name", &name));
        const struct ot_node *schema = json_of(arena, RUN_ARGS("schema", name.ptr));
        assert_non_null(ot_node_get(schema, "$schema"));
        const struct ot_node *ref = ot_node_get(schema, "$ref");
        assert_true(ot_str_starts(ref->text, "#/$defs/"));
        const struct ot_node *top = ot_node_get(ot_node_get(schema, "$defs"), ref->text.ptr + 8);
        assert_true(ot_node_get(top, "properties")->n > 1);
        const struct ot_node *whole = json_of(arena, RUN_ARGS("schema", name.ptr, "--json"));
        assert_non_null(ot_node_at(whole, "json_schema.$defs"));
        const struct ran page = e2e_run(arena, RUN_ARGS("schema", name.ptr, "--page"));
        assert_int_equal(page.exit_code, 0);
        assert_true(ot_str_starts(page.out, "# "));
        assert_non_null(
            ot_node_get(json_of(arena, RUN_ARGS("schema", name.ptr, "--page", "--json")), "page"));
    }
    ot_arena_free(arena);
}

TEST(schema, a_wrong_question_is_a_usage_error)
{
    (void)state;
    struct ot_arena *arena = ot_arena_new(0);
    e2e_fails(e2e_run(arena, RUN_ARGS("schema", "chpi")), 2, "did you mean 'chip'?");
    e2e_fails(e2e_run(arena, RUN_ARGS("schema", "zzzzzzz")), 2, "one of chip, node, fabric");
    e2e_fails(e2e_run(arena, RUN_ARGS("schema", "--page")), 2, "which page?");
    e2e_fails(e2e_run(arena, RUN_ARGS("schema", "chip", "node")), 2, "one too many");
    e2e_fails(e2e_run(arena, RUN_ARGS("schema", "chip", "--csv")), 2, "--csv");
    ot_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(schema, every_kind_has_a_schema_and_a_page),
        RUN(schema, a_wrong_question_is_a_usage_error),
    };
    return cmocka_run_group_tests_name("e2e schema", tests, NULL, NULL);
}
