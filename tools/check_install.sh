#!/bin/sh
# Installs a build into an empty folder and asks the installed copy a question from elsewhere.
set -eu
cd "$(dirname "$0")/.."
build=$1
to=$(mktemp -d)
trap 'rm -rf "$to"' EXIT
DESTDIR="$to" meson install -C "$build" --no-rebuild --quiet >/dev/null
program=$(find "$to" -name offtake -type f -perm -u+x)
unset OFFTAKE_DATA
cd /
"$program" catalog chips trainium2 --json | grep -q "AWS Trainium2"
echo "installed copy: finds its own data"
