//! A prober that keeps jobs, workers that work for it, and what lies between: a queue.

use std::time::Duration;

use prober::lab::Visit;
use serde_json::Value;
use stack::child::Kept;
use stack::http::{self, Answer};
use stack::place::Scratch;
use stack::whole::{LAB_SECRET, Ports, RunningLab, rcpt, start_prober_with};

/// `printf alice-key | sha256sum`.
const KEYS: &str = "alice:72ee9d4355ccb9d3a4c9dbf37382e38e75c1b1a225b5bd1f729ee91bbda30c20";

/// How often a job is looked at, twenty times a second: a task that is lost is put anew after ten minutes and one more (`FIRST_WAIT`, `GRACE`).
const LOOKS: usize = 15_000;

/// Everything but the queue.
pub(super) struct Office {
    pub(super) url: String,
    pub(super) prober: Kept,
    pub(super) lab: RunningLab,
    folder: Scratch,
    /// What prober and workers have in common.
    settings: Vec<(&'static str, String)>,
}

impl Office {
    /// A prober that works on no tasks itself, in a lab with so many hosts of each kind.
    pub(super) fn open(queue: &str, hosts: usize) -> Self {
        Self::open_with(vec![("RCPT_QUEUE", queue.to_owned())], hosts)
    }

    pub(super) fn open_with(settings: Vec<(&'static str, String)>, hosts: usize) -> Self {
        let (folder, lab) = (Scratch::new("office").expect("a folder"), RunningLab::with_crowd(Ports::default(), hosts).expect("a lab"));
        let (prober, url) = start(&lab, &folder, &settings);
        Self { url, prober, lab, folder, settings }
    }

    /// The prober dies, and another one comes.
    pub(super) fn die_and_return(&mut self) {
        self.prober.kill();
        (self.prober, self.url) = start(&self.lab, &self.folder, &self.settings);
    }

    /// Another prober with a copy of this one's folder, as it is now.
    pub(super) fn copy(&self) -> (Kept, String, Scratch) {
        let folder = Scratch::new("copy").expect("a folder");
        std::fs::copy(self.folder.path().join("name"), folder.path().join("name")).expect("a name");
        let (prober, url) = start(&self.lab, &folder, &self.settings);
        (prober, url, folder)
    }

    /// A worker for this queue.
    pub(super) fn worker(&self) -> Kept {
        let mut command = rcpt().expect("rcpt");
        command.args(["work", "--lab"]).envs(self.lab.settings()).env("RCPT_SECRET", LAB_SECRET).envs(self.settings.iter().cloned());
        let mut worker = Kept::start(&command, false).expect("a worker");
        let is_up = |worker: &Kept| ["working", "the queue is gone"].iter().any(|word| worker.output().contains(word));
        worker.wait_until(Duration::from_secs(20), is_up).expect("it works");
        worker
    }

    fn ask(&self, method: &str, path: &str, body: &[u8]) -> Answer {
        let headers = [("authorization", "Bearer alice-key")];
        http::send(method, &format!("{}{path}", self.url), &headers, body).expect("an answer")
    }

    /// Gives a list of addresses, one a line; its path.
    pub(super) fn give(&self, list: &str) -> String {
        let given = self.ask("POST", "/v1/jobs?header=false", list.as_bytes());
        assert_eq!(given.status, 201, "{}", given.body);
        given.header("location").expect("a place").to_owned()
    }

    pub(super) fn post(&self, path: &str) -> Value {
        let answer = self.ask("POST", path, b"");
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()
    }

    pub(super) fn look(&self, path: &str) -> Value {
        let answer = self.ask("GET", path, b"");
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()
    }

    /// How many mailboxes of a job are answered.
    pub(super) fn done(&self, path: &str) -> u64 {
        let job = self.look(path);
        let counts = job["counts"].as_object().expect("counts");
        counts.values().filter_map(Value::as_u64).sum()
    }

    /// Waits until so many are answered, or the job has ended.
    pub(super) fn wait_until(&self, path: &str, done: u64) {
        self.wait(path, |job| {
            job["counts"].as_object().is_some_and(|counts| counts.values().filter_map(Value::as_u64).sum::<u64>() >= done)
        });
    }

    /// Waits for the end of a job.
    pub(super) fn wait_for_end(&self, path: &str) -> Value {
        self.wait(path, |job| job["state"] != "running");
        let job = self.look(path);
        assert_eq!(job["state"], "done", "{job}");
        job
    }

    fn wait(&self, path: &str, is_there: impl Fn(&Value) -> bool) {
        for look in 0..LOOKS {
            let job = self.look(path);
            if is_there(&job) || job["state"] != "running" {
                return;
            }
            if look == LOOKS / 6 {
                println!("it takes long, as if a task were lost: {job}");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("it never came so far: {}; {}", self.look(path), self.prober.output());
    }

    /// Address and reason of each row of the results.
    pub(super) fn results(&self, path: &str) -> Vec<(String, String)> {
        let results = self.ask("GET", &format!("{path}/results"), b"");
        let field = |row: &str, n: usize| row.split(',').nth(n).unwrap_or_default().to_owned();
        results.body.lines().map(|row| (field(row, 0), field(row, 2))).collect()
    }

    /// How many recipients were asked in visits that have ended.
    pub(super) fn recipients(&self) -> usize {
        let is_asked = |visit: &Visit| visit.commands.iter().filter(|line| line.starts_with("RCPT")).count();
        self.lab.lab().guest_book().iter().map(is_asked).sum()
    }
}

fn start(lab: &RunningLab, folder: &Scratch, settings: &[(&'static str, String)]) -> (Kept, String) {
    let data = folder.path().to_string_lossy().into_owned();
    let mut all = vec![("RCPT_DATA", data.as_str()), ("RCPT_KEYS", KEYS), ("RCPT_WORK", "off")];
    all.extend(settings.iter().map(|(name, text)| (*name, text.as_str())));
    start_prober_with(lab, 0, &all, false).expect("a prober")
}
