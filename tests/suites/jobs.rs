//! Jobs at the prober: who may give them, how they go, and that they leave nothing behind.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a suite fails by panicking")]

#[path = "jobs/access.rs"]
mod access;
#[path = "jobs/course.rs"]
mod course;
#[path = "jobs/news.rs"]
mod news;
#[path = "jobs/traces.rs"]
mod traces;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;
use stack::child::Kept;
use stack::http::{self, Answer};
use stack::place::Scratch;
use stack::whole::{Ports, RunningLab, start_prober_with};

/// `printf alice-key | sha256sum`, and the same of Bob's.
const KEYS: &str = "alice:72ee9d4355ccb9d3a4c9dbf37382e38e75c1b1a225b5bd1f729ee91bbda30c20,\
    bob:9b94dc1a51a38769f135edf04033ad7f2f487b6c25929be7a861cfc1ab10cf98";

/// A prober that keeps jobs, in a lab.
struct Office {
    url: String,
    prober: Kept,
    lab: RunningLab,
    folder: Scratch,
    settings: Vec<(String, String)>,
}

impl Office {
    fn open() -> Self {
        Self::open_with(&[])
    }

    fn open_with(settings: &[(&str, &str)]) -> Self {
        let (folder, lab) = (Scratch::new("jobs").expect("a folder"), RunningLab::with_crowd(Ports::default(), 4).expect("a lab"));
        let (prober, url) = start(&lab, folder.path(), settings);
        let settings = settings.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        Self { url, prober, lab, folder, settings }
    }

    /// The process dies, and another one comes.
    fn die_and_return(&mut self) {
        self.prober.kill();
        let settings: Vec<(&str, &str)> = self.settings.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        (self.prober, self.url) = start(&self.lab, self.folder.path(), &settings);
    }

    fn returned(mut self) -> Self {
        self.die_and_return();
        self
    }

    fn ask(&self, key: &str, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let authorization = format!("Bearer {key}");
        let headers = [headers, &[("authorization", authorization.as_str())]].concat();
        http::send(method, &format!("{}{path}", self.url), &headers, body).expect("an answer")
    }

    /// Gives a list; its path.
    fn give(&self, query: &str, list: &str) -> String {
        let given = self.ask("alice-key", "POST", &format!("/v1/jobs{query}"), &[], list.as_bytes());
        assert_eq!(given.status, 201, "{}", given.body);
        given.header("location").expect("a place").to_owned()
    }

    fn look(&self, path: &str) -> Value {
        let answer = self.ask("alice-key", "GET", path, &[], b"");
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()
    }

    /// The job once it is in this state.
    fn wait_for(&self, path: &str, state: &str) -> Value {
        let is_there = |job: &Value| job["state"] == state;
        for _ in 0..1200 {
            if is_there(&self.look(path)) {
                break;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let job = self.look(path);
        assert!(is_there(&job), "it never was {state}: {job}");
        job
    }

    fn results(&self, path: &str) -> Answer {
        self.ask("alice-key", "GET", &format!("{path}/results"), &[], b"")
    }

    /// Whether these octets stand in any file of the prober's.
    fn holds(&self, octets: &str) -> bool {
        files(self.folder.path()).iter().any(|path| {
            let held = fs::read(path).unwrap_or_default();
            held.windows(octets.len()).any(|window| window == octets.as_bytes())
        })
    }
}

fn start(lab: &RunningLab, folder: &Path, settings: &[(&str, &str)]) -> (Kept, String) {
    let data = folder.to_string_lossy().into_owned();
    let settings = [&[("RCPT_DATA", data.as_str()), ("RCPT_KEYS", KEYS)], settings].concat();
    start_prober_with(lab, 0, &settings, false).expect("a prober")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}
