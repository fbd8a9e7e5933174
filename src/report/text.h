/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFTAKE_REPORT_TEXT_H
#define OFFTAKE_REPORT_TEXT_H
/* Shared by the text printers of this floor. */
#include "offtake/report.h"

void ot__text_pad(struct ot_buf *out, size_t n); /* n blanks */
/* Takes one line of at most `width` columns off *rest; with an empty rest an empty line. */
struct ot_str ot__text_line(struct ot_str *rest, size_t width);
#endif
