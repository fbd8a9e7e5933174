/* SPDX-License-Identifier: Apache-2.0 */
/* The command line as a contract (DESIGN 5): exit codes, an empty stdout on every error, the place
 * of a bad argument, JSON that parses and holds nothing of the machine it was made on. */
#include "run.h"

#include "offtake/report.h"

#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ARENA                                                                                      \
    (void)state;                                                                                   \
    struct ot_arena *arena = ot_arena_new(0)

static struct ot_node *parsed(struct ot_arena *arena, struct ot_str json)
{
    struct ot_node *root = NULL;
    struct ot_err err;
    ot_err_init(&err, arena);
    if (ot_json_parse(arena, json, "stdout", &root, &err) != OT_OK)
        print_error("%s\n", ot_err_text(&err, arena).ptr);
    assert_non_null(root);
    return root;
}

struct bad {
    const char *args[8];
    const char *has;
};

TEST(cli, usage_errors_exit_2_and_name_the_argument)
{
    static const struct bad rows[] = {
        {{NULL}, "<args>:1:1: error: command: is missing"},
        {{"pan"}, "<args>:1:1: error: command: 'pan': unknown command"},
        {{"doctr"}, "did you mean 'doctor'?"},
        {{"--json"}, "the command comes first"},
        {{"doctor", "--jsn"},
         "<args>:1:2: error: option: '--jsn': unknown option; did you mean "
         "'--json'?"},
        {{"doctor", "--zzzzzzzz"}, "'offtake doctor --help' lists them"},
        {{"doctor", "-x"}, "<args>:1:2: error: option: '-x'"},
        {{"doctor", "--csv"}, "'offtake doctor' has no such output"},
        {{"doctor", "--html", "f.html"}, "<args>:1:3: error: option: '--html'"},
        {{"runs", "list", "--json", "--csv"}, "<args>:1:4: error: option: '--csv': give at most"},
        {{"doctor", "--json", "--json"}, "<args>:1:3: error: option: '--json': is given twice"},
        {{"doctor", "--json=1"}, "takes no value"},
        {{"doctor", "--seed"}, "<args>:1:2: error: option: '--seed': needs a value: N"},
        {{"doctor", "--seed", "--json"}, "needs a value"},
        {{"doctor", "--seed", "x"}, "<args>:1:3: error: --seed: 'x': a whole number"},
        {{"doctor", "--seed=-1"}, "<args>:1:2: error: --seed: '-1'"},
        {{"doctor", "--seed", "99999999999999999999"}, "a whole number"},
        {{"doctor", "--threads", "0"}, "from 1 to 1024"},
        {{"doctor", "--set", "a=1"}, "reads no input file that it could change"},
        {{"doctor", "extra"}, "<args>:1:2: error: argument: 'extra': is one too many"},
        {{"doctor", "--", "--json"}, "<args>:1:3: error: argument: '--json': is one too many"},
        {{"runs"}, "list, show or diff: is missing"},
        {{"runs", "lst"}, "<args>:1:2: error: argument: 'lst': list, show or diff"},
        {{"runs", "list", "1"}, "is one too many"},
        {{"report", "1"}, "-o: is missing"},
        {{"report", "1", "-json", "-o", "f"}, "unknown option; did you mean '--json'?"},
    };
    ARENA;
    for (size_t i = 0; i < OT_COUNT(rows); i++)
        e2e_fails(e2e_run(arena, rows[i].args), 2, rows[i].has);
    ot_arena_free(arena);
}

TEST(cli, bad_input_exits_3)
{
    ARENA;
    e2e_fails(e2e_run(arena, RUN_ARGS("report", "/nowhere/x.json", "-o", "f.html")), 3, "x.json");
    e2e_fails(e2e_run(arena, RUN_ARGS("runs", "list", "--store", "/nowhere/runs.db")), 3,
              "there is none yet");
    ot_arena_free(arena);
}

TEST(cli, output_that_cannot_be_written_exits_5)
{
    ARENA;
    e2e_fails(e2e_run_to(arena, RUN_ARGS("doctor"), "/dev/full"), 5, "cannot be written");
    e2e_fails(e2e_run_to(arena, RUN_ARGS("doctor"), NULL), 5, "cannot be written");
    e2e_fails(e2e_run_to(arena, RUN_ARGS("--help"), "/dev/full"), 5, "<stdout>:1:1: error:");
    const char *dir = e2e_dir(arena);
    const char *json = ot_str_fmt(arena, "%s/r.json", dir).ptr;
    struct ot_err err;
    ot_err_init(&err, arena);
    assert_int_equal(ot_file_write(json, ot_str_c("{}"), &err), OT_OK);
    e2e_fails(e2e_run(arena, RUN_ARGS("report", json, "-o", "/nowhere/f.html")), 5, "error: ");
    e2e_rm(dir);
    ot_arena_free(arena);
}

/* A FIFO nobody writes to keeps the program waiting in its read. */
TEST(cli, an_interrupt_exits_130)
{
    ARENA;
    const char *dir = e2e_dir(arena);
    const char *fifo = ot_str_fmt(arena, "%s/r.json", dir).ptr;
    assert_int_equal(mkfifo(fifo, 0600), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        const char *program = getenv("OT_PROGRAM");
        execl(program, program, "report", fifo, "-o", "/nowhere/x.html", (char *)NULL);
        _exit(127);
    }
    const struct timespec a_while = {.tv_sec = 1};
    nanosleep(&a_while, NULL);
    assert_int_equal(kill(pid, SIGINT), 0);
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 130);
    e2e_rm(dir);
    ot_arena_free(arena);
}

