#!/bin/sh
# Sets up what Rcpt is built with, step by step. Steps that are done are skipped; each says what it does and how long it took.
#
#   dev/setup.sh          tools and Worker
#   dev/setup.sh tools    the wasm target, npm packages, worker-build and wasm-bindgen
#   dev/setup.sh worker   the Worker in edge/build, unless its sources are as they were
#
# Tools that cargo installs are kept by version in $XDG_CACHE_HOME/rcpt (~/.cache/rcpt), so that a second clone finds them.
set -eu

cd "$(dirname "$0")/.."
cache="${XDG_CACHE_HOME:-$HOME/.cache}/rcpt"
worker_build_version=0.8.7
worker_build="$cache/worker-build-$worker_build_version"
wasm_bindgen_version=$(awk '/^name = "wasm-bindgen"$/ { getline; gsub(/"/, "", $3); print $3 }' Cargo.lock)
wasm_bindgen="$cache/wasm-bindgen-cli-$wasm_bindgen_version"

say() { printf '%s\n' "setup: $*" >&2; }
fail() { say "$*"; exit 1; }

# step WORDS COMMAND…: runs the command quietly; its output is shown where it fails.
step() {
    words=$1; shift
    say "$words …"
    begun=$(date +%s); log=$(mktemp)
    if "$@" > "$log" 2>&1; then
        rm -f "$log"
        say "$words: done in $(($(date +%s) - begun)) s"
    else
        cat "$log" >&2; rm -f "$log"
        fail "$words: failed"
    fi
}

need() { command -v "$1" > /dev/null 2>&1 || fail "expected $1 on the path, found none; $2"; }

cargo_tool() {
    # Without optimisation: it builds in a third of the time and runs for seconds. Its own target folder goes afterwards.
    target=$(mktemp -d)
    CARGO_TARGET_DIR="$target" cargo install "$1" --version "$2" --debug --root "$3" $4
    rm -rf "$target"
}

tools() {
    need cargo "install Rust with rustup"
    need cc "install a C compiler (apt-get install build-essential)"
    need npm "install Node.js 20 or newer"
    if ! [ -d "$(rustc --print sysroot)/lib/rustlib/wasm32-unknown-unknown" ]; then
        need rustup "it adds the wasm32-unknown-unknown target"
        step "adding Rust's wasm32-unknown-unknown target" rustup target add wasm32-unknown-unknown
    fi
    if ! cmp -s package-lock.json node_modules/.rcpt-lock; then
        step "installing npm packages" npm install --no-save --no-audit --no-fund --loglevel=error
        cp package-lock.json node_modules/.rcpt-lock
    fi
    if ! [ -x "$worker_build/bin/worker-build" ]; then
        step "building worker-build $worker_build_version" cargo_tool worker-build "$worker_build_version" "$worker_build" --locked
    fi
    if ! [ -x "$wasm_bindgen/bin/wasm-bindgen" ]; then
        # Not --locked: its lock file may name versions that a mirror does not have.
        step "building wasm-bindgen $wasm_bindgen_version" cargo_tool wasm-bindgen-cli "$wasm_bindgen_version" "$wasm_bindgen" ""
    fi
}

sources() { find Cargo.toml Cargo.lock edge/Cargo.toml edge/openapi.json edge/src shared/Cargo.toml shared/src shared/tables dev/setup.sh -type f 2> /dev/null | LC_ALL=C sort; }
fingerprint() { sources | xargs sha256sum | sha256sum | cut -d' ' -f1; }

# Each command says itself that it failed: under `if`, as `step` runs it, a shell goes on.
build_worker() (
    cd edge || exit 1
    # The Worker's weight is part of its cold start, so everything in it is built for size, as one unit.
    export CARGO_PROFILE_RELEASE_OPT_LEVEL=z CARGO_PROFILE_RELEASE_LTO=fat CARGO_PROFILE_RELEASE_CODEGEN_UNITS=1
    # Panics name their source file; not by where this machine keeps it.
    export RUSTFLAGS="--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}/registry/src/= ${RUSTFLAGS:-}"
    # Another target folder than cargo's: wrangler may build while cargo does.
    WASM_BINDGEN_BIN="$wasm_bindgen/bin/wasm-bindgen" \
    WASM_OPT_BIN="$PWD/../node_modules/binaryen/bin/wasm-opt" \
    ESBUILD_BIN="$PWD/../node_modules/esbuild/bin/esbuild" \
    CARGO_TARGET_DIR="$PWD/../target/worker" \
        "$worker_build/bin/worker-build" --release || exit 1
    # Names of functions weigh a tenth and serve nobody at the edge. The section of target features stays.
    ../node_modules/binaryen/bin/wasm-opt -Oz --strip-debug --strip-producers build/index_bg.wasm -o build/slim.wasm || exit 1
    mv build/slim.wasm build/index_bg.wasm
)

# One at a time: several Workers may start together, and each asks for a fresh build.
worker() (
    mkdir -p target
    exec 9> target/worker.lock
    flock 9
    now=$(fingerprint)
    if [ "$(cat edge/build/.fingerprint 2> /dev/null)" = "$now" ]; then
        exit 0
    fi
    rm -f edge/build/.fingerprint
    step "building the Worker" build_worker
    printf '%s\n' "$now" > edge/build/.fingerprint
    say "the Worker weighs $(cat edge/build/*.wasm edge/build/*.js | gzip -9 | wc -c) octets gzipped"
)

case "${1:-all}" in
    tools) tools ;;
    worker) worker ;;
    all) tools; worker ;;
    *) fail "expected tools, worker or nothing, found $1" ;;
esac
