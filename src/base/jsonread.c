/* SPDX-License-Identifier: Apache-2.0 */
/* JSON text into a tree. jansson checks the text and decodes strings, but keeps no positions; a
 * second walk over the same (by then valid) text finds them, value by value in the same order. */
#include <jansson.h>
#include <string.h>

#include "base/internal.h"

struct walk {
    struct ot_arena *arena;
    struct ot_str text, name;
    size_t at;
    struct ot_loc loc; /* of text[at] */
    int depth;
    struct ot_err *err;
};

static void advance(struct walk *w, size_t n)
{
    for (; n > 0 && w->at < w->text.len; n--, w->at++) {
        const unsigned char c = (unsigned char)w->text.ptr[w->at];
        if (c == '\n') {
            w->loc.line++;
            w->loc.col = 1;
        } else if ((c & 0xC0) != 0x80) {
            w->loc.col++;
        }
    }
}

/* Over blanks and separators to the next token. */
static void skip(struct walk *w)
{
    while (w->at < w->text.len && strchr(" \t\r\n,:", w->text.ptr[w->at]))
        advance(w, 1);
}

/* Over one string, number or word; returns it as written. */
static struct ot_str token(struct walk *w)
{
    const size_t from = w->at;
    size_t to = from;
    if (w->text.ptr[from] == '"') {
        for (to++; to < w->text.len && w->text.ptr[to] != '"'; to++)
            to += w->text.ptr[to] == '\\';
        to++;
    } else {
        while (to < w->text.len && !strchr(" \t\r\n,:]}", w->text.ptr[to]))
            to++;
    }
    advance(w, to - from);
    return ot_str_n(w->text.ptr + from, to - from);
}

static enum ot_code take_value(struct walk *w, json_t *value, struct ot_node *ret);

static enum ot_code take_children(struct walk *w, json_t *value, struct ot_node *ret)
{
    const bool is_map = json_is_object(value);
    if (++w->depth > OT__NODE_DEPTH_MAX)
        return ot_err_set(w->err, OT_INPUT, w->loc, NULL, ot_str_c(""),
                          "nested deeper than the 64 levels allowed");
    advance(w, 1);
    const size_t n = is_map ? json_object_size(value) : json_array_size(value);
    ret->kind = is_map ? OT_NODE_MAP : OT_NODE_SEQ;
    ret->items = ot_arena_calloc(w->arena, n, sizeof *ret->items);
    ret->n = n;
    void *iter = is_map ? json_object_iter(value) : NULL;
    for (size_t i = 0; i < n; i++) {
        struct ot_node *item = &ret->items[i];
        skip(w);
        if (is_map) {
            item->key_loc = w->loc;
            item->key = ot_str_dup(w->arena, ot_str_c(json_object_iter_key(iter)));
            (void)token(w);
            skip(w);
        }
        json_t *child = is_map ? json_object_iter_value(iter) : json_array_get(value, i);
        const enum ot_code code = take_value(w, child, item);
        if (code != OT_OK)
            return code;
        if (is_map)
            iter = json_object_iter_next(value, iter);
    }
    skip(w);
    advance(w, 1); /* the closing bracket */
    w->depth--;
    return OT_OK;
}

/* Recursion is bounded by OT__NODE_DEPTH_MAX. */
static enum ot_code take_value(struct walk *w, json_t *value, struct ot_node *ret)
{
    ret->loc = w->loc;
    if (json_is_object(value) || json_is_array(value))
        return take_children(w, value, ret);
    const struct ot_str text = token(w);
    ret->kind = json_is_null(value) ? OT_NODE_NULL : OT_NODE_SCALAR;
    ret->quoted = json_is_string(value);
    ret->text = ot_str_dup(w->arena, json_is_string(value) ? ot_str_n(json_string_value(value),
                                                                      json_string_length(value))
                                                           : text);
    return OT_OK;
}

enum ot_code ot_json_parse(struct ot_arena *arena, struct ot_str text, const char *name,
                           struct ot_node **ret_root, struct ot_err *err)
{
    const struct ot_str file = ot_str_dup(arena, ot_str_c(name));
    if (text.len > OT__JSON_BYTES_MAX)
        return ot_err_set(err, OT_INPUT, ot_loc_of(file, 0, 0), NULL, ot_str_c(""),
                          "longer than the 64 MiB allowed for a JSON file");
    json_error_t error;
    json_t *value = json_loadb(text.len ? text.ptr : "", text.len,
                               JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, &error);
    if (!value)
        return ot_err_set(err, OT_INPUT,
                          ot_loc_of(file, error.line > 0 ? error.line : 0,
                                    error.line > 0 && error.column > 0 ? error.column : 0),
                          NULL, ot_str_c(""), "not valid JSON: %s", error.text);
    struct walk w = {
        .arena = arena, .text = text, .name = file, .loc = ot_loc_of(file, 1, 1), .err = err};
    struct ot_node *root = ot_arena_calloc(arena, 1, sizeof *root);
    skip(&w);
    const enum ot_code code = take_value(&w, value, root);
    json_decref(value);
    if (code == OT_OK)
        *ret_root = root;
    return code;
}

enum ot_code ot_json_load(struct ot_arena *arena, const char *path, struct ot_sources *sources,
                          struct ot_node **ret_root, struct ot_err *err)
{
    struct ot_str text = {0};
    const enum ot_code code = ot_file_read(arena, path, OT__JSON_BYTES_MAX, sources, &text, err);
    return code == OT_OK ? ot_json_parse(arena, text, path, ret_root, err) : code;
}
