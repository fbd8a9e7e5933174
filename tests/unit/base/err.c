/* SPDX-License-Identifier: Apache-2.0 */
/* Would catch: messages that lose their place, run over several lines or carry control characters;
 * wrong exit codes; bands that are upside down. */
#include <math.h>
#include <sys/wait.h>

#include "unit/base/base_test.h"

TEST(err, shows_place_field_value_and_what_is_allowed)
{
    struct fixture *f = *state;
    const enum ot_code code = ot_err_set(&f->err, OT_INPUT, ot_loc_of(ot_str_c("a.yaml"), 3, 7),
                                         "offers[2].price", ot_str_c("12"), "a %s", "price");
    assert_int_equal(code, 3);
    assert_error(f, "a.yaml:3:7: error: offers[2].price: '12': a price");
}

TEST(err, leaves_out_what_is_empty)
{
    struct fixture *f = *state;
    (void)ot_err_set(&f->err, OT_INPUT, ot_loc_of(ot_str_c("a.yaml"), 0, 0), NULL, ot_str_c(""),
                     "no such file");
    assert_error(f, "a.yaml: error: no such file");
    assert_int_equal(ot_err_plain(&f->err, OT_LIMIT, "gave up after %d", 3), 4);
    assert_error(f, "error: gave up after 3");
}

TEST(err, keeps_a_hostile_value_on_one_short_line)
{
    struct fixture *f = *state;
    char value[400];
    memset(value, 'x', sizeof value);
    value[1] = '\n';
    value[2] = '\x1b';
    (void)ot_err_set(&f->err, OT_INPUT, ot_loc_of(ot_str_c("a"), 1, 1), NULL,
                     ot_str_n(value, sizeof value), "short");
    const struct ot_str text = ot_err_text(&f->err, f->arena);
    assert_null(memchr(text.ptr, '\n', text.len));
    assert_null(memchr(text.ptr, '\x1b', text.len));
    assert_true(text.len < 200);
    assert_true(ot_str_valid_utf8(text, NULL));
}

TEST(err, never_cuts_a_value_inside_a_character)
{
    struct fixture *f = *state;
    struct ot_buf value;
    ot_buf_init(&value, f->arena, 0);
    ot_buf_addc(&value, "a");
    for (int i = 0; i < 100; i++)
        ot_buf_addc(&value, "漢");
    (void)ot_err_set(&f->err, OT_INPUT, (struct ot_loc){0}, NULL, ot_buf_str(&value), "short");
    assert_true(ot_str_valid_utf8(f->err.value, NULL));
}

TEST(err, a_missing_error_is_allowed)
{
    assert_int_equal(ot_err_set(NULL, OT_INPUT, (struct ot_loc){0}, NULL, ot_str_c(""), "x"), 3);
    assert_int_equal(ot_err_plain(NULL, OT_USAGE, "x"), 2);
}

static int exit_code_of(void (*fn)(void))
{
    (void)fflush(NULL);
    const pid_t child = fork();
    if (child == 0) {
        (void)freopen("/dev/null", "w", stderr);
        fn();
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void break_a_promise(void)
{
    OT_ASSERT(1 + 1 == 3);
}

static void exhaust_an_arena(void)
{
    (void)ot_arena_calloc(ot_arena_new(100), 200, 1);
}

TEST(err, a_broken_promise_exits_with_70_and_exhaustion_with_4)
{
    assert_int_equal(exit_code_of(break_a_promise), 70);
    assert_int_equal(exit_code_of(exhaust_an_arena), 4);
}

TEST(pred, a_band_surrounds_its_value_also_below_zero)
{
    const struct ot_pred p = ot_pred_of(10, 0.8, 1.25, OT_LABEL_fitted);
    ot_assert_near(p.p10, 8, 1e-12);
    ot_assert_near(p.p90, 12.5, 1e-12);
    const struct ot_pred n = ot_pred_of(-10, 0.8, 1.25, OT_LABEL_fitted);
    assert_true(n.p10 <= n.value && n.value <= n.p90);
}

TEST(pred, scales_and_inverts_with_its_band)
{
    const struct ot_pred p = ot_pred_of(10, 0.8, 1.25, OT_LABEL_transferred);
    const struct ot_pred s = ot_pred_scale(p, 3), v = ot_pred_inverse(p, 100);
    ot_assert_near(s.p90, 37.5, 1e-12);
    ot_assert_near(v.value, 10, 1e-12);
    ot_assert_near(v.p10, 8, 1e-12);
    ot_assert_near(v.p90, 12.5, 1e-12);
    assert_int_equal(v.label, OT_LABEL_transferred);
    assert_string_equal(ot_label_name(OT_LABEL_first_principles), "first_principles");
}

static void narrow_band(void)
{
    (void)ot_pred_of(1, 1.1, 1.2, OT_LABEL_fitted);
}
static void infinite_value(void)
{
    (void)ot_pred_of(INFINITY, 0.9, 1.1, OT_LABEL_fitted);
}
static void negative_factor(void)
{
    (void)ot_pred_scale(ot_pred_of(1, 0.9, 1.1, OT_LABEL_fitted), -1);
}
static void inverse_of_zero(void)
{
    (void)ot_pred_inverse(ot_pred_of(0, 0.9, 1.1, OT_LABEL_fitted), 1);
}

TEST(pred, refuses_bands_that_cannot_be)
{
    assert_int_equal(exit_code_of(narrow_band), 70);
    assert_int_equal(exit_code_of(infinite_value), 70);
    assert_int_equal(exit_code_of(negative_factor), 70);
    assert_int_equal(exit_code_of(inverse_of_zero), 70);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN_F(err, shows_place_field_value_and_what_is_allowed),
        RUN_F(err, leaves_out_what_is_empty),
        RUN_F(err, keeps_a_hostile_value_on_one_short_line),
        RUN_F(err, never_cuts_a_value_inside_a_character),
        RUN(err, a_missing_error_is_allowed),
        RUN(err, a_broken_promise_exits_with_70_and_exhaustion_with_4),
        RUN(pred, a_band_surrounds_its_value_also_below_zero),
        RUN(pred, scales_and_inverts_with_its_band),
        RUN(pred, refuses_bands_that_cannot_be),
    };
    return cmocka_run_group_tests_name("base err", tests, NULL, NULL);
}
