/* SPDX-License-Identifier: Apache-2.0 */
/* Trees: files that extend and include others, look-up by path, typed reads, `--set`. */
#define _XOPEN_SOURCE 700 /* realpath */
#include "offtake/base/node.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/internal.h"

enum {
    FILES_MAX = 256, /* read for one root, so that includes cannot multiply without end */
};

/* The files being read, innermost first: for cycles, and for the depth of the whole tree. */
struct chain {
    const struct chain *outer;
    struct ot_str real, shown; /* resolved path; path in messages */
};

struct loader {
    struct ot_arena *arena;
    struct ot_sources *sources;
    struct ot_err *err;
    struct ot_str root; /* resolved project folder */
    int files;
};

static enum ot_code load_file(struct loader *l, struct ot_str path, struct ot_loc from,
                              const struct chain *outer, int depth, struct ot_node **ret);

static struct ot_node *find(const struct ot_node *map, struct ot_str key)
{
    for (size_t i = 0; map && map->kind == OT_NODE_MAP && i < map->n; i++) {
        if (ot_str_eq(map->items[i].key, key))
            return &map->items[i];
    }
    return NULL;
}

/* Entries of `over` win over those of `base`; maps within maps merge, all else replaces. Recursion
 * is bounded by the depth of the trees. */
static struct ot_node merged(struct ot_arena *arena, const struct ot_node *base,
                             const struct ot_node *over)
{
    struct ot_node out = *over;
    out.items = ot_arena_calloc(arena, base->n + over->n, sizeof *out.items);
    out.n = 0;
    for (size_t i = 0; i < base->n; i++) {
        const struct ot_node *ours = find(over, base->items[i].key);
        if (!ours)
            out.items[out.n++] = base->items[i];
        else if (ours->kind == OT_NODE_MAP && base->items[i].kind == OT_NODE_MAP)
            out.items[out.n++] = merged(arena, &base->items[i], ours);
        else
            out.items[out.n++] = *ours;
    }
    for (size_t i = 0; i < over->n; i++) {
        if (!find(base, over->items[i].key))
            out.items[out.n++] = over->items[i];
    }
    return out;
}

/* Replaces what a node became, keeping its place in the map it is an entry of. */
static void become(struct ot_node *node, const struct ot_node *what)
{
    const struct ot_str key = node->key;
    const struct ot_loc key_loc = node->key_loc;
    *node = *what;
    node->key = key;
    node->key_loc = key_loc;
}

static enum ot_code load_named(struct loader *l, const struct ot_node *named,
                               const struct chain *chain, int depth, struct ot_node **ret)
{
    if (named->kind != OT_NODE_SCALAR || named->text.len == 0 || named->text.ptr[0] == '/')
        return ot_err_set(l->err, OT_INPUT, named->loc, named->key.ptr, named->text,
                          "a file name relative to this file");
    const struct ot_str dir = ot_path_dir(l->arena, chain->shown);
    const struct ot_str path =
        ot_str_is(dir, ".") ? named->text : ot_path_join(l->arena, dir, named->text);
    return load_file(l, path, named->loc, chain, depth, ret);
}

/* Carries out the extends and include of a subtree. */
static enum ot_code resolve(struct loader *l, struct ot_node *node, const struct chain *chain,
                            int depth)
{
    if (depth > OT__NODE_DEPTH_MAX)
        return ot_err_set(l->err, OT_INPUT, node->loc, NULL, ot_str_c(""),
                          "nested deeper than the 64 levels allowed, with what is included");
    struct ot_node *named = find(node, ot_str_c("include"));
    struct ot_node *other = NULL;
    if (named && node->n == 1) {
        const enum ot_code code = load_named(l, named, chain, depth, &other);
        if (code == OT_OK)
            become(node, other);
        return code;
    }
    for (size_t i = 0; i < node->n; i++) {
        const enum ot_code code = resolve(l, &node->items[i], chain, depth + 1);
        if (code != OT_OK)
            return code;
    }
    named = find(node, ot_str_c("extends"));
    if (!named)
        return OT_OK;
    const enum ot_code code = load_named(l, named, chain, depth, &other);
    if (code != OT_OK)
        return code;
    if (other->kind != OT_NODE_MAP)
        return ot_err_set(l->err, OT_INPUT, named->loc, "extends", named->text,
                          "a file whose top is a map");
    const size_t at = (size_t)(named - node->items);
    memmove(named, named + 1, (node->n - at - 1) * sizeof *named);
    node->n--;
    *node = merged(l->arena, other, node);
    return OT_OK;
}

