/* SPDX-License-Identifier: Apache-2.0 */
/* The closed forms against hand-computed values and their own laws. Catches: a dropped term, a
 * wrong unit, a form that gets faster with more work, a tree that does not sum. */
#include "ot_test.h"

#include <math.h>
#include <string.h>

#include "offtake/cost.h"

struct world {
    struct ot_arena *arena;
    struct ot_catalog *catalog;
    struct ot_fits *fits;
    struct ot_err err;
};

static int set_up(void **state)
{
    static struct world w;
    w.arena = ot_arena_new(0);
    ot_err_init(&w.err, w.arena);
    const char *data = getenv("OFFTAKE_DATA");
    assert_non_null(data);
    assert_int_equal(ot_catalog_open(w.arena, data, NULL, &w.catalog, &w.err), OT_OK);
    assert_int_equal(ot_fits_open(w.arena, w.catalog, &w.fits, &w.err), OT_OK);
    *state = &w;
    return 0;
}

static int tear_down(void **state)
{
    const struct world *w = *state;
    ot_arena_free(w->arena);
    return 0;
}

static const struct ot_chip *chip(struct world *w, const char *name)
{
    const struct ot_chip *found = NULL;
    assert_int_equal(
        ot_catalog_chip(w->catalog, ot_str_c(name), (struct ot_loc){0}, &found, &w->err), OT_OK);
    return found;
}

static struct ot_kernel kernel(enum ot_op op)
{
    return (struct ot_kernel){.op = op,
                              .dtype_act = OT_DTYPE_bf16,
                              .dtype_weights = OT_DTYPE_bf16,
                              .dtype_kv = OT_DTYPE_bf16,
                              .library = ot_library_of(OT_ENGINE_vllm, op)};
}

static double seconds(struct world *w, const char *chip_name, const struct ot_kernel *k)
{
    struct ot_pred time_s;
    struct ot_part part;
    assert_int_equal(
        ot_kernel_time(w->fits, chip(w, chip_name), k, w->arena, &time_s, &part, &w->err), OT_OK);
    assert_true(time_s.p10 <= time_s.value && time_s.value <= time_s.p90);
    return time_s.value;
}

TEST(forms, a_gemm_is_start_plus_norm_of_compute_memory_chain)
{
    struct world *w = *state;
    struct ot_kernel k = kernel(OT_OP_gemm);
    k.m = 128;
    k.n = 8192;
    k.k = 8192;
    /* H100, vllm: t0 2.795 us, eta_c .8236, eta_m .8695, ck 1.366 us, p 2.2, K0 60, Kc 4024 */
    const double compute = 2.0 * 128 * 8192 * (8192 + 60) / (.8236 * 989e12);
    const double memory = 2.0 * (128.0 * 8192 + 8192.0 * 8192 + 128.0 * 8192) / (.8695 * 3.35e12);
    const double chain = 1.366e-6 * 8192 / sqrt(1 + pow(8192.0 / 4024, 2)) / 1000;
    const double norm = pow(pow(compute, 2.2) + pow(memory, 2.2) + pow(chain, 2.2), 1 / 2.2);
    ot_assert_near(seconds(w, "h100-sxm", &k), 2.795e-6 + norm, 1e-12);
}

TEST(forms, decode_attention_reads_each_key_and_value_once)
{
    struct world *w = *state;
    struct ot_kernel k = kernel(OT_OP_attention_decode);
    k.batch = 64;
    k.kv_len = 4096;
    k.heads = 32;
    k.kv_heads = 8;
    k.head_dim = 128;
    const double memory = (2.0 * 64 * 4096 * 8 * 128 * 2 + 4.0 * 64 * 32 * 128) / (.8758 * 3.35e12);
    const double blocks = 3.651e-6 * 64 * 8 / 132;
    const double chain = 6.782e-6 * 4096 / sqrt(1 + pow(4096 / 494.2, 2)) / 1000;
    ot_assert_near(seconds(w, "h100-sxm", &k),
                   11.19e-6 + sqrt(memory * memory + blocks * blocks + chain * chain), 1e-4);
}

TEST(forms, a_window_caps_what_decode_reads)
{
    struct world *w = *state;
    struct ot_kernel k = kernel(OT_OP_attention_decode);
    k.batch = 8;
    k.kv_len = 1024;
    k.heads = 64;
    k.kv_heads = 8;
    k.head_dim = 64;
    const double at_window = seconds(w, "b200-sxm", &k);
    k.kv_len = 65536;
    k.window = 1024;
    assert_true(seconds(w, "b200-sxm", &k) == at_window);
}

