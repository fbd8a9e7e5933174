/* SPDX-License-Identifier: Apache-2.0 */
/* YAML text into a tree. libfyaml's events give every position; what the dialect forbids (several
 * documents, anchors, aliases, tags, merge keys, duplicate keys, depth over 64) is refused here,
 * because the events check none of it. Not covered: YAML's own types; every scalar stays text. */
#include <libfyaml.h>
#include <stdlib.h>
#include <string.h>

#include "base/internal.h"

enum {
    BIG_MAP = 32 /* keys; from here on duplicates are found by sorting */
};

/* A map or sequence being read. Children collect in `items`, grown in the tree's arena. */
struct level {
    struct ot_node node;
    size_t cap;
    bool has_key; /* maps: a key is read, its value comes next */
    struct ot_str key;
    struct ot_loc key_loc;
};

struct builder {
    struct ot_arena *arena;
    struct ot_str name; /* of the file */
    struct ot_err *err;
    struct level *levels;
    size_t depth;
    struct ot_node root;
    bool has_root;
};

static struct ot_loc loc_of(const struct builder *b, const struct fy_mark *mark)
{
    return mark ? ot_loc_of(b->name, mark->line + 1, mark->column + 1) : ot_loc_of(b->name, 0, 0);
}

static enum ot_code refuse(const struct builder *b, struct ot_loc loc, struct ot_str value,
                           const char *what)
{
    return ot_err_set(b->err, OT_INPUT, loc, NULL, value, "%s", what);
}

/* Puts a finished value where it belongs. */
static enum ot_code place(struct builder *b, struct ot_node node)
{
    if (b->depth == 0) {
        b->root = node;
        b->has_root = true;
        return OT_OK;
    }
    struct level *level = &b->levels[b->depth - 1];
    if (level->node.kind == OT_NODE_MAP) {
        if (!level->has_key)
            return refuse(b, node.loc, ot_str_c(""), "a key must be plain text");
        node.key = level->key;
        node.key_loc = level->key_loc;
        if (node.loc.line == 0)
            node.loc = node.key_loc; /* a value left out */
        level->has_key = false;
    }
    if (level->node.n == level->cap) {
        const size_t cap = level->cap ? level->cap * 2 : 4;
        level->node.items = ot_arena_grow(b->arena, level->node.items, level->node.n, cap,
                                          sizeof *level->node.items);
        level->cap = cap;
    }
    level->node.items[level->node.n++] = node;
    return OT_OK;
}

static enum ot_code take_key(struct builder *b, struct level *level, struct ot_str text,
                             struct ot_loc loc)
{
    if (ot_str_is(text, "<<"))
        return refuse(b, loc, text, "merge keys are not used here; say extends: FILE");
    if (text.len == 0)
        return refuse(b, loc, text, "a key must not be empty");
    level->key = text;
    level->key_loc = loc;
    level->has_key = true;
    return OT_OK;
}

static bool is_null(struct ot_str text)
{
    return text.len == 0 || ot_str_is(text, "~") || ot_str_is(text, "null");
}

static enum ot_code take_scalar(struct builder *b, struct fy_event *event, struct ot_loc loc)
{
    const enum fy_scalar_style style =
        event->scalar.value ? fy_token_scalar_style(event->scalar.value) : FYSS_PLAIN;
    if (style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED)
        loc.col--; /* the parser's mark is behind the quote */
    size_t len = 0;
    const char *ptr = event->scalar.value ? fy_token_get_text(event->scalar.value, &len) : "";
    if (!ptr)
        return refuse(b, loc, ot_str_c(""), "text that cannot be read");
    const struct ot_str text = ot_str_dup(b->arena, ot_str_n(ptr, len));
    if (memchr(text.ptr, '\0', text.len))
        return refuse(b, loc, ot_str_c(""), "text must not contain a NUL character");
    if (!ot_str_valid_utf8(text, NULL)) /* by an escape such as "\\ud800" */
        return refuse(b, loc, ot_str_c(""), "an escape that is no character");
    struct level *level = b->depth ? &b->levels[b->depth - 1] : NULL;
    if (level && level->node.kind == OT_NODE_MAP && !level->has_key)
        return take_key(b, level, text, loc);
    struct ot_node node = {.kind = OT_NODE_SCALAR, .loc = loc, .text = text};
    node.quoted = style != FYSS_PLAIN;
    if (!node.quoted && is_null(text))
        node.kind = OT_NODE_NULL;
    return place(b, node);
}

