#!/bin/sh
# dev/wrangler.sh ARGUMENT…: wrangler.
set -eu
exec "$(dirname "$0")/node.sh" node_modules/wrangler/bin/wrangler.js "$@"
