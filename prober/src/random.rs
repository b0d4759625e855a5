//! Random numbers from the system.

/// A random number. Where the system has none to give, zero: it serves to spread load and to make up names, never to keep secrets.
pub fn number() -> u64 {
    getrandom::u64().unwrap_or(0)
}

/// An id for a request: 16 hexadecimal digits.
pub fn request_id() -> String {
    format!("{:016x}", number())
}

/// A secret for this process alone.
pub fn secret() -> Vec<u8> {
    let mut octets = vec![0; 32];
    // Without randomness the keys are guessable, but what they lead to is in this process alone.
    let _ = getrandom::fill(&mut octets);
    octets
}