TEST(cli, help_lists_every_command_and_every_option)
{
    ARENA;
    struct ran ran = e2e_run(arena, RUN_ARGS("--help"));
    assert_int_equal(ran.exit_code, 0);
    assert_non_null(strstr(ran.out.ptr, "exit codes"));
    assert_int_equal(ran.err.len, 0);
    ran = e2e_run(arena, RUN_ARGS("runs", "--help"));
    assert_int_equal(ran.exit_code, 0);
    assert_non_null(strstr(ran.out.ptr, "--store FILE"));
    assert_non_null(strstr(ran.out.ptr, "--threads N"));
    ot_arena_free(arena);
}

TEST(cli, version_is_text_or_json)
{
    ARENA;
    struct ran ran = e2e_run(arena, RUN_ARGS("--version"));
    assert_int_equal(ran.exit_code, 0);
    assert_true(ot_str_starts(ran.out, "offtake "));
    ran = e2e_run(arena, RUN_ARGS("--version", "--json"));
    struct ot_node *root = parsed(arena, ran.out);
    struct ot_str name = {0};
    assert_true(ot_node_str(root, "name", &name) && ot_str_is(name, "offtake"));
    assert_non_null(ot_node_get(root, "version"));
    ot_arena_free(arena);
}

TEST(cli, json_holds_the_envelope_and_nothing_of_the_machine)
{
    ARENA;
    struct ran ran = e2e_run(arena, RUN_ARGS("doctor", "--json", "--seed", "42"));
    assert_int_equal(ran.exit_code, 0);
    struct ot_node *root = parsed(arena, ran.out);
    int64_t seed = 0;
    assert_true(ot_node_int(root, "seed", &seed) && seed == 42);
    static const char *const keys[] = {"schema", "schema_version", "version", "data", "assumed"};
    for (size_t i = 0; i < OT_COUNT(keys); i++)
        assert_non_null(ot_node_get(root, keys[i]));
    assert_null(strstr(ran.out.ptr, "\"/"));
    assert_null(ot_node_get(root, "threads"));
    struct ran other = e2e_run(arena, RUN_ARGS("doctor", "--json", "--seed=42", "--threads=1"));
    assert_true(ot_str_eq(ran.out, other.out));
    ot_arena_free(arena);
}

TEST(cli, a_data_root_that_is_none_is_named)
{
    ARENA;
    char *kept = strdup(getenv("OFFTAKE_DATA"));
    setenv("OFFTAKE_DATA", "/nowhere", 1);
    struct ran ran = e2e_run(arena, RUN_ARGS("doctor", "--json"));
    setenv("OFFTAKE_DATA", kept, 1);
    free(kept);
    bool found = true;
    assert_true(ot_node_bool(parsed(arena, ran.out), "data_found", &found));
    assert_false(found);
    ot_arena_free(arena);
}

TEST(cli, a_saved_run_is_listed_shown_compared_and_reported)
{
    ARENA;
    const char *dir = e2e_dir(arena);
    const char *store = ot_str_fmt(arena, "%s/runs.db", dir).ptr;
    struct ot_err err;
    ot_err_init(&err, arena);
    struct ot_runs *runs = NULL;
    assert_int_equal(ot_runs_open(arena, store, OT_OPEN_CREATE, &runs, &err), OT_OK);
    static const char *const results[] = {"{\"cost_usd\": 10}\n", "{\"cost_usd\": 15}\n"};
    for (size_t i = 0; i < OT_COUNT(results); i++) {
        struct ot_run run = {.command = ot_str_c("plan"),
                             .title = ot_str_c("a title"),
                             .input = ot_str_c("plan.yaml"),
                             .version = ot_str_c("0"),
                             .json = ot_str_c(results[i])};
        assert_int_equal(ot_runs_save(runs, &run, &err), OT_OK);
    }
    ot_runs_close(runs);
    struct ran ran = e2e_run(arena, RUN_ARGS("runs", "list", "--store", store, "--json"));
    assert_int_equal(ot_node_get(parsed(arena, ran.out), "runs")->n, 2);
    ran = e2e_run(arena, RUN_ARGS("runs", "show", "1", "--store", store, "--json"));
    assert_string_equal(ran.out.ptr, results[0]);
    ran = e2e_run(arena, RUN_ARGS("runs", "diff", "1", "last", "--store", store, "--csv"));
    assert_string_equal(ran.out.ptr, "path,before,after,ratio\ncost_usd,10,15,1.5\n");
    e2e_fails(e2e_run(arena, RUN_ARGS("runs", "show", "9", "--store", store)), 3,
              "<args>:1:3: error: run: '9': no such run");
    const char *html = ot_str_fmt(arena, "%s/r.html", dir).ptr;
    ran = e2e_run(arena, RUN_ARGS("report", "2", "-o", html, "--store", store));
    assert_int_equal(ran.exit_code, ot_page_built() ? 0 : 5);
    assert_true(ot_file_exists(html) == ot_page_built());
    e2e_rm(dir);
    ot_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(cli, usage_errors_exit_2_and_name_the_argument),
        RUN(cli, bad_input_exits_3),
        RUN(cli, output_that_cannot_be_written_exits_5),
        RUN(cli, an_interrupt_exits_130),
        RUN(cli, help_lists_every_command_and_every_option),
        RUN(cli, version_is_text_or_json),
        RUN(cli, json_holds_the_envelope_and_nothing_of_the_machine),
        RUN(cli, a_data_root_that_is_none_is_named),
        RUN(cli, a_saved_run_is_listed_shown_compared_and_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
