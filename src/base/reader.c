/* SPDX-License-Identifier: Apache-2.0 */
/* A stream of bytes from a plain, gzip or zstd file, told apart by their first bytes (RFC 1952,
 * RFC 8878). Several compressed members in a row read as one; a stream that ends early or goes on
 * with something else is an error. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>
#include <zlib.h>
#include <zstd.h>

#include "base/internal.h"

enum {
    CHUNK_BYTES = 64 * 1024
};

struct ot_reader {
    struct ot_str path;
    int fd;
    bool at_end;        /* of the file */
    bool in_member;     /* a compressed member is begun and not ended */
    unsigned char *raw; /* CHUNK_BYTES */
    size_t raw_n, raw_at;
    /* Decompresses from raw to out; NULL: plain. */
    enum ot_code (*step)(struct ot_reader *reader, ZSTD_outBuffer *out, struct ot_err *err);
    z_stream *gzip;
    ZSTD_DStream *zstd;
    XXH3_state_t *hash; /* NULL: not wanted */
    struct ot_sources *sources;
};

static enum ot_code fail(const struct ot_reader *reader, struct ot_err *err, const char *what)
{
    return ot_err_set(err, OT_INPUT, ot_loc_of(reader->path, 0, 0), NULL, ot_str_c(""), "%s", what);
}

/* The next chunk of the file into raw, when raw is used up. */
static enum ot_code refill(struct ot_reader *reader, struct ot_err *err)
{
    if (reader->raw_at < reader->raw_n || reader->at_end)
        return OT_OK;
    ssize_t n = 0;
    do {
        n = read(reader->fd, reader->raw, CHUNK_BYTES);
    } while (n < 0 && errno == EINTR);
    if (n < 0)
        return fail(reader, err, errno == EISDIR ? "is a folder, not a file" : strerror(errno));
    reader->raw_at = 0;
    reader->raw_n = (size_t)n;
    reader->at_end = n == 0;
    if (reader->hash && n > 0)
        (void)XXH3_128bits_update(reader->hash, reader->raw, (size_t)n);
    if (reader->hash && n == 0) {
        const XXH128_hash_t digest = XXH3_128bits_digest(reader->hash);
        ot__sources_record(reader->sources, reader->path,
                           (const uint64_t[2]){digest.high64, digest.low64});
    }
    return OT_OK;
}

static enum ot_code step_gzip(struct ot_reader *reader, ZSTD_outBuffer *out, struct ot_err *err)
{
    z_stream *z = reader->gzip;
    if (!reader->in_member && inflateReset(z) != Z_OK)
        return fail(reader, err, "gzip data cannot be read");
    z->next_in = reader->raw + reader->raw_at;
    z->avail_in = (uInt)(reader->raw_n - reader->raw_at);
    z->next_out = (Bytef *)out->dst + out->pos;
    const size_t room = out->size - out->pos < UINT_MAX ? out->size - out->pos : UINT_MAX;
    z->avail_out = (uInt)room;
    const int status = inflate(z, Z_NO_FLUSH);
    if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR)
        return fail(reader, err, "gzip data is damaged");
    reader->in_member = status != Z_STREAM_END;
    reader->raw_at = reader->raw_n - z->avail_in;
    out->pos += room - z->avail_out;
    return OT_OK;
}

static enum ot_code step_zstd(struct ot_reader *reader, ZSTD_outBuffer *out, struct ot_err *err)
{
    ZSTD_inBuffer in = {.src = reader->raw, .size = reader->raw_n, .pos = reader->raw_at};
    const size_t left = ZSTD_decompressStream(reader->zstd, out, &in);
    if (ZSTD_isError(left))
        return fail(reader, err, "zstd data is damaged");
    reader->in_member = left != 0;
    reader->raw_at = in.pos;
    return OT_OK;
}

