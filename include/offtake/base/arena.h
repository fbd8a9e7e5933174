/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFTAKE_BASE_ARENA_H
#define OFFTAKE_BASE_ARENA_H
/* Memory with a stated life: allocate piece by piece, free all at once.
 *
 *   parent arena   |block|block|........
 *     child arena      |block|...          freed or reset alone, or with its parent
 *
 * Every allocation is zeroed and aligned for any type. Exhaustion does not return: it calls the
 * arena's handler, which prints and stops with code 4; so readers cap their sizes first.
 * Not thread-safe: one arena, one thread; workers take their own. */
#include <stddef.h>

struct ot_arena;

/* cap_bytes: hard limit for the arena and all its children together; 0 = none. */
struct ot_arena *ot_arena_new(size_t cap_bytes);
/* A child counts against its parent's cap and dies with it. */
struct ot_arena *ot_arena_child(struct ot_arena *parent);
void ot_arena_free(struct ot_arena *arena); /* NULL is fine */
/* Keeps the first block for reuse, frees the rest and all children. */
void ot_arena_reset(struct ot_arena *arena);
/* Called instead of returning NULL; must not return (longjmp in tests). NULL restores default. */
void ot_arena_on_exhausted(struct ot_arena *arena, void (*handler)(void *ctx), void *ctx);

/* n * size bytes, zeroed; overflow counts as exhaustion; n or size 0 gives a valid pointer. */
void *ot_arena_calloc(struct ot_arena *arena, size_t n, size_t size);
/* n * size bytes of `old` with room for new_n items, the rest zeroed. The newest allocation is
 * lengthened in place where it fits; otherwise a copy, and `old` stays as it is. */
void *ot_arena_grow(struct ot_arena *arena, const void *old, size_t n, size_t new_n, size_t size);
size_t ot_arena_used_bytes(const struct ot_arena *arena);
#endif
