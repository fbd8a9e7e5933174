/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFTAKE_TESTS_STEP_TEST_H
#define OFFTAKE_TESTS_STEP_TEST_H
/* What the step tests share: the shipped catalogue and coefficients, and deployments by name. */
#include "ot_test.h"

#include "offtake/step.h"

struct world {
    struct ot_arena *arena;
    struct ot_catalog *catalog;
    struct ot_fits *fits;
    struct ot_err err;
};

static inline int set_up(void **state)
{
    static struct world w;
    w.arena = ot_arena_new(0);
    ot_err_init(&w.err, w.arena);
    const char *data = getenv("OFFTAKE_DATA");
    assert_non_null(data);
    assert_int_equal(ot_catalog_open(w.arena, data, NULL, &w.catalog, &w.err), OT_OK);
    assert_int_equal(ot_fits_open(w.arena, w.catalog, &w.fits, &w.err), OT_OK);
    *state = &w;
    return 0;
}

static inline int tear_down(void **state)
{
    const struct world *w = *state;
    ot_arena_free(w->arena);
    return 0;
}

/* Not yet filled. */
static inline struct ot_deploy deploy_of(struct world *w, const char *model, const char *chip)
{
    const struct ot_model *m = NULL;
    const struct ot_chip *c = NULL;
    const struct ot_loc nowhere = {0};
    assert_int_equal(ot_catalog_model(w->catalog, ot_str_c(model), nowhere, &m, &w->err), OT_OK);
    assert_int_equal(ot_catalog_chip(w->catalog, ot_str_c(chip), nowhere, &c, &w->err), OT_OK);
    return ot_deploy_of(m, c);
}

static inline struct ot_deploy filled(struct world *w, const char *model, const char *chip,
                                      int64_t tp)
{
    struct ot_deploy d = deploy_of(w, model, chip);
    d.layout.tp = tp;
    const enum ot_code code = ot_deploy_fill(w->fits, &d, NULL, &w->err);
    if (code)
        print_error("%s\n", ot_err_text(&w->err, w->arena).ptr);
    assert_int_equal(code, OT_OK);
    return d;
}

static inline struct ot_pred step_of(struct world *w, const struct ot_deploy *d,
                                     const struct ot_step_load *load, struct ot_part *ret_part)
{
    struct ot_pred time_s;
    assert_int_equal(ot_step_time(w->fits, d, load, w->arena, &time_s, ret_part, &w->err), OT_OK);
    assert_true(time_s.p10 <= time_s.value && time_s.value <= time_s.p90);
    return time_s;
}

static inline double decode_of(struct world *w, const struct ot_deploy *d, double seqs, double len)
{
    const struct ot_step_load load = {.decode_seqs = seqs, .decode_kv_tokens = seqs * len};
    return step_of(w, d, &load, NULL).value;
}

static inline double prefill_of(struct world *w, const struct ot_deploy *d, double past,
                                double fresh)
{
    struct ot_step_load load = {0};
    ot_step_load_chunk(&load, past, fresh);
    return step_of(w, d, &load, NULL).value;
}
#endif
