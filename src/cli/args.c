/* SPDX-License-Identifier: Apache-2.0 */
/* From argv to options: `--name value`, `--name=value`, flags, `-o value`, positionals, `--` (only
 * positionals follow). An option is known when the command's table or the common one has it; what
 * is close to a known name is suggested. Nothing is computed before all arguments are understood.
 */
#include "cli/cli.h"

#include <string.h>

/* Every option may be given once, but for these. */
static bool repeats(const char *name)
{
    return strcmp(name, "set") == 0;
}

const struct ot__opt *ot__common_opts(size_t *ret_n)
{
    static const struct ot__opt rows[] = {
        {"json", NULL, NULL, "result as JSON on stdout"},
        {"csv", NULL, NULL, "result as CSV on stdout"},
        {"html", "FILE", NULL, "also write a self-contained report that opens offline"},
        {"explain", NULL, NULL, "add the tree of parts that sums to the result"},
        {"set", "PATH=VALUE", NULL, "replace one value of the input file (repeatable)"},
        {"seed", "N", "1", "seed of all random numbers"},
        {"threads", "N", "CPUs allowed", "worker threads; never changes the result"},
        {"help", NULL, NULL, "this text"},
    };
    *ret_n = OT_COUNT(rows);
    return rows;
}

/* Walks the command's rows, then the common ones; NULL past the end. */
static const struct ot__opt *nth_opt(const struct ot__cmd *cmd, size_t i)
{
    size_t common_n = 0;
    const struct ot__opt *common = ot__common_opts(&common_n);
    size_t own_n = cmd == NULL ? 0 : cmd->opts_n;
    if (i < own_n)
        return &cmd->opts[i];
    return i - own_n < common_n ? &common[i - own_n] : NULL;
}

static const struct ot__opt *find_opt(const struct ot__cmd *cmd, struct ot_str name)
{
    const struct ot__opt *opt = NULL;
    for (size_t i = 0; (opt = nth_opt(cmd, i)) != NULL; i++)
        if (ot_str_is(name, opt->name))
            return opt;
    return NULL;
}

/* The nearest of the names within a third of the length; NULL when none is near. */
struct nearest {
    struct ot_str wanted;
    const char *name;
    size_t distance;
};
static void nearest_try(struct nearest *best, const char *name)
{
    size_t limit = 1 + best->wanted.len / 3;
    size_t distance = ot_str_distance(best->wanted, ot_str_c(name), limit + 1);
    if (distance <= limit && (best->name == NULL || distance < best->distance)) {
        best->name = name;
        best->distance = distance;
    }
}

static enum ot_code unknown_option(const struct ot__cli *cli, struct ot_str name,
                                   struct ot_str shown, struct ot_loc loc, struct ot_err *err)
{
    struct nearest best = {.wanted = name};
    const struct ot__opt *opt = NULL;
    for (size_t i = 0; (opt = nth_opt(cli->cmd, i)) != NULL; i++)
        nearest_try(&best, opt->name);
    if (best.name != NULL)
        return ot_err_set(err, OT_USAGE, loc, "option", shown,
                          "unknown option; did you mean '%s%s'?", best.name[1] ? "--" : "-",
                          best.name);
    return ot_err_set(err, OT_USAGE, loc, "option", shown,
                      "unknown option; 'offtake %s --help' lists them", cli->cmd->name);
}

static enum ot_code find_command(struct ot__cli *cli, const char *name, struct ot_err *err)
{
    struct ot_loc loc = ot_loc_of(ot_str_c("<args>"), 1, 1);
    struct nearest best = {.wanted = ot_str_c(name)};
    size_t n = 0;
    const struct ot__cmd *const *rows = ot__commands(&n);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(rows[i]->name, name) == 0) {
            cli->cmd = rows[i];
            return OT_OK;
        }
        nearest_try(&best, rows[i]->name);
    }
    if (best.name != NULL)
        return ot_err_set(err, OT_USAGE, loc, "command", ot_str_c(name),
                          "unknown command; did you mean '%s'?", best.name);
    return ot_err_set(err, OT_USAGE, loc, "command", ot_str_c(name),
                      "unknown command; 'offtake --help' lists them");
}

