/* SPDX-License-Identifier: Apache-2.0 */
/* Groups the rows: cells (chip, model, kind, metric) give the weights, the grouping asked for gives
 * the table. Rows are first put into fine groups by address of their interned names, so that a
 * million rows cost one hash look-up each; the few fine groups are then joined by content. */
#include <stdlib.h>
#include <string.h>

#include "measure.h"

struct key {
    struct ot_str part[6]; /* chip, model, source, metric, kind, op */
};
enum {
    CHIP,
    MODEL,
    SOURCE,
    METRIC,
    KIND,
    OP,
    PARTS
};

/* Which parts make the key, per grouping. */
static const bool uses[OT_VAL_BY_COUNT][PARTS] = {
    [OT_VAL_BY_cell] = {[CHIP] = true, [MODEL] = true, [METRIC] = true, [KIND] = true},
    [OT_VAL_BY_chip] = {[CHIP] = true},
    [OT_VAL_BY_model] = {[MODEL] = true},
    [OT_VAL_BY_source] = {[SOURCE] = true},
    [OT_VAL_BY_kind] = {[KIND] = true},
    [OT_VAL_BY_op] = {[CHIP] = true, [OP] = true},
};

struct fine {
    struct key key;
    size_t rows_n;
    size_t group; /* index of its group in the grouping at hand */
};
struct groups {
    struct ot_arena *arena;
    struct fine *items;
    size_t n, cap;
    size_t *slots; /* index + 1 */
    size_t slots_n;
    size_t *of_row;
};

static struct key key_of(const struct ot_val_row *row)
{
    return (struct key){{row->chip, row->model, row->source, row->metric,
                         ot_str_c(ot_meas_kind_name(row->kind)), row->op}};
}

static size_t slot_of(const struct groups *groups, const struct key *key)
{
    uint64_t hash = 14695981039346656037u;
    for (int i = 0; i < PARTS; i++)
        hash = (hash ^ (uint64_t)(uintptr_t)key->part[i].ptr) * 1099511628211u;
    size_t slot = (size_t)(hash >> 20) & (groups->slots_n - 1);
    for (; groups->slots[slot] != 0; slot = (slot + 1) & (groups->slots_n - 1)) {
        const struct key *other = &groups->items[groups->slots[slot] - 1].key;
        bool same = true;
        for (int i = 0; i < PARTS; i++)
            same = same && other->part[i].ptr == key->part[i].ptr;
        if (same)
            break;
    }
    return slot;
}

static void rehash(struct groups *groups)
{
    groups->slots_n *= 2;
    groups->slots = ot_arena_calloc(groups->arena, groups->slots_n, sizeof *groups->slots);
    for (size_t i = 0; i < groups->n; i++)
        groups->slots[slot_of(groups, &groups->items[i].key)] = i + 1;
}

static size_t fine_of(struct groups *groups, const struct key *key)
{
    if (groups->n * 2 >= groups->slots_n)
        rehash(groups);
    const size_t slot = slot_of(groups, key);
    if (groups->slots[slot] == 0) {
        if (groups->n == groups->cap) {
            const size_t cap = groups->cap * 2;
            groups->items =
                ot_arena_grow(groups->arena, groups->items, groups->n, cap, sizeof *groups->items);
            groups->cap = cap;
        }
        groups->items[groups->n] = (struct fine){.key = *key};
        groups->slots[slot] = ++groups->n;
    }
    return groups->slots[slot] - 1;
}

static struct groups groups_of(struct ot_arena *arena, const struct ot_val_row *rows, size_t n)
{
    struct groups groups = {.arena = arena, .cap = 256, .slots_n = 1024};
    groups.items = ot_arena_calloc(arena, groups.cap, sizeof *groups.items);
    groups.slots = ot_arena_calloc(arena, groups.slots_n, sizeof *groups.slots);
    groups.of_row = ot_arena_calloc(arena, n, sizeof *groups.of_row);
    for (size_t i = 0; i < n; i++) {
        const struct key key = key_of(&rows[i]);
        groups.of_row[i] = fine_of(&groups, &key);
        groups.items[groups.of_row[i]].rows_n++;
    }
    return groups;
}

