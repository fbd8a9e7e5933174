/* SPDX-License-Identifier: Apache-2.0 */
/* What the user gave on the command line, typed: texts, numbers with units, counts. Every refusal
 * names the option, the value, its place and what is allowed. */
#include "cli/cli.h"

const struct ot__given *ot__cli_given(const struct ot__cli *cli, const char *name)
{
    for (size_t i = 0; i < cli->given_n; i++) {
        const struct ot__given *given = &cli->given[i];
        if (given->name != NULL && ot_str_is(ot_str_c(given->name), name))
            return given;
    }
    return NULL;
}

const struct ot__given *ot__cli_positional(const struct ot__cli *cli, size_t index)
{
    for (size_t i = 0; i < cli->given_n; i++) {
        if (cli->given[i].name != NULL)
            continue;
        if (index == 0)
            return &cli->given[i];
        index--;
    }
    return NULL;
}

bool ot__cli_flag(const struct ot__cli *cli, const char *name)
{
    return ot__cli_given(cli, name) != NULL;
}

const char *ot__cli_text(const struct ot__cli *cli, const char *name, const char *def)
{
    const struct ot__given *given = ot__cli_given(cli, name);
    return given == NULL ? def : given->value.ptr;
}

/* "--name", as it stands in messages. */
static const char *shown(const struct ot__cli *cli, const char *name)
{
    if (name == NULL)
        return "argument";
    const char *dashes = name[0] != '\0' && name[1] == '\0' ? "-" : "--";
    return ot_str_fmt(cli->arena, "%s%s", dashes, name).ptr;
}

enum ot_code ot__cli_refuse(const struct ot__cli *cli, const struct ot__given *given,
                            const char *allowed, struct ot_err *err)
{
    return ot_err_set(err, OT_USAGE, given->loc, shown(cli, given->name), given->value, "%s",
                      allowed);
}

enum ot_code ot__cli_num(const struct ot__cli *cli, const char *name, enum ot_dim dim, double def,
                         double *ret, struct ot_err *err)
{
    const struct ot__given *given = ot__cli_given(cli, name);
    if (given == NULL) {
        *ret = def;
        return OT_OK;
    }
    bool bare = dim == OT_DIM_NONE || dim == OT_DIM_REQ_PER_S;
    if (bare && ot_str_num(given->value, ret))
        return OT_OK;
    const char *why = "a number";
    if (!ot_units_parse(given->value, dim, ret, &why))
        return ot__cli_refuse(cli, given, why, err);
    return OT_OK;
}

enum ot_code ot__cli_int(const struct ot__cli *cli, const char *name, int64_t min, int64_t max,
                         int64_t def, int64_t *ret, struct ot_err *err)
{
    const struct ot__given *given = ot__cli_given(cli, name);
    if (given == NULL) {
        *ret = def;
        return OT_OK;
    }
    int64_t value = 0;
    if (!ot_str_int(given->value, &value) || value < min || value > max) {
        struct ot_str allowed = ot_str_fmt(cli->arena, "a whole number from %lld to %lld",
                                           (long long)min, (long long)max);
        return ot__cli_refuse(cli, given, allowed.ptr, err);
    }
    *ret = value;
    return OT_OK;
}

enum ot_code ot__cli_need(const struct ot__cli *cli, const char *name, struct ot__given const **ret,
                          struct ot_err *err)
{
    const struct ot__given *given = ot__cli_given(cli, name);
    if (given == NULL) {
        struct ot_loc end = ot_loc_of(ot_str_c("<args>"), 1, (int64_t)cli->given_n + 2);
        return ot_err_set(err, OT_USAGE, end, shown(cli, name), ot_str_c(""),
                          "is missing; 'offtake %s --help' lists the options", cli->cmd->name);
    }
    *ret = given;
    return OT_OK;
}

enum ot_code ot__cli_need_positional(const struct ot__cli *cli, size_t index, const char *what,
                                     struct ot__given const **ret, struct ot_err *err)
{
    const struct ot__given *given = ot__cli_positional(cli, index);
    if (given == NULL) {
        struct ot_loc end = ot_loc_of(ot_str_c("<args>"), 1, (int64_t)cli->given_n + 2);
        return ot_err_set(err, OT_USAGE, end, what, ot_str_c(""), "is missing; usage: %s",
                          cli->cmd->usage);
    }
    *ret = given;
    return OT_OK;
}

enum ot_code ot__cli_sets(struct ot__cli *cli, struct ot_node *root, struct ot_err *err)
{
    for (size_t i = 0; i < cli->given_n; i++) {
        const struct ot__given *given = &cli->given[i];
        if (given->name == NULL || !ot_str_is(ot_str_c(given->name), "set"))
            continue;
        enum ot_code code = ot_node_set(cli->arena, root, given->value, given->loc, err);
        if (code != OT_OK)
            return code;
        cli->sets_used++;
    }
    return OT_OK;
}
