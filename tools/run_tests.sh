#!/bin/sh
# Runs the tests and prints the closing line. `plain`: the release build. `all`: what CI runs: an
# ASan+UBSan build with every test, a TSan build of the threaded ones, floors, format, goldens, and
# equal results between compilers and optimisation levels.
set -u
cd "$(dirname "$0")/.."
export ASAN_OPTIONS="${ASAN_OPTIONS:-detect_leaks=1:abort_on_error=0}"
export UBSAN_OPTIONS="${UBSAN_OPTIONS:-print_stacktrace=1:halt_on_error=1}"
passed=0 failed=0 skipped=0

build() { # dir, meson options...
    dir=$1
    shift
    [ -f "$dir/build.ninja" ] || meson setup "$dir" "$@" >"$dir.log" 2>&1 || { cat "$dir.log"; return 1; }
    rm -f "$dir.log"
    ninja -C "$dir" --quiet || { echo "build failed: $dir"; return 1; }
}

count() { # adds up the cmocka results of a finished `meson test` in $1; a crash counts as a failure
    eval "$(awk '
        /^\[       OK \]/ { ok++ } /^\[  SKIPPED \] [a-z]/ { skip[$0] = 1 } /^\[  FAILED  \] [a-z]/ { bad[$0] = 1 }
        /^result: +(exit status [1-9]|killed|signal)/ { crash++ }
        END { for (s in skip) sk++; for (b in bad) f++; if (crash > 0 && f < crash) f = crash
              printf "o=%d s=%d f=%d\n", ok - 0, sk - 0, f - 0 }' "$1/meson-logs/testlog.txt")"
    passed=$((passed + o)) skipped=$((skipped + s)) failed=$((failed + f))
}

tests() { # dir, meson test options...
    dir=$1
    shift
    if ! meson test -C "$dir" --no-rebuild --print-errorlogs "$@" >"$dir/test.out" 2>&1; then
        cat "$dir/test.out"
        count "$dir"
        [ "$f" = 0 ] && failed=$((failed + 1))
        return 0
    fi
    tail -n 9 "$dir/test.out"
    count "$dir"
}

step() { # name, command...: one more check that passes or fails
    name=$1
    shift
    if "$@"; then passed=$((passed + 1)); else echo "FAILED: $name"; failed=$((failed + 1)); fi
}

case ${1:-all} in
plain)
    build build -Doptimization=2 -Db_ndebug=true && tests build
    ;;
all)
    step "floors" tools/check_floors.sh
    step "format" tools/format.sh
    if build build-asan -Db_sanitize=address,undefined -Db_lundef=false --buildtype=debugoptimized -Dpage=auto; then
        tests build-asan
    else
        failed=$((failed + 1))
    fi
    if build build-tsan -Db_sanitize=thread -Db_lundef=false --buildtype=debugoptimized -Dpage=disabled; then
        tests build-tsan --suite threads
    else
        failed=$((failed + 1))
    fi
    step "same results by compiler, optimisation and threads" tools/same_results.sh
    step "installed copy" tools/check_install.sh build-gcc-o2
    ;;
*)
    echo "run_tests.sh: plain or all" >&2
    exit 2
    ;;
esac

[ -n "${OFFTAKE_ORIGINALS:-}" ] || echo "$skipped tests need the originals: set OFFTAKE_ORIGINALS to their folder"
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
