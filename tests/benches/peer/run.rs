//! One program over one list in a lab of its own, watched from outside.

use std::fs::{self, File};
use std::net::ToSocketAddrs as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use prober::lab::{self, Visit};
use stack::place::{Scratch, root};
use stack::whole::{RunningLab, rcpt};

use super::lists::Entry;

/// How long one address may take, or one connection of the peer's, which makes one for each.
pub(crate) const SECONDS: u64 = 10;

/// Who is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Program {
    /// The peer, about so many addresses at once.
    Peer(usize),
    /// Rcpt's library, in the same way.
    Ours(usize),
    /// `rcpt bulk`, as it comes.
    Bulk,
    /// The bare dialogue, in so many sessions a host.
    Plain(usize),
}

/// What a run came to.
pub(crate) struct Outcome {
    pub(crate) wall: Duration,
    /// The most memory it held, in KB (proc(5), VmHWM).
    pub(crate) memory: usize,
    pub(crate) visits: Vec<Visit>,
    pub(crate) questions: u64,
    /// The program's own word for each address.
    pub(crate) words: Vec<String>,
    /// How long each address took, in microseconds, where the program tells.
    pub(crate) times: Vec<u64>,
}

impl Outcome {
    /// How many connections stood at once at one host at the most.
    pub(crate) fn at_one_host(&self) -> usize {
        let among = |visit: &Visit, other: &Visit| {
            other.host == visit.host && other.opened_ms <= visit.opened_ms && visit.opened_ms < other.closed_ms
        };
        let beside = |visit: &Visit| self.visits.iter().filter(|other| among(visit, other)).count();
        self.visits.iter().map(beside).max().unwrap_or(0).max(1)
    }
}

impl Program {
    pub(crate) fn run(self, crowd: usize, entries: &[Entry]) -> Outcome {
        let folder = Scratch::new("beside").expect("a folder");
        let config = lab::Config { smtp_port: 0, dns_port: 53, doh_port: 0, upstream: Vec::new(), crowd };
        let lab = RunningLab::with_config(config).expect("a lab");
        fs::write(folder.path().join("in"), self.input(entries)).expect("written");
        let before = lab.lab().questions();
        let (wall, memory) = watch(self.command(folder.path(), &lab));
        let visits = ended(&lab);
        let out = fs::read_to_string(folder.path().join("out")).expect("the output");
        let (words, times) = out.lines().map(|line| self.read(line)).unzip();
        Outcome { wall, memory, visits, questions: lab.lab().questions() - before, words, times }
    }

    /// Whoever does nothing but the dialogue is told the hosts' addresses.
    fn input(self, entries: &[Entry]) -> String {
        let line = |entry: &Entry| match self {
            Self::Plain(_) => {
                let host = format!("mx.{}", entry.domain);
                let found = (host.as_str(), 25).to_socket_addrs().expect("a host").next().expect("an address");
                format!("{} {}\n", found.ip(), entry.email)
            }
            _ => format!("{}\n", entry.email),
        };
        entries.iter().map(line).collect()
    }

    fn command(self, folder: &Path, lab: &RunningLab) -> Command {
        let port = lab.lab().smtp_port().to_string();
        let this = || Command::new(std::env::current_exe().expect("this program"));
        let (mut command, arguments) = match self {
            Self::Peer(at_once) => {
                (Command::new(root().join("target/peer/release/rcpt-peer")), vec![port, at_once.to_string(), SECONDS.to_string()])
            }
            Self::Ours(at_once) => (this(), vec!["ours".to_owned(), port, at_once.to_string()]),
            Self::Plain(sessions) => (this(), vec!["plain".to_owned(), port, sessions.to_string()]),
            Self::Bulk => {
                let mut command = rcpt().expect("rcpt");
                command.envs(lab.settings()).env("RCPT_DEADLINE_MS", (SECONDS * 1000).to_string());
                (command, ["bulk", "in", "-o", "out", "--lab", "--header", "no"].map(str::to_owned).to_vec())
            }
        };
        command.args(arguments).current_dir(folder).stdin(File::open(folder.join("in")).expect("the list"));
        if self != Self::Bulk {
            command.stdout(File::create(folder.join("out")).expect("a file"));
        }
        command.stderr(Stdio::null());
        command
    }

    fn read(self, line: &str) -> (String, u64) {
        if self == Self::Bulk {
            return (line.split(',').nth(1).unwrap_or_default().to_owned(), 0);
        }
        let (word, took) = line.split_once(' ').expect("a word and a time");
        (word.to_owned(), took.parse().expect("a number"))
    }
}

/// Runs to the end, which must be a good one: how long it took, and the most memory.
fn watch(mut command: Command) -> (Duration, usize) {
    let began = Instant::now();
    let mut child = command.spawn().expect("it runs");
    let mut memory = 0;
    loop {
        memory = peak(&child).unwrap_or(memory);
        if let Some(status) = child.try_wait().expect("a state") {
            assert!(status.success(), "{command:?}: {status}");
            return (began.elapsed(), memory);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn peak(child: &Child) -> Option<usize> {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.trim().trim_end_matches(" kB").parse().ok()
}

/// Visits are written down when they end: all of them, once no more come.
fn ended(lab: &RunningLab) -> Vec<Visit> {
    let mut visits = lab.lab().guest_book();
    loop {
        std::thread::sleep(Duration::from_millis(200));
        let more = lab.lab().guest_book();
        if more.len() == visits.len() {
            return more;
        }
        visits = more;
    }
}
