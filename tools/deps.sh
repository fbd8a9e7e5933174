#!/bin/sh
# Installs the packages that are missing, and says which. Usage: deps.sh build|test ...
# Debian 12 only; elsewhere it prints what is needed and goes on if the build tools are there.
set -eu

build="gcc libc6-dev meson ninja-build pkg-config libfyaml-dev libjansson-dev libcsv-dev zlib1g-dev
 libzstd-dev libxxhash-dev librandom123-dev uthash-dev libcminpack-dev coinor-libclp-dev
 libsqlite3-dev libmicrohttpd-dev"
test="libcmocka-dev clang clang-format clang-tidy libclang-rt-14-dev glpk-utils python3"

want=""
for group in "$@"; do
    case $group in
    build) want="$want $build" ;;
    test) want="$want $test" ;;
    *) echo "deps.sh: unknown group '$group': build or test" >&2; exit 2 ;;
    esac
done

if ! command -v dpkg-query >/dev/null || ! grep -qs '^VERSION_ID="12"' /etc/os-release; then
    echo "This is not Debian 12, so nothing is installed. Needed, by their Debian names:"
    echo "$want nodejs npm" | tr -s ' \n' ' ' | fold -s -w 98
    echo
    exit 0
fi

missing=""
for package in $want; do
    state=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$state" = installed ] || missing="$missing $package"
done
# The page is built with npm; a Node from elsewhere would conflict with Debian's, so only look.
command -v npm >/dev/null || missing="$missing nodejs npm"
[ -n "$missing" ] || exit 0

echo "Installing from Debian:$missing"
run=""
if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || { echo "deps.sh: not root and no sudo; install them by hand:$missing" >&2; exit 1; }
    run="sudo"
fi
log=$(mktemp)
# shellcheck disable=SC2086
if ! { $run apt-get update -q && $run apt-get install -y -q --no-install-recommends $missing; } \
    >"$log" 2>&1 </dev/null; then
    tail -n 20 "$log" >&2
    rm -f "$log"
    exit 1
fi
rm -f "$log"
