//! What a host says about the mailbox itself, at RCPT.

use super::super::rule::{Codes, Rule, Statuses};
use crate::smtp::finding::FindingKind::{Greylisted, MailboxDisabled, MailboxFull, MailboxNotFound, PolicyRefused, SenderBlocked, Unsure};
use crate::smtp::stage::Stage;

const RCPT: &[Stage] = &[Stage::Rcpt];

/// Words for a mailbox that is not there.
const NOT_FOUND: &[&str] = &[
    "user unknown",
    "unknown user",
    "user not found",
    "no such user",
    "user does not exist",
    "user doesn't exist",
    "user not exist",
    "user doesn't have a",
    "user invalid",
    "invalid user",
    "not a valid user",
    "no such mailbox",
    "no mailbox here",
    "no mailbox by that name",
    "mailbox not found",
    "mailbox does not exist",
    "mailbox doesn't exist",
    "mailbox unknown",
    "unknown mailbox",
    "invalid mailbox",
    "mailbox name not allowed",
    "not a valid mailbox",
    "mailbox unallocated",
    "unknown local part",
    "unknown local user",
    "unknown recipient",
    "recipient unknown",
    "recipient not found",
    "recipnotfound",
    "recipientnotfound",
    "recipient does not exist",
    "recipient doesn't exist",
    "no such recipient",
    "invalid recipient",
    "recipient invalid",
    "recipient no longer",
    "not in recipient list",
    "recipient not exist",
    "no such person",
    "no such account",
    "account not found",
    "account does not exist",
    "account doesn't exist",
    "account that you tried to reach does not exist",
    "unknown account",
    "invalid account",
    "addressee unknown",
    "unknown address",
    "address unknown",
    "no such address",
    "address not found",
    "address does not exist",
    "address doesn't exist",
    "unknown or illegal",
    "not our customer",
    "not our user",
    "user not local",
    "could not be found or was misspelled",
    "not a valid email address",
    "not a valid rfc",
    "not a known user",
    "marked as invalid",
    "address no longer",
    "unrouteable address",
    "unroutable address",
    "no valid recipient",
    "invalid address",
    "malformed address",
    "bad address syntax",
    "bad destination mailbox",
    "destination mailbox has moved",
    "destinataire invalide",
    "utilisateur inconnu",
    "unbekannter empf",
    "empfanger unbekannt",
    "usuario desconocido",
    "usuario no existe",
    "utente sconosciuto",
    "nie istnieje",
    "does not have an account",
    "doesn't have an account",
    "no account by that name",
    "there is no such",
    // Domino; the bare words would be said of an address that is on no list of welcome senders.
    "not listed in domino directory",
    "not listed in public name",
    "user is unknown",
    "no user by that name",
    "here by that name",
];

pub(super) const FULL: &[Rule] = &[
    Rule::new("full-status", MailboxFull).at(RCPT).statuses(Statuses::Of(&[(2, 2)])).seen(
        "RFC 3463 §3.3",
        "2003-01",
        "452 4.2.2 The email account that you tried to reach cannot take more",
    ),
    Rule::new("full-words", MailboxFull)
        .at(RCPT)
        .any(&[
            "mailbox full",
            "mailbox is full",
            "mailbox for user is full",
            "inbox is full",
            "over quota",
            "overquota",
            "quota exceeded",
            "exceeded quota",
            "exceeds quota",
            "quota violation",
            "exceeded storage",
            "storage allocation",
            "storage limit",
            "out of storage",
            "is stuffed",
            "mailbox size limit",
            "disk quota",
            "mailbox has exceeded",
            "mailbox exceeded",
            "destinataire pleine",
            "postfach voll",
            "postfach ist voll",
            "buzon lleno",
            "casella piena",
            "not enough space",
            "too much mail data",
        ])
        .seen(
            "RFC 5321 §4.2.3 (552); Orange postmaster page, OFR_417",
            "2024",
            "552 5.1.1 Boite du destinataire pleine. Recipient overquota. OFR_417 [417]",
        ),
    Rule::new("full-code", MailboxFull)
        .at(RCPT)
        .codes(Codes::Of(&[552]))
        .statuses(Statuses::Vague)
        .any(&["requested mail action aborted"])
        .none(&["not found"])
        .seen("RFC 5321 §4.2.3", "2008-10", "552 Requested mail action aborted"),
];