TEST(forms, prefill_in_two_chunks_does_the_pairs_of_one)
{
    struct world *w = *state;
    struct ot_kernel k = kernel(OT_OP_attention_prefill);
    k.batch = 1;
    k.heads = 32;
    k.kv_heads = 8;
    k.head_dim = 128;
    k.q_len = k.kv_len = 32768;
    const double whole = seconds(w, "h100-sxm", &k);
    k.q_len = k.kv_len = 16384;
    double split = seconds(w, "h100-sxm", &k);
    k.kv_len = 32768;
    split += seconds(w, "h100-sxm", &k);
    assert_true(split > whole && split < 1.1 * whole);
}

TEST(forms, a_window_makes_long_prefill_linear)
{
    struct world *w = *state;
    struct ot_kernel k = kernel(OT_OP_attention_prefill);
    k.batch = 1;
    k.heads = 64;
    k.kv_heads = 8;
    k.head_dim = 64;
    k.window = 128;
    k.q_len = k.kv_len = 65536;
    const double one = seconds(w, "h100-sxm", &k);
    k.q_len = k.kv_len = 131072;
    const double two = seconds(w, "h100-sxm", &k);
    assert_true(two / one > 1.8 && two / one < 2.05);
}

TEST(forms, skewed_routing_is_slower_than_balanced_over_many_ranks)
{
    struct world *w = *state;
    struct ot_kernel k = kernel(OT_OP_grouped_gemm);
    k.tokens = 4096;
    k.hidden = 4096;
    k.inter = 1536;
    k.experts = 128;
    k.top_k = 8;
    k.ep = 8;
    k.gated = true;
    const double balanced = seconds(w, "h100-sxm", &k);
    k.skew_gamma = 0.33;
    assert_true(seconds(w, "h100-sxm", &k) > 1.2 * balanced);
}

TEST(forms, a_collective_of_one_rank_costs_nothing)
{
    struct world *w = *state;
    struct ot_kernel k = kernel(OT_OP_allreduce);
    k.bytes = 1e6;
    k.ranks = 1;
    assert_true(seconds(w, "h100-sxm", &k) == 0);
}

TEST(forms, ranks_on_two_hosts_wait_for_the_network)
{
    struct world *w = *state;
    struct ot_kernel k = kernel(OT_OP_allreduce);
    k.library = OT_LIBRARY_nccl;
    k.bytes = 1e9;
    k.ranks = 16;
    k.ranks_per_node = 8;
    const double across = seconds(w, "h100-sxm", &k);
    k.ranks_per_node = 0;
    k.ranks = 8;
    assert_true(across > seconds(w, "h100-sxm", &k));
    k.ranks = 16;
    /* 2 x p5.48xlarge: bus bandwidth 487 GB/s and 69 us floor, aws-samples@0162aacd */
    const double bus = 1e9 * 2 * 15 / 16 / across;
    assert_true(bus > 250e9 && bus < 600e9);
    k.bytes = 8;
    k.ranks_per_node = 8;
    const double floor_s = seconds(w, "h100-sxm", &k);
    assert_true(floor_s > 45e-6 && floor_s < 95e-6);
}

TEST(forms, a_torus_pays_for_its_hops)
{
    struct world *w = *state;
    struct ot_kernel k = kernel(OT_OP_allreduce);
    k.bytes = 8;
    k.ranks = 4;
    const double near = seconds(w, "trainium2", &k);
    k.ranks = 16;
    assert_true(seconds(w, "trainium2", &k) > near);
}

TEST(forms, more_work_is_never_faster)
{
    struct world *w = *state;
    static const char *const chips[] = {"h100-sxm", "b200-sxm", "a100-sxm-80gb", "l40s",
                                        "mi300x",   "tpu-v6e",  "trainium2"};
    for (size_t c = 0; c < OT_COUNT(chips); c++) {
        struct ot_kernel gemm = kernel(OT_OP_gemm), decode = kernel(OT_OP_attention_decode);
        struct ot_kernel prefill = kernel(OT_OP_attention_prefill),
                         moe = kernel(OT_OP_grouped_gemm);
        gemm.n = gemm.k = 4096;
        decode.heads = prefill.heads = 32;
        decode.kv_heads = prefill.kv_heads = 8;
        decode.head_dim = prefill.head_dim = 128;
        decode.batch = prefill.batch = 4;
        moe.hidden = 4096;
        moe.inter = 1536;
        moe.experts = 128;
        moe.top_k = 8;
        moe.gated = true;
        moe.skew_gamma = 0.33;
        double last[4] = {0};
        for (double x = 1; x < 100000; x *= 1.7) {
            gemm.m = moe.tokens = x;
            decode.kv_len = prefill.q_len = prefill.kv_len = x;
            const struct ot_kernel *all[4] = {&gemm, &decode, &prefill, &moe};
            for (size_t i = 0; i < 4; i++) {
                const double t = seconds(w, chips[c], all[i]);
                assert_true(t >= last[i]);
                last[i] = t;
            }
        }
    }
}