struct sorted { /* a fine group on its way into a grouping */
    struct key key;
    size_t fine;
};

static int by_key(const void *a, const void *b)
{
    const struct sorted *p = a;
    const struct sorted *q = b;
    for (int i = 0; i < PARTS; i++) {
        const int order = ot_str_cmp(p->key.part[i], q->key.part[i]);
        if (order != 0)
            return order;
    }
    return p->fine < q->fine ? -1 : p->fine > q->fine;
}

static bool same_key(const struct key *a, const struct key *b)
{
    for (int i = 0; i < PARTS; i++)
        if (!ot_str_eq(a->part[i], b->part[i]))
            return false;
    return true;
}

/* Joins fine groups of equal key under `by`; returns the keys in order of their text. */
static struct key *join(struct groups *groups, enum ot_val_by by, size_t *ret_n)
{
    struct sorted *sorted = ot_arena_calloc(groups->arena, groups->n, sizeof *sorted);
    struct key *keys = ot_arena_calloc(groups->arena, groups->n, sizeof *keys);
    for (size_t i = 0; i < groups->n; i++) {
        sorted[i] = (struct sorted){groups->items[i].key, i};
        for (int p = 0; p < PARTS; p++)
            if (!uses[by][p])
                sorted[i].key.part[p] = ot_str_c("");
    }
    qsort(sorted, groups->n, sizeof *sorted, by_key);
    size_t n = 0;
    for (size_t i = 0; i < groups->n; i++) {
        if (n == 0 || !same_key(&keys[n - 1], &sorted[i].key))
            keys[n++] = sorted[i].key;
        groups->items[sorted[i].fine].group = n - 1;
    }
    *ret_n = n;
    return keys;
}

static void set_weights(struct groups *groups, struct ot_val_row *rows, size_t n)
{
    size_t cells_n;
    (void)join(groups, OT_VAL_BY_cell, &cells_n);
    size_t *count = ot_arena_calloc(groups->arena, cells_n, sizeof *count);
    for (size_t i = 0; i < groups->n; i++)
        count[groups->items[i].group] += groups->items[i].rows_n;
    for (size_t i = 0; i < n; i++)
        rows[i].weight = 1 / (double)count[groups->items[groups->of_row[i]].group];
}

void ot__cells(struct ot_arena *arena, enum ot_val_by by, struct ot_val_result *result)
{
    struct ot_arena *scratch = ot_arena_child(arena);
    const size_t n = (size_t)result->rows_n;
    struct groups groups = groups_of(scratch, result->rows, n);
    set_weights(&groups, result->rows, n);
    size_t cells_n;
    const struct key *keys = join(&groups, by, &cells_n);
    size_t *start = ot_arena_calloc(scratch, cells_n + 1, sizeof *start);
    size_t *index = ot_arena_calloc(scratch, n, sizeof *index);
    for (size_t i = 0; i < n; i++)
        start[groups.items[groups.of_row[i]].group + 1]++;
    for (size_t c = 0; c < cells_n; c++)
        start[c + 1] += start[c];
    size_t *next = ot_arena_calloc(scratch, cells_n + 1, sizeof *next);
    memcpy(next, start, (cells_n + 1) * sizeof *next);
    for (size_t i = 0; i < n; i++)
        index[next[groups.items[groups.of_row[i]].group]++] = i;
    result->cells = ot_arena_calloc(arena, cells_n, sizeof *result->cells);
    result->cells_n = (int64_t)cells_n;
    for (size_t c = 0; c < cells_n; c++) {
        const struct ot_str *part = keys[c].part;
        result->cells[c] =
            (struct ot_val_cell){.chip = part[CHIP],
                                 .model = part[MODEL],
                                 .metric = part[METRIC],
                                 .source = part[SOURCE],
                                 .kind = part[KIND],
                                 .op = part[OP],
                                 .stats = ot__stats_of(scratch, result->rows, index + start[c],
                                                       start[c + 1] - start[c])};
    }
    result->summary = ot__stats_of(scratch, result->rows, NULL, n);
    ot_arena_free(scratch);
}
