/* SPDX-License-Identifier: Apache-2.0 */
/* Arenas: a list of blocks, bump-allocated, with a byte count kept along the chain of parents.
 * Blocks come zeroed from calloc and are zeroed again on reset, so an allocation never clears. */
#include "offtake/base/arena.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define OT__ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define OT__ASAN 1
#endif
#endif
#ifdef OT__ASAN
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(ptr, n) ((void)(ptr), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(ptr, n) ((void)(ptr), (void)(n))
#endif

enum {
    ALIGN = alignof(max_align_t),
    FIRST_BLOCK_BYTES = 4096,
    BIGGEST_BLOCK_BYTES = 1 << 20,
};

struct block {
    struct block *next; /* older */
    size_t cap, len;    /* bytes of data */
    alignas(max_align_t) char data[];
};

struct ot_arena {
    struct ot_arena *parent, *first_child, *prev, *next; /* prev, next: siblings */
    struct block *blocks;                                /* newest first */
    size_t cap, used;                                    /* used: with all children */
    size_t own;                                          /* used here alone */
    void (*handler)(void *ctx);
    void *ctx;
};

static _Noreturn void exhausted(const struct ot_arena *arena)
{
    for (const struct ot_arena *a = arena; a; a = a->parent) {
        if (a->handler)
            a->handler(a->ctx);
    }
    fputs("error: out of memory: the input needs more than its limit\n", stderr);
    exit(4);
}

static struct ot_arena *arena_make(void)
{
    struct ot_arena *arena = calloc(1, sizeof *arena);
    if (!arena)
        exhausted(NULL);
    return arena;
}

struct ot_arena *ot_arena_new(size_t cap_bytes)
{
    struct ot_arena *arena = arena_make();
    arena->cap = cap_bytes;
    return arena;
}

struct ot_arena *ot_arena_child(struct ot_arena *parent)
{
    struct ot_arena *arena = arena_make();
    arena->parent = parent;
    arena->next = parent->first_child;
    if (arena->next)
        arena->next->prev = arena;
    parent->first_child = arena;
    return arena;
}

static void give_back(struct ot_arena *arena, size_t bytes)
{
    for (struct ot_arena *a = arena; a; a = a->parent)
        a->used -= bytes;
}

static void free_blocks(struct block *block)
{
    while (block) {
        struct block *next = block->next;
        ASAN_UNPOISON_MEMORY_REGION(block->data, block->cap);
        free(block);
        block = next;
    }
}

void ot_arena_free(struct ot_arena *arena)
{
    if (!arena)
        return;
    while (arena->first_child)
        ot_arena_free(arena->first_child);
    give_back(arena, arena->own);
    if (arena->next)
        arena->next->prev = arena->prev;
    if (arena->prev)
        arena->prev->next = arena->next;
    else if (arena->parent)
        arena->parent->first_child = arena->next;
    free_blocks(arena->blocks);
    free(arena);
}

void ot_arena_reset(struct ot_arena *arena)
{
    while (arena->first_child)
        ot_arena_free(arena->first_child);
    give_back(arena, arena->own);
    arena->own = 0;
    struct block *first = arena->blocks;
    if (!first)
        return;
    struct block *newer = NULL;
    while (first->next) {
        struct block *older = first->next;
        first->next = newer;
        newer = first;
        first = older;
    }
    free_blocks(newer);
    ASAN_UNPOISON_MEMORY_REGION(first->data, first->cap);
    memset(first->data, 0, first->len);
    ASAN_POISON_MEMORY_REGION(first->data, first->cap);
    first->len = 0;
    arena->blocks = first;
}

void ot_arena_on_exhausted(struct ot_arena *arena, void (*handler)(void *ctx), void *ctx)
{
    arena->handler = handler;
    arena->ctx = ctx;
}

static size_t rounded(size_t bytes)
{
    return (bytes + ALIGN - 1) / ALIGN * ALIGN;
}

/* Counts `bytes` against every cap on the way up, or stops. */
static void take(struct ot_arena *arena, size_t bytes)
{
    for (const struct ot_arena *a = arena; a; a = a->parent) {
        if (a->cap && (bytes > a->cap || a->used > a->cap - bytes))
            exhausted(arena);
    }
    for (struct ot_arena *a = arena; a; a = a->parent)
        a->used += bytes;
    arena->own += bytes;
}

static struct block *block_with_room(struct ot_arena *arena, size_t bytes)
{
    struct block *newest = arena->blocks;
    if (newest && newest->cap - newest->len >= bytes)
        return newest;
    size_t cap = newest ? newest->cap * 2 : FIRST_BLOCK_BYTES;
    if (cap > BIGGEST_BLOCK_BYTES)
        cap = BIGGEST_BLOCK_BYTES;
    if (cap < bytes)
        cap = bytes;
    struct block *block = calloc(1, sizeof *block + cap);
    if (!block) {
        arena->own -= bytes; /* taken just before; the handler may go on with this arena */
        give_back(arena, bytes);
        exhausted(arena);
    }
    block->cap = cap;
    ASAN_POISON_MEMORY_REGION(block->data, cap);
    block->next = newest;
    arena->blocks = block;
    return block;
}

/* Bytes of n items, or stops when that overflows. */
static size_t product(const struct ot_arena *arena, size_t n, size_t size)
{
    size_t bytes = 0;
    if (__builtin_mul_overflow(n, size, &bytes) || bytes > PTRDIFF_MAX - 4096)
        exhausted(arena);
    return bytes ? bytes : 1;
}

void *ot_arena_calloc(struct ot_arena *arena, size_t n, size_t size)
{
    const size_t bytes = product(arena, n, size);
    take(arena, rounded(bytes));
    struct block *block = block_with_room(arena, rounded(bytes));
    char *ptr = block->data + block->len;
    block->len += rounded(bytes);
    ASAN_UNPOISON_MEMORY_REGION(ptr, bytes);
    return ptr;
}

/* Whether `old` of `bytes` is the newest allocation, so that it may be lengthened in place. */
static bool is_newest(const struct ot_arena *arena, const void *old, size_t bytes)
{
    const struct block *block = arena->blocks;
    return block && old && block->len >= bytes && block->data + block->len - bytes == old;
}

void *ot_arena_grow(struct ot_arena *arena, const void *old, size_t n, size_t new_n, size_t size)
{
    const size_t old_bytes = product(arena, n, size), bytes = product(arena, new_n, size);
    const size_t keep = n < new_n ? n * size : new_n * size;
    if (bytes >= old_bytes && is_newest(arena, old, rounded(old_bytes))) {
        struct block *block = arena->blocks;
        const size_t more = rounded(bytes) - rounded(old_bytes);
        if (block->cap - block->len >= more) {
            take(arena, more);
            char *ptr = block->data + block->len - rounded(old_bytes);
            block->len += more;
            ASAN_UNPOISON_MEMORY_REGION(ptr, bytes);
            memset(ptr + keep, 0,
                   rounded(old_bytes) < bytes ? rounded(old_bytes) - keep : bytes - keep);
            return ptr;
        }
    }
    char *ptr = ot_arena_calloc(arena, new_n, size);
    if (keep)
        memcpy(ptr, old, keep);
    return ptr;
}

size_t ot_arena_used_bytes(const struct ot_arena *arena)
{
    return arena->used;
}