pub(super) const RULES: &[Rule] = &[
    Rule::new("either-or", Unsure).any(&["or access denied"]).provider("qq").seen(
        "QQ help centre: one text for an unknown mailbox and for a refused asker",
        "2024",
        "550 Mailbox unavailable or access denied",
    ),
    // OpenSMTPD's word for a name of its own domains that leads to nobody; a failure that passes is its 424.
    Rule::new("leads-to-nobody", MailboxNotFound).at(RCPT).codes(Codes::Of(&[524])).any(&["mailing list expansion problem"]).seen(
        "OpenSMTPD 6.8.0p2, unknown name of a virtual domain, asked on loopback",
        "2026-11",
        "524 5.2.4 Mailing list expansion problem: <ghost@example.com>",
    ),
    Rule::new("disabled-words", MailboxDisabled)
        .at(RCPT)
        .any(&[
            "account is disabled",
            "account disabled",
            "account has been disabled",
            "account that you tried to reach is disabled",
            "mailbox disabled",
            "mailbox is disabled",
            "mailbox has been disabled",
            "user disabled",
            "user is disabled",
            "disabled recipient",
            "recipient disabled",
            "recipient is disabled",
            "address is disabled",
            "address disabled",
            "is inactive",
            "inactive email",
            "inactive user",
            "inactive account",
            "recipient address rejected inactive",
            "recipient address rejected blocked",
            "due to inactivity",
            "is frozen",
            "recipient account isblocked",
            "destinataire est bloque",
            "destinataire archivee",
            "account is blocked",
            "mailbox is blocked",
            "account suspended",
            "account is suspended",
            "account has been suspended",
            "mailbox suspended",
            "user suspended",
            "user is suspended",
            "is no longer valid",
            "no longer active",
            "not active",
            "account deactivated",
            "account has been deactivated",
            "mailbox deactivated",
            "disabled or discontinued",
            "account is locked",
            "mailbox is locked",
            "account closed",
            "account is closed",
            "account has been closed",
            "account expired",
        ])
        .seen(
            "Google SMTP error reference, DisabledUser; Mail.ru, Rambler, Orange LPN007_426",
            "2024",
            "525 5.7.13 <ada@example.org>: Recipient address rejected: User account disabled",
        ),
    Rule::new("access-denied-by-directory", MailboxNotFound)
        .at(RCPT)
        .codes(Codes::Of(&[550]))
        .statuses(Statuses::Of(&[(4, 1)]))
        .all(&["recipient address", "rejected", "access denied"])
        .provider("microsoft365")
        .seen(
            "Microsoft Learn, Use Directory-Based Edge Blocking to reject messages sent to invalid recipients",
            "2025",
            "550 5.4.1 Recipient address rejected: Access denied. [BL2NAM02FT061.eop-nam02.prod.protection.outlook.com]",
        ),
    // A refusal without a subject is not taken for one of the mailbox, whatever stands beside it.
    Rule::new("blocked-word", SenderBlocked).any(&[" blocked", " banned", " blocking"]).seen(
        "ActiveCampaign, SMTP field manual, 550 and 554 without provider",
        "2024",
        "550 Blocked",
    ),
    Rule::new("denied-word", PolicyRefused)
        .codes(Codes::Permanent)
        .any(&["not allowed", "forbidden", "denied", "not permitted"])
        .none(&["mailbox name not allowed"])
        .seen("Postfix access(5), whose REJECT without text says `554 5.7.1 … Access denied`", "2024", "550 Access denied"),
    Rule::new("not-found-words", MailboxNotFound).at(RCPT).any(NOT_FOUND).seen(
        "Postfix ADDRESS_CLASS_README; sendmail; Exim; Yandex 550 5.7.1; Google SMTP error reference",
        "2024",
        "550 5.7.1 No such user!",
    ),
    Rule::new("not-found-for-now", Greylisted).codes(Codes::Transient).any(NOT_FOUND).seen(
        "Mimecast, SMTP error codes: unknown recipients are deferred; Postfix soft_bounce",
        "2024",
        "451 Invalid Recipient",
    ),
    Rule::new("mailbox-unavailable", MailboxNotFound)
        .at(RCPT)
        .codes(Codes::Of(&[550]))
        .any(&["mailbox unavailable", "recipient unavailable"])
        .none(&["access", "restrict", "reject due"])
        .seen(
            "RFC 5321 §4.2.3, 550 in its standard words, as GMX, web.de and Outlook.com give it for unknown mailboxes",
            "2024",
            "550 Requested action not taken: mailbox unavailable",
        ),
];
