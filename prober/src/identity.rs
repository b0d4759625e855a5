//! Who the prober says it is.

use shared::mailbox::Mailbox;
use shared::smtp::command::HeloName;

/// Who we say we are. Probing without a name and reverse-path of one's own is refused.
#[derive(Debug, Clone)]
pub struct Identity {
    /// The name given with EHLO.
    pub helo: HeloName,
    /// The reverse-path given with MAIL FROM.
    pub mail_from: Mailbox,
}
