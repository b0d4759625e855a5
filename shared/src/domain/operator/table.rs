//! Operators by the names of their mail hosts. Looked at on 2026-11-23.
//!
//! A pattern stands for the name and all below it, by whole labels; `*` is exactly one label. The sources' numbered hosts, globs and substrings
//! were widened to the name that the operator alone owns: `in1-smtp.messagingengine.com` became `messagingengine.com`.
//!
//! Each letter beside a pattern is a source that has it:
//! E `MikkelScheike/email-provider-links`, `providers/emailproviders.json` (78efe68, 2026-08-11, MIT);
//! S `jace/mxsniff`, `mxsniff/providers.py` (ec26e90, 2023-02-06, BSD-2-Clause);
//! M `davidhuser/mxmap`, `signatures.py` (1aa7738, 2026-04-29, MIT);
//! R `reacherhq/check-if-email-exists`, `core/src/mx/mod.rs` and `core/src/rules.json` (81da93e8, 2026-03-09; facts only);
//! A `andreinwald/email-validator-dns-provider-rules`, `src/mx_domains_cache.ts`, a snapshot of the DNS (7bb6f41, 2025-06-10, MIT);
//! B `sisimai/rb-sisimai`, `lib/sisimai/rhost.rb` (2025, BSD-2-Clause);
//! D customers' zones, as they publish them beside their sources (seen 2026-11-24);
//! U unsourced: common knowledge, to be looked up in the DNS before anything rests on it.

//!
//! Told as text, since a table of pointers would weigh twice as much in the Worker; the letters stay behind when this is compiled.

use super::{Answers, Operator};

/// Writes rows of `"id" "name" answers: "pattern" SOURCES, …;` down as lines of `id|name|answers|pattern pattern …`.
macro_rules! operators {
    ($($id:literal $name:literal $answers:ident: $($pattern:literal $sources:ident),+;)+) => {
        pub(super) const ROWS: &str = concat!($($id, "|", $name, "|", stringify!($answers), "|", $($pattern, " ",)+ "\n",)+);
        $($(const _: () = assert!(super::are_known(stringify!($sources)), "a source is one of the letters above");)+)+
    };
}

mod carriers;
mod gateways;
mod hosting;
mod mailboxes;
mod programs;

/// The table, by parts.
pub(super) const PARTS: [&str; 5] = [mailboxes::ROWS, carriers::ROWS, hosting::ROWS, gateways::ROWS, programs::ROWS];

/// An operator and the patterns of its hosts.
pub(super) struct Served {
    pub(super) operator: Operator,
    pub(super) hosts: &'static str,
}

/// Every row of these parts.
pub(super) fn rows(parts: &'static [&'static str]) -> impl Iterator<Item = Served> {
    parts.iter().flat_map(rows_of)
}

/// Every row of this part.
fn rows_of(part: &&'static str) -> impl Iterator<Item = Served> {
    part.lines().filter_map(read)
}

/// The rows that name `tail`, some of them twice. The text is searched first: to read each of its lines would take most of the time of a request
/// that looks at nothing but the DNS.
pub(super) fn rows_naming(tail: &str) -> impl Iterator<Item = Served> {
    PARTS.iter().flat_map(move |part| places(part, tail).filter_map(|at| line_at(part, at))).filter_map(read)
}

/// Where `word` stands in `text`, by the octet under its end, which says how far it can be moved on (Horspool, 1980): most of the text is passed
/// over unread.
fn places<'a>(text: &'static str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let (text, word) = (text.as_bytes(), word.as_bytes());
    let mut steps = [word.len().max(1); 256];
    for (at, octet) in word.iter().enumerate().take(word.len().saturating_sub(1)) {
        if let Some(step) = steps.get_mut(usize::from(*octet)) {
            *step = word.len() - 1 - at;
        }
    }
    let mut next = 0;
    core::iter::from_fn(move || {
        loop {
            let (at, here) = (next, text.get(next..next + word.len())?);
            next += steps.get(usize::from(*here.last()?))?;
            if here == word {
                return Some(at);
            }
        }
    })
}

fn line_at(part: &'static str, at: usize) -> Option<&'static str> {
    let (before, behind) = part.split_at_checked(at)?;
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    part.get(start..at + behind.find('\n')?)
}

fn read(line: &'static str) -> Option<Served> {
    let mut fields = line.split('|');
    let (id, name) = (fields.next()?, fields.next()?);
    let answers = Answers::from_name(fields.next()?)?;
    Some(Served { operator: Operator { id, name, answers }, hosts: fields.next()? })
}

const fn are_known(sources: &str) -> bool {
    let mut rest = sources.as_bytes();
    while let [source, others @ ..] = rest {
        if !matches!(source, b'E' | b'S' | b'M' | b'R' | b'A' | b'B' | b'D' | b'U') {
            return false;
        }
        rest = others;
    }
    true
}
