//! `rcpt` as people and scripts use it.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a suite fails by panicking")]

use std::process::Output;
use std::time::Duration;

use prober::lab;
use serde_json::Value;
use stack::child;
use stack::place::{Scratch, free_port};
use stack::whole::{Ports, RunningLab, rcpt};

fn run_with(arguments: &[&str], variables: &[(&str, String)], input: &[u8]) -> Output {
    let mut command = rcpt().expect("rcpt");
    command.args(arguments).envs(variables.iter().map(|(name, value)| (*name, value)));
    child::run(&mut command, input).expect("rcpt runs")
}

fn run(arguments: &[&str]) -> Output {
    run_with(arguments, &[], b"")
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn json_lines(output: &Output) -> Vec<Value> {
    out(output).lines().map(|line| serde_json::from_str(line).expect("a JSON line")).collect()
}

#[test]
fn ok_every_row_of_the_lab_in_input_order() {
    let lab = RunningLab::start(Ports::default()).expect("a lab");
    let input = lab::table().iter().map(|row| row.address).collect::<Vec<_>>().join("\n");
    let arguments = ["verify", "--lab", "--deadline-ms", "4000", "--format", "jsonl", "-"];
    let output = run_with(&arguments, &lab.settings(), input.as_bytes());
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let found = json_lines(&output);
    assert_eq!(found.len(), lab::table().len());
    for (row, found) in lab::table().iter().zip(&found) {
        assert_eq!(found["email"], row.address);
        assert_eq!(
            (found["reason"].as_str(), found["status"].as_str()),
            (Some(row.reason.as_str()), Some(row.reason.status().as_str())),
            "{found}"
        );
    }
    let unfarewelled: Vec<_> = lab.lab().guest_book().into_iter().filter(|visit| !visit.quit && !visit.commands.is_empty()).collect();
    // Only hosts that broke off, or whose commands were no longer read, were left without QUIT.
    let odd = ["drops", "tarpit", "silent", "http", "long-line", "out-of-step", "closed", "decoy-dropped", "too-many"];
    assert!(unfarewelled.len() <= odd.len() + 2, "{unfarewelled:?}");
}

#[test]
fn ok_the_printed_table_is_the_table() {
    let listed = json_lines(&run(&["lab", "--list", "--format", "jsonl"]));
    assert_eq!(listed.len(), lab::table().len());
    for (row, listed) in lab::table().iter().zip(&listed) {
        assert_eq!((listed["address"].as_str(), listed["reason"].as_str()), (Some(row.address), Some(row.reason.as_str())));
        assert_eq!(listed["status"], row.reason.status().as_str());
    }
    let human = out(&run(&["lab", "--list"]));
    assert!(human.lines().count() == listed.len() && human.contains("deliverable/mailbox_accepted"));
}

#[test]
fn ok_a_blocklist_is_about_us_at_every_stage() {
    let reply = "554 5.7.1 Service unavailable; client host blocked using zen.spamhaus.org";
    for stage in ["greeting", "ehlo", "mail", "rcpt"] {
        let found = json_lines(&run(&["reply", "--stage", stage, "--format", "jsonl", reply]));
        assert_eq!((found[0]["finding"].as_str(), found[0]["about"].as_str()), (Some("sender_blocked"), Some("us")), "{stage}: {found:?}");
    }
}

#[test]
fn ok_replies_from_arguments_and_lines() {
    let output = run_with(
        &["reply", "--format", "jsonl", "-"],
        &[],
        b"550 5.1.1 User unknown\n\nnonsense\n{\"reply\":\"550-5.2.2 a\\n550 5.2.2 full\"}\n",
    );
    let found = json_lines(&output);
    let findings: Vec<_> = found.iter().filter_map(|line| line["finding"].as_str()).collect();
    assert_eq!(findings, ["mailbox_not_found", "unsure", "unsure", "mailbox_full"]);
    for (key, is_right) in
        [("code", found[0]["code"] == 550), ("enhanced", found[0]["enhanced"] == "5.1.1"), ("rule", found[0]["rule"].is_string())]
    {
        assert!(is_right, "{key}: {}", found[0]);
    }
    let stage = json_lines(&run_with(&["reply", "--format", "jsonl", "-"], &[], br#"{"reply":"550 5.1.1 User unknown","stage":"mail"}"#));
    assert_ne!(stage[0]["finding"], "mailbox_not_found", "before RCPT nothing is said of the mailbox");
    assert!(out(&run(&["reply", "550 5.1.1 User unknown"])).contains("mailbox_not_found"));
}

#[test]
fn ok_every_line_is_answered() {
    let mut input = b"ada@example.com\r\n\n  \nb\xff@example.com\n".to_vec();
    input.extend_from_slice(&vec![b'a'; 200_000]);
    input.extend_from_slice(b"\n{\"email\":\"a\\nb@example.com\"}\nlast@example.com");
    let output = run_with(&["verify", "--level", "syntax", "--format", "jsonl", "-"], &[], &input);
    let valid: Vec<_> = json_lines(&output).iter().map(|line| line["syntax"]["valid"].as_bool().expect("a truth")).collect();
    assert_eq!(valid, [true, false, false, false, false, false, true]);
}

#[test]
fn ok_formats() {
    let one: Value =
        serde_json::from_str(&out(&run(&["verify", "--level", "syntax", "--format", "json", "a@example.com"]))).expect("an object");
    assert!(one.is_object());
    let two: Value =
        serde_json::from_str(&out(&run(&["verify", "--level", "syntax", "--format", "json", "a@example.com", "b"]))).expect("an array");
    assert_eq!(two.as_array().map(Vec::len), Some(2));
    let none: Value = serde_json::from_str(&out(&run(&["verify", "--level", "syntax", "--format", "json", "-"]))).expect("an array");
    assert_eq!(none.as_array().map(Vec::len), Some(0));
    let human = out(&run(&["verify", "--level", "syntax", "ada@gmial.com", "a\u{1b}[31mb@example.com"]));
    assert!(human.contains("Did you mean ada@gmail.com?") && !human.contains('\u{1b}'), "{human}");
}

#[test]
fn err_bad_use_is_2_and_says_why() {
    for (arguments, words) in [
        (&["verify"][..], "ADDRESS"),
        (&["verify", "-", "a@example.com"], "found both"),
        (&["verify", "--level", "deep", "a@example.com"], "possible values"),
        (&["reply", "--stage", "data", "550 no"], "expected one of greeting, ehlo, mail, rcpt"),
        (&["dance"], "unrecognized"),
        (&["lab", "--format", "jsonl"], "--list"),
    ] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(err(&output).contains(words), "{arguments:?}: {}", err(&output));
    }
}

#[test]
fn err_every_bad_setting_is_named_at_once() {
    let folder = Scratch::new("settings").expect("a folder");
    let file = folder.path().join("rcpt.toml");
    std::fs::write(&file, "max_probes = 0\ncolour = \"red\"\ndns = [\"192.0.2.1\", \"here\"]\n").expect("a file");
    let variables = [
        ("RCPT_HELO", "localhost".to_owned()),
        ("RCPT_MAIL_FROM", "nobody".to_owned()),
        ("RCPT_SECRET", "s3cret".to_owned()),
        ("RCPT_ALLOW_PRIVATE", "maybe".to_owned()),
        ("RCPT_CONFIG", file.display().to_string()),
    ];
    let output = run_with(&["verify", "--smtp-port", "mail", "a@example.com"], &variables, b"");
    let said = err(&output);
    assert_eq!(output.status.code(), Some(2), "{said}");
    for name in ["RCPT_HELO", "RCPT_MAIL_FROM", "RCPT_SECRET", "RCPT_ALLOW_PRIVATE", "--smtp-port", "max_probes", "colour", "dns"] {
        assert!(said.contains(name), "{name} is missing:\n{said}");
    }
    assert!(!said.contains("s3cret"), "{said}");
}

#[test]
fn err_a_previous_secret_alone() {
    let output = run_with(&["verify", "a@example.com"], &[("RCPT_SECRET_PREVIOUS", "a secret of some length".to_owned())], b"");
    assert_eq!(output.status.code(), Some(2));
    assert!(err(&output).contains("RCPT_SECRET_PREVIOUS: expected RCPT_SECRET beside it"), "{}", err(&output));
}

#[test]
fn ok_flags_before_variables_before_the_file() {
    let folder = Scratch::new("order").expect("a folder");
    let file = folder.path().join("rcpt.toml");
    std::fs::write(&file, "deadline_ms = 1\n").expect("a file");
    let with = |arguments: &[&str], variables: &[(&str, String)]| {
        let variables: Vec<_> = variables.iter().cloned().chain([("RCPT_CONFIG", file.display().to_string())]).collect();
        err(&run_with(arguments, &variables, b""))
    };
    assert!(with(&["verify", "--level", "syntax", "a@example.com"], &[]).contains("deadline_ms: expected"));
    let variable = [("RCPT_DEADLINE_MS", "2".to_owned())];
    assert!(with(&["verify", "--level", "syntax", "a@example.com"], &variable).contains("RCPT_DEADLINE_MS: expected"));
    assert!(with(&["verify", "--level", "syntax", "--deadline-ms", "3", "a@example.com"], &variable).contains("--deadline-ms: expected"));
}

#[test]
fn err_without_a_lab_it_says_so() {
    let variables = [("RCPT_DNS", "127.77.0.53:1".to_owned())];
    let output = run_with(&["verify", "--lab", "ada@accepts.example"], &variables, b"");
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).contains("rcpt lab"), "{}", err(&output));
}

