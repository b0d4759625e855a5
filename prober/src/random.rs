//! Random numbers from the system.

/// A random number. Where the system has none to give, zero: it serves to spread load and to make up names, never to keep secrets.
pub fn number() -> u64 {
    getrandom::u64().unwrap_or(0)
}

/// An id for a request: 16 hexadecimal digits.
pub fn request_id() -> String {
    format!("{:016x}", number())
}
