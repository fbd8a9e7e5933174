/* SPDX-License-Identifier: Apache-2.0 */
/* The program's edge: arguments in, result on stdout, messages on stderr, exit code out (DESIGN 5).
 * Nothing reaches stdout before the whole result is there, so on an error it stays empty. */
#include "cli/cli.h"
#include "offtake/report.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void on_interrupt(int sig)
{
    (void)sig;
    static const char text[] = "\nerror: interrupted\n";
    ssize_t ignored = write(STDERR_FILENO, text, sizeof(text) - 1);
    (void)ignored;
    _exit(OT_INTERRUPTED);
}

/* A closed stdin, stdout or stderr must not be taken over by the next file opened: a read-only
 * /dev/null in its place makes writes fail as they should. */
static void guard_streams(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) == -1 && errno == EBADF && open("/dev/null", O_RDONLY) != fd)
            _exit(OT_OUTPUT);
    struct sigaction act = {.sa_handler = SIG_IGN};
    sigaction(SIGPIPE, &act, NULL);
    act.sa_handler = on_interrupt;
    sigaction(SIGINT, &act, NULL);
}

void ot__cli_note(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    fputs("note: ", stderr);
    vfprintf(stderr, fmt, args);
    fputc('\n', stderr);
    va_end(args);
}

static enum ot_code write_stdout(struct ot_str bytes, struct ot_err *err)
{
    size_t done = 0;
    while (done < bytes.len) {
        ssize_t n = write(STDOUT_FILENO, bytes.ptr + done, bytes.len - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return ot_err_set(err, OT_OUTPUT, ot_loc_of(ot_str_c("<stdout>"), 1, 1), "output",
                              ot_str_c("stdout"), "cannot be written: %s", strerror(errno));
        done += (size_t)n;
    }
    return OT_OK;
}

/* --html first: when it fails, stdout stays empty. */
static enum ot_code write_html(struct ot__cli *cli, struct ot_err *err)
{
    if (cli->html_path == NULL)
        return OT_OK;
    OT_ASSERT(cli->json.len > 0);
    struct ot_buf html;
    ot_buf_init(&html, cli->arena, 0);
    struct ot_str title = ot_str_fmt(cli->arena, "offtake %s", cli->cmd->name);
    enum ot_code code = ot_report_html(ot_buf_str(&cli->json), title, &html, err);
    if (code != OT_OK)
        return code;
    return ot_file_write(cli->html_path, ot_buf_str(&html), err);
}

static void version(struct ot__cli *cli, bool as_json)
{
    if (!as_json) {
        ot_buf_addf(&cli->out, "offtake %s\n", ot__version());
        return;
    }
    struct ot_json json;
    ot_json_init(&json, &cli->out);
    ot_json_open(&json, '{');
    ot_json_kstr(&json, "schema", ot_str_c("version"));
    ot_json_kint(&json, "schema_version", 1);
    ot_json_kstr(&json, "name", ot_str_c("offtake"));
    ot_json_kstr(&json, "version", ot_str_c(ot__version()));
    ot_json_kbool(&json, "page", ot_page_built());
    ot_json_close(&json, '}');
    ot_buf_addc(&cli->out, "\n");
}

static enum ot_code run_command(struct ot__cli *cli, int argc, char **argv, struct ot_err *err)
{
    enum ot_code code = ot__args_parse(cli, argc, argv, err);
    if (code != OT_OK)
        return code;
    if (ot__cli_flag(cli, "help")) {
        ot__help_command(cli->cmd, &cli->out);
        return OT_OK;
    }
    if (cli->html_path != NULL && !ot_page_built())
        return ot_err_set(err, OT_OUTPUT, ot__cli_given(cli, "html")->loc, "--html",
                          ot_str_c(cli->html_path),
                          "the page was not built into this program (it needs npm when built)");
    code = cli->cmd->run(cli, err);
    const struct ot__given *set = ot__cli_given(cli, "set");
    if ((code == OT_OK || code == OT_INFEASIBLE) && set != NULL && cli->sets_used == 0)
        return ot_err_set(err, OT_USAGE, set->loc, "--set", set->value,
                          "'offtake %s' reads no input file that it could change", cli->cmd->name);
    return code;
}

static enum ot_code run(struct ot__cli *cli, int argc, char **argv, struct ot_err *err)
{
    const char *first = argc > 1 ? argv[1] : "";
    bool as_json = argc == 3 && strcmp(argv[2], "--json") == 0;
    if (strcmp(first, "--version") == 0 && (argc == 2 || as_json)) {
        version(cli, as_json);
        return OT_OK;
    }
    if (argc == 2 && (strcmp(first, "--help") == 0 || strcmp(first, "help") == 0)) {
        ot__help_program(&cli->out);
        return OT_OK;
    }
    struct ot_loc loc = ot_loc_of(ot_str_c("<args>"), 1, 1);
    if (argc < 2)
        return ot_err_set(err, OT_USAGE, loc, "command", ot_str_c(""),
                          "is missing; 'offtake --help' lists them");
    if (first[0] == '-')
        return ot_err_set(err, OT_USAGE, loc, "command", ot_str_c(first),
                          "the command comes first, then its options; 'offtake --help'");
    return run_command(cli, argc, argv, err);
}

int main(int argc, char **argv)
{
    guard_streams();
    struct ot_arena *arena = ot_arena_new(0);
    struct ot_err err;
    ot_err_init(&err, arena);
    struct ot__cli cli = {.arena = arena, .seed = 1, .threads = 1, .progress = isatty(2) == 1};
    ot_buf_init(&cli.out, arena, 0);
    ot_buf_init(&cli.json, arena, 0);
    ot_sources_init(&cli.sources, arena);
    ot_assumed_init(&cli.assumed, arena);
    enum ot_code code = run(&cli, argc, argv, &err);
    bool complete = code == OT_OK || code == OT_INFEASIBLE;
    enum ot_code written = complete ? write_html(&cli, &err) : OT_OK;
    if (complete && written == OT_OK)
        written = write_stdout(ot_buf_str(&cli.out), &err);
    if (written != OT_OK)
        code = written;
    if (!complete || written != OT_OK)
        fprintf(stderr, "%s\n", ot_err_text(&err, arena).ptr);
    ot_arena_free(arena);
    return (int)code;
}
