/* SPDX-License-Identifier: Apache-2.0 */
/* One HTML file from a result: its JSON, a style for the moment before the page's program runs, and
 * that program, all inside. A content policy forbids every fetch, so the file is what it shows. */
#include "offtake/report.h"

#include <string.h>

/* page.S: the built page, or nothing. */
extern const char ot__page_begin[], ot__page_end[];

static struct ot_str page(void)
{
    return ot_str_n(ot__page_begin, (size_t)(ot__page_end - ot__page_begin));
}

bool ot_page_built(void)
{
    return page().len > 0;
}

static void add_escaped(struct ot_buf *out, struct ot_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '<')
            ot_buf_addc(out, "&lt;");
        else if (c == '&')
            ot_buf_addc(out, "&amp;");
        else
            ot_buf_add(out, ot_str_n(&text.ptr[i], 1));
    }
}

/* '<' stands only inside strings of JSON, where \u003c means the same: so no "</script>" or "<!--"
 * of the data can end the block. */
static void add_json(struct ot_buf *out, struct ot_str json)
{
    size_t from = 0;
    for (size_t i = 0; i < json.len; i++) {
        if (json.ptr[i] != '<')
            continue;
        ot_buf_add(out, ot_str_n(json.ptr + from, i - from));
        ot_buf_addc(out, "\\u003c");
        from = i + 1;
    }
    ot_buf_add(out, ot_str_n(json.ptr + from, json.len - from));
}

enum ot_code ot_report_html(struct ot_str json_result, struct ot_str title, struct ot_buf *out,
                            struct ot_err *err)
{
    struct ot_node *root = NULL;
    enum ot_code code = ot_json_parse(out->arena, json_result, "<result>", &root, err);
    if (code != OT_OK)
        return code;
    if (!ot_page_built())
        return ot_err_plain(err, OT_OUTPUT,
                            "the page was not built into this program: install npm, build again");
    ot_buf_addc(out, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                     "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                     "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                     "script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: "
                     "blob:\">\n<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
    add_escaped(out, title);
    ot_buf_addc(out, "</title>\n</head>\n<body>\n<main id=\"report\"></main>\n<noscript>This "
                     "report draws itself with the script it carries; the result is in the block "
                     "below as JSON.</noscript>\n"
                     "<script type=\"application/json\" id=\"result\">\n");
    add_json(out, json_result);
    ot_buf_addc(out, "</script>\n<script>");
    ot_buf_add(out, page());
    ot_buf_addc(out, "</script>\n</body>\n</html>\n");
    return OT_OK;
}
