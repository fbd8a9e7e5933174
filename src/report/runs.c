/* SPDX-License-Identifier: Apache-2.0 */
/* The store of past runs: one SQLite file, one STRICT table, one transaction per result. A run is
 * its JSON, whole, with what is needed to find it again; equal results are stored once. */
#include "offtake/report.h"

#include <errno.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>

enum {
    STORE_VERSION = 1,
    BUSY_MS = 5000,
    HASH_PREFIX_MIN = 4
};

struct ot_runs {
    sqlite3 *db;
    const char *path;
    enum ot_code failure; /* what a failing statement means: cannot read, or cannot write */
};

static enum ot_code fail(const struct ot_runs *runs, const char *doing, struct ot_err *err)
{
    struct ot_loc loc = ot_loc_of(ot_str_c(runs->path), 1, 1);
    return ot_err_set(err, runs->failure, loc, "store", ot_str_c(""), "%s: %s", doing,
                      runs->db == NULL ? "out of memory" : sqlite3_errmsg(runs->db));
}

/* Every folder above `path`, as mkdir -p. */
static enum ot_code make_folders(struct ot_arena *arena, const char *path, struct ot_err *err)
{
    struct ot_str copy = ot_str_dup(arena, ot_str_c(path));
    for (size_t i = 1; i < copy.len; i++) {
        if (copy.ptr[i] != '/')
            continue;
        struct ot_str dir = ot_str_dup(arena, ot_str_n(copy.ptr, i));
        if (mkdir(dir.ptr, 0777) != 0 && errno != EEXIST)
            return ot_err_set(err, OT_OUTPUT, ot_loc_of(ot_str_c(path), 1, 1), "store", dir,
                              "this folder cannot be made: %s", strerror(errno));
    }
    return OT_OK;
}

static bool store_version(struct ot_runs *runs, int *ret)
{
    sqlite3_stmt *stmt = NULL;
    bool ok = sqlite3_prepare_v2(runs->db, "PRAGMA user_version", -1, &stmt, NULL) == SQLITE_OK &&
              sqlite3_step(stmt) == SQLITE_ROW;
    if (ok)
        *ret = sqlite3_column_int(stmt, 0);
    sqlite3_finalize(stmt);
    return ok;
}

static const char schema_sql[] = "BEGIN IMMEDIATE;"
                                 "CREATE TABLE IF NOT EXISTS runs("
                                 "  id INTEGER PRIMARY KEY,"
                                 "  hash TEXT NOT NULL UNIQUE,"
                                 "  command TEXT NOT NULL,"
                                 "  title TEXT NOT NULL,"
                                 "  input TEXT NOT NULL,"
                                 "  version TEXT NOT NULL,"
                                 "  seed INTEGER NOT NULL,"
                                 "  saved_s INTEGER NOT NULL,"
                                 "  json TEXT NOT NULL) STRICT;"
                                 "PRAGMA user_version = 1;"
                                 "COMMIT;";

static enum ot_code prepare_store(struct ot_runs *runs, enum ot_open mode, struct ot_err *err)
{
    sqlite3_busy_timeout(runs->db, BUSY_MS);
    int version = 0;
    if (!store_version(runs, &version))
        return fail(runs, "this is not a run store", err);
    if (version > STORE_VERSION)
        return ot_err_set(err, OT_INPUT, ot_loc_of(ot_str_c(runs->path), 1, 1), "store",
                          ot_str_c(""), "is of version %d, this program knows %d: use a newer one",
                          version, STORE_VERSION);
    if (version == STORE_VERSION)
        return OT_OK;
    if (mode == OT_OPEN_READ)
        return ot_err_set(err, OT_INPUT, ot_loc_of(ot_str_c(runs->path), 1, 1), "store",
                          ot_str_c(""), "holds no runs");
    if (sqlite3_exec(runs->db, schema_sql, NULL, NULL, NULL) != SQLITE_OK)
        return fail(runs, "cannot be set up", err);
    return OT_OK;
}

