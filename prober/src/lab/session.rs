//! What a mail host knows of one guest, and what it answers to each command.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use super::conversation::End;
use super::host::{Host, Presence};
use super::manner::{Act, Manner, Pipelining, Tls};
use super::sources::{self, BLOCKLIST};

/// How long replies wait for those who were refused too often (`smtpd_error_sleep_time`).
const ERROR_SLEEP: Duration = Duration::from_secs(1);
const TOO_MANY_RECIPIENTS: &str = "452 4.5.3 Error: too many recipients";

/// What a command is answered with.
pub(super) enum Answer {
    /// With this act.
    Act(Act),
    /// With a reply.
    Text(String),
    /// With a reply, the last.
    Last(&'static str),
    /// With a reply, and then no longer as before.
    Then(&'static str, End),
}

fn text(text: &str) -> Answer {
    Answer::Text(text.to_owned())
}

impl Answer {
    fn octets(&self) -> &[u8] {
        match self {
            Self::Act(Act::Say(text) | Act::SayAndClose(text)) | Self::Last(text) | Self::Then(text, _) => text.as_bytes(),
            Self::Act(Act::Bytes(octets)) => octets,
            Self::Text(text) => text.as_bytes(),
            Self::Act(Act::Close | Act::Silence | Act::Drip | Act::Flood | Act::LongBanner) => b"",
        }
    }

    /// Whether it counts against the guest. Too many recipients do not (`smtpd_recipient_overshoot_limit`).
    fn is_error(&self) -> bool {
        matches!(self.octets().first(), Some(b'4' | b'5')) && self.octets() != TOO_MANY_RECIPIENTS.as_bytes()
    }
}

/// What a host knows of its guest.
pub(super) struct Session {
    host: Arc<Host>,
    guest: IpAddr,
    presence: Option<Presence>,
    /// The lines that came.
    pub(super) commands: Vec<String>,
    /// Whether QUIT was among them.
    pub(super) quit: bool,
    /// Whether the lines come within TLS.
    pub(super) tls: bool,
    greeted: bool,
    sender: Option<String>,
    /// Accepted in this transaction, and in all.
    accepted: (u32, u32),
    rcpts: u32,
    errors: u32,
}

impl Session {
    pub(super) fn new(host: &Arc<Host>, presence: Presence) -> Self {
        Self {
            host: Arc::clone(host),
            guest: presence.guest,
            presence: Some(presence),
            commands: Vec::new(),
            quit: false,
            tls: false,
            greeted: false,
            sender: None,
            accepted: (0, 0),
            rcpts: 0,
            errors: 0,
        }
    }

    pub(super) fn manner(&self) -> &'static Manner {
        self.host.manner
    }

    /// What is said instead of a greeting to guests who are here too often.
    pub(super) fn turned_away(&self) -> Option<String> {
        let count = self.presence.as_ref().map_or(0, |presence| presence.count);
        let too_many = count > self.manner().limits.connections;
        too_many.then(|| format!("421 4.7.0 mx.lab.example Error: too many connections from {}", self.guest))
    }

    /// What is said to guests who were refused too often, unasked.
    pub(super) fn worn_out(&self) -> Option<&'static str> {
        (self.errors >= self.manner().limits.hard_errors).then_some("421 4.7.0 mx.lab.example Error: too many errors")
    }

    /// How long the reply to `command` waits.
    pub(super) fn wait(&self, command: &str) -> Duration {
        let (delays, limits) = (self.manner().delays, self.manner().limits);
        let sleep = if self.errors >= limits.soft_errors { ERROR_SLEEP } else { Duration::ZERO };
        let rcpt = if verb(command) == "RCPT" { delays.rcpt } else { Duration::ZERO };
        delays.reply + rcpt + sleep
    }

    /// The handshake succeeded: nothing that was said before it counts (RFC 3207 §4.2).
    pub(super) fn secured(&mut self) {
        self.tls = true;
        self.greeted = false;
        self.forget();
    }

    /// The transaction ends.
    fn forget(&mut self) {
        self.sender = None;
        self.accepted.0 = 0;
    }

    pub(super) fn take(&mut self, line: String) -> Answer {
        let answer = match verb(&line).as_str() {
            "EHLO" => self.ehlo(),
            "HELO" => {
                self.greeted = true;
                text("250 mx.lab.example")
            }
            "STARTTLS" => self.starttls(),
            "MAIL" => self.mail(&line),
            "RCPT" => {
                let answer = self.rcpt(&line);
                let accepted = u32::from(answer.octets().starts_with(b"2"));
                self.accepted = (self.accepted.0.saturating_add(accepted), self.accepted.1.saturating_add(accepted));
                answer
            }
            "RSET" => {
                self.forget();
                text("250 2.0.0 Ok")
            }
            "NOOP" => text("250 2.0.0 Ok"),
            "VRFY" => text("252 2.0.0 Try it and see"),
            "DATA" => text("554 5.5.1 No mail is taken here"),
            "QUIT" => {
                self.quit = true;
                // Who has read the farewell may come again at once.
                self.presence = None;
                Answer::Last("221 2.0.0 Bye")
            }
            _ => text("502 5.5.2 Command not recognized"),
        };
        self.errors = self.errors.saturating_add(u32::from(answer.is_error()));
        self.commands.push(line);
        answer
    }

