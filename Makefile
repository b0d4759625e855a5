# Each line is a command that anyone could type.

export KAFKA

.PHONY: run setup build test check bench fuzz fuzz-api deploy-check clean

# The whole product on this machine, with the lab for an internet, until Ctrl-C.
run: setup build
	@target/debug/dev

# Tools and the Worker; what is there already is skipped.
setup:
	@dev/setup.sh

# The prober, the command line and the development stack.
build:
	@dev/timed.sh "building the prober" cargo build --quiet --package rcpt-prober --package rcpt-tests --bins $$(dev/features.sh)

# Every suite; those that cannot run here say so.
test: setup build
	@dev/servers.sh
	@dev/python.sh
	@dev/test.sh

check:
	cargo fmt --all --check
	cargo clippy --quiet --workspace --exclude rcpt-edge --all-targets $$(dev/features.sh) -- --deny warnings
	cargo clippy --quiet --package rcpt-edge --target wasm32-unknown-unknown -- --deny warnings

# Ratios, never figures of one machine.
bench: setup
	cargo build --quiet --release --package rcpt-prober --bins $$(dev/features.sh)
	cargo bench --quiet --package rcpt-tests $$(dev/features.sh)

# Random bytes against everything that reads bytes from outside.
fuzz:
	cargo test --quiet --release --package rcpt-shared -- any_ random

# Ten minutes of whatever the OpenAPI documents allow and forbid, asked of both services.
fuzz-api: setup build
	@dev/python.sh
	cargo test --quiet --package rcpt-tests --test schemathesis $$(dev/features.sh) -- --ignored --nocapture

# Whether the Worker could be deployed to production, and would answer there: everything but the deployment, without account or network.
deploy-check: setup
	@dev/deploy-check.sh

clean:
	rm -rf target node_modules edge/build .wrangler
