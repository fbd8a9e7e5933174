/* SPDX-License-Identifier: Apache-2.0 */
/* Event queue: a binary heap in an array, children of i at 2i+1 and 2i+2. The order is total, so
 * the events come out the same way whatever shape the heap had. */
#include "offtake/base/heap.h"

#include "offtake/base/err.h"

enum {
    FIRST_EVENTS = 64
};

void ot_heap_init(struct ot_heap *heap, struct ot_arena *arena)
{
    *heap = (struct ot_heap){.arena = arena};
}

static bool comes_before(const struct ot_event *a, const struct ot_event *b)
{
    if (a->time_ps != b->time_ps)
        return a->time_ps < b->time_ps;
    if (a->priority != b->priority)
        return a->priority < b->priority;
    return a->seq < b->seq;
}

void ot_heap_push(struct ot_heap *heap, int64_t time_ps, int32_t priority, int32_t kind,
                  int64_t payload)
{
    if (heap->n == heap->cap) {
        const size_t cap = heap->cap ? heap->cap * 2 : FIRST_EVENTS;
        heap->items = ot_arena_grow(heap->arena, heap->items, heap->n, cap, sizeof *heap->items);
        heap->cap = cap;
    }
    const struct ot_event event = {.time_ps = time_ps,
                                   .seq = heap->next_seq++,
                                   .priority = priority,
                                   .kind = kind,
                                   .payload = payload};
    size_t i = heap->n++;
    while (i > 0 && comes_before(&event, &heap->items[(i - 1) / 2])) {
        heap->items[i] = heap->items[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    heap->items[i] = event;
}

bool ot_heap_pop(struct ot_heap *heap, struct ot_event *ret)
{
    if (heap->n == 0)
        return false;
    *ret = heap->items[0];
    const struct ot_event last = heap->items[--heap->n];
    size_t i = 0;
    for (size_t child = 1; child < heap->n; child = 2 * i + 1) {
        if (child + 1 < heap->n && comes_before(&heap->items[child + 1], &heap->items[child]))
            child++;
        if (!comes_before(&heap->items[child], &last))
            break;
        heap->items[i] = heap->items[child];
        i = child;
    }
    heap->items[i] = last;
    return true;
}

bool ot_heap_peek(const struct ot_heap *heap, struct ot_event *ret)
{
    if (heap->n == 0)
        return false;
    *ret = heap->items[0];
    return true;
}
