//! Rules of the house that prose would forget.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a suite fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use shared::wire::access::{ApiKeys, Quotas, Sites};
use stack::place::root;
use stack::whole::Ports;

/// Every file of the project, as git sees it.
fn files() -> Vec<PathBuf> {
    let listed = Command::new("git").args(["ls-files", "--cached", "--others", "--exclude-standard"]).current_dir(root()).output();
    let listed = String::from_utf8(listed.expect("git").stdout).expect("UTF-8");
    listed.lines().map(PathBuf::from).filter(|path| root().join(path).is_file()).collect()
}

fn sources() -> Vec<PathBuf> {
    files().into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "rs")).collect()
}

fn read(path: impl AsRef<Path>) -> String {
    fs::read_to_string(root().join(path)).expect("a file of text")
}

#[test]
fn ok_shared_is_made_of_what_is_listed() {
    let manifest: toml::Table = read("shared/Cargo.toml").parse().expect("TOML");
    let named: BTreeSet<&str> = manifest["dependencies"].as_table().expect("a table").keys().map(String::as_str).collect();
    let allowed = [
        "base64ct",
        "hickory-proto",
        "hmac",
        "icu_normalizer",
        "icu_properties",
        "idna",
        "jiff-core",
        "schemars",
        "serde",
        "serde_json",
        "sha2",
    ];
    // What a page's build asks for is no part of it elsewhere.
    let of_pages = ["getrandom", "wasm-bindgen"];
    assert_eq!(named, allowed.into_iter().chain(of_pages).collect());
    let default: BTreeSet<&str> =
        manifest["features"]["default"].as_array().expect("features").iter().filter_map(toml::Value::as_str).collect();
    assert_eq!(default, BTreeSet::from(["unicode"]));
    assert!(read("shared/src/lib.rs").contains("#![no_std]"));
}

#[test]
fn ok_edge_and_prober_meet_in_shared_only() {
    for (member, other) in [("edge", "prober"), ("prober", "rcpt-edge"), ("shared", "prober"), ("shared", "worker")] {
        let manifest: toml::Table = read(format!("{member}/Cargo.toml")).parse().expect("TOML");
        assert!(!manifest["dependencies"].as_table().expect("a table").contains_key(other), "{member} names {other}");
    }
}

/// domain → mailbox → dns → smtp → evidence → verdict → wire: a module names only those before it. Two arrows back are written down here: the
/// sessions' facts are evidence, and mailboxes look operators up by domain.
#[test]
fn ok_arrows_inside_shared_point_one_way() {
    let order = ["domain", "mailbox", "dns", "smtp", "evidence", "verdict", "wire"];
    let exceptions = [("smtp", "evidence")];
    for path in sources().iter().filter(|path| path.starts_with("shared/src") && !path.to_string_lossy().contains("tests")) {
        let module = path.iter().nth(2).expect("a module").to_string_lossy().trim_end_matches(".rs").to_owned();
        let Some(rank) = order.iter().position(|name| *name == module) else { continue };
        let text = read(path);
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        for (other_rank, other) in order.iter().enumerate() {
            let names = code.contains(&format!("crate::{other}"));
            assert!(!names || other_rank <= rank || exceptions.contains(&(module.as_str(), *other)), "{} names {other}", path.display());
        }
    }
}

#[test]
fn ok_names() {
    for path in files() {
        let shown = path.to_string_lossy().into_owned();
        for part in path.iter().map(|part| part.to_string_lossy()) {
            let stem = part.split('.').next().unwrap_or_default();
            assert!(!["utils", "util", "helpers", "helper", "common", "manager", "misc"].contains(&stem), "{shown}");
        }
        assert!(!shown.ends_with("/mod.rs"), "{shown}");
    }
}

#[test]
fn ok_files_are_short() {
    for path in sources() {
        let text = read(&path);
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let lines = code.lines().count();
        assert!(lines <= 400, "{} has {lines} lines", path.display());
    }
}

#[test]
fn ok_every_crate_obeys_the_lints() {
    for member in ["shared", "edge", "prober", "tests"] {
        assert!(read(format!("{member}/Cargo.toml")).contains("[lints]\nworkspace = true"), "{member}");
    }
}

#[test]
fn ok_nothing_is_left_to_be_done_in_passing() {
    // Taken apart, so that this file does not find itself.
    let marks =
        [["TO", "DO"].concat(), ["FIX", "ME"].concat(), ["todo", "!("].concat(), ["unimplemented", "!("].concat(), ["dbg", "!("].concat()];
    for path in sources() {
        let text = read(&path);
        for mark in &marks {
            assert!(!text.contains(mark.as_str()), "{} says {mark}", path.display());
        }
    }
}

#[test]
fn ok_paths_in_architecture_exist() {
    let text = read("ARCHITECTURE.md");
    let paths: BTreeSet<&str> =
        text.split('`').skip(1).step_by(2).filter(|quoted| quoted.contains('/') && !quoted.contains([' ', '{', '*', ':'])).collect();
    let paths: Vec<&str> = paths.into_iter().filter(|path| !path.starts_with('/')).collect();
    assert!(paths.len() > 20, "{paths:?}");
    for path in paths {
        assert!(root().join(path).exists(), "{path}");
    }
}

