#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds the page of web/ to one script, and copies the assembly that embeds it.
# usage: build_page.sh NPM|none must|may WEB_DIR PAGE.S OUT.js OUT.S
# Without npm, or when it fails and the page is not a must, OUT.js is empty: the program then says
# that its page was not built.
set -eu
npm=$1 need=$2 web=$3 asm=$4 js=$5 asm_out=$6
case $js in /*) ;; *) js=$PWD/$js ;; esac

build() {
    cd "$web"
    # One install at a time: two build folders share web/node_modules.
    if command -v flock >/dev/null; then exec 9<"$web"; flock 9; fi
    if ! cmp -s package-lock.json node_modules/.installed-lock.json; then
        "$npm" ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2
        cp package-lock.json node_modules/.installed-lock.json
    fi
    OFFTAKE_PAGE_OUT=$js.dir "$npm" run --silent build >&2
    mv "$js.dir/page.js" "$js"
    rm -rf "$js.dir"
}

rm -f "$js"
if [ "$npm" = none ]; then
    : >"$js"
elif ! (build); then
    [ "$need" = must ] && { echo "error: the page could not be built" >&2; exit 1; }
    echo "warning: the page could not be built; --html will say so" >&2
    : >"$js"
fi
cp "$asm" "$asm_out"
