/* SPDX-License-Identifier: Apache-2.0 */
/* Plain text: headings, wrapped paragraphs, and the tree that explains a result. */
#include "report/text.h"

void ot__text_pad(struct ot_buf *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        ot_buf_addc(out, " ");
}

/* Bytes of the first `columns` columns of s. */
static size_t bytes_of_columns(struct ot_str s, size_t columns)
{
    size_t i = 0;
    while (i < s.len && columns > 0) {
        i++;
        while (i < s.len && ((unsigned char)s.ptr[i] & 0xC0) == 0x80)
            i++;
        columns--;
    }
    return i;
}

/* Takes one line of at most `width` columns off *rest: breaks at a blank or a newline, inside a
 * word only when the word alone is wider. */
struct ot_str ot__text_line(struct ot_str *rest, size_t width)
{
    size_t hard = bytes_of_columns(*rest, width);
    size_t end = hard;
    for (size_t i = 0; i < hard; i++) {
        if (rest->ptr[i] == '\n') {
            struct ot_str line = ot_str_n(rest->ptr, i);
            *rest = ot_str_n(rest->ptr + i + 1, rest->len - i - 1);
            return line;
        }
    }
    if (hard < rest->len) {
        while (end > 0 && rest->ptr[end] != ' ' && rest->ptr[end] != '\n')
            end--;
        if (end == 0)
            end = hard;
    }
    struct ot_str line = ot_str_trim(ot_str_n(rest->ptr, end));
    while (end < rest->len && rest->ptr[end] == ' ')
        end++;
    if (end < rest->len && rest->ptr[end] == '\n')
        end++;
    *rest = ot_str_n(rest->ptr + end, rest->len - end);
    return line;
}

void ot_text_heading(struct ot_buf *out, const char *text)
{
    ot_buf_addf(out, "%s\n", text);
    size_t width = ot_text_width(ot_str_c(text));
    for (size_t i = 0; i < width; i++)
        ot_buf_addc(out, "─");
    ot_buf_addc(out, "\n");
}

void ot_text_wrap(struct ot_buf *out, struct ot_str text, size_t indent, size_t width)
{
    OT_ASSERT(width > indent);
    struct ot_str rest = text;
    do {
        ot__text_pad(out, indent);
        ot_buf_add(out, ot__text_line(&rest, width - indent));
        ot_buf_addc(out, "\n");
    } while (rest.len > 0);
}

enum {
    NAME_COLUMNS = 44,
    VALUE_COLUMNS = 12
};

static void branch_line(const struct ot_branch *branch, struct ot_str left, struct ot_buf *out)
{
    ot_buf_add(out, left);
    size_t width = ot_text_width(left);
    ot__text_pad(out, width < NAME_COLUMNS ? NAME_COLUMNS - width : 1);
    width = ot_text_width(branch->value);
    ot__text_pad(out, width < VALUE_COLUMNS ? VALUE_COLUMNS - width : 0);
    ot_buf_add(out, branch->value);
    if (branch->has_share)
        ot_buf_addf(out, "  %5.1f %%", branch->share_frac * 100);
    else
        ot__text_pad(out, branch->note.len > 0 ? 9 : 0);
    if (branch->note.len > 0) {
        ot_buf_addc(out, "  ");
        ot_buf_add(out, branch->note);
    }
    ot_buf_addc(out, "\n");
}

/* stem: what stands to the left of this branch's children. Depth is that of the data: a step, an
 * operation, its terms. */
/* NOLINTNEXTLINE(misc-no-recursion): as deep as the explained tree, at most 8 */
static void branch_parts(const struct ot_branch *branch, struct ot_str stem, struct ot_buf *out)
{
    for (size_t i = 0; i < branch->parts_n; i++) {
        const struct ot_branch *part = &branch->parts[i];
        bool last = i + 1 == branch->parts_n;
        struct ot_str left = ot_str_fmt(out->arena, "%s%s %s", stem.ptr, last ? "└─" : "├─",
                                        ot_str_dup(out->arena, part->name).ptr);
        branch_line(part, left, out);
        branch_parts(part, ot_str_fmt(out->arena, "%s%s  ", stem.ptr, last ? " " : "│"), out);
    }
}

void ot_branch_text(const struct ot_branch *root, struct ot_buf *out)
{
    branch_line(root, root->name, out);
    branch_parts(root, ot_str_c(""), out);
}
