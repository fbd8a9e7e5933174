/* SPDX-License-Identifier: Apache-2.0 */
/* Opens the catalogue and the fits, once, when a command first needs them. */
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
