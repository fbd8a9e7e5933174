/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the options that describe a load. */
#include "cli/load_opts.h"

static enum ot_code usage(const struct ot__cli *cli, const char *message, struct ot_err *err)
{
    const struct ot_loc end = ot_loc_of(ot_str_c("<args>"), 1, (int64_t)cli->given_n + 2);
    return ot_err_set(err, OT_USAGE, end, NULL, ot_str_c(""), "%s", message);
}

static enum ot_code read_lengths(struct ot__cli *cli, struct ot_sim_load *load, struct ot_err *err)
{
    const struct ot__given *workload = ot__cli_given(cli, "workload");
    const struct ot__given *trace = ot__cli_given(cli, "trace");
    if ((workload == NULL) == (trace == NULL)) {
        return usage(cli, "give exactly one of --workload NAME and --trace FILE", err);
    }
    if (trace != NULL) {
        struct ot_trace *read = ot_arena_calloc(cli->arena, 1, sizeof *read);
        const enum ot_code code =
            ot_trace_read(cli->arena, trace->value.ptr, &cli->sources, read, err);
        load->trace = read;
        return code;
    }
    const struct ot_workload *found;
    enum ot_code code = ot__cli_catalog(cli, err);
    if (code == OT_OK) {
        code = ot_catalog_workload(cli->catalog, workload->value, workload->loc, &found, err);
    }
    if (code == OT_OK) {
        *load = ot_sim_load_of(found);
    }
    return code;
}

/* poisson, or gamma:K */
static enum ot_code read_law(const struct ot__cli *cli, struct ot_sim_load *load,
                             struct ot_err *err)
{
    const struct ot__given *law = ot__cli_given(cli, "arrival");
    load->shape = 1;
    if (law == NULL || ot_str_is(law->value, "poisson")) {
        return OT_OK;
    }
    struct ot_str shape;
    const struct ot_str name = ot_str_cut(law->value, ':', &shape);
    if (!ot_str_is(name, "gamma") || !ot_str_num(shape, &load->shape) ||
        !(load->shape >= 0.01 && load->shape <= 1e6)) {
        return ot__cli_refuse(cli, law, "poisson, or gamma:K with a shape K from 0.01", err);
    }
    return OT_OK;
}

static enum ot_code read_arrivals(struct ot__cli *cli, struct ot_sim_load *load, struct ot_err *err)
{
    const struct ot__given *rate = ot__cli_given(cli, "rate");
    const struct ot__given *concurrency = ot__cli_given(cli, "concurrency");
    if (rate != NULL && concurrency != NULL) {
        return usage(cli, "give exactly one load: --rate R or --concurrency N", err);
    }
    if (rate == NULL && concurrency == NULL && load->trace == NULL) {
        return usage(cli, "give exactly one load: --rate R, --concurrency N, or a --trace", err);
    }
    load->arrival = rate != NULL ? OT_SIM_OPEN : concurrency != NULL ? OT_SIM_CLOSED : OT_SIM_TIMES;
    static const struct {
        const char *name;
        enum ot_sim_arrival arrival;
        const char *message;
    } only[] = {{"arrival", OT_SIM_OPEN, "only with --rate"},
                {"speedup", OT_SIM_TIMES, "only with a trace's own times"}};
    for (size_t i = 0; i < OT_COUNT(only); i++) {
        const struct ot__given *given = ot__cli_given(cli, only[i].name);
        if (given != NULL && load->arrival != only[i].arrival) {
            return ot__cli_refuse(cli, given, only[i].message, err);
        }
    }
    enum ot_code code = ot__cli_num(cli, "rate", OT_DIM_REQ_PER_S, 0, &load->rate_req_per_s, err);
    if (code == OT_OK && rate != NULL && !(load->rate_req_per_s > 0)) {
        code = ot__cli_refuse(cli, rate, "a rate > 0", err);
    }
    if (code == OT_OK) {
        code = ot__cli_int(cli, "concurrency", 1, 10000000, 0, &load->concurrency, err);
    }
    return code == OT_OK ? read_law(cli, load, err) : code;
}

/* What was not said and matters to the answer. */
static void note_defaults(struct ot__cli *cli, const struct ot_sim_load *load)
{
    struct ot_assumed *assumed = &cli->assumed;
    if (load->arrival == OT_SIM_OPEN && ot__cli_given(cli, "arrival") == NULL) {
        ot_assumed_add(assumed, ot_str_c("load.arrival"), ot_str_c("poisson"),
                       "law of the times between arrivals");
    }
    if (load->requests_n == 0 && load->duration_s <= 0) {
        const bool all = load->arrival == OT_SIM_TIMES;
        ot_assumed_add(assumed, ot_str_c("load.requests"),
                       all ? ot_str_c("all of the trace") : ot_str_c("5000"), "requests to send");
    }
    if (load->warmup_n == 0) {
        ot_assumed_add(assumed, ot_str_c("load.warmup"), ot_str_c("0"),
                       "first requests that are not counted");
    }
}

enum ot_code ot__cli_load(struct ot__cli *cli, struct ot_sim_load *ret, struct ot_err *err)
{
    struct ot_sim_load load = {0};
    enum ot_code code = read_lengths(cli, &load, err);
    if (code == OT_OK) {
        code = read_arrivals(cli, &load, err);
    }
    if (code == OT_OK) {
        code = ot__cli_num(cli, "speedup", OT_DIM_NONE, 1, &load.speedup, err);
    }
    if (code == OT_OK && !(load.speedup > 0 && load.speedup < 1e9)) {
        code = ot__cli_refuse(cli, ot__cli_given(cli, "speedup"), "a factor > 0", err);
    }
    const int64_t most =
        load.arrival == OT_SIM_TIMES && load.trace != NULL ? load.trace->n : INT64_C(1000000000000);
    if (code == OT_OK) {
        code = ot__cli_int(cli, "requests", 1, most, 0, &load.requests_n, err);
    }
    if (code == OT_OK) {
        code = ot__cli_num(cli, "duration", OT_DIM_TIME, 0, &load.duration_s, err);
    }
    if (code == OT_OK && ot__cli_given(cli, "duration") != NULL &&
        !(load.duration_s > 0 && load.duration_s <= 8e6)) {
        code = ot__cli_refuse(cli, ot__cli_given(cli, "duration"), "a time > 0, at most 90 d", err);
    }
    if (code == OT_OK) {
        code = ot__cli_int(cli, "warmup", 0, INT64_C(1000000000), 0, &load.warmup_n, err);
    }
    load.seed = cli->seed;
    if (code == OT_OK) {
        note_defaults(cli, &load);
        *ret = load;
    }
    return code;
}
