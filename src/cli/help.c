/* SPDX-License-Identifier: Apache-2.0 */
/* Help texts, made from the command table and the option tables. */
#include "cli/cli.h"

#include <string.h>

static void option_rows(const struct ot__opt *opts, size_t n, struct ot_buf *out)
{
    for (size_t i = 0; i < n; i++) {
        const struct ot__opt *opt = &opts[i];
        bool letter = opt->name[1] == '\0'; /* may be written both ways */
        struct ot_str left =
            ot_str_fmt(out->arena, "%s%s%s--%s%s%s", letter ? "-" : "", letter ? opt->name : "",
                       letter ? ", " : "", opt->name, opt->arg == NULL ? "" : " ",
                       opt->arg == NULL ? "" : opt->arg);
        ot_buf_addf(out, "  %-26s %s", left.ptr, opt->help);
        if (opt->def != NULL)
            ot_buf_addf(out, " [%s]", opt->def);
        ot_buf_addc(out, "\n");
    }
}

void ot__help_command(const struct ot__cmd *cmd, struct ot_buf *out)
{
    ot_buf_addf(out, "%s\n\nusage: %s\n", cmd->help, cmd->usage);
    if (cmd->opts_n > 0) {
        ot_buf_addc(out, "\noptions of this command\n");
        option_rows(cmd->opts, cmd->opts_n, out);
    }
    size_t n = 0;
    const struct ot__opt *common = ot__common_opts(&n);
    ot_buf_addc(out, "\noptions of every command\n");
    option_rows(common, n, out);
}

void ot__help_program(struct ot_buf *out)
{
    ot_buf_addc(out, "offtake plans AI compute from chip to contract.\n\n"
                     "usage: offtake COMMAND [INPUT.yaml] [options]\n"
                     "       offtake COMMAND --help\n"
                     "       offtake --version [--json]\n\ncommands\n");
    size_t n = 0;
    const struct ot__cmd *const *rows = ot__commands(&n);
    for (size_t i = 0; i < n; i++)
        ot_buf_addf(out, "  %-10s %s\n", rows[i]->name, rows[i]->help);
    const struct ot__opt *common = ot__common_opts(&n);
    ot_buf_addc(out, "\noptions of every command\n");
    option_rows(common, n, out);
    ot_buf_addc(out, "\nThe result goes to stdout, messages go to stderr.\n"
                     "exit codes\n");
    static const struct {
        int exit_code;
        const char *meaning;
    } codes[] = {
#define HELP_CODE(name, exit_code, meaning) {(exit_code), (meaning)},
        OT_CODE_LIST(HELP_CODE)
#undef HELP_CODE
    };
    for (size_t i = 0; i < OT_COUNT(codes); i++)
        ot_buf_addf(out, "  %-4d %s\n", codes[i].exit_code, codes[i].meaning);
}
