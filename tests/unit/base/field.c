/* SPDX-License-Identifier: Apache-2.0 */
/* Would catch: keys silently ignored, figures without a source, defaults nobody hears of, ranges
 * checked in the wrong unit, schemas that say something else than the loader. */
#include <jansson.h>
#include <math.h>

#include "unit/base/base_test.h"

enum colour {
    RED,
    GREEN
};
static const char *const colour_names[] = {"red", "green"};
static const struct ot_enum_names colours = {colour_names, 2};

struct part {
    struct ot_str name;
    int64_t count;
    double weight;
};
struct thing {
    struct ot_str name;
    bool flag, has_limit, has_box;
    int64_t count;
    double limit_s, share_frac;
    int colour;
    int64_t start_day;
    struct ot_period term;
    struct ot_fact rate;
    struct ot_str *tags;
    int64_t tags_n;
    double *steps;
    int64_t steps_n;
    struct part box, inner;
    struct part *parts;
    int64_t parts_n;
    const struct ot_node *raw;
    struct ot_pred speed;
};

#define AT(type, member) .offset = offsetof(struct type, member)
#define N(type, member) .count_offset = offsetof(struct type, member)
#define HAS(type, member) .has_offset = offsetof(struct type, member)

static const struct ot_field part_rows[] = {
    {.key = "name", .kind = OT_KIND_STR, .need = OT_REQUIRED, AT(part, name), .help = "its name"},
    {.key = "count",
     .kind = OT_KIND_INT,
     AT(part, count),
     .min = 1,
     .max = 9,
     .def = "1",
     .help = "how many"},
    {.key = "weight", .kind = OT_KIND_NUM, AT(part, weight)},
};
static const struct ot_table part_table = {"part", "A part", sizeof(struct part), part_rows,
                                           OT_COUNT(part_rows)};
static const struct ot_field rows[] = {
    {.key = "name", .kind = OT_KIND_STR, .need = OT_REQUIRED, AT(thing, name), .help = "its name"},
    {.key = "flag", .kind = OT_KIND_BOOL, AT(thing, flag), .help = "yes or no"},
    {.key = "count",
     .kind = OT_KIND_INT,
     AT(thing, count),
     .min = 0,
     .max = 100,
     .def = "4",
     .help = "copies"},
    {.key = "limit",
     .out = "limit_s",
     .kind = OT_KIND_NUM,
     .dim = OT_DIM_TIME,
     AT(thing, limit_s),
     HAS(thing, has_limit),
     .min = 1e-3,
     .max = 10,
     .help = "longest wait"},
    {.key = "share",
     .out = "share_frac",
     .kind = OT_KIND_NUM,
     .dim = OT_DIM_FRAC,
     AT(thing, share_frac),
     .min = 0,
     .max = 1,
     .def = "20 %",
     .help = "kept free"},
    {.key = "colour",
     .kind = OT_KIND_ENUM,
     AT(thing, colour),
     .names = &colours,
     .def = "green",
     .help = "paint"},
    {.key = "start", .kind = OT_KIND_DATE, AT(thing, start_day), .help = "first day"},
    {.key = "term", .kind = OT_KIND_PERIOD, AT(thing, term), .help = "how long"},
    {.key = "rate",
     .out = "rate_bytes_per_s",
     .kind = OT_KIND_FACT,
     .dim = OT_DIM_BYTES_PER_S,
     AT(thing, rate),
     .min = 1,
     .max = INFINITY,
     .help = "how fast"},
    {.key = "tags", .kind = OT_KIND_STRS, AT(thing, tags), N(thing, tags_n), .help = "words"},
    {.key = "steps",
     .out = "steps_s",
     .kind = OT_KIND_NUMS,
     .dim = OT_DIM_TIME,
     AT(thing, steps),
     N(thing, steps_n),
     .help = "times"},
    {.key = "box",
     .kind = OT_KIND_OBJ,
     AT(thing, box),
     HAS(thing, has_box),
     .table = &part_table,
     .help = "may be absent"},
    {.key = "inner",
     .kind = OT_KIND_OBJ,
     AT(thing, inner),
     .table = &part_table,
     .help = "always there"},
    {.key = "parts",
     .kind = OT_KIND_LIST,
     AT(thing, parts),
     N(thing, parts_n),
     .table = &part_table,
     .unique = "name",
     .help = "what it is made of"},
    {.key = "raw", .kind = OT_KIND_RAW, AT(thing, raw), .help = "anything"},
    {.key = "speed", .kind = OT_KIND_PRED, .need = OT_OUTPUT_ONLY, AT(thing, speed)},
};
static const struct ot_table table = {"thing", "A thing to test with", sizeof(struct thing), rows,
                                      OT_COUNT(rows)};

