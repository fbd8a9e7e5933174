#!/bin/sh
# Line coverage of the library floors under the unit tests.
set -eu
cd "$(dirname "$0")/.."
[ -f build-cover/build.ninja ] || meson setup build-cover -Db_coverage=true -Dpage=disabled >/dev/null
ninja -C build-cover --quiet
meson test -C build-cover --no-rebuild >/dev/null || true
gcovr -r . --filter 'src/' build-cover | tail -n 80
