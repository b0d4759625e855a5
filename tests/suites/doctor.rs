//! `rcpt doctor` in the lab: each fault by itself is named, with the record that mends it; and a source that is blocklisted condemns nobody.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a suite fails by panicking")]

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::process::Output;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use prober::lab::{self, Source};
use serde_json::{Value, json};
use stack::place::{eventually, free_port};
use stack::redis::Redis;
use stack::whole::{LAB_SECRET, Ports, RunningLab, rcpt};

static LAB: LazyLock<RunningLab> = LazyLock::new(|| RunningLab::start(Ports::default()).expect("a lab"));

/// `rcpt` in the lab, with these arguments and variables.
fn run(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = rcpt().expect("rcpt");
    // Flags stand before addresses.
    command
        .arg(arguments[0])
        .arg("--lab")
        .args(&arguments[1..])
        .envs(LAB.settings())
        .env("RCPT_SECRET", LAB_SECRET)
        .envs(variables.iter().copied());
    command.output().expect("rcpt runs")
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The doctor's document and exit code.
fn doctor(arguments: &[&str]) -> (Value, i32) {
    doctor_with(arguments, &[])
}

fn doctor_with(arguments: &[&str], variables: &[(&str, &str)]) -> (Value, i32) {
    let output = run(&[&["doctor", "--format", "json"], arguments].concat(), variables);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    assert!(report["checks"].is_array(), "no document: {}", err(&output));
    (report, output.status.code().expect("a code"))
}

/// The flags that lead to one of the lab's sources.
fn flags(helo: &str) -> Vec<String> {
    let source: &Source = lab::SOURCES.iter().find(|source| source.helo == helo || source.domain == helo).expect("a source");
    let flags =
        [("--bind", source.address.to_string()), ("--helo", source.helo.into()), ("--mail-from", format!("probe@{}", source.domain))];
    flags.into_iter().flat_map(|(flag, value)| [flag.to_owned(), value]).collect()
}

fn examined(helo: &str) -> (Value, i32) {
    let flags = flags(helo);
    doctor(&flags.iter().map(String::as_str).collect::<Vec<_>>())
}

/// The checks that ended so, with their subjects.
fn ended<'a>(report: &'a Value, outcome: &str) -> Vec<(&'a str, &'a Value)> {
    let checks = report["checks"].as_array().expect("checks").iter();
    checks.filter(|check| check["outcome"] == outcome).map(|check| (check["check"].as_str().expect("a name"), check)).collect()
}

fn names(report: &Value, outcome: &str) -> Vec<String> {
    ended(report, outcome).into_iter().map(|(name, _)| name.to_owned()).collect()
}

#[test]
fn ok_all_is_well() {
    for helo in ["prober.lab.example", "spf-leads.lab.example"] {
        let (report, code) = examined(helo);
        assert_eq!((code, &report["fit"]), (0, &json!(true)), "{report}");
        for outcome in ["failed", "warning", "unknown"] {
            assert!(names(&report, outcome).is_empty(), "{helo}: {report}");
        }
    }
    let (report, _) = doctor(&[]);
    assert_eq!(report["sources"], json!(["127.77.0.1"]));
    let all: Vec<_> = report["checks"].as_array().expect("checks").iter().map(|check| check["check"].as_str().expect("a name")).collect();
    let expected = [
        "identity",
        "resolver",
        "source",
        "reverse_dns",
        "helo_name",
        "reverse_path",
        "spf",
        "blocklist",
        "smtp_port",
        "clock",
        "cache",
        "secret",
    ];
    assert_eq!(all, expected, "{report}");
    for key in ["check", "subject", "outcome", "found", "cost", "records", "advice"] {
        assert!(report["checks"][0].as_object().is_some_and(|check| check.contains_key(key)), "{key}");
    }
}