enum ot_code ot_runs_open(struct ot_arena *arena, const char *path, enum ot_open mode,
                          struct ot_runs **ret, struct ot_err *err)
{
    struct ot_loc loc = ot_loc_of(ot_str_c(path), 1, 1);
    if (path[0] == '\0' || path[0] == ':')
        return ot_err_set(err, OT_USAGE, ot_loc_of(ot_str_c(""), 0, 0), "store", ot_str_c(path),
                          "must be the name of a file");
    if (mode == OT_OPEN_READ && !ot_file_exists(path))
        return ot_err_set(err, OT_INPUT, loc, "store", ot_str_c(""),
                          "there is none yet; 'offtake plan' makes it");
    enum ot_code code = mode == OT_OPEN_CREATE ? make_folders(arena, path, err) : OT_OK;
    if (code != OT_OK)
        return code;
    struct ot_runs *runs = ot_arena_calloc(arena, 1, sizeof(*runs));
    runs->path = ot_str_dup(arena, ot_str_c(path)).ptr;
    runs->failure = mode == OT_OPEN_CREATE ? OT_OUTPUT : OT_INPUT;
    int flags =
        mode == OT_OPEN_CREATE ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
    if (sqlite3_open_v2(path, &runs->db, flags, NULL) != SQLITE_OK)
        code = fail(runs, "cannot be opened", err);
    else
        code = prepare_store(runs, mode, err);
    if (code != OT_OK) {
        ot_runs_close(runs);
        return code;
    }
    *ret = runs;
    return OT_OK;
}

void ot_runs_close(struct ot_runs *runs)
{
    if (runs == NULL)
        return;
    sqlite3_close(runs->db);
    runs->db = NULL;
}

static void bind_str(sqlite3_stmt *stmt, int at, struct ot_str s)
{
    sqlite3_bind_text64(stmt, at, s.len == 0 ? "" : s.ptr, s.len, SQLITE_STATIC, SQLITE_UTF8);
}

static struct ot_str hash_text(struct ot_arena *arena, struct ot_str bytes)
{
    struct ot_sources sources;
    ot_sources_init(&sources, arena);
    ot_sources_add(&sources, ot_str_c(""), bytes.ptr, bytes.len);
    return ot_str_fmt(arena, "%016llx%016llx", (unsigned long long)sources.items[0].hash[0],
                      (unsigned long long)sources.items[0].hash[1]);
}

enum ot_code ot_runs_save(struct ot_runs *runs, struct ot_run *run, struct ot_err *err)
{
    OT_ASSERT(err != NULL && run->json.len > 0);
    run->hash = hash_text(err->arena, run->json);
    /* One statement is one transaction; the same result keeps the number it has. */
    static const char sql[] =
        "INSERT INTO runs(hash, command, title, input, version, seed, saved_s, json) "
        "VALUES(?,?,?,?,?,?,?,?) ON CONFLICT(hash) DO UPDATE SET saved_s = excluded.saved_s "
        "RETURNING id";
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v2(runs->db, sql, -1, &stmt, NULL) != SQLITE_OK)
        return fail(runs, "cannot be written", err);
    const struct ot_str texts[] = {run->hash, run->command, run->title, run->input, run->version};
    for (int i = 0; i < (int)OT_COUNT(texts); i++)
        bind_str(stmt, i + 1, texts[i]);
    sqlite3_bind_int64(stmt, 6, run->seed);
    sqlite3_bind_int64(stmt, 7, run->saved_s);
    bind_str(stmt, 8, run->json);
    int64_t id = 0;
    int step = sqlite3_step(stmt);
    if (step == SQLITE_ROW) {
        id = sqlite3_column_int64(stmt, 0);
        step = sqlite3_step(stmt);
    }
    enum ot_code code = step == SQLITE_DONE ? OT_OK : fail(runs, "cannot be written", err);
    sqlite3_finalize(stmt);
    if (code == OT_OK)
        run->id = id;
    return code;
}

static struct ot_str column_str(struct ot_arena *arena, sqlite3_stmt *stmt, int at)
{
    const void *text = sqlite3_column_blob(stmt, at);
    int n = sqlite3_column_bytes(stmt, at);
    return ot_str_dup(arena, n == 0 ? ot_str_c("") : ot_str_n(text, (size_t)n));
}

