/* SPDX-License-Identifier: Apache-2.0 */
/* Free KV blocks of one replica: a count, and with the cache on their order of reuse (least
 * recently freed first; a request's last block before its first). Blocks have no identity: only a
 * preempted request can find its own again, and what survives of it is a prefix. */
#include "sim/sim_internal.h"

static struct ot__segment *at(const struct ot__blocks *blocks, size_t i)
{
    return &blocks->items[(blocks->head + i) & (blocks->cap - 1)];
}

static void push(struct ot__blocks *blocks, int64_t n, bool owned)
{
    if (blocks->n == blocks->cap) {
        const size_t cap = blocks->cap == 0 ? 64 : 2 * blocks->cap;
        struct ot__segment *items = ot_arena_calloc(blocks->arena, cap, sizeof *items);
        for (size_t i = 0; i < blocks->n; i++) {
            items[i] = *at(blocks, i);
        }
        blocks->items = items;
        blocks->cap = cap;
        blocks->head = 0;
    }
    blocks->n++;
    *at(blocks, blocks->n - 1) = (struct ot__segment){n, owned};
}

void ot__blocks_init(struct ot__blocks *blocks, struct ot_arena *arena, int64_t usable_n, bool keep)
{
    *blocks = (struct ot__blocks){
        .arena = arena, .free_n = usable_n, .usable_n = usable_n, .low_n = usable_n, .keep = keep};
    if (keep) {
        push(blocks, usable_n, false);
    }
}

void ot__blocks_take(struct ot__blocks *blocks, int64_t n)
{
    OT_DEBUG_ASSERT(n >= 0 && n <= blocks->free_n);
    blocks->free_n -= n;
    if (blocks->free_n < blocks->low_n) {
        blocks->low_n = blocks->free_n;
    }
    while (blocks->keep && n > 0) {
        struct ot__segment *first = at(blocks, 0);
        const int64_t part = first->blocks < n ? first->blocks : n;
        first->blocks -= part;
        n -= part;
        if (first->blocks == 0) {
            blocks->head = (blocks->head + 1) & (blocks->cap - 1);
            blocks->n--;
            blocks->base++;
        }
    }
}

void ot__blocks_give(struct ot__blocks *blocks, int64_t n)
{
    blocks->free_n += n;
    if (!blocks->keep || n == 0) {
        return;
    }
    if (blocks->n > 0 && !at(blocks, blocks->n - 1)->owned) {
        at(blocks, blocks->n - 1)->blocks += n;
    } else {
        push(blocks, n, false);
    }
}

int64_t ot__blocks_give_owned(struct ot__blocks *blocks, int64_t n)
{
    blocks->free_n += n;
    if (!blocks->keep) {
        return -1;
    }
    push(blocks, n, true);
    return blocks->base + (int64_t)blocks->n - 1;
}

int64_t ot__blocks_left(const struct ot__blocks *blocks, int64_t segment)
{
    return segment < blocks->base ? 0 : at(blocks, (size_t)(segment - blocks->base))->blocks;
}

void ot__blocks_retake(struct ot__blocks *blocks, int64_t segment, int64_t n)
{
    if (n == 0) {
        return;
    }
    at(blocks, (size_t)(segment - blocks->base))->blocks -= n;
    blocks->free_n -= n;
    if (blocks->free_n < blocks->low_n) {
        blocks->low_n = blocks->free_n;
    }
}