static enum ot_code open_level(struct builder *b, enum ot_node_kind kind, struct ot_loc loc)
{
    const struct level *outer = b->depth ? &b->levels[b->depth - 1] : NULL;
    if (b->depth == OT__NODE_DEPTH_MAX)
        return refuse(b, loc, ot_str_c(""), "nested deeper than the 64 levels allowed");
    if (outer && outer->node.kind == OT_NODE_MAP && !outer->has_key)
        return refuse(b, loc, ot_str_c(""), "a key must be plain text");
    b->levels[b->depth++] = (struct level){.node = {.kind = kind, .loc = loc}};
    return OT_OK;
}

static int compare_keys(const void *a, const void *b)
{
    const struct ot_node *x = *(const struct ot_node *const *)a;
    const struct ot_node *y = *(const struct ot_node *const *)b;
    const int order = ot_str_cmp(x->key, y->key);
    return order ? order : (x > y) - (x < y);
}

/* The later one of two entries with the same key, NULL if all differ. */
static const struct ot_node *duplicate(struct ot_arena *arena, const struct ot_node *map)
{
    if (map->n <= BIG_MAP) {
        for (size_t i = 1; i < map->n; i++) {
            for (size_t j = 0; j < i; j++) {
                if (ot_str_eq(map->items[i].key, map->items[j].key))
                    return &map->items[i];
            }
        }
        return NULL;
    }
    struct ot_arena *scratch = ot_arena_child(arena);
    const struct ot_node **sorted = ot_arena_calloc(scratch, map->n, sizeof *sorted);
    for (size_t i = 0; i < map->n; i++)
        sorted[i] = &map->items[i];
    qsort(sorted, map->n, sizeof *sorted, compare_keys);
    const struct ot_node *found = NULL;
    for (size_t i = 1; i < map->n; i++) {
        if (ot_str_eq(sorted[i]->key, sorted[i - 1]->key) && (!found || sorted[i] < found))
            found = sorted[i];
    }
    ot_arena_free(scratch);
    return found;
}

static enum ot_code close_level(struct builder *b)
{
    const struct ot_node node = b->levels[--b->depth].node;
    if (node.kind == OT_NODE_MAP) {
        const struct ot_node *twice = duplicate(b->arena, &node);
        if (twice)
            return refuse(b, twice->key_loc, twice->key, "this key is given twice in one map");
    }
    return place(b, node);
}

static enum ot_code take_event(struct builder *b, struct fy_event *event)
{
    const struct ot_loc loc = loc_of(b, fy_event_start_mark(event));
    if (event->type == FYET_ALIAS)
        return refuse(b, loc, ot_str_c(""), "aliases are not used here; say include: FILE");
    if (event->type == FYET_DOCUMENT_START && b->has_root)
        return refuse(b, loc, ot_str_c(""), "only one document per file");
    if (event->type == FYET_DOCUMENT_START || event->type == FYET_STREAM_START)
        return OT_OK;
    const bool opens = event->type == FYET_SCALAR || event->type == FYET_MAPPING_START ||
                       event->type == FYET_SEQUENCE_START;
    if (opens && fy_event_get_anchor_token(event))
        return refuse(b, loc, ot_str_c(""), "anchors are not used here; say include: FILE");
    if (opens && fy_event_get_tag_token(event))
        return refuse(b, loc, ot_str_c(""), "tags are not used here");
    if (event->type == FYET_SCALAR)
        return take_scalar(b, event, loc);
    if (event->type == FYET_MAPPING_START)
        return open_level(b, OT_NODE_MAP, loc);
    if (event->type == FYET_SEQUENCE_START)
        return open_level(b, OT_NODE_SEQ, loc);
    if (event->type == FYET_MAPPING_END || event->type == FYET_SEQUENCE_END)
        return close_level(b);
    return OT_OK;
}

/* Offset of the first tab among the blanks that begin a line, text.len if there is none. */
static size_t indenting_tab(struct ot_str text)
{
    bool indent = true;
    for (size_t i = 0; i < text.len; i++) {
        if (indent && text.ptr[i] == '\t')
            return i;
        indent = text.ptr[i] == '\n' || (indent && text.ptr[i] == ' ');
    }
    return text.len;
}

