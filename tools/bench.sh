#!/bin/sh
# Runs every benchmark program of the build once; each prints its own figures and their unit.
set -eu
export OFFTAKE_DATA="${OFFTAKE_DATA:-$(cd "$(dirname "$0")/.." && pwd)/data}"
for bench in "$1"/bench/bench_*; do
    [ -f "$bench" ] && [ -x "$bench" ] || continue
    echo "== ${bench##*/bench_}"
    "$bench"
done