static enum ot_code load(struct fixture *f, const char *text, struct ot_assumed *assumed,
                         struct thing *ret)
{
    struct ot_node *root = NULL;
    assert_int_equal(ot_yaml_parse(f->arena, ot_str_c(text), "t", &root, &f->err), OT_OK);
    return ot_field_load(&table, root, f->arena, assumed, ret, &f->err);
}

static struct thing good(struct fixture *f, const char *text)
{
    struct thing thing;
    const enum ot_code code = load(f, text, NULL, &thing);
    if (code != OT_OK)
        print_error("%s\n", ot_err_text(&f->err, f->arena).ptr);
    assert_int_equal(code, OT_OK);
    return thing;
}

static void bad(struct fixture *f, const char *text, const char *message)
{
    struct thing thing;
    assert_int_equal(load(f, text, NULL, &thing), OT_INPUT);
    assert_error(f, message);
}

static const char full[] =
    "name: first\nflag: true\ncount: 7\nlimit: 40 ms\nshare: 50 %\ncolour: red\n"
    "start: 2026-08-21\nterm: 18 mo\n"
    "rate: {value: 2.9 TB/s, low: 2.8 TB/s, source: \"a, page 3\", date: 2025-01-02, status: "
    "vendor, note: n}\n"
    "tags: [a, \"b c\"]\nsteps: [1 ms, 2 s]\nbox: {name: b, count: 2}\ninner: {name: i}\n"
    "parts:\n  - {name: p, count: 3}\n  - {name: q}\nraw: {x: [1, two, true, null]}\n";

TEST(field, loads_every_kind)
{
    struct fixture *f = *state;
    const struct thing t = good(f, full);
    assert_str(t.name, "first");
    assert_true(t.flag && t.has_limit && t.has_box);
    assert_int_equal(t.count, 7);
    ot_assert_near(t.limit_s, 0.04, 1e-15);
    ot_assert_near(t.share_frac, 0.5, 1e-15);
    assert_int_equal(t.colour, RED);
    assert_int_equal(t.start_day, ot_date_of(2026, 8, 21));
    assert_int_equal(t.term.months, 18);
    assert_true(t.rate.has);
    ot_assert_near(t.rate.value, 2.9e12, 1e-15);
    ot_assert_near(t.rate.low, 2.8e12, 1e-15);
    assert_true(t.rate.high == t.rate.value);
    assert_int_equal(t.rate.status, OT_STATUS_vendor);
    assert_int_equal(t.rate.date_day, ot_date_of(2025, 1, 2));
    assert_str(t.rate.source, "a, page 3");
    assert_int_equal(t.rate.loc.line, 9);
    assert_int_equal(t.tags_n, 2);
    assert_str(t.tags[1], "b c");
    assert_int_equal(t.steps_n, 2);
    ot_assert_near(t.steps[0], 0.001, 1e-15);
    assert_int_equal(t.box.count, 2);
    assert_int_equal(t.inner.count, 1);
    assert_int_equal(t.parts_n, 2);
    assert_str(t.parts[1].name, "q");
    assert_int_equal(t.parts[1].count, 1);
    assert_str(ot_node_at(t.raw, "x[1]")->text, "two");
}

