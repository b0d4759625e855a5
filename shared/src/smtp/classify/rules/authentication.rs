//! A proof of identity that we did not give: SMTP authentication, TLS, SPF, DKIM, DMARC, HELO.

use super::super::rule::{Codes, Rule, Statuses};
use crate::smtp::finding::FindingKind::{PolicyRefused, ServerError};

pub(super) const RULES: &[Rule] = &[
    Rule::new("authentication-failing", ServerError).codes(Codes::Of(&[454])).statuses(Statuses::Of(&[(7, 0)])).any(&["authenticat"]).seen(
        "RFC 4954 §6: the server's own failure, whoever asks",
        "2007-07",
        "454 4.7.0 Temporary authentication failure",
    ),
    Rule::new("authentication-code", PolicyRefused)
        .codes(Codes::Of(&[454, 530, 534, 535, 538]))
        .any(&["auth", "starttls", " tls ", "password", "log in", "login", "encrypt"])
        .seen("RFC 4954 §6; RFC 3207 §4", "2007-07", "530 5.7.0 Must issue a STARTTLS command first"),
    Rule::new("sender-authentication-status", PolicyRefused)
        .statuses(Statuses::Of(&[
            (7, 20),
            (7, 21),
            (7, 22),
            (7, 23),
            (7, 24),
            (7, 26),
            (7, 29),
            (7, 30),
            (7, 31),
            (7, 32),
            (7, 33),
            (7, 40),
            (7, 509),
            (7, 515),
        ]))
        .seen(
            "RFC 7372 §3; Google Workspace Admin Help, SMTP error reference",
            "2025",
            "550 5.7.26 This mail has been blocked because the sender is not verified",
        ),
    Rule::new("sender-authentication-words", PolicyRefused)
        .any(&[
            " spf ",
            "dmarc",
            "dkim",
            "domainkeys",
            "sender id",
            "purported responsible",
            "spoof",
            "authenticat",
            "authentification",
            " smtp auth ",
            "password",
            "not verified the following identities",
            "email address is not verified",
            "not authorized",
            "unauthorized",
            "is not permitted by the domain owner",
            "not a registered gateway user",
            "identity changes",
        ])
        .none(&["relay"])
        .seen(
            "OpenSPF SMTP explanation; RFC 7489 §10.3; Amazon SES troubleshooting",
            "2024",
            "550-SPF-check failed: 550 example.com doesn't allow sending mails from 192.0.2.1",
        ),
    Rule::new("tls-required", PolicyRefused)
        .any(&[
            "starttls",
            "tls required",
            "requires tls",
            "require tls",
            "over a tls",
            "tls connection",
            "encryption required",
            "encryption needed",
            "not support tls",
            "use tls",
        ])
        .none(&["pipeline"])
        .seen(
            "RFC 3207 §4; Google Workspace Admin Help, SMTP error reference",
            "2024",
            "421 4.7.0 TLS required for RCPT domain, closing connection",
        ),
    Rule::new("helo-refused", PolicyRefused)
        .any(&["helo", "ehlo"])
        .none(&["denial of service", "sequence", "polite people", "send helo", "sender"])
        .seen(
            "Postfix postconf(5), smtpd_helo_restrictions",
            "2024",
            "504 5.5.2 <localhost>: Helo command rejected: need fully-qualified hostname",
        ),
];
