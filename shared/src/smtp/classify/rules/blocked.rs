//! Our address, name or network is refused: block lists, reputation, missing reverse DNS.

use super::super::rule::{Codes, Rule, Statuses};
use crate::smtp::finding::FindingKind::SenderBlocked;

pub(super) const RULES: &[Rule] = &[
    Rule::new("frequency-block-is-rate", crate::smtp::finding::FindingKind::RateLimited).any(&["frequency limited"]).provider("qq").seen(
        "QQ help centre, subtypes 1000722 to 1000725",
        "2019-04",
        "550 Ip frequency limited [V2Vk Blocked IP 192.0.2.22]",
    ),
    Rule::new("microsoft-blocked-status", SenderBlocked)
        .statuses(Statuses::Of(&[
            (7, 511),
            (7, 512),
            (7, 606),
            (7, 607),
            (7, 608),
            (7, 609),
            (7, 610),
            (7, 650),
            (7, 651),
            (7, 652),
            (7, 708),
            (7, 750),
        ]))
        .provider("microsoft")
        .seen(
            "Microsoft Learn, Email non-delivery reports in Exchange Online",
            "2025",
            "550 5.7.606 Access denied, banned sending IP [192.0.2.225]",
        ),
    Rule::new("reverse-dns-status", SenderBlocked).statuses(Statuses::Of(&[(7, 25)])).seen(
        "RFC 7372 §3.3",
        "2014-09",
        "550 5.7.25 [192.0.2.202] Not accepted",
    ),
    Rule::new("yahoo-deferred-sender", SenderBlocked)
        .any(&[" tss", "unexpected volume or user complaints", "will be permanently deferred"])
        .provider("yahoo")
        .seen(
            "Yahoo Sender Hub, SMTP error codes",
            "2025",
            "421 4.7.0 [TSS04] Messages from 192.0.2.25 temporarily deferred due to unexpected volume or user complaints",
        ),
    Rule::new("block-list-named", SenderBlocked)
        .any(&["blocklisthost", "spamhaus", "spamcop", "barracuda reputation", "cloudmark sender intelligence", "senderbase", "uceprotect"])
        .seen(
            "Postfix postconf(5), default_rbl_reply; Exim specification, dnslists",
            "2024",
            "554 5.7.1 Service unavailable; Client host [192.0.2.49] blocked using zen.spamhaus.org",
        ),
    Rule::new("block-list-words", SenderBlocked)
        .any(&[
            "blocked using",
            "block list",
            "blocklist",
            "black list",
            "blacklist",
            "denylist",
            "deny list",
            " rbl ",
            " dnsbl ",
            "dns blackhole",
            "realtime blackhole",
            " is listed ",
            " listed in ",
            " listed at ",
            " listed on ",
        ])
        .none(&["allowlists denylists", "not listed in domino directory", "not listed in public name"])
        .seen("Postfix postconf(5), default_rbl_reply", "2024", "550 5.1.1 Service refused; client 192.0.2.1 blocked using our own list"),
    Rule::new("reverse-dns-words", SenderBlocked)
        .any(&[
            " ptr ",
            "reverse dns",
            "reverse lookup",
            "reverse host",
            "client host rejected",
            "ip name lookup failed",
            "unverifyable sending",
            "unverifiable sending",
            "mismatches client ip",
            "no reverse",
            "hostname lookup",
            "rdns",
        ])
        .none(&["too many", "rate limit exceeded"])
        .seen(
            "Postfix postconf(5), reject_unknown_client_hostname; sendmail cf/README, require_rdns",
            "2024",
            "450 4.7.1 Client host rejected: cannot find your reverse hostname, [192.0.2.1]",
        ),
    Rule::new("poor-reputation", SenderBlocked).any(&["reputation", "unusual rate of unsolicited", "unsolicited mail originating"]).seen(
        "Google Workspace Admin Help, SMTP error reference",
        "2025",
        "421 4.7.0 This message is suspicious due to the very low reputation of the sending domain",
    ),
    Rule::new("our-address-blocked", SenderBlocked)
        .any(&[
            "ip blocked",
            "blocked ip",
            "ip is blocked",
            "ip has been blocked",
            "ip has been temporarily blocked",
            "ip address is blocked",
            "ip address has been blocked",
            "ip address was blocked",
            "banned sending ip",
            "banned ip",
            "ip banned",
            "your ip is",
            "your ip address is",
            "your ip has",
            "your ip was",
            "your host is",
            "your server is",
            "your mail server is",
            "your network is",
            "client blocked",
            "host blocked",
            "ip source bloqu",
            "block for spam",
            "blocked for spam",
            "blocked for abuse",
            "ont ete bloques",
            "invalid ip for sending",
            "has been banned",
            "your country",
            "your region",
            "host network not allowed",
            "which is an open relay",
            "insecure mail relay",
            "your access to this mail system has been rejected",
            "use the smtp server of your isp",
            "use the smtp relay of your",
            "use the smtp relay at your",
            "use your isp",
            "suspected spam sender",
            "spam source",
            "known spam",
            "ip not in whitelist",
            "access denied 0.0.0.0",
            "0.0.0.0 blocked",
            "0.0.0.0 is blocked",
            "blocked 0.0.0.0",
            "0.0.0.0 rejected",
            "messages from 0.0.0.0",
            "not accepted from 0.0.0.0",
            "connections from 0.0.0.0",
            "dynamic ip",
            "dynamic address",
            "dial up",
            "residential ip",
            "domain blocked",
            "ofr006",
            "lpn000 630",
            " hl rep",
            " hl ipb",
        ])
        // A count of connections is a rate, whoever is named beside it.
        .none(&["too many connections"])
        .seen(
            "GoDaddy Email Help, bounce codes IB1xx; Orange postmaster page",
            "2024",
            "554 This IP has been temporarily blocked for attempting to mail too many invalid recipients. IB112",
        ),
    Rule::new("blocked-and-no-more", SenderBlocked)
        .codes(Codes::Permanent)
        .any(&[" blocked see ", " rejected see spam", "erscustomized block", "ers customized block"])
        .seen("Proofpoint, PDR lookup; Trend Micro Email Security, SMTP replies", "2024", "550 Blocked - see the postmaster page"),
    Rule::new("greeting-refused", SenderBlocked)
        .any(&[
            "not accepting connections",
            "a problem occurred",
            "connection refused this ip",
            "connection refused your ip",
            "no access from mail server",
        ])
        .seen("T-Online and iCloud, greetings", "2024", "554 IP=192.0.2.254 - A problem occurred. (Ask your postmaster for help)"),
];
