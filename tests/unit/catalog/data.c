/* SPDX-License-Identifier: Apache-2.0 */
/* The shipped data: every file loads, every figure says where it comes from, labels, roofs and
 * achieved figures lie in a sane order. Catches a slip of a unit or a figure without a source. */
#include "catalog_test.h"

static const struct ot_loc nowhere = {0};

/* Every fact of an object, down through its table: with a value, it has a source and a date. */
static int64_t check_facts(const struct ot_table *table, const void *object, struct ot_str owner)
{
    int64_t n = 0;
    for (size_t i = 0; i < table->n; i++) {
        const struct ot_field *row = &table->rows[i];
        const void *at = (const char *)object + row->offset;
        if (row->kind == OT_KIND_OBJ)
            n += check_facts(row->table, at, owner);
        if (row->kind != OT_KIND_FACT)
            continue;
        const struct ot_fact *fact = at;
        if (!fact->has)
            continue;
        n++;
        if (fact->source.len < 8 || fact->date_day <= ot_date_of(2015, 1, 1) ||
            fact->low > fact->value || fact->high < fact->value) {
            print_error("%s: %s\n", owner.ptr, row->key);
            fail();
        }
    }
    return n;
}

TEST(data, every_figure_of_every_file_has_source_date_and_order)
{
    struct fixture *f = *state;
    size_t n = 0;
    int64_t facts = 0;
    const struct ot_chip *chips = ot_catalog_chips(f->catalog, &n);
    assert_true(n >= 30);
    for (size_t i = 0; i < n; i++)
        facts += check_facts(&ot_chip_table, &chips[i], chips[i].name);
    const struct ot_model *models = ot_catalog_models(f->catalog, &n);
    assert_true(n >= 40);
    for (size_t i = 0; i < n; i++)
        facts += check_facts(&ot_model_table, &models[i], models[i].name);
    const struct ot_node_type *nodes = ot_catalog_nodes(f->catalog, &n);
    for (size_t i = 0; i < n; i++)
        facts += check_facts(&ot_node_type_table, &nodes[i], nodes[i].name);
    const struct ot_fabric *fabrics = ot_catalog_fabrics(f->catalog, &n);
    for (size_t i = 0; i < n; i++)
        facts += check_facts(&ot_fabric_table, &fabrics[i], fabrics[i].name);
    const struct ot_price *prices = ot_catalog_prices(f->catalog, &n);
    for (size_t i = 0; i < n; i++)
        facts += check_facts(&ot_price_table, &prices[i], prices[i].name);
    const struct ot_workload *workloads = ot_catalog_workloads(f->catalog, &n);
    for (size_t i = 0; i < n; i++)
        facts += check_facts(&ot_workload_table, &workloads[i], workloads[i].name);
    assert_true(facts > 500);
}

TEST(data, things_are_sorted_by_name)
{
    struct fixture *f = *state;
    size_t n = 0;
    const struct ot_chip *chips = ot_catalog_chips(f->catalog, &n);
    for (size_t i = 1; i < n; i++)
        assert_true(ot_str_cmp(chips[i - 1].name, chips[i].name) < 0);
}

TEST(data, achieved_figures_stay_below_label_and_roof)
{
    struct fixture *f = *state;
    size_t n = 0;
    const struct ot_chip *chips = ot_catalog_chips(f->catalog, &n);
    for (size_t i = 0; i < n; i++) {
        for (size_t d = 0; d < OT_DTYPE_COUNT; d++) {
            const struct ot_chip_rate *rate = &chips[i].rates[d];
            if (rate->achieved.has && rate->label.has)
                assert_true(rate->achieved.value <= rate->label.value);
            if (rate->achieved.has && rate->roof.has)
                assert_true(rate->achieved.value <= rate->roof.value);
        }
        if (chips[i].hbm_achieved_bytes_per_s.has)
            assert_true(chips[i].hbm_achieved_bytes_per_s.value <= chips[i].hbm_bytes_per_s.value);
        if (chips[i].hbm_usable_bytes.has)
            assert_true(chips[i].hbm_usable_bytes.value <= chips[i].hbm_bytes.value);
    }
}

