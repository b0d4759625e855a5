//! Magic addresses for people's own tests: `<reason>@rcpt.test` comes to that reason, on every tier and without network.

use super::reason::Reason;
use crate::mailbox::Mailbox;

/// The domain of the magic addresses. `.test` is reserved (RFC 6761 §6.2), so nobody's mailbox is shadowed.
pub const DOMAIN: &str = "rcpt.test";

/// The reason that `mailbox` asks for; a sub-address (`mailbox_full+case7@rcpt.test`) tells test cases apart.
pub fn reason_of(mailbox: &Mailbox) -> Option<Reason> {
    let domain = mailbox.domain()?;
    let name = mailbox.local_part().split('+').next()?;
    (domain.as_ascii() == DOMAIN).then(|| Reason::from_name(&name.to_ascii_lowercase())).flatten()
}