TEST(field, records_the_defaults_it_used)
{
    struct fixture *f = *state;
    struct ot_assumed assumed;
    struct thing t;
    ot_assumed_init(&assumed, f->arena);
    assert_int_equal(load(f, "name: x\nparts: [{name: p}]\n", &assumed, &t), OT_OK);
    static const char *const want[][3] = {{"count", "4", "copies"},
                                          {"share", "20 %", "kept free"},
                                          {"colour", "green", "paint"},
                                          {"inner.count", "1", "how many"},
                                          {"parts[0].count", "1", "how many"}};
    assert_int_equal(assumed.n, OT_COUNT(want));
    for (size_t i = 0; i < OT_COUNT(want); i++) {
        assert_str(assumed.items[i].path, want[i][0]);
        assert_str(assumed.items[i].value, want[i][1]);
        assert_str(assumed.items[i].why, want[i][2]);
    }
    assert_int_equal(t.count, 4);
    assert_int_equal(t.colour, GREEN);
    assert_false(t.has_limit || t.has_box);
    assert_false(t.rate.has);
    assert_int_equal(t.box.count, 0); /* absent with a has bit: not even defaults */
}

TEST(field, unknown_keys_get_a_suggestion_or_the_list)
{
    struct fixture *f = *state;
    bad(f, "name: x\nlimits: 1 s\n", "t:2:1: error: 'limits': unknown key; did you mean 'limit'?");
    bad(f, "name: x\nparts:\n  - {name: p, cuont: 1}\n",
        "t:3:15: error: parts[0]: 'cuont': unknown key; did you mean 'count'?");
    bad(f, "name: x\ninner: {name: i, zzzzzzzz: 1}\n",
        "t:2:18: error: inner: 'zzzzzzzz': unknown key; known here: name, count, weight");
    bad(f, "name: x\nspeed: 3\n", /* output only */
        "t:2:1: error: 'speed': unknown key; did you mean 'steps'?");
}

TEST(field, missing_required_keys_name_the_map)
{
    struct fixture *f = *state;
    bad(f, "count: 1\n", "t:1:1: error: name: missing: its name");
    bad(f, "name: x\nparts:\n  - {name: p}\n  - count: 2\n",
        "t:4:5: error: parts[1].name: missing: its name");
    bad(f, "name: x\nbox: {}\n", "t:2:6: error: box.name: missing: its name");
    bad(f, "name:\n", "t:1:1: error: name: missing: its name"); /* null counts as absent */
}

TEST(field, numbers_need_their_unit_and_their_range)
{
    struct fixture *f = *state;
    static const char time_says[] =
        "a time with its unit, such as 40 ms (ns us ms s min h d wk mo y)";
    struct ot_str m = ot_str_fmt(f->arena, "t:2:8: error: limit: '40': %s", time_says);
    bad(f, "name: x\nlimit: 40\n", m.ptr);
    m = ot_str_fmt(f->arena, "t:2:8: error: limit: %s", time_says);
    bad(f, "name: x\nlimit: [1 s]\n", m.ptr);
    bad(f, "name: x\nlimit: 11 s\n", "t:2:8: error: limit: '11 s': between 1 ms and 10 s");
    bad(f, "name: x\nlimit: 1e400 s\n",
        "t:2:8: error: limit: '1e400 s': a finite decimal number that a double can hold");
    bad(f, "name: x\nsteps: [1 s, 2]\n",
        ot_str_fmt(f->arena, "t:2:14: error: steps[1]: '2': %s", time_says).ptr);
    bad(f, "name: x\nshare: 120 %\n", "t:2:8: error: share: '120 %': between 0 % and 100 %");
}

TEST(field, counts_are_whole_and_bare)
{
    struct fixture *f = *state;
    assert_int_equal(good(f, "name: x\ncount: 1e2\n").count, 100);
    bad(f, "name: x\ncount: 2.5\n", "t:2:8: error: count: '2.5': a whole number");
    bad(f, "name: x\ncount: 1,000\n",
        "t:2:8: error: count: '1,000': a number without thousands separators, with '.' as decimal "
        "mark");
    bad(f, "name: x\ncount: 101\n", "t:2:8: error: count: '101': between 0 and 100");
    bad(f, "name: x\ncount: 3 GB\n", "t:2:8: error: count: '3 GB': a plain number, without a unit");
    bad(f, "name: x\ncount: NaN\n", "t:2:8: error: count: 'NaN': a plain number, without a unit");
}

