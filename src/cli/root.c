/* SPDX-License-Identifier: Apache-2.0 */
/* Where the data folder is: OFFTAKE_DATA, else beside an installed program, else beside a built
 * one. */
#include "cli/cli.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    PATH_MAX_BYTES = 4096
};

bool ot__is_dir(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static struct ot_str exe_dir(struct ot_arena *arena)
{
    char *path = ot_arena_calloc(arena, PATH_MAX_BYTES, 1);
    ssize_t n = readlink("/proc/self/exe", path, PATH_MAX_BYTES - 1);
    return n <= 0 ? ot_str_c(".") : ot_path_dir(arena, ot_str_n(path, (size_t)n));
}

enum ot_code ot__cli_data_root(struct ot__cli *cli, struct ot_err *err)
{
    if (cli->data_root != NULL)
        return OT_OK;
    const char *given = getenv("OFFTAKE_DATA");
    if (given != NULL && given[0] != '\0') {
        if (!ot__is_dir(given))
            return ot_err_set(err, OT_INPUT, ot_loc_of(ot_str_c("<environment>"), 1, 1),
                              "OFFTAKE_DATA", ot_str_c(given), "must name the data folder");
        cli->data_root = given;
        return OT_OK;
    }
    static const char *const beside[] = {"../share/offtake", "../data"};
    struct ot_str dir = exe_dir(cli->arena);
    for (size_t i = 0; i < OT_COUNT(beside); i++) {
        struct ot_str path = ot_path_join(cli->arena, dir, ot_str_c(beside[i]));
        if (ot__is_dir(path.ptr)) {
            cli->data_root = path.ptr;
            return OT_OK;
        }
    }
    return ot_err_plain(err, OT_INPUT,
                        "no data folder beside the program (../share/offtake or ../data); set "
                        "OFFTAKE_DATA to it");
}
