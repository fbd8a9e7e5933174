/* SPDX-License-Identifier: Apache-2.0 */
/* How much of the money runs in circles: the largest circulation c <= flow on a small graph of
 * parties. Start with the whole graph as residual; every directed cycle of unused edges adds to the
 * circulation, and a cycle may give back used edges when it gains more than it gives back. With
 * cost -1 per dollar on forward and +1 on backward edges that is negative-cycle cancelling (Klein
 * 1967), found by Bellman and Ford; in whole dollars it ends and is exact.
 * docs/models/deal-circularity.md. */
#include "offtake/deal.h"

#include <math.h>

enum {
    MAX_PARTIES = 64
};

/* Residual amounts: forward[u * n + v] unused, kept[u * n + v] already circling. */
struct residual {
    int64_t *forward, *kept;
    int64_t *dist, *parent;
    bool *is_back; /* how parent[v] reaches v: by giving back kept[v -> parent] */
    size_t n;
};

/* Relaxes u -> v; forward edges are preferred, so that ties are stable. */
static bool relax(struct residual *r, size_t u, size_t v)
{
    bool can_forward = r->forward[u * r->n + v] > 0;
    bool can_back = r->kept[v * r->n + u] > 0;
    if (!can_forward && !can_back)
        return false;
    int64_t cost = can_forward ? -1 : 1;
    if (r->dist[u] + cost >= r->dist[v])
        return false;
    r->dist[v] = r->dist[u] + cost;
    r->parent[v] = (int64_t)u;
    r->is_back[v] = !can_forward;
    return true;
}

/* A node on a negative cycle, or -1. All nodes start at distance 0. */
static int64_t negative_cycle(struct residual *r)
{
    for (size_t v = 0; v < r->n; v++) {
        r->dist[v] = 0;
        r->parent[v] = -1;
        r->is_back[v] = false;
    }
    int64_t last = -1;
    for (size_t round = 0; round <= r->n; round++) {
        last = -1;
        for (size_t u = 0; u < r->n; u++)
            for (size_t v = 0; v < r->n; v++)
                if (u != v && relax(r, u, v))
                    last = (int64_t)v;
        if (last < 0)
            return -1;
    }
    for (size_t i = 0; i < r->n; i++)
        last = r->parent[last];
    return last;
}

static void cancel(struct residual *r, int64_t start)
{
    int64_t least = INT64_MAX;
    int64_t v = start;
    do {
        int64_t u = r->parent[v];
        int64_t room = r->is_back[v] ? r->kept[(size_t)v * r->n + (size_t)u]
                                     : r->forward[(size_t)u * r->n + (size_t)v];
        least = room < least ? room : least;
        v = u;
    } while (v != start);
    do {
        int64_t u = r->parent[v];
        size_t edge = r->is_back[v] ? (size_t)v * r->n + (size_t)u : (size_t)u * r->n + (size_t)v;
        r->forward[edge] += r->is_back[v] ? least : -least;
        r->kept[edge] += r->is_back[v] ? -least : least;
        v = u;
    } while (v != start);
}

enum ot_code ot_circulation(struct ot_arena *arena, const double *usd, size_t n, double *ret_kept,
                            double *ret_usd, struct ot_err *err)
{
    if (n > MAX_PARTIES)
        return ot_err_plain(err, OT_INPUT, "%zu parties: at most %d", n, MAX_PARTIES);
    struct residual r = {.n = n};
    r.forward = ot_arena_calloc(arena, n * n, sizeof(*r.forward));
    r.kept = ot_arena_calloc(arena, n * n, sizeof(*r.kept));
    r.dist = ot_arena_calloc(arena, n, sizeof(*r.dist));
    r.parent = ot_arena_calloc(arena, n, sizeof(*r.parent));
    r.is_back = ot_arena_calloc(arena, n, sizeof(*r.is_back));
    for (size_t i = 0; i < n * n; i++) {
        if (!(isfinite(usd[i]) && usd[i] >= 0 && usd[i] < 1e15))
            return ot_err_plain(err, OT_INPUT, "money between parties must be from 0 to 1e15 USD");
        r.forward[i] = i / n == i % n ? 0 : (int64_t)llround(usd[i]);
    }
    for (int64_t node = negative_cycle(&r); node >= 0; node = negative_cycle(&r))
        cancel(&r, node);
    struct ot_sum sum = {0};
    for (size_t i = 0; i < n * n; i++) {
        ret_kept[i] = (double)r.kept[i];
        ot_sum_add(&sum, ret_kept[i]);
    }
    *ret_usd = ot_sum_get(&sum);
    return OT_OK;
}