/// Whoever goes on for long says it and goes on, since a lab may come.
#[test]
fn err_without_a_lab_those_who_go_on_say_so_once() {
    let queue = format!("amqp://127.0.0.1:{}", free_port().expect("a port"));
    for arguments in [&["serve", "--lab", "--listen", "127.0.0.1:0"][..], &["work", "--lab"]] {
        let mut command = rcpt().expect("rcpt");
        command.args(arguments).env("RCPT_DNS", "127.77.0.53:1").env("RCPT_QUEUE", &queue);
        let mut process = child::Kept::start(&command, false).expect("it starts");
        let goes_on = |process: &child::Kept| ["serving", "the queue is gone"].iter().any(|word| process.output().contains(word));
        process.wait_until(Duration::from_secs(20), goes_on).expect("it goes on");
        process.stop();
        let said = "expected a running lab at 127.77.0.53:1, found none; start one with: rcpt lab";
        assert_eq!(process.output().matches(said).count(), 1, "{arguments:?}: {}", process.output());
    }
}

#[test]
fn ok_help_names_the_settings_that_a_command_reads() {
    let commands = ["serve", "verify", "bulk", "doctor"];
    let helps = commands.map(|command| (command, out(&run(&[command, "--help"]))));
    for setting in prober::config::SETTINGS.iter().filter(|setting| !setting.name.starts_with("secret")) {
        let named = format!("[{}]", setting.variable);
        for (command, help) in &helps {
            assert_eq!(help.contains(&named), setting.is_of(command), "{command}: {}", setting.variable);
        }
        assert!(helps.iter().any(|(_, help)| help.contains(&named)), "{}", setting.variable);
    }
    let shown = |command: usize, name: &str| helps[command].1.contains(name);
    assert!(shown(0, "--listen") && !shown(1, "--listen") && !shown(2, "--retention-h") && shown(3, "--ntp") && !shown(0, "--ntp"));
}

