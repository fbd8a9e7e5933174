/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFTAKE_TESTS_E2E_RUN_H
#define OFFTAKE_TESTS_E2E_RUN_H
/* Runs the built program (OT_PROGRAM) as a user would and keeps what it said. */
#include "ot_test.h"

struct ran {
    int exit_code; /* -1: ended by a signal */
    struct ot_str out, err;
};
/* args: NULL-terminated, without the program's name. */
struct ran e2e_run(struct ot_arena *arena, const char *const *args);
/* The same with stdout on the given file ("/dev/full"); NULL closes it. */
struct ran e2e_run_to(struct ot_arena *arena, const char *const *args, const char *stdout_path);
/* Exit code, empty stdout, and a message "FILE:LINE:COL: error: …" or "error: …" that holds `has`.
 */
void e2e_fails(struct ran ran, int exit_code, const char *has);
/* A new empty folder below /tmp; removed with its files by e2e_rm. */
const char *e2e_dir(struct ot_arena *arena);
void e2e_rm(const char *dir);
#define RUN_ARGS(...) ((const char *const[]){__VA_ARGS__, NULL})
#endif
