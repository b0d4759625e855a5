//! Come back later.

use super::super::rule::{Codes, Rule};
use crate::smtp::finding::FindingKind::Greylisted;

pub(super) const GREYLIST: &[Rule] =
    &[Rule::new("greylist-words", Greylisted).any(&["greylist", "graylist", "grey list", "gray list", "postgrey", "greyd "]).seen(
        "RFC 6647 §2; postgrey(8), --greylist-text",
        "2012-06",
        "450 4.2.0 <ada@example.com>: Recipient address rejected: Greylisted, see the postgrey help",
    )];

pub(super) const RULES: &[Rule] = &[
    // Whatever the code: Postfix can be set to answer an unfinished check with 550 5.1.1 (unverified_recipient_reject_code).
    Rule::new("address-check-unfinished", Greylisted).any(&["verification in progress", "could not complete recipient verify"]).seen(
        "Postfix ADDRESS_VERIFICATION_README; Exim specification, callout",
        "2024",
        "550 5.1.1 <ada@example.com>: Recipient address rejected: unverified address: Address verification in progress",
    ),
    Rule::new("address-check-pending", Greylisted).codes(Codes::Transient).any(&["unverified address", "callout"]).seen(
        "Postfix ADDRESS_VERIFICATION_README; Exim specification, callout",
        "2024",
        "450 4.1.1 <ada@example.com>: Recipient address rejected: unverified address: unknown user",
    ),
    Rule::new("later-words", Greylisted)
        .any(&[
            "try again",
            "try later",
            "retry in",
            "later retry",
            "come back",
            "essayer plus tard",
            "reessayer",
            "spater",
            "temporar",
            "deferred",
            "please retry",
            "intente",
            "momentarily",
            "at this time",
            "not available now",
        ])
        .none(&["service not available", "check the domain and try again", "double checking"])
        .seen(
            "Google SMTP error reference; Yandex, Orange and Mimecast replies",
            "2024",
            "451 4.7.1 Sorry, the service is currently unavailable. Please come back later.",
        ),
];