#[test]
fn ok_misspelt_variables_are_named() {
    let folder = Scratch::new("misspelt").expect("a folder");
    std::fs::write(folder.path().join("list"), "ada@example.com\n").expect("written");
    let list = folder.path().join("list").display().to_string();
    let variables = [("RCPT_HELLO", "prober.example.org".to_owned()), ("RCPT_LISTEN", "127.0.0.1:x".to_owned())];
    // A stranger alone ends nothing. Where it leaves a setting unset that others need, it is named as well.
    let output = run_with(&["verify", "ada@example.com", "--level", "syntax"], &variables[..1], b"");
    assert!(output.status.code() == Some(0) && err(&output).contains("did you mean RCPT_HELO?"), "{}", err(&output));
    let output = run_with(&["serve"], &variables, b"");
    let said = err(&output);
    assert!(output.status.code() == Some(2) && said.contains("RCPT_LISTEN") && said.contains("did you mean RCPT_HELO?"), "{said}");
    let output = run_with(&["bulk", &list, "-o", "-", "--level", "syntax"], &variables[..1], b"");
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    assert!(err(&output).contains("RCPT_HELLO is set, and there is no such setting; did you mean RCPT_HELO?"), "{}", err(&output));
    let output =
        run_with(&["doctor", "--blocklists", "off", "--ntp", "off", "--dns", "127.0.0.1:1", "--deadline-ms", "200"], &variables[..1], b"");
    assert!(err(&output).contains("did you mean RCPT_HELO?"), "{}", err(&output));
}