/* The path with every link followed, in the arena; empty with errno set when there is none. */
static struct ot_str real_path(struct ot_arena *arena, const char *path)
{
    char *real = realpath(path, NULL);
    const struct ot_str copy = ot_str_dup(arena, ot_str_c(real));
    const int error = errno;
    free(real);
    errno = error;
    return copy;
}

static bool is_within(struct ot_str path, struct ot_str folder)
{
    return path.len > folder.len && memcmp(path.ptr, folder.ptr, folder.len) == 0 &&
           (path.ptr[folder.len] == '/' || ot_str_is(folder, "/"));
}

static enum ot_code refuse_cycle(struct loader *l, struct ot_loc from, const struct chain *outer,
                                 const struct chain *again, struct ot_str path)
{
    struct ot_str way = path; /* innermost last */
    for (const struct chain *c = outer; c; c = c == again ? NULL : c->outer)
        way = ot_str_fmt(l->arena, "%s -> %s", c->shown.ptr, way.ptr);
    return ot_err_set(l->err, OT_INPUT, from, NULL, path, "files include each other: %s", way.ptr);
}

static enum ot_code load_file(struct loader *l, struct ot_str path, struct ot_loc from,
                              const struct chain *outer, int depth, struct ot_node **ret)
{
    path = ot_str_dup(l->arena, path);
    const struct ot_loc blame = outer ? from : ot_loc_of(path, 0, 0);
    const struct ot_str value = outer ? path : ot_str_c("");
    const struct chain here = {outer, real_path(l->arena, path.ptr), path};
    if (here.real.len == 0)
        return ot_err_set(l->err, OT_INPUT, blame, NULL, value, "%s",
                          errno == ENOENT ? "no such file" : strerror(errno));
    if (!outer)
        l->root = ot_path_dir(l->arena, here.real);
    if (!is_within(here.real, l->root))
        return ot_err_set(l->err, OT_INPUT, blame, NULL, value, "a file within the project folder");
    for (const struct chain *c = outer; c; c = c->outer) {
        if (ot_str_eq(c->real, here.real))
            return refuse_cycle(l, blame, outer, c, path);
    }
    if (++l->files > FILES_MAX)
        return ot_err_set(l->err, OT_INPUT, blame, NULL, value,
                          "more than the %d files one project may include", FILES_MAX);
    struct ot_str text = {0};
    enum ot_code code =
        ot_file_read(l->arena, path.ptr, OT__YAML_BYTES_MAX, l->sources, &text, l->err);
    if (code == OT_OK)
        code = ot__yaml_tree(l->arena, text, path, ret, l->err);
    return code == OT_OK ? resolve(l, *ret, &here, depth) : code;
}

enum ot_code ot_yaml_load(struct ot_arena *arena, const char *path, struct ot_sources *sources,
                          struct ot_node **ret_root, struct ot_err *err)
{
    struct loader l = {.arena = arena, .sources = sources, .err = err};
    struct ot_node *root = NULL;
    const enum ot_code code = load_file(&l, ot_str_c(path), (struct ot_loc){0}, NULL, 1, &root);
    if (code == OT_OK)
        *ret_root = root;
    return code;
}

enum ot_code ot_yaml_parse(struct ot_arena *arena, struct ot_str text, const char *name,
                           struct ot_node **ret_root, struct ot_err *err)
{
    return ot__yaml_tree(arena, text, ot_str_dup(arena, ot_str_c(name)), ret_root, err);
}

const struct ot_node *ot_node_get(const struct ot_node *map, const char *key)
{
    return find(map, ot_str_c(key));
}

/* Takes the next step off a path: "key", "[3]" or "[key with.dots]"; false when malformed. */
struct step {
    struct ot_str key;
    int64_t index; /* -1: a key */
};
static bool next_step(struct ot_str *path, struct step *ret)
{
    struct ot_str rest = *path;
    ret->index = -1;
    if (rest.ptr[0] == '[') {
        const char *end = memchr(rest.ptr, ']', rest.len);
        if (!end || end == rest.ptr + 1)
            return false;
        ret->key = ot_str_n(rest.ptr + 1, (size_t)(end - rest.ptr) - 1);
        if (!ot_str_int(ret->key, &ret->index) || ret->index < 0)
            ret->index = -1;
        rest = ot_str_n(end + 1, rest.len - ret->key.len - 2);
    } else {
        size_t n = 0;
        while (n < rest.len && rest.ptr[n] != '.' && rest.ptr[n] != '[')
            n++;
        if (n == 0)
            return false;
        ret->key = ot_str_n(rest.ptr, n);
        rest = ot_str_n(rest.ptr + n, rest.len - n);
    }
    if (rest.len && rest.ptr[0] == '.') {
        rest = ot_str_n(rest.ptr + 1, rest.len - 1);
        if (rest.len == 0)
            return false;
    }
    *path = rest;
    return true;
}

