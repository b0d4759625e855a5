//! Who may ask the Worker, and how much: every rule in workerd, allowed and refused, with its exact status and code.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a suite fails by panicking")]

#[path = "access/ask.rs"]
mod ask;
#[path = "access/routes.rs"]
mod routes;

use std::thread;

use ask::{Ask, GUARDED, LIMITS, PAGE, SITES, assert_answered, assert_refused, assert_used_up_after};
use serde_json::{Value, json};
use stack::http::{self, Answer};
use stack::worker::Worker;

#[test]
fn ok_a_key_with_its_scope() {
    let answer = Ask::of("mailbox_full@rcpt.test").key("rcpt_crm").send();
    let found = assert_answered(&answer);
    assert_eq!((&found["reason"], &found["mailbox"]["normalized"]), (&json!("mailbox_full"), &json!("mailbox_full@rcpt.test")));
    assert!(found.get("receipt").is_none() && answer.header("access-control-allow-origin").is_none());
    assert_answered(&Ask::of("ada@key.example").with("authorization", "bearer  rcpt_crm").send());
}

#[test]
fn err_no_key_an_unknown_one_or_one_for_something_else() {
    let ask = || Ask::of("ada@accepts.example");
    assert_refused(&ask().send(), 401, "key_missing");
    assert_refused(&ask().with("authorization", "Basic cmNwdF9jcm0=").send(), 401, "key_missing");
    assert_refused(&ask().with("authorization", "rcpt_crm").send(), 401, "key_missing");
    for other in ["rcpt_crn", "rcpt_", "crm", "RCPT_CRM", &format!("rcpt_{}", "x".repeat(5000))] {
        assert_refused(&ask().key(other).send(), 401, "key_unknown");
    }
    assert_refused(&ask().key("rcpt_lists").send(), 403, "scope_missing");
    assert_refused(&ask().with("x-rcpt-site", "site_none_0123456789abcdef").with("origin", PAGE).send(), 401, "key_unknown");
    // A key that is refused is not saved by a site key beside it.
    assert_refused(&ask().key("rcpt_crn").site("shop", PAGE).send(), 401, "key_unknown");
}

#[test]
fn ok_a_test_key_answers_magic_addresses_and_no_others() {
    let found = assert_answered(&Ask::of("mailbox_not_found+case7@rcpt.test").key("test_key").send());
    assert_eq!(found["reason"], "mailbox_not_found");
    for other in ["ada@accepts.example", "ada@rcpt.test", "no address", "mailbox_full@rcpt.test.example"] {
        assert_refused(&Ask::of(other).key("test_key").send(), 403, "test_key");
    }
}

