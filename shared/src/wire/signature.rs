//! The signature of edge → prober requests: `Rcpt-Signature: t=<unix seconds>,v1=<hex HMAC-SHA256>`.
//!
//! Signed is `<t> LF <METHOD> LF <path> LF <body>`. No part before the body can hold LF, so no two requests sign alike.

use alloc::format;
use alloc::string::String;
use core::fmt::Write as _;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::hex;

/// The header's name.
pub const HEADER: &str = "rcpt-signature";
/// How far a signature's time may be from now, in seconds.
pub const WINDOW_S: u64 = 300;

/// A secret shared by edge and prober. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The shortest secret that is taken, in octets.
    pub const MIN_LEN: usize = 16;

    /// Takes a secret of at least [`Secret::MIN_LEN`] octets.
    pub fn new(text: String) -> Option<Self> {
        (text.len() >= Self::MIN_LEN).then_some(Self(text))
    }

    /// The octets, for keys of other uses that are made from it.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl core::fmt::Debug for Secret {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The request that is signed.
#[derive(Debug, Clone, Copy)]
pub struct Signed<'a> {
    /// The method, in capitals.
    pub method: &'a str,
    /// The path, without query.
    pub path: &'a str,
    /// The body's octets.
    pub body: &'a [u8],
}

/// Why a signature is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureError {
    /// The header is not of the form `t=…,v1=…`.
    Malformed,
    /// Its time is more than [`WINDOW_S`] from now.
    OutsideWindow,
    /// It was made with another secret or over another request.
    Mismatch,
}

/// The header's value for `request` at `now` (Unix seconds).
pub fn sign(secret: &Secret, request: Signed<'_>, now: u64) -> String {
    let mac = mac_over(secret, request, now).finalize().into_bytes();
    let mut value = format!("t={now},v1=");
    for byte in mac {
        // Writing to a String does not fail.
        let _ = write!(value, "{byte:02x}");
    }
    value
}

/// Checks the header's value in constant time and gives the MAC, by which a replay is recognised.
///
/// # Errors
/// [`SignatureError`], one variant for each meaning.
pub fn check(secret: &Secret, request: Signed<'_>, header: &str, now: u64) -> Result<[u8; 32], SignatureError> {
    let (time, mac) = parse(header).ok_or(SignatureError::Malformed)?;
    mac_over(secret, request, time).verify_slice(&mac).map_err(|_| SignatureError::Mismatch)?;
    if time.abs_diff(now) > WINDOW_S {
        return Err(SignatureError::OutsideWindow);
    }
    Ok(mac)
}

/// An HMAC by `secret`, of nothing yet.
pub(super) fn hmac(secret: &Secret) -> Hmac<Sha256> {
    // HMAC takes keys of every length; the fallback is never reached and would verify nothing.
    Hmac::<Sha256>::new_from_slice(secret.0.as_bytes()).unwrap_or_else(|_| Hmac::new(&hmac::digest::Key::<Hmac<Sha256>>::default()))
}

fn mac_over(secret: &Secret, request: Signed<'_>, time: u64) -> Hmac<Sha256> {
    let mut mac = hmac(secret);
    mac.update(format!("{time}\n{}\n{}\n", request.method, request.path).as_bytes());
    mac.update(request.body);
    mac
}

fn parse(header: &str) -> Option<(u64, [u8; 32])> {
    let (time, mac) = header.split_once(',')?;
    let (time, mac) = (time.strip_prefix("t=")?, mac.strip_prefix("v1=")?);
    Some((time.parse().ok()?, hex::decode(mac)?))
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    const REQUEST: Signed<'_> = Signed { method: "POST", path: "/v1/probe", body: b"{}" };

    fn secret(text: &str) -> Secret {
        Secret::new(text.to_string()).expect("long enough")
    }

    /// The value was made with another implementation: `printf '1700000000\nPOST\n/v1/probe\n{}' | openssl dgst -sha256 -hmac …`.
    #[test]
    fn ok_known_value() {
        let value = sign(&secret("a secret of some length"), REQUEST, 1_700_000_000);
        assert_eq!(value, "t=1700000000,v1=27467f22e10f71a9a872510a7ea4a4cce9ef6e83ae135145824b5c20047a2bba");
    }

    #[test]
    fn ok_own_signature_within_the_window() {
        let secret = secret("a secret of some length");
        let value = sign(&secret, REQUEST, 1000);
        for now in [700, 1000, 1300] {
            assert!(check(&secret, REQUEST, &value, now).is_ok(), "{now}");
        }
        for now in [699, 1301, u64::MAX] {
            assert_eq!(check(&secret, REQUEST, &value, now), Err(SignatureError::OutsideWindow), "{now}");
        }
    }

    #[test]
    fn err_any_change() {
        let key = secret("a secret of some length");
        let value = sign(&key, REQUEST, 1000);
        let other = |request| check(&key, request, &value, 1000);
        assert_eq!(other(Signed { method: "PUT", ..REQUEST }), Err(SignatureError::Mismatch));
        assert_eq!(other(Signed { path: "/v1/prob", ..REQUEST }), Err(SignatureError::Mismatch));
        assert_eq!(other(Signed { body: b"{ }", ..REQUEST }), Err(SignatureError::Mismatch));
        assert_eq!(check(&secret("another secret, as long"), REQUEST, &value, 1000), Err(SignatureError::Mismatch));
        let later = value.replace("t=1000", "t=1001");
        assert_eq!(check(&key, REQUEST, &later, 1000), Err(SignatureError::Mismatch));
        for bad in ["", "t=1", "t=1,v1=", "t=x,v1=00", &value.to_uppercase(), &format!("{value}0"), "t=1,v1=é"] {
            assert_eq!(check(&key, REQUEST, bad, 1000), Err(SignatureError::Malformed), "{bad}");
        }
    }
}
