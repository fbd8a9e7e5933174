#!/bin/sh
# clang-tidy over the library and the command line, from the plain build's compile commands.
set -eu
cd "$(dirname "$0")/.."
[ -f build/compile_commands.json ] || meson setup build >/dev/null
git ls-files 'src/*.c' | xargs -P 2 -n 4 clang-tidy -p build --quiet 2>/dev/null
