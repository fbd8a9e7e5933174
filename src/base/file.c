/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files, atomic writing, paths and folders. */
#include "offtake/base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/internal.h"

enum {
    FIRST_READ_BYTES = 16 * 1024,
    TEMPORARY_NAMES = 100,
};

void ot_sources_init(struct ot_sources *sources, struct ot_arena *arena)
{
    *sources = (struct ot_sources){.arena = arena};
}

void ot__sources_record(struct ot_sources *sources, struct ot_str path, const uint64_t hash[2])
{
    for (size_t i = 0; i < sources->n; i++) {
        const struct ot_source *known = &sources->items[i];
        if (known->hash[0] == hash[0] && known->hash[1] == hash[1] && ot_str_eq(known->path, path))
            return;
    }
    if (sources->n == sources->cap) {
        const size_t cap = sources->cap ? sources->cap * 2 : 16;
        sources->items =
            ot_arena_grow(sources->arena, sources->items, sources->n, cap, sizeof *sources->items);
        sources->cap = cap;
    }
    sources->items[sources->n++] =
        (struct ot_source){.path = ot_str_dup(sources->arena, path), .hash = {hash[0], hash[1]}};
}

void ot_sources_add(struct ot_sources *sources, struct ot_str path, const void *bytes, size_t n)
{
    const XXH128_hash_t hash = XXH3_128bits(bytes, n);
    ot__sources_record(sources, path, (const uint64_t[2]){hash.high64, hash.low64});
}

struct ot_loc ot__loc_at(struct ot_str text, size_t offset, struct ot_str file)
{
    struct ot_loc loc = {.file = file, .line = 1, .col = 1};
    for (size_t i = 0; i < offset && i < text.len; i++) {
        const unsigned char c = (unsigned char)text.ptr[i];
        if (c == '\n') {
            loc.line++;
            loc.col = 1;
        } else if ((c & 0xC0) != 0x80) {
            loc.col++;
        }
    }
    return loc;
}

enum ot_code ot_file_read(struct ot_arena *arena, const char *path, size_t max_bytes,
                          struct ot_sources *sources, struct ot_str *ret, struct ot_err *err)
{
    struct ot_arena *scratch = ot_arena_child(arena);
    struct ot_reader *reader = NULL;
    enum ot_code code = ot__reader_open(scratch, path, sources, &reader, err);
    char *bytes = NULL;
    size_t len = 0, cap = 0, n = 0;
    while (code == OT_OK) {
        if (cap - len < 2) {
            const size_t more = cap ? cap * 2 : FIRST_READ_BYTES;
            bytes = ot_arena_grow(arena, bytes, cap, more, 1);
            cap = more;
        }
        code = ot_reader_read(reader, bytes + len, cap - len - 1, &n, err);
        if (code != OT_OK || n == 0)
            break;
        len += n;
        if (len > max_bytes)
            code = ot_err_set(err, OT_INPUT, ot_loc_of(ot_str_c(path), 0, 0), NULL, ot_str_c(""),
                              "longer than the %zu bytes allowed here", max_bytes);
    }
    ot_reader_close(reader);
    ot_arena_free(scratch);
    if (code != OT_OK)
        return code;
    bytes[len] = '\0';
    *ret = ot_str_n(bytes, len);
    return OT_OK;
}

static enum ot_code cannot_write(struct ot_err *err, const char *path, int error)
{
    return ot_err_set(err, OT_OUTPUT, ot_loc_of(ot_str_c(path), 0, 0), NULL, ot_str_c(""),
                      "cannot be written: %s", strerror(error));
}