TEST(field, other_kinds_say_what_they_take)
{
    struct fixture *f = *state;
    bad(f, "name: [x]\n", "t:1:7: error: name: plain text");
    bad(f, "name: x\nflag: yes\n", "t:2:7: error: flag: 'yes': true or false");
    bad(f, "name: x\ncolour: blue\n", "t:2:9: error: colour: 'blue': one of red, green");
    bad(f, "name: x\nstart: 2025-02-29\n",
        "t:2:8: error: start: '2025-02-29': a date such as 2026-08-21");
    bad(f, "name: x\nterm: soon\n",
        "t:2:7: error: term: 'soon': a period such as 3 y, 18 mo or 90 d");
    bad(f, "name: x\ntags: a\n", "t:2:7: error: tags: 'a': a list [a, b, …]");
    bad(f, "name: x\ntags: [{}]\n", "t:2:8: error: tags[0]: plain text");
    bad(f, "name: x\nbox: 3\n", "t:2:6: error: box: '3': a map (part)");
    bad(f, "name: x\nparts: {}\n", "t:2:8: error: parts: a list of maps");
    bad(f, "name: x\nparts: [3]\n", "t:2:9: error: parts[0]: '3': a map (part)");
    bad(f, "- name\n", "t:1:1: error: a map (thing)");
}

TEST(field, entries_of_a_list_differ_in_their_unique_key)
{
    struct fixture *f = *state;
    bad(f, "name: x\nparts:\n  - name: a\n  - name: b\n  - name: a\n",
        "t:5:11: error: parts[2].name: 'a': one not used by entry [0]");
}

TEST(field, a_figure_has_source_date_and_status)
{
    struct fixture *f = *state;
    bad(f, "name: x\nrate: {value: 1 GB/s, date: 2025-01-01, status: vendor}\n",
        "t:2:7: error: rate.source: missing: a figure says where it comes from");
    bad(f, "name: x\nrate: {value: 1 GB/s, source: s, status: vendor}\n",
        "t:2:7: error: rate.date: missing: the date of the source, such as 2026-08-21");
    bad(f, "name: x\nrate: {value: 1 GB/s, source: s, date: 2025-01-01}\n",
        "t:2:7: error: rate.status: missing: one of vendor, measured, filed, closed, announced, "
        "reported, estimate, derived, assumed, disputed, withdrawn");
    bad(f, "name: x\nrate: {source: s}\n",
        "t:2:7: error: rate.value: missing: a figure, or n/d where it is not known");
    bad(f, "name: x\nrate: 1 GB/s\n",
        "t:2:7: error: rate: '1 GB/s': {value: …, source: …, date: …, status: …} or n/d; a figure "
        "says where it comes from");
    bad(f, "name: x\nrate: {value: 1 GB/s, source: s, date: 2025-1-1, status: vendor}\n",
        "t:2:40: error: rate.date: '2025-1-1': a date such as 2026-08-21");
    bad(f, "name: x\nrate: {value: 1 GB/s, sorce: s}\n",
        "t:2:23: error: rate: 'sorce': unknown key; did you mean 'source'?");
    bad(f, "name: x\nrate: {value: 0 GB/s, source: s, date: 2025-01-01, status: vendor}\n",
        "t:2:15: error: rate.value: '0 GB/s': at least 1 B/s");
}

TEST(field, a_range_holds_its_value)
{
    struct fixture *f = *state;
    bad(f,
        "name: x\nrate: {value: 2 GB/s, low: 3 GB/s, source: s, date: 2025-01-01, status: "
        "vendor}\n",
        "t:2:28: error: rate.low: '3 GB/s': not above the value");
    bad(f,
        "name: x\nrate: {value: 2 GB/s, high: 1 GB/s, source: s, date: 2025-01-01, status: "
        "vendor}\n",
        "t:2:29: error: rate.high: '1 GB/s': not below the value");
}

TEST(field, not_known_is_not_a_number)
{
    struct fixture *f = *state;
    assert_false(good(f, "name: x\nrate: n/d\n").rate.has);
    const struct thing t = good(f, "name: x\nrate: {value: n/d, note: never published}\n");
    assert_false(t.rate.has);
    assert_str(t.rate.note, "never published");
    bad(f, "name: x\nlimit: n/d\n", /* a plain number cannot be unknown */
        "t:2:8: error: limit: 'n/d': a time with its unit, such as 40 ms (ns us ms s min h d wk mo "
        "y)");
}

