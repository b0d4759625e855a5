//! Commands, and the only place that makes their wire form. What they carry cannot hold CR or LF.

use alloc::string::String;
use core::fmt;

use super::stage::Stage;
use crate::domain::Domain;
use crate::mailbox::Mailbox;

/// The name we greet with: a domain of our own (RFC 5321 §4.1.1.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeloName(Domain);

impl HeloName {
    /// Takes a parsed domain.
    pub fn new(domain: Domain) -> Self {
        Self(domain)
    }

    /// The name in ASCII.
    pub fn as_str(&self) -> &str {
        self.0.as_ascii()
    }
}

/// A command of the probe's dialogue. There is no DATA: a probe never sends mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command<'a> {
    /// EHLO (RFC 5321 §4.1.1.1).
    Ehlo(&'a HeloName),
    /// HELO, for servers that do not know EHLO.
    Helo(&'a HeloName),
    /// MAIL FROM our reverse-path (RFC 5321 §4.1.1.2), with SMTPUTF8 where a recipient needs it (RFC 6531 §3.4).
    Mail {
        /// Our own mailbox.
        from: &'a Mailbox,
        /// Whether the parameter is given.
        smtputf8: bool,
    },
    /// STARTTLS (RFC 3207 §4).
    Starttls,
    /// RCPT TO (RFC 5321 §4.1.1.3).
    Rcpt(&'a Mailbox),
    /// RSET (RFC 5321 §4.1.1.5): ends a transaction without mail.
    Rset,
    /// QUIT (RFC 5321 §4.1.1.10).
    Quit,
}

impl fmt::Display for Command<'_> {
    /// The wire form without its CR LF.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ehlo(name) => write!(f, "EHLO {}", name.as_str()),
            Self::Helo(name) => write!(f, "HELO {}", name.as_str()),
            Self::Mail { from, smtputf8: false } => write!(f, "MAIL FROM:<{}>", from.wire()),
            Self::Mail { from, smtputf8: true } => write!(f, "MAIL FROM:<{}> SMTPUTF8", from.wire()),
            Self::Starttls => f.write_str("STARTTLS"),
            Self::Rset => f.write_str("RSET"),
            Self::Rcpt(to) => write!(f, "RCPT TO:<{}>", to.wire()),
            Self::Quit => f.write_str("QUIT"),
        }
    }
}

impl Command<'_> {
    /// The stage that its reply belongs to.
    pub fn stage(&self) -> Stage {
        match self {
            Self::Ehlo(_) | Self::Helo(_) => Stage::Ehlo,
            Self::Starttls => Stage::Starttls,
            Self::Mail { .. } | Self::Rset => Stage::Mail,
            Self::Rcpt(_) => Stage::Rcpt,
            Self::Quit => Stage::Quit,
        }
    }

    /// Appends the wire form with its CR LF. Control characters cannot occur in the parts; were one there, it is left out.
    pub fn write_to(&self, wire: &mut String) {
        use fmt::Write as _;
        let mut line = String::new();
        // Writing to a String does not fail.
        let _ = write!(line, "{self}");
        wire.extend(line.chars().filter(|c| !c.is_control()));
        wire.push_str("\r\n");
    }
}
