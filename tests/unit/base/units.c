/* SPDX-License-Identifier: Apache-2.0 */
/* Would catch: a unit off by a prefix, an hour or a month; a bare number let through; money per
 * kilowatt read as money per joule times something. */
#include <math.h>

#include "unit/base/base_test.h"

#define YEAR_S (8760.0 * 3600)
#define MONTH_S (730.0 * 3600)

TEST(units, read_to_si)
{
    static const struct {
        const char *text;
        enum ot_dim dim;
        double si;
    } rows[] = {
        {"40 ms", OT_DIM_TIME, 0.04},
        {"9ms", OT_DIM_TIME, 0.009},
        {"7 us", OT_DIM_TIME, 7e-6},
        {"7 µs", OT_DIM_TIME, 7e-6},
        {"12 ns", OT_DIM_TIME, 12e-9},
        {"2 min", OT_DIM_TIME, 120},
        {"3 h", OT_DIM_TIME, 10800},
        {"2 d", OT_DIM_TIME, 172800},
        {"1 wk", OT_DIM_TIME, 604800},
        {"1 mo", OT_DIM_TIME, MONTH_S},
        {"1 y", OT_DIM_TIME, YEAR_S},
        {"1e-3 s", OT_DIM_TIME, 1e-3},
        {"96 GB", OT_DIM_BYTES, 96e9},
        {"24 GiB", OT_DIM_BYTES, 24.0 * 1073741824},
        {"16 Gbit", OT_DIM_BYTES, 2e9},
        {"1 PB", OT_DIM_BYTES, 1e15},
        {"512 B", OT_DIM_BYTES, 512},
        {"2.9 TB/s", OT_DIM_BYTES_PER_S, 2.9e12},
        {"400 Gbit/s", OT_DIM_BYTES_PER_S, 50e9},
        {"667 TFLOP/s", OT_DIM_FLOP_PER_S, 667e12},
        {"1.4 GHz", OT_DIM_HERTZ, 1.4e9},
        {"1.2 GW", OT_DIM_POWER, 1.2e9},
        {"700 W", OT_DIM_POWER, 700},
        {"10 kW", OT_DIM_POWER, 10e3},
        {"30 MW", OT_DIM_POWER, 30e6},
        {"5 Wh", OT_DIM_ENERGY, 18000},
        {"35 MWh", OT_DIM_ENERGY, 35e6 * 3600},
        {"3 J", OT_DIM_ENERGY, 3},
        {"38 GUSD", OT_DIM_USD, 38e9},
        {"12.5 MUSD", OT_DIM_USD, 12.5e6},
        {"1.4 TUSD", OT_DIM_USD, 1.4e12},
        {"-3 USD", OT_DIM_USD, -3},
        {"36 USD/h", OT_DIM_USD_PER_S, 0.01},
        {"5 GUSD/y", OT_DIM_USD_PER_S, 5e9 / YEAR_S},
        {"7 USD/d", OT_DIM_USD_PER_S, 7.0 / 86400},
        {"730 USD/mo", OT_DIM_USD_PER_S, 1 / 3600.0},
        {"2.235 USD/chip-h", OT_DIM_USD_PER_CHIP_S, 2.235 / 3600},
        {"2.235 USD/h", OT_DIM_USD_PER_CHIP_S, 2.235 / 3600},
        {"0.6 USD/Mtok", OT_DIM_USD_PER_TOK, 0.6e-6},
        {"3 USD/kreq", OT_DIM_USD_PER_REQ, 3e-3},
        {"0.08 USD/kWh", OT_DIM_USD_PER_J, 0.08 / 3.6e6},
        {"130 USD/kW-month", OT_DIM_USD_PER_J, 130 / (1e3 * MONTH_S)},
        {"130 USD/kW-mo", OT_DIM_USD_PER_J, 130 / (1e3 * MONTH_S)},
        {"12 GUSD/GW-y", OT_DIM_USD_PER_J, 12e9 / (1e9 * YEAR_S)},
        {"160.5 USD/share", OT_DIM_USD_PER_SHARE, 160.5},
        {"15 Ttok", OT_DIM_TOK, 15e12},
        {"5 Mtok", OT_DIM_TOK, 5e6},
        {"900 tok/s", OT_DIM_TOK_PER_S, 900},
        {"3.6 Mtok/h", OT_DIM_TOK_PER_S, 1000},
        {"50 req/s", OT_DIM_REQ_PER_S, 50},
        {"3600 req/h", OT_DIM_REQ_PER_S, 1},
        {"50 %", OT_DIM_FRAC, 0.5},
        {"7%", OT_DIM_FRAC, 0.07},
        {"0.5", OT_DIM_FRAC, 0.5},
        {"12", OT_DIM_NONE, 12},
        {" 12.5 ", OT_DIM_NONE, 12.5},
    };
    for (size_t i = 0; i < OT_COUNT(rows); i++) {
        double got = NAN;
        const char *why = NULL;
        if (!ot_units_parse(ot_str_c(rows[i].text), rows[i].dim, &got, &why))
            print_error("%s: %s\n", rows[i].text, why);
        ot_assert_near(got, rows[i].si, 1e-15);
    }
}

