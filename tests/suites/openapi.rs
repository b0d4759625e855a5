//! The OpenAPI documents: that they are such, that the types give them, that the services serve them, and that answers are as they say.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a suite fails by panicking")]

#[path = "openapi/answers.rs"]
mod answers;
#[path = "openapi/shape.rs"]
mod shape;

use std::fs;
use std::process::Command;
use std::sync::LazyLock;

use serde_json::Value;
use shared::wire::ProblemKind;
use shared::wire::signature::{HEADER, Secret, Signed, sign};
use stack::http::{self, Answer};
use stack::openapi::{self, ASKS, Ask, EXAMPLES_FILE, FILES};
use stack::place::root;
use stack::whole::{LAB_SECRET, Ports, Whole};

static WHOLE: LazyLock<Whole> = LazyLock::new(|| Whole::start(Ports::default(), &[], false).unwrap_or_else(|error| panic!("{error}")));

/// What a document's file holds.
fn text(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_default()
}

fn parsed(file: &str) -> Value {
    serde_json::from_str(&text(file)).expect("JSON")
}

/// A probe as an edge sends it.
fn probe(body: &str) -> Answer {
    let secret = Secret::new(LAB_SECRET.to_owned()).expect("long enough");
    let signature = sign(&secret, Signed { method: "POST", path: "/v1/probe", body: body.as_bytes() }, prober::clock::now().seconds());
    let headers = [("content-type", "application/json"), (HEADER, signature.as_str())];
    http::send("POST", &format!("{}/v1/probe", WHOLE.prober_url), &headers, body.as_bytes()).expect("an answer")
}

fn answer_to(ask: &Ask) -> Value {
    let url = format!("{}{}", WHOLE.worker.url, ask.path);
    let answer = match ask.body {
        Some(body) if ask.path == "/v1/probe" => probe(body),
        Some(body) => http::post(&url, &serde_json::from_str(body).expect("JSON")).expect("an answer"),
        None => http::get(&url).expect("an answer"),
    };
    assert_eq!(answer.status, 200, "{}: {}", ask.name, answer.body);
    let mut answer = answer.json();
    openapi::settle(&mut answer);
    answer
}

/// `cargo test --package rcpt-tests --test openapi -- --ignored write_the_documents` writes the examples and both documents anew.
#[test]
#[ignore = "it writes files of the project"]
fn write_the_documents() {
    let answers: Value = ASKS.iter().map(|ask| (ask.name.to_owned(), answer_to(ask))).collect::<serde_json::Map<_, _>>().into();
    fs::write(root().join(EXAMPLES_FILE), format!("{answers:#}\n")).expect("written");
    for (file, document) in FILES {
        fs::write(root().join(file), openapi::to_text(&document())).expect("written");
    }
}

#[test]
fn ok_the_files_are_what_the_types_give() {
    for (file, document) in FILES {
        assert!(text(file) == openapi::to_text(&document()), "{file} is old; CONTRIBUTING tells how it is written anew");
    }
}

#[test]
fn ok_examples_are_what_the_lab_answers() {
    let kept = parsed(EXAMPLES_FILE);
    for ask in &ASKS {
        let found = answer_to(ask);
        assert_eq!(found, kept[ask.name], "{}", ask.name);
    }
}

#[test]
fn ok_each_service_serves_its_own() {
    for (file, url) in [("edge/openapi.json", &WHOLE.worker.url), ("prober/openapi.json", &WHOLE.prober_url)] {
        let answer = http::get(&format!("{url}/openapi.json")).expect("an answer");
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")), "{file}");
        assert!(answer.body == text(file) && answer.header("x-request-id").is_some(), "{file}");
    }
}

/// What the prober alone says is not in the Worker's document, and every path that the Worker knows is.
#[test]
fn ok_the_worker_s_tells_of_all_the_worker_and_of_nothing_else() {
    let (file, document) = (text("edge/openapi.json"), parsed("edge/openapi.json"));
    let of_prober = ProblemKind::ALL.iter().map(|kind| kind.code()).filter(|code| {
        let other = ["conflict", "jobs_disabled", "probing_disabled", "overloaded", "internal"];
        code.starts_with("signature_") || other.contains(code)
    });
    for code in of_prober {
        assert!(!file.contains(&format!("\"{code}\"")) && !file.contains(&format!("`{code}`")), "{code}");
    }
    let routes = text("edge/src/route.rs");
    let paths: Vec<&str> = routes.split('"').skip(1).step_by(2).filter(|text| text.starts_with('/')).collect();
    assert!(paths.len() > 6, "{paths:?}");
    for path in paths {
        assert!(document["paths"][path].is_object(), "{path} is not described");
    }
}

/// By the schema of OpenAPI 3.1 itself (openapi-spec-validator brings it), with every schema and reference in them.
#[test]
fn ok_they_are_documents_of_openapi_3_1() {
    let validator = root().join("target/python/bin/openapi-spec-validator");
    if !validator.is_file() {
        println!("left out: the OpenAPI documents' own form (no Python packages)");
        return;
    }
    let check = |path: &std::path::Path| {
        let output = Command::new(&validator).args(["--schema", "3.1"]).arg(path).output().expect("it runs");
        (output.status.success(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
    };
    for (file, _) in FILES {
        let (well, said) = check(&root().join(file));
        assert!(well, "{file}: {said}");
    }
    let scratch = stack::place::Scratch::new("openapi").expect("a folder");
    let broken = scratch.path().join("broken.json");
    fs::write(&broken, text("edge/openapi.json").replace("\"operationId\":\"verify\"", "\"operationId\":7")).expect("written");
    assert!(!check(&broken).0, "what is no document would pass");
}

/// The Worker carries it whole.
#[test]
fn ok_the_worker_s_is_light() {
    let Ok(output) = Command::new("gzip").args(["-9", "--stdout"]).arg(root().join("edge/openapi.json")).output() else {
        println!("left out: the weight of edge/openapi.json (gzip is not installed)");
        return;
    };
    assert!(output.stdout.len() <= 9_216, "{} octets", output.stdout.len());
}