TEST(field, prints_what_it_loaded_with_units_in_the_keys)
{
    struct fixture *f = *state;
    struct thing t = good(f, full);
    t.speed = ot_pred_of(10, 0.5, 2, OT_LABEL_fitted);
    struct ot_buf out;
    struct ot_json json;
    ot_buf_init(&out, f->arena, 0);
    ot_json_init(&json, &out);
    ot_field_json(&table, &t, &json);
    json_error_t error;
    json_t *read = json_loadb(out.ptr, out.len, 0, &error);
    assert_non_null(read);
    ot_assert_near(json_real_value(json_object_get(read, "limit_s")), 0.04, 1e-15);
    ot_assert_near(json_number_value(json_object_get(read, "share_frac")), 0.5, 1e-15);
    assert_string_equal(json_string_value(json_object_get(read, "colour")), "red");
    assert_string_equal(json_string_value(json_object_get(read, "start")), "2026-08-21");
    assert_string_equal(json_string_value(json_object_get(read, "term")), "18 mo");
    const json_t *rate = json_object_get(read, "rate_bytes_per_s");
    ot_assert_near(json_number_value(json_object_get(rate, "low")), 2.8e12, 1e-15);
    assert_null(json_object_get(rate, "high"));
    assert_int_equal(json_number_value(json_object_get(read, "speed_p10")), 5);
    assert_string_equal(json_string_value(json_object_get(read, "speed_label")), "fitted");
    assert_int_equal(json_array_size(json_object_get(read, "parts")), 2);
    assert_true(
        json_is_true(json_array_get(json_object_get(json_object_get(read, "raw"), "x"), 2)));
    json_decref(read);
}

TEST(field, leaves_out_what_was_not_said)
{
    struct fixture *f = *state;
    struct thing t = good(f, "name: x\ninner: {name: i, weight: 0}\nrate: n/d\n");
    t.speed = ot_pred_of(1, 1, 1, OT_LABEL_measured);
    struct ot_buf out;
    struct ot_json json;
    ot_buf_init(&out, f->arena, 0);
    ot_json_init(&json, &out);
    ot_field_json(&table, &t, &json);
    assert_null(strstr(out.ptr, "\"limit_s\""));
    assert_null(strstr(out.ptr, "\"rate_bytes_per_s\""));
    assert_null(strstr(out.ptr, "\"box\""));
    assert_null(strstr(out.ptr, "\"tags\""));
    assert_null(strstr(out.ptr, "\"start\""));
    assert_non_null(strstr(out.ptr, "\"weight\": 0"));
    assert_non_null(strstr(out.ptr, "\"flag\": false"));
}

TEST(field, the_schema_knows_every_key_and_is_json)
{
    struct fixture *f = *state;
    struct ot_buf out;
    struct ot_json json;
    ot_buf_init(&out, f->arena, 0);
    ot_json_init(&json, &out);
    ot_field_schema(&table, &json);
    json_error_t error;
    json_t *schema = json_loadb(out.ptr, out.len, JSON_REJECT_DUPLICATES, &error);
    assert_non_null(schema);
    assert_string_equal(json_string_value(json_object_get(schema, "$schema")),
                        "https://json-schema.org/draft/2020-12/schema");
    const json_t *defs = json_object_get(schema, "$defs");
    const json_t *thing = json_object_get(defs, "thing"),
                 *keys = json_object_get(thing, "properties");
    for (size_t i = 0; i < table.n; i++)
        assert_true((json_object_get(keys, rows[i].key) != NULL) ==
                    (rows[i].need != OT_OUTPUT_ONLY));
    assert_true(json_is_false(json_object_get(thing, "additionalProperties")));
    assert_non_null(json_object_get(keys, "extends"));
    assert_non_null(json_object_get(defs, "part"));
    assert_non_null(json_object_get(defs, "include"));
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(keys, "share"), "default")), "20 %");
    assert_int_equal(json_integer_value(json_object_get(json_object_get(keys, "count"), "maximum")),
                     100);
    json_decref(schema);
}

