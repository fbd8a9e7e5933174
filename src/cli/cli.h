/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFTAKE_CLI_CLI_H
#define OFFTAKE_CLI_CLI_H
/* The command line: a table of commands, each in its own cmd_<name>.c, each with a table of
 * options. A command computes, writes its whole result into cli->out (best through ot__cli_emit,
 * which serves every format), and returns a code; main prints `out` to stdout only for codes 0 and
 * 1, and the error to stderr otherwise.
 *
 * To add a command: write cmd_<name>.c, add it to src/cli/meson.build and a row to commands.c. */
#include "offtake/cost.h"

enum ot__format {
    OT__TEXT,
    OT__JSON,
    OT__CSV
};

struct ot__opt {      /* one row of an option table */
    const char *name; /* without the dashes; one letter takes one dash or two ("-o", "--m") */
    const char *arg;  /* name of its value in help, e.g. "N"; NULL = a flag */
    const char *def;  /* default as printed in help; NULL = none */
    const char *help;
};
struct ot__given {    /* one option or positional as given */
    const char *name; /* NULL: positional */
    struct ot_str value;
    struct ot_loc loc; /* <args>:1:N, N = number of the argument, the command being 1 */
};

struct ot__cmd;
struct ot__cli {
    struct ot_arena *arena;
    const struct ot__cmd *cmd;
    struct ot_catalog *catalog; /* opened on first use by ot__cli_catalog */
    struct ot_fits *fits;
    struct ot_sources *catalog_sources; /* NULL until the catalogue is open */
    struct ot_sources sources;          /* files read beside the catalogue's */
    struct ot_assumed assumed;
    struct ot__given *given;
    size_t given_n;
    size_t sets_used; /* by ot__cli_sets; a --set nobody used is an error */
    enum ot__format format;
    bool explain;
    const char *html_path; /* NULL = none */
    const char *data_root; /* NULL until ot__cli_data_root */
    uint64_t seed;
    int threads;
    struct ot_buf out;  /* what goes to stdout */
    struct ot_buf json; /* the result as JSON, when --html or the run store needs it */
    bool want_json;     /* set it before ot__cli_emit to have cli->json filled */
    bool progress;      /* stderr is a terminal */
};

struct ot__cmd {
    const char *name;
    const char *usage; /* "offtake kernel --chip NAME --op OP …" */
    const char *help;  /* one line */
    const struct ot__opt *opts;
    size_t opts_n;
    enum ot_code (*run)(struct ot__cli *cli, struct ot_err *err);
    size_t args_max; /* positionals taken; more are refused */
    bool no_csv;     /* --csv is refused before anything runs */
    bool no_html;
};

/* Every cmd_<name>.c defines one of these; commands.c lists them. */
extern const struct ot__cmd ot__cmd_catalog, ot__cmd_kernel, ot__cmd_step, ot__cmd_serve,
    ot__cmd_size, ot__cmd_validate, ot__cmd_calibrate, ot__cmd_trace, ot__cmd_plan, ot__cmd_deal,
    ot__cmd_runs, ot__cmd_doctor, ot__cmd_schema, ot__cmd_report, ot__cmd_train, ot__cmd_ui,
    ot__cmd_sweep;
const struct ot__cmd *const *ot__commands(size_t *ret_n);
/* The options every command takes (--json, --seed, …). */
const struct ot__opt *ot__common_opts(size_t *ret_n);
const char *ot__version(void);

/* Options as given; NULL / false / the default when absent. */
const struct ot__given *ot__cli_given(const struct ot__cli *cli, const char *name);
const struct ot__given *ot__cli_positional(const struct ot__cli *cli, size_t index);
bool ot__cli_flag(const struct ot__cli *cli, const char *name);
/* The text of an option, NUL-terminated; `def` when absent. */
const char *ot__cli_text(const struct ot__cli *cli, const char *name, const char *def);
/* Absent: *ret = def. A bad value is OT_USAGE with its place. Bare numbers are taken as SI for
 * OT_DIM_REQ_PER_S and OT_DIM_NONE only. */
enum ot_code ot__cli_num(const struct ot__cli *cli, const char *name, enum ot_dim dim, double def,
                         double *ret, struct ot_err *err) OT_MUST_CHECK;
