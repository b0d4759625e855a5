use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::rules;
use super::*;
use crate::smtp::finding::About;
use FindingKind::{
    DomainNotHosted, Greylisted, MailboxDisabled, MailboxFull, MailboxNotFound, PolicyRefused, RateLimited, SenderBlocked, SenderRejected,
    ServerError, Unsure,
};

mod world;

fn found(stage: Stage, raw: &str) -> Finding {
    classify(stage, &Reply::parse(raw).expect(raw))
}

fn condemns(kind: FindingKind) -> bool {
    matches!(kind, MailboxNotFound | MailboxDisabled)
}

/// A small deterministic generator (Knuth's MMIX constants), so that a failure can be repeated.
fn random(state: &mut u64) -> usize {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    usize::try_from(*state >> 33).unwrap_or(0)
}

#[test]
fn ok_every_rule_decides_its_own_example() {
    let strays: Vec<_> = rules::all()
        .map(|rule| (rule, found(rule.stages.last().copied().expect("a stage"), rule.example)))
        .filter(|(rule, finding)| (rule.id, rule.kind) != (finding.rule, finding.kind))
        .map(|(rule, finding)| (rule.id, finding.rule, rule.example))
        .collect();
    assert!(strays.is_empty(), "rule, the rule that came first, example: {strays:#?}");
}

#[test]
fn ok_rules_are_named_once_and_say_where_they_come_from() {
    let mut ids: Vec<_> = rules::all().map(|rule| rule.id).collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count);
    for rule in rules::all() {
        assert!(rule.source.len() > 5 && is_date(rule.date) && !rule.stages.is_empty(), "{}", rule.id);
        assert_ne!(rule.provider, Some(""), "{}", rule.id);
    }
}

/// The year of a statement, and perhaps its month and day.
fn is_date(text: &str) -> bool {
    let mut parts = text.split('-');
    let among = |part: Option<&str>, from: u16, to: u16| part.is_none_or(|part| part.parse().is_ok_and(|n| (from..=to).contains(&n)));
    among(Some(parts.next().unwrap_or_default()), 1982, 2026)
        && among(parts.next(), 1, 12)
        && among(parts.next(), 1, 31)
        && parts.next().is_none()
}

/// No rule stands where earlier ones leave it nothing: at each of its stages some code and status bring its example or a fragment to it.
#[test]
fn ok_every_rule_is_reached_at_each_of_its_stages() {
    for rule in rules::all() {
        let reply = Reply::parse(rule.example).expect("a reply");
        let example = reply.text.replace('\n', " ");
        let texts: Vec<String> = [example].into_iter().chain(rule.any.iter().map(|any| format!("{any} {}", rule.all.join(" ")))).collect();
        let pair = reply.enhanced.map(|status| format!(".{}.{} ", status.subject, status.detail));
        for stage in rule.stages {
            let decides = |code: u16, text: &String| {
                let status = pair.as_ref().map(|pair| format!("{}{pair}", code / 100)).unwrap_or_default();
                [status.as_str(), ""].iter().any(|status| found(*stage, &format!("{code} {status}{text}")).rule == rule.id)
            };
            let codes = [reply.code.get(), 421, 450, 451, 501, 550, 552, 553, 554];
            assert!(codes.iter().any(|code| texts.iter().any(|text| decides(*code, text))), "{} at {stage}", rule.id);
        }
    }
}

/// No fragment is there for nothing: alone, with its rule's code and status, it decides; and none holds another of its rule.
#[test]
fn ok_every_fragment_is_heard() {
    for rule in rules::all() {
        let reply = Reply::parse(rule.example).expect("a reply");
        let status = reply.enhanced.map(|status| format!("{status} ")).unwrap_or_default();
        for fragment in rule.any {
            let raw = format!("{} {status}{fragment} {}", reply.code, rule.all.join(" "));
            assert_eq!(found(rule.stages.last().copied().expect("a stage"), &raw).rule, rule.id, "{fragment:?}");
            assert!(!rule.any.iter().any(|other| other != fragment && fragment.contains(other)), "{}: {fragment:?} is said twice", rule.id);
        }
    }
}

#[test]
fn ok_fragments_are_written_as_words_are_read() {
    for rule in rules::all() {
        for fragment in rule.fragments() {
            let readable = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || " '".contains(c);
            assert!(fragment.replace("0.0.0.0", "").chars().all(readable), "{}: {fragment:?} can never match", rule.id);
            assert!(fragment.len() > 3, "{}: {fragment:?} is too short", rule.id);
        }
    }
}

#[test]
fn ok_every_kind_is_reached() {
    let reached: Vec<_> = rules::all().map(|rule| rule.kind).chain([found(Stage::Mail, "250 Ok").kind]).collect();
    for kind in FindingKind::ALL {
        assert!(reached.contains(&kind), "{kind}");
    }
}

