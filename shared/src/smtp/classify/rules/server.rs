//! The server's own troubles.

use super::super::rule::{Codes, Rule};
use crate::smtp::finding::FindingKind::ServerError;

pub(super) const RULES: &[Rule] = &[
    Rule::new("server-words", ServerError)
        .any(&[
            "internal error",
            "system error",
            "server error",
            "system failure",
            "system problem",
            "system resources",
            "system storage",
            "disk space",
            "queue file write",
            "mailer error",
            "operating system",
            "hop count",
            "hops",
            "mail loop",
            "loop detected",
            "loops back",
            "looping",
            "timed out",
            "timeout",
            "license expired",
            "lookup failure",
            "lookup error",
            "configuration error",
            "local error",
            "upstream error",
            "local problem",
            "resources temporarily",
            "no healthy",
            "message expired",
            "could not load",
            "database",
            "dns query",
            "unable to connect",
            "connect to",
            "connection expired",
            "recipient's domain",
            "domain failure",
            "smtp connection",
            "forwarding recipient",
            "lost connection",
        ])
        .none(&["try again later greylist"])
        .seen(
            "Postfix smtpd(8); Exim specification, defer; Google SMTP error reference",
            "2024",
            "451 4.3.0 Error: queue file write error",
        ),
    Rule::new("protocol-code", ServerError).codes(Codes::Of(&[500, 502, 503, 504])).seen(
        "RFC 5321 §4.2.2",
        "2008-10",
        "503 5.5.1 Bad sequence of commands",
    ),
];