/* The row at which `stmt` stands. */
static struct ot_run row_run(struct ot_arena *arena, sqlite3_stmt *stmt)
{
    return (struct ot_run){
        .id = sqlite3_column_int64(stmt, 0),
        .hash = column_str(arena, stmt, 1),
        .command = column_str(arena, stmt, 2),
        .title = column_str(arena, stmt, 3),
        .input = column_str(arena, stmt, 4),
        .version = column_str(arena, stmt, 5),
        .seed = sqlite3_column_int64(stmt, 6),
        .saved_s = sqlite3_column_int64(stmt, 7),
        .json = column_str(arena, stmt, 8),
    };
}

enum ot_code ot_runs_list(struct ot_runs *runs, struct ot_arena *arena, struct ot_run **ret,
                          size_t *ret_n, struct ot_err *err)
{
    static const char sql[] = "SELECT id, hash, command, title, input, version, seed, saved_s, '' "
                              "FROM runs ORDER BY id";
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v2(runs->db, sql, -1, &stmt, NULL) != SQLITE_OK)
        return fail(runs, "cannot be read", err);
    struct ot_run *rows = NULL;
    size_t n = 0;
    size_t cap = 0;
    int step = SQLITE_ROW;
    while ((step = sqlite3_step(stmt)) == SQLITE_ROW) {
        if (n == cap) {
            cap = cap == 0 ? 16 : cap * 2;
            rows = ot_arena_grow(arena, rows, n, cap, sizeof(*rows));
        }
        rows[n++] = row_run(arena, stmt);
    }
    enum ot_code code = step == SQLITE_DONE ? OT_OK : fail(runs, "cannot be read", err);
    sqlite3_finalize(stmt);
    if (code != OT_OK)
        return code;
    *ret = rows;
    *ret_n = n;
    return OT_OK;
}

/* Runs `where` with one argument; OT_OK with *ret_n = rows found (2 = more than one), the first of
 * them in *ret. */
static enum ot_code find(struct ot_runs *runs, struct ot_arena *arena, const char *where,
                         struct ot_str argument, struct ot_run *ret, int *ret_n, struct ot_err *err)
{
    struct ot_str sql = ot_str_fmt(arena,
                                   "SELECT id, hash, command, title, input, version, seed, "
                                   "saved_s, json FROM runs WHERE %s LIMIT 2",
                                   where);
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v2(runs->db, sql.ptr, -1, &stmt, NULL) != SQLITE_OK)
        return fail(runs, "cannot be read", err);
    bind_str(stmt, 1, argument);
    int n = 0;
    int step = SQLITE_ROW;
    while ((step = sqlite3_step(stmt)) == SQLITE_ROW) {
        if (n == 0)
            *ret = row_run(arena, stmt);
        n++;
    }
    enum ot_code code = step == SQLITE_DONE ? OT_OK : fail(runs, "cannot be read", err);
    sqlite3_finalize(stmt);
    *ret_n = n;
    return code;
}

enum ot_code ot_runs_get(struct ot_runs *runs, struct ot_arena *arena, struct ot_str which,
                         struct ot_loc loc, struct ot_run *ret, struct ot_err *err)
{
    struct ot_run found = {0};
    int n = 0;
    enum ot_code code = OT_OK;
    int64_t id = 0;
    if (ot_str_is(which, "last"))
        code = find(runs, arena, "?1 = 'last' AND id = (SELECT max(id) FROM runs)", which, &found,
                    &n, err);
    else if (ot_str_int(which, &id))
        code = find(runs, arena, "id = CAST(?1 AS INTEGER)", which, &found, &n, err);
    if (code == OT_OK && n == 0 && which.len >= HASH_PREFIX_MIN)
        code = find(runs, arena, "substr(hash, 1, length(?1)) = lower(?1)", which, &found, &n, err);
    if (code != OT_OK)
        return code;
    if (n != 1)
        return ot_err_set(err, OT_INPUT, loc, "run", which,
                          n == 0 ? "no such run; 'offtake runs list' shows the numbers"
                                 : "more than one run starts so; give more letters");
    *ret = found;
    return OT_OK;
}
