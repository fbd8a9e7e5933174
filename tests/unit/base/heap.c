/* SPDX-License-Identifier: Apache-2.0 */
/* Would catch: an event order that depends on the heap's shape. */
#include "unit/base/base_test.h"

TEST(heap, pops_equal_times_in_arrival_order)
{
    struct fixture *f = *state;
    struct ot_heap heap;
    struct ot_event event;
    ot_heap_init(&heap, f->arena);
    for (int i = 0; i < 1000; i++)
        ot_heap_push(&heap, 5, 0, 0, i);
    for (int i = 0; i < 1000; i++) {
        assert_true(ot_heap_pop(&heap, &event));
        assert_int_equal(event.payload, i);
    }
}

TEST(heap, lower_priority_numbers_pop_first_within_a_time)
{
    struct fixture *f = *state;
    struct ot_heap heap;
    struct ot_event event;
    ot_heap_init(&heap, f->arena);
    ot_heap_push(&heap, 2, 0, 1, 0);
    ot_heap_push(&heap, 1, 9, 2, 0);
    ot_heap_push(&heap, 1, -3, 3, 0);
    const int32_t want[] = {3, 2, 1};
    for (int i = 0; i < 3; i++) {
        assert_true(ot_heap_peek(&heap, &event));
        assert_int_equal(event.kind, want[i]);
        assert_true(ot_heap_pop(&heap, &event));
        assert_int_equal(event.kind, want[i]);
    }
}

TEST(heap, an_empty_one_gives_nothing)
{
    struct fixture *f = *state;
    struct ot_heap heap;
    struct ot_event event = {.payload = 7};
    ot_heap_init(&heap, f->arena);
    assert_false(ot_heap_pop(&heap, &event));
    assert_false(ot_heap_peek(&heap, &event));
    assert_int_equal(event.payload, 7);
}

/* The slow twin: an array searched whole for its first event. */
static size_t first_of(const struct ot_event *events, size_t n)
{
    size_t best = 0;
    for (size_t i = 1; i < n; i++) {
        const struct ot_event *a = &events[i], *b = &events[best];
        const bool before =
            a->time_ps != b->time_ps
                ? a->time_ps < b->time_ps
                : (a->priority != b->priority ? a->priority < b->priority : a->seq < b->seq);
        if (before)
            best = i;
    }
    return best;
}

TEST(heap, agrees_with_a_searched_array_over_random_pushes_and_pops)
{
    struct fixture *f = *state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        const struct ot_rng rng = ot_rng_of(seed, ot_rng_stream("heap duel", 0));
        struct ot_event twin[600];
        size_t n = 0;
        int64_t seq = 0;
        struct ot_heap heap;
        ot_heap_init(&heap, f->arena);
        for (uint64_t i = 0; i < 1000; i++) {
            uint32_t w[4];
            ot_rng_words(rng, i, w);
            if (w[0] % 5 < 3 && n < 600) {
                const struct ot_event e = {.time_ps = w[1] % 20,
                                           .priority = (int32_t)(w[2] % 3),
                                           .seq = seq++,
                                           .kind = (int32_t)i,
                                           .payload = (int64_t)w[3]};
                twin[n++] = e;
                ot_heap_push(&heap, e.time_ps, e.priority, e.kind, e.payload);
                continue;
            }
            struct ot_event got;
            assert_int_equal(ot_heap_pop(&heap, &got), n > 0);
            if (n == 0)
                continue;
            const size_t at = first_of(twin, n);
            assert_memory_equal(&got, &twin[at], sizeof got);
            twin[at] = twin[--n];
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN_F(heap, pops_equal_times_in_arrival_order),
        RUN_F(heap, lower_priority_numbers_pop_first_within_a_time),
        RUN_F(heap, an_empty_one_gives_nothing),
        RUN_F(heap, agrees_with_a_searched_array_over_random_pushes_and_pops),
    };
    return cmocka_run_group_tests_name("base heap", tests, NULL, NULL);
}
