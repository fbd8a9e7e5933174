/* SPDX-License-Identifier: Apache-2.0 */
/* The simulator's step table against the step cost it stands for. Catches: a knot too far, a piece
 * that starts below the one before, a cache keyed by too little. */
#include "step_test.h"

#include <math.h>

static struct ot_step_table *table_of(struct world *w, const struct ot_deploy *d)
{
    struct ot_step_table *table = NULL;
    assert_int_equal(ot_step_table_new(w->fits, d, w->arena, &table, &w->err), OT_OK);
    return table;
}

static const struct {
    const char *model, *chip;
    int64_t tp;
} cases[] = {
    {"llama-3.1-8b", "h100-sxm", 1},   {"llama-3.1-70b", "b200-sxm", 8},
    {"deepseek-v3", "h200-sxm", 8},    {"gpt-oss-120b", "h100-sxm", 2},
    {"qwen3-30b-a3b", "trainium2", 1}, {"llama-3.1-8b", "trainium1", 4},
    {"llama-3.1-8b", "mi300x", 1},
};

TEST(table, decode_is_within_a_thousandth_of_the_step_cost)
{
    struct world *w = *state;
    double worst = 0;
    for (size_t c = 0; c < OT_COUNT(cases); c++) {
        const struct ot_deploy d = filled(w, cases[c].model, cases[c].chip, cases[c].tp);
        struct ot_step_table *table = table_of(w, &d);
        for (int64_t seqs = 1; seqs <= 300; seqs = seqs * 3 + 1)
            for (double len = 1; len < 300000; len *= 1.13) {
                const int64_t kv = (int64_t)((double)seqs * len);
                const double exact = decode_of(w, &d, (double)seqs, (double)kv / (double)seqs);
                const int64_t got_ps = ot_step_decode_ps(table, seqs, kv);
                worst = fmax(worst, fabs((double)got_ps * 1e-12 / exact - 1));
            }
    }
    print_message("worst distance from the step cost: %.4f %%\n", 100 * worst);
    assert_true(worst <= 0.001);
}

TEST(table, pieces_join_and_never_fall)
{
    struct world *w = *state;
    for (size_t c = 0; c < OT_COUNT(cases); c++) {
        const struct ot_deploy d = filled(w, cases[c].model, cases[c].chip, cases[c].tp);
        struct ot_step_table *table = table_of(w, &d);
        struct ot_step_piece p = ot_step_decode_piece(table, 40, 0);
        assert_int_equal(p.kv_from, 0);
        int pieces = 1;
        while (p.kv_to < INT64_MAX) {
            const int64_t end = p.base_ps + p.slope_ps * (p.kv_to - p.kv_from);
            const struct ot_step_piece next = ot_step_decode_piece(table, 40, p.kv_to);
            assert_int_equal(next.kv_from, p.kv_to);
            assert_true(p.slope_ps >= 0 && next.base_ps >= end);
            p = next;
            pieces++;
        }
        assert_true(pieces < 120);
    }
}

TEST(table, lookups_in_any_order_agree)
{
    struct world *w = *state;
    const struct ot_deploy d = filled(w, "llama-3.1-8b", "h100-sxm", 1);
    struct ot_step_table *up = table_of(w, &d), *down = table_of(w, &d);
    int64_t got[200];
    for (int64_t i = 0; i < 200; i++)
        got[i] = ot_step_decode_ps(up, 1 + i % 7, 1000 * i);
    for (int64_t i = 199; i >= 0; i--)
        assert_int_equal(ot_step_decode_ps(down, 1 + i % 7, 1000 * i), got[i]);
}

TEST(table, mixed_steps_equal_the_step_cost)
{
    struct world *w = *state;
    for (size_t c = 0; c < OT_COUNT(cases); c++) {
        const struct ot_deploy d = filled(w, cases[c].model, cases[c].chip, cases[c].tp);
        struct ot_step_table *table = table_of(w, &d);
        for (int i = 0; i < 60; i++) {
            struct ot_step_load load = {.decode_seqs = i % 13 * 10,
                                        .decode_kv_tokens = i % 13 * 10 * (500.0 + 37 * i)};
            ot_step_load_chunk(&load, 256.0 * (i % 5), 1 + 97.0 * (i % 11));
            if (i % 3 == 0)
                ot_step_load_chunk(&load, 0, 800);
            const double exact = step_of(w, &d, &load, NULL).value;
            const int64_t got_ps = ot_step_mixed_ps(table, &load);
            const bool decode = load.prefill_tokens <= 0;
            ot_assert_near((double)got_ps * 1e-12, exact, decode ? 1e-3 : 1e-9);
        }
    }
}

TEST(table, a_mixed_step_without_prefill_is_a_decode_step)
{
    struct world *w = *state;
    const struct ot_deploy d = filled(w, "llama-3.1-70b", "h100-sxm", 4);
    struct ot_step_table *table = table_of(w, &d);
    const struct ot_step_load load = {.decode_seqs = 33, .decode_kv_tokens = 45678};
    assert_int_equal(ot_step_mixed_ps(table, &load), ot_step_decode_ps(table, 33, 45678));
    const struct ot_pred band = ot_step_table_band(table);
    assert_true(band.value == 1 && band.p10 < 1 && band.p90 > 1);
}

TEST(table, a_filled_table_allocates_nothing)
{
    struct world *w = *state;
    const struct ot_deploy d = filled(w, "llama-3.1-8b", "h100-sxm", 1);
    struct ot_step_table *table = table_of(w, &d);
    struct ot_step_load load = {.decode_seqs = 60, .decode_kv_tokens = 60000};
    ot_step_load_chunk(&load, 0, 900);
    int64_t sum = ot_step_mixed_ps(table, &load) + ot_step_decode_ps(table, 60, 60000);
    const size_t used = ot_arena_used_bytes(w->arena);
    const int64_t start_ns = ot_clock_ns();
    const int64_t n = 100000;
    for (int64_t i = 0; i < n; i++) {
        load.decode_kv_tokens += 60;
        sum += ot_step_mixed_ps(table, &load);
    }
    const int64_t mixed_ns = (ot_clock_ns() - start_ns) / n;
    for (int64_t i = 0; i < n; i++)
        sum += ot_step_decode_ps(table, 60, 60000 + 60 * i);
    assert_int_equal(ot_arena_used_bytes(w->arena), used);
    assert_true(sum > 0);
    print_message("a mixed step: %lld ns\n", (long long)mixed_ns);
}

TEST(table, a_chip_without_a_link_rate_is_refused)
{
    struct world *w = *state;
    struct ot_deploy d = filled(w, "llama-3.1-70b", "mi300x", 2);
    struct ot_chip blank = *d.chip;
    blank.scaleup_bytes_per_s.has = false;
    d.chip = &blank;
    struct ot_step_table *table = NULL;
    assert_int_equal(ot_step_table_new(w->fits, &d, w->arena, &table, &w->err), OT_INPUT);
    assert_null(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(table, decode_is_within_a_thousandth_of_the_step_cost),
        RUN(table, pieces_join_and_never_fall),
        RUN(table, lookups_in_any_order_agree),
        RUN(table, mixed_steps_equal_the_step_cost),
        RUN(table, a_mixed_step_without_prefill_is_a_decode_step),
        RUN(table, a_filled_table_allocates_nothing),
        RUN(table, a_chip_without_a_link_rate_is_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
