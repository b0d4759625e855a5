#!/bin/sh
# Runs every suite and prints how many tests of which suite ran.
set -u
cd "$(dirname "$0")/.."
log=$(mktemp)
trap 'rm -f "$log"' EXIT

features=$(dev/features.sh)
# Each suite says by itself how it went, on descriptor 3.
cargo test --config "target.'cfg(unix)'.runner = '$PWD/dev/suite.sh'" --no-fail-fast \
    --package rcpt-shared --package rcpt-prober --package rcpt-tests $features -- --show-output 3>&1 > "$log" 2>&1
status=$?

# Failures whole, and what suites left out.
if [ "$status" != 0 ]; then
    grep -vE '^(test .* ok|successes:|    [a-z_:0-9]+|running 0 tests|)$' "$log"
fi
printf '\n'
grep '^left out: ' "$log" | sort -u
[ -z "$features" ] || echo "left out: queue and streams on Kafka (they want a C++ compiler, and KAFKA=off leaves them out)"
awk '
    /^test result:/ { gsub(/;/, ""); total += $4; broken += $6 }
    END { printf "%-24s %4d passed %4d failed\n", "all suites", total, broken }
' "$log"
exit "$status"
