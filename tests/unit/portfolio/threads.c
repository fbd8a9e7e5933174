/* SPDX-License-Identifier: Apache-2.0 */
/* Two plans solved at once, on one thread and on two, print the same bytes. */
#include "ot_test.h"

#include <string.h>

#include "fixture.h"

enum {
    PLANS = 4
};

struct shared {
    struct ot_arena *arenas[PLANS];
    struct ot_str json[PLANS];
};

static void solve_one(void *ctx, int64_t i)
{
    struct shared *s = ctx;
    struct ot_arena *arena = s->arenas[i];
    struct ot_err err;
    ot_err_init(&err, arena);
    struct ot_plan *p = fx_random(arena, (struct fx_size){5, 2, 2, 3, 8, 4}, (uint64_t)(1 + i / 2));
    const struct ot_work work = fx_random_work(arena, p, 1);
    struct ot_plan_result r;
    if (ot_plan_check(p, arena, &err) != OT_OK ||
        ot_plan_solve(p, &work, NULL, arena, &r, &err) != OT_OK)
        return;
    struct ot_buf out;
    struct ot_json json;
    ot_buf_init(&out, arena, 0);
    ot_json_init(&json, &out);
    ot_field_json(&ot_plan_result_table, &r, &json);
    s->json[i] = ot_buf_str(&out);
}

static void run(struct shared *s, int threads)
{
    for (int i = 0; i < PLANS; i++)
        s->arenas[i] = ot_arena_new(0);
    ot_pool_run(threads, PLANS, solve_one, s);
}

TEST(threads, give_the_same_bytes_on_one_and_two)
{
    struct shared one = {0}, two = {0};
    run(&one, 1);
    run(&two, 2);
    for (int i = 0; i < PLANS; i++) {
        assert_true(one.json[i].len > 1000);
        assert_true(ot_str_eq(one.json[i], two.json[i]));
        assert_true(ot_str_eq(one.json[i], one.json[i - i % 2])); /* and when solved twice */
        assert_non_null(strstr(one.json[i].ptr, "\"break_even_usd_per_chip_s\""));
    }
    for (int i = 0; i < PLANS; i++) {
        ot_arena_free(one.arenas[i]);
        ot_arena_free(two.arenas[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {RUN(threads, give_the_same_bytes_on_one_and_two)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
