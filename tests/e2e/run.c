/* SPDX-License-Identifier: Apache-2.0 */
#include "run.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    ARGS_MAX = 32
};

static struct ot_str file_text(struct ot_arena *arena, int fd)
{
    struct ot_buf text;
    ot_buf_init(&text, arena, 0);
    char chunk[4096];
    ssize_t n = 0;
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    while ((n = read(fd, chunk, sizeof(chunk))) > 0)
        ot_buf_add(&text, ot_str_n(chunk, (size_t)n));
    ot_buf_addc(&text, "");
    close(fd);
    return text.len == 0 ? ot_str_c("") : ot_buf_str(&text);
}

static int scratch(void)
{
    char path[] = "/tmp/ot-e2e-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    unlink(path);
    return fd;
}

_Noreturn static void child(const char *const *args, int out, int err)
{
    const char *program = getenv("OT_PROGRAM");
    char *argv[ARGS_MAX + 2] = {strdup(program)};
    for (size_t i = 0; args[i] != NULL && i < ARGS_MAX; i++)
        argv[i + 1] = strdup(args[i]);
    if (out >= 0)
        dup2(out, STDOUT_FILENO);
    else
        close(STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    execv(program, argv);
    _exit(127);
}

static struct ran run_with(struct ot_arena *arena, const char *const *args, int out, bool keep)
{
    int err = scratch();
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        child(args, out, err);
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    struct ran ran = {.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1};
    ran.err = file_text(arena, err);
    if (keep)
        ran.out = file_text(arena, out);
    return ran;
}

struct ran e2e_run(struct ot_arena *arena, const char *const *args)
{
    return run_with(arena, args, scratch(), true);
}

struct ran e2e_run_to(struct ot_arena *arena, const char *const *args, const char *stdout_path)
{
    int out = stdout_path == NULL ? -1 : open(stdout_path, O_WRONLY);
    assert_true(stdout_path == NULL || out >= 0);
    struct ran ran = run_with(arena, args, out, false);
    if (out >= 0)
        close(out);
    return ran;
}

void e2e_fails(struct ran ran, int exit_code, const char *has)
{
    if (ran.exit_code != exit_code || strstr(ran.err.ptr, has) == NULL)
        print_error("exit %d, stderr: %s", ran.exit_code, ran.err.ptr);
    assert_int_equal(ran.exit_code, exit_code);
    assert_int_equal(ran.out.len, 0);
    assert_non_null(strstr(ran.err.ptr, "error: "));
    assert_non_null(strstr(ran.err.ptr, has));
}

const char *e2e_dir(struct ot_arena *arena)
{
    char path[] = "/tmp/ot-e2e-XXXXXX";
    assert_non_null(mkdtemp(path));
    return ot_str_dup(arena, ot_str_c(path)).ptr;
}

void e2e_rm(const char *dir)
{
    DIR *list = opendir(dir);
    struct ot_arena *arena = ot_arena_new(0);
    for (struct dirent *entry = NULL; list != NULL && (entry = readdir(list)) != NULL;)
        (void)unlink(ot_str_fmt(arena, "%s/%s", dir, entry->d_name).ptr);
    if (list != NULL)
        closedir(list);
    ot_arena_free(arena);
    (void)rmdir(dir);
}