TEST(data, trainium2_keeps_label_and_roof_apart)
{
    struct fixture *f = *state;
    const struct ot_chip *chip = NULL;
    assert_int_equal(ot_catalog_chip(f->catalog, ot_str_c("Trainium2"), nowhere, &chip, &f->err),
                     OT_OK);
    ot_assert_near(chip->rates[OT_DTYPE_bf16].label.value, 667e12, 1e-12);
    ot_assert_near(chip->rates[OT_DTYPE_bf16].roof.value, 629e12, 1e-12);
    ot_assert_near(chip->rates[OT_DTYPE_fp8].label.value, 1299e12, 1e-12);
    ot_assert_near(chip->rates[OT_DTYPE_fp8].roof.value, 1258e12, 1e-12);
    ot_assert_near(chip->hbm_bytes_per_s.value, 2.9e12, 1e-12);
    ot_assert_near(chip->hbm_bytes_per_s.high, 3e12, 1e-12);
    ot_assert_near(chip->dma_bytes_per_s.value, 2.944e12, 1e-12);
    ot_assert_near(chip->scaleup_bytes_per_s.value, 640e9, 1e-12);
    assert_int_equal(chip->cores, 8);
    assert_int_equal(chip->lnc, 2);
    assert_int_equal(chip->scaleup_topology, OT_TOPOLOGY_torus2d);
}

TEST(data, trainium3_states_its_disputed_link_rate_as_a_range)
{
    struct fixture *f = *state;
    const struct ot_chip *chip = NULL;
    assert_int_equal(ot_catalog_chip(f->catalog, ot_str_c("trn3"), nowhere, &chip, &f->err), OT_OK);
    assert_int_equal(chip->scaleup_bytes_per_s.status, OT_STATUS_disputed);
    ot_assert_near(chip->scaleup_bytes_per_s.low, 704e9, 1e-12);
    ot_assert_near(chip->scaleup_bytes_per_s.high, 2560e9, 1e-12);
    assert_false(chip->rates[OT_DTYPE_fp8].label.has);
    ot_assert_near(chip->rates[OT_DTYPE_mxfp4].label.value, 2517e12, 1e-12);
}

TEST(data, no_price_of_trainium3_is_invented)
{
    struct fixture *f = *state;
    size_t n = 0;
    const struct ot_price *prices = ot_catalog_prices(f->catalog, &n);
    assert_true(n >= 60);
    int64_t trn2 = 0;
    for (size_t i = 0; i < n; i++) {
        assert_false(ot_str_is(prices[i].chip, "trainium3"));
        trn2 += ot_str_is(prices[i].chip, "trainium2") && prices[i].kind == OT_PRICE_KIND_block;
        assert_true(prices[i].price_usd_per_chip_s.value * 3600 > 0.1);
        assert_true(prices[i].price_usd_per_chip_s.value * 3600 < 30);
    }
    assert_true(trn2 >= 2);
}

TEST(data, every_node_names_a_chip_and_a_fabric_that_exist)
{
    struct fixture *f = *state;
    size_t n = 0;
    const struct ot_node_type *nodes = ot_catalog_nodes(f->catalog, &n);
    assert_true(n >= 20);
    for (size_t i = 0; i < n; i++) {
        const struct ot_chip *chip = NULL;
        const struct ot_fabric *fabric = NULL;
        assert_int_equal(ot_catalog_chip(f->catalog, nodes[i].chip, nodes[i].loc, &chip, &f->err),
                         OT_OK);
        assert_true(ot_str_eq(chip->name, nodes[i].chip));
        if (nodes[i].fabric.len > 0)
            assert_int_equal(
                ot_catalog_fabric(f->catalog, nodes[i].fabric, nodes[i].loc, &fabric, &f->err),
                OT_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(data, every_figure_of_every_file_has_source_date_and_order),
        RUN(data, things_are_sorted_by_name),
        RUN(data, achieved_figures_stay_below_label_and_roof),
        RUN(data, trainium2_keeps_label_and_roof_apart),
        RUN(data, trainium3_states_its_disputed_link_rate_as_a_range),
        RUN(data, no_price_of_trainium3_is_invented),
        RUN(data, every_node_names_a_chip_and_a_fabric_that_exist),
    };
    return cmocka_run_group_tests(tests, fixture_up, fixture_down);
}