static void check_tree(const struct ot_part *part)
{
    if (part->parts_n == 0) {
        assert_non_null(part->source);
        assert_non_null(part->formula);
        return;
    }
    double sum = 0;
    for (int64_t i = 0; i < part->parts_n; i++) {
        sum += part->parts[i].time_s;
        check_tree(&part->parts[i]);
    }
    assert_true(sum == part->time_s);
}

TEST(forms, the_tree_of_a_kernel_sums_exactly)
{
    struct world *w = *state;
    for (int op = 0; op < OT_OP_COUNT; op++) {
        struct ot_kernel k = kernel((enum ot_op)op);
        k.m = k.n = k.k = k.batch = k.heads = k.hidden = k.inter = k.experts = 64;
        k.kv_heads = k.ranks = 8;
        k.head_dim = 128;
        k.q_len = k.kv_len = k.tokens = 777;
        k.top_k = 4;
        k.bytes = 123456;
        struct ot_pred time_s;
        struct ot_part part;
        assert_int_equal(
            ot_kernel_time(w->fits, chip(w, "h100-sxm"), &k, w->arena, &time_s, &part, &w->err),
            OT_OK);
        assert_true(part.time_s == time_s.value && part.parts_n > 0);
        check_tree(&part);
    }
}

TEST(forms, a_tree_prints_as_json_and_text)
{
    struct world *w = *state;
    struct ot_kernel k = kernel(OT_OP_gemm);
    k.m = k.n = k.k = 512;
    struct ot_pred time_s;
    struct ot_part part;
    assert_int_equal(
        ot_kernel_time(w->fits, chip(w, "h100-sxm"), &k, w->arena, &time_s, &part, &w->err), OT_OK);
    struct ot_buf out;
    ot_buf_init(&out, w->arena, 0);
    struct ot_json json;
    ot_json_init(&json, &out);
    ot_part_json(&part, &json);
    struct ot_node *root = NULL;
    assert_int_equal(ot_json_parse(w->arena, ot_buf_str(&out), "part", &root, &w->err), OT_OK);
    double printed = 0;
    assert_true(ot_node_num(root, "time_s", &printed) && printed == part.time_s);
    assert_int_equal(ot_node_get(root, "parts")->n, part.parts_n);
    ot_buf_init(&out, w->arena, 0);
    ot_part_text(&part, &out);
    assert_non_null(strstr(out.ptr, "serial chain"));
}

TEST(forms, a_row_evaluates_to_what_the_kernel_reports)
{
    struct world *w = *state;
    struct ot_kernel k = kernel(OT_OP_mla_decode);
    k.batch = 32;
    k.kv_len = 4000;
    k.heads = 16;
    struct ot_fit fit;
    struct ot_pred band;
    assert_int_equal(ot_fits_find(w->fits, chip(w, "h100-sxm"), &k, &fit, &band, &w->err), OT_OK);
    ot_assert_near(ot_form_time_s(&fit, &k), seconds(w, "h100-sxm", &k), 1e-12);
    const struct ot_part twice = ot_form_part(&fit, &k, 2, OT_LABEL_fitted, w->arena);
    ot_assert_near(twice.time_s, 2 * seconds(w, "h100-sxm", &k), 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(forms, a_gemm_is_start_plus_norm_of_compute_memory_chain),
        RUN(forms, decode_attention_reads_each_key_and_value_once),
        RUN(forms, a_window_caps_what_decode_reads),
        RUN(forms, prefill_in_two_chunks_does_the_pairs_of_one),
        RUN(forms, a_window_makes_long_prefill_linear),
        RUN(forms, skewed_routing_is_slower_than_balanced_over_many_ranks),
        RUN(forms, a_collective_of_one_rank_costs_nothing),
        RUN(forms, ranks_on_two_hosts_wait_for_the_network),
        RUN(forms, a_torus_pays_for_its_hops),
        RUN(forms, more_work_is_never_faster),
        RUN(forms, the_tree_of_a_kernel_sums_exactly),
        RUN(forms, a_tree_prints_as_json_and_text),
        RUN(forms, a_row_evaluates_to_what_the_kernel_reports),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
