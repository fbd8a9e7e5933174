/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFTAKE_TESTS_OT_TEST_H
#define OFFTAKE_TESTS_OT_TEST_H
/* What every test program includes: cmocka in its required order, TEST, and assertions on doubles
 * and error codes. Tests read as sentences: TEST(heap, pops_equal_times_in_arrival_order). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "offtake/base.h"

#define TEST(group, name) static void test_##group##_##name(__attribute__((unused)) void **state)
#define RUN(group, name) cmocka_unit_test(test_##group##_##name)

static inline void ot_assert_near_at(double got, double want, double rel, const char *file,
                                     int line)
{
    if (!ot_near(got, want, rel, rel * 1e-3)) {
        print_error("got %.17g, want %.17g (relative tolerance %g)\n", got, want, rel);
        _fail(file, line);
    }
}
#define ot_assert_near(got, want, rel) ot_assert_near_at((got), (want), (rel), __FILE__, __LINE__)
#endif