TEST(units, whole_milliseconds_are_exact)
{
    for (int i = 1; i <= 1000; i++) {
        char text[32];
        double got = 0;
        const char *why = NULL;
        (void)snprintf(text, sizeof text, "%d ms", i);
        assert_true(ot_units_parse(ot_str_c(text), OT_DIM_TIME, &got, &why));
        assert_true(got == i / 1000.0);
    }
}

TEST(units, refuse_and_say_what_is_allowed)
{
    static const struct {
        const char *text;
        enum ot_dim dim;
        const char *says;
    } rows[] = {
        {"40", OT_DIM_TIME, "such as 40 ms"},         /* bare number in a dimensioned field */
        {"40 parsecs", OT_DIM_TIME, "such as 40 ms"}, /* unknown unit */
        {"40 GB", OT_DIM_TIME, "such as 40 ms"},      /* another dimension */
        {"1,000 USD", OT_DIM_USD, "thousands"},
        {"1,000", OT_DIM_NONE, "thousands"},
        {"1e400 s", OT_DIM_TIME, "finite"},
        {"1e308 TB", OT_DIM_BYTES, "finite"},
        {"NaN", OT_DIM_NONE, "plain number"},
        {"inf s", OT_DIM_TIME, "such as"},
        {"", OT_DIM_TIME, "such as"},
        {"ms", OT_DIM_TIME, "such as"},
        {"4 ks", OT_DIM_TIME, "such as"},  /* no prefix on seconds */
        {"4 Kis", OT_DIM_TIME, "such as"}, /* binary prefix on seconds */
        {"4 GiFLOP/s", OT_DIM_FLOP_PER_S, "such as"},
        {"4 Gibit", OT_DIM_BYTES, "such as"},
        {"4 USD/", OT_DIM_USD_PER_S, "such as"},
        {"4 USD/h/h", OT_DIM_USD_PER_S, "such as"},
        {"4 USD/kW-", OT_DIM_USD_PER_J, "such as"},
        {"4 /h", OT_DIM_USD_PER_S, "such as"},
        {"4 USD/kW", OT_DIM_USD_PER_J, "such as"},
        {"4 USD/chip-h", OT_DIM_USD_PER_S, "such as"}, /* per chip where it is not asked for */
        {"12 tok", OT_DIM_NONE, "without a unit"},     /* counts take none */
        {"50 %", OT_DIM_NONE, "without a unit"},
        {"40 MS", OT_DIM_TIME, "such as"}, /* case matters */
        {"1 2 s", OT_DIM_TIME, "such as"},
        {"--4 s", OT_DIM_TIME, "such as"},
        {"4..2 s", OT_DIM_TIME, "finite"},
    };
    for (size_t i = 0; i < OT_COUNT(rows); i++) {
        double got = 7;
        const char *why = NULL;
        assert_false(ot_units_parse(ot_str_c(rows[i].text), rows[i].dim, &got, &why));
        assert_true(got == 7);
        assert_non_null(why);
        if (!strstr(why, rows[i].says))
            fail_msg("'%s': '%s' does not say '%s'", rows[i].text, why, rows[i].says);
    }
}

