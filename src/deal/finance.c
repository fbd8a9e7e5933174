/* SPDX-License-Identifier: Apache-2.0 */
/* Present value, rate of return, concentration, dilution and option value: the small formulas a
 * deal rests on. docs/models/deal-value.md, deal-shares.md. No day-count conventions beyond
 * actual/365.25. */
#include "offtake/deal.h"

#include <math.h>

static enum ot_code bad(struct ot_err *err, const char *field, double value, const char *allowed)
{
    struct ot_str text = ot_str_c("");
    if (err)
        text = ot_str_fmt(err->arena, "%.12g", value);
    return ot_err_set(err, OT_INPUT, ot_loc_of(ot_str_c(""), 0, 0), field, text, "%s", allowed);
}

static double npv(const struct ot_cash *cash, size_t n, double rate_frac, int64_t from_day)
{
    struct ot_sum sum = {0};
    for (size_t i = 0; i < n; i++)
        ot_sum_add(&sum, cash[i].usd * pow(1 + rate_frac, -ot_date_years(from_day, cash[i].day)));
    return ot_sum_get(&sum);
}

static enum ot_code check_cash(const struct ot_cash *cash, size_t n, struct ot_err *err)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(cash[i].usd))
            return bad(err, "cash.usd", cash[i].usd, "every cash flow must be a finite number");
    return OT_OK;
}

enum ot_code ot_npv(const struct ot_cash *cash, size_t n, double rate_frac, int64_t from_day,
                    double *ret_usd, struct ot_err *err)
{
    if (!(isfinite(rate_frac) && rate_frac > -1))
        return bad(err, "rate_frac", rate_frac, "a finite yearly rate above -100 %");
    enum ot_code code = check_cash(cash, n, err);
    if (code)
        return code;
    double usd = npv(cash, n, rate_frac, from_day);
    if (!isfinite(usd))
        return bad(err, "rate_frac", rate_frac, "a rate at which the present value is finite");
    *ret_usd = usd;
    return OT_OK;
}

struct xirr {
    const struct ot_cash *cash;
    size_t n;
    int64_t from_day;
};

/* x = ln(1 + rate), so that the scan is even on both sides of 0. */
static double xirr_npv(double x, void *ctx)
{
    const struct xirr *xirr = ctx;
    return npv(xirr->cash, xirr->n, expm1(x), xirr->from_day);
}

/* Brackets the sign change nearest x = 0 on a fixed grid; false when there is none. */
static bool xirr_bracket(struct xirr *xirr, double *ret_low, double *ret_high)
{
    const int steps = 1400;
    const double low = log(0.01), high = log(11.0);
    bool found = false;
    double x0 = low, f0 = xirr_npv(x0, xirr);
    for (int i = 1; i <= steps; i++) {
        double x1 = low + (high - low) * i / steps, f1 = xirr_npv(x1, xirr);
        bool changes = isfinite(f0) && isfinite(f1) && (f0 < 0) != (f1 < 0);
        if (changes && (!found || fabs(x0 + x1) < fabs(*ret_low + *ret_high))) {
            *ret_low = x0;
            *ret_high = x1;
            found = true;
        }
        x0 = x1;
        f0 = f1;
    }
    return found;
}

enum ot_code ot_xirr(const struct ot_cash *cash, size_t n, double *ret_rate_frac,
                     struct ot_err *err)
{
    enum ot_code code = check_cash(cash, n, err);
    if (code)
        return code;
    bool in = false, out = false;
    int64_t first_day = n ? cash[0].day : 0;
    for (size_t i = 0; i < n; i++) {
        in = in || cash[i].usd > 0;
        out = out || cash[i].usd < 0;
        first_day = cash[i].day < first_day ? cash[i].day : first_day;
    }
    if (!in || !out)
        return ot_err_plain(err, OT_INFEASIBLE,
                            "no rate of return: the flows must both pay out and come in");
    struct xirr xirr = {cash, n, first_day};
    double low = 0, high = 0, x;
    if (!xirr_bracket(&xirr, &low, &high))
        return ot_err_plain(err, OT_INFEASIBLE,
                            "no rate of return between -99 %% and 1000 %% a year");
    code = ot_root(xirr_npv, &xirr, low, high, 1e-13, &x, err);
    if (code)
        return code;
    *ret_rate_frac = expm1(x);
    return OT_OK;
}

enum ot_code ot_hhi(const double *amounts, size_t n, double *ret_frac, struct ot_err *err)
{
    struct ot_sum sum = {0};
    for (size_t i = 0; i < n; i++) {
        if (!(isfinite(amounts[i]) && amounts[i] >= 0))
            return bad(err, "amounts", amounts[i], "amounts of at least 0");
        ot_sum_add(&sum, amounts[i]);
    }
    double total = ot_sum_get(&sum);
    if (!(total > 0 && isfinite(total)))
        return bad(err, "amounts", total, "at least one amount above 0");
    struct ot_sum squares = {0};
    for (size_t i = 0; i < n; i++)
        ot_sum_add(&squares, (amounts[i] / total) * (amounts[i] / total));
    *ret_frac = ot_sum_get(&squares);
    return OT_OK;
}

enum ot_code ot_dilution(double invested_usd, double pre_usd, double raised_usd, double *ret_frac,
                         struct ot_err *err)
{
    if (!(isfinite(pre_usd) && pre_usd > 0))
        return bad(err, "pre_usd", pre_usd, "a company value before the round above 0");
    if (!(isfinite(raised_usd) && raised_usd >= 0))
        return bad(err, "raised_usd", raised_usd, "money raised of at least 0");
    if (!(isfinite(invested_usd) && invested_usd >= 0 && invested_usd <= raised_usd))
        return bad(err, "invested_usd", invested_usd, "from 0 to the money raised in the round");
    *ret_frac = invested_usd / (pre_usd + raised_usd);
    return OT_OK;
}

enum ot_code ot_call_value(double price, double strike, double rate_frac, double volatility_frac,
                           double years, double *ret, struct ot_err *err)
{
    if (!(isfinite(price) && price >= 0))
        return bad(err, "price", price, "a share price of at least 0");
    if (!(isfinite(strike) && strike >= 0))
        return bad(err, "strike", strike, "a strike of at least 0");
    if (!(isfinite(rate_frac) && rate_frac > -1))
        return bad(err, "rate_frac", rate_frac, "a finite yearly rate above -100 %");
    if (!(isfinite(volatility_frac) && volatility_frac >= 0))
        return bad(err, "volatility_frac", volatility_frac, "a volatility of at least 0");
    if (!(isfinite(years) && years >= 0))
        return bad(err, "years", years, "at least 0 years");
    double discount = pow(1 + rate_frac, -years), sd = volatility_frac * sqrt(years);
    if (sd <= 0 || strike <= 0 || price <= 0) {
        *ret = fmax(price - strike * discount, 0);
        return OT_OK;
    }
    double d1 = log(price / (strike * discount)) / sd + sd / 2;
    *ret = price * ot_normal_cdf(d1) - strike * discount * ot_normal_cdf(d1 - sd);
    return OT_OK;
}