#[test]
fn ok_every_setting_is_documented_and_every_documented_one_is_read() {
    let settings = read("docs/settings.md");
    let documents = files().into_iter().filter(|path| path.starts_with("docs") || path == Path::new("README.md"));
    let known: BTreeSet<String> = prober::config::SETTINGS.iter().map(|setting| setting.variable.to_owned()).collect();
    let edge: BTreeSet<String> = sources().iter().filter(|path| path.starts_with("edge/src")).flat_map(|path| words(&read(path))).collect();
    let documented = words(&settings);
    for variable in known.union(&edge) {
        assert!(documented.contains(variable), "docs/settings.md does not name {variable}");
    }
    for variable in &documents.flat_map(|path| words(&read(path))).collect::<BTreeSet<_>>() {
        assert!(known.contains(variable) || edge.contains(variable) || variable == "RCPT_CORPORA", "nobody reads {variable}");
    }
    let wrangler = words(&read("wrangler.toml"));
    assert_eq!(wrangler, edge, "wrangler.toml comments every variable of the Worker");
}

#[test]
fn ok_the_readme_names_the_ports_of_make_run() {
    let readme = read("README.md");
    let (_, sentence) = readme.split_once("It listens on loopback alone: ").expect("a sentence");
    let sentence = sentence.split(", and names").next().unwrap_or_default();
    let named: BTreeSet<u16> =
        sentence.split(|c: char| !c.is_ascii_digit()).filter_map(|word| word.parse().ok()).filter(|port| *port > 1024).collect();
    let Ports { smtp, dns, doh, prober, worker } = Ports::DOCUMENTED;
    assert_eq!(named, BTreeSet::from([smtp, dns, doh, prober, worker]));
}

/// Callers are told how large budgets are; that is right as long as nobody changes one alone.
#[test]
fn ok_callers_are_told_the_proposed_limits() {
    let proposed = stack::worker::bindings::proposed(&read("wrangler.toml")).expect("TOML");
    let limiters = proposed["ratelimits"].as_array().expect("bindings");
    assert_eq!(limiters.len(), 5);
    for limiter in limiters {
        let told = Quotas::default().policy(limiter["name"].as_str().expect("a name")).expect("a quota");
        assert!(told.ends_with(&format!(";q={};w={}", limiter["simple"]["limit"], limiter["simple"]["period"])), "{told}: {limiter}");
    }
}

/// What the documents show of keys and sites is what the Worker reads.
#[test]
fn ok_keys_and_sites_are_shown_as_they_are_read() {
    for (path, opening, close) in [("README.md", "='", '\''), ("wrangler.toml", " = \"", '"')] {
        let text = read(path);
        let shown = |name: &str| {
            let (_, rest) = text.split_once(&format!("{name}{opening}")).unwrap_or_else(|| panic!("{path} shows no {name}"));
            rest.split(close).next().unwrap_or_default().to_owned()
        };
        let (keys, sites) = (ApiKeys::parse(&shown("RCPT_KEYS")), Sites::parse(&shown("RCPT_SITES")));
        assert!(keys.as_ref().is_ok_and(|keys| !keys.is_empty()), "{path}: {keys:?}");
        assert!(sites.as_ref().is_ok_and(|sites| !sites.is_empty()), "{path}: {sites:?}");
    }
}

/// The Worker's core knows headers by their place in the list that JavaScript hands over.
#[test]
fn ok_core_and_runtime_agree_on_headers() {
    let list = |path: &str, start: &str| -> Vec<String> {
        let text = read(path);
        let (_, rest) = text.split_once(start).expect("a list");
        let items = rest.split(']').next().unwrap_or_default().split(',').map(str::trim).filter(|item| !item.is_empty());
        let value = |item: &str| {
            text.split_once(&format!("{item}: &str = ")).map_or(item, |(_, rest)| rest.split(';').next().unwrap_or_default()).to_owned()
        };
        items.map(value).collect()
    };
    assert_eq!(list("edge/src/runtime.js", "const HEADERS = ["), list("edge/src/asked.rs", "const HEADERS: [&str; 8] =\n    ["));
}

/// The `RCPT_…` words of a text.
fn words(text: &str) -> BTreeSet<String> {
    let word = |part: &str| part.chars().take_while(|c| c.is_ascii_uppercase() || *c == '_').collect::<String>();
    text.match_indices("RCPT_").map(|(at, _)| word(&text[at..])).filter(|word| word.len() > 5).collect()
}

#[test]
fn ok_no_machine_is_named() {
    let homes = [["/ro", "ot/"].concat(), ["/ho", "me/"].concat(), ["/wo", "rk/"].concat()];
    for path in files() {
        let Ok(text) = fs::read_to_string(root().join(&path)) else { continue };
        for home in &homes {
            assert!(!text.contains(home.as_str()), "{} names {home}", path.display());
        }
    }
}
