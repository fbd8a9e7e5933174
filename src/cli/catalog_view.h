/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFTAKE_CLI_CATALOG_VIEW_H
#define OFFTAKE_CLI_CATALOG_VIEW_H
/* How `offtake catalog` shows what is known: one list per kind, one page per thing. */
#include "cli/cli.h"
#include "offtake/report.h"

/* One kind of thing: its list, and how one of it is found. */
struct ot__shelf_view {
    const char *kind; /* as typed: "chips" */
    const char *noun; /* "chip" */
    const char *help;
    struct ot_grid *(*list)(struct ot__cli *cli);
    /* The thing by name, as its field table describes it; NULL: the kind has no pages. */
    enum ot_code (*find)(struct ot__cli *cli, const struct ot__given *name, void const **ret,
                         struct ot_err *err);
    const struct ot_table *table;
    const struct ot_str *(*title)(const void *thing);
    /* What the field table cannot say: derived figures; may be NULL. */
    void (*extra)(struct ot__cli *cli, const void *thing, struct ot_buf *out);
};
const struct ot__shelf_view *ot__shelf_views(size_t *ret_n);

/* Prices of one chip, provider or host only; `name` as given. */
enum ot_code ot__catalog_offers_of(struct ot__cli *cli, const struct ot__given *name,
                                   struct ot_grid **ret, struct ot_err *err) OT_MUST_CHECK;

/* One page: figures with range, status and date, then every source once. */
void ot__catalog_page(struct ot__cli *cli, const struct ot__shelf_view *view, const void *thing,
                      struct ot_buf *out);
/* The figures of a thing as rows: figure, value, low, high, status, date, source, note. */
struct ot_grid *ot__catalog_facts(struct ot__cli *cli, const struct ot_table *table,
                                  const void *thing);
#endif
