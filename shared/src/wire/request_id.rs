//! The id that one request carries through edge, prober, answers and logs.

/// The header's name, in requests and in answers.
pub const HEADER: &str = "x-request-id";
/// The longest id that is taken over from a caller.
pub const MAX_LEN: usize = 64;

/// Whether an id that came from outside may be used: it ends up in logs and headers, so letters, digits and `._-` only.
pub fn is_acceptable(id: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    (1..=MAX_LEN).contains(&id.len()) && id.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn err_what_could_break_a_log_line_or_hold_an_address() {
        assert!(is_acceptable("4bf92f3577b34da6a3ce929d0e0e4736"));
        assert!(is_acceptable(&"a".repeat(MAX_LEN)));
        for id in ["", "a b", "ada@accepts.example", "a\r\nb", "é", &"a".repeat(MAX_LEN + 1)] {
            assert!(!is_acceptable(id), "{id:?}");
        }
    }
}
