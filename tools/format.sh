#!/bin/sh
# clang-format over the tree: checks, or rewrites with --write. Version 14: its output differs by
# version.
set -eu
cd "$(dirname "$0")/.."
format=$(command -v clang-format-14 || command -v clang-format)
files=$(git ls-files '*.c' '*.h')
if [ "${1:-}" = --write ]; then
    # shellcheck disable=SC2086
    $format -i $files
else
    # shellcheck disable=SC2086
    $format --dry-run --Werror $files && echo "format: clean"
fi