TEST(field, the_page_has_a_row_per_key_and_a_section_per_table)
{
    struct fixture *f = *state;
    struct ot_buf out;
    ot_buf_init(&out, f->arena, 0);
    ot_field_page(&table, &out);
    assert_true(ot_str_starts(ot_buf_str(&out), "# thing\n\nA thing to test with.\n"));
    assert_non_null(strstr(out.ptr, "\n## part\n"));
    assert_non_null(strstr(out.ptr, "| `limit` | number, as `40 ms` | 1 ms to 10 s |  | "
                                    "longest wait |"));
    assert_non_null(strstr(out.ptr, "| `count` | whole number | 0 to 100 | `4` | copies |"));
    assert_non_null(strstr(out.ptr, "| `parts` | list of [part](#part) |  |  |"));
    assert_null(strstr(out.ptr, "`speed`"));
}

TEST(field, statuses_have_names)
{
    assert_string_equal(ot_status_name(OT_STATUS_vendor), "vendor");
    assert_string_equal(ot_status_name(OT_STATUS_withdrawn), "withdrawn");
}

TEST(json_writer, writes_stable_bytes)
{
    struct fixture *f = *state;
    struct ot_buf out;
    struct ot_json json;
    ot_buf_init(&out, f->arena, 0);
    ot_json_init(&json, &out);
    ot_json_open(&json, '{');
    ot_json_kstr(&json, "s", ot_str_c("a\"b\\c\n\t\x01µ"));
    ot_json_knum(&json, "n", 0.1);
    ot_json_kint(&json, "i", -9223372036854775807);
    ot_json_kbool(&json, "b", true);
    ot_json_key(&json, "l");
    ot_json_open(&json, '[');
    ot_json_num(&json, 1);
    ot_json_null(&json);
    ot_json_open(&json, '{');
    ot_json_close(&json, '}');
    ot_json_close(&json, ']');
    ot_json_key(&json, "e");
    ot_json_open(&json, '[');
    ot_json_close(&json, ']');
    ot_json_kpred(&json, "t_s", ot_pred_of(2, 0.5, 1.5, OT_LABEL_interpolated));
    ot_json_close(&json, '}');
    assert_str(ot_buf_str(&out), "{\n"
                                 "  \"s\": \"a\\\"b\\\\c\\n\\t\\u0001µ\",\n"
                                 "  \"n\": 0.1,\n"
                                 "  \"i\": -9223372036854775807,\n"
                                 "  \"b\": true,\n"
                                 "  \"l\": [\n    1,\n    null,\n    {}\n  ],\n"
                                 "  \"e\": [],\n"
                                 "  \"t_s\": 2,\n  \"t_s_p10\": 1,\n  \"t_s_p90\": 3,\n"
                                 "  \"t_s_label\": \"interpolated\"\n"
                                 "}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN_F(field, loads_every_kind),
        RUN_F(field, records_the_defaults_it_used),
        RUN_F(field, unknown_keys_get_a_suggestion_or_the_list),
        RUN_F(field, missing_required_keys_name_the_map),
        RUN_F(field, numbers_need_their_unit_and_their_range),
        RUN_F(field, counts_are_whole_and_bare),
        RUN_F(field, other_kinds_say_what_they_take),
        RUN_F(field, entries_of_a_list_differ_in_their_unique_key),
        RUN_F(field, a_figure_has_source_date_and_status),
        RUN_F(field, a_range_holds_its_value),
        RUN_F(field, not_known_is_not_a_number),
        RUN_F(field, prints_what_it_loaded_with_units_in_the_keys),
        RUN_F(field, leaves_out_what_was_not_said),
        RUN_F(field, the_schema_knows_every_key_and_is_json),
        RUN_F(field, the_page_has_a_row_per_key_and_a_section_per_table),
        RUN(field, statuses_have_names),
        RUN_F(json_writer, writes_stable_bytes),
    };
    return cmocka_run_group_tests_name("base field", tests, NULL, NULL);
}
