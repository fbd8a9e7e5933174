#!/bin/sh
# A file includes its own floor and public headers of lower floors: never sideways, never up.
# (Upward calls are caught by the linker; this catches types and macros.)
set -eu
cd "$(dirname "$0")/.."
floors="base catalog cost step sim search validate portfolio deal chain report cli"

rank() { # position of floor $1, or nothing
    n=0
    for f in $floors; do
        n=$((n + 1))
        [ "$f" = "$1" ] && { echo $n; return; }
    done
    [ "$1" = web ] && echo $n
    return 0
}

bad=0
for floor in $floors web; do
    mine=$(rank "$floor")
    files=$(find "src/$floor" "include/offtake/$floor.h" "include/offtake/$floor" -name '*.[ch]' 2>/dev/null || true)
    for file in $files; do
        for inc in $(sed -n 's/^#include "\([^"]*\)".*/\1/p' "$file"); do
            case $inc in
            offtake/*) other=$(echo "$inc" | sed 's,^offtake/\([a-z]*\).*,\1,') ;;
            */*) other=${inc%%/*}
                 [ "$other" = "$floor" ] || { echo "$file: includes a private header of another floor: $inc"; bad=1; } ;;
            *) continue ;;
            esac
            theirs=$(rank "$other")
            [ -n "$theirs" ] || continue
            if [ "$theirs" -gt "$mine" ] || { [ "$theirs" = "$mine" ] && [ "$other" != "$floor" ]; }; then
                echo "$file: $floor may not include $inc"
                bad=1
            fi
        done
    done
done
[ $bad = 0 ] && echo "floors: every include goes down"
exit $bad
