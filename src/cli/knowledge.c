/* SPDX-License-Identifier: Apache-2.0 */
/* Opens the catalogue and the fits, once, when a command first needs them; options whose values the
 * catalogue names. */
#include "cli/cli.h"

enum ot_code ot__cli_catalog(struct ot__cli *cli, struct ot_err *err)
{
    if (cli->fits != NULL)
        return OT_OK;
    enum ot_code code = ot__cli_data_root(cli, err);
    if (code != OT_OK)
        return code;
    code = ot_catalog_open(cli->arena, cli->data_root, NULL, &cli->catalog, err);
    if (code != OT_OK)
        return code;
    cli->catalog_sources = ot_catalog_sources(cli->catalog);
    return ot_fits_open(cli->arena, cli->catalog, &cli->fits, err);
}

enum ot_code ot__cli_dtype(const struct ot__cli *cli, const char *name, enum ot_dtype def,
                           enum ot_dtype *ret, struct ot_err *err)
{
    const struct ot__given *given = ot__cli_given(cli, name);
    if (given == NULL) {
        *ret = def;
        return OT_OK;
    }
    if (ot_dtype_parse(given->value, ret))
        return OT_OK;
    struct ot_buf names;
    ot_buf_init(&names, cli->arena, 0);
    ot_buf_addc(&names, "a number format:");
    for (int i = 0; i < (int)OT_DTYPE_COUNT; i++)
        ot_buf_addf(&names, "%s %s", i == 0 ? "" : ",", ot_dtype_name((enum ot_dtype)i));
    return ot__cli_refuse(cli, given, names.ptr, err);
}
