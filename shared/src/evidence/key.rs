//! Names under which evidence is kept. They are keyed HMACs, so that whoever reads a store learns no address.

use alloc::string::String;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::dns::MailRoute;
use crate::mailbox::Mailbox;

/// The key of `parts`, which do not run together.
pub fn key(secret: &[u8], parts: &[&str]) -> [u8; 32] {
    // HMAC takes keys of every length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else { return [0; 32] };
    for part in parts {
        mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        mac.update(part.as_bytes());
    }
    mac.finalize().into_bytes().into()
}

/// The same in hexadecimal digits.
pub fn text(secret: &[u8], parts: &[&str]) -> String {
    key(secret, parts).iter().flat_map(|byte| [byte >> 4, byte & 15]).filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}

/// What is known of a mailbox is known along its route: what was learned along another one may be another host's word.
pub fn name(mailbox: &Mailbox, route: &MailRoute) -> String {
    let mut name = mailbox.wire();
    for host in route.groups().flatten() {
        name.push(' ');
        name.push_str(host.exchange.as_str());
    }
    name
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;
    use crate::dns::MxHost;
    use crate::domain::host_name::HostName;

    #[test]
    fn ok_keys_tell_nothing_and_parts_do_not_run_together() {
        let keys = [key(b"one", &["ab", "c"]), key(b"one", &["a", "bc"]), key(b"one", &["abc"]), key(b"other", &["ab", "c"])];
        for (n, one) in keys.iter().enumerate() {
            assert!(keys.iter().skip(n + 1).all(|other| other != one));
        }
        assert_eq!(key(b"one", &["ab", "c"]), keys[0]);
        let digits = text(b"one", &["ab", "c"]);
        assert_eq!((digits.len(), digits.get(..2)), (64, Some(alloc::format!("{:02x}", keys[0][0]).as_str())));
    }

    #[test]
    fn ok_another_route_is_another_name() {
        let mailbox = Mailbox::parse("Ada@A.example").expect("a mailbox");
        let to = |exchange| MailRoute::Hosts { hosts: vec![MxHost { preference: 1, exchange: HostName::new(exchange) }] };
        assert_eq!(name(&mailbox, &to("mx.a.example")), "Ada@a.example mx.a.example");
        assert_ne!(name(&mailbox, &to("mx.b.example")), name(&mailbox, &MailRoute::Implicit));
    }
}