/* One option at argv[*at]; advances past its value. */
static enum ot_code take_option(struct ot__cli *cli, int argc, char **argv, int *at,
                                struct ot_err *err)
{
    const char *arg = argv[*at];
    struct ot_loc loc = ot_loc_of(ot_str_c("<args>"), 1, *at);
    const char *body = arg + (arg[1] == '-' ? 2 : 1);
    struct ot_str value = {0};
    struct ot_str name = ot_str_cut(ot_str_c(body), '=', &value);
    bool attached = strchr(body, '=') != NULL;
    struct ot_str shown = ot_str_n(arg, (size_t)(body - arg) + name.len);
    const struct ot__opt *opt = find_opt(cli->cmd, name);
    if (opt == NULL || (opt->name[1] != '\0' && arg[1] != '-'))
        return unknown_option(cli, name, shown, loc, err);
    if (ot__cli_given(cli, opt->name) != NULL && !repeats(opt->name))
        return ot_err_set(err, OT_USAGE, loc, "option", shown, "is given twice; give it once");
    if (opt->arg == NULL && attached)
        return ot_err_set(err, OT_USAGE, loc, "option", ot_str_c(arg), "takes no value");
    if (opt->arg != NULL && !attached) {
        const char *next = *at + 1 < argc ? argv[*at + 1] : NULL;
        if (next == NULL || strncmp(next, "--", 2) == 0)
            return ot_err_set(err, OT_USAGE, loc, "option", shown, "needs a value: %s", opt->arg);
        *at += 1;
        loc.col = *at;
        value = ot_str_c(next);
    }
    cli->given[cli->given_n++] = (struct ot__given){opt->name, value, loc};
    return OT_OK;
}

static enum ot_code take_all(struct ot__cli *cli, int argc, char **argv, struct ot_err *err)
{
    bool only_positionals = false;
    size_t positionals_n = 0;
    for (int at = 2; at < argc; at++) {
        const char *arg = argv[at];
        if (!only_positionals && strcmp(arg, "--") == 0) {
            only_positionals = true;
        } else if (!only_positionals && arg[0] == '-' && arg[1] != '\0') {
            enum ot_code code = take_option(cli, argc, argv, &at, err);
            if (code != OT_OK)
                return code;
        } else {
            struct ot_loc loc = ot_loc_of(ot_str_c("<args>"), 1, at);
            if (positionals_n++ == cli->cmd->args_max)
                return ot_err_set(err, OT_USAGE, loc, "argument", ot_str_c(arg),
                                  "is one too many; usage: %s", cli->cmd->usage);
            cli->given[cli->given_n++] = (struct ot__given){NULL, ot_str_c(arg), loc};
        }
    }
    return OT_OK;
}

static enum ot_code check_format(const struct ot__cli *cli, const char *name, bool refused,
                                 struct ot_err *err)
{
    const struct ot__given *given = ot__cli_given(cli, name);
    if (given == NULL || !refused)
        return OT_OK;
    return ot_err_set(err, OT_USAGE, given->loc, "option", ot_str_fmt(cli->arena, "--%s", name),
                      "'offtake %s' has no such output", cli->cmd->name);
}

/* The common options into their members. */
static enum ot_code take_common(struct ot__cli *cli, struct ot_err *err)
{
    const struct ot__given *csv = ot__cli_given(cli, "csv");
    bool json = ot__cli_flag(cli, "json");
    if (json && csv != NULL)
        return ot_err_set(err, OT_USAGE, csv->loc, "option", ot_str_c("--csv"),
                          "give at most one of --json and --csv");
    enum ot_code code = check_format(cli, "csv", cli->cmd->no_csv, err);
    if (code == OT_OK)
        code = check_format(cli, "html", cli->cmd->no_html, err);
    if (code != OT_OK)
        return code;
    cli->format = json ? OT__JSON : csv != NULL ? OT__CSV : OT__TEXT;
    cli->explain = ot__cli_flag(cli, "explain");
    cli->html_path = ot__cli_text(cli, "html", NULL);
    cli->want_json = cli->html_path != NULL;
    int64_t seed = 1;
    int64_t threads = 0;
    code = ot__cli_int(cli, "seed", 0, INT64_MAX, 1, &seed, err);
    if (code == OT_OK)
        code = ot__cli_int(cli, "threads", 1, 1024, ot_pool_cpus(), &threads, err);
    if (code != OT_OK)
        return code;
    cli->seed = (uint64_t)seed;
    cli->threads = (int)threads;
    return OT_OK;
}

/* argv[1] is a command here; main has taken --help and --version. */
enum ot_code ot__args_parse(struct ot__cli *cli, int argc, char **argv, struct ot_err *err)
{
    enum ot_code code = find_command(cli, argv[1], err);
    if (code != OT_OK)
        return code;
    cli->given = ot_arena_calloc(cli->arena, (size_t)argc, sizeof(*cli->given));
    code = take_all(cli, argc, argv, err);
    if (code != OT_OK || ot__cli_flag(cli, "help"))
        return code;
    return take_common(cli, err);
}
