#!/bin/sh
# Puts the Python packages that suites use into target/python, by the versions of dev/python.txt. Where they cannot be had the suites leave
# those parts out and say so.
set -eu
cd "$(dirname "$0")/.."
folder=target/python

if cmp -s dev/python.txt "$folder/.installed"; then
    exit 0
fi
if ! command -v python3 > /dev/null 2>&1; then
    printf 'setup: expected python3 on the path, found none; what needs it will be left out\n' >&2
    exit 0
fi

printf 'setup: installing Python packages …\n' >&2
begun=$(date +%s); log=$(mktemp)
rm -rf "$folder"
if { python3 -m venv "$folder" && "$folder/bin/pip" install --quiet --disable-pip-version-check --requirement dev/python.txt; } > "$log" 2>&1; then
    cp dev/python.txt "$folder/.installed"
    printf 'setup: installing Python packages: done in %s s\n' "$(($(date +%s) - begun))" >&2
else
    tail -n 5 "$log" >&2
    printf 'setup: installing Python packages: failed; what needs them will be left out\n' >&2
fi
rm -f "$log"