/* The parser's own complaint; but a tab that indents is named as such, since the complaint then
 * points elsewhere. */
static enum ot_code syntax_error(const struct builder *b, struct ot_str text, struct fy_diag *diag)
{
    const size_t tab = indenting_tab(text);
    if (tab < text.len)
        return refuse(b, ot__loc_at(text, tab, b->name), ot_str_c(""),
                      "a tab; indentation must be blanks");
    void *state = NULL;
    const struct fy_diag_error *first = fy_diag_errors_iterate(diag, &state);
    if (!first || !first->msg)
        return refuse(b, ot_loc_of(b->name, 0, 0), ot_str_c(""), "not valid YAML");
    const struct ot_str message = ot_str_trim(ot_str_c(first->msg));
    return ot_err_set(b->err, OT_INPUT,
                      ot_loc_of(b->name, first->line > 0 ? first->line : 0,
                                first->column > 0 ? first->column : 0),
                      NULL, ot_str_c(""), "not valid YAML: %.*s", (int)message.len, message.ptr);
}

static enum ot_code run(struct builder *b, struct ot_str text, struct fy_parser *parser,
                        struct fy_diag *diag)
{
    enum ot_code code = OT_OK;
    struct fy_event *event = NULL;
    while (code == OT_OK && (event = fy_parser_parse(parser)) != NULL) {
        const bool done = event->type == FYET_STREAM_END;
        code = take_event(b, event);
        fy_parser_event_free(parser, event);
        if (done)
            break;
    }
    if (code == OT_OK && (!event || fy_parser_get_stream_error(parser)))
        return syntax_error(b, text, diag);
    return code;
}

static enum ot_code check_text(const struct builder *b, struct ot_str text)
{
    size_t bad = 0;
    if (text.len > OT__YAML_BYTES_MAX)
        return refuse(b, ot_loc_of(b->name, 0, 0), ot_str_c(""),
                      "longer than the 4 MiB allowed for a YAML file");
    if (!ot_str_valid_utf8(text, &bad))
        return refuse(b, ot__loc_at(text, bad, b->name), ot_str_c(""), "not valid UTF-8 here");
    const char *nul = text.len ? memchr(text.ptr, '\0', text.len) : NULL;
    if (nul)
        return refuse(b, ot__loc_at(text, (size_t)(nul - text.ptr), b->name), ot_str_c(""),
                      "text must not contain a NUL character");
    return OT_OK;
}

enum ot_code ot__yaml_tree(struct ot_arena *arena, struct ot_str text, struct ot_str name,
                           struct ot_node **ret_root, struct ot_err *err)
{
    struct builder b = {.arena = arena, .name = name, .err = err};
    enum ot_code code = check_text(&b, text);
    if (code != OT_OK)
        return code;
    if (ot_str_starts(text, "\xEF\xBB\xBF")) /* byte order mark */
        text = ot_str_n(text.ptr + 3, text.len - 3);
    if (ot_str_trim(text).len == 0)
        return refuse(&b, ot_loc_of(name, 1, 1), ot_str_c(""), "the file is empty");
    struct ot_arena *scratch = ot_arena_child(arena);
    b.levels = ot_arena_calloc(scratch, OT__NODE_DEPTH_MAX, sizeof *b.levels);
    struct fy_diag *diag =
        fy_diag_create(&(struct fy_diag_cfg){.level = FYET_ERROR, .module_mask = ~0U});
    if (diag)
        fy_diag_set_collect_errors(diag, true);
    struct fy_parser *parser =
        diag ? fy_parser_create(&(struct fy_parse_cfg){.flags = FYPCF_QUIET, .diag = diag}) : NULL;
    if (!parser || fy_parser_set_string(parser, text.ptr, text.len) != 0)
        code = refuse(&b, ot_loc_of(name, 0, 0), ot_str_c(""), "cannot be read: out of memory");
    if (code == OT_OK)
        code = run(&b, text, parser, diag);
    if (code == OT_OK && !b.has_root)
        code = refuse(&b, ot_loc_of(name, 1, 1), ot_str_c(""), "the file is empty");
    if (parser)
        fy_parser_destroy(parser);
    if (diag)
        fy_diag_destroy(diag);
    ot_arena_free(scratch);
    if (code != OT_OK)
        return code;
    *ret_root = ot_arena_calloc(arena, 1, sizeof **ret_root);
    **ret_root = b.root;
    return OT_OK;
}
