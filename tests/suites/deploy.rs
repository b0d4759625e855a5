//! What is deployed, and by what: the Worker's environments, the prober's unit, its settings, and its compose file.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a suite fails by panicking")]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::json;
use stack::child::Kept;
use stack::greeting::how_to_ask;
use stack::http;
use stack::place::{Scratch, free_port, program, root};
use stack::whole::{LAB_RECEIPT_KEYS, LAB_SECRET, rcpt};
use stack::worker::Worker;

/// What the Worker may weigh, gzipped.
const MOST_KIB: f64 = 400.0;

/// What a command came to: whether well, and both its outputs.
fn run(command: &mut Command) -> (bool, String) {
    let output = command.stdin(Stdio::null()).output().expect("the command runs");
    (output.status.success(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

/// Wrangler without an account, and with no way out.
fn wrangler(home: &Path, arguments: &[&str]) -> (bool, String) {
    offline("dev/wrangler.sh", home, arguments)
}

/// What `make deploy-check` runs, likewise, with this configuration.
fn deploy_check(home: &Path, text: &str) -> (bool, String) {
    let config = home.join("wrangler.toml");
    fs::write(&config, text).expect("written");
    offline("dev/deploy-check.sh", home, &["--config", config.to_str().expect("a path of text")])
}

fn offline(script: &str, home: &Path, arguments: &[&str]) -> (bool, String) {
    let mut command = Command::new(root().join(script));
    command.args(arguments).env("XDG_CONFIG_HOME", home).env("WRANGLER_SEND_METRICS", "false").env("CI", "true").env("NO_COLOR", "1");
    for name in ["CLOUDFLARE_API_TOKEN", "CLOUDFLARE_ACCOUNT_ID", "CLOUDFLARE_ENV"] {
        command.env_remove(name);
    }
    for name in ["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"] {
        command.env(name, "http://127.0.0.1:9");
    }
    run(&mut command)
}

/// The figure behind `gzip: ` of what wrangler says.
fn gzipped_kib(said: &str) -> Option<f64> {
    said.split("gzip: ").nth(1)?.split(' ').next()?.parse().ok()
}

#[test]
fn ok_production_could_be_deployed() {
    let home = Scratch::new("wrangler").expect("a folder");
    let (well, said) = offline("dev/deploy-check.sh", home.path(), &[]);
    assert!(well && said.contains("--dry-run: exiting now"), "{said}");
    assert!(gzipped_kib(&said).is_some_and(|size| size > 100.0 && size <= MOST_KIB), "{said}");
    assert!(said.contains("the Worker works with the variables and bindings of production") && !said.contains("secret put"), "{said}");
}

/// What the Worker would refuse every request for, or worse, not look at, is found out before.
#[test]
fn err_variables_that_the_worker_cannot_work_with() {
    let home = Scratch::new("wrangler").expect("a folder");
    let text = in_place(&fs::read_to_string(root().join("wrangler.toml")).expect("wrangler.toml"));
    let key = "crm 40b11b489a24b2542244ade0edcf6f6d89064c24d26f3f01bda27fdea794fa90 verify batch";
    for (vars, well, told) in [
        ("RCPT_KEYS = \"\"".to_owned(), false, "RCPT_ACCESS: expected a key in RCPT_KEYS or a site in RCPT_SITES, found neither"),
        (format!("RCPT_KEY = \"{key}\""), false, "RCPT_KEY: the Worker looks at nothing of that name"),
        ("RCPT_DEADLINE_MS = 99\nRCPT_ORIGIN = \"https://a.example\"".to_owned(), false, "RCPT_DEADLINE_MS: expected a number"),
        ("RCPT_SITES = \"s site_3f9c0a7d52e84b16 https://a.example\"".to_owned(), false, "RCPT_PER_IP: expected a rate-limit binding"),
        (
            "[[env.production.ratelimits]]\nname = \"RCPT_PER_DOMIAN\"\nnamespace_id = \"1\"\nsimple = { limit = 9, period = 60 }"
                .to_owned(),
            false,
            "RCPT_PER_DOMIAN: the Worker looks at nothing of that name",
        ),
        (format!("RCPT_KEYS = \"{key}\""), true, "the Worker works with"),
        // Secrets are put where nobody reads them here.
        (
            "RCPT_PROBER = \"https://prober.example.com\"".to_owned(),
            true,
            "`dev/wrangler.sh secret put NAME --env production` asks for: RCPT_SECRET: ",
        ),
    ] {
        let (passed, said) = deploy_check(home.path(), &format!("{text}\n[env.production.vars]\n{vars}\n"));
        assert!(passed == well && said.contains("--dry-run: exiting now") && said.contains(told), "{vars}: {said}");
        assert_eq!(said.contains("RCPT_ORIGIN: "), vars.contains("RCPT_ORIGIN"), "every fault is said at once: {said}");
    }
}

/// wrangler.toml somewhere else, with no place left to chance.
fn in_place(text: &str) -> String {
    let place = |part: &str| format!("\"{}\"", root().join(part).display());
    let parts = ["edge/build/index.js", "target/page/site"];
    let whole = parts.iter().fold(text.to_owned(), |whole, part| whole.replace(&format!("\"{part}\""), &place(part)));
    whole.replace("cwd = \"edge\"", &format!("cwd = {}", place("edge")))
}

#[test]
fn err_without_an_environment_nothing_is_deployed() {
    let home = Scratch::new("wrangler").expect("a folder");
    for arguments in [&["deploy"][..], &["deploy", "--dry-run"], &["deploy", "--env="], &["versions", "upload"]] {
        let (well, said) = wrangler(home.path(), arguments);
        assert!(!well && said.contains("expected --env production or --env dev, found neither"), "{arguments:?}: {said}");
        assert!(!said.contains("Total Upload"), "{arguments:?}: {said}");
    }
}

/// wrangler.toml with everything that stands there in comments taken out of them.
fn with_all_that_is_proposed() -> String {
    let mut inside = false;
    let mut whole = String::new();
    for line in fs::read_to_string(root().join("wrangler.toml")).expect("wrangler.toml").lines() {
        inside = line.starts_with("# [") || (inside && line.starts_with("# "));
        whole.push_str(if inside { &line[2..] } else { line });
        whole.push('\n');
    }
    in_place(&whole)
}

#[test]
fn ok_everything_that_is_proposed_is_taken() {
    let home = Scratch::new("wrangler").expect("a folder");
    let config = home.path().join("wrangler.toml");
    let text = with_all_that_is_proposed();
    fs::write(&config, &text).expect("written");
    let table: toml::Table = text.parse().expect("TOML");
    let production = table["env"]["production"].as_table().expect("a table");
    let vars: Vec<&str> = production["vars"].as_table().expect("variables").keys().map(String::as_str).collect();
    assert!(vars.contains(&"RCPT_DOH") && production["routes"].is_array(), "{vars:?}");
    let path = config.to_str().expect("a path of text");
    let (well, said) = wrangler(home.path(), &["deploy", "--dry-run", "--env", "dev", "--config", path]);
    assert!(well && said.contains("env.RCPT_NEW_MAILBOXES_FREE") && !said.contains("Unexpected fields"), "{said}");
    let (well, said) = deploy_check(home.path(), &text);
    assert!(well, "{said}");
    for binding in vars.into_iter().chain(["RCPT_EVIDENCE"]) {
        assert!(said.contains(&format!("env.{binding}")), "{binding}: {said}");
    }
    // What wrangler does not know it warns of.
    assert!(!said.contains("Unexpected fields"), "{said}");
}

#[test]
fn ok_what_is_proposed_for_this_machine_answers_its_keys_and_its_site() {
    let worker = Worker::start_proposed(&[("RCPT_SECRET", LAB_SECRET), ("RCPT_RECEIPT_KEYS", LAB_RECEIPT_KEYS)]).expect("a Worker");
    let ask = |email: &str, headers: &[(&str, &str)]| {
        let body = json!({ "email": email, "nonce": "0123456789abcdef" }).to_string();
        let headers = [headers, &[("content-type", "application/json")]].concat();
        http::send("POST", &format!("{}/v1/verify", worker.url), &headers, body.as_bytes()).expect("an answer")
    };
    let (test, own) = (("authorization", "Bearer test_make_run"), ("authorization", "Bearer rcpt_make_run"));
    let (site, page) = (("x-rcpt-site", "site_0123456789abcdef"), ("origin", "http://127.0.0.1:8080"));
    for (email, headers, status, told) in [
        ("mailbox_full@rcpt.test", &[test][..], 200, "mailbox_full"),
        ("no address", &[test], 403, "test_key"),
        ("no address", &[own], 200, "syntax_invalid"),
        ("mailbox_full@rcpt.test", &[], 401, "key_missing"),
        ("mailbox_full@rcpt.test", &[site, ("origin", "http://localhost:8080")], 403, "origin_refused"),
        ("mailbox_full@rcpt.test", &[site, page], 200, "mailbox_full"),
        ("mailbox_full@rcpt.test", &[site, page], 409, "nonce_used"),
    ] {
        let answer = ask(email, headers);
        assert!(answer.status == status && answer.body.contains(told), "{email} {headers:?}: {answer:?}");
    }
}

/// What `make run` prints is a command that is answered, or says why none would be.
#[test]
fn ok_make_run_says_how_its_worker_wants_to_be_asked() {
    let other = "crm 40b11b489a24b2542244ade0edcf6f6d89064c24d26f3f01bda27fdea794fa90 verify";
    let proposed = Worker::start_proposed(&[("RCPT_SECRET", LAB_SECRET)]).expect("a Worker");
    let start = |vars: &[(&str, &str)]| Worker::start(0, vars, false).expect("a Worker");
    for (worker, key, told) in [
        (&start(&[]), None, "/v1/verify -H 'content-type: application/json' -d '{\"email\":\"ada@accepts.example\"}'"),
        (&proposed, Some("rcpt_make_run"), "under env.dev in wrangler.toml"),
        (&start(&[("RCPT_KEYS", other)]), Some("rcpt_…"), "under env.dev in wrangler.toml"),
        (&start(&[("RCPT_KEYS", "")]), None, "The Worker answers nobody: RCPT_ACCESS: expected a key"),
    ] {
        let said = how_to_ask(&worker.url);
        let shown = said.split("-H 'authorization: Bearer ").nth(1).and_then(|rest| rest.split('\'').next());
        assert!(shown == key && said.contains(told), "{said}");
    }
    let headers = [("content-type", "application/json"), ("authorization", "Bearer rcpt_make_run")];
    let answer = http::send("POST", &format!("{}/v1/verify", proposed.url), &headers, br#"{"email":"no address"}"#).expect("an answer");
    assert_eq!(answer.status, 200, "{answer:?}");
}

/// The unit, with the program where it was built.
fn unit(folder: &Path) -> String {
    let text = fs::read_to_string(root().join("prober/deploy/rcpt.service")).expect("the unit");
    let program = program("rcpt").expect("rcpt").display().to_string();
    let path = folder.join("rcpt.service");
    fs::write(&path, text.replace("/usr/local/bin/rcpt", &program)).expect("written");
    path.display().to_string()
}

#[test]
fn ok_the_unit_is_sound_and_has_no_privileges() {
    if Command::new("systemd-analyze").arg("--version").output().is_err() {
        println!("left out: the systemd unit (systemd-analyze is not installed)");
        return;
    }
    let folder = Scratch::new("unit").expect("a folder");
    let unit = unit(folder.path());
    assert_eq!(run(Command::new("systemd-analyze").args(["verify", &unit])), (true, String::new()));
    let (_, said) = run(Command::new("systemd-analyze").args(["security", "--offline=true", "--no-pager", &unit]));
    let exposure = said.split("exposure level for rcpt.service: ").nth(1).and_then(|rest| rest.split(' ').next()?.parse::<f64>().ok());
    assert!(exposure.is_some_and(|level| level <= 2.0), "{said}");
}

fn accepts(config: &Path) -> (bool, String) {
    let config = config.to_str().expect("a path of text");
    let mut command = rcpt().expect("rcpt");
    run(command.env("RCPT_SECRET", "a secret of some length").args(["verify", "--level", "syntax", "--config", config, "ada@example.com"]))
}

#[test]
fn ok_the_settings_file_is_taken_and_so_is_all_that_it_proposes() {
    let text = fs::read_to_string(root().join("prober/deploy/rcpt.toml")).expect("rcpt.toml");
    let folder = Scratch::new("settings").expect("a folder");
    let config = folder.path().join("rcpt.toml");
    let is_setting = |line: &str| line.strip_prefix("# ").is_some_and(|rest| rest.split(" = ").count() == 2);
    let proposed: Vec<&str> = text.lines().map(|line| if is_setting(line) { &line[2..] } else { line }).collect();
    assert_ne!(proposed.join("\n"), text.trim_end());
    for text in [text.clone(), proposed.join("\n")] {
        fs::write(&config, &text).expect("written");
        let (well, said) = accepts(&config);
        assert!(well, "{text}: {said}");
    }
    // Were a bad one to pass, this suite would prove nothing.
    fs::write(&config, text.replace("helo =", "hello =")).expect("written");
    assert!(!accepts(&config).0);
}

#[test]
fn ok_a_prober_of_that_file_is_ready() {
    let port = free_port().expect("a port");
    let config = root().join("prober/deploy/rcpt.toml");
    let mut command = rcpt().expect("rcpt");
    command.args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--config"]).arg(config);
    let mut prober = Kept::start(&command, false).expect("a prober");
    let ready = format!("http://127.0.0.1:{port}/readyz");
    let is_ready = |_: &Kept| http::get(&ready).is_ok_and(|answer| answer.status == 200);
    prober.wait_until(std::time::Duration::from_secs(20), is_ready).expect("ready");
}

#[test]
fn ok_the_compose_files_are_such() {
    let python = root().join("target/python/bin/python");
    if !python.is_file() {
        println!("left out: the compose files (no Python packages)");
        return;
    }
    let read = |name: &str| fs::read_to_string(root().join("prober/deploy").join(name)).expect("a compose file");
    let (text, queue) = (read("compose.yaml"), read("compose.queue.yaml"));
    let check = |text: &str| {
        let read = "import compose_spec, sys; print(compose_spec.PyCompose.from_yaml(sys.argv[1]).service_names())";
        run(Command::new(&python).args(["-c", read, text]))
    };
    let (well, said) = check(&text);
    assert!(well && said.contains("prober") && said.contains("cache"), "{said}");
    let (well, said) = check(&queue);
    assert!(well && ["prober", "worker", "broker", "cache"].iter().all(|name| said.contains(name)), "{said}");
    let address = queue.split("RCPT_QUEUE: ").nth(1).and_then(|rest| rest.lines().next()).expect("an address");
    assert!(address.replace("${RCPT_BROKER_PASSWORD}", "0a1b").parse::<prober::queue::Address>().is_ok(), "{address}");
    assert!(!check(&text.replace("read_only:", "readonly:")).0, "what is no compose file would pass");
    assert!([&text, &queue].iter().all(|text| text.contains("dockerfile: prober/deploy/Containerfile")));
    assert!(root().join("prober/deploy/Containerfile").is_file());
    let docker = |arguments: &[&str]| Command::new("docker").args(arguments).output().is_ok_and(|output| output.status.success());
    if docker(&["info"]) {
        assert!(docker(&["build", "--check", "--file", "prober/deploy/Containerfile", "."]), "the Containerfile");
    } else {
        println!("left out: the container (no Docker daemon)");
    }
}
