/* SPDX-License-Identifier: Apache-2.0 */
/* The built page as bytes; page.js is empty when it was not built. */
    .section .rodata
    .global ot__page_begin
    .global ot__page_end
    .balign 8
ot__page_begin:
    .incbin "page.js"
ot__page_end:
    .byte 0
    .section .note.GNU-stack, "", %progbits
