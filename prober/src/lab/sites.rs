//! Every domain of the lab.

use std::time::Duration;

use super::manner::{Act, Delays, Greylisting, Knows, Limits, Manner, ORDINARY, Pipelining, Tls, UNKNOWN, USERS, to_all, to_others};
use super::site::Target::{AliasedHost, Dead, DualStack, Host, Loopback, Missing, OnlyV6};
use super::site::{Dns, Site, Target};

const BLOCKED: &str = "554 5.7.1 Service unavailable; client host [127.0.0.1] blocked using zen.spamhaus.org";
const RELAY: Manner = to_all(Act::Say("554 5.7.1 Relay access denied"));

const STRICT: Greylisting = Greylisting {
    reply: "451 4.7.1 Greylisted, please try again in 20 seconds",
    from: Duration::from_secs(20),
    until: Duration::from_secs(30),
    strict: true,
};

const fn tls(tls: Tls) -> Manner {
    Manner { tls, ..ORDINARY }
}

const fn limits(limits: Limits) -> Manner {
    Manner { limits, ..USERS }
}

const fn mx(domain: &'static str, hosts: &'static [(u16, Target)]) -> Site {
    Site { domain, dns: Dns::Mx(hosts) }
}

const fn says(domain: &'static str, dns: Dns) -> Site {
    Site { domain, dns }
}

/// Every domain of the lab.
pub(super) const SITES: &[Site] = &[
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
    mx("accept-all.example", &[(10, Host(to_all(Act::Say("250 2.1.5 Ok"))))]),
    mx("full-for-now.example", &[(10, Host(to_all(Act::Say("452 4.2.2 The email account that you tried to reach is over quota"))))]),
    mx("full.example", &[(10, Host(to_all(Act::Say("552 5.2.2 Mailbox full"))))]),
    mx("disabled.example", &[(10, Host(to_all(Act::Say("550 5.2.1 The email account that you tried to reach is disabled"))))]),
    mx("greylists.example", &[(10, Host(Manner { greylists: Some(STRICT), ..ORDINARY }))]),
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
    mx("blocks-at-connect.example", &[(10, Host(Manner { greeting: Act::Say(BLOCKED), ..ORDINARY }))]),
    mx("blocks-at-ehlo.example", &[(10, Host(Manner { ehlo: Some(Act::Say(BLOCKED)), ..ORDINARY }))]),
    mx("blocks-at-mail.example", &[(10, Host(Manner { mail: Act::Say(BLOCKED), ..ORDINARY }))]),
    mx("blocks-at-rcpt.example", &[(10, Host(to_all(Act::Say(BLOCKED))))]),
    mx("bans.example", &[(10, Host(to_all(Act::Say("550 5.7.606 Access denied, banned sending IP [127.0.0.1]"))))]),
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
    mx("first-blocks.example", &[(10, Host(Manner { greeting: Act::Say(BLOCKED), ..ORDINARY })), (20, Host(ORDINARY))]),
    mx("second-knows.example", &[(10, Host(RELAY)), (20, Host(to_all(UNKNOWN)))]),
    mx("equals.example", &[(10, Dead), (10, Host(ORDINARY)), (10, Dead)]),
    mx("all-dead.example", &[(10, Dead), (20, Dead)]),
    mx("not-hosted.example", &[(10, Host(RELAY)), (20, Host(RELAY))]),
    mx("half-hosted.example", &[(10, Host(RELAY)), (20, Host(to_all(Act::Say("550 no"))))]),
    mx("dual-stack.example", &[(10, DualStack(ORDINARY))]),
    mx("only-v6.example", &[(10, OnlyV6)]),
    mx("aliased-mx.example", &[(10, AliasedHost(ORDINARY))]),
    mx("loopback.example", &[(10, Loopback)]),
    mx("missing-mx.example", &[(10, Missing)]),
    mx("xn--bcher-kva.example", &[(10, Host(ORDINARY))]),
    mx("utf8.example", &[(10, Host(Manner { smtputf8: true, known: Knows::These(&["ädä"]), ..ORDINARY }))]),
    mx("ascii-only.example", &[(10, Host(ORDINARY))]),
    says("implicit.example", Dns::Implicit(&ORDINARY)),
    says("null-mx.example", Dns::NullMx),
    says("no-mail.example", Dns::NoMail),
    says("alias.example", Dns::Alias("accepts.example")),
    says("servfail.example", Dns::ServerFailure),
    says("refused.example", Dns::Refused),
    says("denied.example", Dns::Denied),
    says("dns-silence.example", Dns::Silence),
    says("dns-garbage.example", Dns::Garbage),
];