TEST(units, print_with_the_prefix_that_fits)
{
    struct fixture *f = *state;
    static const struct {
        double si;
        enum ot_dim dim;
        int digits;
        const char *text;
    } rows[] = {
        {2.9e12, OT_DIM_BYTES_PER_S, 3, "2.90 TB/s"},
        {0.04, OT_DIM_TIME, 2, "40 ms"},
        {38e9, OT_DIM_USD, 2, "38 GUSD"},
        {2.235 / 3600, OT_DIM_USD_PER_CHIP_S, 3, "2.23 USD/chip-h"},
        {2.24 / 3600, OT_DIM_USD_PER_S, 3, "2.24 USD/h"},
        {999.96e9, OT_DIM_BYTES, 3, "1.00 TB"}, /* rounding carries into the next prefix */
        {0.00099999, OT_DIM_TIME, 2, "1.0 ms"},
        {0, OT_DIM_TIME, 3, "0.00 s"},
        {-5e6, OT_DIM_USD, 2, "-5.0 MUSD"},
        {7200, OT_DIM_TIME, 2, "2.0 h"},
        {3 * 8760 * 3600.0, OT_DIM_TIME, 2, "3.0 y"},
        {0.125, OT_DIM_FRAC, 3, "12.5 %"},
        {131072, OT_DIM_NONE, 3, "131072"},
        {2.5, OT_DIM_NONE, 3, "2.50"},
        {0.6e-6, OT_DIM_USD_PER_TOK, 2, "0.60 USD/Mtok"},
        {50, OT_DIM_REQ_PER_S, 2, "50 req/s"},
        {35e6 * 3600, OT_DIM_ENERGY, 2, "35 MWh"},
    };
    for (size_t i = 0; i < OT_COUNT(rows); i++)
        assert_str(ot_units_text(f->arena, rows[i].si, rows[i].dim, rows[i].digits), rows[i].text);
}

TEST(units, what_is_printed_reads_back)
{
    struct fixture *f = *state;
    const struct ot_rng rng = ot_rng_of(7, 3);
    for (uint64_t i = 0; i < 4000; i++) {
        const enum ot_dim dim = (enum ot_dim)(i % OT_DIM_COUNT);
        const double x = exp(ot_rng_normal(rng, i) * 8);
        double back = 0;
        const char *why = NULL;
        const struct ot_str text = ot_units_text(f->arena, x, dim, 9);
        assert_true(ot_units_parse(text, dim, &back, &why));
        ot_assert_near(back, x, 1e-8);
    }
}

TEST(units, every_dimension_has_a_si_name_and_an_example_it_accepts)
{
    for (int d = 0; d < OT_DIM_COUNT; d++) {
        double x = 0;
        const char *why = NULL;
        assert_non_null(ot_dim_si((enum ot_dim)d));
        assert_non_null(ot_dim_suffix((enum ot_dim)d));
        assert_true(
            ot_units_parse(ot_str_c(ot_dim_example((enum ot_dim)d)), (enum ot_dim)d, &x, &why));
    }
    assert_string_equal(ot_dim_si(OT_DIM_BYTES_PER_S), "B/s");
    assert_string_equal(ot_dim_suffix(OT_DIM_USD_PER_TOK), "usd_per_tok");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(units, read_to_si),
        RUN(units, whole_milliseconds_are_exact),
        RUN(units, refuse_and_say_what_is_allowed),
        RUN_F(units, print_with_the_prefix_that_fits),
        RUN_F(units, what_is_printed_reads_back),
        RUN(units, every_dimension_has_a_si_name_and_an_example_it_accepts),
    };
    return cmocka_run_group_tests_name("base units", tests, NULL, NULL);
}
