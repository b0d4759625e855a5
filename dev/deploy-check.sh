#!/bin/sh
# dev/deploy-check.sh [--config FILE]: whether the Worker could be deployed to production, and would answer there: everything but the deployment,
# without account or network.
set -eu
cd "$(dirname "$0")/.."
dev/wrangler.sh deploy --dry-run --env production "$@"
dev/node.sh dev/deploy-check/check.mjs "$@"
