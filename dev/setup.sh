#!/bin/sh
# Sets up what Rcpt is built with, step by step. Steps that are done are skipped; each says what it does and how long it took.
#
#   dev/setup.sh          tools, page and Worker
#   dev/setup.sh tools    the wasm target, npm packages, worker-build and wasm-bindgen
#   dev/setup.sh page     the widget, the playground and the npm package in target/page, unless their sources are as they were
#   dev/setup.sh worker   the Worker in edge/build, likewise; several of these may be named at once
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

# What a step has written goes, whatever ends it. A shell within this one has no traps but its own, so that each step sets them.
log='' target=''
clean_up_at_end() {
    trap 'rm -rf "$log" "$target"' EXIT
    trap 'exit 130' HUP INT TERM
}

# step WORDS COMMAND…: runs the command quietly; its output is shown where it fails.
step() {
    words=$1; shift
    say "$words …"
    clean_up_at_end
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
        step "installing npm packages" npm ci --no-audit --no-fund --loglevel=error
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

worker_sources="edge/Cargo.toml edge/openapi.json edge/src shared/Cargo.toml shared/src shared/tables"
core_sources="shared/Cargo.toml shared/src shared/tables"
page_sources="$core_sources edge/page package-lock.json LICENSE"

sources() { find Cargo.toml Cargo.lock "$@" dev/setup.sh -type f 2> /dev/null | LC_ALL=C sort; }
fingerprint() { sources "$@" | xargs sha256sum | sha256sum | cut -d' ' -f1; }

# unless_fresh WORDS FOLDER SOURCES COMMAND WEIGH: builds what is in the folder, unless that was built from the same sources, and says what it weighs.
# One at a time: several Workers may start together, and each asks for a fresh build.
unless_fresh() (
    mkdir -p target "$2"
    exec 9> "target/$4.lock"
    flock 9
    now=$(fingerprint $3)
    if [ "$(cat "$2/.fingerprint" 2> /dev/null)" = "$now" ]; then
        exit 0
    fi
    rm -f "$2/.fingerprint"
    step "$1" "$4"
    printf '%s\n' "$now" > "$2/.fingerprint"
    $5
)

# What is loaded over the net is built for size, as one unit. Panics name their source file; not by where this machine keeps it.
for_size() {
    export CARGO_PROFILE_RELEASE_OPT_LEVEL=z CARGO_PROFILE_RELEASE_LTO=fat CARGO_PROFILE_RELEASE_CODEGEN_UNITS=1
    export RUSTFLAGS="--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}/registry/src/= ${RUSTFLAGS:-}"
}

# The core for browsers: NAME FEATURES.
core() {
    CARGO_TARGET_DIR="$PWD/target/core" cargo rustc --release --package rcpt-shared --lib --crate-type cdylib --target wasm32-unknown-unknown \
        --no-default-features --features "$2" &&
    "$wasm_bindgen/bin/wasm-bindgen" --target web --out-dir target/page/core --out-name "$1" target/core/wasm32-unknown-unknown/release/shared.wasm &&
    node_modules/binaryen/bin/wasm-opt -Oz --strip-debug --strip-producers "target/page/core/$1_bg.wasm" -o "target/page/core/$1.wasm"
}

build_core() (
    for_size
    core ascii browser && core unicode browser,unicode
)

build_page() { node edge/page/build.mjs > target/page/weights; }

weigh_page() { sed 's/^/setup: /' target/page/weights >&2; }

page() {
    unless_fresh "building the core for browsers" target/page/core "$core_sources" build_core :
    unless_fresh "building the page" target/page/site "$page_sources" build_page weigh_page
}

# Each command says itself that it failed: under `if`, as `step` runs it, a shell goes on.
build_worker() (
    cd edge || exit 1
    for_size
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

weigh_worker() { say "the Worker weighs $(cat edge/build/*.wasm edge/build/*.js | gzip -9 | wc -c) octets gzipped"; }

worker() { unless_fresh "building the Worker" edge/build "$worker_sources" build_worker weigh_worker; }

[ $# -gt 0 ] || set -- tools page worker
for part; do
    case "$part" in
        tools | page | worker) "$part" ;;
        *) fail "expected tools, page, worker or nothing, found $part" ;;
    esac
done
