/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a model's config.json. */
#include "catalog/internal.h"

enum ot_code ot_model_import(struct ot_arena *arena, const char *path, struct ot_sources *sources,
                             struct ot_model *ret, struct ot_err *err)
{
    (void)arena, (void)sources, (void)ret;
    return ot_err_set(err, OT_INPUT, ot_loc_of(ot_str_c(path), 1, 1), "config.json", ot_str_c(""),
                      "a model of the catalogue; the importer is not built yet");
}
