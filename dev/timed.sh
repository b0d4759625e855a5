#!/bin/sh
# dev/timed.sh WORDS COMMAND…: says what is done and how long it took.
set -eu
words=$1; shift
printf 'setup: %s …\n' "$words" >&2
begun=$(date +%s)
"$@"
printf 'setup: %s: done in %s s\n' "$words" "$(($(date +%s) - begun))" >&2