#[test]
fn ok_acceptance_is_by_code_alone() {
    for stage in Stage::REPLYING {
        for raw in
            ["250 2.1.5 Ok", "251 user not local; will forward", "250 user unknown, blocked using zen.spamhaus.org", "220 mx.example.com"]
        {
            assert_eq!(found(stage, raw).kind, FindingKind::Accepted, "{raw}");
        }
        let unverified = if stage == Stage::Rcpt { Unsure } else { FindingKind::Accepted };
        assert_eq!(found(stage, "252 Cannot VRFY user").kind, unverified);
        assert_eq!(found(stage, "354 user unknown").kind, Unsure);
    }
}

#[test]
fn ok_a_block_list_is_about_us_at_every_stage() {
    for stage in Stage::REPLYING {
        let finding = found(stage, "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org");
        assert_eq!((finding.kind, finding.about()), (SenderBlocked, About::Us), "{stage}");
        assert_eq!(found(stage, "550 5.1.1 User unknown; see https://www.spamhaus.org/query/ip/192.0.2.1").kind, SenderBlocked);
    }
}

/// Words that say nothing, words that name a missing mailbox, words that name a disabled one.
const NEUTRAL: [&str; 6] = ["", "Refused", "Requested action not taken", "Sorry", "Error 12345", "<user.unknown@no-such-user.example>: no"];

/// Holds one reply of `code` and a status against the promises, at every stage and with every neutral text.
fn check_neutral(code: u16, class: u16, subject: u16, detail: u16) {
    for (stage, text) in Stage::REPLYING.into_iter().flat_map(|stage| NEUTRAL.map(|text| (stage, text))) {
        let raw = format!("{code} {class}.{subject}.{detail} {text}");
        let kind = found(stage, &raw).kind;
        let of_address = matches!((class, subject, detail), (5, 1, 1 | 3 | 6 | 10) | (5, 2, 1));
        assert!((stage == Stage::Rcpt && code >= 500 && of_address) || !condemns(kind), "{stage}: {raw}: {kind}");
    }
}

#[test]
fn ok_a_mailbox_is_condemned_at_rcpt_by_a_lasting_word_or_address_status_only() {
    for code in 400..=599 {
        for class in [4, 5] {
            for (subject, detail) in [(0, 0), (1, 1), (2, 1), (7, 1), (7, 13), (7, 17)] {
                check_neutral(code, class, subject, detail);
            }
        }
    }
}

#[test]
fn ok_no_status_condemns_a_mailbox_unless_it_is_of_addressing() {
    for (subject, detail) in (0..=9).flat_map(|subject| (0..=33).chain([350, 500, 606, 999]).map(move |detail| (subject, detail))) {
        for (code, class) in [(450, 4), (550, 5), (554, 5)] {
            check_neutral(code, class, subject, detail);
        }
    }
}

#[test]
fn ok_a_transient_reply_condemns_nothing() {
    for rule in rules::all() {
        for code in [421, 422, 450, 451, 452, 454, 455] {
            let said = rule.example.get(4..).unwrap_or_default();
            for raw in
                [format!("{code} {said}"), format!("{code} 5.1.1 {said}"), format!("{code} 4.1.1 {said}"), format!("{code} 4.2.1 {said}")]
            {
                let kind = found(Stage::Rcpt, &raw).kind;
                assert!(!condemns(kind) && kind != DomainNotHosted, "{raw}: {kind}");
            }
        }
        // A status of the other class makes a 5yz contradict itself.
        let raw = format!("550 4.1.1 {}", rule.example.get(4..).unwrap_or_default());
        assert!(!condemns(found(Stage::Rcpt, &raw).kind), "{raw}");
    }
}

#[test]
fn ok_nothing_is_said_of_the_mailbox_before_rcpt() {
    for rule in rules::all() {
        for stage in [Stage::Greeting, Stage::Ehlo, Stage::Mail] {
            let kind = found(stage, rule.example).kind;
            assert_ne!(kind.about(), About::Mailbox, "{stage}: {}", rule.example);
        }
    }
}

