//! The command line `rcpt`: a map; `prober::cli` holds the commands.

use std::process::ExitCode;

fn main() -> ExitCode {
    prober::cli::run()
}
