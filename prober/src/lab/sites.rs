//! Every domain of the lab.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use super::manner::{Act, Delays, Greylisting, Knows, Limits, Manner, ORDINARY, Pipelining, Tls, UNKNOWN, USERS, to_all, to_others};
use super::site::Target::{AliasedHost, At, Dead, DualStack, Elsewhere, Host, Literal, Missing, Named, Rebinds};
use super::site::{Dns, Site, Target};
use super::zone::DISCARD;

const BLOCKED: &str = "554 5.7.1 Service unavailable; client host [127.0.0.1] blocked using zen.spamhaus.org";
const BLOCKER: Target = Host(Manner { greeting: Act::Say(BLOCKED), ..ORDINARY });
const RELAY: Manner = to_all(Act::Say("554 5.7.1 Relay access denied"));

const STRICT: Greylisting = Greylisting {
    reply: "451 4.7.1 Greylisted, please try again in 20 seconds",
    from: Duration::from_secs(20),
    until: Duration::from_secs(30),
    strict: true,
};

/// A host that defers strangers for two seconds.
const fn greylists(reply: &'static str) -> Target {
    let rule = Greylisting { reply, from: Duration::from_secs(2), until: Duration::from_mins(1), strict: false };
    Host(Manner { greylists: Some(rule), ..ORDINARY })
}

const fn tls(tls: Tls) -> Manner {
    Manner { tls, ..ORDINARY }
}

const fn limits(limits: Limits) -> Manner {
    Manner { limits, ..USERS }
}

const fn mx(domain: &'static str, hosts: &'static [(u16, Target)]) -> Site {
    says(domain, Dns::Mx(hosts))
}

const fn says(domain: &'static str, dns: Dns) -> Site {
    Site { domain, dns, signed: false }
}

const fn v4(a: u8, b: u8, c: u8, d: u8) -> Target {
    At(IpAddr::V4(Ipv4Addr::new(a, b, c, d)))
}

/// The first 48 bits and the last 48 bits.
const fn v6(first: u128, last: u128) -> Target {
    At(IpAddr::V6(Ipv6Addr::from_bits((first << 80) | last)))
}

/// One host and 99 that do not exist: more than fits into a datagram.
static CROWD: [(u16, Target); 100] = {
    let mut crowd = [const { (20, Missing) }; 100];
    crowd[0] = (10, Host(ORDINARY));
    crowd
};