#[test]
fn ok_words_about_us_outweigh_words_about_the_mailbox() {
    let said = |raw: &'static str| raw.get(4..).unwrap_or_default();
    let (mailbox, us): (Vec<&Rule>, Vec<&Rule>) =
        rules::all().filter(|rule| rule.reads_words() && rule.stages.contains(&Stage::Rcpt)).partition(|rule| condemns(rule.kind));
    let us = us.into_iter().filter(|rule| rule.kind.about() == About::Us && !rule.needs_code());
    for ours in us {
        for theirs in &mailbox {
            for raw in [
                format!("550 5.1.1 {} {}", said(theirs.example), said(ours.example)),
                format!("550 5.1.1 {}; {}", said(ours.example), said(theirs.example)),
                format!("550 {}; User unknown", said(ours.example)),
            ] {
                let finding = found(Stage::Rcpt, &raw);
                // `User account disabled … Blocked` is all about the mailbox: a refusal without a subject is its own.
                let own = ["blocked-word", "denied-word"].contains(&ours.id) && finding.kind == MailboxDisabled;
                assert!(own || !condemns(finding.kind), "{raw}: {}", finding.rule);
            }
        }
    }
}

#[test]
fn ok_names_in_a_reply_do_not_mislead() {
    for (raw, kind) in [
        ("550 5.1.1 <blocked.spam@blacklist.example>: Recipient address rejected: User unknown", MailboxNotFound),
        ("550 5.1.1 \"your ip is blocked\"@example.com user unknown", MailboxNotFound),
        ("550 5.1.1 <\"policy spf\"@example.com> user unknown", MailboxNotFound),
        ("550 5.1.1 user unknown at spam-filter.unknown.example.com", MailboxNotFound),
        ("550 5.1.1 user unknown, see https://example.com/help?why=policy&what=spam", MailboxNotFound),
        ("550 5.1.1 user unknown (in reply to MAIL FROM command)", MailboxNotFound),
        ("550 5.7.1 <no.such.user@user-unknown.example>: refused", PolicyRefused),
        ("550 5.7.1 \"no such user\"@example.com: refused", PolicyRefused),
        ("550 5.7.1 refused, see http://example.com/no-such-user", PolicyRefused),
        ("450 <user_unknown@example.com> refused", Greylisted),
        ("550 User ada@example.com not listed in Domino Directory", MailboxNotFound),
        ("550 192.0.2.1 is not listed in our list of senders", SenderBlocked),
        ("550 5.7.1 rejected.Your IP is blocked.See our site", SenderBlocked),
    ] {
        assert_eq!(found(Stage::Rcpt, raw).kind, kind, "{raw}");
    }
}

#[test]
fn ok_a_status_may_stand_inside_the_text() {
    for (raw, kind) in [
        ("550 sorry, refused (#5.1.1)", MailboxNotFound),
        ("550 #5.1.1 sorry", MailboxNotFound),
        ("550 5.1.1: sorry", MailboxNotFound),
        ("550 cuda_nsu 5.1.1 sorry", MailboxNotFound),
        ("450 host mx.example.com said: 550 5.1.1 sorry", Greylisted),
        ("550 version 5.1.1.2 of mx refused", Unsure),
        ("550 refused for 5.1.1.1", Unsure),
    ] {
        assert_eq!(found(Stage::Rcpt, raw).kind, kind, "{raw}");
    }
}

#[test]
fn ok_no_text_makes_it_fail() {
    const PIECES: [&str; 24] = [
        "<",
        ">",
        "\"",
        "@",
        " ",
        "\n",
        "://",
        "[",
        "]",
        "(",
        "user unknown",
        "5.1.1",
        "550-5.1.1",
        "\u{2019}",
        "ß",
        "日本",
        "\u{0}",
        "#",
        ".",
        "a.b",
        "/",
        "in 5 minutes",
        "in 00:",
        "::1",
    ];
    let mut state = 20_261_123;
    for round in 0..4_000 {
        let mut text = String::new();
        for _ in 0..random(&mut state) % 40 {
            text.push_str(PIECES[random(&mut state) % PIECES.len()]);
            text.extend(char::from_u32(u32::try_from(random(&mut state) % 0x300).expect("small")));
        }
        let code = 400 + u16::try_from(round % 200).expect("small");
        let reply = Reply::from_lines(crate::smtp::ReplyCode::new(code).expect("a code"), text.split('\n'));
        for stage in [Stage::Connect, Stage::Greeting, Stage::Ehlo, Stage::Mail, Stage::Rcpt, Stage::Quit] {
            let finding = classify(stage, &reply);
            assert!(!condemns(finding.kind) || (stage == Stage::Rcpt && code >= 500), "{stage} {reply:?}");
        }
        let _ = stated_delay_s(&reply);
    }
}

#[test]
fn ok_long_text_costs_little() {
    for piece in ["<", "\"", "<a", "user unknow ", "http://", "5.", "in 1", "in 1s ", "\u{1F4E7}"] {
        let reply = Reply::parse(&format!("450 {}", piece.repeat(100_000))).expect("a reply");
        assert!(Signs::of(Stage::Rcpt, &reply).words.len() <= 8_192);
        let _ = (classify(Stage::Rcpt, &reply), stated_delay_s(&reply));
    }
}
