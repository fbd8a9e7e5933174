/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFTAKE_H
#define OFFTAKE_H
/* All floors. */
#include "offtake/base.h"
#include "offtake/catalog.h"
#include "offtake/cost.h"
#include "offtake/deal.h"
#include "offtake/portfolio.h"
#include "offtake/search.h"
#include "offtake/sim.h"
#include "offtake/step.h"
#include "offtake/validate.h"
#endif