#[test]
fn err_each_fault_of_a_source_by_itself() {
    for (helo, check, record) in [
        ("no-ptr.lab.example", "reverse_dns", "2.0.77.127.in-addr.arpa. IN PTR no-ptr.lab.example."),
        ("ptr-elsewhere.lab.example", "reverse_dns", "3.0.77.127.in-addr.arpa. IN PTR ptr-elsewhere.lab.example."),
        ("helo-elsewhere.lab.example", "helo_name", "helo-elsewhere.lab.example. IN A 127.77.0.4"),
        ("nobody.lab.example", "helo_name", "nobody.lab.example. IN A 127.77.0.5"),
        ("no-spf.lab.example", "spf", r#"no-spf.lab.example. IN TXT "v=spf1 ip4:127.77.0.6 -all""#),
        ("spf-fails.lab.example", "spf", r#"spf-fails.lab.example. IN TXT "v=spf1 ip4:127.77.0.7 ip4:192.0.2.1 -all""#),
        ("spf-twice.lab.example", "spf", r#"spf-twice.lab.example. IN TXT "v=spf1 ip4:127.77.0.8 a mx -all""#),
        ("spf-broken.lab.example", "spf", r#"spf-broken.lab.example. IN TXT "v=spf1 ip4:127.77.0.10 a -all""#),
    ] {
        let (report, code) = examined(helo);
        assert_eq!((code, &report["fit"]), (1, &json!(false)), "{helo}: {report}");
        assert_eq!(names(&report, "failed"), [check], "{helo}: {report}");
        let (_, failed) = ended(&report, "failed")[0];
        assert_eq!(failed["records"], json!([record]), "{failed}");
        assert!(failed["cost"].is_string() && failed["advice"].is_string(), "{failed}");
        assert!(names(&report, "unknown").is_empty() && names(&report, "warning").is_empty(), "{helo}: {report}");
    }
}

#[test]
fn err_a_blocklist_names_the_address_and_no_record_mends_that() {
    let (report, code) = examined("listed.lab.example");
    assert_eq!((code, names(&report, "failed")), (1, vec!["blocklist".to_owned()]), "{report}");
    let (_, failed) = ended(&report, "failed")[0];
    assert_eq!((&failed["subject"], &failed["records"]), (&json!("bl.lab.example"), &json!([])), "{failed}");
    for part in ["127.77.0.9", "127.0.0.4", "https://bl.lab.example/?ip=127.77.0.9"] {
        assert!(failed["found"].as_str().is_some_and(|found| found.contains(part)), "{part}: {failed}");
    }
}

#[test]
fn ok_a_list_that_cannot_be_believed_says_nothing() {
    let lists = [lab::BLOCKLIST, lab::REFUSING_BLOCKLIST, lab::ABANDONED_BLOCKLIST, "nowhere.example", "servfail.example"];
    let (report, code) = doctor(&["--blocklists", &lists.join(",")]);
    assert_eq!(code, 0, "{report}");
    let unknown: Vec<_> = ended(&report, "unknown").into_iter().map(|(name, check)| (name, check["subject"].as_str())).collect();
    assert_eq!(unknown, lists[1..].iter().map(|list| ("blocklist", Some(*list))).collect::<Vec<_>>(), "{report}");
    let (report, code) = doctor(&["--blocklists", "off", "--ntp", "off"]);
    assert_eq!((code, names(&report, "skipped")), (0, ["blocklist", "clock", "cache"].map(str::to_owned).into()), "{report}");
}

#[test]
fn err_several_faults_at_once() {
    let (report, code) = examined("everything.lab.example");
    assert_eq!((code, names(&report, "failed")), (1, ["reverse_dns", "spf", "blocklist"].map(str::to_owned).into()), "{report}");
    // Two sources: findings of each, and one SPF record for all that lack it.
    let bind = ["--bind", "127.77.0.2,127.77.0.6", "--helo", "no-spf.lab.example", "--mail-from", "probe@no-spf.lab.example"];
    let (report, _) = doctor(&bind);
    let failed: Vec<_> =
        ended(&report, "failed").into_iter().map(|(name, check)| (name, check["subject"].as_str().expect("one"))).collect();
    let expected = [("reverse_dns", "127.77.0.2"), ("helo_name", "127.77.0.2"), ("spf", "127.77.0.2"), ("spf", "127.77.0.6")];
    assert_eq!(failed, expected, "{report}");
    for (_, check) in ended(&report, "failed").into_iter().filter(|(name, _)| *name == "spf") {
        assert_eq!(check["records"], json!([r#"no-spf.lab.example. IN TXT "v=spf1 ip4:127.77.0.2 ip4:127.77.0.6 -all""#]));
    }
}

/// Another of the lab's servers.
fn at(ip: Ipv4Addr) -> String {
    SocketAddr::from((ip, LAB.lab().dns().port())).to_string()
}

#[test]
fn err_resolvers_that_do_not_tell_the_truth() {
    let (report, code) = doctor(&["--dns", &at(lab::HIJACKING_DNS)]);
    assert_eq!((code, names(&report, "failed")), (1, vec!["resolver".to_owned()]), "{report}");
    assert!(ended(&report, "failed")[0].1["found"].as_str().is_some_and(|found| found.contains("127.77.0.80")), "{report}");
    let (report, code) = doctor(&["--dns", &at(lab::CUT_OFF_DNS)]);
    assert_eq!((code, names(&report, "failed")), (1, vec!["resolver".to_owned()]), "{report}");
    assert!(ended(&report, "failed")[0].1["found"].as_str().is_some_and(|found| found.contains("cut off")), "{report}");
    let expected = ["reverse_dns", "helo_name", "reverse_path", "spf", "blocklist", "smtp_port"];
    assert_eq!(names(&report, "unknown"), expected, "nothing is claimed on its word: {report}");
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test may look at the clock: that it ends in time is what it is about")]
fn err_a_silent_resolver_holds_nobody_up() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = silent.local_addr().expect("an address");
    let _datagrams = UdpSocket::bind(address).expect("the same port");
    let began = Instant::now();
    let (report, code) = doctor(&["--dns", &address.to_string(), "--deadline-ms", "2000"]);
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    assert_eq!((code, names(&report, "failed")), (1, vec!["resolver".to_owned()]), "{report}");
}

#[test]
fn err_a_port_where_nothing_listens() {
    let closed = free_port().expect("a port").to_string();
    let (report, code) = doctor(&["--smtp-port", &closed]);
    assert_eq!((code, names(&report, "failed")), (1, vec!["smtp_port".to_owned()]), "{report}");
    // Somebody is there, and turns us away: the port is open, and the door is not.
    let (report, code) = doctor(&["--canaries", "ada@blocks-at-connect.example"]);
    assert_eq!((code, names(&report, "warning")), (0, vec!["smtp_port".to_owned()]), "{report}");
    let (report, code) = doctor(&["--canaries", "ada@silent.example,ada@offers-tls.example", "--deadline-ms", "2000"]);
    assert_eq!((code, names(&report, "warning")), (0, Vec::<String>::new()), "one that greets is enough: {report}");
}

#[test]
fn ok_the_doctor_is_a_guest_of_few_words() {
    let before = LAB.lab().visits_to("equals.example").len();
    assert_eq!(doctor(&["--canaries", "ada@equals.example"]).1, 0);
    let visits = eventually(|| Some(LAB.lab().visits_to("equals.example")).filter(|visits| visits.len() > before)).expect("a visit");
    let last = visits.last().expect("a visit");
    assert_eq!((last.commands.as_slice(), last.quit, visits.len()), (&["QUIT".to_owned()][..], true, before + 1));
    assert_eq!(last.guest.ip(), lab::SOURCE, "it dials as probes do");
}

#[test]
fn err_clocks() {
    for (server, outcome, code) in [(lab::ODD_TIME, "warning", 0), (lab::WRONG_TIME, "failed", 1)] {
        let (report, found) = doctor(&["--ntp", &at(server)]);
        assert_eq!((found, names(&report, outcome)), (code, vec!["clock".to_owned()]), "{report}");
    }
    // No answer costs nothing.
    let (report, code) = doctor(&["--ntp", &at(Ipv4Addr::new(127, 77, 0, 98))]);
    assert_eq!((code, names(&report, "unknown")), (0, vec!["clock".to_owned()]), "{report}");
}

#[test]
fn err_private_names_and_addresses_that_are_not_ours() {
    let (report, code) = doctor(&["--helo", "prober.corp.internal"]);
    assert_eq!((code, names(&report, "failed")[0].as_str()), (1, "identity"), "{report}");
    let (report, code) = doctor(&["--bind", "203.0.113.9"]);
    assert_eq!((code, names(&report, "failed")[0].as_str()), (1, "source"), "{report}");
    assert_eq!((&ended(&report, "failed")[0].1["subject"], &report["sources"]), (&json!("203.0.113.9"), &json!([])), "{report}");
    // Behind a proxy hosts see another address, and only its operator knows which.
    let (report, _) = doctor(&["--proxy", "socks5://127.0.0.1:1"]);
    assert_eq!(names(&report, "unknown"), ["source", "reverse_dns", "helo_name", "spf", "blocklist"], "{report}");
    let (report, _) = doctor(&["--proxy", "socks5://127.0.0.1:1", "--source", "127.77.0.1"]);
    assert_eq!((&report["sources"], names(&report, "failed")), (&json!(["127.77.0.1"]), vec!["smtp_port".to_owned()]), "{report}");
    let (report, code) = doctor(&["--source", "127.77.0.1", "--source", "127.77.0.2"]);
    assert_eq!((code, &report["sources"]), (1, &json!(["127.77.0.1", "127.77.0.2"])), "{report}");
}

#[test]
fn err_what_serving_lacks_only_warns() {
    let (report, code) = doctor_with(&[], &[("RCPT_SECRET", "")]);
    assert_eq!((code, names(&report, "warning")), (0, vec!["secret".to_owned()]), "{report}");
    let (report, code) = doctor(&["--cache", "redis://user:hidden@127.0.0.1:1/"]);
    assert_eq!((code, names(&report, "warning")), (0, vec!["cache".to_owned()]), "{report}");
    assert!(!report.to_string().contains("hidden"), "{report}");
    if let Some(redis) = Redis::start().expect("a Redis") {
        let (report, code) = doctor(&["--cache", &redis.url()]);
        assert_eq!((code, names(&report, "warning")), (0, Vec::new()), "{report}");
    }
}

#[test]
fn err_bad_settings_and_bad_use_are_2() {
    for (arguments, words) in [
        (&["--blocklists", "not a domain"][..], "--blocklists: expected off or domains"),
        (&["--ntp", "here:now"], "--ntp: expected off, HOST or HOST:PORT"),
        (&["--helo", "localhost"], "--helo: expected this host's own domain name"),
        (&["--source", "me"], "--source"),
        (&["--format", "xml"], "possible values"),
    ] {
        let output = run(&[&["doctor"], arguments].concat(), &[]);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(err(&output).contains(words) && output.stdout.is_empty(), "{arguments:?}: {}", err(&output));
    }
}

#[test]
fn err_without_a_lab_it_says_so() {
    let output = run(&["doctor"], &[("RCPT_DNS", "127.77.0.53:1")]);
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).contains("rcpt lab"), "{}", err(&output));
}

#[test]
fn err_hostile_answers_are_printed_safely() {
    let flags = flags("hostile.lab.example");
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    for format in ["human", "json"] {
        let output = run(&[&["doctor", "--format", format], flags.as_slice()].concat(), &[]);
        assert_eq!(output.status.code(), Some(1));
        let odd: Vec<u8> = output.stdout.iter().copied().filter(|octet| octet.is_ascii_control() && *octet != b'\n').collect();
        assert!(odd.is_empty() && str::from_utf8(&output.stdout).is_ok(), "{odd:?}");
        assert!(output.stdout.len() < 20_000, "a hundred names are not all shown");
    }
    let (report, _) = doctor(&flags);
    assert_eq!(names(&report, "failed"), ["reverse_dns", "spf", "blocklist"], "{report}");
    assert_eq!(ended(&report, "failed")[1].1["records"], json!([r#"hostile.lab.example. IN TXT "v=spf1 ip4:127.77.0.13 -all""#]));
}

#[test]
fn ok_for_people_it_says_what_to_publish() {
    let flags = flags("no-ptr.lab.example");
    let output = run(&[&["doctor"], flags.iter().map(String::as_str).collect::<Vec<_>>().as_slice()].concat(), &[]);
    let text = String::from_utf8(output.stdout).expect("text");
    for part in ["failed   reverse_dns 127.77.0.2", "costs: ", "publish: 2.0.77.127.in-addr.arpa. IN PTR no-ptr.lab.example.", "no sense"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

/// Verdicts as a source gets them: status and reason.
fn verdicts(source: &str, addresses: &[&str]) -> Vec<(String, String)> {
    let flags = flags(source);
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let output = run(&[&["verify", "--deadline-ms", "8000", "--format", "jsonl"], flags.as_slice(), addresses].concat(), &[]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let of = |line: &str| {
        let found: Value = serde_json::from_str(line).expect("a JSON line");
        ["status", "reason"].map(|key| found[key].as_str().expect("a text").to_owned()).into()
    };
    String::from_utf8_lossy(&output.stdout).lines().map(of).collect()
}

#[test]
fn ok_a_blocklisted_source_condemns_nobody() {
    let addresses = ["ada@checks-blocklist.example", "ghost@checks-blocklist.example", "nobody.at-all@checks-blocklist.example"];
    let blocked = ("unknown".to_owned(), "sender_blocked".to_owned());
    assert_eq!(verdicts("listed.lab.example", &addresses), vec![blocked; addresses.len()]);
    // The same mailboxes, asked from an address that is not listed.
    let reasons: Vec<String> = verdicts("prober.lab.example", &addresses).into_iter().map(|(_, reason)| reason).collect();
    assert_eq!(reasons, ["mailbox_accepted", "mailbox_not_found", "mailbox_not_found"]);
    // And the doctor says why, for the same source.
    assert_eq!(names(&examined("listed.lab.example").0, "failed"), ["blocklist"]);
    let guests: Vec<IpAddr> = LAB.lab().visits_to("checks-blocklist.example").iter().map(|visit| visit.guest.ip()).collect();
    assert!(guests.contains(&IpAddr::from([127, 77, 0, 9])), "{guests:?}");
}

#[test]
fn ok_the_printed_sources_are_the_sources() {
    let output = rcpt().expect("rcpt").args(["lab", "--list-sources", "--format", "jsonl"]).output().expect("rcpt runs");
    let listed: Vec<Value> =
        String::from_utf8_lossy(&output.stdout).lines().map(|line| serde_json::from_str(line).expect("a JSON line")).collect();
    assert_eq!(listed.len(), lab::SOURCES.len());
    for (source, listed) in lab::SOURCES.iter().zip(&listed) {
        assert_eq!((listed["bind"].as_str(), listed["helo"].as_str()), (Some(source.address.to_string().as_str()), Some(source.helo)));
    }
}
