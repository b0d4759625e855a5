//! The command line `rcpt`.

fn main() {}