#[test]
fn err_a_misspelt_flag_is_no_address() {
    let output = run(&["verify", "--lvl", "dns", "ada@accepts.example"]);
    assert_eq!((output.status.code(), out(&output).as_str()), (Some(2), ""));
    assert!(err(&output).contains("unexpected argument '--lvl'"), "{}", err(&output));
    // Flags may stand behind addresses, and addresses begin with a hyphen.
    let hyphens = run(&["verify", "-ada@accepts.example", "--level", "syntax", "--", "--ada@accepts.example", "--format"]);
    assert_eq!(out(&hyphens).lines().filter(|line| line.contains("ada@accepts.example")).count(), 2, "{}", err(&hyphens));
    // What is glued to a flag of another command is no address.
    let output = run(&["bulk", "-onowhere/ada@x.csv", "list"]);
    assert!(err(&output).contains("-o: expected the folder nowhere"), "{}", err(&output));
    let output = run(&["reply", "550 5.1.1 User unknown", "--format", "jsonl"]);
    assert_eq!(json_lines(&output).len(), 1, "{}", err(&output));
}

/// The verdict stays what it is: a file's name is no address.
#[test]
fn ok_a_list_in_place_of_an_address_is_told_of_bulk() {
    let folder = Scratch::new("list").expect("a folder");
    std::fs::write(folder.path().join("addresses.txt"), "ada@accepts.example\n").expect("written");
    std::fs::write(folder.path().join("ada@accepts.example"), "").expect("written");
    let verify = |address: &str| {
        let mut command = rcpt().expect("rcpt");
        command.args(["verify", "--level", "syntax", "--format", "jsonl", address]).current_dir(folder.path());
        let output = child::run(&mut command, b"").expect("rcpt runs");
        assert_eq!(output.status.code(), Some(0), "{}", err(&output));
        (json_lines(&output)[0]["reason"].as_str().map(str::to_owned), err(&output))
    };
    let hint = "rcpt: addresses.txt is a file; to verify a list: rcpt bulk addresses.txt -o verdicts.csv\n";
    assert_eq!(verify("addresses.txt"), (Some("syntax_invalid".to_owned()), hint.to_owned()));
    std::fs::write(folder.path().join("my list"), "ada@accepts.example\n").expect("written");
    assert!(verify("my list").1.ends_with("rcpt bulk \"my list\" -o verdicts.csv\n"));
    for address in ["ada@accepts.example", "missing.txt", "."] {
        assert_eq!(verify(address).1, "", "{address}");
    }
}