enum ot_code ot__cli_int(const struct ot__cli *cli, const char *name, int64_t min, int64_t max,
                         int64_t def, int64_t *ret, struct ot_err *err) OT_MUST_CHECK;
enum ot_code ot__cli_dtype(const struct ot__cli *cli, const char *name, enum ot_dtype def,
                           enum ot_dtype *ret, struct ot_err *err) OT_MUST_CHECK;
/* OT_USAGE at the place of `given`, for checks of a command's own. */
enum ot_code ot__cli_refuse(const struct ot__cli *cli, const struct ot__given *given,
                            const char *allowed, struct ot_err *err);
/* Required option: OT_USAGE that says which when it is missing. */
enum ot_code ot__cli_need(const struct ot__cli *cli, const char *name, struct ot__given const **ret,
                          struct ot_err *err) OT_MUST_CHECK;
/* Required positional; `what` names it in the message: "the plan file". */
enum ot_code ot__cli_need_positional(const struct ot__cli *cli, size_t index, const char *what,
                                     struct ot__given const **ret,
                                     struct ot_err *err) OT_MUST_CHECK;
/* Applies every --set path=value to the loaded input. */
enum ot_code ot__cli_sets(struct ot__cli *cli, struct ot_node *root,
                          struct ot_err *err) OT_MUST_CHECK;

/* OFFTAKE_DATA, else <exe>/../share/offtake, else <exe>/../data; OT_INPUT when there is none. */
bool ot__is_dir(const char *path);
enum ot_code ot__cli_data_root(struct ot__cli *cli, struct ot_err *err) OT_MUST_CHECK;
enum ot_code ot__cli_catalog(struct ot__cli *cli, struct ot_err *err) OT_MUST_CHECK; /* + fits */

/* How a command shows its result: one function per format, each adding to what it is given. */
struct ot__view {
    const char *schema; /* name of the result in JSON: "plan" */
    void (*text)(struct ot__cli *cli, const void *result, struct ot_buf *out);
    void (*json)(struct ot__cli *cli, const void *result, struct ot_json *json); /* keys only */
    void (*csv)(struct ot__cli *cli, const void *result, struct ot_buf *out); /* NULL with no_csv */
};
/* Fills cli->out in the format asked for, and cli->json where --html or want_json needs it. */
void ot__cli_emit(struct ot__cli *cli, const struct ot__view *view, const void *result);

/* JSON envelope: opens the object with schema, version, seed, data hashes; the command adds its own
 * keys; _end adds "assumed" and closes. ot__cli_emit calls both. */
void ot__cli_json_begin(struct ot__cli *cli, struct ot_json *json, const char *schema);
void ot__cli_json_end(struct ot__cli *cli, struct ot_json *json);

/* The run store: --store FILE, else $XDG_DATA_HOME/offtake/runs.db, else
 * ~/.local/share/offtake/runs.db; NULL when there is no home folder. */
const char *ot__store_path(const struct ot__cli *cli);
/* Saves cli->json (set want_json before ot__cli_emit) as a run and notes its number on stderr. A
 * default store that cannot be written is a note, a --store that cannot is OT_OUTPUT; --no-store
 * saves nothing. The command's table needs both rows below. */
enum ot_code ot__cli_save(struct ot__cli *cli, struct ot_str title,
                          struct ot_err *err) OT_MUST_CHECK;
#define OT__STORE_OPT                                                                              \
    {                                                                                              \
        "store", "FILE", "the user's data folder", "run store to use"                              \
    }
#define OT__NO_STORE_OPT                                                                           \
    {                                                                                              \
        "no-store", NULL, NULL, "do not save this run"                                             \
    }

/* "note: …" and progress lines on stderr. */
void ot__cli_note(const char *fmt, ...) OT_PRINTF(1, 2);

/* Between main.c and its parts. */
enum ot_code ot__args_parse(struct ot__cli *cli, int argc, char **argv,
                            struct ot_err *err) OT_MUST_CHECK;
void ot__help_program(struct ot_buf *out);
void ot__help_command(const struct ot__cmd *cmd, struct ot_buf *out);
#endif
