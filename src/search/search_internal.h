/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OT_SEARCH_INTERNAL_H
#define OT_SEARCH_INTERNAL_H
/* Parts of the search floor: which candidates there are, the rate of one, its price, the ranking.
 */
#include "offtake/search.h"

/* Formats and engine of the query on `chip`: the user's where fixed, else the defaults. */
struct ot_deploy ot__search_base(const struct ot_search_query *query, const struct ot_chip *chip);
/* Layouts to try on `chip`, few chips first; at most OT__LAYOUTS_MAX. */
enum {
    OT__LAYOUTS_MAX = 32
};
int64_t ot__search_layouts(const struct ot_search_query *query, const struct ot_chip *chip,
                           struct ot_layout *ret);
/* Chips of one replica that are tried first, and those tried only when nothing smaller holds it. */
enum {
    OT__CHIPS_USUAL = 16,
    OT__CHIPS_MAX = 64
};

/* Finds the highest rate of `deploy` (as ot__search_base made it, with its layout) and fills all of
 * *ret but the price. best_work: work per chip of the best layout so far; a candidate whose bound
 * is below it is not simulated. Strings of *ret live in `arena`. */
void ot__rate_search(const struct ot_fits *fits, const struct ot_search_query *query,
                     struct ot_deploy deploy, double best_work, struct ot_arena *arena,
                     struct ot_yield *ret);

/* The price that stands for the chip, and the costs that follow from it. */
void ot__search_price(struct ot_catalog *catalog, const struct ot_search_opts *opts,
                      struct ot_yield *yield);
/* Sorts best first; returns whether costs decided. */
bool ot__search_sort(struct ot_yield *yields, int64_t n, bool *ret_mixed_basis);
#endif
