/* SPDX-License-Identifier: Apache-2.0 */
/* Names of number formats, engines and price kinds, and the spellings people use for formats. */
#include "offtake/catalog.h"

static const struct {
    const char *name;
    double bytes;
} dtypes[] = {
#define ROW(name, bytes) [OT_DTYPE_##name] = {#name, bytes},
    OT_DTYPE_LIST(ROW)
#undef ROW
};

const char *ot_dtype_name(enum ot_dtype dtype)
{
    OT_ASSERT((size_t)dtype < OT_DTYPE_COUNT);
    return dtypes[dtype].name;
}

double ot_dtype_bytes(enum ot_dtype dtype)
{
    OT_ASSERT((size_t)dtype < OT_DTYPE_COUNT);
    return dtypes[dtype].bytes;
}

/* Other spellings, folded: lower case, without '_', '-' and blanks. */
static const struct {
    const char *spelling;
    enum ot_dtype dtype;
} spellings[] = {
    {"float32", OT_DTYPE_fp32},
    {"float", OT_DTYPE_fp32},
    {"bfloat16", OT_DTYPE_bf16},
    {"float16", OT_DTYPE_fp16},
    {"half", OT_DTYPE_fp16},
    {"float8", OT_DTYPE_fp8},
    {"e4m3", OT_DTYPE_fp8},
    {"fp8e4m3", OT_DTYPE_fp8},
    {"float8e4m3fn", OT_DTYPE_fp8},
    {"fp8e4m3fn", OT_DTYPE_fp8},
    {"fp8e5m2", OT_DTYPE_fp8},
    {"cfp8", OT_DTYPE_fp8},
    {"fp8static", OT_DTYPE_fp8},
    {"fp8block128", OT_DTYPE_fp8_block},
    {"fp8blockwise", OT_DTYPE_fp8_block},
    {"w8a8", OT_DTYPE_int8},
    {"int8wo", OT_DTYPE_int8},
    {"w4a16", OT_DTYPE_int4},
    {"awq", OT_DTYPE_int4},
    {"gptq", OT_DTYPE_int4},
    {"int4wo", OT_DTYPE_int4},
    {"fp4", OT_DTYPE_nvfp4},
    {"w4a16mxfp4", OT_DTYPE_mxfp4},
    {"w4a8mxfp4mxfp8", OT_DTYPE_mxfp4},
};

/* Copies `text` without '_', '-' and blanks, in lower case; false when it does not fit. */
static bool fold(struct ot_str text, char *out, size_t cap)
{
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '_' || c == '-' || c == ' ')
            continue;
        if (n + 1 >= cap)
            return false;
        out[n++] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    out[n] = '\0';
    return true;
}

bool ot_dtype_parse(struct ot_str text, enum ot_dtype *ret)
{
    enum {
        LONGEST = 32
    };
    char given[LONGEST], own[LONGEST];
    if (!fold(text, given, sizeof given))
        return false;
    for (size_t i = 0; i < OT_COUNT(dtypes); i++) {
        bool fits = fold(ot_str_c(dtypes[i].name), own, sizeof own);
        OT_ASSERT(fits);
        if (ot_str_is(ot_str_c(given), own)) {
            *ret = (enum ot_dtype)i;
            return true;
        }
    }
    for (size_t i = 0; i < OT_COUNT(spellings); i++)
        if (ot_str_is(ot_str_c(given), spellings[i].spelling)) {
            *ret = spellings[i].dtype;
            return true;
        }
    return false;
}

const char *ot_engine_name(enum ot_engine engine)
{
    static const char *const names[] = {
#define ROW(name) [OT_ENGINE_##name] = #name,
        OT_ENGINE_LIST(ROW)
#undef ROW
    };
    OT_ASSERT((size_t)engine < OT_ENGINE_COUNT);
    return names[engine];
}

const char *ot_price_kind_name(enum ot_price_kind kind)
{
    static const char *const names[] = {
#define ROW(name) [OT_PRICE_KIND_##name] = #name,
        OT_PRICE_KIND_LIST(ROW)
#undef ROW
    };
    OT_ASSERT((size_t)kind < OT_PRICE_KIND_COUNT);
    return names[kind];
}