#[test]
fn err_a_port_that_is_taken_is_named_with_the_setting_that_says_another() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let place = taken.local_addr().expect("an address").to_string();
    let output = run(&["serve", "--lab", "--listen", &place]);
    assert_eq!(output.status.code(), Some(1));
    let said = format!("{place} is in use already; --listen or RCPT_LISTEN says where else to listen");
    assert!(err(&output).contains(&said), "{}", err(&output));
    let port = taken.local_addr().expect("an address").port().to_string();
    let output = run(&["lab", "--smtp-port", "0", "--dns-port", "0", "--doh-port", &port]);
    assert_eq!(output.status.code(), Some(1));
    let said = format!("127.0.0.1:{port} is in use already; --smtp-port, --dns-port and --doh-port say other ports");
    assert!(err(&output).contains(&said), "{}", err(&output));
    let Ok(node) = stack::worker::node() else {
        println!("left out: the example on a taken port (node_modules is not set up)");
        return;
    };
    let mut example = std::process::Command::new(node);
    example.current_dir(stack::place::root()).arg("edge/example/server.mjs").env("PORT", &port);
    let output = example.output().expect("node runs");
    assert_eq!(output.status.code(), Some(1));
    let said = format!(
        "the example: 127.0.0.1:{port} is in use already; PORT says another port, whose origin the edge then has to list (RCPT_ORIGINS)\n"
    );
    assert_eq!(err(&output), said);
}

/// What the example is set to is looked at before anything listens, and all of it at once.
#[test]
fn err_bad_settings_of_the_example() {
    let Ok(node) = stack::worker::node() else {
        println!("left out: the example's settings (node_modules is not set up)");
        return;
    };
    let edge = "RCPT_EDGE: expected an http(s) URL without path";
    for (settings, said) in [
        (&[("PORT", "abc")][..], "PORT: expected a number of 1 to 65535, found \"abc\"".to_owned()),
        (&[("PORT", "")], "PORT: expected a number of 1 to 65535, found \"\"".to_owned()),
        (&[("PORT", "0")], "PORT: expected a number of 1 to 65535, found \"0\"".to_owned()),
        (&[("PORT", "65536")], "PORT: expected a number of 1 to 65535, found \"65536\"".to_owned()),
        (&[("RCPT_EDGE", "nonsense")], format!("{edge}, found \"nonsense\"")),
        (&[("RCPT_EDGE", "ftp://127.0.0.1")], format!("{edge}, found \"ftp://127.0.0.1\"")),
        (&[("RCPT_EDGE", "http://127.0.0.1:8787/v1")], format!("{edge}, found \"http://127.0.0.1:8787/v1\"")),
        (&[("PORT", "1e3"), ("RCPT_EDGE", "")], format!("PORT: expected a number of 1 to 65535, found \"1e3\"; {edge}, found \"\"")),
        (
            &[("RCPT_SITE_KEY", "site_\"><script>")],
            "RCPT_SITE_KEY: expected site_ and 16 to 64 letters, digits, - and _, found \"site_\\\"><script>\"".to_owned(),
        ),
        (&[("ORIGIN", "shop.example")], "ORIGIN: expected an http(s) URL without path, found \"shop.example\"".to_owned()),
    ] {
        // One that is taken would listen for ever.
        let mut example = std::process::Command::new("timeout");
        for name in ["PORT", "ORIGIN", "RCPT_EDGE", "RCPT_SITE_KEY"] {
            example.env_remove(name);
        }
        example.current_dir(stack::place::root()).arg("20").arg(&node).arg("edge/example/server.mjs").envs(settings.iter().copied());
        let output = example.output().expect("node runs");
        assert_eq!((output.status.code(), err(&output)), (Some(2), format!("the example: {said}\n")), "{settings:?}");
    }
}