#[test]
fn ok_a_page_learns_what_its_form_needs() {
    let ask = Ask::of("mailbox_full@rcpt.test").site("shop", PAGE).with("x-request-id", "order-17");
    let answer = ask.send();
    let mut found = assert_answered(&answer);
    let receipt = found["receipt"].take();
    assert_eq!(receipt.as_str().map(|receipt| receipt.split('.').count()), Some(3), "{}", answer.body);
    assert_eq!(
        found,
        json!({
            "status": "risky", "reason": "mailbox_full", "suggestion": null, "receipt": null,
            "explanation": "The mailbox exists but is full, so mail may be turned away."
        })
    );
    assert_eq!((answer.header("server-timing"), answer.header("x-request-id")), (None, Some("order-17")));
    assert_eq!(answer.header("access-control-allow-origin"), Some(PAGE));
    let policies: Vec<&str> =
        answer.headers.iter().filter(|(name, _)| name == "ratelimit-policy").flat_map(|(_, values)| values.split(", ")).collect();
    assert_eq!(policies, [r#""per_ip";q=8;w=60"#, r#""per_site";q=20;w=60"#]);
}

#[test]
fn err_a_page_of_another_origin() {
    let others =
        ["https://evil.example", "http://shop.example", "https://shop.example:8443", "https://shop.example.evil.example", "null", ""];
    for other in others {
        let answer = Ask::of("mailbox_full@rcpt.test").site("shop", other).send();
        assert_refused(&answer, 403, "origin_refused");
        assert_eq!(answer.header("access-control-allow-origin"), None, "{other}");
    }
    let without = Ask::of("mailbox_full@rcpt.test").with("x-rcpt-site", "site_shop_0123456789abcdef").send();
    assert_refused(&without, 403, "origin_refused");
    // An origin of one site is none of another's.
    assert_refused(&Ask::of("mailbox_full@rcpt.test").site("busy", "https://www.shop.example").send(), 403, "origin_refused");
}

#[test]
fn ok_a_browser_is_told_which_pages_may_ask() {
    let ask = |origin: &str| {
        let headers = [("origin", origin), ("access-control-request-method", "POST"), ("access-control-request-headers", "x-rcpt-site")];
        http::send("OPTIONS", &format!("{}/v1/verify", GUARDED.worker.url), &headers, b"").expect("an answer")
    };
    let answer = ask("https://www.shop.example");
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (204, Some("https://www.shop.example")));
    assert_eq!(answer.header("access-control-allow-headers"), Some("content-type, x-request-id, x-rcpt-site, x-rcpt-turnstile"));
    assert_eq!(ask("https://evil.example").header("access-control-allow-origin"), None);
}

#[test]
fn err_a_nonce_is_missing_or_was_used() {
    let ask = Ask::of("mailbox_full@rcpt.test").site("shop", PAGE);
    assert_refused(&ask.clone().field("nonce", Value::Null).send(), 422, "invalid_request");
    assert_refused(&ask.clone().field("nonce", json!("short")).send(), 422, "invalid_request");
    assert_answered(&ask.send());
    assert_refused(&ask.send(), 409, "nonce_used");
    assert_refused(&ask.clone().field("email", json!("accept_all@rcpt.test")).send(), 409, "nonce_used");
    // Another site's nonces are its own.
    assert_answered(&ask.clone().with("x-rcpt-site", "site_shallow_0123456789abcdef").send());
}

#[test]
fn err_a_nonce_that_is_used_at_the_same_time() {
    let ask = Ask::of("mailbox_full@rcpt.test").site("shallow", PAGE);
    let answers: Vec<Answer> = thread::scope(|scope| {
        let one = |n: usize| ask.clone().with("cf-connecting-ip", &format!("203.0.113.{}", 128 + n)).send();
        let asked: Vec<_> = (0..12).map(|n| scope.spawn(move || one(n))).collect();
        asked.into_iter().map(|answer| answer.join().expect("no panic")).collect()
    });
    let answered = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(answered, 1, "{answers:?}");
    assert!(answers.iter().all(|answer| matches!(answer.status, 200 | 409)), "{answers:?}");
}

/// The next isolate has no memory of this one's; what it knows it has from KV.
#[test]
fn err_a_nonce_that_was_used_in_another_isolate() {
    let vars = [("RCPT_SITES", SITES), ("RCPT_SECRET", "a secret of some length"), ("RCPT_TURNSTILE_SECRET", "unused")];
    let ask = Ask::of("mailbox_full@rcpt.test").site("shop", PAGE);
    let worker = Worker::start_bound(&vars, &[]).expect("a Worker");
    assert_answered(&ask.send_to(&worker));
    let worker = worker.start_again(&vars).expect("a Worker");
    assert_refused(&ask.send_to(&worker), 409, "nonce_used");
    assert_answered(&ask.site("shop", PAGE).send_to(&worker));
}

/// The store is one that knows no such words. What was not answered may be asked again with the same nonce, once it is back.
#[test]
fn err_a_nonce_that_cannot_be_looked_up_is_not_used_up() {
    let limiter =
        |name: &str| format!("[[ratelimits]]\nname = \"{name}\"\nnamespace_id = \"{name}\"\nsimple = {{ limit = 99, period = 60 }}\n");
    let limiters: String = LIMITS.iter().map(|(name, _)| limiter(name)).collect();
    let lines = format!("[[services]]\nbinding = \"RCPT_STATE\"\nservice = \"rcpt\"\n{limiters}");
    let vars = [("RCPT_SITES", SITES), ("RCPT_SECRET", "a secret of some length"), ("RCPT_TURNSTILE_SECRET", "unused")];
    let worker = Worker::start_configured(&lines, &vars).expect("a Worker");
    let ask = Ask::of("mailbox_full@rcpt.test").site("shop", PAGE);
    for _ in 0..2 {
        assert_refused(&ask.send_to(&worker), 503, "access_unavailable");
    }
}

/// Every domain has a mail host here, and there is no prober to ask it.
#[test]
fn ok_a_page_asks_no_deeper_than_its_site() {
    let ask = |site: &str, level: &str| assert_answered(&Ask::of("ada@level.example").field("level", json!(level)).site(site, PAGE).send());
    assert_eq!(ask("shop", "smtp")["reason"], "prober_unavailable");
    assert_eq!(ask("shop", "dns")["reason"], "not_probed", "it may ask less");
    assert_eq!(ask("looker", "smtp")["reason"], "not_probed");
    // The events tell which steps were taken.
    let steps = |site: &str| Ask::of("ada@level.example").site(site, PAGE).with("accept", "text/event-stream").send();
    assert!(steps("looker").body.contains("event: dns") && !steps("looker").body.contains("event: smtp"));
    assert_eq!(ask("shallow", "smtp")["reason"], "not_probed");
    assert!(!steps("shallow").body.contains("event: dns"));
}

#[test]
fn ok_turnstile_tokens_are_checked() {
    let ask = |token: Option<&str>| {
        let ask = Ask::of("mailbox_full@rcpt.test").site("guarded", PAGE);
        token.map_or_else(|| ask.clone(), |token| ask.clone().with("x-rcpt-turnstile", token)).send()
    };
    let asked = GUARDED.turnstile.asked();
    assert_answered(&ask(Some("good")));
    assert_eq!(GUARDED.turnstile.asked(), asked + 1);
    for token in [None, Some("spent"), Some("of another page"), Some("of no page")] {
        assert_refused(&ask(token), 403, "turnstile_failed");
    }
    let too_long = "x".repeat(2049);
    for token in ["of a wrong secret", "outage", "garbage", "hangs up", "hangs"] {
        assert_refused(&ask(Some(token)), 503, "turnstile_unavailable");
    }
    // Nobody is asked about what cannot be a token, nor for sites that do not want one.
    let before = GUARDED.turnstile.asked();
    assert_refused(&ask(Some(&too_long)), 403, "turnstile_failed");
    assert_answered(&Ask::of("mailbox_full@rcpt.test").site("shop", PAGE).send());
    assert_eq!(GUARDED.turnstile.asked(), before);
}

#[test]
fn err_an_address_over_budget() {
    let ask = |ip: &str| Ask::of("mailbox_full@rcpt.test").site("shallow", "https://evil.example").with("cf-connecting-ip", ip).send();
    assert_refused(&ask("203.0.113.1"), 403, "origin_refused");
    // Not even a refused question is free: the body does not have to be right.
    let ask = |ip: &str| Ask::of("x").site("shallow", PAGE).with("cf-connecting-ip", ip).field("nonce", json!("short")).send();
    let used_up = |ip: &dyn Fn(usize) -> String| {
        for n in 0..=LIMITS[0].1 * 2 {
            let answer = ask(&ip(usize::try_from(n).expect("small")));
            if answer.status == 429 {
                assert!(n >= LIMITS[0].1, "refused after {n}");
                return answer;
            }
        }
        panic!("never refused");
    };
    let answer = used_up(&|_| "203.0.113.7".to_owned());
    assert_refused(&answer, 429, "rate_limited");
    assert_eq!(answer.header("ratelimit"), Some(r#""per_ip";r=0;t=60"#));
    assert_eq!(answer.header("ratelimit-policy"), Some(r#""per_ip";q=8;w=60"#));
    assert_eq!(answer.header("access-control-allow-origin"), Some(PAGE), "the page may know why");
    assert_eq!(ask("203.0.113.8").status, 422, "another address has a budget of its own");
    // A network of 64 bits is one caller.
    assert_refused(&used_up(&|n| format!("2001:db8:0:7::{n:x}")), 429, "rate_limited");
    assert_eq!(ask("2001:db8:0:8::1").status, 422);
}

/// Who guesses is a caller, too. That costs others of the same address what they share with it and no more: a key that is right has no such budget.
#[test]
fn err_an_address_that_guesses() {
    let ask = || Ask::of("mailbox_full@rcpt.test");
    let guesses: [(u16, &str, &dyn Fn() -> Ask); 3] = [
        (401, "key_missing", &ask),
        (401, "key_unknown", &|| ask().key("rcpt_crn")),
        (403, "origin_refused", &|| ask().site("shop", "https://evil.example")),
    ];
    for (n, (status, code, guess)) in guesses.into_iter().enumerate() {
        let ip = format!("203.0.113.{}", 40 + n);
        let mut asked = 0;
        let refused = loop {
            let answer = guess().with("cf-connecting-ip", &ip).send();
            if answer.status == 429 {
                break answer;
            }
            assert_refused(&answer, status, code);
            asked += 1;
            assert!(asked <= LIMITS[0].1 * 2, "{code} is not counted");
        };
        assert!(asked >= LIMITS[0].1, "{code}: refused after {asked}");
        assert_refused(&refused, 429, "rate_limited");
        assert_eq!(refused.header("ratelimit"), Some(r#""per_ip";r=0;t=60"#));
        assert_answered(&ask().key("rcpt_crm").with("cf-connecting-ip", &ip).send());
        assert_refused(&ask().key("rcpt_lists").with("cf-connecting-ip", &ip).send(), 403, "scope_missing");
        assert_eq!(guess().send().status, status, "another address has a budget of its own");
    }
}

#[test]
fn err_a_site_over_budget() {
    let answer = assert_used_up_after(20, "rate_limited", || Ask::of("mailbox_full@rcpt.test").site("busy", PAGE).send());
    assert_eq!(answer.header("ratelimit"), Some(r#""per_site";r=0;t=60"#));
    // One that has a budget of its own.
    let answer = assert_used_up_after(5, "rate_limited", || Ask::of("mailbox_full@rcpt.test").site("own", PAGE).send());
    assert_eq!(answer.header("ratelimit"), Some(r#""new_mailboxes_free";r=0;t=60"#));
    assert_eq!(answer.header("access-control-allow-origin"), Some(PAGE));
}

#[test]
fn err_a_domain_over_budget() {
    // The same mailbox over and over, so that it is not the number of mailboxes that counts.
    assert_used_up_after(8, "rate_limited", || Ask::of("ada@busy.example").key("rcpt_crm").send());
    // Where no mail host would be asked, nobody needs to be spared.
    assert_answered(&Ask::of("ada@busy.example").key("rcpt_crm").field("level", json!("dns")).send());
    assert_answered(&Ask::of("ada@idle.example").key("rcpt_crm").send());
    // A few callers cannot close a domain of many to all others.
    for _ in 0..20 {
        assert_answered(&Ask::of("ada@hotmail.co.uk").key("rcpt_crm").send());
    }
    // Whoever fishes takes nothing of what others share.
    for n in 0..30 {
        Ask::of(&format!("name{n}@angled.example")).key("rcpt_crm").send();
    }
    assert_answered(&Ask::of("ada@angled.example").site("shop", PAGE).send());
}

#[test]
fn err_a_list_of_names_at_one_domain() {
    let name = |n: usize, domain: &str| format!("name{n}@{domain}");
    for (domain, limit) in [("fished.example", 3), ("hotmail.com", 5)] {
        let mut n = 0;
        let refused = assert_used_up_after(limit, "too_many_mailboxes_of_domain", || {
            n += 1;
            Ask::of(&name(n, domain)).key("rcpt_crm").send()
        });
        let told = if limit == 3 { r#""new_mailboxes";r=0;t=60"# } else { r#""new_mailboxes_free";r=0;t=60"# };
        assert_eq!(refused.header("ratelimit"), Some(told), "{domain}");
    }
    // A page's visitor, too; and it makes no difference how a name is spelt.
    let visitor = Ask::of("").with("cf-connecting-ip", "203.0.113.99");
    let mut n = 100;
    assert_used_up_after(3, "too_many_mailboxes_of_domain", || {
        n += 1;
        visitor.clone().field("email", json!(name(n, "trawled.example"))).site("shop", PAGE).send()
    });
    assert_answered(&visitor.field("email", json!("NAME101@Trawled.Example")).site("shop", PAGE).send());
}

/// Variables, and the names of those that are at fault.
type Case<'a> = (&'a [(&'a str, &'a str)], &'a [&'a str]);

/// What cannot be decided is refused, by name; only whether the Worker lives can still be seen.
#[test]
fn err_a_bad_setting_closes_the_door() {
    let sites = format!("{SITES}; late site_late_0123456789abcdef https://late.example budget=LATE_PER_MINUTE");
    let cases: [Case<'_>; 5] = [
        (&[("RCPT_ACCESS", "keys")], &["RCPT_ACCESS"]),
        // Of access and of all else, at once.
        (
            &[("RCPT_ACCESS", "closed"), ("RCPT_DEADLINE_MS", "secretly"), ("RCPT_DOH", "secretly")],
            &["RCPT_ACCESS", "RCPT_DOH", "RCPT_DEADLINE_MS"],
        ),
        // A binding that nothing is counted by.
        (&[("RCPT_QUOTAS", "RCPT_PER_IP=30,RCPT_PER_SECRETLY=9")], &["RCPT_QUOTAS"]),
        (
            &[("RCPT_SITES", &sites), ("RCPT_SECRET", "short")],
            &[
                "RCPT_PER_IP",
                "RCPT_PER_SITE",
                "RCPT_PER_DOMAIN",
                "RCPT_NEW_MAILBOXES",
                "RCPT_NEW_MAILBOXES_FREE",
                "LATE_PER_MINUTE",
                "RCPT_STATE",
                "RCPT_TURNSTILE_SECRET",
                "RCPT_SECRET",
            ],
        ),
        (
            &[
                ("RCPT_ACCESS", "closed"),
                ("RCPT_KEYS", "crm secretly verify"),
                ("RCPT_SITES", "shop rcpt_secretly"),
                ("RCPT_QUOTAS", "many"),
                ("RCPT_TURNSTILE_URL", "nowhere"),
                ("RCPT_RECEIPT_KEYS", "secretly"),
                ("RCPT_RECEIPT_TTL_S", "0"),
            ],
            &["RCPT_ACCESS", "RCPT_KEYS", "RCPT_SITES", "RCPT_QUOTAS", "RCPT_TURNSTILE_URL", "RCPT_RECEIPT_KEYS", "RCPT_RECEIPT_TTL_S"],
        ),
    ];
    for (vars, names) in cases {
        let worker = Worker::start(0, vars, false).expect("a Worker");
        let answer = Ask::of("mailbox_full@rcpt.test").key("rcpt_crm").send_to(&worker);
        assert_refused(&answer, 500, "misconfigured");
        let detail = answer.json()["detail"].as_str().expect("a text").to_owned();
        for name in names {
            assert!(detail.contains(&format!("{name}: ")), "{name}: {detail}");
        }
        assert_eq!(detail.split("; ").count(), names.len(), "{detail}");
        assert!(!detail.contains("secretly") && !detail.contains("short"), "{detail}");
        assert_eq!(http::get(&format!("{}/healthz", worker.url)).expect("an answer").status, 200);
    }
}

/// In a configuration file a setting may be a list or a number, and a secret may turn out empty: neither is taken for one that is not there.
#[test]
fn err_keys_in_another_form_are_not_taken_for_none() {
    let list = "[vars]\nRCPT_KEYS = [{ id = \"crm\", sha256 = \"secretly\", scopes = [\"verify\"] }]\n";
    let (list, empty) = (Worker::start_configured(list, &[]), Worker::start(0, &[("RCPT_SITES", "")], false));
    for (worker, name) in [(list, "RCPT_KEYS: key 1: expected an id"), (empty, "RCPT_ACCESS: expected a key")] {
        let answer = Ask::of("mailbox_full@rcpt.test").send_to(&worker.expect("a Worker"));
        assert_refused(&answer, 500, "misconfigured");
        assert!(answer.body.contains(name) && !answer.body.contains("secretly"), "{}", answer.body);
    }
}

#[test]
fn ok_a_number_is_as_good_as_its_text() {
    let worker = Worker::start_configured("[vars]\nRCPT_DEADLINE_MS = 99\n", &[]).expect("a Worker");
    let answer = Ask::of("mailbox_full@rcpt.test").send_to(&worker);
    assert_refused(&answer, 500, "misconfigured");
    assert!(answer.body.contains("RCPT_DEADLINE_MS: expected a number of 100 to 60000"), "{}", answer.body);
}

/// One that no browser sends would never match, or match every page without an origin of its own.
#[test]
fn err_origins_that_no_page_has() {
    for origins in ["null", "*", "https://shop.example/", "https://shop.example,shop.example"] {
        let worker = Worker::start(0, &[("RCPT_ORIGINS", origins)], false).expect("a Worker");
        let answer = Ask::of("mailbox_full@rcpt.test").with("origin", origins).send_to(&worker);
        assert_refused(&answer, 500, "misconfigured");
        assert!(answer.body.contains("RCPT_ORIGINS: expected origins"), "{}", answer.body);
    }
}
