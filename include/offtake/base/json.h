/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFTAKE_BASE_JSON_H
#define OFFTAKE_BASE_JSON_H
/* A small streaming JSON writer: shortest-round-trip numbers, stable bytes, 2-space indent.
 * NaN and Inf are a broken promise (OT_ASSERT). Reading is in node.h. */
#include <stdbool.h>
#include <stdint.h>

#include "offtake/base/pred.h"
#include "offtake/base/str.h"

struct ot_json {
    struct ot_buf *out;
    int depth;
    bool need_comma, after_key;
};
void ot_json_init(struct ot_json *json, struct ot_buf *out);
void ot_json_open(struct ot_json *json, char bracket); /* '{' or '[' */
void ot_json_close(struct ot_json *json, char bracket);
void ot_json_key(struct ot_json *json, const char *key);
void ot_json_str(struct ot_json *json, struct ot_str value);
void ot_json_num(struct ot_json *json, double value);
void ot_json_int(struct ot_json *json, int64_t value);
void ot_json_bool(struct ot_json *json, bool value);
void ot_json_null(struct ot_json *json);
/* key and value in one call */
void ot_json_kstr(struct ot_json *json, const char *key, struct ot_str value);
void ot_json_knum(struct ot_json *json, const char *key, double value);
void ot_json_kint(struct ot_json *json, const char *key, int64_t value);
void ot_json_kbool(struct ot_json *json, const char *key, bool value);
/* x, x_p10, x_p90, x_label */
void ot_json_kpred(struct ot_json *json, const char *key, struct ot_pred value);
#endif
