#!/bin/sh
# dev/suite.sh PROGRAM ARGUMENT…: runs one suite, and says on descriptor 3 how it went as soon as it has. One that hangs is ended, and the tests are
# said that had not.
set -u
limit=1800
name=$(basename "$1" | sed 's/-[0-9a-f]*$//')
said=$(mktemp)
trap 'rm -f "$said"' EXIT

if command -v timeout > /dev/null 2>&1; then
    timeout --foreground --kill-after=10 "$limit" "$@" > "$said" 2>&1
else
    "$@" > "$said" 2>&1
fi
status=$?
cat "$said"
# As timeout says it: ended, or killed where it did not listen.
if [ "$status" = 124 ] || [ "$status" = 137 ]; then
    "$1" --list 2> /dev/null | sed -n 's/: test$//p' | while read -r test; do
        grep -q "^test $test " "$said" || printf 'had not ended after %s s: %s\n' "$limit" "$test"
    done
    printf 'test result: FAILED. 0 passed; 1 failed; the suite %s hung and was ended\n' "$name" | tee -a "$said"
fi
sed -n 's/^test result: //p' "$said" | tr -d ';' |
    awk -v name="$name" '$2 + $4 > 0 { printf "%-24s %4d passed %4d failed\n", name, $2, $4 }' >&3
exit "$status"
