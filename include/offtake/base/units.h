/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFTAKE_BASE_UNITS_H
#define OFFTAKE_BASE_UNITS_H
/* Units at the door: text such as "40 ms", "2.9 TB/s", "38 GUSD", "2.235 USD/chip-h", "50 %" to SI
 * numbers, and back for printing. Inside the program everything is SI (seconds, bytes, USD/s).
 *
 * Grammar: NUMBER [space] [prefix]UNIT[/PER]. Prefixes k M G T P, and Ki Mi Gi Ti for B only. A
 * dimensioned field without unit, NaN, 1e400, "1,000" and unknown units are refused. */
#include "offtake/base/arena.h"
#include "offtake/base/err.h"
#include "offtake/base/str.h"

/* name, SI unit as printed, suffix of JSON keys */
#define OT_DIM_LIST(X)                                                                             \
    X(NONE, "", "")                                                                                \
    X(FRAC, "", "frac")                                                                            \
    X(TIME, "s", "s")                                                                              \
    X(BYTES, "B", "bytes")                                                                         \
    X(BYTES_PER_S, "B/s", "bytes_per_s")                                                           \
    X(FLOP_PER_S, "FLOP/s", "flop_per_s")                                                          \
    X(HERTZ, "Hz", "hz")                                                                           \
    X(POWER, "W", "w")                                                                             \
    X(ENERGY, "J", "j")                                                                            \
    X(USD, "USD", "usd")                                                                           \
    X(USD_PER_S, "USD/s", "usd_per_s")                                                             \
    X(USD_PER_CHIP_S, "USD/chip-s", "usd_per_chip_s")                                              \
    X(USD_PER_TOK, "USD/tok", "usd_per_tok")                                                       \
    X(USD_PER_REQ, "USD/req", "usd_per_req")                                                       \
    X(USD_PER_J, "USD/J", "usd_per_j")                                                             \
    X(USD_PER_SHARE, "USD/share", "usd_per_share")                                                 \
    X(TOK, "tok", "tok")                                                                           \
    X(TOK_PER_S, "tok/s", "tok_per_s")                                                             \
    X(REQ_PER_S, "req/s", "req_per_s")
enum ot_dim {
#define OT_DIM_ENUM(name, si, suffix) OT_DIM_##name,
    OT_DIM_LIST(OT_DIM_ENUM)
#undef OT_DIM_ENUM
    OT_DIM_COUNT
};
/* FRAC takes "50 %" or a bare 0.5; ENERGY takes Wh and J; USD_PER_J takes USD/kW-month,
 * GUSD/GW-y, USD/kWh; USD_PER_S takes /h /d /mo /y; USD_PER_CHIP_S takes USD/chip-h and, where the
 * field is per chip, USD/h; NONE takes a bare number. mo = 1/12 y, y = 8,760 h. */

/* SI value of `text`. On failure *ret_why says what is allowed (a static string) and nothing else
 * is written. */
bool ot_units_parse(struct ot_str text, enum ot_dim dim, double *ret_value, const char **ret_why);
/* Human form with the prefix that gives 1 <= |x| < 1000 and `digits` significant digits, e.g.
 * "2.90 TB/s", "40 ms", "38 GUSD", "2.24 USD/h". */
struct ot_str ot_units_text(struct ot_arena *arena, double value, enum ot_dim dim, int digits);
const char *ot_dim_si(enum ot_dim dim);
const char *ot_dim_suffix(enum ot_dim dim);
/* An example for messages and schemas, e.g. "2.9 TB/s". */
const char *ot_dim_example(enum ot_dim dim);
#endif
