/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON writer. Own code because the output must be byte-stable and shortest-round-trip. */
#include "offtake/base/json.h"

#include "offtake/base/num.h"

void ot_json_init(struct ot_json *json, struct ot_buf *out)
{
    *json = (struct ot_json){.out = out};
}

static void new_line(struct ot_json *json)
{
    ot_buf_addc(json->out, "\n");
    for (int i = 0; i < json->depth; i++)
        ot_buf_addc(json->out, "  ");
}

/* What stands between the previous item and the next one. */
static void lead_in(struct ot_json *json)
{
    if (json->after_key) {
        json->after_key = false;
        return;
    }
    if (json->need_comma)
        ot_buf_addc(json->out, ",");
    if (json->depth > 0)
        new_line(json);
}

void ot_json_open(struct ot_json *json, char bracket)
{
    OT_ASSERT(bracket == '{' || bracket == '[');
    lead_in(json);
    ot_buf_add(json->out, ot_str_n(&bracket, 1));
    json->depth++;
    json->need_comma = false;
}

/* Takes '}' or ']', and also the opening bracket it belongs to. */
void ot_json_close(struct ot_json *json, char bracket)
{
    OT_ASSERT(json->depth > 0 && !json->after_key);
    json->depth--;
    if (json->need_comma)
        new_line(json);
    ot_buf_addc(json->out, bracket == '{' || bracket == '}' ? "}" : "]");
    json->need_comma = true;
}

static void quoted(struct ot_buf *out, struct ot_str s)
{
    ot_buf_addc(out, "\"");
    size_t from = 0;
    for (size_t i = 0; i < s.len; i++) {
        const unsigned char c = (unsigned char)s.ptr[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        ot_buf_add(out, ot_str_n(s.ptr + from, i - from));
        if (c == '"' || c == '\\')
            ot_buf_addf(out, "\\%c", c);
        else if (c == '\n')
            ot_buf_addc(out, "\\n");
        else if (c == '\t')
            ot_buf_addc(out, "\\t");
        else
            ot_buf_addf(out, "\\u%04x", c);
        from = i + 1;
    }
    ot_buf_add(out, ot_str_n(s.ptr + from, s.len - from));
    ot_buf_addc(out, "\"");
}

void ot_json_key(struct ot_json *json, const char *key)
{
    OT_ASSERT(!json->after_key && json->depth > 0);
    lead_in(json);
    quoted(json->out, ot_str_c(key));
    ot_buf_addc(json->out, ": ");
    json->after_key = true;
}

void ot_json_str(struct ot_json *json, struct ot_str value)
{
    OT_ASSERT(ot_str_valid_utf8(value, NULL));
    lead_in(json);
    quoted(json->out, value);
    json->need_comma = true;
}

void ot_json_num(struct ot_json *json, double value)
{
    OT_CHECK_FINITE(value);
    lead_in(json);
    ot_buf_add_num(json->out, value);
    json->need_comma = true;
}

void ot_json_int(struct ot_json *json, int64_t value)
{
    lead_in(json);
    ot_buf_addf(json->out, "%lld", (long long)value);
    json->need_comma = true;
}

static void word(struct ot_json *json, const char *text)
{
    lead_in(json);
    ot_buf_addc(json->out, text);
    json->need_comma = true;
}

void ot_json_bool(struct ot_json *json, bool value)
{
    word(json, value ? "true" : "false");
}

void ot_json_null(struct ot_json *json)
{
    word(json, "null");
}

void ot_json_kstr(struct ot_json *json, const char *key, struct ot_str value)
{
    ot_json_key(json, key);
    ot_json_str(json, value);
}

void ot_json_knum(struct ot_json *json, const char *key, double value)
{
    ot_json_key(json, key);
    ot_json_num(json, value);
}

void ot_json_kint(struct ot_json *json, const char *key, int64_t value)
{
    ot_json_key(json, key);
    ot_json_int(json, value);
}

void ot_json_kbool(struct ot_json *json, const char *key, bool value)
{
    ot_json_key(json, key);
    ot_json_bool(json, value);
}

void ot_json_kpred(struct ot_json *json, const char *key, struct ot_pred value)
{
    OT_ASSERT(value.p10 <= value.value && value.value <= value.p90);
    struct ot_buf name;
    ot_buf_init(&name, json->out->arena, 0);
    ot_json_knum(json, key, value.value);
    ot_buf_addf(&name, "%s_p10", key);
    ot_json_knum(json, name.ptr, value.p10);
    name.len = 0;
    ot_buf_addf(&name, "%s_p90", key);
    ot_json_knum(json, name.ptr, value.p90);
    name.len = 0;
    ot_buf_addf(&name, "%s_label", key);
    ot_json_kstr(json, name.ptr, ot_str_c(ot_label_name(value.label)));
}
