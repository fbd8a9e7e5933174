/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFTAKE_BASE_NODE_H
#define OFFTAKE_BASE_NODE_H
/* One tree for YAML and JSON input, with positions; read-only once made.
 *
 * YAML dialect (DESIGN 5): UTF-8, at most 4 MiB, one document, depth <= 64, no anchors, aliases,
 * tags, merge keys, duplicate keys. A map may say `extends: FILE` (keys of this map win, maps merge
 * deeply) and any value may be `{include: FILE}`; paths are relative to the including file, stay
 * inside the project folder (the folder of the first file, or the data root), cycles are named. */
#include "offtake/base/arena.h"
#include "offtake/base/err.h"
#include "offtake/base/str.h"

enum ot_node_kind {
    OT_NODE_NULL,
    OT_NODE_SCALAR,
    OT_NODE_SEQ,
    OT_NODE_MAP
};

struct ot_node {
    enum ot_node_kind kind;
    struct ot_loc loc;     /* of the value; maps and sequences: of their key or first entry */
    struct ot_loc key_loc; /* of the key, where the node is a map entry */
    struct ot_str key;     /* where the node is a map entry */
    struct ot_str text;    /* scalars: as written, unquoted */
    bool quoted;           /* scalar was quoted (JSON: was a string) */
    struct ot_node *items; /* n children */
    size_t n;
};

/* Every file read is appended here, for the hashes in the result. */
struct ot_sources {
    struct ot_arena *arena;
    struct ot_source {
        struct ot_str path; /* as opened */
        uint64_t hash[2];   /* XXH3-128, high word first */
    } * items;
    size_t n, cap;
};
void ot_sources_init(struct ot_sources *sources, struct ot_arena *arena);
void ot_sources_add(struct ot_sources *sources, struct ot_str path, const void *bytes, size_t n);

/* sources may be NULL. On success *ret_root is a tree in `arena`. */
enum ot_code ot_yaml_load(struct ot_arena *arena, const char *path, struct ot_sources *sources,
                          struct ot_node **ret_root, struct ot_err *err) OT_MUST_CHECK;
/* From memory, without extends and include; `name` stands for the file in messages. */
enum ot_code ot_yaml_parse(struct ot_arena *arena, struct ot_str text, const char *name,
                           struct ot_node **ret_root, struct ot_err *err) OT_MUST_CHECK;
enum ot_code ot_json_load(struct ot_arena *arena, const char *path, struct ot_sources *sources,
                          struct ot_node **ret_root, struct ot_err *err) OT_MUST_CHECK;
enum ot_code ot_json_parse(struct ot_arena *arena, struct ot_str text, const char *name,
                           struct ot_node **ret_root, struct ot_err *err) OT_MUST_CHECK;

const struct ot_node *ot_node_get(const struct ot_node *map, const char *key); /* NULL if absent */
/* Dotted path with [i] for sequences: "offers[2].price"; NULL if absent. */
const struct ot_node *ot_node_at(const struct ot_node *root, const char *path);
/* Typed reads of a scalar child; false when absent or of another type. */
bool ot_node_num(const struct ot_node *map, const char *key, double *ret);
bool ot_node_int(const struct ot_node *map, const char *key, int64_t *ret);
bool ot_node_bool(const struct ot_node *map, const char *key, bool *ret);
bool ot_node_str(const struct ot_node *map, const char *key, struct ot_str *ret);
/* `--set path=value`: replaces or adds a scalar; the message names the argument. */
enum ot_code ot_node_set(struct ot_arena *arena, struct ot_node *root, struct ot_str assignment,
                         struct ot_loc loc, struct ot_err *err) OT_MUST_CHECK;
#endif