static struct ot_node *step_to(const struct ot_node *node, const struct step *step)
{
    if (step->index >= 0 && node->kind == OT_NODE_SEQ)
        return (size_t)step->index < node->n ? &node->items[step->index] : NULL;
    return find(node, step->key);
}

const struct ot_node *ot_node_at(const struct ot_node *root, const char *path)
{
    struct ot_str rest = ot_str_c(path);
    const struct ot_node *node = root;
    while (node && rest.len) {
        struct step step;
        if (!next_step(&rest, &step))
            return NULL;
        node = step_to(node, &step);
    }
    return node;
}

/* The plain or quoted scalar under `key`, NULL if there is none. */
static const struct ot_node *scalar(const struct ot_node *map, const char *key)
{
    const struct ot_node *node = ot_node_get(map, key);
    return node && node->kind == OT_NODE_SCALAR ? node : NULL;
}

bool ot_node_num(const struct ot_node *map, const char *key, double *ret)
{
    const struct ot_node *node = scalar(map, key);
    return node && !node->quoted && ot_str_num(node->text, ret);
}

bool ot_node_int(const struct ot_node *map, const char *key, int64_t *ret)
{
    const struct ot_node *node = scalar(map, key);
    return node && !node->quoted && ot_str_int(node->text, ret);
}

bool ot_node_bool(const struct ot_node *map, const char *key, bool *ret)
{
    const struct ot_node *node = scalar(map, key);
    if (!node || node->quoted || !(ot_str_is(node->text, "true") || ot_str_is(node->text, "false")))
        return false;
    *ret = ot_str_is(node->text, "true");
    return true;
}

bool ot_node_str(const struct ot_node *map, const char *key, struct ot_str *ret)
{
    const struct ot_node *node = scalar(map, key);
    if (node)
        *ret = node->text;
    return node != NULL;
}

/* Adds an empty entry to a map; pointers into its old items are no longer good. */
static struct ot_node *add_entry(struct ot_arena *arena, struct ot_node *map, struct ot_str key,
                                 struct ot_loc loc)
{
    struct ot_node *items = ot_arena_calloc(arena, map->n + 1, sizeof *items);
    if (map->n)
        memcpy(items, map->items, map->n * sizeof *items);
    map->items = items;
    struct ot_node *entry = &map->items[map->n++];
    *entry = (struct ot_node){.loc = loc, .key_loc = loc, .key = ot_str_dup(arena, key)};
    return entry;
}

enum ot_code ot_node_set(struct ot_arena *arena, struct ot_node *root, struct ot_str assignment,
                         struct ot_loc loc, struct ot_err *err)
{
    struct ot_str value = {0};
    struct ot_str path = ot_str_cut(assignment, '=', &value);
    if (path.len == assignment.len || path.len == 0)
        return ot_err_set(err, OT_USAGE, loc, NULL, assignment, "path=value");
    struct ot_node *node = root;
    int depth = 0;
    for (struct ot_str rest = path; rest.len;) {
        struct step step;
        if (!next_step(&rest, &step) || ++depth > OT__NODE_DEPTH_MAX)
            return ot_err_set(err, OT_USAGE, loc, NULL, path, "a path such as offers[2].price");
        struct ot_node *next = step_to(node, &step);
        if (!next && step.index >= 0)
            return ot_err_set(err, OT_USAGE, loc, NULL, path, "no entry [%lld] to set",
                              (long long)step.index);
        if (!next && node->kind != OT_NODE_MAP && node->kind != OT_NODE_NULL)
            return ot_err_set(err, OT_USAGE, loc, NULL, path, "'%.*s' is below a plain value",
                              (int)step.key.len, step.key.ptr);
        if (!next) {
            node->kind = OT_NODE_MAP;
            next = add_entry(arena, node, step.key, loc);
        }
        node = next;
    }
    value = ot_str_dup(arena, ot_str_trim(value));
    const struct ot_node replaced = *node;
    *node = (struct ot_node){.kind = value.len ? OT_NODE_SCALAR : OT_NODE_NULL,
                             .loc = loc,
                             .key_loc = replaced.key_loc,
                             .key = replaced.key,
                             .text = value};
    return OT_OK;
}
