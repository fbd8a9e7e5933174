/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFTAKE_BASE_HEAP_H
#define OFFTAKE_BASE_HEAP_H
/* Event queue: a binary heap in total order (time, priority, sequence number), so that equal times
 * pop in the order they were pushed within a priority. O(log n) push and pop, no allocation per
 * event once grown. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "offtake/base/arena.h"

struct ot_event {
    int64_t time_ps;
    int64_t seq;      /* set by push */
    int32_t priority; /* lower first */
    int32_t kind;     /* the caller's */
    int64_t payload;  /* the caller's */
};
struct ot_heap {
    struct ot_arena *arena;
    struct ot_event *items;
    size_t n, cap;
    int64_t next_seq;
};
void ot_heap_init(struct ot_heap *heap, struct ot_arena *arena);
void ot_heap_push(struct ot_heap *heap, int64_t time_ps, int32_t priority, int32_t kind,
                  int64_t payload);
bool ot_heap_pop(struct ot_heap *heap, struct ot_event *ret);
bool ot_heap_peek(const struct ot_heap *heap, struct ot_event *ret);
#endif