    /// What is said before `answer`, where that is a refusal and the host says it twice.
    pub(super) fn stutters<'a>(&self, answer: &'a Answer) -> Option<&'a str> {
        match answer {
            Answer::Act(Act::Say(text)) if self.manner().stutters && answer.is_error() => Some(text),
            _ => None,
        }
    }

    fn ehlo(&mut self) -> Answer {
        let manner = self.manner();
        if let Some(act) = manner.ehlo {
            return Answer::Act(act);
        }
        self.greeted = true;
        self.forget();
        let mut text = String::from("250-mx.lab.example\n250-SIZE 10485760\n");
        if manner.pipelining == Pipelining::Offered {
            text.push_str("250-PIPELINING\n");
        }
        if manner.tls != Tls::None && !self.tls {
            text.push_str("250-STARTTLS\n");
        }
        if manner.smtputf8 {
            text.push_str("250-SMTPUTF8\n");
        }
        text.push_str("250-8BITMIME\n250 ENHANCEDSTATUSCODES");
        Answer::Text(text)
    }

    fn starttls(&self) -> Answer {
        let ready = "220 2.0.0 Ready to start TLS";
        match self.manner().tls {
            Tls::None => text("502 5.5.2 Command not recognized"),
            _ if self.tls => text("554 5.5.1 Error: TLS already active"),
            Tls::Offered | Tls::Required => Answer::Then(ready, End::Handshake),
            Tls::Broken => Answer::Then(ready, End::Garbage),
            Tls::Refused => text("454 4.7.0 TLS not available due to local problem"),
            Tls::DropsAfter => Answer::Last(ready),
        }
    }

    fn mail(&mut self, line: &str) -> Answer {
        if self.manner().tls == Tls::Required && !self.tls {
            return text("530 5.7.0 Must issue a STARTTLS command first");
        }
        match (self.greeted, path(line, "MAIL FROM:")) {
            (false, _) => text("503 5.5.1 EHLO or HELO first"),
            (true, None) => text("501 5.5.4 Expected MAIL FROM:<address>"),
            (true, Some(sender)) => {
                if matches!(self.manner().mail, Act::Say(text) if text.starts_with('2')) {
                    self.forget();
                    self.sender = Some(sender.to_owned());
                }
                Answer::Act(self.manner().mail)
            }
        }
    }

    fn rcpt(&mut self, line: &str) -> Answer {
        let (manner, limits) = (self.manner(), self.manner().limits);
        let Some(sender) = self.sender.clone() else { return text("503 5.5.1 MAIL first") };
        let Some(recipient) = path(line, "RCPT TO:") else { return text("501 5.5.4 Expected RCPT TO:<address>") };
        self.rcpts = self.rcpts.saturating_add(1);
        if self.rcpts > limits.rcpts {
            return Answer::Last("421 4.7.0 Try again later, closing connection");
        }
        if self.accepted.0 >= limits.recipients {
            return text(TOO_MANY_RECIPIENTS);
        }
        if manner.checks_blocklist && sources::is_listed(self.guest) {
            return text(&format!("554 5.7.1 Service unavailable; Client host [{}] blocked using {BLOCKLIST}", self.guest));
        }
        if let Some(act) = manner.further.filter(|_| self.accepted.1 > 0) {
            return Answer::Act(act);
        }
        if !recipient.is_ascii() && !manner.smtputf8 {
            return text("553 5.6.7 Internationalised addresses are not supported");
        }
        let local_part = recipient.rsplit_once('@').map_or(recipient, |(local_part, _)| local_part).to_lowercase();
        if !manner.known.knows(&local_part) {
            return Answer::Act(manner.others);
        }
        let triplet = (self.guest, sender, recipient.to_owned());
        if let Some(rule) = manner.greylists.filter(|rule| !self.host.greylist.is_due(rule, triplet)) {
            return text(rule.reply);
        }
        text("250 2.1.5 Ok")
    }
}

fn verb(line: &str) -> String {
    line.split_ascii_whitespace().next().unwrap_or_default().to_ascii_uppercase()
}

/// What stands between the angle brackets.
fn path<'a>(line: &'a str, verb: &str) -> Option<&'a str> {
    let (given, rest) = line.split_at_checked(verb.len())?;
    let inner = rest.trim_start().strip_prefix('<')?;
    let end = inner.rfind('>')?;
    given.eq_ignore_ascii_case(verb).then(|| inner.get(..end)).flatten()
}