/* 0 or an errno. */
static int write_all(int fd, struct ot_str bytes)
{
    for (size_t at = 0; at < bytes.len;) {
        const ssize_t n = write(fd, bytes.ptr + at, bytes.len - at);
        if (n < 0 && errno != EINTR)
            return errno;
        at += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

/* A device or pipe cannot be replaced by renaming: written as it is. */
static enum ot_code write_in_place(const char *path, struct ot_str bytes, struct ot_err *err)
{
    const int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return cannot_write(err, path, errno);
    int error = write_all(fd, bytes);
    if (close(fd) != 0 && error == 0)
        error = errno;
    return error ? cannot_write(err, path, error) : OT_OK;
}

/* Opens a new file beside `path`; its name is written to `name`, which has room for it. */
static int open_temporary(const char *path, char *name, size_t room)
{
    for (int i = 0; i < TEMPORARY_NAMES; i++) {
        (void)snprintf(name, room, "%s.tmp%d", path, i);
        const int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd >= 0 || errno != EEXIST)
            return fd;
    }
    return -1;
}

enum ot_code ot_file_write(const char *path, struct ot_str bytes, struct ot_err *err)
{
    struct stat info;
    if (stat(path, &info) == 0 && !S_ISREG(info.st_mode)) {
        return S_ISDIR(info.st_mode) ? cannot_write(err, path, EISDIR)
                                     : write_in_place(path, bytes, err);
    }
    const size_t room = strlen(path) + sizeof ".tmp99";
    struct ot_arena *scratch = ot_arena_new(0);
    char *name = ot_arena_calloc(scratch, room, 1);
    enum ot_code code = OT_OK;
    const int fd = open_temporary(path, name, room);
    if (fd < 0) {
        code = cannot_write(err, path, errno);
    } else {
        int error = write_all(fd, bytes);
        if (error == 0 && fsync(fd) != 0)
            error = errno;
        if (close(fd) != 0 && error == 0)
            error = errno;
        if (error == 0 && rename(name, path) != 0)
            error = errno;
        if (error) {
            (void)unlink(name);
            code = cannot_write(err, path, error);
        }
    }
    ot_arena_free(scratch);
    return code;
}

bool ot_file_exists(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

bool ot_dir_exists(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

struct ot_str ot_path_join(struct ot_arena *arena, struct ot_str dir, struct ot_str name)
{
    if (dir.len == 0 || ot_str_starts(name, "/"))
        return ot_str_dup(arena, name);
    return ot_str_fmt(arena, "%.*s%s%.*s", (int)dir.len, dir.ptr, ot_str_ends(dir, "/") ? "" : "/",
                      (int)name.len, name.ptr);
}

/* Offset just past the last '/', 0 if there is none. */
static size_t name_start(struct ot_str path)
{
    size_t at = path.len;
    while (at > 0 && path.ptr[at - 1] != '/')
        at--;
    return at;
}

struct ot_str ot_path_dir(struct ot_arena *arena, struct ot_str path)
{
    const size_t at = name_start(path);
    if (at == 0)
        return ot_str_dup(arena, ot_str_c("."));
    return ot_str_dup(arena, ot_str_n(path.ptr, at > 1 ? at - 1 : 1));
}

struct ot_str ot_path_stem(struct ot_arena *arena, struct ot_str path)
{
    const size_t at = name_start(path);
    struct ot_str name = ot_str_n(path.ptr + at, path.len - at);
    for (size_t i = name.len; i > 1; i--) {
        if (name.ptr[i - 1] == '.') {
            name.len = i - 1;
            break;
        }
    }
    return ot_str_dup(arena, name);
}

static int compare_names(const void *a, const void *b)
{
    return ot_str_cmp(*(const struct ot_str *)a, *(const struct ot_str *)b);
}

enum ot_code ot_dir_list(struct ot_arena *arena, const char *dir, const char *suffix,
                         struct ot_str **ret_names, size_t *ret_n, struct ot_err *err)
{
    DIR *stream = opendir(dir);
    if (!stream)
        return ot_err_set(err, OT_INPUT, ot_loc_of(ot_str_c(dir), 0, 0), NULL, ot_str_c(""),
                          "folder cannot be read: %s", strerror(errno));
    struct ot_str *names = NULL;
    size_t n = 0, cap = 0;
    const struct dirent *entry = NULL;
    while ((entry = readdir(stream)) != NULL) {
        const struct ot_str name = ot_str_c(entry->d_name);
        if (!ot_str_ends(name, suffix) ||
            !ot_file_exists(ot_path_join(arena, ot_str_c(dir), name).ptr))
            continue;
        if (n == cap) {
            const size_t more = cap ? cap * 2 : 16;
            names = ot_arena_grow(arena, names, n, more, sizeof *names);
            cap = more;
        }
        names[n++] = ot_str_dup(arena, name);
    }
    (void)closedir(stream);
    if (n)
        qsort(names, n, sizeof *names, compare_names);
    *ret_names = names;
    *ret_n = n;
    return OT_OK;
}
