/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFTAKE_CLI_CLI_H
#define OFFTAKE_CLI_CLI_H
/* The command line: a table of commands, each in its own cmd_<name>.c, each with a table of
 * options. A command computes, writes its whole result into cli->out, and returns a code; main
 * prints `out` to stdout only for codes 0 and 1, and the error to stderr otherwise. */
#include "offtake/cost.h"

enum ot__format {
    OT__TEXT,
    OT__JSON,
    OT__CSV
};

struct ot__opt {      /* one row of an option table */
    const char *name; /* without the dashes */
    const char *arg;  /* name of its value in help, e.g. "N"; NULL = a flag */
    const char *def;  /* default as printed in help; NULL = none */
    const char *help;
};
struct ot__given {    /* one option or positional as given */
    const char *name; /* NULL: positional */
    struct ot_str value;
    struct ot_loc loc; /* <args>:1:N */
};

struct ot__cli {
    struct ot_arena *arena;
    struct ot_catalog *catalog; /* opened on first use by ot__cli_catalog */
    struct ot_fits *fits;
    struct ot_sources sources; /* files read beside the catalogue's */
    struct ot_assumed assumed;
    struct ot__given *given;
    size_t given_n;
    enum ot__format format;
    bool explain;
    const char *html_path; /* NULL = none */
    uint64_t seed;
    int threads;
    struct ot_buf out;
    bool progress; /* stderr is a terminal */
};

struct ot__cmd {
    const char *name;
    const char *usage; /* "offtake kernel --chip NAME --op OP …" */
    const char *help;  /* one line */
    const struct ot__opt *opts;
    size_t opts_n;
    enum ot_code (*run)(struct ot__cli *cli, struct ot_err *err);
};

/* Every cmd_<name>.c defines one of these; commands.c lists them. */
extern const struct ot__cmd ot__cmd_catalog, ot__cmd_kernel, ot__cmd_step, ot__cmd_serve,
    ot__cmd_size, ot__cmd_validate, ot__cmd_calibrate, ot__cmd_trace, ot__cmd_plan, ot__cmd_deal,
    ot__cmd_runs, ot__cmd_doctor, ot__cmd_schema, ot__cmd_report, ot__cmd_train, ot__cmd_ui,
    ot__cmd_sweep;

/* Options as given; NULL / false / the default when absent. */
const struct ot__given *ot__cli_given(const struct ot__cli *cli, const char *name);
const struct ot__given *ot__cli_positional(const struct ot__cli *cli, size_t index);
bool ot__cli_flag(const struct ot__cli *cli, const char *name);
/* Absent: *ret = def. A bad value is OT_USAGE with its place. Bare numbers are taken as SI for
 * OT_DIM_REQ_PER_S and OT_DIM_NONE only. */
enum ot_code ot__cli_num(const struct ot__cli *cli, const char *name, enum ot_dim dim, double def,
                         double *ret, struct ot_err *err) OT_MUST_CHECK;
enum ot_code ot__cli_int(const struct ot__cli *cli, const char *name, int64_t min, int64_t max,
                         int64_t def, int64_t *ret, struct ot_err *err) OT_MUST_CHECK;
enum ot_code ot__cli_dtype(const struct ot__cli *cli, const char *name, enum ot_dtype def,
                           enum ot_dtype *ret, struct ot_err *err) OT_MUST_CHECK;
/* Required option: OT_USAGE that says which when it is missing. */
enum ot_code ot__cli_need(const struct ot__cli *cli, const char *name, struct ot__given const **ret,
                          struct ot_err *err) OT_MUST_CHECK;
enum ot_code ot__cli_catalog(struct ot__cli *cli, struct ot_err *err) OT_MUST_CHECK; /* + fits */

/* JSON envelope: opens the object with schema, version, seed, data hashes; the command adds its own
 * keys; _end adds "assumed" and closes. */
void ot__cli_json_begin(struct ot__cli *cli, struct ot_json *json, const char *schema);
void ot__cli_json_end(struct ot__cli *cli, struct ot_json *json);
/* "note: …" and progress lines on stderr. */
void ot__cli_note(const char *fmt, ...) OT_PRINTF(1, 2);
#endif