/* Chooses the decompressor by the first bytes of the file. */
static enum ot_code choose(struct ot_arena *arena, struct ot_reader *reader, struct ot_err *err)
{
    static const unsigned char gzip_magic[] = {0x1F, 0x8B}, zstd_magic[] = {0x28, 0xB5, 0x2F, 0xFD};
    const enum ot_code code = refill(reader, err);
    if (code != OT_OK)
        return code;
    if (reader->raw_n >= sizeof gzip_magic &&
        memcmp(reader->raw, gzip_magic, sizeof gzip_magic) == 0) {
        reader->gzip = ot_arena_calloc(arena, 1, sizeof *reader->gzip);
        if (inflateInit2(reader->gzip, 15 + 16) != Z_OK) {
            reader->gzip = NULL;
            return fail(reader, err, "gzip data cannot be read");
        }
        reader->step = step_gzip;
    } else if (reader->raw_n >= sizeof zstd_magic &&
               memcmp(reader->raw, zstd_magic, sizeof zstd_magic) == 0) {
        reader->zstd = ZSTD_createDStream();
        if (!reader->zstd)
            return fail(reader, err, "zstd data cannot be read");
        reader->step = step_zstd;
    }
    return OT_OK;
}

enum ot_code ot__reader_open(struct ot_arena *arena, const char *path, struct ot_sources *sources,
                             struct ot_reader **ret, struct ot_err *err)
{
    struct ot_reader *reader = ot_arena_calloc(arena, 1, sizeof *reader);
    reader->path = ot_str_dup(arena, ot_str_c(path));
    reader->raw = ot_arena_calloc(arena, CHUNK_BYTES, 1);
    reader->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (reader->fd < 0)
        return fail(reader, err, errno == ENOENT ? "no such file" : strerror(errno));
    enum ot_code code = OT_OK;
    if (sources) {
        reader->sources = sources;
        reader->hash = XXH3_createState();
        if (!reader->hash || XXH3_128bits_reset(reader->hash) != XXH_OK)
            code = fail(reader, err, "cannot be hashed: out of memory");
    }
    if (code == OT_OK)
        code = choose(arena, reader, err);
    if (code != OT_OK) {
        ot_reader_close(reader);
        return code;
    }
    *ret = reader;
    return OT_OK;
}

enum ot_code ot_reader_open(struct ot_arena *arena, const char *path, struct ot_reader **ret,
                            struct ot_err *err)
{
    return ot__reader_open(arena, path, NULL, ret, err);
}

enum ot_code ot_reader_read(struct ot_reader *reader, void *buf, size_t cap, size_t *ret_n,
                            struct ot_err *err)
{
    ZSTD_outBuffer out = {.dst = buf, .size = cap, .pos = 0};
    while (out.pos < cap) {
        enum ot_code code = refill(reader, err);
        if (code != OT_OK)
            return code;
        const size_t ready = reader->raw_n - reader->raw_at;
        if (!reader->step) {
            const size_t n = ready < cap - out.pos ? ready : cap - out.pos;
            if (n == 0)
                break;
            memcpy((char *)buf + out.pos, reader->raw + reader->raw_at, n);
            out.pos += n;
            reader->raw_at += n;
            continue;
        }
        if (ready == 0 && !reader->in_member)
            break;
        const size_t before = out.pos;
        code = reader->step(reader, &out, err);
        if (code != OT_OK)
            return code;
        if (ready == 0 && out.pos == before && reader->in_member)
            return fail(reader, err, "compressed data end early: the file is cut off");
    }
    *ret_n = out.pos;
    return OT_OK;
}

void ot_reader_close(struct ot_reader *reader)
{
    if (!reader)
        return;
    if (reader->gzip)
        (void)inflateEnd(reader->gzip);
    (void)ZSTD_freeDStream(reader->zstd);
    (void)XXH3_freeState(reader->hash);
    if (reader->fd >= 0)
        (void)close(reader->fd);
    reader->gzip = NULL;
    reader->zstd = NULL;
    reader->hash = NULL;
    reader->fd = -1;
}
