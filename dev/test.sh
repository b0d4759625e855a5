#!/bin/sh
# Runs every suite and prints how many tests of which suite ran.
set -u
cd "$(dirname "$0")/.."
log=$(mktemp)
trap 'rm -f "$log"' EXIT

features=$(dev/features.sh)
cargo test --no-fail-fast --package rcpt-shared --package rcpt-prober --package rcpt-tests $features -- --show-output > "$log" 2>&1
status=$?

# Failures whole, and what suites left out.
if [ "$status" != 0 ]; then
    grep -vE '^(test .* ok|successes:|    [a-z_:0-9]+|running 0 tests|)$' "$log"
fi
printf '\n'
grep '^left out: ' "$log" | sort -u
[ -z "$features" ] || echo "left out: queue and streams on Kafka (they want a C++ compiler, and KAFKA=off leaves them out)"
awk '
    /^ *Running / { suite = $0; sub(/^ *Running /, "", suite); sub(/ \(.*/, "", suite) }
    /^ *Running .*\(/ { program = $0; sub(/.*\(target\/[a-z]*\/deps\//, "", program); sub(/-[0-9a-f]*\)$/, "", program) }
    /^ *Doc-tests / { program = $2 " (documentation)" }
    /^test result:/ {
        count = $4; failed = $6
        gsub(/[^0-9]/, "", count); gsub(/[^0-9]/, "", failed)
        if (count + failed > 0) printf "%-24s %4d passed %4d failed\n", program, count, failed
        total += count; broken += failed
    }
    END { printf "%-24s %4d passed %4d failed\n", "all suites", total, broken }
' "$log"
exit "$status"
