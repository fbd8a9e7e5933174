#!/bin/sh
# Runs every fuzz target for N seconds (default 60); a crash leaves its input in the corpus folder.
set -eu
cd "$(dirname "$0")/.."
seconds=${1:-60}
[ -f build-fuzz/build.ninja ] ||
    CC=clang meson setup build-fuzz -Dfuzzers=true -Dpage=disabled -Db_lundef=false \
        -Db_sanitize=address,undefined >/dev/null
ninja -C build-fuzz --quiet
for target in build-fuzz/tests/fuzz_*; do
    [ -x "$target" ] && [ -f "$target" ] || continue
    name=${target##*/fuzz_}
    corpus=tests/fuzz/corpus/$name
    mkdir -p "build-fuzz/found/$name"
    echo "fuzz $name: $seconds s"
    "$target" -max_total_time="$seconds" -timeout=10 -print_final_stats=0 -verbosity=0 \
        -artifact_prefix="$corpus/crash-" "build-fuzz/found/$name" "$corpus"
done
