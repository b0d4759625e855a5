//! The addresses that all are asked about.

/// A mailbox, and whether the lab has it.
pub(crate) struct Entry {
    pub(crate) email: String,
    /// Its domain, which one host takes the mail of.
    pub(crate) domain: String,
    pub(crate) is_known: bool,
}

/// A list, and the crowd that its hosts are of.
pub(crate) struct List {
    pub(crate) name: &'static str,
    pub(crate) crowd: usize,
    pub(crate) entries: Vec<Entry>,
}

/// Domains of the lists that have many, each with a host of its own.
const DOMAINS: usize = 400;

/// Every tenth mailbox is unknown; the domain is another one from row to row.
fn list(name: &'static str, length: usize, domains: usize, domain: impl Fn(usize) -> String) -> List {
    let entry = |n: usize| {
        let (domain, is_known) = (domain(1 + n % domains), (n / domains + n % domains) % 10 != 9);
        let email = format!("{}{n}@{domain}", if is_known { "user" } else { "ghost" });
        Entry { email, domain, is_known }
    };
    List { name, crowd: domains, entries: (0..length).map(entry).collect() }
}

pub(crate) fn lists() -> [List; 5] {
    let quick = |n: usize| format!("host{n}.crowd-accepts.example");
    let slow = |n: usize| format!("host{n}.crowd-slow-replies.example");
    [
        list("2,000 addresses of 400 domains", 2_000, DOMAINS, quick),
        list("the same, 20 ms a reply", 2_000, DOMAINS, slow),
        list("500 addresses of one domain", 500, 1, quick),
        list("the same, 20 ms a reply", 500, 1, slow),
        list("the same, Postfix's limits", 500, 1, |_| "postfix-like.example".to_owned()),
    ]
}
