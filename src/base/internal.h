/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFTAKE_SRC_BASE_INTERNAL_H
#define OFFTAKE_SRC_BASE_INTERNAL_H
/* What the files of this floor share and no other floor sees. */
#include "offtake/base/field.h"
#include "offtake/base/file.h"
#include "offtake/base/node.h"

/* As ot_reader_open; with `sources`, the file as stored is hashed while it is read, and is recorded
 * there once its end is reached. */
enum ot_code ot__reader_open(struct ot_arena *arena, const char *path, struct ot_sources *sources,
                             struct ot_reader **ret, struct ot_err *err) OT_MUST_CHECK;

/* Appends one record unless the same path with the same hash is there. */
void ot__sources_record(struct ot_sources *sources, struct ot_str path, const uint64_t hash[2]);

/* Line and column (1-based, in characters) of the byte at `offset`. */
struct ot_loc ot__loc_at(struct ot_str text, size_t offset, struct ot_str file);

/* One file into a tree, without extends and include; `name` stands in messages. */
enum ot_code ot__yaml_tree(struct ot_arena *arena, struct ot_str text, struct ot_str name,
                           struct ot_node **ret_root, struct ot_err *err) OT_MUST_CHECK;
/* A bound of a field with its unit, in as few digits as say it. */
struct ot_str ot__bound_text(struct ot_arena *arena, const struct ot_field *row, double value);

/* Names of the statuses a fact may have. */
const struct ot_enum_names *ot__status_names(void);

enum {
    OT__NODE_DEPTH_MAX = 64,
    OT__YAML_BYTES_MAX = 4 << 20,
    OT__JSON_BYTES_MAX = 64 << 20,
};
#endif
