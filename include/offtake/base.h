/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFTAKE_BASE_H
#define OFFTAKE_BASE_H
/* Floor 0: what every floor stands on. One header per idea; this one includes them all. */
#include "offtake/base/arena.h"
#include "offtake/base/date.h"
#include "offtake/base/err.h"
#include "offtake/base/field.h"
#include "offtake/base/file.h"
#include "offtake/base/heap.h"
#include "offtake/base/json.h"
#include "offtake/base/node.h"
#include "offtake/base/num.h"
#include "offtake/base/pool.h"
#include "offtake/base/pred.h"
#include "offtake/base/rng.h"
#include "offtake/base/stats.h"
#include "offtake/base/str.h"
#include "offtake/base/units.h"
#endif
