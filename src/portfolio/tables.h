/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFTAKE_PORTFOLIO_TABLES_H
#define OFFTAKE_PORTFOLIO_TABLES_H
/* What the tables of plan and result share. */
#include "offtake/portfolio.h"

extern const struct ot_enum_names ot__offer_kind_names;
#endif
