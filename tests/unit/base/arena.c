/* SPDX-License-Identifier: Apache-2.0 */
/* Would catch: memory not zeroed after reuse, caps that do not hold, children outliving parents,
 * counts that drift. */
#include "unit/base/base_test.h"

static void jump(void *ctx)
{
    longjmp(*(jmp_buf *)ctx, 1);
}

TEST(arena, gives_zeroed_memory_aligned_for_any_type)
{
    struct ot_arena *arena = ot_arena_new(0);
    for (size_t n = 1; n < 3000; n += 7) {
        const char *p = ot_arena_calloc(arena, n, 1);
        assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(p[i], 0);
    }
    ot_arena_free(arena);
}

TEST(arena, zeroes_again_after_a_reset)
{
    struct ot_arena *arena = ot_arena_new(0);
    for (int round = 0; round < 3; round++) {
        char *p = ot_arena_calloc(arena, 1000, 1), *q = ot_arena_calloc(arena, 100000, 1);
        for (size_t i = 0; i < 1000; i++)
            assert_int_equal(p[i], 0);
        memset(p, 0xAA, 1000);
        memset(q, 0xAA, 100000);
        ot_arena_reset(arena);
        assert_int_equal(ot_arena_used_bytes(arena), 0);
    }
    ot_arena_free(arena);
}

TEST(arena, gives_a_pointer_for_nothing)
{
    struct ot_arena *arena = ot_arena_new(0);
    assert_non_null(ot_arena_calloc(arena, 0, 8));
    assert_non_null(ot_arena_calloc(arena, 8, 0));
    ot_arena_free(arena);
    ot_arena_free(NULL);
}

TEST(arena, counts_children_in_the_parent)
{
    struct ot_arena *parent = ot_arena_new(0), *child = ot_arena_child(parent);
    (void)ot_arena_calloc(parent, 100, 1);
    const size_t before = ot_arena_used_bytes(parent);
    (void)ot_arena_calloc(child, 1000, 1);
    assert_int_equal(ot_arena_used_bytes(parent), before + ot_arena_used_bytes(child));
    ot_arena_free(child);
    assert_int_equal(ot_arena_used_bytes(parent), before);
    ot_arena_free(parent);
}

TEST(arena, frees_grandchildren_with_the_parent)
{
    struct ot_arena *parent = ot_arena_new(0);
    for (int i = 0; i < 3; i++) {
        struct ot_arena *child = ot_arena_child(ot_arena_child(parent));
        (void)ot_arena_calloc(child, 5000, 1);
    }
    ot_arena_reset(parent); /* leaks would show under the sanitizer */
    assert_int_equal(ot_arena_used_bytes(parent), 0);
    ot_arena_free(parent);
}

TEST(arena, frees_children_in_any_order)
{
    struct ot_arena *parent = ot_arena_new(0);
    struct ot_arena *a = ot_arena_child(parent), *b = ot_arena_child(parent),
                    *c = ot_arena_child(parent);
    ot_arena_free(b);
    ot_arena_free(c);
    ot_arena_free(a);
    ot_arena_free(parent);
}

TEST(arena, grows_and_keeps_what_was_there)
{
    struct ot_arena *arena = ot_arena_new(0);
    int *items = NULL;
    size_t cap = 0;
    for (int i = 0; i < 5000; i++) {
        if ((size_t)i == cap) {
            const size_t more = cap ? cap * 2 : 3;
            items = ot_arena_grow(arena, items, cap, more, sizeof *items);
            for (size_t k = cap; k < more; k++)
                assert_int_equal(items[k], 0);
            cap = more;
        }
        items[i] = i + 1;
        if (i % 100 == 0)
            (void)ot_arena_calloc(arena, 1, 1); /* now and then not the newest */
    }
    for (int i = 0; i < 5000; i++)
        assert_int_equal(items[i], i + 1);
    ot_arena_free(arena);
}

TEST(arena, shrinks_by_copying_the_front)
{
    struct ot_arena *arena = ot_arena_new(0);
    const char *p = ot_arena_grow(arena, "abcdef", 6, 3, 1);
    assert_memory_equal(p, "abc", 3);
    ot_arena_free(arena);
}

TEST(arena, calls_the_handler_when_the_cap_is_reached)
{
    struct ot_arena *arena = ot_arena_new(1024);
    jmp_buf back;
    ot_arena_on_exhausted(arena, jump, &back);
    if (setjmp(back) == 0) {
        for (;;)
            (void)ot_arena_calloc(arena, 100, 1);
    }
    assert_true(ot_arena_used_bytes(arena) <= 1024);
    ot_arena_free(arena);
}

TEST(arena, a_child_meets_the_cap_and_handler_of_its_parent)
{
    struct ot_arena *arena = ot_arena_new(4096), *child = ot_arena_child(ot_arena_child(arena));
    jmp_buf back;
    ot_arena_on_exhausted(arena, jump, &back);
    if (setjmp(back) == 0) {
        (void)ot_arena_calloc(child, 5000, 1);
        fail();
    }
    ot_arena_free(arena);
}

TEST(arena, an_overflowing_product_is_exhaustion)
{
    struct ot_arena *arena = ot_arena_new(0);
    jmp_buf back;
    ot_arena_on_exhausted(arena, jump, &back);
    if (setjmp(back) == 0) {
        (void)ot_arena_calloc(arena, SIZE_MAX / 2, 3);
        fail();
    }
    ot_arena_free(arena);
}

/* The cap lowered step by step: a loader either succeeds or leaves through the handler. */
TEST(arena, a_loader_under_any_cap_succeeds_or_stops_cleanly)
{
    const struct ot_str text = ot_str_c("a: [1, 2, {b: c}]\nd: {e: f, g: [h, i]}\n");
    bool succeeded = false;
    int stopped = 0;
    for (size_t cap = 16; cap < 40000 && !succeeded; cap += 16) {
        struct ot_arena *arena = ot_arena_new(cap);
        jmp_buf back;
        ot_arena_on_exhausted(arena, jump, &back);
        if (setjmp(back) == 0) {
            struct ot_str copy = ot_str_dup(arena, text);
            struct ot_str folded = ot_str_fold(arena, copy);
            struct ot_buf buf;
            ot_buf_init(&buf, arena, 0);
            for (int i = 0; i < 50; i++)
                ot_buf_add(&buf, folded);
            assert_int_equal(buf.len, 50 * folded.len);
            succeeded = true;
        } else {
            stopped++;
        }
        assert_true(ot_arena_used_bytes(arena) <= cap);
        ot_arena_free(arena);
    }
    assert_true(succeeded);
    assert_true(stopped > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(arena, gives_zeroed_memory_aligned_for_any_type),
        RUN(arena, zeroes_again_after_a_reset),
        RUN(arena, gives_a_pointer_for_nothing),
        RUN(arena, counts_children_in_the_parent),
        RUN(arena, frees_grandchildren_with_the_parent),
        RUN(arena, frees_children_in_any_order),
        RUN(arena, grows_and_keeps_what_was_there),
        RUN(arena, shrinks_by_copying_the_front),
        RUN(arena, calls_the_handler_when_the_cap_is_reached),
        RUN(arena, a_child_meets_the_cap_and_handler_of_its_parent),
        RUN(arena, an_overflowing_product_is_exhaustion),
        RUN(arena, a_loader_under_any_cap_succeeds_or_stops_cleanly),
    };
    return cmocka_run_group_tests_name("base arena", tests, NULL, NULL);
}