/// Every domain of the lab.
pub(super) static SITES: &[Site] = &[
    mx("accepts.example", &[(10, Host(ORDINARY))]),
    mx(
        "exchange.example",
        &[(
            10,
            Host(to_all(Act::Say(
                "550 5.4.1 Recipient address rejected: Access denied. [DB5EUR01FT010.eop-EUR01.prod.protection.outlook.com]",
            ))),
        )],
    ),
    mx(
        "regions.example",
        &[(
            10,
            Named(
                "regions-example.olc.protection.outlook.com",
                Manner { further: Some(Act::Say("452 4.5.3 Recipients belong to multiple regions")), ..ORDINARY },
            ),
        )],
    ),
    mx("accept-all.example", &[(10, Host(to_all(Act::Say("250 2.1.5 Ok"))))]),
    mx("full-for-now.example", &[(10, Host(to_all(Act::Say("452 4.2.2 The email account that you tried to reach is over quota"))))]),
    mx("full.example", &[(10, Host(to_all(Act::Say("552 5.2.2 Mailbox full"))))]),
    mx("disabled.example", &[(10, Host(to_all(Act::Say("550 5.2.1 The email account that you tried to reach is disabled"))))]),
    mx("greylists.example", &[(10, Host(Manner { greylists: Some(STRICT), ..ORDINARY }))]),
    mx("greylists-briefly.example", &[(10, greylists("450 4.2.0 Greylisted, please try again in 2 seconds"))]),
    mx("greylists-silently.example", &[(10, greylists("451 4.7.1 Please try again later"))]),
    mx("rate-limits.example", &[(10, Host(to_all(Act::Say("450 4.7.1 You have sent too many messages recently, slow down"))))]),
    mx(
        "too-many.example",
        &[(
            10,
            Host(Manner {
                mail: Act::SayAndClose("421 4.7.0 Too many connections from your IP, closing transmission channel"),
                ..ORDINARY
            }),
        )],
    ),
    mx("blocks-at-connect.example", &[(10, BLOCKER)]),
    mx("blocks-at-ehlo.example", &[(10, Host(Manner { ehlo: Some(Act::Say(BLOCKED)), ..ORDINARY }))]),
    mx("blocks-at-mail.example", &[(10, Host(Manner { mail: Act::Say(BLOCKED), ..ORDINARY }))]),
    mx("blocks-at-rcpt.example", &[(10, Host(to_all(Act::Say(BLOCKED))))]),
    mx("bans.example", &[(10, Host(to_all(Act::Say("550 5.7.606 Access denied, banned sending IP [127.0.0.1]"))))]),
    mx(
        "no-ptr.example",
        &[(10, Host(to_all(Act::Say("550 5.7.25 Client host rejected: cannot find your reverse hostname, [127.0.0.1]"))))],
    ),
    mx(
        "spf-fails.example",
        &[(10, Host(to_all(Act::Say("550 5.7.1 SPF check failed: 127.0.0.1 is not allowed to send for your domain"))))],
    ),
    mx("yandex-like.example", &[(10, Host(to_all(Act::Say("550 5.7.1 No such user!"))))]),
    mx(
        "rejects-sender.example",
        &[(10, Host(Manner { mail: Act::Say("550 5.1.8 Sender address rejected: Domain not found"), ..ORDINARY }))],
    ),
    mx("tarpit.example", &[(10, Host(Manner { ehlo: Some(Act::Drip), ..ORDINARY }))]),
    mx("silent.example", &[(10, Host(Manner { greeting: Act::Silence, ..ORDINARY }))]),
    mx("silent-at-rcpt.example", &[(10, Host(to_all(Act::Silence)))]),
    mx("drops.example", &[(10, Host(to_all(Act::Close)))]),
    mx("drops-at-connect.example", &[(10, Host(Manner { greeting: Act::Close, ..ORDINARY }))]),
    mx(
        "closed.example",
        &[(10, Host(Manner { greeting: Act::SayAndClose("421 4.3.2 Service not available, closing transmission channel"), ..ORDINARY }))],
    ),
    mx("long-banner.example", &[(10, Host(Manner { greeting: Act::LongBanner, ..ORDINARY }))]),
    mx("latin1.example", &[(10, Host(to_all(Act::Bytes(b"550 5.1.1 Bo\xeete inconnue: utilisateur inconnu / user unknown"))))]),
    mx("long-line.example", &[(10, Host(to_all(Act::Flood)))]),
    mx("helo-only.example", &[(10, Host(Manner { ehlo: Some(Act::Say("502 5.5.2 Command not recognized")), ..ORDINARY }))]),
    mx("one-by-one.example", &[(10, Host(Manner { pipelining: Pipelining::Punished, ..ORDINARY }))]),
    mx("no-pipelining.example", &[(10, Host(Manner { pipelining: Pipelining::Tolerated, ..ORDINARY }))]),
    mx("starttls-first.example", &[(10, Host(Manner { mail: Act::Say("530 5.7.0 Must issue a STARTTLS command first"), ..ORDINARY }))]),
    mx("offers-tls.example", &[(10, Host(tls(Tls::Offered)))]),
    mx("wants-tls.example", &[(10, Host(tls(Tls::Required)))]),
    mx("broken-tls.example", &[(10, Host(tls(Tls::Broken)))]),
    mx("refuses-tls.example", &[(10, Host(tls(Tls::Refused)))]),
    mx("drops-at-tls.example", &[(10, Host(tls(Tls::DropsAfter)))]),
    mx("slow-replies.example", &[(10, Host(Manner { delays: Delays { reply: Duration::from_millis(50), ..Delays::NONE }, ..USERS }))]),
    mx("slow-banner.example", &[(10, Host(Manner { delays: Delays { greeting: Duration::from_secs(6), ..Delays::NONE }, ..ORDINARY }))]),
    mx("slow-rcpt.example", &[(10, Host(Manner { delays: Delays { rcpt: Duration::from_secs(3), ..Delays::NONE }, ..ORDINARY }))]),
    mx("postfix-like.example", &[(10, Host(limits(Limits::POSTFIX)))]),
    mx("few-recipients.example", &[(10, Host(limits(Limits { recipients: 5, ..Limits::NONE })))]),
    mx("one-at-a-time.example", &[(10, Host(limits(Limits { connections: 1, ..Limits::NONE })))]),
    mx("421-after-three.example", &[(10, Host(limits(Limits { rcpts: 3, ..Limits::NONE })))]),
    mx("wants-login.example", &[(10, Host(to_all(Act::Say("550 5.7.1 Authentication required"))))]),
    mx("fails.example", &[(10, Host(to_all(Act::Say("451 4.3.0 Temporary server error, please try again later"))))]),
    mx("vague.example", &[(10, Host(to_all(Act::Say("550 no"))))]),
    mx("http.example", &[(10, Host(Manner { greeting: Act::SayAndClose("HTTP/1.1 400 Bad Request"), ..ORDINARY }))]),
    mx(
        "out-of-step.example",
        &[(10, Host(Manner { mail: Act::Say("250 2.1.0 Ok\n550 5.1.1 User unknown"), pipelining: Pipelining::Tolerated, ..ORDINARY }))],
    ),
    mx("decoy-blocked.example", &[(10, Host(to_others(Act::Say(BLOCKED))))]),
    mx("decoy-dropped.example", &[(10, Host(to_others(Act::Close)))]),
    mx("first-dead.example", &[(10, Dead), (20, Host(ORDINARY))]),
    mx("first-silent.example", &[(10, Host(Manner { greeting: Act::Silence, ..ORDINARY })), (20, Host(ORDINARY))]),
    mx("first-blocks.example", &[(10, BLOCKER), (20, Host(ORDINARY))]),
    mx("all-block.example", &[(10, BLOCKER), (20, BLOCKER), (30, BLOCKER), (40, BLOCKER)]),
    mx("second-knows.example", &[(10, Host(RELAY)), (20, Host(to_all(UNKNOWN)))]),
    mx("equals.example", &[(10, Dead), (10, Host(ORDINARY)), (10, Dead)]),
    mx("all-dead.example", &[(10, Dead), (20, Dead)]),
    mx("not-hosted.example", &[(10, Host(RELAY)), (20, Host(RELAY))]),
    mx("half-hosted.example", &[(10, Host(RELAY)), (20, Host(to_all(Act::Say("550 no"))))]),
    mx("dual-stack.example", &[(10, DualStack(ORDINARY))]),
    mx("only-v6.example", &[(10, At(IpAddr::V6(DISCARD)))]),
    mx("aliased-mx.example", &[(10, AliasedHost(ORDINARY))]),
    mx("loopback.example", &[(10, v4(127, 0, 0, 1))]),
    mx("to-private-10.example", &[(10, v4(10, 0, 0, 1))]),
    mx("to-private-172.example", &[(10, v4(172, 16, 0, 1))]),
    mx("to-private-192.example", &[(10, v4(192, 168, 0, 1))]),
    mx("to-metadata.example", &[(10, v4(169, 254, 169, 254))]),
    mx("to-cgnat.example", &[(10, v4(100, 64, 0, 1))]),
    mx("to-multicast.example", &[(10, v4(224, 0, 0, 1))]),
    mx("to-documentation.example", &[(10, v4(192, 0, 2, 1))]),
    mx("to-nothing.example", &[(10, v4(0, 0, 0, 0))]),
    mx("to-documentation-v6.example", &[(10, v6(0x2001_0db8_0000, 1))]),
    mx("to-nothing-v6.example", &[(10, v6(0, 0))]),
    mx("to-loopback-v6.example", &[(10, v6(0, 1))]),
    mx("to-link-local-v6.example", &[(10, v6(0xfe80_0000_0000, 1))]),
    mx("to-private-v6.example", &[(10, v6(0xfd00_0000_0000, 1))]),
    mx("to-mapped-v6.example", &[(10, v6(0, 0xffff_7f4d_0101))]),
    mx("to-nat64.example", &[(10, v6(0x0064_ff9b_0000, 0x7f4d_0101))]),
    mx("to-6to4.example", &[(10, v6(0x2002_7f4d_0101, 0))]),
    mx("to-literal.example", &[(10, Literal(Ipv4Addr::LOCALHOST))]),
    mx("first-private.example", &[(10, v4(10, 0, 0, 1)), (20, Host(ORDINARY))]),
    mx("rebinds.example", &[(10, Rebinds(ORDINARY))]),
    mx("missing-mx.example", &[(10, Missing)]),
    mx("yahoo-like.example", &[(10, Elsewhere("mta5.am0.yahoodns.net"))]),
    mx("xn--bcher-kva.example", &[(10, Host(ORDINARY))]),
    mx("utf8.example", &[(10, Host(Manner { smtputf8: true, known: Knows::These(&["ädä"]), ..ORDINARY }))]),
    mx("ascii-only.example", &[(10, Host(ORDINARY))]),
    says("implicit.example", Dns::Implicit(&ORDINARY)),
    says("implicit-loopback.example", Dns::ImplicitAt(IpAddr::V4(Ipv4Addr::LOCALHOST))),
    mx("crowded.example", &CROWD),
    Site { domain: "signed.example", dns: Dns::Mx(&[(10, Host(ORDINARY))]), signed: true },
    mx("checks-blocklist.example", &[(10, Host(Manner { checks_blocklist: true, ..ORDINARY }))]),
    says("null-mx.example", Dns::NullMx),
    says("no-mail.example", Dns::NoMail),
    says("alias.example", Dns::Alias("accepts.example")),
    says("servfail.example", Dns::ServerFailure),
    says("refused.example", Dns::Refused),
    says("denied.example", Dns::Denied),
    says("dns-silence.example", Dns::Silence),
    says("dns-garbage.example", Dns::Garbage),
];
