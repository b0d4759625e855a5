//! Where in the dialogue something happened.

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};

/// The step of an SMTP session that a reply answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Opening the TCP connection.
    Connect,
    /// The server's greeting (RFC 5321 §3.1).
    Greeting,
    /// EHLO, or HELO where EHLO is not understood (RFC 5321 §4.1.1.1).
    Ehlo,
    /// STARTTLS and the handshake behind it (RFC 3207).
    Starttls,
    /// MAIL FROM, and RSET before another one (RFC 5321 §4.1.1.2).
    Mail,
    /// RCPT TO (RFC 5321 §4.1.1.3).
    Rcpt,
    /// QUIT (RFC 5321 §4.1.1.10).
    Quit,
}

impl Stage {
    /// The stages that a server's reply may be classified at.
    pub const REPLYING: [Self; 4] = [Self::Greeting, Self::Ehlo, Self::Mail, Self::Rcpt];

    /// The name used in JSON and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Greeting => "greeting",
            Self::Ehlo => "ehlo",
            Self::Starttls => "starttls",
            Self::Mail => "mail",
            Self::Rcpt => "rcpt",
            Self::Quit => "quit",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Stage {
    type Err = UnknownStage;

    fn from_str(text: &str) -> Result<Self, UnknownStage> {
        // Logs write commands in capitals, and old ones greet by HELO.
        let name = if text.eq_ignore_ascii_case("helo") { "ehlo" } else { text };
        Self::REPLYING.into_iter().find(|stage| stage.as_str().eq_ignore_ascii_case(name)).ok_or(UnknownStage)
    }
}

/// The text names no stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownStage;

impl fmt::Display for UnknownStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected one of greeting, ehlo, mail, rcpt")
    }
}

impl core::error::Error for UnknownStage {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_stages_as_logs_name_them() {
        for (text, stage) in
            [("rcpt", Stage::Rcpt), ("RCPT", Stage::Rcpt), ("Mail", Stage::Mail), ("HELO", Stage::Ehlo), ("greeting", Stage::Greeting)]
        {
            assert_eq!(text.parse(), Ok(stage), "{text}");
        }
        for text in ["", "DATA", "quit", "connect", "rcpt to"] {
            assert_eq!(text.parse::<Stage>(), Err(UnknownStage), "{text}");
        }
    }
}
